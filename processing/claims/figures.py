"""Conflicting figures within a story: typed figures with role and scope, compared only where both are equal. Precision first.

A figure has a closed role (`roles.ROLES`) or counts what the words around it say. Two figures of different sources are *agree* where the values that their
qualifiers allow overlap ("gần 20", "ít nhất 3", a range, a rounded number), *scope differs* where place, day, hour, period, numbered part or denominator differ,
*updated* where the later text says more of something that grows or says that the figure moved, else *conflict*. A value that the other text states too,
of whatever thing of this unit, is no conflict: one of the two is a part of the other.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

from processing.claims import roles, scope
from processing.claims.numbers import COUNTED, Quantity, dates, fold_keep, quantities
from processing.claims.roles import ROLES, Counted, alike
from processing.claims.scope import Scope
from processing.text import clean, sentences
from processing.zone import LOCAL

_CLAUSE = re.compile(r"\s?[;,:]\s|\s(?:va|con|nhung|trong khi)\s|[()]")
_CLAUSE_MARKED = re.compile(r"\s?[;,:]\s|\s(?:và|còn|nhưng|trong khi)\s|[()]")  # "còn" is told from "con"
_ROSE = re.compile(r"\b(?:tang len|tang tu|tang them|nang (?:tong )?(?:so|len)|len toi|len den|da len)\b|\blen (?=\d)")
_FELL = re.compile(r"\b(?:chi con|giam con|giam xuong|con lai)\b|\bcon (?=\d)")
_MOVED = re.compile(
    r"\b(?:den nay|nay da|hien da|hien co|nay co|tinh den|dieu chinh|den (?:sang|trua|chieu|toi|\d+ gio)|sau (?:mot|hai|ba|\d+) (?:gio|ngay|tuan|thang)|sang ngay)\b"
)
# "tính đến 24/8": the day up to which it was counted
_AS_OF = re.compile(r"\b(?:(?:tinh|cap nhat|thong ke) (?:den|toi)|den)(?: het)?(?: (?:ngay|sang|trua|chieu|toi|dem))? (\d{1,2})/(\d{1,2})\b")
MAX_CHARS, MAX_SENTENCE = 100_000, 2_000  # read of a text and of a sentence; a longer "sentence" is a list or a table
MAX_RATIO = 20.0  # farther apart than this, two figures hardly count the same thing
AS_OF = timedelta(days=3)  # farther apart in time, an open figure is of another state of things
MANY = 60  # figures of one unit of a text that are looked at for sums
TABLE, MANY_AMOUNTS = 10, 6  # more open figures of one unit in a text than this: tables, scores and price lists, where neighbours are not told apart
SHOWN = {"nguoi": "người", "ca": "ca", "ho": "hộ", "nha": "nhà", "dong": "đồng", "usd": "USD", "eur": "EUR", "m": "m", "m2": "m²", "m3": "m³", "kg": "kg", "litre": "lít",
          "richter": "độ Richter", "ngay": "ngày", "tuan": "tuần", "thang": "tháng", "nam": "năm", "gio": "giờ", "phut": "phút", "lan": "lần", "giuong": "giường"}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One typed figure in base units. `role` is closed or ''; `counted` says what an open one counts, None for a mere part; `at` is the document's publication in UTC, or None; `as_of` the
    day and month up to which the text says it was counted."""

    role: str
    counted: Counted | None
    unit: str
    value: float
    low: float
    high: float
    scope: Scope
    document: str
    source: str
    at: datetime | None
    sentence: str
    label: str
    as_of: tuple[int, int] | None = None

    @property
    def grows(self) -> bool:
        """Does what it counts only grow while an event goes on?"""
        return ROLES[self.role][2] if self.role else self.unit in COUNTED


def _bounds(q: Quantity) -> tuple[float, float]:
    """The values a figure allows: "gần 20" 17 to 20, "ít nhất 3" 3 and up to twice it, "hơn 20" 20 to 25, "khoảng 20" 18 to 22."""
    spread = {"about": (0.9, 1.1), "under": (0.85, 1.0), "over": (1.0, 1.25), "at_least": (1.0, 2.0), "at_most": (0.5, 1.0), "": (1.0, 1.0)}
    low, high = spread[q.qualifier]
    return q.value * low, max(q.high, q.value) * high


def typed(text: str, document: str = "", source: str = "", at: datetime | None = None) -> list[Figure]:
    """Typed figures of one NFC text."""
    out: list[Figure] = []
    parts = [s[:MAX_SENTENCE] for s in sentences(text[:MAX_CHARS])]
    near: frozenset[str] = frozenset()  # places named last
    day = at.astimezone(LOCAL).date() if at else None
    for sentence in parts:
        folded = fold_keep(sentence)
        moments = dates(folded)
        found = quantities(folded, moments, sentence)
        named = scope.places(sentence) if found or "xã" in sentence or "huyện" in sentence or "phường" in sentence else frozenset()
        if found:
            out += _sentence(sentence, folded, moments, found, near, day, (document, source, at))
        near = named or near
    return out


