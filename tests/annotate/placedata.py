"""Reads places.txt and places_second.txt and scores predictions against them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from processing.annotate.gazetteer import Gazetteer
from processing.annotate.places import Places

FILE = Path(__file__).parent / "places.txt"
SECOND = Path(__file__).parent / "places_second.txt"
DAYS = {"o": date(2024, 5, 10), "n": date(2026, 3, 10), "-": None}


@dataclass
class Sentence:
    day: date | None
    province: str | None
    units: set[str]
    text: str
    test: bool


def _unit(gazetteer: Gazetteer, label: str) -> str:
    """The id that "Xã A@B@C" names: exactly one unit of the gazetteer."""
    name, *above = label.split("@")
    found = []
    for unit in gazetteer.units.values():
        if unit.name.lower() != name.lower() or unit.level == "province":
            continue
        parents = [gazetteer.units[p].short for p in gazetteer.ancestors(unit.id)]
        if parents == above or [p.split(" (")[0] for p in parents] == above:
            found.append(unit.id)
    if len(found) != 1:
        raise ValueError(f"{label} names {found or 'no unit'}")
    return found[0]


def read(gazetteer: Gazetteer, file: Path = FILE) -> list[Sentence]:
    """All labelled sentences; every third one is kept for test."""
    provinces = {u.short: u.id for u in gazetteer.units.values() if u.level == "province" and u.today}
    out: list[Sentence] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        day, province, units, text = line.split("|", 3)
        labels = {_unit(gazetteer, label) for label in units.split(";") if label}
        out.append(Sentence(DAYS[day], None if province == "-" else provinces[province], labels, text, len(out) % 3 == 2))
    return out


def score(places: Places, rows: list[Sentence], show: bool = False) -> dict[str, tuple[float, float]]:
    """(precision, recall) of the chief province, of communes and of districts."""
    counts = {"province": [0, 0, 0], "commune": [0, 0, 0], "district": [0, 0, 0]}
    for row in rows:
        found, province = places.find(row.text, day=row.day)
        got = {"province": {province["code"]} if province else set()}
        want = {"province": {row.province} if row.province else set()}
        for level in ("commune", "district"):
            got[level] = {p["unit"] for p in found if p["level"] == level}
            want[level] = {u for u in row.units if places.gazetteer.units[u].level == level}
        for level, numbers in counts.items():
            numbers[0] += len(got[level] & want[level])
            numbers[1] += len(got[level])
            numbers[2] += len(want[level])
            if show and got[level] != want[level]:
                print(level, "| want", want[level], "| got", got[level], "|", row.text)  # noqa: T201
    return {level: (hit / max(1, said), hit / max(1, true)) for level, (hit, said, true) in counts.items()}
