"""The hot-spot stage: recount the days that changed, judge the latest ones, keep flags and their mails up to date.

One transaction, one writer (advisory lock). Everything is recomputed from stored documents, so a run that is killed and started again
leaves the same rows, and late documents count on the day they were published.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from psycopg.types.json import Jsonb

from processing.alerts import outbox
from processing.db import Connection
from processing.db.work import StageStats
from processing.hotspots import load, outcome
from processing.hotspots.card import rank, recompute
from processing.hotspots.episodes import budget_rate, episodes, threshold
from processing.hotspots.model import Judged, judge
from processing.hotspots.options import METHOD, PERIODS, Detection, load_detection
from processing.hotspots.series import Cell, Doc, Key, alive, count, coverage, mix, part_of_day
from processing.reference import config_file

_LOCK = 7_205_110_003
_MIX_DAYS = 60
_LIVE_DAYS = 28
_EVIDENCE_DAYS = 21  # days of documents read to explain an episode; a longer one is explained by its latest days


@dataclass
class History:
    """Counts and coverage of the series that could alarm now, [series, day], and what they were judged."""

    days: list[dt.date]
    ids: list[int]
    keys: list[Key]
    counts: np.ndarray
    coverage: np.ndarray
    exposure: np.ndarray
    live: int
    judged: Judged
    sources: load.Sources
    weights: dict[str | None, dict[int, float]] = field(default_factory=dict)
    began: dict[int, dt.date] = field(default_factory=dict)
    province_of: dict[str, str] = field(default_factory=dict)


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
    changed = [d for d in load.changed_days(conn, today - dt.timedelta(days=settings.history_days)) if d <= today]
    recount(conn, sorted({*changed, *window}), now, limit)
    history = read_history(conn, settings, now)
    stats = StageStats()
    if history is not None:
        _write_observations(conn, history, window, now)
        stats.done = _flag(conn, history, settings, window, now) + _blind(conn, history, settings, window, now)
    conn.commit()
    return stats


def recount(conn: Connection, days: Sequence[dt.date], now: dt.datetime, at_once: int = 31) -> None:
    """Replace the counts of `days` by what the stored documents say today, reading the documents of `at_once` days at a time."""
    conn.execute("SELECT ensure_months('observation', %s, %s)", [min(days), max(days)])
    conn.execute("UPDATE observation SET origins = 0, documents = 0, counted_at = %s WHERE day = ANY(%s)", [now, list(days)])
    for first, last in _runs(days, max(1, at_once)):
        cells = count(load.documents(conn, first, last))
        if cells:
            _write_counts(conn, cells, now)
    conn.execute(
        """DELETE FROM observation o WHERE day = ANY(%s) AND origins = 0
           AND NOT EXISTS (SELECT FROM flag f WHERE f.series_id = o.series_id AND o.day BETWEEN f.first_day AND f.last_day)""",
        [list(days)],
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


def _write_counts(conn: Connection, cells: dict[tuple[Key, dt.date], Cell], now: dt.datetime) -> None:
    keys = sorted({key for key, _ in cells}, key=str)
    conn.execute(
        """INSERT INTO series (key, kind, topic, unit_code, issue_id)
           SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[]) ON CONFLICT (key) DO NOTHING""",
        [[str(k) for k in keys], [k.kind for k in keys], [k.topic for k in keys], [k.unit for k in keys], [k.issue for k in keys]],
    )
    ids = {r["key"]: r["id"] for r in conn.execute("SELECT id, key FROM series WHERE key = ANY(%s)", [[str(k) for k in keys]])}
    # An issue's series keeps one key while its documents may differ in topic.
    totals: dict[tuple[int, dt.date], list[Doc]] = {}
    for (key, day), cell in cells.items():
        totals.setdefault((ids[str(key)], day), []).extend(cell.docs)
    rows = sorted((series, day, Cell(docs).origins, len(docs)) for (series, day), docs in totals.items())
    conn.execute(
        """INSERT INTO observation (series_id, day, origins, documents, coverage, counted_at)
           SELECT s, d, o, n, 1, %s FROM unnest(%s::bigint[], %s::date[], %s::int[], %s::int[]) AS t(s, d, o, n)
           ON CONFLICT (series_id, day) DO UPDATE SET origins = excluded.origins, documents = excluded.documents, counted_at = excluded.counted_at""",
        [now, [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], [r[3] for r in rows]],
    )


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
        {"recent": recent, "month": today - dt.timedelta(days=_LIVE_DAYS), "daily": _LIVE_DAYS},
    ).fetchall()
    live = conn.execute(
        "SELECT count(DISTINCT series_id) AS n FROM observation WHERE day > %s AND origins > 0", [today - dt.timedelta(days=_LIVE_DAYS)]
    ).fetchone()
    index = {s["id"]: i for i, s in enumerate(series)}
    counts = np.zeros((len(series), len(days)))
    for r in conn.execute("SELECT series_id, day, origins FROM observation WHERE day >= %s AND series_id = ANY(%s)", [days[0], list(index)]):
        if r["day"] <= today:
            counts[index[r["series_id"]], (r["day"] - days[0]).days] = r["origins"]
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
    exposure = table.copy()
    exposure[:, -1] *= share
    began: dict[int, dt.date] = {}
    for source, day in sources.published:
        began[source] = min(day, began.get(source, day))
    return History(
        days, [s["id"] for s in series], [Key(s["kind"], s["topic"], s["unit_code"], s["issue_id"]) for s in series], counts, table, exposure,
        live["n"] if live else 0, judge(counts, exposure, days[0].weekday(), PERIODS["day"]), sources, weights, began, places,
    )  # fmt: skip


def _write_observations(conn: Connection, history: History, window: Sequence[dt.date], now: dt.datetime) -> None:
    """Store what the latest days were judged, zeros included, and the coverage they were judged with."""
    p_value, upper = history.judged.p_value(history.counts), history.judged.upper()
    columns: list[list[object]] = [[] for _ in range(8)]
    for day in window:
        t = (day - history.days[0]).days
        if t < 0:
            continue
        for s, series in enumerate(history.ids):
            known = bool(history.judged.known[s, t])
            values = (
                series, day, float(history.coverage[s, t]), float(history.judged.expected[s, t]) if known else None, float(upper[s, t]) if known else None,
                float(p_value[s, t]) if known else None, float(history.judged.score[s, t]) if known else None, float(history.judged.burst[s, t]),
            )  # fmt: skip
            for column, value in zip(columns, values, strict=True):
                column.append(value)
    conn.execute(
        """INSERT INTO observation AS o (series_id, day, origins, documents, coverage, expected, upper, p_value, score, burst, counted_at)
           SELECT s, d, 0, 0, c, e, u, p, k, b, %s FROM unnest(%s::bigint[], %s::date[], %s::real[], %s::real[], %s::real[], %s::float8[], %s::float8[],
               %s::real[]) AS t(s, d, c, e, u, p, k, b)
           ON CONFLICT (series_id, day) DO UPDATE SET coverage = excluded.coverage, expected = excluded.expected, upper = excluded.upper,
               p_value = excluded.p_value, score = excluded.score, burst = excluded.burst, counted_at = excluded.counted_at""",
        [now, *columns],
    )


def _candidates(conn: Connection, history: History, options: Detection, window: Sequence[dt.date]) -> tuple[list[outcome.Candidate], list[Doc]]:
    """Episodes that touch the latest days, with their documents; and all documents of those days."""
    start = threshold(options, budget_rate(options, history.live))
    watched = (history.coverage > 0).cumsum(axis=1)
    allowed = history.judged.known & (history.coverage >= options.least_coverage) & (watched > options.warm_up_days)
    found: list[tuple[int, int, int]] = []
    first = (min(window) - history.days[0]).days
    for s in map(int, np.flatnonzero((history.judged.score >= start).any(axis=1))):
        for e in episodes(history.judged.score[s], allowed[s], start, start * options.end_share, options.quiet_days):
            if e.last >= first and history.counts[s, max(e.first, first) : e.last + 1].any():
                found.append((s, e.first, e.last))
    if not found:
        return [], []
    earliest = max(history.days[0], min(window) - dt.timedelta(days=_EVIDENCE_DAYS), history.days[min(f for _, f, _ in found)])
    docs = load.documents(conn, earliest, history.days[-1])
    cells = count(docs)
    out = []
    for s, i, j in found:
        key = history.keys[s]
        span = range(max(i, (earliest - history.days[0]).days), j + 1)
        mine = [d for t in span for k, cell in _cells(cells, key, history.days[t]) for d in cell.docs if k.topic != "other"]
        peak = max(span, key=lambda t: (history.judged.score[s, t] if history.counts[s, t] else -1.0, -t))
        excess = float(history.counts[s, i : j + 1].sum() - history.judged.expected[s, i : j + 1].sum())
        out.append(
            outcome.Candidate(
                key, history.days[i], history.days[j], history.days[peak], float(history.judged.score[s, i : j + 1].max()),
                float(history.judged.expected[s, peak]), float(history.judged.ratio[s, peak]), mine, excess,
            )
        )  # fmt: skip
    return out, docs


def _cells(cells: dict[tuple[Key, dt.date], Cell], key: Key, day: dt.date) -> list[tuple[Key, Cell]]:
    """The cells of a series on a day; an issue's documents may stand under several topics."""
    if key.kind != "issue":
        return [(key, cells[key, day])] if (key, day) in cells else []
    return [(k, cell) for (k, d), cell in cells.items() if d == day and k.kind == "issue" and k.issue == key.issue]


