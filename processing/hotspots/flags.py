"""Episodes become flags: which ones, of what kind, one row per hot-spot, with their documents, card and mails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from psycopg.types.json import Jsonb

from processing.alerts import outbox
from processing.cluster import issues
from processing.db import Connection
from processing.hotspots import load, outcome
from processing.hotspots.card import rank, recompute
from processing.hotspots.episodes import budget_rate, episodes, threshold
from processing.hotspots.history import History
from processing.hotspots.options import METHOD, Detection
from processing.hotspots.series import Cell, Doc, Key, count

_EVIDENCE_DAYS = 21  # days of documents read to explain an episode; a longer one is explained by its latest days


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


def raise_flags(conn: Connection, history: History, options: Detection, window: Sequence[dt.date], now: dt.datetime) -> int:
    """Raise new flags, keep open ones up to date, enqueue mails for new surges. Returns how many flags were written."""
    candidates, docs = _candidates(conn, history, options, window)
    ids = dict(zip(history.keys, history.ids, strict=True))
    run_row = conn.execute("SELECT max(id) AS id FROM run WHERE stage = 'hotspots' AND finished_at IS NULL").fetchone()
    surges: list[tuple[outcome.Candidate, int | None]] = []
    written = 0
    setting = outcome.Setting(history.sources, history.began, history.weights, history.province_of)
    for candidate in candidates:
        kind = setting.kind(candidate, docs, options)
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
    for candidate, main in [*known, *[c for c in chosen if ids[c[0].key] not in flagged]]:
        issue = _one_issue(conn, candidate, main, now)
        flag = _upsert(conn, ids[candidate.key], candidate, issue, "surge", run_row["id"] if run_row else None, now)
        outbox.enqueue_hotspot(conn, flag, now)
        written += 1
    return written


_YOUNG = """
SELECT i.id FROM issue i WHERE i.id = ANY(%(issues)s) AND i.state = 'new' AND local_day(i.first_seen_at) >= %(first)s AND NOT EXISTS (
    SELECT FROM issue_story x JOIN assignment a ON a.story_id = x.story_id
    JOIN story_constraint k ON k.kind = 'apart' AND k.revoked_at IS NULL AND a.document_id IN (k.document_a, k.document_b)
    WHERE x.issue_id = i.id)
ORDER BY i.first_seen_at, i.id"""


def _one_issue(conn: Connection, candidate: outcome.Candidate, main: int | None, now: dt.datetime) -> int | None:
    """The issue that a hot-spot is worked on under, its `main` one where it has one.

    Desks tell one event in words too far apart for the clusterer. That all tell it of one commune and one service, on the days of one surge, says
    that it is one: the issues that began with the surge are joined. What an analyst has worked on or split is left alone.
    """
    if candidate.key.kind != "topic_commune":
        return main
    began = sorted({d.issue for d in candidate.docs if d.issue is not None})
    young = [r["id"] for r in conn.execute(_YOUNG, {"issues": began, "first": candidate.first})]
    keep = main if main is not None else next(iter(young), None)
    others = [issue for issue in young if issue != keep]
    if keep is None or not others:
        return keep
    for issue in others:
        issues.join(conn, keep, issue, now)
    issues.refresh(conn, keep, now)
    return keep


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
                   method = excluded.method, last_day = excluded.last_day, raised_at = excluded.raised_at, updated_at = excluded.updated_at
               RETURNING id""",
            [series, issue, kind, candidate.first, candidate.last, candidate.score, METHOD, run_id, now, now],
        ).fetchone()
        assert row is not None
    else:
        # A surge stays one; an artefact that other sources came to confirm becomes one.
        conn.execute(
            """UPDATE flag SET last_day = greatest(last_day, %s), issue_id = coalesce(issue_id, %s),
               kind = CASE WHEN kind = 'surge' THEN kind ELSE %s END, method = %s, updated_at = %s WHERE id = %s""",
            [candidate.last, issue, kind, METHOD, now, row["id"]],
        )
    flag_id: int = row["id"]
    conn.execute(
        "INSERT INTO flag_document (flag_id, document_id) SELECT %s, unnest(%s::bigint[]) ON CONFLICT DO NOTHING",
        [flag_id, sorted({d.id for d in candidate.docs})],
    )
    card = recompute(conn, flag_id)
    conn.execute("UPDATE flag SET card = %s, rank = %s, score = %s WHERE id = %s", [Jsonb(card), rank(card), card["score"], flag_id])
    return flag_id


def flag_blind_days(conn: Connection, history: History, options: Detection, window: Sequence[dt.date], now: dt.datetime) -> int:
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
