"""Rule S12: "Accountable. Reads, exports, searches and decisions go to an append-only audit table that the application's database role
cannot update or delete; search words are kept as salted hashes; monthly segments are sealed and dropped after two years. A correction or
retraction is sent to everyone who got the original."

Proof here: what the application's role cannot do, what tampering shows, and that every page of staff, read from the program's routes, is noted.
"""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from processing.db import Connection
from processing.db.audit import verify
from processing.people import add_user
from processing.settings import ROOT
from review.app import create_app
from tests.review.town import furnish


def _append(conn: Connection, n: int) -> None:
    conn.execute("SELECT audit_append('user:1', 'read', %s, '{}', now())", [f"issue:{n}"])
    conn.commit()


def test_the_application_appends_but_never_changes(db: Connection) -> None:
    _append(db, 1)
    tables = [
        "audit",
        *(r["c"] for r in db.execute("SELECT inhrelid::regclass::text AS c FROM pg_inherits WHERE inhparent = 'audit'::regclass")),
    ]
    statements = ["INSERT INTO {} (at, actor, action, subject, previous_hash, hash) VALUES (now(), 'x', 'x', 'x', '', '')"]
    statements += ["UPDATE {} SET actor = 'x'", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}", "ALTER TABLE {} DISABLE TRIGGER ALL"]
    for table in tables:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(statement.format(table))
            db.rollback()


AROUND = (
    "SELECT setval(pg_get_serial_sequence('audit', 'id'), 1, false)", "ALTER TABLE audit DETACH PARTITION audit_default", "CREATE TABLE mine PARTITION OF audit DEFAULT",
    "CREATE TABLE mine () INHERITS (audit_seal)", "CREATE TRIGGER t BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE r AS ON INSERT TO audit DO INSTEAD NOTHING", "ALTER TABLE audit DISABLE RULE ALL", "SET session_replication_role = replica", "COPY audit FROM PROGRAM 'true'",
    "SELECT * FROM audit FOR UPDATE", "DELETE FROM audit_seal", "INSERT INTO audit_seal SELECT now(), 1, 9, 9, '', now()", "TRUNCATE audit_seal",
    "CREATE FUNCTION public.audit_hash(bytea, timestamptz, text, text, text, json) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$",
    "CREATE OR REPLACE FUNCTION audit_verify() RETURNS TABLE (broken_at bigint, why text) LANGUAGE sql AS $$ SELECT 1::bigint, '' WHERE false $$",
    "DROP FUNCTION audit_verify()", "ALTER FUNCTION audit_append(text, text, text, jsonb, timestamptz) SECURITY INVOKER", "ALTER ROLE langnghe_app SUPERUSER",
    "SELECT drop_months('audit', now()::date)", "SELECT drop_months('audit', (now() + interval '1 year')::date)", "DROP SCHEMA public CASCADE",
    "CREATE SCHEMA mine", "UPDATE schema_migration SET sha256 = ''", "DROP OWNED BY langnghe_owner", "CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION mine()",
)  # fmt: skip
"""Ways around the table's own rights."""


def test_there_is_no_way_around_for_the_application(db: Connection) -> None:
    for n in range(3):
        _append(db, n)
    passed = []
    for statement in AROUND:
        try:
            db.execute(statement.encode())
            passed.append(statement)
        except psycopg.Error:
            db.rollback()
    assert passed == []
    db.execute("GRANT ALL ON audit TO langnghe_app")  # a warning: it has nothing to give
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("DELETE FROM audit")
    db.rollback()
    assert db.execute("SELECT count(*) AS n FROM audit").fetchone() == {"n": 3}
    assert db.execute("SELECT * FROM audit_verify()").fetchall() == []


def test_a_table_of_the_same_name_in_the_session_takes_no_row_of_the_audit(db: Connection) -> None:
    db.execute("CREATE TEMPORARY TABLE audit AS SELECT * FROM public.audit")
    _append(db, 1)
    assert db.execute("SELECT count(*) AS n FROM public.audit").fetchone() == {"n": 1}
    assert db.execute("SELECT count(*) AS n FROM pg_temp.audit").fetchone() == {"n": 0}


def test_a_row_dated_long_ago_opens_no_door(db: Connection) -> None:
    """The writer names the time of a row. One dated three years back may be dropped with its month at once, and then it shows that a row is missing."""
    for n in range(3):
        _append(db, n)
    db.execute("SELECT ensure_months('audit', (now() - interval '3 years')::date, (now() - interval '3 years')::date)")
    db.execute("SELECT audit_append('user:1', 'read', 'issue:3', '{}', now() - interval '3 years')")
    _append(db, 4)
    db.execute("SELECT drop_months('audit', (now() - interval '2 years 1 month')::date)")
    db.commit()
    assert [r["why"] for r in db.execute("SELECT why FROM audit_verify()")] == ["a row before it is missing"]


def test_months_made_later_are_as_closed(db: Connection) -> None:
    db.execute("SELECT ensure_months('audit', '2030-01-01', '2030-01-01')")
    db.commit()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("DELETE FROM audit_203001")


