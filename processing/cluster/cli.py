"""The Unix-filter form: documents in stream order in, {"id", "story"} out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from processing.cluster.core import Clusterer
from processing.filters import jsonl_filter, read_all, write

_REQUIRED = ("id", "published_at")


def cluster_lines(lines: Iterable[str], out: TextIO, state: Path | None, final: bool) -> int:
    """Answer each line before the next is read; with `final` all at the end, after later merges. Returns the exit status.

    `state` is taken up where it exists and left behind at the end. Raises LangNgheError when it is not a state.
    """
    clusterer = Clusterer()
    if state is not None and state.exists():
        clusterer.load(state)

    def one(record: dict[str, Any]) -> dict[str, Any]:
        return {"id": record["id"], "story": clusterer.assign(record)}

    status = _at_end(clusterer, lines, out) if final else jsonl_filter(one, lines, out, _REQUIRED)
    if state is not None:
        clusterer.dump(state)
    return status


def _at_end(clusterer: Clusterer, lines: Iterable[str], out: TextIO) -> int:
    answers: list[tuple[Any, str | None]] = []
    for record in read_all(lines, _REQUIRED):
        if isinstance(record, tuple):
            answers.append(record)
            continue
        try:
            clusterer.assign(record)
            answers.append((record["id"], None))
        except (ValueError, KeyError, TypeError) as error:
            answers.append((record.get("id"), str(error)))
    stories = clusterer.final()
    for identity, problem in answers:
        write({"id": identity, "story": stories[str(identity)]} if problem is None else {"id": identity, "error": problem}, out)
    return int(any(problem is not None for _, problem in answers))
