"""``python -m tests.faults.drill --kills 200 --seed 1``: kill -9 at seeded random instants, restart, compare with an undisturbed cycle.

Killed are PostgreSQL's postmaster, the conductor (in the scheduler's place), spiders, processing and the sender. A cycle counts as
right when documents, copies, issues, flags, claims, matches and mails equal the undisturbed ones: none missing, none twice.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from processing.stack.procs import with_environment
from tests.faults.world import CONTROL, MARK, ROOT, Outcome, World, outcome

TARGETS = {
    "spider": "crawlers.child",
    "process": "processing.cli process",
    "sender": "processing.cli send",
    "scheduler": "tests.faults.conductor",
}
LIFE_S = {"spider": 2.0, "process": 6.0, "sender": 1.5, "scheduler": 5.0, "postgres": 3.0}
"""About how long each lives, in seconds: the instant of a kill is drawn from its whole life; a target that ended before costs no kill."""
CYCLE_LIMIT_S = 900.0


@dataclass
class Tally:
    """What a drill did and what came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    cycles: int = 0
    different: list[str] = field(default_factory=list)
    resent: int = 0

    def lines(self) -> list[str]:
        """The tally in words."""
        total = sum(self.kills.values())
        by_target = ", ".join(f"{name} {n}" for name, n in sorted(self.kills.items()))
        found = [f"{total} kills in {self.cycles} cycles ({by_target})"]
        found.append(f"mails delivered a second time under the same Message-ID: {self.resent}")
        found += self.different or ["documents, copies, issues, flags, claims, matches and mails equal those of the undisturbed cycle"]
        return found


def undisturbed(world: World) -> Outcome:
    """One cycle without kills."""
    return _cycle(world, "calm", random.Random(0), 0, Tally())


def drill(world: World, expected: Outcome, kills: int, seed: int, per_cycle: int = 10) -> Tally:
    """Run cycles until ``kills`` have been made, comparing after each."""
    chance = random.Random(seed)
    tally = Tally()
    while (made := sum(tally.kills.values())) < kills:
        name = f"drill{tally.cycles}"
        found = _cycle(world, name, chance, min(per_cycle, kills - made), tally)
        tally.cycles += 1
        tally.resent += found.resent
        tally.different += [f"{name} (seed {seed}): {line}" for line in expected.differences(found)]
    return tally


def _cycle(world: World, database: str, chance: random.Random, kills: int, tally: Tally) -> Outcome:
    world.fresh(database)
    journal = world.folder / f"{database}.journal"
    journal.unlink(missing_ok=True)
    environment = world.environment(database) | {"TOWN_CONTROL": f"http://{CONTROL}:{world.town_port}"}
    log = (world.folder / f"{database}.log").open("wb")

    def conduct() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.faults.conductor", str(journal), *world.sources]
        return subprocess.Popen(command, env=environment, cwd=ROOT, stderr=log)

    conductor = conduct()
    plan = [chance.choice(["postgres", "scheduler", "spider", "process", "sender"]) for _ in range(kills)]
    limit = time.monotonic() + CYCLE_LIMIT_S
    try:
        while conductor.poll() is None or conductor.returncode != 0:
            if time.monotonic() > limit:
                raise TimeoutError(f"the cycle {database} did not end; see {log.name}")
            if plan and (target := _kill(world, plan, chance, conductor)):
                plan.remove(target)
                tally.kills[target] += 1
            if conductor.poll() not in (None, 0):
                conductor.wait()
                conductor = conduct()
            time.sleep(0.05)
    finally:
        for process in with_environment(MARK, world.mark):
            if process.ppid() != 0 and _is_ours(process):
                process.kill()
        log.close()
    with world.connect(database) as conn:
        return outcome(conn, world.folder / "mail")


def _kill(world: World, plan: list[str], chance: random.Random, conductor: subprocess.Popen[bytes]) -> str | None:
    """Kill one of the planned targets that is at work, at a random instant of its life. Returns which; None when it ended before."""
    here = {target: _running(world, TARGETS[target]) for target in set(plan) - {"postgres"}}
    found = sorted(target for target, process in here.items() if process is not None) + ["postgres"] * ("postgres" in plan)
    if not found:
        return None
    target = chance.choice(found)
    time.sleep(chance.uniform(0, LIFE_S[target]))
    if conductor.poll() == 0:
        return None
    if target == "postgres":
        world.postgres.kill()
        time.sleep(chance.uniform(0, 0.5))
        world.postgres.start()
        return target
    try:
        process = here[target]
        assert process is not None
        process.kill()
    except psutil.NoSuchProcess:
        return None
    return target


def _running(world: World, what: str) -> psutil.Process | None:
    for process in with_environment(MARK, world.mark):
        try:
            if what in " ".join(process.cmdline()):
                return process
        except psutil.Error:
            continue  # it ended between the two looks
    return None


def _is_ours(process: psutil.Process) -> bool:
    try:
        return any(what in " ".join(process.cmdline()) for what in TARGETS.values())
    except psutil.Error:
        return False


def main() -> int:
    """Returns 0 when nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=60, help="days of history before the live day")
    parser.add_argument("--per-cycle", type=int, default=10)
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drill-") as folder, World(Path(folder), given.days) as world:
        sys.stdout.write(f"history imported after {time.monotonic() - began:.0f} s\n")
        expected = undisturbed(world)
        sys.stdout.write(f"undisturbed cycle: {', '.join(f'{len(rows)} {kind}' for kind, rows in expected.rows.items())}\n")
        tally = drill(world, expected, given.kills, given.seed, given.per_cycle)
    sys.stdout.write("\n".join(tally.lines()) + f"\nin {time.monotonic() - began:.0f} s\n")
    return 1 if tally.different else 0


if __name__ == "__main__":
    sys.exit(main())
