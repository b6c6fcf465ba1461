"""What reviewers decide teaches the match tier: every night a model is trained on the written pairs and their decisions, and replaces the one in use only
if it is better on the frozen test pairs, which it never saw.

Training rows are the features stored with each match when it was suggested: confirmed is *same*, rejected and related are *not the same*. Every model is kept with
its figures and the reason, in use or not, so that any stored score can be computed again from its features and its model's version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg.types.json import Jsonb

from processing.claims.core import SHORT, Candidate
from processing.claims.fusion import FEATURES, Fusion
from processing.claims.tokens import terms
from processing.claims.train_fusion import fit, judged, matcher, pairs, training
from processing.db import Connection
from processing.errors import LangNgheError

ENOUGH = 20  # decisions below which nothing is learned
MARGIN = 0.001  # by which the mean squared error must fall where no more true matches are confirmable
SLACK = 0.021  # by which recall may fall: two of the frozen test pairs that are the same
_MISSES = ("number", "date", "place", "negation", "polarity", "subject")


@dataclass(frozen=True)
class Quality:
    """Figures on the frozen test pairs: tiers, near misses confirmed, and the mean squared error of the probability (Brier 1950)."""

    confirm_precision: float
    confirm_recall: float
    suggest_recall: float
    near_misses: int
    brier: float


@dataclass(frozen=True)
class Learned:
    """What a night brought: the model's version, whether it is in use now, and why."""

    version: str
    adopted: bool
    reason: str


@lru_cache(maxsize=1)
def _frozen() -> tuple[tuple[Candidate, ...], tuple[bool, ...], tuple[str, ...], tuple[bool, ...]]:
    """The test pairs as the matcher sees them, whatever model judges: candidates, labels, kinds of change, too short to confirm."""
    data = pairs()
    test = [p for p in data if p["split"] == "test"]
    found = judged(matcher(data), test)
    short = [terms(p["query"]).syllables < SHORT for p in test]
    return tuple(found), tuple(bool(p["same"]) for p in test), tuple(str(p["change"]) for p in test), tuple(short)


def quality(model: Fusion) -> Quality:
    """Figures of a model on the frozen test pairs."""
    found, same, change, short = _frozen()
    p = [model.probability(c.features) for c in found]
    tier = [model.tier(v, bool(c.differences), s, c.features) for v, c, s in zip(p, found, short, strict=True)]
    confirmed = [t == "confirmable" for t in tier]
    hits = sum(a and b for a, b in zip(confirmed, same, strict=True))
    return Quality(
        round(hits / max(sum(confirmed), 1), 4), round(hits / sum(same), 4), round(sum(t != "related" and s for t, s in zip(tier, same, strict=True)) / sum(same), 4),
        sum(a and kind in _MISSES for a, kind in zip(confirmed, change, strict=True)), round(float(np.mean((np.array(p) - np.array(same)) ** 2)), 5),
    )  # fmt: skip


def better(new: Quality, old: Quality) -> str:
    """Why `new` may not replace `old`, or '' when it is better.

    Better: the mean squared error falls by MARGIN, or more true matches are confirmable at no greater error. Confirmed pairs may not be less precise, no
    further near miss confirmed, and neither recall may fall by more than SLACK.
    """
    if new.near_misses > old.near_misses:
        return f"near misses confirmed rise from {old.near_misses} to {new.near_misses}"
    for name, slack in (("confirm_precision", 0.0), ("confirm_recall", SLACK), ("suggest_recall", SLACK)):
        if getattr(new, name) < getattr(old, name) - slack:
            return f"{name} on the frozen test pairs falls from {getattr(old, name)} to {getattr(new, name)}"
    if new.brier <= old.brier - MARGIN or (new.confirm_recall > old.confirm_recall and new.brier <= old.brier):
        return ""
    return f"no better on the frozen test pairs: mean squared error {new.brier}, in use {old.brier}"


def decided(conn: Connection) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], list[str]]:
    """Features, labels and groups (a claim each) of every match that a named person decided, oldest first; rows of other features are left out, and
    those that another wording brought: they say nothing of how text and check resemble each other."""
    found = conn.execute(
        "SELECT claim_id, features, state FROM match WHERE decided_by IS NOT NULL AND state <> 'suggested' AND NOT features ? 'wording' ORDER BY decided_at, id"
    ).fetchall()
    whole = [r for r in found if all(isinstance(r["features"].get(n), int | float) for n in FEATURES)]
    x = np.array([[float(r["features"][n]) for n in FEATURES] for r in whole]).reshape(-1, len(FEATURES))
    return x, np.array([int(r["state"] == "confirmed") for r in whole], np.int64), [f"claim {r['claim_id']}" for r in whole]