def _sentence(
    sentence: str, folded: str, moments: list[Any], found: list[Quantity], near: frozenset[str], day: date | None, origin: tuple[str, str, datetime | None]
) -> list[Figure]:
    found = [roles.time_of_day(folded, q) for q in found]
    clocks = [q for q in found if q.unit == "clock"]
    here = scope.scope(sentence, folded, moments, clocks, near, day)
    usable = [q for q in (roles.usual(folded, q) for q in found) if q.unit != "clock" and not roles.rate_of_one(folded, q)]
    out = []
    for start, end in _clauses(sentence, folded):
        clause = folded[start:end]
        inside = [q for q in usable if start <= q.start < end]
        if roles.PART.search(clause) or (start and roles.PART.search(folded[:start][-40:])):
            # a part of something: compared with nothing, but known as stated
            told = [(q, roles.counted(folded, (start, end), q)) for q in inside]
            out += [replace(_figure("", what, q, here, origin, sentence, ""), counted=None) for q, what in told if q.unit or what]
            continue
        each = bool(roles.EACH.search(clause))
        closed = [] if each else roles.assign(clause, start, inside)
        taken = {q.start for _, q in closed}
        for role, q in closed:
            out.append(_figure(role, None, q, here, origin, sentence, role))
        for q in inside:
            what = roles.counted(folded, (start, end), q) if q.start not in taken else None
            if what is not None:
                label = sentence[max(start, q.start - 25) : min(end, q.end + 25)].strip(" ,.;:()")
                rated = Scope(**{**here.__dict__, "per": scope.per(clause)})
                out.append(_figure("", what, q, rated, origin, sentence, label))
    counted = _AS_OF.search(folded)
    return [replace(f, as_of=(int(counted[1]), int(counted[2]))) for f in out] if counted else out


def _figure(
    role: str, what: Counted | None, q: Quantity, here: Scope, origin: tuple[str, str, datetime | None], sentence: str, label: str
) -> Figure:
    low, high = _bounds(q)
    unit = (q.unit or "nguoi") if role else (q.unit or (what.noun if what else ""))
    return Figure(role, what, unit, q.value, low, high, here, *origin, sentence, label)


def _clauses(sentence: str, folded: str) -> list[tuple[int, int]]:
    found = _CLAUSE.finditer(folded) if sentence.isascii() else _CLAUSE_MARKED.finditer(sentence.lower())
    cuts = [0, *(m.end() for m in found), len(folded)]
    return list(pairwise(cuts))


def rounds(a: float, b: float) -> bool:
    """Is one of two numbers the other one rounded? 600 and 598, 1,5 million and 1,52 million; counts below a hundred are exact."""
    big, small = max(a, b), min(a, b)
    if big < 100 or big - small > 0.05 * big:
        return False
    return any(round(x / step) * step == y and y % (step * 10 if x == y else step) == 0 for x, y in ((a, b), (b, a)) for step in _steps(y))


def _steps(value: float) -> list[float]:
    """Powers of ten from ten up that divide `value`, as far as a twentieth of it."""
    out, step = [], 10.0
    while step <= value / 5 and value % step == 0:
        out.append(step)
        step *= 10
    return out


def classify(a: Figure, b: Figure) -> str:
    """agree, updated, scope differs or conflict, for two figures of one role and unit, or of open roles that are alike."""
    if a.role != b.role or a.unit != b.unit or a.source == b.source != "":
        return "scope differs"
    if scope.differ(a.scope, b.scope):
        return "scope differs"
    if (a.low <= b.high and b.low <= a.high) or rounds(a.value, b.value):
        return "agree"
    first, later = sorted((a, b), key=lambda f: f.at or datetime.min.replace(tzinfo=UTC))
    same_day = first.as_of is not None and first.as_of == later.as_of  # counted up to one day: a later text has no later count
    if first.at and later.at and first.at < later.at and not same_day:
        if (first.grows and later.high >= first.low) or (first.role in ("missing", "trapped") and later.low <= first.high):
            return "updated"
        if _says_moved(first, later) or (not first.role and later.at - first.at >= AS_OF):
            return "updated"
    if max(a.low, b.low) > MAX_RATIO * max(min(a.low, b.low), 1e-9):
        return "scope differs"
    return "conflict"


def _says_moved(first: Figure, later: Figure) -> bool:
    """Does the later text say that the figure moved the way it did?"""
    folded = fold_keep(later.sentence)
    way = _ROSE if later.value > first.value else _FELL
    return bool(way.search(folded) or _MOVED.search(folded))


