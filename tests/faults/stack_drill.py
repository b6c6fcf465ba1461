"""``python -m tests.faults.stack_drill --kills 12 --seed 1``: kill -9 inside the whole stack, Airflow included; the demo's outcome must not change.

Where `drill` puts a small conductor in the scheduler's place to make many kills in little time, here the real scheduler, its workers and
tasks, the API server, spiders and PostgreSQL are killed at seeded random instants of the demo's two rounds. Nobody restarts anything by
hand: the supervisor and Airflow's retries do. A run that Airflow marks as failed is no fault when a later run makes it good.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psutil

from processing.db import connect
from processing.errors import LangNgheError
from processing.stack import rounds
from processing.stack.base import OWNER, Stack, Stopped, raise_on_signals, say_error
from processing.stack.demo.expected import compare
from processing.stack.demo.town import DAY_VARIABLE
from processing.stack.demo_run import CycleFailed, Demo
from processing.stack.steps import Steps

MARKS = {
    "scheduler": ("airflow scheduler",),
    "task": ("airflow worker", "airflow task"),
    "api-server": ("airflow api_server", "airflow api-server"),
    "spider": ("crawlers.child",),
}
WEIGHTS = {"postgres": 2, "scheduler": 2, "task": 4, "api-server": 1, "spider": 3}
PAUSE_S = (1.0, 12.0)
SETTLE_S = 600.0


class Killer(threading.Thread):
    """Kills one target after the other, each after a random pause, until ``kills`` are made or it is told to end."""

    def __init__(self, stack: Stack, kills: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.tally: Counter[str] = Counter()
        self.over = threading.Event()
        self._stack, self._kills, self._chance = stack, kills, random.Random(seed)
        self._supervisor = psutil.Process()

    def end(self) -> None:
        """No more kills."""
        self.over.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """Until enough is killed."""
        while sum(self.tally.values()) < self._kills and not self.over.wait(self._chance.uniform(*PAUSE_S)):
            target = self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            if (victim := self._one(target)) is not None:
                victim.kill()
                self.tally[target] += 1

    def _one(self, target: str) -> psutil.Process | None:
        if target == "postgres":
            pid = self._stack.postgres.pid
            return psutil.Process(pid) if pid is not None else None
        found = [p for p in self._supervisor.children(recursive=True) if _is(p, MARKS[target])]
        return self._chance.choice(found) if found else None


def _is(process: psutil.Process, marks: Iterable[str]) -> bool:
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return any(mark in command for mark in marks)


class DisturbedDemo(Demo):
    """The demo, which goes on when a run failed: what counts is what is there once later runs have made it good."""

    def __init__(self, stack: Stack, killer: Killer) -> None:
        super().__init__(stack)
        self.killer = killer

    def _round(self, number: int) -> None:
        if number == 1:
            self.killer.start()
        dsn = self.stack.airflow_dsn()
        for _ in range(2):  # the run that is disturbed, and the next, which finds what it left
            if not self.stack.wait(partial(rounds.Round(datetime.now(UTC)).follow, dsn), SETTLE_S):
                raise CycleFailed(f"round {number} did not end within {SETTLE_S:.0f} s", f"look at {self.stack.home / 'log'}")

    def _set_round(self, number: int) -> None:
        for _ in range(30):  # PostgreSQL may just have been killed
            try:
                return super()._set_round(number)
            except LangNgheError:
                self.stack.children.pause(1)
        raise CycleFailed("the database did not come back within 30 s", f"look at {self.stack.home / 'log'}")

    def _digest(self) -> None:
        self.killer.end()  # the digest is asked for once, by hand: nobody would ask again
        super()._digest()


def disturbed(home: Path, kills: int, seed: int) -> tuple[Counter[str], list[str]]:
    """One demo with kills. Returns the tally and the differences from the expected outcome."""
    stack = Stack(home, Steps())
    killer = Killer(stack, kills, seed)
    try:
        stack.hold()
        demo = DisturbedDemo(stack, killer)
        demo.prepare()
        demo.cycle()
        os.environ[DAY_VARIABLE] = demo.day.isoformat()
        differences: list[str] = ["not compared"]

        def equal() -> bool:
            nonlocal differences
            with connect(stack.app_dsn(OWNER)) as conn:
                differences = compare(conn, demo.mail_dir)
            return not differences

        stack.wait(equal, SETTLE_S / 2)
        return killer.tally, differences
    finally:
        killer.end()
        stack.stop()


def main() -> int:
    """Returns 0 when the outcome was the expected one after every demo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=12, help="per demo")
    parser.add_argument("--demos", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    raise_on_signals()
    wrong = 0
    try:
        for number in range(given.demos):
            began = time.monotonic()
            folder = Path(tempfile.mkdtemp(prefix="stack-drill-"))  # kept where something went wrong
            tally, differences = disturbed(folder, given.kills, given.seed + number)
            if not differences:
                shutil.rmtree(folder)
            by_target = ", ".join(f"{name} {n}" for name, n in sorted(tally.items()))
            sys.stdout.write(f"demo {number}: {sum(tally.values())} kills ({by_target}) in {time.monotonic() - began:.0f} s\n")
            sys.stdout.write("".join(f"  {line}\n" for line in differences or ["the outcome is the expected one"]))
            sys.stdout.flush()
            wrong += bool(differences)
    except Stopped:
        return 130
    except LangNgheError as error:
        say_error(Steps().console, error)
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
