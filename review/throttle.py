"""Failed sign-ins are slowed: each pair of account and address waits longer after each failure. Nobody else has to wait, and none is locked out.

Kept as keyed hashes: a password typed into the field of the login is not written down by it. The key is that of the sessions.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from processing.db import Connection
from review import queries
from review.auth import secret

WINDOW = timedelta(minutes=15)
FREE = 3  # failures without waiting: people mistype
LONGEST_S = 60
MOST_REQUESTS = 10


def pair(login: str, address: str) -> str:
    """What stands for an account seen from an address."""
    return hmac.new(secret().encode(), f"sign-in|{login.strip().lower()}|{address}".encode(), hashlib.sha256).hexdigest()[:32]


def wait_s(conn: Connection, key: str, now: datetime) -> int:
    """Seconds this pair has still to wait: none for the first failures within WINDOW, then 2, 4, 8 … up to LONGEST_S after the latest."""
    row = conn.execute(queries.FAILED_SIGN_INS, {"key": key, "since": now - WINDOW}).fetchone()
    if row is None or row["n"] < FREE:
        return 0
    pause = min(2 ** (row["n"] - FREE + 1), LONGEST_S)
    return max(0, -int((now - row["latest"] - timedelta(seconds=pause)).total_seconds() // 1))


def may_ask(conn: Connection, key: str, now: datetime) -> bool:
    """Whether this address may leave another request at the public desk: MOST_REQUESTS within WINDOW."""
    row = conn.execute(queries.FAILED_SIGN_INS, {"key": key, "since": now - WINDOW}).fetchone()
    return row is None or row["n"] < MOST_REQUESTS


def failed(conn: Connection, key: str, user_id: int | None, now: datetime) -> None:
    """Remember and audit one failure; `user_id` where the login is that of an account."""
    conn.execute(queries.AUDIT, [f"user:{user_id}" if user_id else "unknown", "sign_in_failed", "session", Jsonb({"pair": key}), now])
    conn.execute(queries.REMEMBER_FAILURE, {"key": key, "at": now, "old": now - WINDOW})
