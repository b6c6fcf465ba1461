"""Runs the steps of one cycle in order, each as a process, again until it succeeds. Stands in for Airflow's scheduler in a drill.

``python -m tests.faults.conductor JOURNAL SOURCE…``. Finished steps are written to the journal, so that a conductor that was killed goes
on where it was. Its children do not die with it: the next conductor may start a step whose first process is still at work, which is
what happens when a real scheduler dies.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

TRIES = 60
PAUSE_S = 0.4


def steps(sources: list[str]) -> list[tuple[str, list[str]]]:
    """The cycle: (name, arguments after the interpreter)."""
    found: list[tuple[str, list[str]]] = []
    for number in (1, 2):
        found.append((f"{number} round", []))
        found += [(f"{number} crawl {key}", ["-m", "crawlers.child", key, "--force"]) for key in sources]
        found.append((f"{number} process", ["-m", "processing.cli", "process"]))
        found.append((f"{number} send", ["-m", "processing.cli", "send"]))
    return found


def main() -> int:
    """Returns 0 when every step has succeeded."""
    journal, sources = Path(sys.argv[1]), sys.argv[2:]
    finished = set(journal.read_text().splitlines()) if journal.exists() else set()
    for name, arguments in steps(sources):
        if name in finished:
            continue
        if name.endswith("round"):
            urllib.request.urlopen(f"{os.environ['TOWN_CONTROL']}/round/{name[0]}", timeout=10).close()
        elif not _succeeds(name, arguments):
            return 1
        with journal.open("a") as out:
            out.write(name + "\n")
            out.flush()
            os.fsync(out.fileno())
    return 0


def _succeeds(name: str, arguments: list[str]) -> bool:
    for attempt in range(TRIES):
        done = subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        # 1 from a spider: the source itself could not be read, which is its state and no reason to try again at once.
        if done.returncode == 0 or ("crawl" in name and done.returncode == 1):
            return True
        sys.stderr.write(f"{name}, attempt {attempt + 1}: status {done.returncode} {done.stderr.decode(errors='replace').strip()[-300:]}\n")
        time.sleep(PAUSE_S)
    return False


if __name__ == "__main__":
    sys.exit(main())