def _flag(conn: Connection, history: History, options: Detection, window: Sequence[dt.date], now: dt.datetime) -> int:
    """Raise new flags, keep open ones up to date, enqueue mails for new surges. Returns how many flags were written."""
    candidates, docs = _candidates(conn, history, options, window)
    ids = dict(zip(history.keys, history.ids, strict=True))
    run_row = conn.execute("SELECT max(id) AS id FROM run WHERE stage = 'hotspots' AND finished_at IS NULL").fetchone()
    surges: list[tuple[outcome.Candidate, int | None]] = []
    written = 0
    for candidate in candidates:
        doubtful = {
            source: why
            for day in {d.day for d in candidate.docs}
            for source, why in outcome.suspects(day, candidate.key.topic, docs, history.sources, history.began, options).items()
        }
        province = history.province_of.get(candidate.key.unit or "", candidate.key.unit)
        kind = outcome.decide(candidate, doubtful, history.weights.get(province, history.weights[None]), options)
        if kind == "surge":
            surges.append((candidate, outcome.main_issue(candidate.docs)))
        elif kind:
            written += 1
            _upsert(conn, ids[candidate.key], candidate, None, kind, run_row["id"] if run_row else None, now)
    open_rows = conn.execute(
        "SELECT series_id, issue_id FROM flag WHERE kind = 'surge' AND last_day >= %s", [min(window) - dt.timedelta(days=options.quiet_days)]
    ).fetchall()
    flagged = {r["series_id"] for r in open_rows}
    known = [(c, i) for c, i in surges if ids[c.key] in flagged]
    fresh = [(c, i) for c, i in surges if ids[c.key] not in flagged]
    taken = {r["issue_id"] for r in open_rows if r["issue_id"]} | {i for _, i in known if i}
    chosen = outcome.one_row_each([*known, *fresh], taken, history.province_of, options.explained_share)
    for candidate, issue in [*known, *[c for c in chosen if ids[c[0].key] not in flagged]]:
        flag = _upsert(conn, ids[candidate.key], candidate, issue, "surge", run_row["id"] if run_row else None, now)
        outbox.enqueue_hotspot(conn, flag, now)
        written += 1
    return written