def active(conn: Connection) -> Fusion:
    """The model in use: the newest one that was adopted, else the shipped one."""
    row = conn.execute("SELECT * FROM match_model WHERE active").fetchone()
    return _stored(row) if row is not None and tuple(row["features"]) == FEATURES else Fusion.load()


def _stored(row: dict[str, Any]) -> Fusion:
    return Fusion(np.array(row["weights"]), row["bias"], row["confirm"], row["suggest"], row["version"])


def model(conn: Connection, version: str) -> Fusion:
    """A model by its version, in use or not; the name of an embedder after "+" is no part of it. Raises LangNgheError for one that is not kept."""
    name = version.partition("+")[0]
    shipped = Fusion.load()
    if name == shipped.version:
        return shipped
    row = conn.execute("SELECT * FROM match_model WHERE version = %s", [name]).fetchone()
    if row is None or tuple(row["features"]) != FEATURES:
        raise LangNgheError(f"model {name!r} is not kept here", "its scores come from another release; match again to have new ones")
    return _stored(row)


def reproduce(conn: Connection, match_id: int) -> tuple[float, float]:
    """Score and probability of a stored match, computed again from its features and its model's version. Raises LangNgheError for an unknown match."""
    row = conn.execute("SELECT features, model FROM match WHERE id = %s", [match_id]).fetchone()
    if row is None:
        raise LangNgheError("there is no such match", "it may have been removed on request")
    fusion, features = model(conn, row["model"]), row["features"]
    return fusion.rank(features["rank"], features), fusion.probability(features)


def run(conn: Connection, now: datetime) -> Learned | None:
    """Train on what was decided, keep the model with its figures, use it if it is better. Does not commit. None where too little was decided, or nothing new."""
    x, y, groups = decided(conn)
    known = conn.execute("SELECT max(trained_at) AS at FROM match_model").fetchone()
    fresh = conn.execute("SELECT count(*) AS n FROM match WHERE decided_at > coalesce(%s::timestamptz, '-infinity')", [known["at"] if known else None]).fetchone()
    if len(y) < ENOUGH or not fresh or not fresh["n"]:
        return None
    base_x, base_y, families = training()
    made = fit(np.vstack([base_x, x]), np.concatenate([base_y, y]), [*families, *groups], f"learned-{now:%Y%m%dT%H%M%S}")
    return adopt(conn, made, len(y), now)


def night(conn: Connection, now: datetime) -> str:
    """`run`, committed, in words."""
    done = run(conn, now)
    conn.commit()
    if done is None:
        return f"nothing to learn from: fewer than {ENOUGH} decisions, or none since the last model"
    return f"{done.version} is {'in use' if done.adopted else 'kept and not used'}: {done.reason}"


def adopt(conn: Connection, made: Fusion, decisions: int, now: datetime) -> Learned:
    """Keep a trained model, and use it if it is better than the one in use on the frozen test pairs."""
    old = active(conn)
    was, new = quality(old), quality(made)
    why_not = better(new, was)
    if not why_not:
        conn.execute("UPDATE match_model SET active = false WHERE active")
    reason = why_not or f"better on the frozen test pairs than {old.version}"
    conn.execute(
        """INSERT INTO match_model (version, trained_at, features, weights, bias, confirm, suggest, decisions, quality, active, reason)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [made.version, now, list(FEATURES), _plain(made.weights), made.bias, made.confirm, made.suggest, decisions,
         Jsonb({"this": asdict(new), "in_use": {"version": old.version, **asdict(was)}}), not why_not, reason],
    )  # fmt: skip
    detail = Jsonb({"adopted": not why_not, "reason": reason, "decisions": decisions})
    conn.execute("SELECT audit_append(%s, %s, %s, %s, %s)", ["system:claims", "learn", f"model:{made.version}", detail, now])
    return Learned(made.version, not why_not, reason)


def _plain(weights: Sequence[float] | npt.NDArray[np.float64]) -> list[float]:
    return [float(w) for w in weights]
