"""Learning from reviewers: what is better on the frozen test pairs is used from then on, what is worse is kept and not used; every score can be computed again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg.types.json import Jsonb

from processing.claims import learn, store
from processing.claims.fusion import FEATURES, Fusion
from processing.claims.train_fusion import judged, matcher, pairs
from processing.db import Connection
from processing.errors import LangNgheError
from tests.claims.rows import LATER, NOW, document, source, user
from tests.claims.test_store import TOLD, _check, _drain

OLD = learn.Quality(1.0, 0.77, 0.99, 0, 0.058)


def _decisions(conn: Connection, *, inverted: bool) -> None:
    """Forty matches that a reviewer decided: rightly, or each the wrong way round."""
    data = [p for p in pairs() if p["split"] == "train"][:40]
    found = judged(matcher(pairs()), data)
    who = user(conn)
    for n, (pair, candidate) in enumerate(zip(data, found, strict=True)):
        claim = conn.execute(
            "INSERT INTO claim (text, text_key, topic, checkable, first_seen_at, last_seen_at) VALUES (%s, %s, 'other', 1, %s, %s) RETURNING id",
            [pair["query"], f"key {n}", NOW, NOW],
        ).fetchone()
        check = conn.execute(
            """INSERT INTO fact_check (publisher, publisher_kind, claim, published_at, url, claim_key, capture_sha256, first_seen_at, updated_at)
               VALUES ('Kiểm', 'independent_fact_check', %s, %s, %s, 'k', '\\x00', %s, %s) RETURNING id""",
            [pair["check"], NOW, f"https://k.example/{n}", NOW, NOW],
        ).fetchone()
        assert claim and check
        state = "confirmed" if bool(pair["same"]) != inverted else "rejected"
        conn.execute(
            """INSERT INTO match (claim_id, fact_check_id, fact_check_version, score, tier, features, model, state, decided_by, decided_at, created_at)
               VALUES (%s, %s, 1, 0.5, 'suggested', %s, 'fusion-2', %s, %s, %s, %s)""",
            [claim["id"], check["id"], Jsonb(candidate.features), state, who, LATER, NOW],
        )


def _weak(conn: Connection) -> None:
    """A model in use that knows little."""
    shipped = Fusion.load()
    weak = replace(shipped, weights=shipped.weights * 0.1, version="learned-before")
    conn.execute(
        """INSERT INTO match_model (version, trained_at, features, weights, bias, confirm, suggest, decisions, quality, active, reason)
           VALUES (%s, %s, %s, %s, %s, %s, %s, 20, '{}', true, 'test')""",
        [weak.version, NOW, list(FEATURES), list(map(float, weak.weights)), weak.bias, weak.confirm, weak.suggest],
    )


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (OLD, "no better"),
        (replace(OLD, brier=0.0579), "no better"),
        (replace(OLD, brier=0.05), ""),
        (replace(OLD, confirm_recall=0.78), ""),
        (replace(OLD, confirm_recall=0.8, confirm_precision=0.99), "confirm_precision"),
        (replace(OLD, brier=0.01, suggest_recall=0.98), ""),
        (replace(OLD, brier=0.01, suggest_recall=0.96), "suggest_recall"),
        (replace(OLD, brier=0.06, confirm_recall=0.9), "no better"),
        (replace(OLD, confirm_recall=0.9, near_misses=1), "near misses"),
    ],
)
def test_better_is_nothing_worse_and_something_better(new: learn.Quality, why: str) -> None:
    assert (why in learn.better(new, OLD)) if why else learn.better(new, OLD) == ""


def test_a_better_model_is_used_from_then_on(db: Connection) -> None:
    _weak(db)
    assert learn.active(db).version == "learned-before"
    _decisions(db, inverted=False)
    done = learn.run(db, LATER)
    assert done and done.adopted and "better" in done.reason
    assert learn.active(db).version == done.version and learn.run(db, LATER + timedelta(days=1)) is None
    rows = db.execute("SELECT version, active, decisions, quality FROM match_model ORDER BY trained_at").fetchall()
    assert [r["active"] for r in rows] == [False, True] and rows[1]["decisions"] == 40
    assert rows[1]["quality"]["this"]["brier"] < rows[1]["quality"]["in_use"]["brier"]
    _check(db)
    document(db, source(db, "bao"), "a", TOLD)
    _drain(db)
    made = db.execute("SELECT id, model, score, features FROM match WHERE state = 'suggested'").fetchone()
    assert made and made["model"] == done.version
    score, probability = learn.reproduce(db, made["id"])
    assert score == pytest.approx(made["score"], abs=1e-5) and probability == pytest.approx(made["features"]["probability"], abs=1e-5)


def test_a_worse_model_is_kept_with_the_reason_and_not_used(db: Connection) -> None:
    _decisions(db, inverted=True)
    done = learn.run(db, LATER)
    assert done and not done.adopted and learn.active(db).version == Fusion.load().version
    row = db.execute("SELECT active, reason FROM match_model").fetchone()
    assert row and not row["active"] and row["reason"] == done.reason
    assert db.execute("SELECT detail->>'adopted' AS a FROM audit WHERE action = 'learn'").fetchone() == {"a": "false"}


def test_too_few_decisions_teach_nothing_and_every_stored_score_is_reproducible(db: Connection) -> None:
    _check(db)
    document(db, source(db, "bao"), "a", TOLD)
    _drain(db)
    assert learn.run(db, LATER) is None and not db.execute("SELECT FROM match_model").fetchall()
    made = db.execute("SELECT id, score, features FROM match").fetchone()
    assert made
    score, probability = learn.reproduce(db, made["id"])
    assert score == pytest.approx(made["score"], abs=1e-5) and probability == pytest.approx(made["features"]["probability"], abs=1e-5)
    with pytest.raises(LangNgheError, match="not kept"):
        learn.model(db, "fusion-0")


def test_a_process_that_runs_on_takes_the_new_model_up(db: Connection) -> None:
    _check(db)
    document(db, source(db, "bao"), "a", TOLD)
    _drain(db)
    _weak(db)
    document(db, source(db, "bao-2"), "a", TOLD)
    store.run(db, limit=10, now=LATER)
    assert db.execute("SELECT DISTINCT model FROM match").fetchall() == [{"model": "learned-before"}]
