"""What both stacks, the demo and an operator's, are made of: a lock, the embedded Postgres, Airflow, the review page, an orderly end."""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from rich.console import Console

from processing.errors import LangNgheError
from processing.settings import PREFIX, ROOT
from processing.stack import airflow_env, ports
from processing.stack.postgres import EmbeddedPostgres
from processing.stack.procs import become_subreaper
from processing.stack.services import Children, Service
from processing.stack.steps import Steps

DATABASE = "langnghe"
OWNER = "langnghe_owner"
APP = "langnghe_app"
ANALYST = "analyst"
LANGNGHE = [sys.executable, "-m", "processing.cli"]
CLEAN_EVERY_S = 24 * 3600
CLEAN_FIRST_AFTER_S = 3600
KEEP_AIRFLOW_DAYS = 30
HEARTBEAT_EVERY_S = 15
HEARTBEAT_LOST_S = 90.0  # it beats some seconds apart, ten when busy; a start takes less than a minute


def tool(name: str) -> str:
    """Path of a console script of this environment."""
    return str(Path(sys.executable).with_name(name))


class Stack:
    """One running installation with its state in ``home``. Main thread only."""

    def __init__(self, home: Path, steps: Steps) -> None:
        self.home = home.absolute()
        self.home.mkdir(parents=True, exist_ok=True)
        self.steps = steps
        self.postgres = EmbeddedPostgres(self.home / "postgres")
        self.children = Children(self.home, self._folders(), cwd=ROOT, say=steps.note, watch_dog=self.watch)
        self.taken_ports = ports.Reserved()
        self.watching = False
        self._lock: IO[str] | None = None
        self._next_clean = time.monotonic() + CLEAN_FIRST_AFTER_S
        self._next_look = 0.0

    def hold(self) -> None:
        """Take the lock of this folder and end what a killed predecessor left. Raises LangNgheError when a living one holds it."""
        lock = (self.home / "stack.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise LangNgheError(f"{self.home} is already in use by process {holder}", "stop that one first (Ctrl-C)") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        become_subreaper()
        if left := self.children.clear_leftovers():
            self.steps.note(f"ended {left} processes that an earlier run left")

    def port(self, preferred: int, what: str, *hosts: str) -> int:
        """Choose a loopback port for ``what``, saying so when the usual one is taken."""
        chosen = ports.choose(preferred, *hosts, taken=self.taken_ports)
        if chosen != preferred:
            self.steps.note(f"port {preferred} is taken; {what} uses {chosen}")
        return chosen

    def setting(self, name: str, value: str) -> None:
        """Set LANGNGHE_<name> for every child."""
        self.children.environment[PREFIX + name.upper()] = value

    def start_postgres(self) -> None:
        """Start the embedded server and make the roles and databases that are missing."""
        self.postgres.start()
        self.postgres.create_database(DATABASE, OWNER)
        for role in (APP, ANALYST):
            self.postgres.create_role(role)
        self.postgres.create_database(airflow_env.DATABASE, airflow_env.ROLE)

    def app_dsn(self, role: str = APP) -> str:
        """Address of the application's database on the embedded server."""
        return self.postgres.dsn(role, DATABASE)

    def airflow_dsn(self) -> str:
        """Address of Airflow's metadata database, always on the embedded server."""
        return self.postgres.dsn(airflow_env.ROLE, airflow_env.DATABASE)

    def prepare_airflow(self, *, fast: bool) -> int:
        """Set Airflow's configuration for every child. Returns the port of its page."""
        port = self.port(8080, "Airflow")
        self.children.environment.update(airflow_env.environment(self.home, self.airflow_dsn(), port, fast=fast))
        return port

    def start_airflow(self, port: int) -> None:
        """Start the API server and the DAG processor, whose first pass takes a while; the scheduler comes later."""
        self.children.start(Service("api-server", [tool("airflow"), "api-server"], ready=lambda: ports.answers(port)))
        self.children.start(Service("dag-processor", [tool("airflow"), "dag-processor"]))

    def start_scheduler(self) -> None:
        """Start the scheduler. Its log server, which would listen on every address, stays off: the API server reads the files."""
        self.children.start(Service("scheduler", [tool("airflow"), "scheduler", "--skip-serve-logs"]))

    def start_review(self, public_url: str | None = None) -> int:
        """Start the review page on the next free port from 8800, and return the port. ``public_url`` is for a page behind a proxy."""
        port = self.port(8800, "the review page")
        if public_url is None or "127.0.0.1" in public_url:
            self.setting("public_url", f"http://127.0.0.1:{port}")
        # no log of accesses: it would name who asks at the public desk, and which answer they read; what staff read is in the audit
        command = [sys.executable, "-m", "uvicorn", "review.app:app", "--host", "127.0.0.1", "--port", str(port), "--no-server-header", "--no-access-log"]
        self.children.start(Service("review", command, ready=lambda: ports.answers(port)))
        return port

    def watch(self) -> None:
        """Start again what has ended, and clean Airflow's records once a day: a task of its own cannot touch that database."""
        if not self.watching:
            return
        if self.postgres.pid is None:
            self.steps.note("PostgreSQL ended; starting it again")
            self.postgres.restart()
        self.children.watch()
        self._look_at_scheduler()
        if time.monotonic() > self._next_clean:
            self._next_clean = time.monotonic() + CLEAN_EVERY_S
            before = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - KEEP_AIRFLOW_DAYS * 86400))
            self.children.begin(
                "airflow-clean", [tool("airflow"), "db", "clean", "--clean-before-timestamp", before, "--skip-archive", "--yes"]
            )

    def _look_at_scheduler(self) -> None:
        """End a scheduler that lives and does nothing, so that it is started again: when the database goes away it may wait for ever for its workers."""
        if time.monotonic() < self._next_look or self.children.age("scheduler") < HEARTBEAT_LOST_S:
            return
        self._next_look = time.monotonic() + HEARTBEAT_EVERY_S
        silent = airflow_env.scheduler_silent_s(self.airflow_dsn())
        if silent > HEARTBEAT_LOST_S:
            self.steps.note(f"the scheduler has given no sign of life for {silent:.0f} s")
            self.children.kill("scheduler")

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Watch the children until ``until`` is true; False when ``timeout_s`` seconds passed first."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if until():
                return True
            self.children.pause(0.3)
        return until()

    def stop(self) -> None:
        """Stop everything, children first, the database last. Further signals are ignored meanwhile: it takes ten seconds at most."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_IGN)
        self.watching = False
        self.children.stop()
        self.postgres.stop()
        self.taken_ports.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _folders(self) -> dict[str, str]:
        """Where libraries that write to a home folder write: below ``home`` and nowhere else."""
        places = {"HOME": "user", "XDG_CACHE_HOME": "user/cache", "XDG_CONFIG_HOME": "user/config", "XDG_DATA_HOME": "user/data",
                  "XDG_STATE_HOME": "user/state", "MPLCONFIGDIR": "user/mpl", "TMPDIR": "tmp"}  # fmt: skip
        for place in places.values():
            (self.home / place).mkdir(parents=True, exist_ok=True)
        secret = self.home / "keys" / "session.txt"
        if not secret.exists():
            secret.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_urlsafe(48))
        return {key: str(self.home / place) for key, place in places.items()} | {
            f"{PREFIX}HOME": str(self.home),
            f"{PREFIX}SESSION_SECRET": secret.read_text().strip(),
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": "1",
            "NO_COLOR": "1",
        }


class Stopped(BaseException):
    """SIGTERM or SIGINT arrived. A BaseException, so that no error handler takes it for a failure."""


def raise_on_signals() -> None:
    """Turn SIGINT and SIGTERM into Stopped in the main thread."""

    def stop(signum: int, frame: FrameType | None) -> NoReturn:
        raise Stopped(signal.Signals(signum).name)

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, stop)


def say_error(console: Console, error: LangNgheError) -> None:
    """Show what is wrong and the cure, without a traceback."""
    console.print("\n[red]✗[/red]", end=" ")
    console.print(error.message, highlight=False, markup=False)
    if error.cure:
        console.print(f"  cure: {error.cure}", highlight=False, markup=False)
