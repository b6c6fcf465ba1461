"""From documents to counts: independent origins per series and local day, and the share of sources that were alive.

Pure functions; store.py reads the rows. A *series* is a topic in a commune, a topic in a province, or an issue. Topic `other` has none
(SCOPE S4), and checks published by fact-checkers are not counted: they answer a concern and are none.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from processing.zone import LOCAL

_SILENT = 5.0  # documents due while a source was silent, from which its silence counts as an outage: exp(-5) = 0.7 %
_USUAL_DAYS = 56  # days the usual volume is learned from
_SETTLED = 14  # days it takes before a volume says anything
_WEEKS = 4  # occurrences of a weekday before its share is believed
_FEW = 10.0  # documents a day: about so many are needed before a day's volume says anything
_SHRINK = 20.0  # documents: weight of the general mix of sources in the mix of one province


@dataclass(frozen=True)
class Doc:
    """What counting needs of one document. `day` is local; `origin` is shared by copies; `owner` publishes the source."""

    id: int
    source_id: int
    owner: str
    day: dt.date
    topic: str
    province: str | None
    communes: tuple[str, ...]
    origin: int
    story: int | None
    issue: int | None
    undated: bool = False


@dataclass(frozen=True)
class Key:
    """Identity of a series; `str()` is what table `series` stores."""

    kind: str
    topic: str
    unit: str | None = None
    issue: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.topic}:{self.unit or self.issue}" if self.kind != "issue" else f"issue:{self.issue}"


def keys_of(doc: Doc) -> list[Key]:
    """The series a document counts for."""
    if doc.topic == "other":
        return []
    keys = [Key("topic_commune", doc.topic, unit) for unit in doc.communes]
    if doc.province:
        keys.append(Key("topic_province", doc.topic, doc.province))
    if doc.issue is not None:
        keys.append(Key("issue", doc.topic, issue=doc.issue))
    return keys


def independent(docs: Iterable[Doc]) -> list[list[Doc]]:
    """Documents of one day grouped by independent origin: copies of one text, and what one owner writes on one story, count once."""
    parent: dict[object, object] = {}

    def root(x: object) -> object:
        parent.setdefault(x, x)
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    ordered = sorted(docs, key=lambda d: d.id)
    for doc in ordered:
        mine = root(("origin", doc.origin))
        if doc.story is not None:
            other = root(("owner", doc.owner, doc.story))
            parent[other] = mine
    groups: dict[object, list[Doc]] = defaultdict(list)
    for doc in ordered:
        groups[root(("origin", doc.origin))].append(doc)
    return list(groups.values())


@dataclass
class Cell:
    """One series on one day."""

    docs: list[Doc] = field(default_factory=list)

    @property
    def origins(self) -> int:
        return len(independent(self.docs))


def count(docs: Iterable[Doc]) -> dict[tuple[Key, dt.date], Cell]:
    """Cells of every series and day the documents touch."""
    cells: dict[tuple[Key, dt.date], Cell] = defaultdict(Cell)
    for doc in docs:
        for key in keys_of(doc):
            cells[key, doc.day].docs.append(doc)
    return dict(cells)


def alive(
    days: Sequence[dt.date], published: Mapping[tuple[int, dt.date], int], fetched: Mapping[tuple[int, dt.date], bool], sources: Iterable[int]
) -> dict[int, list[bool]]:
    """Whether each source was heard on each day of `days` (consecutive, oldest first).

    A day with a document is alive. Without one it is not alive where every fetch failed, or where the source has been silent for so
    long that five documents were due (imported history has no fetches: there silence alone tells). Days before a source's first
    document or good fetch are not alive: the source was not there yet.
    """
    out: dict[int, list[bool]] = {}
    for source in sources:
        counts = [published.get((source, day), 0) for day in days]
        good = [fetched.get((source, day)) for day in days]
        begins = next((i for i, (n, ok) in enumerate(zip(counts, good, strict=True)) if n or ok), len(days))
        active = sum(1 for n in counts if n)
        rate = sum(counts) / max(active, (len(days) - begins) * 0.5, 1)
        row = [False] * len(days)
        silent: list[int] = []
        for i in range(begins, len(days)):
            if counts[i]:
                row[i] = True
                silent = []
                continue
            silent.append(i)
            row[i] = good[i] is not False
            if rate * len(silent) >= _SILENT:
                for j in silent:
                    row[j] = False
        out[source] = row
    return out


def mix(documents: Mapping[tuple[int, str | None], int]) -> dict[str | None, dict[int, float]]:
    """Share of each source in what is written about each province (None: in general), shrunk towards the general mix."""
    total: dict[int, float] = defaultdict(float)
    by_place: dict[str | None, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for (source, place), n in documents.items():
        total[source] += n
        if place is not None:
            by_place[place][source] += n
    everything = sum(total.values()) or 1.0
    general = {source: n / everything for source, n in total.items()}
    out: dict[str | None, dict[int, float]] = {None: general}
    for place, counts in by_place.items():
        size = sum(counts.values()) + _SHRINK
        out[place] = {source: (counts.get(source, 0.0) + _SHRINK * share) / size for source, share in general.items()}
    return out


def coverage(weights: Mapping[int, float], living: Mapping[int, Sequence[bool]], days: int) -> list[float]:
    """Share of the usual sources heard on each day, 0 to 1; 1 where no source is known yet."""
    if not weights:
        return [1.0] * days
    size = sum(weights.values())
    return [min(1.0, sum(w for s, w in weights.items() if living.get(s, [False] * days)[i]) / size) for i in range(days)]


def usual_volume(days: Sequence[dt.date], total: NDArray[np.float64], heard: NDArray[np.float64], part: float) -> NDArray[np.float64]:
    """How many counts of all topics together each day usually brings, given the share of sources `heard`; NaN while too little is known.

    A trailing mean times the weekday's share. `total` counts what has a topic of ours, so that comment on anything else weighs nothing (SCOPE S4).
    `part` of the last day is expected.
    """
    weekday = np.array([day.weekday() for day in days])
    level = total / np.maximum(heard, 0.2)
    mean = max(float(level[:-1].mean()), 1e-9) if len(days) > 1 else 1.0
    rhythm = np.array([_share(level[:-1][weekday[:-1] == w], mean) for w in range(7)])[weekday]
    due = np.full(len(days), np.nan)
    begins = int(np.flatnonzero(total)[0]) if total.any() else len(days)
    for t in range(begins + _SETTLED, len(days)):
        past = slice(max(begins, t - _USUAL_DAYS), t)
        due[t] = level[past].sum() / rhythm[past].sum() * rhythm[t] * heard[t] * (part if t == len(days) - 1 else 1.0)
    return due


def _share(of_weekday: NDArray[np.float64], mean: float) -> float:
    return max(0.1, float(of_weekday.mean()) / mean) if len(of_weekday) >= _WEEKS else 1.0


def tide(counts: NDArray[np.float64], total: NDArray[np.float64], due: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the usual volume that was published on each day beside a series' own counts, [series, day], 0.1 to 1.5; few documents say little.

    At Tết desks print a sixth of the usual, afterwards more than usual; counts of a series rise and fall with them.
    """
    usual = counts.mean(axis=1, keepdims=True)
    share = (np.maximum(total - counts, 0.0) + _FEW) / (np.maximum(due - usual, 0.0) + _FEW)
    limited: NDArray[np.float64] = np.where(np.isnan(share), 1.0, np.clip(share, 0.1, 1.5))
    return limited


def part_of_day(now: dt.datetime) -> tuple[dt.date, float]:
    """The local day of `now`, and the share of its news that is out by now: by the clock, plus a quarter, since expecting too much of
    a young day would call it quiet and expecting too little would call it a surge."""
    local = now.astimezone(LOCAL)
    share = (local.hour * 60 + local.minute) / 1440
    return local.date(), min(1.0, 0.25 + share)


def poisson_limit(mean: float, sds: float = 5.0) -> float:
    """A count that a source with `mean` documents a day does not reach by chance (variance three times the mean: days differ)."""
    return mean + sds * math.sqrt(3 * max(mean, 0.5))
