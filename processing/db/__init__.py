"""Connections to the application database (psycopg 3). All times in it are UTC."""

from __future__ import annotations

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
