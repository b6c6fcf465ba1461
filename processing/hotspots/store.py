"""The hot-spot stage: recount the days that changed, judge the latest ones, keep flags and their mails up to date.

One transaction, one writer (advisory lock). Everything is recomputed from stored documents, so a run that is killed and started again
leaves the same rows, and late documents count on the day they were published.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from processing.db import Connection
from processing.db.retention import TEXT
from processing.db.work import StageStats
from processing.hotspots import load
from processing.hotspots.flags import flag_blind_days, raise_flags
from processing.hotspots.history import History, read_history
from processing.hotspots.model import tail, upper_limit
from processing.hotspots.options import Detection, load_detection
from processing.hotspots.series import Cell, Doc, Key, count, part_of_day
from processing.reference import config_file
from processing.zone import local_day

_LOCK = 7_205_110_003


def run(conn: Connection, *, limit: int = 31, now: dt.datetime, options: Detection | None = None) -> StageStats:
    """Recount the local days that changed (at most `limit` of them in memory at a time), judge, flag, enqueue mails. Commits.

    `done` counts the flags written; `retry` is 1 where another run holds the lock.
    """
    settings = options or load_detection(config_file("detection.toml"))
    locked = conn.execute("SELECT pg_try_advisory_xact_lock(%s) AS got", [_LOCK]).fetchone()
    if not locked or not locked["got"]:
        conn.rollback()
        return StageStats(retry=1)
    today, _ = part_of_day(now)
    window = [today - dt.timedelta(days=i) for i in range(settings.reconsider_days)]
    changed = load.changed_days(conn, today - dt.timedelta(days=settings.history_days), today)
    recount(conn, sorted({*changed, *window}), now, limit)
    history = read_history(conn, settings, now)
    stats = StageStats()
    if history is not None:
        _write_observations(conn, history, window, now)
        stats.done = raise_flags(conn, history, settings, window, now) + flag_blind_days(conn, history, settings, window, now)
    load.looked(conn, now)
    conn.commit()
    return stats


def recount(conn: Connection, days: Sequence[dt.date], now: dt.datetime, at_once: int = 31) -> None:
    """Replace the counts of `days` by what the stored documents say today, reading the documents of `at_once` days at a time.

    Of a day from before the time for which texts are kept (SCOPE S14) most documents cannot be read any more: its counts can only grow.
    """
    conn.execute("SELECT ensure_months('observation', %s, %s)", [min(days), max(days)])
    whole = local_day(now - TEXT) + dt.timedelta(days=1)
    for first, last in _runs(days, max(1, at_once)):
        load.count_sources(conn, first, last)
        _write_counts(conn, first, last, whole, count(load.documents(conn, first, last)), now)
    conn.execute(
        """DELETE FROM observation o WHERE day = ANY(%s) AND origins = 0
           AND NOT EXISTS (SELECT FROM flag f WHERE f.series_id = o.series_id AND o.day BETWEEN f.first_day AND f.last_day)
           AND NOT EXISTS (SELECT FROM observation p WHERE p.series_id = o.series_id AND p.day = ANY(%s) AND p.origins > 0)""",
        [list(days), list(days)],
    )


def _runs(days: Sequence[dt.date], longest: int) -> list[tuple[dt.date, dt.date]]:
    """Days as stretches without holes, of at most `longest` days."""
    out: list[tuple[dt.date, dt.date]] = []
    for day in sorted(days):
        if out and day - out[-1][1] == dt.timedelta(days=1) and (day - out[-1][0]).days < longest:
            out[-1] = (out[-1][0], day)
        else:
            out.append((day, day))
    return out


def _write_counts(conn: Connection, first: dt.date, last: dt.date, whole: dt.date, cells: dict[tuple[Key, dt.date], Cell], now: dt.datetime) -> None:
    """Store the counts of a stretch of days; what is as it was stays untouched, and from `whole` on what is no longer counted becomes 0."""
    keys = sorted({key for key, _ in cells}, key=str)
    names = [str(key) for key in keys]
    conn.execute(
        """INSERT INTO series (key, kind, topic, unit_code, issue_id)
           SELECT k, i, t, u, n FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[]) AS new(k, i, t, u, n)
           WHERE NOT EXISTS (SELECT FROM series s WHERE s.key = k) ON CONFLICT (key) DO NOTHING""",
        [names, [k.kind for k in keys], [k.topic for k in keys], [k.unit for k in keys], [k.issue for k in keys]],
    )
    ids = {r["key"]: r["id"] for r in conn.execute("SELECT id, key FROM series WHERE key = ANY(%s)", [names])}
    known = {key: ids[name] for key, name in zip(keys, names, strict=True)}
    # An issue's series keeps one key while its documents may differ in topic.
    totals: dict[tuple[int, dt.date], list[Doc]] = {}
    for (key, day), cell in cells.items():
        totals.setdefault((known[key], day), []).extend(cell.docs)
    rows = sorted((series, day, Cell(docs).origins, len(docs)) for (series, day), docs in totals.items())
    columns = [[row[i] for row in rows] for i in range(4)]
    conn.execute(
        """UPDATE observation o SET origins = 0, documents = 0, counted_at = %s WHERE day BETWEEN %s AND %s AND origins > 0
           AND NOT EXISTS (SELECT FROM unnest(%s::bigint[], %s::date[]) AS t(s, d) WHERE s = o.series_id AND d = o.day)""",
        [now, max(first, whole), last, *columns[:2]],
    )
    conn.execute(
        """INSERT INTO observation AS o (series_id, day, origins, documents, coverage, counted_at)
           SELECT s, d, n, m, 1, %s FROM unnest(%s::bigint[], %s::date[], %s::int[], %s::int[]) AS t(s, d, n, m)
           ON CONFLICT (series_id, day) DO UPDATE SET origins = excluded.origins, documents = excluded.documents, counted_at = excluded.counted_at
           WHERE (o.origins, o.documents) <> (excluded.origins, excluded.documents) AND (o.day >= %s OR excluded.origins > o.origins)""",
        [now, *columns, whole],
    )


def _write_observations(conn: Connection, history: History, window: Sequence[dt.date], now: dt.datetime) -> None:
    """Store what the latest days were judged, zeros included, and the coverage they were judged with."""
    judged = history.judged
    at = [(day - history.days[0]).days for day in window if day >= history.days[0]]
    known, counts = judged.known[:, at], history.counts[:, at]
    expected, ratio = judged.expected[:, at], judged.ratio[:, at]
    values = (expected, upper_limit(expected, ratio), tail(counts, expected, ratio), judged.score[:, at])
    columns = [
        [series for series in history.ids for _ in at],
        [history.days[t] for t in at] * len(history.ids),
        history.coverage[:, at].ravel().tolist(),
        *(np.where(known, value, np.nan).ravel().tolist() for value in values),
        judged.burst[:, at].ravel().tolist(),
    ]
    conn.execute(
        """INSERT INTO observation AS o (series_id, day, origins, documents, coverage, expected, upper, p_value, score, burst, counted_at)
           SELECT s, d, 0, 0, c, nullif(e, 'NaN'), nullif(u, 'NaN'), nullif(p, 'NaN'), nullif(k, 'NaN'), b, %s FROM unnest(%s::bigint[], %s::date[], %s::real[], %s::real[], %s::real[], %s::float8[], %s::float8[],
               %s::real[]) AS t(s, d, c, e, u, p, k, b)
           ON CONFLICT (series_id, day) DO UPDATE SET coverage = excluded.coverage, expected = excluded.expected, upper = excluded.upper,
               p_value = excluded.p_value, score = excluded.score, burst = excluded.burst, counted_at = excluded.counted_at
           WHERE (o.coverage, o.expected, o.upper, o.p_value, o.score, o.burst)
               IS DISTINCT FROM (excluded.coverage, excluded.expected, excluded.upper, excluded.p_value, excluded.score, excluded.burst)""",
        [now, *columns],
    )
