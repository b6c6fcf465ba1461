"""After a run of the demo: is any planted name, handle, number or address left in what the run wrote? (SCOPE S2, S3)

Looked through: both databases (Airflow's records of its tasks among them), every log (ours, Airflow's, the crawler's children in the tasks' logs,
PostgreSQL's), mails, keys and files of the state folder. Left out: the server's own data files, which the databases are, and the archive of
invented pages that the run was fed with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from processing.stack.demo.canaries import needles

_FED = ("postgres", "history.jsonl.gz", "history.jsonl", "live.jsonl")


def pattern(words: Iterable[str] = ()) -> re.Pattern[str]:
    """Any of the words, by default all canaries, in either case."""
    return re.compile("|".join(re.escape(word) for word in (tuple(words) or needles())), re.IGNORECASE)


def in_files(folder: Path, look: re.Pattern[str]) -> Iterator[str]:
    """Files below a folder that hold a canary, by name."""
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if place.parts[0] not in _FED and path.is_file() and look.search(path.read_bytes().decode("utf-8", "replace")):
            yield f"a planted name or number stands in {place}"


def in_database(dsn: str, look: re.Pattern[str]) -> Iterator[str]:
    """Tables that hold a canary, by name; `dsn` is of a role that may read them all."""
    with psycopg.connect(dsn, connect_timeout=10) as conn:
        tables = conn.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND has_table_privilege(oid, 'SELECT')"
        ).fetchall()
        for (table,) in tables:
            with conn.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table.strip('"')))) as rows:
                if look.search(b"".join(bytes(part) for part in rows).decode("utf-8", "replace")):
                    yield f"a planted name or number stands in table {table} of {conn.info.dbname}"


def traces(folder: Path, dsns: Iterable[str]) -> list[str]:
    """What is left of the canaries below the state folder and in these databases, a line each; nothing when all is well."""
    look = pattern()
    return [*in_files(folder, look), *(line for dsn in dsns for line in in_database(dsn, look))]
