"""The Unix-filter form: documents in stream order in, {"id", "story"} out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from processing.cluster.core import Clusterer
from processing.errors import LangNgheError
from processing.filters import explain, jsonl_filter, read_all, write

_REQUIRED = ("id", "published_at")
_OPTIONAL = ("title", "text", "lang")


def cluster_lines(lines: Iterable[str], out: TextIO, state: Path | None, final: bool) -> int:
    """Answer each line before the next is read; with `final` all at the end, after later merges. Returns the exit status.

    `state` is taken up where it exists and is not empty, and left behind at the end. Raises LangNgheError when it is not a state or cannot be written, which
    is found out before the first line is read.
    """
    clusterer = Clusterer()
    if state is not None:
        if state.is_dir():
            raise LangNgheError(f"{state} is a folder", "name a file in it")
        if state.exists() and state.stat().st_size:
            clusterer.load(state)
        if not os.access(state.parent, os.W_OK):
            raise LangNgheError(f"{state.parent} cannot be written: no state could be left there", "name a file in a folder of your own")

    def one(record: dict[str, Any]) -> dict[str, Any]:
        return {"id": record["id"], "story": clusterer.assign(record)}

    status = _at_end(clusterer, lines, out) if final else jsonl_filter(one, lines, out, _REQUIRED, optional=_OPTIONAL)
    if state is not None:
        clusterer.dump(state)
    return status


def _at_end(clusterer: Clusterer, lines: Iterable[str], out: TextIO) -> int:
    answers: list[tuple[Any, str | None]] = []
    for record in read_all(lines, _REQUIRED, _OPTIONAL):
        if isinstance(record, tuple):
            answers.append(record)
            continue
        try:
            clusterer.assign(record)
            answers.append((record["id"], None))
        except Exception as error:  # as in jsonl_filter: one document does not take the others with it
            answers.append((record["id"], explain(error)))
    stories = clusterer.final()
    for identity, problem in answers:
        write({"id": identity, "story": stories[str(identity)]} if problem is None else {"id": identity, "error": problem}, out)
    return int(any(problem is not None for _, problem in answers))
