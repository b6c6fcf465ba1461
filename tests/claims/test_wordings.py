"""Confirmed wordings: what a person found to state the same finds its check again, and no longer once the confirmation does not stand."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from processing.claims import learn, store, workflow
from processing.claims.circulation import claim_key
from processing.claims.collection import wordings_of
from processing.claims.core import Matcher
from processing.claims.registry import ingest_page
from processing.claims.semantics import Remembered, forget_wordings
from processing.cli import app
from processing.db import Connection
from processing.db.retention import housekeeping
from processing.erase import erase
from processing.errors import LangNgheError
from tests.claims.rows import LATER, NOW, document, review_page, source, user
from tests.claims.test_semantics import Topics, registry
from tests.claims.test_store import RUMOUR, _check, _drain

CLAIM = "Nước giếng ở xã Tân Lộc nhiễm chì gấp 10 lần mức cho phép."
WORDING = "Bà con ở xã Tân Lộc đang uống phải kim loại nặng vượt chuẩn 10 lần từ giếng khoan."
TOLD = "Người dân xã Tân Lộc đang uống phải kim loại nặng từ giếng khoan, vượt chuẩn 10 lần."
CHECKS = [
    {"id": "lead", "claim": CLAIM},
    {"id": "rice", "claim": "Gạo bán ở chợ Gò Dài trộn 20% hạt nhựa."},
    {"id": "metal", "claim": "Kim loại nặng trong sữa bột vượt chuẩn ở ba nhà máy."},
]


def worded(*wordings: str, checks: list[dict[str, Any]] | None = None) -> Matcher:
    first, *rest = CHECKS if checks is None else checks
    return Matcher([{**first, "wordings": list(wordings)}, *rest])


def test_a_wording_finds_its_check_and_says_which_it_was() -> None:
    plain, found = Matcher(CHECKS).search(TOLD)[0], worded("Giếng có chì", WORDING).search(TOLD)[0]
    assert plain.check != "lead" or plain.tier == "related"
    assert (found.check, found.tier, found.wording) == ("lead", "suggested", 1) and found.wording_probability > 0.29
    assert worded(WORDING).search(CLAIM)[0].wording is None  # its own words are nearer


@pytest.mark.parametrize("other", [TOLD.replace("10 lần", "3 lần"), TOLD.replace("Tân Lộc", "Tân Thành")])
def test_a_stated_difference_from_the_check_makes_it_related_however_near_the_wording(other: str) -> None:
    found = worded(WORDING, other).search(other)[0]
    assert found.check == "lead" and found.wording == 1 and found.tier == "related" and found.differences


def test_a_stated_difference_from_the_wording_alone_is_no_match_by_way_of_it() -> None:
    wording, told = f"{WORDING[:-1]}, 3 người nhập viện.", f"{TOLD[:-1]}, 8 người nhập viện."
    claim = {**CHECKS[0], "claim": "Nước giếng ở xã Tân Lộc nhiễm chì."}
    alike, changed = (worded(wording, checks=[claim, *CHECKS[1:]]).search(text)[0] for text in (told.replace("8", "3"), told))
    assert alike.check == changed.check == "lead" and changed.tier == "related" and alike.tier == "suggested"


def test_never_confirmable_by_a_wording_alone_and_never_less_than_without() -> None:
    assert worded(WORDING).search(WORDING)[0].tier == "suggested"
    assert worded(f"{CLAIM} Bà con lo lắm.").search(CLAIM)[0].tier == Matcher(CHECKS).search(CLAIM)[0].tier == "confirmable"


def test_each_check_is_listed_once_whatever_its_wordings() -> None:
    matcher = worded(WORDING, TOLD, CLAIM, "", WORDING)
    assert sorted(m["check"] for m in matcher.match({"text": TOLD}, k=3)) == ["lead", "metal", "rice"] and len(matcher) == 3


def test_wordings_come_and_go_with_their_check() -> None:
    matcher = Matcher(CHECKS)
    matcher.know({"lead": [WORDING], "unknown": ["gì đó"]})
    assert matcher.search(TOLD)[0].wording == 0
    matcher.add([{**CHECKS[0], "claim": "Giếng khoan không nhiễm chì"}])  # another claim: nobody confirmed that one
    assert all(c.wording is None for c in matcher.search(TOLD))
    matcher.know({"lead": [WORDING]})
    matcher.withdraw("lead")
    assert "lead" not in {c.check for c in matcher.search(TOLD)} and not any(c.masked == WORDING for c in matcher.held.checks)


def test_added_one_by_one_they_rank_as_at_once() -> None:
    at_once, slowly = worded(WORDING, "Giếng có chì"), Matcher(CHECKS)
    slowly.know({"lead": [WORDING, "Giếng có chì"]})
    assert slowly.match({"text": TOLD}) == at_once.match({"text": TOLD})


@pytest.mark.parametrize("wrong", ["một câu", 3, {"a": "b"}, ["được", 3], [None]])
def test_a_malformed_list_is_told_by_its_field(wrong: object) -> None:
    with pytest.raises(LangNgheError, match=r"field 'wordings' of check 'lead' must be a list of texts") as told:
        wordings_of({"id": "lead", "wordings": wrong})
    assert "leave the field out" in told.value.cure


def test_the_filter_takes_wordings_and_leaves_out_a_check_whose_list_is_malformed(tmp_path: Path) -> None:
    path = tmp_path / "checks.jsonl"
    rows = [{**CHECKS[0], "wordings": [WORDING]}, {**CHECKS[1], "wordings": "một câu"}, {**CHECKS[2], "wordings": None}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    done = CliRunner().invoke(app, ["claims", "match", "--checks", str(path)], input=json.dumps({"id": 1, "text": TOLD}) + "\n")
    (answer,) = (json.loads(line) for line in done.stdout.splitlines())
    assert done.exit_code == 1 and [m["check"] for m in answer["matches"]] == ["lead", "metal"] and set(answer["matches"][0]) == {"check", "score", "tier"}
    assert "field 'wordings' of check 'rice'" in done.stderr and "left out" in done.stderr


def test_the_filter_says_which_id_is_given_twice_and_keeps_the_first(tmp_path: Path) -> None:
    path = tmp_path / "checks.jsonl"
    rows = [CHECKS[0], {**CHECKS[1], "id": 7}, {**CHECKS[2], "id": "lead"}, {**CHECKS[2], "id": "7"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    done = CliRunner().invoke(app, ["claims", "match", "--checks", str(path)], input=json.dumps({"id": 1, "text": CLAIM}) + "\n")
    (answer,) = (json.loads(line) for line in done.stdout.splitlines())
    assert done.exit_code == 1 and [m["check"] for m in answer["matches"]] == ["lead", 7] and answer["matches"][0]["tier"] == "confirmable"
    assert "id 'lead' stands there before" in done.stderr and "id '7' stands there before" in done.stderr


def test_vectors_of_wordings_are_kept_apart_and_go_with_them(tmp_path: Path) -> None:
    matcher = Matcher(registry(), embedder=Remembered(Topics(), tmp_path))
    told = [f"Gạo cứu trợ đợt {n} có lẫn hạt nhựa" for n in range(16)]
    matcher.know({"rice": told})
    path = tmp_path / "topics.wordings.npz"
    with np.load(path) as kept:
        assert len(kept["keys"]) == 16
    matcher.know({"rice": told[:2]})
    with np.load(path) as kept:
        assert len(kept["keys"]) == 2
    forget_wordings(tmp_path)
    assert not path.exists() and (tmp_path / "topics.npz").exists()


# through the database

FIRST = "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi, bà con bị khóa hết sổ tiết kiệm."
LATER_TOLD = "Sổ tiết kiệm của bà con phường Trinh Giang bị khóa hết từ ngày 12/3 ở ba quỹ tín dụng."


def _of(conn: Connection, text: str) -> list[dict[str, Any]]:
    return conn.execute(
        """SELECT m.public_id, m.tier, m.state, m.score, m.features, c.state AS claim_state, c.id AS claim FROM match m JOIN claim c ON c.id = m.claim_id
           WHERE c.text = %s ORDER BY m.id""",
        [text],
    ).fetchall()


def _confirmed(conn: Connection) -> tuple[dict[str, Any], int]:
    """A registry with one check, whose claim a page tells in more words; a reviewer has confirmed that they are the same."""
    press = _check(conn)
    document(conn, source(conn, "bao"), "a", FIRST)
    _drain(conn)
    (found,), who = _of(conn, FIRST), user(conn)
    workflow.decide(conn, found["public_id"], who, "confirm", "", LATER)
    return {**found, "press": press}, who


def test_a_later_paraphrase_of_what_was_confirmed_meets_the_check_and_no_longer_once_it_is_taken_back(db: Connection) -> None:
    first, who = _confirmed(db)
    document(db, source(db, "bao-2"), "b", LATER_TOLD)
    _drain(db)
    (found,) = _of(db, LATER_TOLD)
    assert (found["tier"], found["state"], found["claim_state"]) == ("suggested", "suggested", "awaiting_review")
    told = found["features"]["wording"]
    assert told["match"] == str(first["public_id"]) and told["confirmed_at"].startswith(f"{LATER:%Y-%m-%d}") and FIRST not in str(found["features"])
    score, _ = learn.reproduce(db, db.execute("SELECT id FROM match WHERE public_id = %s", [found["public_id"]]).fetchone()["id"])
    assert score == pytest.approx(found["score"], abs=1e-5)
    workflow.decide(db, first["public_id"], who, "related", "", LATER)
    assert not _of(db, LATER_TOLD)
    _drain(db)
    assert not _of(db, LATER_TOLD)
    document(db, source(db, "bao-3"), "c", LATER_TOLD)
    _drain(db)
    assert not _of(db, LATER_TOLD)


def test_a_page_read_before_the_confirmation_is_matched_again(db: Connection) -> None:
    document(db, source(db, "bao-2"), "b", LATER_TOLD)
    _drain(db)
    _confirmed(db)
    _drain(db)
    assert [m["tier"] for m in _of(db, LATER_TOLD)] == ["suggested"]


def test_without_a_confirmation_the_paraphrase_meets_nothing(db: Connection) -> None:
    _check(db)
    for slug, text in (("a", FIRST), ("b", LATER_TOLD)):
        document(db, source(db, f"bao-{slug}"), slug, text)
    _drain(db)
    assert len(_of(db, FIRST)) == 1 and not _of(db, LATER_TOLD)


def test_what_a_person_decided_by_way_of_a_wording_stands_when_the_first_is_taken_back_and_teaches_nothing(db: Connection) -> None:
    first, who = _confirmed(db)
    document(db, source(db, "bao-2"), "b", LATER_TOLD)
    _drain(db)
    workflow.decide(db, _of(db, LATER_TOLD)[0]["public_id"], who, "confirm", "", LATER)
    workflow.decide(db, first["public_id"], who, "reject", "khác nơi", LATER)
    _drain(db)
    assert [m["state"] for m in _of(db, LATER_TOLD)] == ["confirmed"]
    assert learn.decided(db)[2] == [f"claim {first['claim']}"]


@pytest.mark.parametrize("how", ["withdrawn", "another claim", "rated otherwise", "text gone"])
def test_wordings_end_with_what_they_rest_on(db: Connection, how: str) -> None:
    first, _ = _confirmed(db)
    store.run(db, limit=10, now=LATER)
    cache = store._cache(db)
    check = db.execute("SELECT id, document_id FROM fact_check").fetchone()
    assert [w.text for w in cache.wordings[check["id"]]] == [FIRST]
    page = {"withdrawn": review_page("Cầu Bến Gỗ bị sập.", "Không có căn cứ"), "another claim": review_page(RUMOUR.replace("12/3", "13/3"), "Không có căn cứ"),
            "rated otherwise": review_page(RUMOUR, "Chưa đủ căn cứ")}.get(how)  # fmt: skip
    if page is None:
        db.execute("DELETE FROM claim WHERE id = %s", [first["claim"]])  # as a removal and the end of retention do
    else:
        assert ingest_page(db, first["press"], page, check["document_id"], LATER)
    while store.run(db, limit=10, now=LATER).taken:
        pass
    assert bool(cache.wordings.get(check["id"])) is (how == "rated otherwise")
    assert any(c.masked == FIRST for c in cache.matcher.held.checks) is (how == "rated otherwise")


def test_a_page_that_is_removed_takes_what_was_found_by_its_words(db: Connection) -> None:
    _confirmed(db)
    document(db, source(db, "bao-2"), "b", LATER_TOLD)
    _drain(db)
    assert _of(db, LATER_TOLD)
    erase(db, "https://bao.example/a", "theo yêu cầu", LATER)
    assert not _of(db, FIRST) and not _of(db, LATER_TOLD)
    _drain(db)
    assert not _of(db, LATER_TOLD)


def test_a_claim_that_goes_on_is_told_and_found_in_words_whose_time_is_not_over(db: Connection) -> None:
    first, _ = _confirmed(db)
    again = document(db, source(db, "bao-2"), "b", FIRST.replace("người dân", "bà con"), at=NOW + timedelta(days=100))
    db.execute("INSERT INTO claim_sighting VALUES (%s, %s, 'Bà con nói lại chuyện ba quỹ.')", [first["claim"], again])
    db.execute("UPDATE claim SET last_seen_at = %s WHERE id = %s", [NOW + timedelta(days=100), first["claim"]])
    db.execute("DELETE FROM work")
    after = NOW + timedelta(days=181)
    housekeeping(db, after)
    told = db.execute("SELECT text, text_key FROM claim WHERE id = %s", [first["claim"]]).fetchone()
    assert told is not None and told["text"] == "Bà con nói lại chuyện ba quỹ."
    store.run(db, limit=10, now=after)
    told = db.execute("SELECT text, text_key FROM claim WHERE id = %s", [first["claim"]]).fetchone()
    assert told is not None and told["text_key"] == claim_key(told["text"])
    assert [w.text for some in store._cache(db).wordings.values() for w in some] == [told["text"]]


def test_wordings_confirmed_one_after_the_other_crowd_nothing_out() -> None:
    slowly, said = Matcher(CHECKS), [WORDING.replace("Bà con", f"Bà con xóm {n}") for n in range(24)]
    for n in range(len(said)):
        slowly.know({"lead": said[: n + 1][::-1]})
    at_once = Matcher([{**CHECKS[0], "wordings": said[::-1]}, *CHECKS[1:]])
    assert len(slowly.held.checks) == len(at_once.held.checks)
    assert [(c.check, c.tier, round(c.score, 9)) for c in slowly.search(TOLD)] == [(c.check, c.tier, round(c.score, 9)) for c in at_once.search(TOLD)]
    for n in range(60):  # what is withdrawn takes no place among the candidates either
        slowly.know({"lead": [f"{said[n % 24]} Đợt {n}.", *said[: n % 4]]})
    assert {c.check for c in slowly.search(TOLD)} == {"lead", "metal", "rice"}
    slowly.withdraw("lead")
    assert {c.check for c in slowly.search(TOLD)} == {"metal", "rice"}
