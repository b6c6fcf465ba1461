"""`langnghe extract`: files in, one JSON line a file out."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from processing.errors import LangNgheError, Outcome
from processing.extract.core import extract
from processing.filters import write


def extract_files(files: Iterable[str], url: str | None, out: TextIO) -> int:
    """Write the article of each file (`-` is standard input), in order; a file that fails becomes {"id", "error"}. Returns the exit status.

    Raises LangNgheError when `url` is given for several files.
    """
    paths = list(files)
    if url is not None and len(paths) > 1:
        raise LangNgheError("--url names one page, but several files were given", "give one file, or leave --url out")
    status = 0
    for path in paths:
        try:
            data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
            write(dict(extract(data, url).as_record()), out)
        except (Outcome, OSError, ValueError, RecursionError, MemoryError) as error:
            write({"id": path, "error": str(error) or type(error).__name__}, out)
            status = 1
    return status
