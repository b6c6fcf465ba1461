"""Which unit a name means: types, parents and neighbours beside it, the document's provinces and date, the source's area.

Every candidate of a mention gets points for what speaks for it; a commune or district is taken only when it leads clearly, so a lone
ambiguous ward stays unresolved. Points were set on the development sentences of tests/annotate and are listed here, not in the code.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date

from processing.annotate.chars import folded
from processing.annotate.gazetteer import CHANGE, Gazetteer, Unit
from processing.annotate.placewords import JOINER, TOWN_IN_ONE_WORD
from processing.annotate.scan import Mention

CHAIN = 3.0
"""A unit above the candidate is named right after it ("xã A, huyện B")."""
SENTENCE = 2.0
"""A unit above it is named in the same sentence."""
DOCUMENT = 1.2
"""A unit above it is named elsewhere in the document."""
AREA = 0.8
"""It lies in the source's own province."""
KIND = 0.6
"""Its type is the one written before the name."""
ERA = 0.5
"""It was in force on the document's day, or in the era the text's words speak of."""
UNIQUE = 1.0
"""No other unit of its level bears the name."""
ECHO = 2.0
"""The same unit was named with its type elsewhere in the document."""
LIST = 8
"""Units of a list that one unit named after it may stand for ("các phường 1, 2, 9, TP Đà Lạt")."""
MARGIN = 0.4
"""Lead over the second candidate below which nothing is decided."""

_OLD_KINDS = {"huyện", "quận", "thị xã", "thị trấn"}
_COMMUNE_KINDS = {"xã", "phường", "thị trấn", "đặc khu"}
_LINK = re.compile(r"^\s*[,(\-–]?\s*(?:thuộc|của|ở|tại|nay là|nay thuộc)?\s*(?:địa bàn)?\s*\(?\s*$")
_PLACE_WORD = re.compile(
    r"(?:^|[^\w])(?:ở|tại|về|đến|tới|từ|qua|lên|xuống|ra|vào|huyện|vùng|khu vực|địa bàn|người dân|dân|bà con|rời|đi|ubnd|công an|nông dân|hộ dân)\s+$"
)


def _levels(kind: str) -> tuple[str, ...]:
    if kind == "tỉnh":
        return ("province",)
    if kind == "thành phố":
        return ("province", "district")
    if kind in _COMMUNE_KINDS:
        return ("commune",)
    return ("district",) if kind else ("province", "district", "commune")


