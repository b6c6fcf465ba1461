"""The process that reads lists, with limits: 5 s of processor time and 512 MB per list.

The crawler's reactor only moves bytes. A feed that is a bomb ends this process, costs that feed one failure of class `parse`, and nothing else.

Each message on stdin and stdout is a length (4 bytes, big-endian), a JSON header, a length, a body. Run as `python -m crawlers.worker`.
"""

from __future__ import annotations

import json
import os
import resource
import select
import struct
import subprocess
import sys
import threading
import time
from typing import IO, Any

from crawlers.words import Said

CPU_S = 5
WALL_S = 15
MEMORY = 512 * 1024 * 1024
_LIMIT = Said("reading it took more than %(seconds)s s of processor time or %(size)s MB", seconds=CPU_S, size=MEMORY >> 20)


class WorkerFailure(Exception):
    """The list could not be read; `failure_class` is not_a_feed, layout or parse."""

    def __init__(self, failure_class: str, reason: Said) -> None:
        super().__init__(reason)
        self.failure_class = failure_class
        self.reason = reason


def send(out: IO[bytes], header: dict[str, Any], body: bytes = b"") -> None:
    head = json.dumps(header).encode()
    out.write(struct.pack(">I", len(head)) + head + struct.pack(">I", len(body)) + body)
    out.flush()


def receive(source: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """One message, or None at the end of the stream."""
    first = source.read(4)
    if len(first) < 4:
        return None
    head = source.read(struct.unpack(">I", first)[0])
    body = source.read(struct.unpack(">I", source.read(4))[0])
    return json.loads(head), body


class Worker:
    """The crawler's end: starts the process when first needed, again after it was killed. Calls block; use it from a thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, body: bytes, **how: Any) -> dict[str, Any]:
        """Read one list; arguments and result as crawlers.feeds.read, the result as JSON values. Raises WorkerFailure."""
        with self._lock:
            process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                send(process.stdin, how, body)
                if not _ready(process.stdout, WALL_S):
                    raise WorkerFailure("parse", Said("reading it took more than %(seconds)s s", seconds=WALL_S))
                answer = receive(process.stdout)
            except (OSError, WorkerFailure) as error:
                self.close()
                raise error if isinstance(error, WorkerFailure) else WorkerFailure("parse", Said("the reader died on it")) from error
            if answer is None:
                self.close()
                raise WorkerFailure("parse", _LIMIT)
        header = answer[0]
        if "error" in header:
            raise WorkerFailure(header["class"], Said.of(header["error"]))
        return header

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "crawlers.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONHASHSEED": "0"}
            )
        return self._process

    def close(self) -> None:
        """End the process, at once."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # what was still to be written went with the process


def _ready(stream: IO[bytes], seconds: float) -> bool:
    return bool(select.select([stream], [], [], seconds)[0])


def _limit_cpu() -> None:
    spent = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + CPU_S + 1, resource.RLIM_INFINITY))


def main() -> None:
    """Read lists until stdin closes."""
    from crawlers.errors import NotAList
    from crawlers.feeds import read

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while (message := receive(sys.stdin.buffer)) is not None:
        how, body = message
        _limit_cpu()
        try:
            answer = read(body, **how).as_json()
        except NotAList as error:
            answer = {"class": "layout" if how.get("kind") in ("listing", "petitions") else "not_a_feed", "error": error.said.as_json()}
        except MemoryError:
            answer = {"class": "parse", "error": _LIMIT.as_json()}
        except Exception as error:  # a parser's own fault on a hostile list ends as this list's failure
            answer = {"class": "parse", "error": Said("%(error)s while reading it", error=type(error).__name__).as_json()}
        send(sys.stdout.buffer, answer)


if __name__ == "__main__":
    main()
