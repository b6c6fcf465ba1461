"""Back-test: what would have been raised on stored counts with other settings, before they are switched on.

Counts are taken as stored today (late documents included), so alarms are a little earlier than they were in life. An alarm is compared
with what reviewers decided about flags of the same series around the same day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from processing.db import Connection
from processing.hotspots.episodes import budget_rate, episodes, threshold
from processing.hotspots.model import judge
from processing.hotspots.options import PERIODS, Detection, load_detection
from processing.reference import config_file

_NEAR = dt.timedelta(days=3)


@dataclass(frozen=True)
class Alarm:
    """One alarm of the back-test."""

    day: dt.date
    series: int
    key: str
    score: float
    observed: int
    expected: float


def alarms(conn: Connection, first: dt.date, last: dt.date, options: Detection) -> list[Alarm]:
    """Episodes that would have opened on the local days `first` to `last`, oldest first."""
    start_day = first - dt.timedelta(days=options.history_days)
    rows = conn.execute(
        """SELECT o.series_id, s.key, o.day, o.origins, o.coverage FROM observation o JOIN series s ON s.id = o.series_id
           WHERE o.day BETWEEN %s AND %s AND s.kind <> 'issue' ORDER BY o.series_id, o.day""",
        [start_day, last],
    ).fetchall()
    if not rows:
        return []
    begin = min(r["day"] for r in rows)
    names = {r["series_id"]: r["key"] for r in rows}
    index = {series: i for i, series in enumerate(names)}
    counts = np.zeros((len(names), (last - begin).days + 1))
    coverage = np.ones_like(counts)
    for r in rows:
        at = index[r["series_id"]], (r["day"] - begin).days
        counts[at], coverage[at] = r["origins"], r["coverage"]
    judged = judge(counts, coverage, begin.weekday(), PERIODS["day"])
    start = threshold(options, budget_rate(options, len(names)))
    allowed = coverage >= options.least_coverage
    allowed[:, : options.warm_up_days] = False
    out = []
    for series, i in index.items():
        for episode in episodes(judged.score[i], allowed[i], start, start * options.end_share, options.quiet_days):
            day = begin + dt.timedelta(days=episode.first)
            if day >= first and counts[i, episode.first : episode.last + 1].sum() >= options.least_origins:
                out.append(
                    Alarm(day, series, names[series], float(judged.score[i, episode.first]), int(counts[i, episode.first]), float(judged.expected[i, episode.first]))
                )
    return sorted(out, key=lambda a: (a.day, -a.score, a.key))


def backtest(conn: Connection, first: dt.date, last: dt.date, options: Detection | None = None) -> Iterator[str]:
    """Lines for a person: alarms by day, alarms a day, and how they compare with what reviewers decided."""
    chosen = options or load_detection(config_file("detection.toml"))
    found = alarms(conn, first, last, chosen)
    for alarm in found:
        yield f"{alarm.day}  score {alarm.score:6.2f}  observed {alarm.observed:4d}  expected {alarm.expected:7.2f}  {alarm.key}"
    days = (last - first).days + 1
    yield f"{len(found)} alarms in {days} days: {len(found) / days:.2f} a day (budget {chosen.alerts_a_day})"
    decided = conn.execute(
        """SELECT DISTINCT ON (f.id) f.series_id, f.first_day, f.last_day, r.decision FROM flag f
           JOIN review_decision r ON (r.subject_kind = 'flag' AND r.subject_id = f.id) OR (r.subject_kind = 'issue' AND r.subject_id = f.issue_id)
           WHERE f.kind = 'surge' AND r.decision IN ('confirm', 'dismiss') AND f.last_day BETWEEN %s AND %s ORDER BY f.id, r.at DESC""",
        [first, last],
    ).fetchall()
    if not decided:
        yield "no decision of a reviewer in these days to compare with"
        return
    delays = []
    again = {"confirm": 0, "dismiss": 0}
    for flag in decided:
        near = [a.day for a in found if a.series == flag["series_id"] and flag["first_day"] - _NEAR <= a.day <= flag["last_day"] + _NEAR]
        if near:
            again[flag["decision"]] += 1
            if flag["decision"] == "confirm":
                delays.append((min(near) - flag["first_day"]).days)
    for decision, words in (("confirm", "confirmed hot-spots found again"), ("dismiss", "dismissed ones raised again")):
        yield f"{words}: {again[decision]} of {sum(1 for f in decided if f['decision'] == decision)}"
    if delays:
        yield f"mean delay against their first day: {sum(delays) / len(delays):.1f} days"
