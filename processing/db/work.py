"""The queue between stages: one row per record that is not finished, in table `work`.

done        the row is gone and the stage's result row is there
retry       the row waits until `not_before`
quarantine  the row stays, with a reason, until a person releases it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.db import Connection
from processing.errors import Outcome, Quarantine, Retry, fault

MAX_ATTEMPTS = 5


@dataclass
class StageStats:
    """How many records a batch finished, put off and set aside."""

    done: int = 0
    retry: int = 0
    quarantine: int = 0

    @property
    def taken(self) -> int:
        return self.done + self.retry + self.quarantine

    def __add__(self, other: StageStats) -> StageStats:
        return StageStats(self.done + other.done, self.retry + other.retry, self.quarantine + other.quarantine)


def enqueue(conn: Connection, stage: str, ids: Iterable[int], now: datetime) -> None:
    """Ask `stage` to work on these records. A record already waiting is woken; a quarantined one is released: its input changed."""
    conn.execute(
        """INSERT INTO work (stage, subject_id, enqueued_at, not_before) SELECT %(stage)s, id, %(now)s, %(now)s FROM unnest(%(ids)s::bigint[]) AS id
           ON CONFLICT (stage, subject_id) DO UPDATE SET state = 'pending', attempts = 0, reason = NULL, not_before = excluded.not_before""",
        {"stage": stage, "ids": sorted(set(ids)), "now": now},
    )


def claim(conn: Connection, stage: str, limit: int, now: datetime) -> list[int]:
    """Ids of up to `limit` records that are due, locked until the transaction ends; no other worker sees them."""
    rows = conn.execute(
        """SELECT subject_id FROM work WHERE stage = %s AND state <> 'quarantine' AND not_before <= %s
           ORDER BY subject_id LIMIT %s FOR UPDATE SKIP LOCKED""",
        [stage, now, limit],
    )
    return [row["subject_id"] for row in rows]


def done(conn: Connection, stage: str, ids: Sequence[int]) -> None:
    conn.execute("DELETE FROM work WHERE stage = %s AND subject_id = ANY(%s)", [stage, list(ids)])


def put_off(conn: Connection, stage: str, subject_id: int, outcome: Outcome, now: datetime) -> Outcome:
    """Record why a record was not finished. A record that was retried MAX_ATTEMPTS times is quarantined. Returns the outcome recorded."""
    row = conn.execute("SELECT attempts FROM work WHERE stage = %s AND subject_id = %s", [stage, subject_id]).fetchone()
    attempts = (row["attempts"] if row else 0) + 1
    outcome, state, not_before = after(outcome, attempts, now)
    conn.execute(
        "UPDATE work SET state = %s, attempts = %s, reason = %s, not_before = %s WHERE stage = %s AND subject_id = %s",
        [state, attempts, outcome.reason, not_before, stage, subject_id],
    )
    return outcome


def after(outcome: Outcome, attempts: int, now: datetime) -> tuple[Outcome, str, datetime]:
    """The outcome of the `attempts`th attempt, its state in a queue, and when to try again: each wait twice the one before, given up at last."""
    if isinstance(outcome, Retry) and attempts >= MAX_ATTEMPTS:
        outcome = Quarantine(f"{outcome.reason} ({attempts} attempts)")
    if isinstance(outcome, Retry):
        return outcome, "retry", now + timedelta(seconds=outcome.after_s * 2 ** (attempts - 1))
    return outcome, "quarantine", now


def each(conn: Connection, stage: str, ids: Sequence[int], handle: Callable[[int], None], now: datetime) -> StageStats:
    """Run `handle` on each claimed record in its own savepoint, so that one bad record costs only itself.

    `handle` raises Retry or Quarantine; any other exception is a fault of ours: it quarantines the record, with
    the place of the fault and never its message, which may quote the text.
    Database faults (a lost connection, a full disk) are not the record's and go up.
    """
    import psycopg

    stats = StageStats()
    finished = []
    for subject_id in ids:
        try:
            with conn.transaction():
                handle(subject_id)
            finished.append(subject_id)
            stats.done += 1
        except psycopg.OperationalError:
            raise
        except Exception as error:
            outcome = error if isinstance(error, Outcome) else Quarantine(f"fault of ours in {stage}: {fault(error)}")
            if isinstance(put_off(conn, stage, subject_id, outcome, now), Retry):
                stats.retry += 1
            else:
                stats.quarantine += 1
    done(conn, stage, finished)
    return stats
