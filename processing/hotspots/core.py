"""The hot-spot detector as a Unix filter: counts in, what was expected and how surprising it is out.

    series,date,count[,coverage]  →  series,date,count,expected,upper,p_value,score,alarm

One output row per usable input row, in input order. A row is judged from its own past and itself only; rows of one series may come in any
order and mixed with others. A day without a row counts 0, unless the table has a coverage column: then a day without a row was not observed.
`score` is -log10 of the probability that nothing but the usual is going on, unclipped and comparable across series; `alarm` is 1 on
the day an episode opens and 0 otherwise. The method is described in processing/hotspots/model.py.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import math
import re
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

import numpy as np

from processing.errors import LangNgheError
from processing.hotspots.episodes import episodes, threshold
from processing.hotspots.model import judge
from processing.hotspots.options import PERIODS, Detection, Period
from processing.text import clean

COLUMNS = ["series", "date", "count", "expected", "upper", "p_value", "score", "alarm"]
_MOST = 10**12  # a count; beyond it the arithmetic of the model overflows
_BAD_BYTE = re.compile("[\udc80-\udcff]")  # how cli.main lets in what is no UTF-8
_LONGEST = 20_000  # periods from the first to the last row of a table: 54 years of days
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", re.ASCII)  # float() reads 1_000 and the digits of other scripts, too


@dataclass(frozen=True)
class Row:
    """One usable input row. `slot` counts periods from a fixed origin; a day's slot modulo 7 is its weekday, Monday 0."""

    line: int
    series: str
    date: str
    slot: int
    count: float
    coverage: float


def slot_of(date: str, period: Period) -> int:
    """Number of the period a date (YYYY-MM-DD, or YYYY-MM-DDTHH:MM for hours) falls in. Raises ValueError."""
    if period == "hour":
        moment = dt.datetime.fromisoformat(date)
        return (moment.date().toordinal() - 1) * 24 + moment.hour
    day = dt.date.fromisoformat(date[:10]) if len(date) > 10 and date[10] in "T " else dt.date.fromisoformat(date)
    ordinal = day.toordinal() - 1  # 0001-01-01 was a Monday
    return ordinal // 7 if period == "week" else ordinal


def _parse(line: int, record: dict[str, str | None], period: Period) -> Row:
    """Raises ValueError in words that name the line and the value."""
    if any(_BAD_BYTE.search(value) for value in record.values() if isinstance(value, str)):
        raise ValueError(f"line {line}: not UTF-8")
    name = clean((record["series"] or "").strip())
    if not name:
        raise ValueError(f"line {line}: series is empty")
    date = (record["date"] or "").strip()
    try:
        slot = slot_of(date, period)
    except ValueError:
        raise ValueError(f"line {line}: date {date!r} is not a date like 2026-01-31") from None
    numbers = {}
    for field in ("count", "coverage"):
        text = (record.get(field) or "").strip()
        if not text and field == "coverage":
            numbers[field] = 1.0
            continue
        if not text:
            raise ValueError(f"line {line}: count is missing; leave the whole row out where nothing was observed")
        numbers[field] = float(text) + 0.0 if _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(numbers[field]):
            raise ValueError(f"line {line}: {field} {text!r} is not a number")
    if numbers["count"] < 0 or numbers["count"] != int(numbers["count"]):
        raise ValueError(f"line {line}: count {record['count']} must be a whole number, 0 or more")
    if numbers["count"] > _MOST:
        raise ValueError(f"line {line}: count {record['count']} is more than {_MOST}")
    if not 0 <= numbers["coverage"] <= 1:
        raise ValueError(f"line {line}: coverage {record['coverage']} must lie between 0 and 1")
    return Row(line, name, date, slot, numbers["count"], numbers["coverage"])


def _unobserved(record: dict[str, str | None], line: int, period: Period) -> Row | None:
    """A refused row as a day that was not observed, where its series and date can be read: a wrong number is no zero."""
    try:
        date = (record["date"] or "").strip()
        name = clean((record["series"] or "").strip())
        return Row(line, name, date, slot_of(date, period), 0.0, 0.0) if name else None
    except ValueError:
        return None


def _records(stdin: Iterator[str], names: list[str]) -> Iterator[tuple[int, dict[str, str | None] | str]]:
    """Line number, from 2 on, and the record of each line that holds something, or what is wrong with it. A line is read by itself:
    a quotation mark that is never closed costs its own line, not all that follow."""
    for number, line in enumerate(stdin, 2):
        try:
            fields = next(csv.reader([line], strict=True), [])
        except csv.Error as error:
            yield number, f"line {number}: not CSV: {error}"
            continue
        while len(fields) > len(names) and not fields[-1].strip():
            fields.pop()
        if len(fields) > len(names):
            yield number, f"line {number}: {len(fields)} fields where line 1 names {len(names)}; a number is written 1000, not 1,000"
        elif fields:
            yield number, dict(itertools.zip_longest(names, fields))


