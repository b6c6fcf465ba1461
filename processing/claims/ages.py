"""Is a published check older than the event that a claim tells of? Then it cannot have looked at it, however alike the words are."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple

from processing.claims.differences import same_moment
from processing.claims.numbers import Moment, dates, fold_keep
from processing.zone import LOCAL

_RELATIVE = {"hom qua": -1, "hom kia": -2, "sang qua": -1, "trua qua": -1, "chieu qua": -1, "toi qua": -1, "dem qua": -1, "hom nay": 0, "sang nay": 0,
             "trua nay": 0, "chieu nay": 0, "toi nay": 0, "dem nay": 0, "ngay mai": 1, "ngay kia": 2}  # fmt: skip
_SAID = re.compile(r"^date: the check \(([\d/]+)\) is older than the event \(([\d/]+)\)$")


class Check(NamedTuple):
    """The claim that was checked, and when the check was published (UTC)."""

    claim: str
    published_at: datetime


def event_day(moment: Moment, published: date) -> date | None:
    """The local day a date of a sentence means, the year taken so that it lies nearest to the publication; None where no day is stated."""
    if moment.rel:
        shift = _RELATIVE.get(moment.rel)
        return None if shift is None else published + timedelta(days=shift)
    if moment.day is None or moment.month is None:
        return None
    years = [moment.year] if moment.year else [published.year - 1, published.year, published.year + 1]
    found = []
    for year in years:
        try:
            found.append(date(year, moment.month, moment.day))
        except ValueError:
            continue  # 29 February of another year
    return min(found, key=lambda day: abs(day - published), default=None)


def older_than_event(sentence: str, published_at: datetime, check: Check) -> str:
    """The difference in words where every day that `sentence` (published at `published_at`) names lies after the check's publication, and the check
    does not name that day as well (an announced act may be checked before its day); else ''."""
    told = [m for m in dates(fold_keep(sentence)) if m.rel in _RELATIVE or m.day]
    days = [(m, d) for m in told for d in [event_day(m, published_at.astimezone(LOCAL).date())] if d is not None]
    checked = check.published_at.astimezone(LOCAL).date()
    stated = [m for m in dates(fold_keep(check.claim)) if m.day]
    if not days or any(d <= checked for _, d in days) or any(same_moment(m, s) for m, _ in days for s in stated):
        return ""
    return f"date: the check ({checked:%d/%m/%Y}) is older than the event ({min(d for _, d in days):%d/%m/%Y})"


def days_of(difference: str) -> tuple[str, str] | None:
    """The days of the check and of the event, as written, in what `older_than_event` said; None of any other difference."""
    found = _SAID.match(difference)
    return (found[1], found[2]) if found else None