def test_the_application_cannot_become_the_owner(db: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("SET ROLE langnghe_owner")


@pytest.mark.parametrize(
    ("tampering", "why"),
    [
        ("UPDATE audit SET subject = 'issue:9' WHERE subject = 'issue:2'", "the row was changed"),
        ("DELETE FROM audit WHERE subject = 'issue:2'", "a row before it is missing"),
    ],
)
def test_tampering_by_the_owner_shows(db: Connection, owner_db: Connection, tampering: str, why: str) -> None:
    for n in range(4):
        _append(db, n)
    assert db.execute("SELECT * FROM audit_verify()").fetchall() == []
    owner_db.execute(tampering.encode())
    assert [r["why"] for r in owner_db.execute("SELECT * FROM audit_verify()")] == [why]


def test_a_shortened_chain_shows_by_the_end_noted_outside_the_database(db: Connection, owner_db: Connection, tmp_path: Path) -> None:
    note = tmp_path / "keys" / "end.json"
    for n in range(4):
        _append(db, n)
    assert verify(db, note) == []
    db.rollback()
    owner_db.execute("DELETE FROM audit WHERE subject IN ('issue:2', 'issue:3')")
    owner_db.commit()
    assert db.execute("SELECT * FROM audit_verify()").fetchall() == [], "the chain alone does not show it"
    assert "is gone or another one" in verify(db, note)[0]
    _append(db, 9)
    assert verify(db, note), "a new end in the place of the old one does not hide it"


def test_a_month_that_is_over_is_sealed_and_stays_checkable_when_the_one_before_it_is_dropped(db: Connection, owner_db: Connection) -> None:
    for months in (30, 30, 3, 3, 0):
        db.execute("SELECT audit_append('user:1', 'read', 'issue:1', '{}', now() - make_interval(months => %s))", [months])
    assert db.execute("SELECT audit_seal_months() AS n").fetchone() == {"n": 2}
    assert db.execute("SELECT audit_seal_months() AS n").fetchone() == {"n": 0}
    db.commit()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("UPDATE audit_seal SET rows = 1")
    db.rollback()
    owner_db.execute("DELETE FROM audit WHERE at < now() - interval '25 months'")  # as dropping the month does
    owner_db.commit()
    assert db.execute("SELECT * FROM audit_verify()").fetchall() == []
    db.rollback()
    owner_db.execute("DELETE FROM audit WHERE id = (SELECT last_id FROM audit_seal ORDER BY month DESC LIMIT 1)")
    owner_db.commit()
    assert "no longer whole" in " ".join(r["why"] for r in db.execute("SELECT why FROM audit_verify()"))


def test_no_text_passes_from_one_field_into_the_next(db: Connection) -> None:
    rows = [db.execute("SELECT encode(audit_hash('', 'epoch', %s, %s, 's', '{}'), 'hex') AS h", pair).fetchone() for pair in (["a|b", "c"], ["a", "b|c"])]
    assert rows[0] != rows[1]


def test_reading_the_audit_waits_for_no_stage(db: Connection) -> None:
    """The lock of the chain is its own: a page opened while a stage works is noted at once."""
    locks = [int(found.replace("_", "")) for path in (ROOT / "processing").rglob("*.py") for found in re.findall(r"LOCK = ([0-9_]+)", path.read_text(encoding="utf-8"))]
    assert locks and 7205110009 not in locks


def test_segments_younger_than_two_years_cannot_be_dropped(db: Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="two years"):
        db.execute("SELECT drop_months('audit', (now() - interval '23 months')::date)")


OPEN_TO_ALL = {"/sign-in", "/scope", "/scope/text", "/contact", "/healthz", "/requests", "/requests/{number}"}
"""Pages anybody may read; every other page is noted."""


def staff_pages() -> list[str]:
    paths = {route.path for route in create_app().routes if isinstance(route, APIRoute) and "GET" in route.methods}
    assert paths >= OPEN_TO_ALL
    return sorted(paths - OPEN_TO_ALL)


def test_whatever_staff_open_is_in_the_audit_under_their_id(db: Connection) -> None:
    """Each page of the application, read from its routes: one that is added later is asked for, too."""
    ids = furnish(db)
    user = add_user(db, "can-bo", "officer@example.org", "a long password", "officer")
    db.commit()
    known = {"issue": ids["issue"], "claim": ids["claim"], "source": "bao-mau"}
    with TestClient(create_app()) as client:
        client.post("/sign-in", data={"login": "can-bo", "password": "a long password"}, follow_redirects=False)
        for path in staff_pages():
            kind = next((name for name in known if path.startswith(f"/{name}s/{{")), None)
            asked = re.sub(r"\{\w+\}", known[kind] if kind else "removed", path)
            before = db.execute("SELECT coalesce(max(id), 0) AS n FROM audit").fetchone()
            db.rollback()
            assert before is not None
            answer = client.get(asked)
            rows = db.execute("SELECT actor, action FROM audit WHERE id > %s", [before["n"]]).fetchall()
            db.rollback()
            assert answer.status_code == 200, asked
            assert {"actor": f"user:{user}", "action": "read"} in rows, f"{asked} leaves no trace"
    assert db.execute("SELECT * FROM audit_verify()").fetchall() == []


def test_without_signing_in_nothing_of_staff_is_read(db: Connection) -> None:
    furnish(db)
    with TestClient(create_app(), follow_redirects=False) as client:
        for path in staff_pages():
            answer = client.get(re.sub(r"\{\w+\}", "11111111-1111-1111-1111-111111111111", path))
            assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in"), path


def test_a_sign_in_that_failed_is_in_the_audit_without_the_password(db: Connection) -> None:
    furnish(db)
    with TestClient(create_app()) as client:
        client.post("/sign-in", data={"login": "lan-analyst", "password": "a wrong guess"})
        client.post("/sign-in", data={"login": "nobody-here", "password": "a wrong guess"})
    rows = db.execute("SELECT actor, action, detail::text AS detail FROM audit ORDER BY id").fetchall()
    assert [row["action"] for row in rows] == ["sign_in_failed", "sign_in_failed"]
    assert rows[0]["actor"].startswith("user:") and rows[1]["actor"] == "unknown"
    assert "guess" not in str(rows) and "nobody-here" not in str(rows)
