"""Small news grammar: an event of the sentence material, a commune and a day make an article's words.

Every list of variants is dealt like a shuffled pack of cards, so that the same sentence does not come back before the others have been used:
two articles about the same kind of event then share few of their words, as in a real paper.
"""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from processing.stack.demo.town import HERE, Commune

_SLOT = re.compile(r"\{(\w+)(?::(\d+):(\d+))?\}")
_TAG = re.compile(r"([A-Z]+)\| ")
_PART_OF_DAY = ("sáng", "trưa", "chiều", "tối")


@dataclass(frozen=True)
class Draft:
    """An article's words: title, lead, paragraphs."""

    title: str
    lead: str
    paragraphs: tuple[str, ...]


@cache
def material() -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    """Common paragraphs by topic, and every event."""
    common: dict[str, list[str]] = {}
    events: list[dict[str, Any]] = []
    for path in sorted((HERE / "texts").glob("services_*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        common |= data["common"]
        events += data["event"]
    return common, events


class Dealer:
    """Deals variants from shuffled packs and fills their slots, all from one seeded source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self._packs: dict[str, list[int]] = {}

    def deal(self, name: str, cards: list[Any]) -> Any:
        """The next card of the pack of that name."""
        pack = self._packs.setdefault(name, [])
        if not pack:
            pack += list(range(len(cards)))
            self.chance.shuffle(pack)
        return cards[pack.pop()]

    def article(self, topic: str, place: Commune, day: date) -> Draft:
        """Words about the topic in the commune, dated on the day: one thread of one event, a common paragraph of the topic, one of the place."""
        common, events = material()
        event = self.deal(topic, [event for event in events if event["topic"] == topic])
        name = f"{topic}:{event['titles'][0]}"
        thread = self.deal(f"{name}:thread", _threads(event))
        slots = _slots(self.chance, place, day)

        def pick(what: str, variants: list[str], said: dict[str, str]) -> str:
            return self._fill(self.deal(f"{name}:{thread}:{what}", _of_thread(variants, thread)), slots, said)

        said: dict[str, str] = {}
        title, lead = pick("title", event["titles"], said), pick("lead", event["leads"], said)
        parts = [pick(str(i), part, {}) for i, part in enumerate(event["parts"])]
        if self.chance.random() < 0.5:
            parts.pop(self.chance.randrange(1, len(parts)))
        parts.insert(self.chance.randrange(1, len(parts) + 1), self._fill(self.deal(f"{topic}:common", common[topic]), slots, {}))
        parts.append(self.deal(place.code, list(place.nen)))
        return Draft(title, lead, tuple(parts))

    def _fill(self, text: str, slots: dict[str, str], said: dict[str, str]) -> str:
        """Fill the slots; a number already `said` for the same slot is said again."""

        def value(match: re.Match[str]) -> str:
            kind, low, high = match.groups()
            if kind in slots:
                return slots[kind]
            if match[0] not in said:
                said[match[0]] = self._number(kind, int(low), int(high))
            return said[match[0]]

        filled = _SLOT.sub(value, text)
        return filled[0].upper() + filled[1:]

    def _number(self, kind: str, low: int, high: int) -> str:
        if kind == "d":
            return f"{self.chance.randint(low * 10 + 1, high * 10 + 9) / 10:.1f}".replace(".", ",")
        return f"{self.chance.randint(low, high):,}".replace(",", ".")


def _threads(event: dict[str, Any]) -> list[str]:
    """The letters of the courses an event may take; one nameless course where its variants bear none."""
    lists = [event["titles"], event["leads"], *event["parts"]]
    return sorted({letter for variants in lists for text in variants if (tag := _TAG.match(text)) for letter in tag[1]}) or ["A"]


def _of_thread(variants: list[str], thread: str) -> list[str]:
    found = []
    for text in variants:
        tag = _TAG.match(text)
        if tag is None:
            found.append(text)
        elif thread in tag[1]:
            found.append(text[tag.end() :])
    return found


def _slots(chance: random.Random, place: Commune, day: date) -> dict[str, str]:
    first, second = chance.sample(place.thon, 2)
    return {
        "xa": place.name,
        "dv": place.name.split()[0],
        "ub": f"UBND {place.name}",
        "thon": first,
        "thon2": second,
        "duong": chance.choice(place.duong),
        "song": chance.choice(place.song),
        "truong": chance.choice(place.truong),
        "truongpt": chance.choice([name for name in place.truong if "Mầm non" not in name]),
        "cho": chance.choice(place.cho),
        "buoi": chance.choice(_PART_OF_DAY),
        **dates(day, chance.choice((0, 0, 1)), chance.randint(3, 12)),
    }


def dates(day: date, back: int = 0, ahead: int = 1) -> dict[str, str]:
    """The date slots as day/month: of the event, the day before it, and of what is announced."""
    event = day - timedelta(days=back)
    return {name: f"{when.day}/{when.month}" for name, when in (("ngay", event), ("homqua", event - timedelta(days=1)), ("mai", day + timedelta(days=ahead)))}
