"""Dump and restore with Postgres' own tools. Raw pages are never in a dump; removals are applied again after a restore (SCOPE S14)."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processing.db import Connection, audit, connect
from processing.db.tombstones import url_hash
from processing.erase import erase
from processing.errors import DatabaseError
from processing.settings import get_settings

KEPT = timedelta(days=30)
_PREFIX = "langnghe-"


def _tool(name: str) -> str:
    from processing.stack.postgres_env import binaries

    try:
        return str(binaries() / name)
    except DatabaseError:
        found = shutil.which(name)
        if found is None:
            raise
        return found


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DatabaseError(
            f"{what} failed: {done.stderr.strip()[-800:]}", "check free disk space and that LANGNGHE_MIGRATION_DSN owns the database"
        )


def backup(target: Path, now: datetime | None = None) -> str:
    """Write a compressed dump (custom format), complete or not at all: to `target`, or, where that is a folder, to a file in it named by the time.

    In a folder, dumps of that name older than 30 days are removed (SCOPE S14).
    """
    moment = now or datetime.now(UTC)
    file = target / f"{_PREFIX}{moment:%Y%m%dT%H%M%SZ}.dump" if target.is_dir() else target
    settings = get_settings()
    partial = file.with_suffix(file.suffix + ".partial")
    _run(
        [_tool("pg_dump"), "--format=custom", "--exclude-table-data=landing", "--exclude-table-data=fingerprint*", "--no-owner",
         f"--file={partial}", settings.migration_dsn or settings.dsn],
        "the backup",
    )  # fmt: skip
    partial.replace(file)
    gone = _prune(target, moment) if target.is_dir() else 0
    return f"wrote {file} ({file.stat().st_size // 1024} KiB)" + (f"; removed {gone} older than {KEPT.days} days" if gone else "")


def _prune(folder: Path, now: datetime) -> int:
    """Remove our dumps whose name says that they are past their time."""
    old = [file for file in folder.glob(f"{_PREFIX}*.dump") if file.name < f"{_PREFIX}{now - KEPT:%Y%m%dT%H%M%SZ}.dump"]
    for file in old:
        file.unlink()
    return len(old)


def _removals(conn: Connection) -> set[bytes]:
    there = conn.execute("SELECT to_regclass('tombstone') IS NOT NULL AS there").fetchone()
    return {bytes(r["url_sha256"]) for r in conn.execute("SELECT url_sha256 FROM tombstone")} if there and there["there"] else set()


def restore(file: Path) -> str:
    """Replace the database's content by the dump, then erase again every page removed since the dump was made.

    Removals known to the database being replaced are carried over; restore into the database in use, not beside it, so that none is lost.
    """
    settings = get_settings()
    dsn = settings.migration_dsn or settings.dsn
    if not file.exists():
        raise DatabaseError(f"there is no backup at {file}", "name a file that `langnghe db backup` wrote")
    with connect(dsn) as conn:
        removed = _removals(conn)
        replaced = audit.end(conn)
        conn.execute("ALTER SCHEMA public RENAME TO before_restore")
        conn.execute("CREATE SCHEMA public")
    try:
        _run([_tool("pg_restore"), "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={dsn}", str(file)], "the restore")
    except DatabaseError:
        # What was there comes back: a damaged dump must not cost the data it was meant to replace.
        with connect(dsn) as conn:
            conn.execute("DROP SCHEMA public CASCADE")
            conn.execute("ALTER SCHEMA before_restore RENAME TO public")
        raise
    with connect(dsn) as conn:
        conn.execute("DROP SCHEMA before_restore CASCADE")
    with connect(dsn) as conn:
        again = [r["canonical_url"] for r in conn.execute("SELECT canonical_url FROM document UNION SELECT url FROM attachment") if url_hash(r["canonical_url"]) in removed]
        for url in again:
            erase(conn, url, "removed again after a restore", datetime.now(UTC), actor="system:restore")
        for digest in removed:
            conn.execute(
                "INSERT INTO tombstone (url_sha256, removed_at, reason) VALUES (%s, now(), 'carried over') ON CONFLICT DO NOTHING", [digest]
            )
        audit.replaced(conn, replaced, file.name, datetime.now(UTC))
        conn.commit()
    return f"restored {file}; {len(again)} removed pages were removed again"
