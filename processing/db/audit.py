"""Checking the audit (SCOPE S12): the hash chain, the sealed months, and its end.

A chain shows a row that was changed or taken out of its middle. Rows cut off its end leave a shorter chain that holds; so each check notes the
last row's id and hash in a file outside the database, and the next one looks for that row.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.settings import get_settings


def note_file() -> Path:
    """Where the end of the chain is noted: beside the keys, outside the database."""
    return get_settings().home / "keys" / "audit-end.json"


def verify(conn: Connection, note: Path | None = None) -> list[str]:
    """What is wrong with the audit, in words; nothing when all is well, and then its present end is noted."""
    file = note or note_file()
    wrong = [f"audit row {row['broken_at']}: {row['why']}" for row in conn.execute("SELECT * FROM audit_verify()")]
    if file.exists():
        seen = json.loads(file.read_text(encoding="utf-8"))
        row = conn.execute("SELECT encode(hash, 'hex') AS hash FROM audit WHERE id = %s", [seen["id"]]).fetchone()
        kept = row is None and conn.execute("SELECT 1 FROM audit_seal WHERE last_id >= %s", [seen["id"]]).fetchone() is not None
        if not kept and (row is None or row["hash"] != seen["hash"]):
            wrong.append(f"audit row {seen['id']}: it was the last one at the check of {seen['at']}, and is gone or another one now")
    if not wrong:
        _note(file, end(conn))
    return wrong


def end(conn: Connection) -> dict[str, Any] | None:
    """The last row of the chain: {"id", "hash" in hex, "at"}; None where there is none, or no audit yet."""
    there = conn.execute("SELECT to_regclass('audit') IS NOT NULL AS there").fetchone()
    if there is None or not there["there"]:
        return None
    return conn.execute("SELECT id, encode(hash, 'hex') AS hash, at::text AS at FROM audit ORDER BY id DESC LIMIT 1").fetchone()


def replaced(conn: Connection, before: dict[str, Any] | None, dump: str, now: datetime) -> None:
    """After a restore: the chain goes on from the dump's. What was the end of the one it replaced is in a row of it, and the present end is noted.

    Does not commit. The rows written since the dump was made are gone with it: keep the note of `verify` with the backups.
    """
    detail = {"dump": dump, "end_before": {"id": before["id"], "hash": before["hash"]} if before else None}
    conn.execute("SELECT audit_append('operator', 'restore', 'database', %s, %s)", [Jsonb(detail), now])
    _note(note_file(), end(conn))


def _note(file: Path, last: dict[str, Any] | None) -> None:
    if last is not None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(json.dumps(last) + "\n", encoding="utf-8")
