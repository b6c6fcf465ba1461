"""Follow a scheduled round, crawl → process → alerts, in Airflow's own records. Reads that database; triggers nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import psycopg

FINAL = ("success", "failed")
CHAIN = (("crawl", ("scheduled",)), ("process", ("asset_triggered",)), ("alerts", ("asset_triggered",)))


@dataclass
class Round:
    """How far the round that began after ``since`` (UTC) has come."""

    since: datetime
    runs: dict[str, str] = field(default_factory=dict)
    started: dict[str, datetime] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """True when all three runs have ended, well or not."""
        return len(self.ended) == len(CHAIN)

    def follow(self, dsn: str) -> bool:
        """Look again; True when complete. A database that is down for a moment is asked again at the next call."""
        try:
            with psycopg.connect(dsn, connect_timeout=3, options="-c timezone=UTC") as conn:
                self._look(conn)
        except psycopg.OperationalError:
            return False
        return self.complete

    def _look(self, conn: psycopg.Connection) -> None:
        after = self.since
        for dag, types in CHAIN:
            if dag not in self.ended:
                row = conn.execute(
                    "SELECT run_id, state, start_date, end_date FROM dag_run WHERE dag_id = %s AND run_type = ANY(%s) AND start_date >= %s "
                    "ORDER BY start_date LIMIT 1",
                    [dag, list(types), after],
                ).fetchone()
                if row is None:
                    return
                self.runs[dag], self.started[dag] = row[0], row[2]
                if row[1] not in FINAL or row[3] is None:
                    return
                self.ended[dag] = row[3]
            # The next run of the chain is told by a task of this one, so it starts after this one did.
            after = self.started[dag]


def failures(dsn: str, since: datetime) -> list[str]:
    """Task instances that failed, and runs that failed, since ``since`` (UTC): 'dag.task [index]'."""
    with psycopg.connect(dsn, connect_timeout=10) as conn:
        rows = conn.execute(
            "SELECT t.dag_id, t.task_id, t.map_index FROM task_instance t JOIN dag_run r USING (dag_id, run_id) "
            "WHERE t.state IN ('failed', 'upstream_failed') AND r.start_date >= %s ORDER BY 1, 2, 3",
            [since],
        ).fetchall()
    return [f"{dag}.{task}" + (f" [{index}]" if index >= 0 else "") for dag, task, index in rows]


def import_errors(dsn: str) -> list[str]:
    """DAG files that Airflow could not read: 'file: last line of the error'."""
    with psycopg.connect(dsn, connect_timeout=10) as conn:
        rows = conn.execute("SELECT filename, stacktrace FROM import_error").fetchall()
    return [f"{name}: {trace.strip().splitlines()[-1]}" for name, trace in rows]


def dags_known(dsn: str) -> set[str]:
    """Ids of the DAGs that the DAG processor has read."""
    with psycopg.connect(dsn, connect_timeout=10) as conn:
        return {row[0] for row in conn.execute("SELECT dag_id FROM dag")}


def state_of(dsn: str, dag: str, since: datetime) -> str | None:
    """State of the first run of ``dag`` that was queued after ``since`` (UTC); None when there is none yet."""
    with psycopg.connect(dsn, connect_timeout=10) as conn:
        row = conn.execute(
            "SELECT state FROM dag_run WHERE dag_id = %s AND queued_at >= %s ORDER BY queued_at LIMIT 1", [dag, since]
        ).fetchone()
    return row[0] if row else None
