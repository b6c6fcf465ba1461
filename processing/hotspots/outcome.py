"""Surge, source artefact or nothing: what an episode of unusual counts is, judged from who published it.

A source is *suspect* on a day when it is new, when it could not be read that day and filled the day in later, when it floods (its documents
on other topics are far beyond its usual total: a re-dated or duplicated feed), or when most of its documents bear no date of their own.
An episode that does not stand without the suspect sources is a source artefact and is never mailed as an issue.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from processing.hotspots.load import Sources
from processing.hotspots.model import tail
from processing.hotspots.options import Detection
from processing.hotspots.series import Doc, Key, independent, poisson_limit

_USUAL_DAYS = 28
_STANDS = 0.01  # p-value an episode must still have without the suspect sources
_DOMINANT = 0.3  # share of an episode's origins that its main issue must hold


@dataclass
class Candidate:
    """An episode of one series: days, counts of its peak day, and the documents behind it."""

    key: Key
    first: dt.date
    last: dt.date
    peak: dt.date
    score: float
    expected: float
    ratio: float
    docs: list[Doc]
    excess: float = 0.0

    def peak_docs(self) -> list[Doc]:
        return [d for d in self.docs if d.day == self.peak]


def suspects(
    day: dt.date, topic: str, docs: Iterable[Doc], active: Sources, began: Mapping[int, dt.date], options: Detection
) -> dict[int, str]:
    """Suspect sources of a day, as source id → why. `docs` are all documents around that day; `began` is each source's first day."""
    out: dict[int, str] = {}
    today = [d for d in docs if d.day == day]
    for source in {d.source_id for d in today}:
        mine = [d for d in today if d.source_id == source]
        if began.get(source, day) > day - dt.timedelta(days=options.new_source_days):
            out[source] = "new source"
            continue
        if active.fetched.get((source, day)) is False:
            out[source] = "back-fill of a day on which it could not be read"
            continue
        usual = sum(active.published.get((source, day - dt.timedelta(days=i)), 0) for i in range(1, _USUAL_DAYS + 1)) / _USUAL_DAYS
        others = sum(1 for d in mine if d.topic != topic)
        undated = sum(1 for d in mine if d.undated)
        if others >= 5 and others > poisson_limit(usual):
            out[source] = "flood: back-fill, re-dated or duplicated feed"
        elif undated >= 3 and undated > len(mine) / 2:
            out[source] = "documents without a date of their own"
    return out


def decide(candidate: Candidate, suspect: Mapping[int, str], weights: Mapping[int, float], options: Detection) -> str | None:
    """'surge', 'source_artefact', or None where too few independent origins speak of it. `weights`: usual share of each source."""
    groups = independent(candidate.docs)
    if len(groups) < options.least_origins:
        return None
    # In one commune few documents may meet by chance; across a province, more of them do, and two may look like one matter.
    wide = candidate.key.kind == "topic_province"
    enough = options.unrelated_in_province if wide else options.unrelated_origins
    related = _told_twice(groups, options.least_origins if wide else 2)
    if not related and (len(groups) < enough or candidate.score < options.unrelated_score):
        return None
    if not suspect:
        return "surge" if _owners(groups) >= options.least_owners else None
    clean = independent(d for d in candidate.docs if d.source_id not in suspect)
    peak = independent(d for d in candidate.peak_docs() if d.source_id not in suspect)
    share = 1 - sum(weights.get(s, 0.0) for s in suspect) / max(sum(weights.values()), 1e-9)
    mean = np.array([max(candidate.expected * share, 0.05)])
    p = float(tail(np.array([float(len(peak))]), mean, np.array([max(candidate.ratio, 1.02)]))[0])
    stands = len(clean) >= options.least_origins and _owners(clean) >= options.least_owners and p < _STANDS
    return "surge" if stands else "source_artefact"


@dataclass
class Setting:
    """What an episode is judged before: how each source usually behaves, its share of what is written about each province, and where units lie."""

    sources: Sources
    began: Mapping[int, dt.date]
    weights: Mapping[str | None, Mapping[int, float]]
    province_of: Mapping[str, str]

    def kind(self, candidate: Candidate, docs: Sequence[Doc], options: Detection) -> str | None:
        """As `decide`, with the suspect sources of the episode's days; `docs` are all documents around them."""
        doubtful: dict[int, str] = {}
        for day in {d.day for d in candidate.docs}:
            doubtful |= suspects(day, candidate.key.topic, docs, self.sources, self.began, options)
        province = self.province_of.get(candidate.key.unit or "", candidate.key.unit)
        return decide(candidate, doubtful, self.weights.get(province, self.weights[None]), options)


def _owners(groups: Iterable[Sequence[Doc]]) -> int:
    """Different owners among independent origins: each origin is credited to whoever had it first."""
    return len({group[0].owner for group in groups})


def _told_twice(groups: Iterable[Sequence[Doc]], origins: int) -> bool:
    """Whether two owners, in at least so many independent origins, write about one and the same issue."""
    owners: dict[int, set[str]] = {}
    told: Counter[int] = Counter()
    for group in groups:
        for doc in group:
            if doc.issue is not None:
                owners.setdefault(doc.issue, set()).add(doc.owner)
        told.update({doc.issue for doc in group if doc.issue is not None})
    return any(len(names) >= 2 and told[issue] >= origins for issue, names in owners.items())


def main_issue(docs: Iterable[Doc]) -> int | None:
    """The issue most origins of an episode belong to, if it holds enough of them."""
    groups = independent(docs)
    issues = Counter(group[0].issue for group in groups if group[0].issue is not None)
    if not issues:
        return None
    issue, n = max(issues.items(), key=lambda item: (item[1], -(item[0] or 0)))
    return issue if n >= _DOMINANT * len(groups) else None


def one_row_each(candidates: Sequence[tuple[Candidate, int | None]], taken: set[int], province_of: Mapping[str, str], share: float) -> list[tuple[Candidate, int | None]]:
    """Of candidates (with their main issue) keep one per hot-spot: communes before provinces before issues, higher score first.

    A candidate is dropped when its issue is flagged already (`taken`), and a province when its communes explain `share` of its excess.
    """
    order = {"topic_commune": 0, "topic_province": 1, "issue": 2}
    kept: list[tuple[Candidate, int | None]] = []
    seen = set(taken)
    for candidate, issue in sorted(candidates, key=lambda c: (order[c[0].key.kind], -c[0].score, str(c[0].key))):
        if issue is not None and issue in seen:
            continue
        if candidate.key.kind == "topic_province":
            inside = [
                c.excess
                for c, _ in candidates
                if c.key.kind == "topic_commune" and c.key.topic == candidate.key.topic and province_of.get(c.key.unit or "") == candidate.key.unit
            ]
            if inside and sum(inside) >= share * candidate.excess:
                continue
        kept.append((candidate, issue))
        if issue is not None:
            seen.add(issue)
    return kept
