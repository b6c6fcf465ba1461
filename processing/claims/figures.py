"""Conflicting figures within a story: typed figures with role and scope, compared only where both are equal. Precision first.

Roles are a closed list (dead, injured, missing, moved, houses, …): a number whose role is not stated nearby is left alone. Scope is the smaller
places and the day named in the sentence. Of two documents, a later figure that is not lower is an *update*; ranges, "gần", "ít nhất" and
"khoảng" agree with what they allow; what is left is a *conflict*.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from processing.claims.facts import extract
from processing.claims.numbers import Quantity, dates, fold_keep, quantities
from processing.text import clean, sentences

_SMALL = re.compile(r"\b(?:xa|phuong|thi tran|huyen|quan|thi xa|thon|ban|ap|khu pho|to dan pho|thanh pho|tinh|duong|km)\s")
_PART = re.compile(r"\b(?:trong do|trong so|rieng|moi ngay|moi ho|moi nguoi|trung binh|binh quan|cung ky|nam ngoai|nam truoc|truoc do|vu truoc|du kien|"
                   r"ke hoach|toi da|nguy co|co the|ho tro|den bu|tang them|them|moi)\b")  # fmt: skip
# role → (canonical units, pattern within the clause around the figure, grows only)
ROLES: dict[str, tuple[frozenset[str], re.Pattern[str], bool]] = {
    "dead": (frozenset(("nguoi", "ca", "")), re.compile(r"\b(?:chet|tu vong|thiet mang|mat mang|thi the)\b"), True),
    "injured": (frozenset(("nguoi", "ca", "")), re.compile(r"\b(?:bi thuong|trong thuong|thuong tich|thuong nang)\b"), True),
    "missing": (frozenset(("nguoi",)), re.compile(r"\bmat tich\b"), False),
    "hospitalised": (frozenset(("nguoi", "ca")), re.compile(r"\b(?:nhap vien|cap cuu|ngo doc)\b"), True),
    "infected": (frozenset(("nguoi", "ca")), re.compile(r"\b(?:mac|nhiem|duong tinh|ca benh)\b"), True),
    "moved": (frozenset(("nguoi", "ho")), re.compile(r"\b(?:so tan|di doi|di dan)\b"), True),
    "houses": (frozenset(("nha",)), re.compile(r"\b(?:sap|toc mai|hu hong|ngap|cuon troi|bi chay|thieu rui|vui lap|hu hai)\b"), True),
    "households": (frozenset(("ho",)), re.compile(r"\b(?:mat nuoc|mat dien|co lap|bi ngap|anh huong|thieu nuoc)\b"), True),
    "area": (frozenset(("m2",)), re.compile(r"\b(?:lua|hoa mau|rung|ngo|ca phe|mia|dien tich|chay|ngap|thiet hai)\b"), True),
    "damage": (frozenset(("dong", "usd")), re.compile(r"\bthiet hai\b"), True),
    "fined": (frozenset(("dong",)), re.compile(r"\b(?:xu phat|bi phat|phat hanh chinh|phat tien)\b"), False),
    "cost": (frozenset(("dong", "usd")), re.compile(r"\b(?:tong muc dau tu|tong kinh phi|von dau tu|kinh phi|tri gia)\b"), False),
    "length": (frozenset(("m",)), re.compile(r"\b(?:sat lo|chieu dai|dai|vet nut)\b"), True),
    "magnitude": (frozenset(("richter",)), re.compile(r"\bdong dat\b"), False),
    "rescued": (frozenset(("nguoi",)), re.compile(r"\b(?:duoc cuu|cuu song|giai cuu|cuu duoc|cuu ho duoc)\b"), True),
    "arrested": (frozenset(("nguoi",)), re.compile(r"\b(?:bi bat|bat giu|tam giu)\b"), True),
}  # fmt: skip
_CLAUSE = re.compile(r"[;,]\s|\s(?:va|con|nhung|trong khi)\s|[()]")
_LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MAX_CHARS, MAX_SENTENCE = 100_000, 2_000  # read of a text and of a sentence; a longer "sentence" is a list or a table
MAX_RATIO = 20.0  # farther apart than this, two figures hardly count the same thing


@dataclass(frozen=True)
class Figure:
    """One typed figure. `scope` holds folded smaller places and days; `at` is the document's publication, sorted as text."""

    role: str
    unit: str
    low: float
    high: float
    scope: tuple[str, ...]
    document: str
    source: str
    at: str
    sentence: str

    @property
    def shown(self) -> float:
        return self.low


def _bounds(q: Quantity) -> tuple[float, float]:
    """The values a figure allows: "gần 20" 17 to 20, "ít nhất 3" 3 and up to twice it, "hơn 20" 20 to 25, "khoảng 20" 18 to 22."""
    spread = {"about": (0.9, 1.1), "under": (0.85, 1.0), "over": (1.0, 1.25), "at_least": (1.0, 2.0), "at_most": (0.5, 1.0), "": (1.0, 1.0)}
    low, high = spread[q.qualifier]
    return q.value * low, max(q.high, q.value) * high