def _header(stdin: Iterator[str]) -> list[str]:
    """Names of the columns. Raises LangNgheError when a needed one is missing: then nothing can be read."""
    try:
        names = [n.strip().lstrip("\ufeff") for n in next(csv.reader([next(stdin, "")]), [])]
    except csv.Error:
        names = []
    missing = [n for n in ("series", "date", "count") if n not in names]
    if missing:
        raise LangNgheError(f"line 1: column {', '.join(missing)} is missing", "the first line must read series,date,count or series,date,count,coverage")
    return names


def read_rows(stdin: Iterable[str], period: Period) -> tuple[list[Row], list[Row], list[str], bool]:
    """Usable rows, refused ones as days not observed, complaints, and whether the table has a coverage column. Raises LangNgheError."""
    lines = iter(stdin)
    names = _header(lines)
    rows: list[Row] = []
    refused: list[Row] = []
    errors: list[str] = []
    seen: dict[tuple[str, int], int] = {}
    for number, record in _records(lines, names):
        if isinstance(record, str):
            errors.append(record)
            continue
        try:
            row = _parse(number, record, period)
        except ValueError as error:
            errors.append(str(error))
            gap = _unobserved(record, number, period)
            refused += [gap] if gap else []
            continue
        earlier = seen.setdefault((row.series, row.slot), row.line)
        if earlier != row.line:
            errors.append(f"line {row.line}: {row.series} has a row for {row.date} already, on line {earlier}")
            continue
        rows.append(row)
    stray = _stray(rows)
    errors += [f"line {r.line}: date {r.date} lies far from all others, it is probably mistyped" for r in stray]
    gone = {r.line for r in stray}
    return [r for r in rows if r.line not in gone] if gone else rows, refused, errors, "coverage" in names


def _stray(rows: list[Row]) -> list[Row]:
    """Rows, fewer than one in ten, without which the others span no more than a table may: mistyped dates."""
    if not rows or max(r.slot for r in rows) - min(r.slot for r in rows) < _LONGEST:
        return []
    middle = statistics.median_low(r.slot for r in rows)
    far = [r for r in rows if abs(r.slot - middle) >= _LONGEST // 2]
    return far if 10 * len(far) < len(rows) else []


def detect(rows: list[Row], refused: list[Row], period: Period, options: Detection, with_coverage: bool) -> list[list[str]]:
    """Judge the rows; one list of output fields per usable row, in the rows' order. Raises LangNgheError when the dates span too many periods."""
    if not rows:
        return []
    names = {name: i for i, name in enumerate(dict.fromkeys(r.series for r in rows))}
    origin = min(r.slot for r in rows)
    span = max(r.slot for r in rows) - origin + 1
    if span > _LONGEST:
        early, late = min(rows, key=lambda r: r.slot), max(rows, key=lambda r: r.slot)
        raise LangNgheError(
            f"dates from {early.date} (line {early.line}) to {late.date} (line {late.line}) span {span} periods of a {period}",
            "one of them is probably mistyped; split longer histories",
        )
    counts = np.zeros((len(names), span))
    coverage = np.zeros((len(names), span))
    if not with_coverage:
        for row in rows:
            coverage[names[row.series], row.slot - origin] = 1.0
        coverage = np.maximum.accumulate(coverage, axis=1)  # from a series' first row on, a missing date is a zero
    for row in refused:
        if row.series in names and 0 <= row.slot - origin < span:
            coverage[names[row.series], row.slot - origin] = 0.0
    for row in rows:
        counts[names[row.series], row.slot - origin] = row.count
        coverage[names[row.series], row.slot - origin] = row.coverage
    judged = judge(counts, coverage, origin, PERIODS[period])
    p_value, upper = judged.p_value(counts), judged.upper()
    start = threshold(options, options.per_series_year)
    seen_days = (coverage > 0).cumsum(axis=1)
    allowed = judged.known & (coverage >= options.least_coverage) & (seen_days > options.warm_up_days)
    alarm = np.zeros(counts.shape, dtype=bool)
    for s in np.flatnonzero((judged.score >= start).any(axis=1)):
        for episode in episodes(judged.score[s], allowed[s], start, start * options.end_share, options.quiet_days):
            alarm[s, episode.first] = True
    out = []
    for row in rows:
        at = names[row.series], row.slot - origin
        out.append([
            row.series, row.date, f"{row.count:.0f}", f"{judged.expected[at]:.4f}", f"{upper[at]:.0f}", f"{p_value[at]:.6g}",
            f"{judged.score[at]:.6g}", str(int(alarm[at])),
        ])  # fmt: skip
    return out


def detect_csv(stdin: Iterable[str], stdout: TextIO, period: Period = "day", stderr: TextIO | None = None) -> int:
    """Filter a CSV of counts. Complaints go to `stderr` with their line; returns 1 if there were any, else 0.

    A row that is refused counts as not observed: a wrong number is no zero. Raises LangNgheError when the table as a whole is unusable.
    """
    if period not in PERIODS:
        raise LangNgheError(f"period {period!r} is unknown", f"use one of {', '.join(PERIODS)}")
    rows, refused, errors, with_coverage = read_rows(stdin, period)
    writer = csv.writer(stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(detect(rows, refused, period, Detection(), with_coverage))
    for error in errors:
        if stderr is not None:
            stderr.write(error + "\n")
    return 1 if errors else 0