def _upsert(
    conn: Connection, series: int, candidate: outcome.Candidate, issue: int | None, kind: str, run_id: int | None, now: dt.datetime
) -> int:
    """Write one episode. One that overlaps a stored flag of its series continues it: its first day and run stay."""
    row = conn.execute(
        """SELECT id FROM flag WHERE series_id = %s AND kind <> 'insufficient_coverage' AND first_day <= %s AND last_day >= %s
           ORDER BY first_day DESC LIMIT 1""",
        [series, candidate.last + dt.timedelta(days=2), candidate.first - dt.timedelta(days=2)],
    ).fetchone()
    if row is None:
        row = conn.execute(
            """INSERT INTO flag (series_id, issue_id, kind, first_day, last_day, score, card, method, run_id, raised_at, updated_at)
               VALUES (%s, %s, %s, %s, %s, %s, '{}', %s, %s, %s, %s)
               ON CONFLICT (series_id, first_day) DO UPDATE SET kind = excluded.kind, issue_id = excluded.issue_id, score = excluded.score,
                   last_day = excluded.last_day, raised_at = excluded.raised_at, updated_at = excluded.updated_at
               RETURNING id""",
            [series, issue, kind, candidate.first, candidate.last, candidate.score, METHOD, run_id, now, now],
        ).fetchone()
        assert row is not None
    else:
        # A surge stays one; an artefact that other sources came to confirm becomes one.
        conn.execute(
            """UPDATE flag SET last_day = greatest(last_day, %s), issue_id = coalesce(issue_id, %s), score = greatest(score, %s),
               kind = CASE WHEN kind = 'surge' THEN kind ELSE %s END, updated_at = %s WHERE id = %s""",
            [candidate.last, issue, candidate.score, kind, now, row["id"]],
        )
    flag_id: int = row["id"]
    conn.execute(
        "INSERT INTO flag_document (flag_id, document_id) SELECT %s, unnest(%s::bigint[]) ON CONFLICT DO NOTHING",
        [flag_id, sorted({d.id for d in candidate.docs})],
    )
    card = recompute(conn, flag_id)
    conn.execute("UPDATE flag SET card = %s, rank = %s WHERE id = %s", [Jsonb(card), rank(card), flag_id])
    return flag_id


