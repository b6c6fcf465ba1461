"""Small helpers about processes: dying with the parent, finding leftovers, stopping a group."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signum: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """Return a ``preexec_fn`` after which the child gets ``signum`` when the thread that started it dies, ``kill -9`` included.

    Start children from the main thread: the kernel watches the starting *thread*, not the process.
    """
    parent = os.getpid()

    def arm() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        # The parent may have died between fork and prctl; then nobody would ever send the signal.
        if os.getppid() != parent:
            os.kill(os.getpid(), signum)

    return arm


def become_subreaper() -> None:
    """Adopt orphaned descendants, so that they can be found and reaped here instead of turning into somebody else's zombies."""
    _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def working_in(folder: Path, name: str) -> Iterator[psutil.Process]:
    """Yield live (not zombie) processes called ``name`` whose working directory is ``folder``."""
    wanted = folder.resolve()
    for process in psutil.process_iter(["name"]):
        if process.info["name"] != name:
            continue
        try:
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == wanted:
                yield process
        except (psutil.Error, OSError):
            continue  # it ended, or it belongs to somebody else: either way not a leftover of ours


def with_environment(key: str, value: str) -> Iterator[psutil.Process]:
    """Yield live processes other than this one that carry ``key=value`` in their environment.

    The supervisor marks everything that it starts in this way, so that whatever outlives a ``kill -9`` can be told apart
    from other people's processes, however often it has forked or changed its group since.
    """
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE and process.environ().get(key) == value:
                yield process
        except (psutil.Error, OSError):
            continue


def in_group(pgid: int, started: float, cwd: Path) -> Iterator[psutil.Process]:
    """Yield live members of a process group that began no earlier than ``started`` (epoch seconds) and work in ``cwd``.

    A group's number is not given away while a member lives, but may be once all are gone: start and folder tell ours from others.
    """
    for process in psutil.process_iter():
        try:
            ours = os.getpgid(process.pid) == pgid and process.create_time() >= started - 1 and Path(process.cwd()) == cwd
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (psutil.Error, OSError):
            continue


def stop_all(processes: Iterable[psutil.Process], first: signal.Signals, grace_s: float) -> int:
    """Send ``first`` to every process, wait ``grace_s`` seconds, then SIGKILL what is left. Returns how many were there."""
    found = list(processes)
    for process in found:
        send(process.pid, first)
    gone, alive = psutil.wait_procs(found, timeout=grace_s)
    for process in alive:
        send(process.pid, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=5)
    return len(gone) + len(alive)


def send(pid: int, signum: signal.Signals) -> bool:
    """Send a signal to one process; False when it no longer exists."""
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return True


def send_group(pgid: int, signum: signal.Signals) -> bool:
    """Send a signal to a process group; False when it no longer exists."""
    try:
        os.killpg(pgid, signum)
    except ProcessLookupError:
        return False
    return True


def wait_until(ready: Callable[[], bool], timeout_s: float, every_s: float = 0.05) -> bool:
    """Poll ``ready`` until it is true; False when ``timeout_s`` seconds passed first."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(every_s)
    return ready()