def _clauses(folded: str) -> list[tuple[int, int]]:
    cuts = [0, *(m.end() for m in _CLAUSE.finditer(folded)), len(folded)]
    return list(pairwise(cuts))


def typed(text: str, document: str = "", source: str = "", at: str = "") -> list[Figure]:
    """Typed figures of one NFC text."""
    out = []
    for sentence in (s[:MAX_SENTENCE] for s in sentences(text[:MAX_CHARS])):
        folded = fold_keep(sentence)
        moments = dates(folded)
        found = quantities(folded, moments, sentence)
        if not found:
            continue
        scope = _scope(sentence, folded)
        for start, end in _clauses(folded):
            clause = folded[start:end]
            inside = [q for q in found if start <= q.start < end]
            if not inside or _PART.search(clause) or (start and _PART.search(folded[:start][-40:])):
                continue
            for role, q in _assign(clause, start, inside):
                low, high = _bounds(q)
                out.append(Figure(role, q.unit or "nguoi", low, high, scope, document, source, at, sentence))
    return out


def _assign(clause: str, start: int, inside: list[Quantity]) -> list[tuple[str, Quantity]]:
    """Each role's nearest figure of a fitting unit in the clause; a figure serves one role."""
    pairs = []
    for role, (units, pattern, _) in ROLES.items():
        for m in pattern.finditer(clause):
            for q in inside:
                if q.unit in units and q.value > 0:
                    gap = m.start() + start - q.end if m.start() + start >= q.end else q.start - (m.end() + start)
                    if -1 <= gap <= 40:
                        pairs.append((gap, role, q))
    taken: set[int] = set()
    roles: set[str] = set()
    out = []
    for _, role, q in sorted(pairs, key=lambda p: (p[0], p[1])):
        if q.start not in taken and role not in roles:
            taken.add(q.start)
            roles.add(role)
            out.append((role, q))
    return out


def _scope(sentence: str, folded: str) -> tuple[str, ...]:
    found = extract(sentence)
    places = {name for name, kind in found.names.items() if kind == "place"} if _SMALL.search(folded) else set()
    days = {f"{m.day}/{m.month}" for m in found.moments if m.day and m.month} | {m.rel for m in found.moments if m.rel}
    return tuple(sorted(places | days))


def classify(a: Figure, b: Figure) -> str:
    """agree, updated, scope differs or conflict, for two figures of one role."""
    if a.scope != b.scope:
        return "scope differs"
    if a.unit != b.unit or a.source == b.source != "":
        return "scope differs"
    if a.low <= b.high and b.low <= a.high:
        return "agree"
    first, later = sorted((a, b), key=lambda f: f.at)
    if first.at != later.at and ROLES[a.role][2] and later.high >= first.low:
        return "updated"
    if first.at != later.at and not ROLES[a.role][2] and a.role in ("missing",) and later.low <= first.high:
        return "updated"
    if max(a.low, b.low) > MAX_RATIO * max(min(a.low, b.low), 1e-9):
        return "scope differs"
    return "conflict"


def conflicts(docs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Contract of `langnghe figures`: documents {"id","story","published_at"?,"source"?,"text"} → one finding per conflicting quantity of a story.

    {"story","quantity","values":[{"value","unit","documents":[…]}],"scope","class":"conflict"}; values in base units (đồng, metre, m², person).
    """
    stories: dict[Any, list[Figure]] = defaultdict(list)
    given: dict[str, Any] = {}
    for doc in docs:
        given.setdefault(str(doc["id"]), doc["id"])
        mine = typed(clean(str(doc["text"])), str(doc["id"]), str(doc.get("source") or doc["id"]), _instant(doc.get("published_at")))
        stories[doc["story"]] += _headline(mine)
    out = []
    for story, figures in stories.items():
        groups: dict[tuple[str, str, tuple[str, ...]], list[Figure]] = defaultdict(list)
        for f in figures:
            groups[f.role, f.unit, f.scope].append(f)
        for (role, unit, scope), members in sorted(groups.items()):
            clash = {i for i, a in enumerate(members) for b in members if a is not b and classify(a, b) == "conflict"}
            if clash:
                values: dict[float, list[Any]] = defaultdict(list)
                for i in sorted(clash):
                    values[members[i].shown].append(given[members[i].document])
                rows = [{"value": v, "unit": unit, "documents": d} for v, d in sorted(values.items())]
                out.append({"story": story, "quantity": role, "values": rows, "scope": list(scope), "class": "conflict"})
    return out


def _instant(published_at: Any) -> str:
    """A publication time in a form that sorts as text: UTC, a time without offset taken as Viet Nam's; empty where it is none."""
    try:
        moment = datetime.fromisoformat(str(published_at or ""))
        return (moment if moment.tzinfo else moment.replace(tzinfo=_LOCAL)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return ""


def _headline(figures: list[Figure]) -> list[Figure]:
    """A document that states a role more than once means the largest as the total; a smaller one is a part of it."""
    best: dict[tuple[str, str, tuple[str, ...]], Figure] = {}
    for f in figures:
        key = (f.role, f.unit, f.scope)
        if key not in best or f.high > best[key].high:
            best[key] = f
    return list(best.values())
