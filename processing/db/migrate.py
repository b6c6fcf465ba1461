"""Numbered plain-SQL migrations: one transaction a file, one runner at a time, an edited file refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg

from processing.db import Connection
from processing.errors import DatabaseError
from processing.settings import ROOT

MIGRATIONS = ROOT / "sql" / "migrations"
_LOCK = 7_205_110_001  # any constant: two runners must pick the same


def migrate(conn: Connection, folder: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing, in order, as the role that owns the schema. Returns the names applied.

    Raises DatabaseError when the server is older than 15, when an applied file was edited or removed, or when a file fails.
    """
    if conn.info.server_version < 150000:
        raise DatabaseError(f"Postgres {conn.info.server_version // 10000} is too old", "use Postgres 15 or newer")
    conn.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    conn.commit()
    try:
        return _apply_missing(conn, folder)
    finally:
        conn.rollback()
        conn.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        conn.commit()


def pending(conn: Connection, folder: Path = MIGRATIONS) -> list[str]:
    """Names of migrations not yet applied."""
    exists = conn.execute("SELECT to_regclass('schema_migration') IS NOT NULL AS there").fetchone()
    done = {r["name"] for r in conn.execute("SELECT name FROM schema_migration")} if exists and exists["there"] else set()
    return [p.name for p in sorted(folder.glob("*.sql")) if p.name not in done]


def _apply_missing(conn: Connection, folder: Path) -> list[str]:
    conn.execute(
        "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    conn.commit()
    known = {row["name"]: row["sha256"] for row in conn.execute("SELECT name, sha256 FROM schema_migration")}
    files = sorted(folder.glob("*.sql"))
    for name in known.keys() - {path.name for path in files}:
        raise DatabaseError(f"migration {name} was applied to this database but its file is gone", "restore the file from version control")
    applied = []
    for path in files:
        body = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(body.encode()).hexdigest()
        if path.name in known:
            if known[path.name] != digest:
                raise DatabaseError(
                    f"migration {path.name} was edited after it was applied",
                    "restore the file as it was and put the change into a new, higher-numbered file",
                )
            continue
        try:
            with conn.transaction():
                conn.execute(body.encode())
                conn.execute("INSERT INTO schema_migration (name, sha256) VALUES (%s, %s)", [path.name, digest])
        except psycopg.Error as error:
            raise DatabaseError(
                f"migration {path.name} failed: {str(error).strip()}", "nothing of this file was kept; mend the cause, run again"
            ) from error
        conn.commit()
        applied.append(path.name)
    return applied
