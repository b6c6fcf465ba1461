"""One text and the names found in it: which of them are places at all, and which of overlapping ones stay."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

from processing.annotate.chars import accented, exact, folded
from processing.annotate.gazetteer import Unit
from processing.annotate.placewords import (
    ABROAD,
    AFTER,
    COMPANY,
    IN,
    JOINER,
    KIND,
    KIND_FOLDED,
    NEEDS_TYPE,
    NEUTRAL,
    NO_TRAP,
    NOT_FIRST,
    PLURAL,
    PREFIX,
    PREFIX_FOLDED,
    SURNAMES,
    TRAP,
)  # fmt: skip

LOOSE = ""
"""Among the forms of a key: units whose name is written with other accents, too."""


@dataclass(slots=True)
class Mention:
    """A name found at [start, end) (with its type prefix) and [name_start, end); `kind` is the type written before it, "" when none."""

    start: int
    name_start: int
    end: int
    kind: str
    units: list[Unit]
    plain: bool
    """no diacritics where the name has some, or the line is all in capitals or all in lower case"""
    sentence: int = 0
    plural: bool = False
    cu: bool = False
    """ "(cũ)" follows: the unit before the change is meant"""
    chosen: Unit | None = None
    confidence: float = 0.0
    notes: set[str] = field(default_factory=set)


_WORD = re.compile(r"(?<!\w['’])\b\w+")  # what follows an apostrophe may be small ("Đắk R'lấp")


def _capitals(surface: str, name: str) -> bool:
    """Is every syllable capitalised that is so in the name ("Nông trường Lệ Ninh")?"""
    parts, wanted = _WORD.findall(surface), _WORD.findall(name)
    if len(parts) != len(wanted):
        wanted = ["X"] * len(parts)
    return all(
        part[0].isupper() or part[0].isdigit() or (i > 0 and want[0].islower())
        for i, (part, want) in enumerate(zip(parts, wanted, strict=True))
    )


def _odd_case(line: str) -> bool:
    """Are its letters all small, or more than four in five of them capitals?"""
    upper = other = 0
    for char in line:
        if char.isalpha():
            if char.isupper():
                upper += 1
            else:
                other += 1
                if upper and other * 5 >= len(line):
                    return False
    return upper + other > 0 and (upper == 0 or upper > 0.8 * (upper + other))


class Scan:
    """One text with its forms, and the judgement of each hit in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.low = exact(text)
        self.fold = folded(text)
        self.lines: list[tuple[int, int, bool, bool]] = []
        at = 0
        for line in text.split("\n"):
            self.lines.append((at, at + len(line), accented(line), _odd_case(line)))
            at += len(line) + 1

    def line(self, index: int) -> tuple[int, int, bool, bool]:
        """(start, end, has accents, has no mixed case) of the line that holds `index`."""
        low, high = 0, len(self.lines) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.lines[middle][0] <= index:
                low = middle
            else:
                high = middle - 1
        return self.lines[low]

    def mention(self, start: int, end: int, forms: dict[str, list[Unit]]) -> Mention | None:
        """The mention at [start, end), or None when spelling, case or neighbours say that it is none."""
        begin, stop, has_accents, odd_case = self.line(start)
        surface = self.low[start:end]
        units = forms.get(surface)
        unaccented = loose = False
        if units is None and LOOSE in forms:
            units, loose = forms[LOOSE], True
        if units is None:
            if has_accents or surface != self.fold[start:end]:
                return None
            unaccented = True
            units = [unit for some in forms.values() for unit in some]
        if not odd_case and not _capitals(self.text[start:end], units[0].short):
            return None
        left = self.low[max(begin, start - 40) : start]
        match = (PREFIX_FOLDED if unaccented or not has_accents else PREFIX).search(left)
        kind, at, plural = "", start, False
        if match is not None:
            kind = (KIND_FOLDED if unaccented or not has_accents else KIND)[match.group(1)]
            at = start - (len(left) - match.start(1))
            plural = PLURAL.search(left[: match.start(1)]) is not None
        found = Mention(at, start, end, kind, list(dict.fromkeys(units)), unaccented or odd_case or (loose and not kind), plural=plural)
        found.cu = re.match(r"\s*(?:\()?\s*(?:cũ|trước đây|trước sáp nhập)(?!\w)", self.low[end : end + 25]) is not None
        return None if self._trapped(found, begin, stop, odd_case) else found

    def _trapped(self, m: Mention, begin: int, stop: int, odd_case: bool) -> bool:
        left, right = self.low[max(begin, m.start - 60) : m.start], self.low[m.end : min(stop, m.end + 40)]
        if AFTER.search(right) or (ABROAD.search(right) and not m.kind):
            return True
        if m.kind in ("tỉnh", "thành phố") and ABROAD.search(right):
            return True
        if m.kind:
            return self._longer_name(m, odd_case, prefixed=True)
        if self.low[m.name_start : m.end] in NEEDS_TYPE or self._after_trap(left):
            return True
        if not odd_case and self._person_before(m, begin):
            return True
        return self._longer_name(m, odd_case, prefixed=False)

    @staticmethod
    def _after_trap(left: str) -> bool:
        match = TRAP.search(left)
        if match is not None and f"{match.group(1) or ''}{match.group(2)}" not in NO_TRAP:
            return True
        return COMPANY.search(left) is not None and not IN.search(left)

    def _person_before(self, m: Mention, begin: int) -> bool:
        """Is the name the tail of a longer capitalised name ("Nguyễn Thái Bình")?"""
        before = re.search(r"(\w+) $", self.text[max(begin, m.start - 20) : m.start])
        if before is None or not before.group(1)[0].isupper() or (before.group(1).isupper() and len(before.group(1)) > 1):
            return False
        word = exact(before.group(1))
        at = m.start - len(before.group(1)) - 1
        first = at == begin or re.search(r"[.!?:;…\"“”(\-]\s*$", self.text[max(begin, at - 3) : at]) is not None
        if word in SURNAMES:
            return not (first and word in NOT_FIRST)
        return word not in NEUTRAL and not first

    def _longer_name(self, m: Mention, odd_case: bool, *, prefixed: bool) -> bool:
        """Does a capital follow, so that the name is only the head of another ("Thái Bình Dương")? A person's name may follow a place."""
        if odd_case:
            return False
        after = re.match(r" (\w+)", self.text[m.end : m.end + 20])
        if after is None or not after.group(1)[0].isupper() or (after.group(1).isupper() and len(after.group(1)) > 1):
            return False
        if exact(after.group(1)) in SURNAMES:
            return False
        return not (prefixed and m.kind in ("tỉnh", "thành phố"))

    def keep(self, raw: list[Mention]) -> list[Mention]:
        """The longest of overlapping mentions, in order, with types handed on in lists ("các xã A, B và C")."""
        raw.sort(key=lambda m: (-(m.end - m.start), m.start))
        taken: list[Mention] = []
        used = bytearray(len(self.text) + 1)
        for m in raw:
            if not any(used[m.name_start : m.end]):
                used[m.start : m.end] = b"\x01" * (m.end - m.start)
                taken.append(m)
        taken.sort(key=lambda m: m.start)
        for one, two in itertools.pairwise(taken):
            if not two.kind and one.plural and one.kind and JOINER.match(self.low[one.end : two.start]):
                two.kind, two.plural = one.kind, True
        return taken
