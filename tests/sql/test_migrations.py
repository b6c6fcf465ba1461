from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from processing.db import Connection
from processing.db.migrate import MIGRATIONS, migrate, pending
from processing.errors import DatabaseError


def test_a_second_run_applies_nothing(owner_db: Connection) -> None:
    assert migrate(owner_db) == []
    assert pending(owner_db) == []


def test_an_edited_file_is_refused_by_name(owner_db: Connection, tmp_path: Path) -> None:
    for path in MIGRATIONS.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    edited = tmp_path / "0002_collection.sql"
    edited.write_text(edited.read_text(encoding="utf-8") + "\n-- later thought\n", encoding="utf-8")
    with pytest.raises(DatabaseError, match=r"0002_collection\.sql was edited.*\n.*higher-numbered"):
        migrate(owner_db, tmp_path)


def test_a_failing_file_leaves_nothing_behind(owner_db: Connection, tmp_path: Path) -> None:
    for path in MIGRATIONS.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "9000_broken.sql").write_text("CREATE TABLE half_made (id int); SELECT 1/0;", encoding="utf-8")
    with pytest.raises(DatabaseError, match=r"9000_broken\.sql failed: division by zero"):
        migrate(owner_db, tmp_path)
    owner_db.rollback()
    assert owner_db.execute("SELECT to_regclass('half_made') AS there").fetchone() == {"there": None}


def test_every_table_and_view_is_described(owner_db: Connection) -> None:
    rows = owner_db.execute(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
           AND relname <> 'schema_migration' AND obj_description(oid) IS NULL"""
    ).fetchall()
    assert rows == []


def test_the_application_cannot_touch_the_audit_table(db: Connection) -> None:
    db.execute("SELECT audit_append('user:1', 'read', 'issue:1', '{}', now())")
    db.commit()
    children = [r["c"] for r in db.execute("SELECT inhrelid::regclass::text AS c FROM pg_inherits WHERE inhparent = 'audit'::regclass")]
    for table in ["audit", *children]:
        for statement in (f"UPDATE {table} SET actor = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table}", f"DROP TABLE {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(statement)
            db.rollback()
    with pytest.raises(psycopg.errors.RaiseException, match="two years"):
        db.execute("SELECT drop_months('audit', current_date)")
    db.rollback()
    assert db.execute("SELECT count(*) AS n FROM audit").fetchone() == {"n": 1}


def test_the_audit_chain_shows_a_change(db: Connection, owner_db: Connection) -> None:
    for n in range(3):
        db.execute("SELECT audit_append('user:1', 'read', %s, '{}', now())", [f"issue:{n}"])
    db.commit()
    assert db.execute("SELECT * FROM audit_verify()").fetchall() == []
    owner_db.execute("UPDATE audit SET subject = 'issue:9' WHERE subject = 'issue:1'")
    assert [r["why"] for r in owner_db.execute("SELECT * FROM audit_verify()")] == ["the row was changed"]


def test_the_analyst_reads_documents_but_no_raw_page_staff_or_mail(analyst_db: Connection) -> None:
    analyst_db.execute("SELECT * FROM flagged_issue")
    analyst_db.execute("SELECT * FROM feedback_shown")
    for table in ("landing", "app_user", "outbox", "delivery", "feedback_count", "feedback_seen", "api_token", "audit", "subscription"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            analyst_db.execute(f"SELECT * FROM {table}")
        analyst_db.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst_db.execute("UPDATE issue SET title = ''")


def test_folding_in_the_database_is_that_of_the_code(db: Connection) -> None:
    from processing.text import fold

    for word in ("Đường Hoà Bình", "NGUỒN NƯỚC ở xã Ea Kpam", "thuỷ điện – 1.200 hộ"):
        assert db.execute("SELECT fold(%s) AS f", [word]).fetchone() == {"f": fold(word)}
