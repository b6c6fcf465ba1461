"""Places of a document: each mention with its unit at the document's date and today's units, and the chief province."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from processing.annotate import gazetteer
from processing.annotate.chars import composed
from processing.annotate.gazetteer import Unit
from processing.annotate.mentions import Names
from processing.annotate.resolve import Resolver
from processing.annotate.scan import Mention

MOST = 5_000
"""Mentions of one document that are resolved, in its order: more than a list of all communes, less than would hold the stage up for long."""
_STOP = re.compile(r"[.!?…](?=\s+[^a-zà-ỹ])|\n")


class Places:
    """Finds places; holds the gazetteer and the automaton of its names."""

    def __init__(self, extra: Path | None = None) -> None:
        self.gazetteer = gazetteer.load(extra)
        self.names = Names(self.gazetteer)

    def find(
        self, text: str, title: str = "", day: date | None = None, area: str | None = None
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """(places, province) of one document.

        `day` is the day of publication (None: judged by the words), `area` today's code of the source's own province. Offsets index
        `text`, in whichever normal form it comes; the title counts for the province and as context only. `province` is None where the
        text names no place, else {"code", "name", "confidence"}.
        """
        body, origin = composed(text)
        head = composed(title)[0]
        whole = f"{head}\n{body}" if head else body
        shift = len(whole) - len(body)
        mentions = self.names.find(whole)[:MOST]
        _number_sentences(whole, mentions)
        Resolver(self.gazetteer, whole, _low(whole), mentions, day, area).run()
        chosen = [m for m in mentions if m.chosen is not None]
        out = []
        for m in chosen:
            if m.start >= shift:
                start, end = m.start - shift, m.end - shift
                if origin is not None:
                    start, end = origin[start], origin[end]
                out.append(self._row(m, text[start:end], start, end))
        return out, self._province(chosen, shift, len(whole))

    def _row(self, m: Mention, surface: str, start: int, end: int) -> dict[str, Any]:
        unit = m.chosen
        assert unit is not None
        current = [
            {"code": u.id, "name": u.name, "level": u.level, "share": share} for u, share in self.gazetteer.current(unit.id)
        ]  # fmt: skip
        return {
            "surface": surface, "start": start, "end": end, "unit": unit.id, "name": unit.name, "level": unit.level,
            "current": current, "confidence": m.confidence,
        }  # fmt: skip

    def _province(self, chosen: list[Mention], shift: int, length: int) -> dict[str, Any] | None:
        """The province with most weight: a mention counts for more in the title, early, and the finer its level."""
        votes: dict[str, float] = defaultdict(float)
        for m in chosen:
            assert m.chosen is not None
            found = self.gazetteer.province_today(m.chosen.id)
            if found is None:
                continue
            place = 3.0 if m.start < shift else 1.0 + 1.0 * (1 - (m.start - shift) / max(1, length - shift))
            votes[found.id] += place * m.confidence * (1.0 if m.chosen.level == "province" else 1.3)
        if not votes:
            return None
        best = max(votes, key=lambda code: (votes[code], code))
        unit: Unit = self.gazetteer.units[best]
        return {"code": best, "name": unit.name, "confidence": round(votes[best] / (sum(votes.values()) + 0.3), 3)}


def _low(text: str) -> str:
    return text.lower() if len(text.lower()) == len(text) else text


def _number_sentences(text: str, mentions: list[Mention]) -> None:
    ends = [match.start() for match in _STOP.finditer(text)]
    at = 0
    for m in mentions:
        while at < len(ends) and ends[at] < m.start:
            at += 1
        m.sentence = at
