"""Extraction in a child process with hard limits: 5 s and 512 MB a page, so that a hostile page costs one quarantine row and nothing else.

The child (`python -m processing.extract.worker`) stays alive between pages. Messages both ways are a 4-byte length and JSON; a request's JSON is
followed by the page's bytes. The child reads nothing but its standard input and opens no connection.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Any

from processing.errors import Outcome, Quarantine, fault
from processing.extract.model import Extracted, FeedEntry
from processing.extract.pdf import PdfText

SECONDS = 5.0
MEGABYTES = 512
_START_S = 60.0
_PAGES_PER_CHILD = 2000


class Worker:
    """One limited child. Not for use by several threads."""

    def __init__(self, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        self._seconds = seconds
        self._megabytes = megabytes
        self._child: subprocess.Popen[bytes] | None = None
        self._pages = 0

    def extract(
        self, body: bytes, url: str | None, *, content_type: str | None = None, entry: FeedEntry | None = None, now: datetime | None = None
    ) -> Extracted:
        """As `core.extract`; an entry with full text and no page as `core.extract_entry`. Raises Quarantine, also where a limit was hit."""
        request = {
            "url": url,
            "content_type": content_type,
            "entry": asdict(entry) if entry else None,
            "now": now.isoformat() if now else None,
        }
        head = json.dumps(request).encode()
        reply = self._ask(struct.pack(">II", len(head), len(body)) + head + body)
        if "quarantine" in reply:
            raise Quarantine(reply["quarantine"])
        return Extracted(**reply["extracted"])

    def extract_pdf(self, body: bytes) -> PdfText:
        """As `pdf.read`. Raises Quarantine, also where a limit was hit."""
        head = json.dumps({"pdf": True}).encode()
        reply = self._ask(struct.pack(">II", len(head), len(body)) + head + body)
        if "quarantine" in reply:
            raise Quarantine(reply["quarantine"])
        return PdfText(**reply["pdf"])

    def close(self) -> None:
        """End the child. The next page starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._pages >= _PAGES_PER_CHILD:
            self.close()
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        self._pages = 0
        # no inherited environment but what Python needs: the child has no business with keys or addresses
        kept = {
            k: v
            for k, v in os.environ.items()
            if k in ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR", "SYSTEMROOT")
        }
        self._child = subprocess.Popen(
            [sys.executable, "-m", "processing.extract.worker", str(self._megabytes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**kept, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"},
            cwd=Path(__file__).resolve().parents[2],
        )  # fmt: skip
        if self._read(self._child, _START_S) is None:
            self.close()
            raise Quarantine("the extraction worker did not start")
        return self._child

    def _ask(self, message: bytes) -> dict[str, Any]:
        child = self._start()
        self._pages += 1
        assert child.stdin is not None
        try:
            child.stdin.write(message)
            child.stdin.flush()
            reply = self._read(child, self._seconds)
        except (BrokenPipeError, OSError):
            reply = None
        if reply is None:
            died = child.poll()
            self.close()
            if died is None:
                raise Quarantine(f"extraction took more than {self._seconds:g} s; the page is hostile or far too large")
            raise Quarantine(
                f"extraction ended the worker process (status {died}); the page is hostile or needs more than {self._megabytes} MB"
            )
        return reply

    @staticmethod
    def _read(child: subprocess.Popen[bytes], seconds: float) -> dict[str, Any] | None:
        """The next message, or None where it does not come in time or the child ends."""
        assert child.stdout is not None
        handle = child.stdout.fileno()
        deadline = time.monotonic() + seconds
        data = bytearray()
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([handle], [], [], left)[0]:
                return None
            chunk = os.read(handle, 1 << 16)
            if not chunk:
                child.wait(timeout=5)
                return None
            data += chunk
            if len(data) >= 4 and len(data) >= 4 + struct.unpack(">I", data[:4])[0]:
                reply: dict[str, Any] = json.loads(data[4:])
                return reply


@cache
def shared() -> Worker:
    """The process's one worker, started at first use and ended with the process."""
    worker = Worker()
    atexit.register(worker.close)
    return worker


def _limit(megabytes: int) -> None:
    import resource

    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _reply(out: IO[bytes], message: dict[str, Any]) -> None:
    data = json.dumps(message).encode("utf-8", "surrogatepass")
    out.write(struct.pack(">I", len(data)) + data)
    out.flush()


def _handle(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    from processing.extract import core, pdf

    if request.get("pdf"):
        return _answer(lambda: {"pdf": asdict(pdf.read(body))})
    entry = FeedEntry(**request["entry"]) if request["entry"] else None
    now = datetime.fromisoformat(request["now"]) if request["now"] else None

    def found() -> dict[str, Any]:
        if entry is not None and entry.content and not body:
            return {"extracted": asdict(core.extract_entry(entry, now=now))}
        return {"extracted": asdict(core.extract(body, request["url"], content_type=request["content_type"], entry=entry, now=now))}

    return _answer(found)


def _answer(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return work()
    except Outcome as outcome:
        return {"quarantine": outcome.reason}
    except MemoryError:
        return {"quarantine": "extraction needs more memory than a page may have"}
    except Exception as error:
        return {"quarantine": f"extraction failed on this page: {fault(error)}"}


def main() -> None:
    """Answer requests until standard input ends."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    # what every page needs is loaded before the clock runs
    from processing.extract import core, general  # noqa: F401

    general.warm()
    _limit(int(sys.argv[1]))
    _reply(out, {"ready": True})
    while len(head := source.read(8)) == 8:
        sizes = struct.unpack(">II", head)
        request = json.loads(source.read(sizes[0]))
        _reply(out, _handle(request, source.read(sizes[1])))


if __name__ == "__main__":
    main()
