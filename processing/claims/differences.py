"""Where two sentences commit themselves to different things, and how much of the one's the other shares.

`compare` lists the differences in the reader's terms ("number 12 ↔ 2"): they decide that a match is `related`, and are what is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from processing.claims.facts import Facts
from processing.claims.lexicon import NEGATED
from processing.claims.numbers import Moment, Quantity
from processing.claims.opposites import ANTONYMS

_EQUIVALENT = tuple((re.compile(rf"\b(?:{a})\b"), re.compile(rf"\b(?:{b})\b")) for a, b in NEGATED)


@dataclass(frozen=True)
class Difference:
    """One stated difference. `kind`: number, unit, date, place, organisation, name, subject, negation, opposite."""

    kind: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.left or '–'} ↔ {self.right or '–'}"


def same_quantity(a: Quantity, b: Quantity) -> bool:
    """Equal values, a value inside the other's range, or "gần 20" against 19."""
    if {a.unit, b.unit} == {"clock", "gio"}:
        return a.value == b.value
    if a.unit and b.unit and a.unit != b.unit:
        return False
    if a.value == b.value and a.high == b.high:
        return True
    scale = max(abs(a.high), abs(b.high), 1e-9)
    loose = "about" in (a.qualifier, b.qualifier) or {"under", "over"} & {a.qualifier, b.qualifier}
    if loose and abs(a.value - b.value) <= 0.06 * scale and a.value >= 20:
        return True
    return (a.value < a.high and a.value <= b.value and b.high <= a.high) or (b.value < b.high and b.value <= a.value and a.high <= b.high)


def same_moment(a: Moment, b: Moment) -> bool:
    """No stated part contradicts the other and at least one is shared."""
    if a.rel or b.rel:
        return a.rel == b.rel
    pairs = [(a.day, b.day), (a.month, b.month), (a.year, b.year)]
    stated = [(x, y) for x, y in pairs if x is not None and y is not None]
    return bool(stated) and all(x == y for x, y in stated)


def _clash_moment(a: Moment, b: Moment) -> bool:
    if a.rel and b.rel:
        return a.rel != b.rel
    if a.rel or b.rel:
        return False
    pairs = [(a.day, b.day), (a.month, b.month), (a.year, b.year)]
    return any(x is not None and y is not None and x != y for x, y in pairs)


def _each(q: Quantity, side: Facts) -> bool:
    """"The `một lít` in `2.000 đồng một lít` is a rate's denominator, not a count; nor is `một tháng` after an amount."""
    if q.value != q.high or side.folded[q.start : q.start + 4] != "mot ":
        return False
    return q.unit not in ("nguoi", "ca", "vu", "con", "tuan", "thang", "nam") or _AMOUNT.search(side.folded[: q.start][-24:]) is not None


_AMOUNT = re.compile(r"\d\s?(?:dong|usd|k|nghin|ngan|trieu|ty|nghin dong|ngan dong|trieu dong|ty dong)(?: moi \w+(?: \w+)?)?\s$")


def _shown(q: Quantity | Moment, side: Facts) -> str:
    """As the text has it; without diacritics where it was given so."""
    return (side.text if len(side.text) == len(side.folded) else side.folded)[q.start : q.end].strip()


def compare(left: Facts, right: Facts) -> list[Difference]:
    """Differences that change the truth conditions. What only one side states is no difference, only less agreement."""
    out: list[Difference] = []
    lonely_l = [q for q in left.quantities if not _each(q, left) and not any(same_quantity(q, r) for r in right.quantities)]
    lonely_r = [q for q in right.quantities if not _each(q, right) and not any(same_quantity(q, r) for r in left.quantities)]
    for q in lonely_l:
        rival = next((r for r in lonely_r if r.unit == q.unit or not r.unit or not q.unit), None)
        if rival is not None:
            out.append(Difference("number", _shown(q, left), _shown(rival, right)))
            lonely_r.remove(rival)
        elif lonely_r and any(r.value == q.value for r in lonely_r):
            rival = next(r for r in lonely_r if r.value == q.value)
            out.append(Difference("unit", _shown(q, left), _shown(rival, right)))
            lonely_r.remove(rival)
    day_l = [m for m in left.moments if not any(same_moment(m, r) for r in right.moments)]
    day_r = [m for m in right.moments if not any(same_moment(m, r) for r in left.moments)]
    for m in day_l:
        clash = next((r for r in day_r if _clash_moment(m, r)), None)
        if clash is not None:
            out.append(Difference("date", _shown(m, left), _shown(clash, right)))
            day_r.remove(clash)
    for kind in ("time", "whom", "what"):
        mine, theirs = ({unit for k, unit in side.rates if k == kind} for side in (left, right))
        if mine and theirs and not mine & theirs:
            out.append(Difference("unit", f"/{min(mine)}", f"/{min(theirs)}"))
    out += _name_differences(left, right)
    if (left.targets or right.targets) and not left.targets & right.targets:  # left out of every score, so that naming one is a difference even alone
        out.append(Difference("subject", min(left.targets, default=""), min(right.targets, default="")))
    if (left.negations % 2) != (right.negations % 2) and not _says_without(left.folded, right.folded):
        out.append(Difference("negation", f"×{left.negations}", f"×{right.negations}"))
    for i in sorted({int(key[:-1]) for key in left.antonyms} & {int(key[:-1]) for key in right.antonyms}):
        pair = ANTONYMS[i]
        a0, a1, b0, b1 = (f"{i}{s}" in f.antonyms for f in (left, right) for s in (0, 1))
        if (a0 and not a1 and b1 and not b0) or (a1 and not a0 and b0 and not b1):
            out.append(Difference("opposite", pair[0 if a0 else 1][0], pair[0 if b0 else 1][0]))
    return out


