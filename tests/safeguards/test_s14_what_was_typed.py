"""Rule S14: "Kept briefly. Raw ≤ 7 days, article text ≤ 180 days, aggregates ≤ 3 years, backups ≤ 30 days, and a desk where anyone can ask
for a page's removal by URL; removals (hashed URLs) are applied again after a restore."

Proof here: for the words that staff type: reasons and answers are scrubbed when they are written, and emptied with what they were about.
The audit, which nobody can shorten, keeps no address of a page that may be removed.
"""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from processing.claims import desk, workflow
from processing.cluster.changes import split_issue
from processing.db import Connection
from processing.db.retention import housekeeping
from processing.db.tombstones import url_hash
from processing.erase import erase
from processing.erase.requests import decide_request, log_request, request_status
from processing.source_moves import decide as decide_move
from review import decisions
from tests.review.town import NOW

PRIVATE = ("0912 345 678", "nguoi.dan.thu@thu-mail.vn", "001095012345")
TYPED = "Bà ấy gọi từ số 0912 345 678, thư nguoi.dan.thu@thu-mail.vn, căn cước 001095012345."
CHECK = "https://kiem-chung.example/bai-1"


def _everywhere(conn: Connection) -> str:
    names = [r["t"] for r in conn.execute("SELECT format('%I', relname) AS t FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")]
    return "\n".join(row["x"] for name in names for row in conn.execute(f"SELECT x::text AS x FROM {name} x".encode()))


def _type_everywhere(db: Connection, officer: int) -> str:
    """Words in every field that has room for them. Returns the number of the request that was answered."""
    ids = db.execute("SELECT (SELECT public_id FROM issue) AS issue, (SELECT min(id) FROM document) AS first, (SELECT public_id FROM match WHERE tier = 'confirmable') AS match").fetchone()
    assert ids is not None
    decisions.decide(db, ids["issue"], officer, "confirm", TYPED, None, NOW)
    workflow.decide(db, ids["match"], officer, "reject", TYPED, NOW)
    split_issue(db, ids["issue"], [ids["first"]], user_id=officer, now=NOW, reason=TYPED)
    db.execute("INSERT INTO source_move (source_id, from_host, to_host, to_url, first_seen_at, last_seen_at) SELECT id, 'a.vn', 'b.vn', 'http://b.vn/', %s, %s FROM source", [NOW, NOW])
    decide_move(db, "bao-mau", "b.vn", officer, "refused", TYPED, NOW)
    number = log_request(db, "http://bao.example/9.html", "access", "other", TYPED, NOW)
    decide_request(db, number, officer, "answer", TYPED, NOW)
    erase(db, "http://bao.example/8.html", TYPED, NOW, actor=f"user:{officer}")
    return str(number)


def test_reasons_and_answers_are_scrubbed_when_they_are_written(db: Connection, owner_db: Connection, officer: int) -> None:
    number = _type_everywhere(db, officer)
    said = request_status(db, number)
    assert said is not None and said["answer"] == "Bà ấy gọi từ số [số điện thoại], thư [thư điện tử], căn cước [số giấy tờ]."
    kept = _everywhere(owner_db)
    assert kept.count("Bà ấy gọi từ số [số điện thoại]") >= 7
    assert [value for value in PRIVATE if value in kept] == []


def test_they_are_emptied_when_their_time_is_over(db: Connection, owner_db: Connection, officer: int) -> None:
    """What is written in the audit goes with its months; a decision stays, with who took it, without its words."""
    _type_everywhere(db, officer)
    db.commit()
    owner_db.execute("UPDATE review_decision SET at = now() - interval '3 years 2 days'")
    owner_db.commit()
    housekeeping(db, NOW + timedelta(days=3 * 365 + 2))
    for table in ("review_decision", "issue_change", "source_move", "tombstone", "removal_request", "issue"):
        rows = [row["x"] for row in owner_db.execute(f"SELECT x::text AS x FROM {table} x".encode())]
        assert not [row for row in rows if "Bà ấy" in row], table
        assert rows or table == "removal_request"


def test_the_application_can_empty_no_younger_reason(db: Connection, officer: int) -> None:
    _type_everywhere(db, officer)
    assert db.execute("SELECT forget_reasons(now() + interval '9 years') AS n").fetchone() == {"n": 0}
    db.commit()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("UPDATE review_decision SET reason = ''")


def test_the_audit_keeps_the_hash_of_a_checks_address(db: Connection, officer: int) -> None:
    """A check entered by hand stands on a page that may be removed; the audit of it stays for two years and cannot be changed."""
    row = {"claim": "Nước giếng nhiễm chì", "publisher": "Kiểm chứng", "publisher_kind": "independent_fact_check", "published_at": "20/11/2026", "url": CHECK}
    desk.enter(db, row, officer, NOW)
    erase(db, CHECK, "asked", NOW)
    rows = [r["x"] for r in db.execute("SELECT x::text AS x FROM audit x")]
    assert not [x for x in rows if "kiem-chung.example" in x]
    subjects = {r["subject"] for r in db.execute("SELECT subject FROM audit")}
    assert {f"check:{url_hash(CHECK).hex()[:16]}", f"url:{url_hash(CHECK).hex()[:16]}"} <= subjects
