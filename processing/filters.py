"""The Unix-filter form of every analytic core: JSON Lines in, JSON Lines out, order kept, errors on their own line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from processing.errors import LangNgheError, Outcome
from processing.text import clean

Record = dict[str, Any]


def _clean_values(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean_values(v) for v in value]
    if isinstance(value, dict):
        return {k: _clean_values(v) for k, v in value.items()}
    return value


def parse_line(line: str, number: int, required: tuple[str, ...], as_given: bool = False) -> Record:
    """One input line as a record with NFC text, or with text `as_given`. Raises ValueError naming the line and the field."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {number}: not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(record, dict):
        raise ValueError(f"line {number}: expected a JSON object, got {type(record).__name__}")
    for field in required:
        if field not in record:
            raise ValueError(f"line {number}: field {field!r} is missing")
        if field != "id" and not isinstance(record[field], str):
            raise ValueError(f"line {number}: field {field!r} must be text, got {type(record[field]).__name__}")
    cleaned: Record = record if as_given else _clean_values(record)
    return cleaned


def write(record: Record, out: TextIO) -> None:
    out.write(json.dumps(record, ensure_ascii=False) + "\n")


def jsonl_filter(
    fn: Callable[[Record], Record], lines: Iterable[str], out: TextIO, required: tuple[str, ...] = ("id", "text"), as_given: bool = False
) -> int:
    """Apply `fn` to each line; a line that fails becomes {"id", "error"}. Returns the exit status: 0, or 1 if any line failed.

    `as_given`: text is not cleaned first, for a filter whose answer holds offsets into it.
    """
    status = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identity: Any = None
        try:
            record = parse_line(line, number, required, as_given)
            identity = record.get("id")
            write(fn(record), out)
        except (ValueError, KeyError, TypeError, LangNgheError, Outcome) as error:
            write({"id": identity if identity is not None else _identity(line), "error": str(error)}, out)
            status = 1
    return status


def _identity(line: str) -> Any:
    """The id of a line that could not be used, where it has one."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        return None
    return record.get("id") if isinstance(record, dict) else None


def read_all(lines: Iterable[str], required: tuple[str, ...]) -> Iterator[Record | tuple[Any, str]]:
    """Records of `lines`; an unusable line comes as (id, error)."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield parse_line(line, number, required)
            except ValueError as error:
                yield _identity(line), str(error)
