"""Connections to the application database (psycopg 3). All times in it are UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from processing.errors import DatabaseError
from processing.settings import get_settings

Connection = psycopg.Connection[dict[str, Any]]


def connect(dsn: str | None = None) -> Connection:
    """Open a connection with dict rows, in a transaction, UTC. Raises DatabaseError with the cure when the server cannot be reached."""
    target = dsn if dsn is not None else get_settings().dsn
    if not target:
        raise DatabaseError(
            "no database is configured", "set LANGNGHE_DSN in .env, or start the embedded one with `make run` or `make serve`"
        )
    try:
        return psycopg.connect(target, row_factory=dict_row, connect_timeout=10, options="-c timezone=UTC", application_name="langnghe")
    except psycopg.OperationalError as error:
        where = psycopg.conninfo.conninfo_to_dict(target)
        raise DatabaseError(
            f"cannot reach the database {where.get('dbname')} at {where.get('host', 'localhost')}:{where.get('port', 5432)}: {str(error).strip()}",
            "check that the server runs and that LANGNGHE_DSN names the right host, user and password; `langnghe doctor` tells more",
        ) from None


CLOCK_TOLERANCE_S = 300


def check_clock(conn: Connection) -> float:
    """Seconds by which this machine's clock is ahead of the database's. Raises DatabaseError beyond five minutes.

    Work done under a wrong clock would be dated wrongly, put off for hours, or deleted early; refusing it loses nothing.
    """
    row = conn.execute("SELECT clock_timestamp() AS now").fetchone()
    assert row is not None
    off: float = (datetime.now(UTC) - row["now"]).total_seconds()
    if abs(off) > CLOCK_TOLERANCE_S:
        raise DatabaseError(
            f"this machine's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the database's",
            "set both clocks (timedatectl set-ntp true), then run again; nothing was changed",
        )
    return off


def explain(error: psycopg.OperationalError) -> DatabaseError:
    """Turn a database fault in the middle of work into words and a cure. What was committed stays; the batch at hand is done again."""
    if isinstance(error, psycopg.errors.DiskFull):
        return DatabaseError(
            f"the database's disk is full: {str(error).strip().splitlines()[0]}",
            "free space on the disk of the database's folder (`langnghe doctor` shows it), then run again; nothing that was stored is lost",
        )
    return DatabaseError(
        f"the database failed while working: {str(error).strip() or 'the connection was lost'}",
        "check that the server runs and has disk space (`langnghe doctor`), then run again; nothing that was stored is lost",
    )
