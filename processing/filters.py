"""The Unix-filter form of every analytic core: JSON Lines in, JSON Lines out, order kept, errors on their own line.

Nothing in a line stops the lines after it: what is no UTF-8, no JSON, nested without end or more than the core can read becomes an error
line. `cli.main` opens standard input so that a byte that is no UTF-8 arrives here as a lone surrogate.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TextIO

from processing.errors import LangNgheError, Outcome
from processing.text import clean

Record = dict[str, Any]

NAMES = ("id", "story")
"""Fields that name something: text or a number, echoed as given so that answers can be joined with what was asked."""

_BAD_BYTE = re.compile("[\udc80-\udcff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _no_number(value: str) -> NoReturn:
    raise ValueError(f"{value} is not a JSON number")


def _finite(value: str) -> float:
    number = float(value)
    return number if math.isfinite(number) else _no_number(value)


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_no_number)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(v, change) for v in value]
    if isinstance(value, dict):
        return {k: _each_text(v, change) for k, v in value.items()}
    return value


def _load(line: str) -> Any:
    """Value of a JSON line. Raises ValueError. A lone surrogate, which no UTF-8 output can hold, becomes U+FFFD; lengths stay."""
    value = _DECODER.decode(line.strip("\ufeff \t\r\n"))
    return _each_text(value, lambda text: _SURROGATE.sub("\ufffd", text)) if _ESCAPED_SURROGATE.search(line) else value


def parse_line(line: str, number: int, required: tuple[str, ...], as_given: bool = False, optional: tuple[str, ...] = ()) -> Record:
    """One input line as a record with NFC text, or with text `as_given`. Raises ValueError naming the line and the field.

    `required` fields are text, but for NAMES, which may be numbers too; `optional` ones are text where they are there and not null.
    """
    if _BAD_BYTE.search(line):
        raise ValueError(f"line {number}: not UTF-8")
    try:
        record = _load(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {number}: not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"line {number}: nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"line {number}: not JSON: {error}") from None
    if not isinstance(record, dict):
        raise ValueError(f"line {number}: expected a JSON object, got {type(record).__name__}")
    for field in required:
        if field not in record:
            raise ValueError(f"line {number}: field {field!r} is missing")
        if field in NAMES and isinstance(record[field], int | float) and not isinstance(record[field], bool):
            continue
        if not isinstance(record[field], str):
            kinds = "text or a number" if field in NAMES else "text"
            raise ValueError(f"line {number}: field {field!r} must be {kinds}, got {type(record[field]).__name__}")
    for field in optional:
        if not isinstance(record.get(field), str | None):
            raise ValueError(f"line {number}: field {field!r} must be text, got {type(record[field]).__name__}")
    if as_given:
        return record
    cleaned: Record = _each_text(record, clean)
    return cleaned | {name: record[name] for name in NAMES if name in record}


def write(record: Record, out: TextIO) -> None:
    out.write(json.dumps(record, ensure_ascii=False) + "\n")


def jsonl_filter(
    fn: Callable[[Record], Record],
    lines: Iterable[str],
    out: TextIO,
    required: tuple[str, ...] = ("id", "text"),
    as_given: bool = False,
    optional: tuple[str, ...] = (),
) -> int:
    """Apply `fn` to each line; a line that fails becomes {"id", "error"}. Returns the exit status: 0, or 1 if any line failed.

    `as_given`: text is not cleaned first, for a filter whose answer holds offsets into it. Fields as in `parse_line`.
    """
    status = 0
    for number, line in _numbered(lines):
        try:
            answer = fn(parse_line(line, number, required, as_given, optional))
        except Exception as error:  # whatever one line does to a core, the lines after it are still answered
            answer, status = {"id": _identity(line), "error": explain(error)}, 1
        write(answer, out)
    return status


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Lines that hold something, with their number from 1."""
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip("\ufeff \t\r\n"))


def explain(error: Exception) -> str:
    """An error in words: its own where it was raised to be read, else with its kind."""
    return str(error) if isinstance(error, ValueError | LangNgheError | Outcome) and str(error) else f"{type(error).__name__}: {error}"


def _identity(line: str) -> Any:
    """The id of a line that could not be used, where it has one that can be written."""
    try:
        record = _load(line)
    except (ValueError, RecursionError):
        return None
    found = record.get("id") if isinstance(record, dict) else None
    if isinstance(found, str):
        return _SURROGATE.sub("\ufffd", found)
    return found if isinstance(found, int | float) else None


def read_all(lines: Iterable[str], required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[Record | tuple[Any, str]]:
    """Records of `lines`; an unusable line comes as (id, error)."""
    for number, line in _numbered(lines):
        try:
            yield parse_line(line, number, required, optional=optional)
        except (ValueError, RecursionError) as error:
            yield _identity(line), explain(error)
