"""``python -m processing.stack.backlog ARCHIVE``: bring an archive in and through every stage, on two cores instead of one.

Reading pages (extract, annotate) and making sense of them (dedupe, cluster, claims) run side by side: each stage still has one process
and takes records in their order, so what comes out is what `langnghe replay --archive` brings, in little more than half the time.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from processing.db import Connection, connect
from processing.pipeline import STAGES, drain
from processing.replay import import_archive
from processing.settings import ROOT

FRONT = ("extract", "annotate")
BACK = tuple(stage for stage in STAGES if stage not in FRONT)
STEADY = tuple(stage for stage in BACK if stage != "hotspots")
"""Stages that can follow at once; hot-spots are judged when the days are complete."""

ENOUGH = 500
"""Waiting records that make a pass of the following stages worth its start."""


def front(conn: Connection) -> None:
    """Read pages until none is left."""
    for stage in FRONT:
        drain(stage, conn=conn)


def back(conn: Connection, reading: subprocess.Popen[bytes]) -> int:
    """Follow the reader; when it is done, run every stage to its end. Returns the reader's exit status."""
    while reading.poll() is None:
        # Each pass loads what its stage knows; a pass over a handful of records would cost more than it saves.
        if _waiting(conn) < ENOUGH:
            time.sleep(0.5)
            continue
        for stage in STEADY:
            drain(stage, conn=conn)
    if reading.returncode == 0:
        for stage in BACK:
            drain(stage, conn=conn)
    return reading.returncode


def _waiting(conn: Connection) -> int:
    row = conn.execute("SELECT count(*) AS n FROM work WHERE stage = ANY(%s) AND state = 'pending'", [list(STEADY)]).fetchone()
    conn.commit()
    return int(row["n"]) if row else 0


def main() -> int:
    """Returns 0 when everything was brought in."""
    with connect() as conn:
        if sys.argv[1] == "--front":
            front(conn)
            return 0
        landed = import_archive(conn, Path(sys.argv[1]), datetime.now(UTC))
        sys.stdout.write("\n".join([f"landed {landed.landed}, known already {landed.known}", *landed.faults, ""]))
        sys.stdout.flush()
        with subprocess.Popen([sys.executable, "-m", "processing.stack.backlog", "--front"], cwd=ROOT) as reading:
            return back(conn, reading)


if __name__ == "__main__":
    sys.exit(main())