def conflicts(docs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Contract of `langnghe figures`: documents {"id","story","published_at"?,"source"?,"text"} → one finding per conflicting quantity of a story.

    {"story","quantity","values":[{"value","unit","documents":[…]}],"class":"conflict"}; values in base units (đồng, metre, m², person).
    """
    stories: dict[Any, dict[str, list[Figure]]] = defaultdict(dict)
    given: dict[str, Any] = {}
    for doc in docs:
        name = str(doc["id"])
        given.setdefault(name, doc["id"])
        stories[doc["story"]].setdefault(name, []).extend(typed(clean(str(doc["text"])), name, str(doc.get("source") or name), _instant(doc.get("published_at"))))
    return [_finding(story, group, given) for story, documents in stories.items() for group in _groups(documents)]


def _groups(documents: dict[str, list[Figure]]) -> list[list[Figure]]:
    """Sets of figures that conflict with each other, in the order of the documents."""
    telling = {name: _headline(figures) for name, figures in documents.items()}
    home: dict[int, list[Figure]] = {}
    for x, y in combinations(documents, 2):
        for a, b in _comparable(telling[x], telling[y]):
            if _clash(a, b, documents[x], documents[y]):
                left, right = home.setdefault(id(a), [a]), home.setdefault(id(b), [b])
                if left is not right:
                    left += right
                    home.update((id(f), left) for f in right)
    return list({id(group): group for group in home.values()}.values())


def _clash(a: Figure, b: Figure, mine: list[Figure], theirs: list[Figure]) -> bool:
    if classify(a, b) != "conflict":
        return False
    return not _stated(a, theirs) and not _stated(b, mine)


def _stated(f: Figure, others: list[Figure]) -> bool:
    """Does the other text hold this value, too, as one figure or as the sum of its figures of this unit?"""
    same = [o for o in others if o.unit == f.unit][:MANY]
    sums = [a.value + b.value for i, a in enumerate(same) for b in same[:i]] + [sum(o.value for o in same)]
    return any(f.low <= o.high and o.low <= f.high for o in same) or any(f.low <= total <= f.high for total in sums)


def _comparable(mine: list[Figure], theirs: list[Figure]) -> list[tuple[Figure, Figure]]:
    """Pairs of one closed role and unit, and each other's nearest open figures."""
    out = [(a, b) for a in mine for b in theirs if a.role and a.role == b.role and a.unit == b.unit]
    left, right = _by_noun(mine), _by_noun(theirs)
    for noun in sorted(left.keys() & right.keys()):
        alone = len(left[noun]) == len(right[noun]) == 1
        scores = {(i, j): alike(a.counted, b.counted, alone) for i, a in enumerate(left[noun]) for j, b in enumerate(right[noun]) if a.counted and b.counted}
        for (i, j), score in scores.items():
            if score and score == max(s for (x, y), s in scores.items() if x == i or y == j):
                out.append((left[noun][i], right[noun][j]))
    return out


def _by_noun(figures: list[Figure]) -> dict[str, list[Figure]]:
    out: dict[str, list[Figure]] = defaultdict(list)
    for f in figures:
        if f.counted:
            out[f.counted.noun].append(f)
    return out


def _finding(story: Any, group: list[Figure], given: dict[str, Any]) -> dict[str, Any]:
    values: dict[float, list[Any]] = defaultdict(list)
    for f in group:
        if given[f.document] not in values[f.value]:
            values[f.value].append(given[f.document])
    unit = SHOWN.get(group[0].unit, group[0].unit)
    rows = [{"value": v, "unit": unit, "documents": d} for v, d in sorted(values.items())]
    return {"story": story, "quantity": group[0].role or group[0].label, "values": rows, "class": "conflict"}


def _instant(published_at: Any) -> datetime | None:
    """A publication time in UTC, a time without offset taken as Viet Nam's; None where it is none."""
    try:
        moment = datetime.fromisoformat(str(published_at or ""))
        return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _headline(figures: list[Figure]) -> list[Figure]:
    """A document that states a role more than once means the largest as the total; a smaller one is a part of it. Tables are left out."""
    best: dict[tuple[Any, ...], Figure] = {}
    out = []
    many: Counter[str] = Counter()
    for f in figures:
        many[f.unit] += f.counted is not None
    for f in figures:
        if not f.role:
            if f.counted and many[f.unit] <= (MANY_AMOUNTS if f.unit in roles.AMOUNTS else TABLE):
                out.append(f)
            continue
        key = (f.role, f.unit, f.scope)
        if key not in best or f.high > best[key].high:
            best[key] = f
    return [*best.values(), *out]