def apart(left: Facts, right: Facts) -> list[Difference]:
    """`compare`, and then each number, date and place that one side states and the other leaves out: what a reviewer has to weigh."""
    out = compare(left, right)
    for here, there, own in ((left, right, True), (right, left, False)):
        numbers = [q for q in here.quantities if not _each(q, here) and not any(same_quantity(q, r) for r in there.quantities)]
        days = [m for m in here.moments if not any(same_moment(m, r) for r in there.moments)]
        places = [n for n, kind in here.names.items() if kind == "place" and not _holds(n, there)]
        alone = [("number", _shown(q, here)) for q in numbers] + [("date", _shown(m, here)) for m in days] + [("place", _spelt(n, here)) for n in places]
        told = {d.left if own else d.right for d in out}
        out += [Difference(kind, shown if own else "", "" if own else shown) for kind, shown in alone if shown not in told]
    return out


def _spelt(name: str, side: Facts) -> str:
    """A folded name as the text spells it."""
    at = side.folded.find(name)
    return side.text[at : at + len(name)] if at >= 0 and len(side.text) == len(side.folded) else name


def _says_without(left: str, right: str) -> bool:
    """One side negates what the other says with a word of its own: "không phải nộp" and "miễn", "không nhận" and "từ chối"."""
    return any((a.search(left) and b.search(right)) or (a.search(right) and b.search(left)) for a, b in _EQUIVALENT)


def _occurs(name: str, text: str) -> bool:
    """Is `name` in `text` as whole words? Names differ from pair to pair: compiling a pattern for each would cost more than the search."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not (at and (text[at - 1].isalnum() or text[at - 1] == "_")) and not (end < len(text) and (text[end].isalnum() or text[end] == "_")):
            return True
        at = text.find(name, at + 1)
    return False


def _holds(name: str, other: Facts) -> bool:
    """Is the name, or its longer or shorter form, in the other text?"""
    if _occurs(name, other.folded):
        return True
    words, short = _parts(name)
    for o in other.names:
        parts, initials = _parts(o)
        if words <= parts or parts <= words or (o and (short == o or name == initials)):
            return True
    return False


@lru_cache(maxsize=16_384)
def _parts(name: str) -> tuple[frozenset[str], str]:
    """Words and initials of a name: one name is compared with many."""
    words = name.split()
    return frozenset(words), "".join(word[0] for word in words)


def _name_differences(left: Facts, right: Facts) -> list[Difference]:
    out = []
    lonely_l = [(n, k) for n, k in left.names.items() if not _holds(n, right)]
    lonely_r = [(n, k) for n, k in right.names.items() if not _holds(n, left)]
    for name, kind in lonely_l:
        rival = next(((n, k) for n, k in lonely_r if k == kind), None) or next(((n, k) for n, k in lonely_r if "name" in (k, kind)), None)
        if rival is not None:
            lonely_r.remove(rival)
            kinds = {"place": "place", "org": "organisation", "name": "name"}
            out.append(Difference(kinds[kind if kind != "name" else rival[1]], _spelt(name, left), _spelt(rival[0], right)))
    return out or _uncapitalised(left, right) or [Difference(d.kind, d.right, d.left) for d in _uncapitalised(right, left)]


def _uncapitalised(plain: Facts, other: Facts) -> list[Difference]:
    """Another place where `plain` has no capitals: "xa tan thanh" beside "xã Tân Lộc", which it does not name."""
    if not plain.ranked:
        return []
    places = [n for n, k in other.names.items() if k == "place"]
    if other.ranked and not plain.ranked & other.ranked:
        return [Difference("place", _spelt(min(plain.ranked), plain), _spelt(min(other.ranked), other))]
    strange = [r for r in sorted(plain.ranked) if not any(r in n or n in r for n in other.names)]
    lonely = [n for n in places if not _holds(n, plain)]
    return [Difference("place", _spelt(strange[0], plain), _spelt(lonely[0], other))] if strange and lonely else []


def agreement(left: Facts, right: Facts) -> dict[str, float]:
    """Share of what the right side (the check) states that the left side states too, per kind; 1 where it states nothing."""

    def share(hits: int, total: int) -> float:
        return hits / total if total else 1.0

    stated = [r for r in right.quantities if not _each(r, right)]
    numbers = share(sum(any(same_quantity(q, r) for q in left.quantities) for r in stated), len(stated))
    moments = share(sum(any(same_moment(m, r) for m in left.moments) for r in right.moments), len(right.moments))
    places = [n for n, k in right.names.items() if k == "place"]
    others = [n for n, k in right.names.items() if k != "place"]
    return {
        "numbers": numbers,
        "dates": moments,
        "places": share(sum(_holds(n, left) for n in places), len(places)),
        "names": share(sum(_holds(n, left) for n in others), len(others)),
    }
