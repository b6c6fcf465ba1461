"""Figures that an issue's documents state, each with the day it is as of: the latest, and what other independent origins said. Pure.

Only figures of a known role count (people hurt, homes without water, damage …); a number that is merely near an event says nothing by itself.
Their typing is that of the conflicting figures (`processing.claims.figures`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from processing.claims.figures import Figure, typed
from processing.claims.numbers import fold_keep
from processing.claims.roles import ROLES as ALL
from processing.cluster.naming import Member
from processing.zone import LOCAL

ROLES = ("dead", "missing", "trapped", "injured", "hospitalised", "infected", "rescued", "moved", "households", "houses", "area", "length", "damage", "cost")
"""Shown, in this order. Fines and arrests are left out: the software serves no enforcement (SCOPE S10)."""
MOST = 6
_MEMBERS = 40  # newest originals that are read
_SENTENCES = 12  # of each, beside its title
_OTHERS = 4
_DIGIT = re.compile(r"\d|\b(?:một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười)\b")
_SIGN = re.compile("|".join(ALL[role][1].pattern for role in ROLES))  # a sentence without any holds no such figure; looking is cheap, typing is not


def figures(members: Sequence[Member]) -> list[dict[str, Any]]:
    """{"role", "value", "unit" (base units), "as_of" (ISO day, or instant of publication), "stated", "source", "document", "sentence", "others"}.

    Nothing for a single document. `stated` tells whether the text itself names the day. `others` holds the latest value of each other origin that differs.
    """
    if len(members) < 2:
        return []  # most issues stay alone and are never looked at; reading their texts would slow the stage for nothing
    found: dict[str, dict[int, _Held]] = {}
    for member in members[-_MEMBERS:]:
        for sentence in (member.title, *member.sentences[:_SENTENCES]):
            if not _DIGIT.search(sentence) or not _SIGN.search(fold_keep(sentence)):
                continue
            for figure in _typed(sentence, member.at):
                if figure.role in ROLES:
                    origins = found.setdefault(figure.role, {})
                    origins[member.group] = _newer(origins.get(member.group), _Held(*_as_of(figure, member.at), figure, member))
    return [_row(role, list(found[role].values())) for role in ROLES if role in found][:MOST]


class _Held(NamedTuple):
    as_of: str
    told: bool
    figure: Figure
    member: Member

    @property
    def order(self) -> tuple[str, float, float]:
        """By day, then by publication, then by size: what counts the harm of an event grows."""
        return self.as_of[:10], self.member.at.timestamp() if self.member.at else 0.0, self.figure.value


def _newer(old: _Held | None, new: _Held) -> _Held:
    if old is None:
        return new
    if old.figure.value == new.figure.value and old.member is new.member:
        return old if old.told else new  # a headline repeats what the text gives a day
    return max(old, new, key=lambda h: h.order)


@lru_cache(maxsize=8192)
def _typed(sentence: str, at: datetime | None) -> tuple[Figure, ...]:
    """An issue is named anew with every document that joins; its sentences stay the same."""
    return tuple(typed(sentence, "", "", at))


def _as_of(figure: Figure, at: datetime | None) -> tuple[str, bool]:
    """The one day the sentence names, in the year that puts it before its publication; else the time of publication."""
    if len(figure.scope.days) == 1 and at is not None:
        published = at.astimezone(LOCAL).date()
        (day, month), year = next(iter(figure.scope.days)), published.year
        try:
            named = date(year, month, day)
            named = named if named <= published else date(year - 1, month, day)
        except ValueError:
            return at.astimezone(LOCAL).isoformat(), False
        return named.isoformat(), True
    return (at.astimezone(LOCAL).isoformat() if at else ""), False


def _row(role: str, held: list[_Held]) -> dict[str, Any]:
    held.sort(key=lambda h: h.order, reverse=True)
    best = held[0]
    others = [h for h in held[1:] if (h.figure.value, h.figure.unit) != (best.figure.value, best.figure.unit)]
    return {
        "role": role, "value": best.figure.value, "unit": best.figure.unit, "as_of": best.as_of, "stated": best.told,
        "source": best.member.source, "document": best.member.document, "sentence": best.figure.sentence,
        "others": [{"value": h.figure.value, "as_of": h.as_of, "source": h.member.source} for h in others[:_OTHERS]],
    }  # fmt: skip
