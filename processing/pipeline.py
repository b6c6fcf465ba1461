"""Run one stage to the end of its queue and keep a row in `run` about it. What DAGs, the command line and tests all call."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from processing.db import Connection, check_clock, connect
from processing.db.tombstones import beside_removals
from processing.db.work import StageStats
from processing.errors import LangNgheError, fault

STAGES = ("extract", "annotate", "dedupe", "cluster", "hotspots", "claims")
"""In the order documents pass through them."""

BATCH = 64
_ONE_PASS = {"hotspots"}  # judges the newest days as a whole; has no queue to empty
_OTHERS_S = 120.0  # another process may hold the last records of a stage this long
_LOOK_AGAIN_S = 1.0  # an empty run is not free: the last stage tells its counts anew
_OTHERS = {
    "extract": "SELECT FROM landing WHERE state IN ('pending', 'retry') AND not_before <= %s LIMIT 1",
    **dict.fromkeys(
        ("annotate", "dedupe", "cluster", "claims"),
        "SELECT FROM work WHERE stage = %s AND state <> 'quarantine' AND not_before <= %s LIMIT 1",
    ),
}

Run = Callable[..., StageStats]


def _stage(name: str) -> Run:
    if name not in STAGES:
        raise LangNgheError(f"unknown stage {name!r}", f"one of {', '.join(STAGES)}")
    run: Run = importlib.import_module(f"processing.{name}.store").run
    return run


def drain(stage: str, *, now: datetime | None = None, dag_run: str | None = None, conn: Connection | None = None) -> StageStats:
    """Run `stage` until nothing is due. Each batch is one transaction; killed anywhere, the next call goes on.

    `now` is fixed for a replay; otherwise each batch takes the time it starts at. Any error is recorded and goes up.
    """
    run = _stage(stage)
    own = conn is None
    active = conn or connect()
    try:
        if now is None:
            check_clock(active)
        row = active.execute(
            "INSERT INTO run (stage, dag_run, started_at) VALUES (%s, %s, %s) RETURNING id", [stage, dag_run, now or datetime.now(UTC)]
        ).fetchone()
        active.commit()
        assert row is not None
        try:
            total = _batches(run, active, stage, now)
        except Exception as error:
            if not active.broken:
                active.rollback()
                _finish(active, row["id"], "failed", StageStats(), _in_words(error))
            if isinstance(error, psycopg.DataError | psycopg.IntegrityError):
                # its message quotes the row, and the scheduler's log would keep it
                raise LangNgheError(
                    f"stage {stage}: {fault(error)}", "a fault of ours; the batch was undone, the next run tries it again"
                ) from None
            raise
        _finish(active, row["id"], "done", total, None)
        return total
    finally:
        if own:
            active.close()


def _batches(run: Run, conn: Connection, stage: str, now: datetime | None) -> StageStats:
    total = StageStats()
    patience = time.monotonic() + _OTHERS_S
    while True:
        at = now or datetime.now(UTC)
        beside_removals(conn)
        stats = run(conn, limit=BATCH, now=at)
        conn.commit()
        total += stats
        if stage in _ONE_PASS:
            return total
        if stats.taken:
            patience = time.monotonic() + _OTHERS_S
        elif time.monotonic() < patience and _in_other_hands(conn, stage, at):
            time.sleep(_LOOK_AGAIN_S)
        else:
            return total


def _in_other_hands(conn: Connection, stage: str, now: datetime) -> bool:
    """Whether another process, perhaps one that was given up for dead, still holds records of this stage: the next stage would judge without them."""
    values = [now] if stage == "extract" else [stage, now]
    held = conn.execute(_OTHERS[stage].encode(), values).fetchone() is not None
    conn.commit()
    return held


def _finish(conn: Connection, run_id: int, outcome: str, stats: StageStats, error: str | None) -> None:
    conn.execute(
        "UPDATE run SET finished_at = %s, outcome = %s, done = %s, retry = %s, quarantine = %s, error = %s WHERE id = %s",
        [datetime.now(UTC), outcome, stats.done, stats.retry, stats.quarantine, error, run_id],
    )
    conn.commit()


def _in_words(error: Exception) -> str:
    if isinstance(error, LangNgheError | psycopg.OperationalError):
        return f"{type(error).__name__}: {error}".strip().splitlines()[0][:1000]
    return fault(error)


def run_all(*, now: datetime | None = None, conn: Connection | None = None) -> dict[str, StageStats]:
    """Every stage once, in order."""
    return {stage: drain(stage, now=now, conn=conn) for stage in STAGES}
