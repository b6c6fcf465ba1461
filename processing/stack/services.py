"""The long-running children of a stack: started, watched, restarted with back-off, stopped together.

Two things tell what outlived a ``kill -9`` of the supervisor: the process group that each child leads, written down when it starts,
and the marker variable of its stack, for descendants that left the group. Neither is enough: a program that changes its title, as
Airflow's workers do, overwrites its environment.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from processing.errors import LangNgheError
from processing.stack.procs import die_with_parent, in_group, send, send_group, stop_all, with_environment

MARKER = "STACK_OF_LANG_NGHE"  # without the prefix of the settings, which refuse unknown names
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 60.0
HEALTHY_AFTER_S = 60.0  # a child that lived this long starts again at the first back-off
TERM_GRACE_S = 6.0
KILL_GRACE_S = 3.0


class ServiceError(LangNgheError):
    """A part of the stack could not be started."""


@dataclass
class Service:
    """One child: its command, what it gets besides the stack's environment, and how to tell that it is ready."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    ready_within_s: float = 90.0


@dataclass
class Job:
    """A command that ends by itself."""

    name: str
    process: subprocess.Popen[bytes]


@dataclass
class _Running:
    service: Service
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    restart_at: float = 0.0


class Children:
    """All children of one stack. Use it from the main thread only: children die with the thread that started them."""

    def __init__(
        self,
        home: Path,
        environment: Mapping[str, str],
        *,
        cwd: Path,
        say: Callable[[str], None],
        watch_dog: Callable[[], None] | None = None,
    ) -> None:
        self.log_dir = home / "log"
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self._groups_file = home / "groups.txt"
        self.marker = str(home)
        self.environment: dict[str, str] = {**environment, MARKER: self.marker}
        self.cwd = cwd
        self._say = say
        self._watch_dog = watch_dog
        self._running: dict[str, _Running] = {}
        self._jobs: list[Job] = []

    def clear_leftovers(self) -> int:
        """End what an earlier supervisor of this stack left when it was killed. Returns how many processes that were."""
        found = {process.pid: process for process in with_environment(MARKER, self.marker)}
        for line in self._groups_file.read_text().splitlines() if self._groups_file.exists() else []:
            pgid, started, cwd = line.split(" ", 2)
            found |= {process.pid: process for process in in_group(int(pgid), float(started), Path(cwd))}
        self._groups_file.unlink(missing_ok=True)
        return stop_all(found.values(), signal.SIGTERM, TERM_GRACE_S)

    def start(self, service: Service) -> None:
        """Start a child now; `wait_ready` waits for it, `watch` keeps it running."""
        running = self._running.setdefault(service.name, _Running(service))
        self._spawn(running)

    def wait_ready(self, *names: str) -> None:
        """Wait until each named child is ready. Raises ServiceError with the end of its log when one ends or takes too long."""
        for name in names:
            running = self._running[name]
            service = running.service
            deadline = time.monotonic() + service.ready_within_s
            while service.ready is not None and not service.ready():
                status = running.process.poll() if running.process is not None else None
                if status is not None:
                    raise ServiceError(f"{name} ended with status {status}\n{self.log_tail(name)}", f"the full log is {self._log(name)}")
                if time.monotonic() > deadline:
                    raise ServiceError(
                        f"{name} was not ready after {service.ready_within_s:.0f} s\n{self.log_tail(name)}",
                        f"the full log is {self._log(name)}",
                    )
                self.pause(0.1)

    def begin(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> Job:
        """Start a command that ends by itself, with its output in the log; `finish` waits for it. It is not started again."""
        running = _Running(Service(name, command, environment or {}))
        self._spawn(running)
        assert running.process is not None
        job = Job(name, running.process)
        self._jobs.append(job)
        return job

    def finish(self, job: Job) -> None:
        """Wait for a command's end. Raises ServiceError with the end of its log when it failed."""
        while job.process.poll() is None:
            self.pause(0.05)
        if job in self._jobs:
            self._jobs.remove(job)
        if job.process.returncode != 0:
            raise ServiceError(
                f"{job.name} failed with status {job.process.returncode}\n{self.log_tail(job.name)}",
                f"the full log is {self._log(job.name)}",
            )

    def run(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> None:
        """`begin` and `finish`."""
        self.finish(self.begin(name, command, environment))

    def pause(self, seconds: float) -> None:
        """Sleep while keeping the children that are to be watched alive."""
        if self._watch_dog is not None:
            self._watch_dog()
        time.sleep(seconds)

    def watch(self) -> None:
        """Restart children that ended: after 1, 2, 4 … 60 seconds, saying so."""
        now = time.monotonic()
        self._jobs = [job for job in self._jobs if job.process.poll() is None]
        for running in self._running.values():
            if running.process is None:
                if now >= running.restart_at:
                    self._spawn(running)
                    self._say(f"{running.service.name} started again")
                continue
            status = running.process.poll()
            if status is None:
                continue
            running.failures = 1 if now - running.started > HEALTHY_AFTER_S else running.failures + 1
            wait = min(FIRST_BACKOFF_S * 2 ** (running.failures - 1), LONGEST_BACKOFF_S)
            send_group(running.process.pid, signal.SIGKILL)  # what the dead one left at work: the new one starts it again
            running.process, running.restart_at = None, now + wait
            self._say(
                f"{running.service.name} ended with status {status}; starting it again in {wait:.0f} s (log: {self._log(running.service.name)})"
            )

    def pid(self, name: str) -> int | None:
        """Process id of a child, None while it is down."""
        process = self._running[name].process
        return process.pid if process is not None and process.poll() is None else None

    def age(self, name: str) -> float:
        """Seconds since a child was started; 0 while it is down or was never started."""
        running = self._running.get(name)
        return time.monotonic() - running.started if running is not None and self.pid(name) is not None else 0.0

    def kill(self, name: str) -> None:
        """End a child with its whole group at once; `watch` starts it again."""
        pid = self.pid(name)
        if pid is not None:
            send_group(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop everything within about ten seconds: ask the children, then every marked process, then kill."""
        everything = [r.process for r in self._running.values() if r.process is not None] + [job.process for job in self._jobs]
        alive = [process for process in everything if process.poll() is None]
        for process in alive:
            send(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + TERM_GRACE_S
        while time.monotonic() < deadline and any(p.poll() is None for p in alive):
            time.sleep(0.05)
        for process in everything:
            send_group(process.pid, signal.SIGKILL)
        for process in alive:
            process.wait()
        self._running.clear()
        self._jobs.clear()
        stop_all(with_environment(MARKER, self.marker), signal.SIGTERM, KILL_GRACE_S)
        self._groups_file.unlink(missing_ok=True)

    def log_tail(self, name: str, lines: int = 12) -> str:
        """The last lines of a child's log, for an error message."""
        path = self._log(name)
        text = path.read_text("utf-8", "replace").splitlines()[-lines:] if path.exists() else []
        return "\n".join(f"  | {line}" for line in text)

    def _log(self, name: str) -> Path:
        return self.log_dir / f"{name}.log"

    def _spawn(self, running: _Running) -> None:
        service = running.service
        with self._log(service.name).open("ab") as log:
            running.process = subprocess.Popen(
                service.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.cwd,
                env={**os.environ, **self.environment, **service.environment},
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - it calls prctl alone
            )
        running.started = time.monotonic()
        with self._groups_file.open("a") as out:
            out.write(f"{running.process.pid} {time.time():.1f} {self.cwd}\n")
