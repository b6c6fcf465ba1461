"""What is left of a removed page: the hash of its address, which keeps it out (SCOPE S14), and the turns that stages and removals take."""

from __future__ import annotations

import hashlib

from processing.db import Connection
from processing.db.addresses import page_key

_TURN_LOCK = 7_205_110_004  # a removal waits for the batches at work, and the next ones wait for it


def url_hash(url: str) -> bytes:
    """What a tombstone keeps instead of a canonical address: the hash of what its spellings (http, www., amp, last slash) have in common."""
    return hashlib.sha256(page_key(url).encode()).digest()


def buried(conn: Connection, *urls: str) -> bool:
    """Was a page with one of these canonical addresses removed on request?"""
    return conn.execute("SELECT 1 FROM tombstone WHERE url_sha256 = ANY(%s)", [[url_hash(url) for url in urls]]).fetchone() is not None


def beside_removals(conn: Connection) -> None:
    """For a stage, before it reads what it will work on: until its transaction ends no page is removed beside it.

    Tables of months have no foreign key to documents, so a batch that had read a page before its removal and wrote after it would bring rows of it back.
    """
    conn.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_TURN_LOCK])


def alone(conn: Connection) -> None:
    """For a removal, before anything else in its transaction: wait for the batches at work; those after it begin when it has ended."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN_LOCK])
