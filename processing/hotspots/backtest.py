"""Back-test: what would have been raised on stored counts with other settings, before they are switched on.

Counts are taken as stored today (late documents included), so alarms are a little earlier than they were in life; each episode is judged by the
documents of its first days, by the same rules as in life. An alarm is compared with what reviewers decided about the hot-spot.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.db import Connection
from processing.errors import LangNgheError
from processing.hotspots import load, outcome
from processing.hotspots.episodes import budget_rate, episodes, threshold
from processing.hotspots.history import LIVE_DAYS
from processing.hotspots.model import Judged, judge
from processing.hotspots.options import PERIODS, Detection, load_detection
from processing.hotspots.series import Doc, Key, count, mix, tide, usual_volume
from processing.reference import config_file

_NEAR = dt.timedelta(days=3)
_AT_ONCE = 31  # days whose documents are in memory together
_MIX_DAYS = 60

# The last word on each hot-spot, under its own issue or the one that was merged with it since; as in the view signal_precision, what was handed on counts as confirmed.
_DECIDED = """
SELECT series_id, issue_id, first_day, last_day, CASE decision WHEN 'dismiss' THEN decision ELSE 'confirm' END AS decision FROM (
    SELECT DISTINCT ON (f.id) f.series_id, coalesce(x.issue_id, f.issue_id) AS issue_id, f.first_day, f.last_day, r.decision FROM flag f
    LEFT JOIN issue own ON own.id = f.issue_id
    LEFT JOIN issue_alias x ON x.alias = own.public_id
    JOIN review_decision r ON (r.subject_kind = 'flag' AND r.subject_id = f.id) OR (r.subject_kind = 'issue' AND r.subject_id IN (own.id, x.issue_id))
    WHERE f.kind = 'surge' AND r.decision IN ('confirm', 'dismiss', 'assign', 'answered', 'reopen') AND f.last_day BETWEEN %s AND %s
    ORDER BY f.id, r.at DESC, r.id DESC
) AS latest WHERE decision <> 'reopen'"""


@dataclass(frozen=True)
class Alarm:
    """One hot-spot the back-test would have raised: its series, opening day with counts of that day, and main issue as of today."""

    day: dt.date
    series: int
    key: str
    score: float
    observed: int
    expected: float
    issue: int | None = None


@dataclass
class _Counts:
    """Stored counts of every series of a topic in a place, [series, day]."""

    begin: dt.date
    ids: list[int]
    keys: list[Key]
    table: NDArray[np.float64]
    coverage: NDArray[np.float64]


def _read(conn: Connection, first: dt.date, last: dt.date) -> _Counts | None:
    rows = conn.execute(
        """SELECT o.series_id, s.kind, s.topic, s.unit_code, o.day, o.origins, o.coverage FROM observation o JOIN series s ON s.id = o.series_id
           WHERE o.day BETWEEN %s AND %s AND s.kind <> 'issue' ORDER BY o.series_id, o.day""",
        [first, last],
    ).fetchall()
    if not rows:
        return None
    begin = min(r["day"] for r in rows)
    keys = {r["series_id"]: Key(r["kind"], r["topic"], r["unit_code"]) for r in rows}
    index = {series: i for i, series in enumerate(keys)}
    table = np.zeros((len(keys), (last - begin).days + 1))
    coverage = np.ones_like(table)
    for r in rows:
        at = index[r["series_id"]], (r["day"] - begin).days
        table[at], coverage[at] = r["origins"], r["coverage"]
    return _Counts(begin, list(keys), list(keys.values()), table, coverage)


def _episodes(counts: _Counts, judged: Judged, first: dt.date, options: Detection) -> list[tuple[int, int, int]]:
    """(series, first day, last day) as indices, of those that open on `first` or later; the threshold follows how many series were live on the mean day."""
    allowed = counts.coverage >= options.least_coverage
    allowed[:, : options.warm_up_days] = False
    days = range(max(0, (first - counts.begin).days), counts.table.shape[1])
    live = np.mean([(counts.table[:, max(0, t - LIVE_DAYS + 1) : t + 1] > 0).any(axis=1).sum() for t in days])
    start = threshold(options, budget_rate(options, round(float(live))))
    return [
        (s, e.first, e.last)
        for s in map(int, np.flatnonzero((judged.score >= start).any(axis=1)))
        for e in episodes(judged.score[s], allowed[s], start, start * options.end_share, options.quiet_days)
        if counts.begin + dt.timedelta(days=e.first) >= first and counts.table[s, e.first : e.last + 1].sum() >= options.least_origins
    ]


def alarms(conn: Connection, first: dt.date, last: dt.date, options: Detection) -> list[Alarm]:
    """Hot-spots that would have been raised on the local days `first` to `last`, oldest first."""
    counts = _read(conn, first - dt.timedelta(days=options.history_days), last)
    if counts is None:
        return []
    days = [counts.begin + dt.timedelta(days=i) for i in range(counts.table.shape[1])]
    volume = np.array(load.volume(conn, days))
    exposure = counts.coverage * tide(counts.table, volume, usual_volume(days, volume, np.ones(len(days)), 1.0))
    judged = judge(counts.table, exposure, counts.begin.weekday(), PERIODS["day"])
    opened: dict[dt.date, list[tuple[int, int, int]]] = {}
    for episode in _episodes(counts, judged, first, options):
        opened.setdefault(counts.begin + dt.timedelta(days=episode[1]), []).append(episode)
    sources = load.sources(conn, counts.begin, last - dt.timedelta(days=_MIX_DAYS), last)
    rules = _Rules(options, sources, load.provinces(conn, [k.unit for k in counts.keys if k.unit]))
    out: list[Alarm] = []
    left = sorted(opened)
    while left:
        part = [d for d in left if (d - left[0]).days < _AT_ONCE]
        left = left[len(part) :]
        docs = load.documents(conn, part[0], min(last, part[-1] + dt.timedelta(days=options.reconsider_days - 1)))
        cells = count(docs)
        for day in part:
            found = []
            for s, i, j in opened[day]:
                span = range(i, min(j, i + options.reconsider_days - 1) + 1)
                mine = [d for t in span if (cell := cells.get((counts.keys[s], counts.begin + dt.timedelta(days=t)))) for d in cell.docs]
                found.append((_candidate(counts, judged, s, span, mine), s))
            out += [
                Alarm(day, counts.ids[s], str(c.key), c.score, int(counts.table[s, i]), float(judged.expected[s, i]), issue)
                for c, issue, s in rules.raised(found, docs)
                for i in [(day - counts.begin).days]
            ]
    return sorted(out, key=lambda a: (a.day, -a.score, a.key))


def _candidate(counts: _Counts, judged: Judged, s: int, span: range, docs: list[Doc]) -> outcome.Candidate:
    peak = max(span, key=lambda t: (judged.score[s, t], -t))
    excess = float(counts.table[s, span.start : span.stop].sum() - judged.expected[s, span.start : span.stop].sum())
    day = [counts.begin + dt.timedelta(days=t) for t in (span.start, span.stop - 1, peak)]
    return outcome.Candidate(
        counts.keys[s], day[0], day[1], day[2], float(judged.score[s, peak]), float(judged.expected[s, peak]), float(judged.ratio[s, peak]), docs, excess
    )


class _Rules:
    """What turns episodes into hot-spots, with what has been raised so far."""

    def __init__(self, options: Detection, sources: load.Sources, province_of: dict[str, str]) -> None:
        began: dict[int, dt.date] = {}
        for source, day in sources.published:
            began[source] = min(day, began.get(source, day))
        self.options, self.setting = options, outcome.Setting(sources, began, mix(sources.by_place), province_of)
        self.taken: dict[int, dt.date] = {}

    def raised(self, found: list[tuple[outcome.Candidate, int]], docs: list[Doc]) -> list[tuple[outcome.Candidate, int | None, int]]:
        """Of the episodes that open on one day those that are surges, one row for each hot-spot: (candidate, main issue, series)."""
        surges = [(c, outcome.main_issue(c.docs)) for c, _ in found if self.setting.kind(c, docs, self.options) == "surge"]
        lately = {issue for issue, day in self.taken.items() if found and found[0][0].first - day <= dt.timedelta(days=self.options.quiet_days)}
        kept = outcome.one_row_each(surges, lately, self.setting.province_of, self.options.explained_share)
        self.taken |= {issue: candidate.last for candidate, issue in kept if issue is not None}
        series = {id(candidate): s for candidate, s in found}
        return [(candidate, issue, series[id(candidate)]) for candidate, issue in kept]


def backtest(conn: Connection, first: dt.date, last: dt.date, options: Detection | None = None) -> Iterator[str]:
    """Lines for a person: alarms by day, alarms a day, and how they compare with what reviewers decided. Raises LangNgheError for days in the wrong order."""
    if first > last:
        raise LangNgheError(f"--from {first} is after --to {last}", "name the earlier day first")
    chosen = options or load_detection(config_file("detection.toml"))
    stored = conn.execute("SELECT min(day) AS first, max(day) AS last FROM observation").fetchone()
    assert stored is not None
    if stored["first"] is None:
        yield "no counts are stored yet"
        return
    # A history's first days only teach, and days without counts raise nothing: neither may thin out the alarms a day.
    first, last = max(first, stored["first"] + dt.timedelta(days=chosen.warm_up_days)), min(last, stored["last"])
    days = (last - first).days + 1
    if days < 1:
        yield f"nothing to judge: counts are stored from {stored['first']} to {stored['last']}, and the first {chosen.warm_up_days} days only teach"
        return
    found = alarms(conn, first, last, chosen)
    for alarm in found:
        yield f"{alarm.day}  score {alarm.score:6.2f}  observed {alarm.observed:4d}  expected {alarm.expected:7.2f}  {alarm.key}"
    yield f"alarms: {len(found)} on {days} days judged, {first} to {last}: {len(found) / days:.2f} a day (budget {chosen.alerts_a_day})"
    decided = conn.execute(_DECIDED, [first, last]).fetchall()
    if not decided:
        yield "no decision of a reviewer in these days to compare with"
        return
    delays = []
    again = {"confirm": 0, "dismiss": 0}
    matched: set[Alarm] = set()
    for flag in decided:
        near = [
            a for a in found
            if (a.series == flag["series_id"] or (a.issue is not None and a.issue == flag["issue_id"]))
            and flag["first_day"] - _NEAR <= a.day <= flag["last_day"] + _NEAR
        ]  # fmt: skip
        matched |= set(near)
        if near:
            again[flag["decision"]] += 1
            if flag["decision"] == "confirm":
                delays.append((min(a.day for a in near) - flag["first_day"]).days)
    for decision, words in (("confirm", "confirmed hot-spots found again"), ("dismiss", "dismissed ones raised again")):
        yield f"{words}: {again[decision]} of {sum(1 for f in decided if f['decision'] == decision)}"
    yield f"false alarms a day, as far as decided: {again['dismiss'] / days:.2f}; alarms nobody has decided on: {len(found) - len(matched)}"
    if delays:
        yield f"mean delay against their first day: {sum(delays) / len(delays):.1f} days"
