"""Counts and coverage of the series that could alarm now, and what the filter says of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from processing.db import Connection
from processing.hotspots import load
from processing.hotspots.model import Judged, judge
from processing.hotspots.options import PERIODS, Detection
from processing.hotspots.series import Key, alive, coverage, mix, part_of_day, tide, usual_volume

_MIX_DAYS = 60
LIVE_DAYS = 28


@dataclass
class History:
    """Counts and coverage of the series that could alarm now, [series, day], and what they were judged."""

    days: list[dt.date]
    ids: list[int]
    keys: list[Key]
    counts: NDArray[np.float64]
    coverage: NDArray[np.float64]
    exposure: NDArray[np.float64]
    live: int
    judged: Judged
    sources: load.Sources
    weights: dict[str | None, dict[int, float]] = field(default_factory=dict)
    began: dict[int, dt.date] = field(default_factory=dict)
    province_of: dict[str, str] = field(default_factory=dict)


def read_history(conn: Connection, options: Detection, now: dt.datetime) -> History | None:
    """Judge every series with a document, or an open flag, in the latest days; None where nothing was ever counted."""
    today, share = part_of_day(now)
    recent = today - dt.timedelta(days=options.reconsider_days - 1)
    row = conn.execute("SELECT min(day) AS first FROM observation WHERE day >= %s", [today - dt.timedelta(days=options.history_days)]).fetchone()
    if row is None or row["first"] is None:
        return None
    days = [row["first"] + dt.timedelta(days=i) for i in range((today - row["first"]).days + 1)]
    series = conn.execute(
        """SELECT id, kind, topic, unit_code, issue_id FROM series WHERE id IN (
               SELECT series_id FROM observation WHERE day >= %(recent)s AND origins > 0
               UNION SELECT series_id FROM flag WHERE last_day >= %(recent)s
               UNION SELECT o.series_id FROM observation o JOIN series p ON p.id = o.series_id AND p.kind = 'topic_province'
                     WHERE o.day > %(month)s GROUP BY 1 HAVING sum(o.origins) >= %(daily)s) ORDER BY id""",
        {"recent": recent, "month": today - dt.timedelta(days=LIVE_DAYS), "daily": LIVE_DAYS},
    ).fetchall()
    live = conn.execute(
        "SELECT count(DISTINCT series_id) AS n FROM observation WHERE day > %s AND origins > 0", [today - dt.timedelta(days=LIVE_DAYS)]
    ).fetchone()
    counts = np.zeros((len(series), len(days)))
    for s, stored in load.counts(conn, [s["id"] for s in series], days[0], today):
        counts[s, stored[:, 0]] = stored[:, 1]
    sources = load.sources(conn, days[0], today - dt.timedelta(days=_MIX_DAYS), today)
    weights = mix(sources.by_place)
    living = alive(days, sources.published, sources.fetched, weights[None])
    places = load.provinces(conn, [s["unit_code"] for s in series if s["unit_code"]])
    rows = {place: np.array(coverage(w, living, len(days))) for place, w in weights.items()}
    table = np.array([rows.get(places.get(s["unit_code"] or "", s["unit_code"]), rows[None]) for s in series]).reshape(len(series), len(days))
    # A new issue is news by definition: its series begins with its first document, so that only one that returns or grows can alarm.
    for s, row in enumerate(series):
        if row["kind"] == "issue" and counts[s].any():
            table[s, : int(np.flatnonzero(counts[s])[0])] = 0.0
    volume = np.array(load.volume(conn, days))
    due = usual_volume(days, volume, rows[None], share)
    level = tide(counts, volume, due)
    if share < 1:  # a morning with little news yet is no day with little news: expecting too little would call it a surge
        level[:, -1] = np.maximum(level[:, -1], 1.0)
    exposure = table * level
    exposure[:, -1] *= share
    began: dict[int, dt.date] = {}
    for source, day in sources.published:
        began[source] = min(day, began.get(source, day))
    return History(
        days, [s["id"] for s in series], [Key(s["kind"], s["topic"], s["unit_code"], s["issue_id"]) for s in series], counts, table, exposure,
        live["n"] if live else 0, judge(counts, exposure, days[0].weekday(), PERIODS["day"]), sources, weights, began, places,
    )  # fmt: skip