def _blind(conn: Connection, history: History, options: Detection, window: Sequence[dt.date], now: dt.datetime) -> int:
    """Say where nothing can be said: a topic of a province that brings something daily, on days when too few of its sources were heard."""
    written = 0
    for s, key in enumerate(history.keys):
        if key.kind != "topic_province":
            continue
        for day in sorted(window):
            t = (day - history.days[0]).days
            if t < options.warm_up_days or history.coverage[s, t] >= options.least_coverage:
                continue
            row = conn.execute(
                """UPDATE flag SET last_day = greatest(last_day, %(day)s), updated_at = %(now)s WHERE series_id = %(series)s
                   AND kind = 'insufficient_coverage' AND %(day)s BETWEEN first_day AND last_day + 1 RETURNING id""",
                {"day": day, "series": history.ids[s], "now": now},
            ).fetchone() or conn.execute(
                """INSERT INTO flag (series_id, kind, first_day, last_day, score, card, method, raised_at, updated_at)
                   VALUES (%s, 'insufficient_coverage', %s, %s, 0, '{}', %s, %s, %s) ON CONFLICT (series_id, first_day) DO NOTHING RETURNING id""",
                [history.ids[s], day, day, METHOD, now, now],
            ).fetchone()
            if row is not None:
                card = recompute(conn, row["id"])
                conn.execute("UPDATE flag SET card = %s, rank = %s WHERE id = %s", [Jsonb(card), rank(card), row["id"]])
                written += 1
    return written