class Resolver:
    """Decides the unit of each mention of one document."""

    def __init__(self, gazetteer: Gazetteer, text: str, low: str, mentions: list[Mention], day: date | None, area: str | None) -> None:
        self.gazetteer, self.text, self.low, self.mentions, self.day, self.area = gazetteer, text, low, mentions, day, area
        self.above: dict[str, set[str]] = {}
        self.heirs: dict[str, tuple[str, ...]] = {}
        self.following: dict[int, Mention | None] = {}
        self.ids: dict[int, set[str]] = {}
        # what has been decided so far: ids named in the document and in each sentence (with "~" today's province of an old unit, which
        # speaks less clearly for a unit below it), units named with their type, votes for provinces
        self.in_document: set[str] = set()
        self.in_sentence: dict[int, set[str]] = defaultdict(set)
        self.with_type: set[str] = set()
        self.votes: Counter[str] = Counter()
        old_words = any(m.kind in _OLD_KINDS and any(u.valid_to is not None for u in m.units) for m in mentions)
        self.old_era = day < CHANGE if day is not None else old_words

    def run(self) -> None:
        """Provinces first, then districts, then communes; each uses what was decided before. Then once more for what stayed open."""
        for mention in self.mentions:
            mention.units = self._in_force(mention)
        for level, last in (("province", False), ("district", False), ("commune", False), ("district", True), ("commune", True)):
            for index, mention in enumerate(self.mentions):
                if mention.chosen is None:
                    self._decide(index, mention, level, last)

    def _in_force(self, m: Mention) -> list[Unit]:
        """Candidates of the written type and of the document's day; wider when that leaves none."""
        fit = [u for u in m.units if u.level in _levels(m.kind)]
        if m.kind == "thành phố":
            # "thành phố Thái Nguyên" is the province's city, not the province
            fit = [u for u in fit if u.kind == m.kind] or fit
        if self.day is None:
            return fit
        valid = [u for u in fit if u.valid(self.day)]
        if self.day < CHANGE:
            return valid or fit
        # after the change an old unit is meant when its type has gone, or when no unit of today bears the name
        if m.cu or m.kind in _OLD_KINDS:
            return [u for u in fit if not u.today] or fit
        todays = {u.level for u in valid}
        return [u for u in fit if u.valid(self.day) or u.level not in todays or not u.today]

    def _parents(self, unit: Unit) -> set[str]:
        """Ids above the unit, in both eras for the province."""
        if unit.id not in self.above:
            ids = set(self.gazetteer.ancestors(unit.id))
            now = self.gazetteer.province_today(unit.id)
            if now is not None:
                ids.add(now.id)
            self.above[unit.id] = ids - {unit.id}
        return self.above[unit.id]

    def _decide(self, index: int, m: Mention, level: str, last: bool) -> None:
        candidates = [u for u in m.units if u.level == level]
        if not candidates or (level != "province" and not self._may_be(index, m, level, last)):
            return
        unique = UNIQUE if len({self._today(u) for u in candidates}) == 1 else 0.0
        scored = sorted(((self._score(index, m, u) + unique, u.id, u) for u in candidates), key=lambda t: (-t[0], t[1]))
        best, _, unit = scored[0]
        rival, needed = None, MARGIN
        for points, _, other in scored[1:]:
            if self._today(other) != self._today(unit):
                rival = points
                # without a date the words' era is a weak hint: good enough between units of one province only
                needed += ERA if self.day is None and self._province(other) != self._province(unit) else 0.0
                break
        if (rival is not None and best - rival < needed) or best < self._needed(m, unit):
            return
        spread = 2.0 if rival is None else min(2.0, best - rival)
        self._choose(m, unit, 0.62 + 0.06 * min(best, 4.0) + 0.06 * spread - (0.1 if m.plain else 0.0))

    def _choose(self, m: Mention, unit: Unit, confidence: float) -> None:
        m.chosen, m.confidence = unit, round(min(0.99, confidence), 3)
        for known in (self.in_document, self.in_sentence[m.sentence]):
            known.add(unit.id)
            if not unit.today:
                known.update(f"~{u.id}" for u, _ in self.gazetteer.current(unit.id) if u.level == "province")
        self.votes[self._province(unit)] += 1
        if m.kind:
            self.with_type.add(unit.id)

    def _today(self, unit: Unit) -> tuple[str, ...]:
        if unit.id not in self.heirs:
            self.heirs[unit.id] = tuple(u.id for u, _ in self.gazetteer.current(unit.id)) or (unit.id,)
        return self.heirs[unit.id]

    def _may_be(self, index: int, m: Mention, level: str, last: bool) -> bool:
        """May a name without its type be a district or commune here? Only where the text treats it as a place."""
        if m.kind:
            return True
        follower = self._follower(index)
        if follower is not None and follower.kind in _COMMUNE_KINDS:
            return False  # "khu vực Tân An, phường Thuận Hưng": a hamlet
        if level == "district" and not last and not self.old_era and any(u.today and u.level == "commune" for u in m.units):
            return False  # since the change a name shared with a commune of today means the commune, if that can be
        if self._named_with_type(m) or self._chained(index, m):
            return True
        name = self.low[m.start : m.end]
        if " " not in name and name not in ("vinh", "huế") and not TOWN_IN_ONE_WORD.search(folded(name)):
            return False
        if re.match(r" \d", self.text[m.end : m.end + 2]):
            return False
        place_word = _PLACE_WORD.search(self.low[max(0, m.start - 20) : m.start]) is not None
        known = self.in_document if level == "district" else self.in_sentence[m.sentence]
        under_known = any(self._under(u, known) > 0 for u in m.units if u.level == level)
        if level == "commune":
            return place_word and under_known
        city = any(u.level == "district" and u.kind == "thành phố" for u in m.units)
        return under_known or place_word or (city and not self.votes)

    def _named_with_type(self, m: Mention) -> bool:
        return any(u.id in self.with_type for u in m.units)

    def _chained(self, index: int, m: Mention) -> bool:
        follower = self._follower(index)
        return follower is not None and any(self._is_above(follower, u) for u in m.units)

    def _follower(self, index: int) -> Mention | None:
        """The next mention when only a comma, a bracket or "thuộc" stands between; in a list of units of one type also "và"."""
        if index not in self.following:
            self.following[index] = self._next(index)
        return self.following[index]

    def _next(self, index: int) -> Mention | None:
        if index + 1 >= len(self.mentions):
            return None
        m, after = self.mentions[index], self.mentions[index + 1]
        gap = self.low[m.end : after.start] if after.start - m.end < 40 else "?"
        return after if _LINK.match(gap) or (m.kind == after.kind != "" and JOINER.match(gap)) else None

    def _under(self, unit: Unit, known: set[str]) -> float:
        """1 when a unit above is among `known`, 0.7 when only its province of today is, else 0."""
        parents = self._parents(unit)
        if not known.isdisjoint(parents):
            return 1.0
        return 0.7 if any(f"~{parent}" in known for parent in parents) else 0.0

    def _is_above(self, other: Mention, unit: Unit) -> bool:
        parents = self._parents(unit)
        if other.chosen is None:
            if id(other) not in self.ids:
                self.ids[id(other)] = {u.id for u in other.units}
            return not parents.isdisjoint(self.ids[id(other)])
        heirs = self.gazetteer.current(other.chosen.id)
        return other.chosen.id in parents or any(u.id in parents for u, _ in heirs if u.level == "province") or self._came_from(unit, other)

    def _came_from(self, unit: Unit, other: Mention) -> bool:
        """ "phường Láng (quận Đống Đa cũ)": the unit of today is meant, in what the old one became."""
        return other.cu and other.chosen is not None and any(u.id == unit.id for u, _ in self.gazetteer.current(other.chosen.id))

    def _link(self, other: Mention, unit: Unit) -> float:
        """Points for `other` standing right after a name: all for the unit directly above, less for one further up."""
        above = [other.chosen] if other.chosen is not None else other.units
        if any(u.id == unit.parent for u in above) or self._came_from(unit, other):
            return CHAIN
        return CHAIN - 0.5 if any(u.id in self._parents(unit) for u in above) else CHAIN - 1.0

    def _score(self, index: int, m: Mention, unit: Unit) -> float:
        points = self._context(index, m, unit)
        if m.kind and unit.kind == m.kind:
            points += KIND
        if unit.today != self.old_era if not m.cu else not unit.today:
            points += ERA
        if self.area is not None and self.area in self._parents(unit) | {unit.id}:
            points += AREA
        if not m.kind and unit.id in self.with_type:
            points += ECHO
        return points

    def _context(self, index: int, m: Mention, unit: Unit) -> float:
        """Points for a unit above, by where it is named: right after, in the sentence, in the document."""
        best = 0.0
        follower, hops = self._follower(index), index
        while follower is not None and hops < index + LIST:
            if self._is_above(follower, unit):
                best = self._link(follower, unit)
                break
            hops += 1
            follower = self._follower(hops)
        best = max(best, SENTENCE * self._under(unit, self.in_sentence[m.sentence]), DOCUMENT * self._under(unit, self.in_document))
        return best + (0.3 if best else 0.15) * min(3, self.votes.get(self._province(unit), 0))

    def _province(self, unit: Unit) -> str:
        found = self.gazetteer.province_today(unit.id)
        return found.id if found else ""

    def _needed(self, m: Mention, unit: Unit) -> float:
        """Points below which a name is left alone."""
        if unit.level == "province":
            return 0.0 if m.kind or not m.plain else 0.3
        if m.kind:
            return 1.0
        if unit.level == "district":
            return 1.4 if not m.plain else 2.4
        return 2.0 if not m.plain else 3.0
