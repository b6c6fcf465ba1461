"""Children are watched, restarted with back-off, stopped together, and found again after a kill -9 of their supervisor."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from processing.stack.services import Children, Service, ServiceError

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]

SUPERVISOR = """
import sys, time
from pathlib import Path
from processing.stack.services import Children, Service
home = Path(sys.argv[1])
children = Children(home, {}, cwd=home, say=print)
# A child that leaves its group and ignores SIGTERM: what outlives a kill -9 of the supervisor.
stubborn = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.setsid() if os.fork() == 0 else None; time.sleep(60)"
children.start(Service("stubborn", [sys.executable, "-c", stubborn]))
time.sleep(1)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def children(tmp_path: Path, said: list[str]) -> Iterator[Children]:
    made = Children(tmp_path, {}, cwd=tmp_path, say=said.append)
    yield made
    made.stop()


def test_a_child_that_dies_is_started_again_and_this_is_said(children: Children, said: list[str]) -> None:
    children.start(Service("sleeper", SLEEP))
    first = children.pid("sleeper")
    assert first is not None
    psutil.Process(first).kill()
    deadline = time.monotonic() + 10
    while children.pid("sleeper") in (None, first) and time.monotonic() < deadline:
        children.watch()
        time.sleep(0.05)
    assert children.pid("sleeper") not in (None, first)
    assert any("ended with status -9" in line for line in said)
    assert said[-1] == "sleeper started again"


def test_back_off_doubles(children: Children, said: list[str]) -> None:
    children.start(Service("broken", [sys.executable, "-c", "raise SystemExit(3)"]))
    deadline = time.monotonic() + 8
    while sum("ended" in line for line in said) < 3 and time.monotonic() < deadline:
        children.watch()
        time.sleep(0.02)
    waits = [line.split(" in ")[1].split(" s")[0] for line in said if "ended" in line]
    assert waits == ["1", "2", "4"]


def test_a_child_that_ends_before_it_is_ready_shows_its_log(children: Children) -> None:
    command = [sys.executable, "-c", "import sys; print('no such table', file=sys.stderr); sys.exit(7)"]
    children.start(Service("broken", command, ready=lambda: False))
    with pytest.raises(ServiceError, match="status 7") as failed:
        children.wait_ready("broken")
    assert "no such table" in failed.value.message
    assert "broken.log" in failed.value.cure


def test_a_command_that_fails_is_an_error(children: Children) -> None:
    children.run("fine", [sys.executable, "-c", "print('fine')"])
    with pytest.raises(ServiceError, match="status 1"):
        children.run("bad", [sys.executable, "-c", "raise SystemExit('bad')"])


def test_stop_ends_even_the_deaf_within_fifteen_seconds(tmp_path: Path) -> None:
    children = Children(tmp_path, {}, cwd=tmp_path, say=print)
    children.start(Service("deaf", DEAF, ready=lambda: "deaf" in children.log_tail("deaf")))
    children.wait_ready("deaf")
    pid = children.pid("deaf")
    assert pid is not None
    began = time.monotonic()
    children.stop()
    assert time.monotonic() - began < 15
    assert not psutil.pid_exists(pid)


def test_the_next_start_clears_what_a_killed_supervisor_left(tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline() == "up\n"
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    children = Children(tmp_path, {}, cwd=tmp_path, say=print)
    assert children.clear_leftovers() >= 1
    assert children.clear_leftovers() == 0


def test_what_has_changed_its_title_is_cleared_too(tmp_path: Path) -> None:
    """Airflow's workers overwrite their environment, ignore SIGINT and wait for ever once their scheduler was killed."""
    titled = (
        "import os, signal, time, setproctitle; signal.signal(signal.SIGTERM, signal.SIG_IGN); child = os.fork(); "
        "setproctitle.setproctitle('worker ' * 400); time.sleep(60)"
    )
    first = Children(tmp_path, {}, cwd=tmp_path, say=print)
    first.start(Service("scheduler", [sys.executable, "-c", titled]))
    leader = first.pid("scheduler")
    assert leader is not None
    deadline = time.monotonic() + 10
    while not (orphans := psutil.Process(leader).children()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    psutil.Process(leader).kill()
    assert Children(tmp_path, {}, cwd=tmp_path, say=print).clear_leftovers() >= 1
    assert not any(orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE for orphan in orphans)
    first.stop()


def test_children_die_with_their_supervisor(tmp_path: Path) -> None:
    code = SUPERVISOR.replace("signal.signal(signal.SIGTERM, signal.SIG_IGN); ", "").replace(
        "os.setsid() if os.fork() == 0 else None; ", ""
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert supervisor.stdout is not None
    supervisor.stdout.readline()
    child = psutil.Process(supervisor.pid).children()[0]
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    supervisor.stdout.close()
    deadline = time.monotonic() + 5
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
