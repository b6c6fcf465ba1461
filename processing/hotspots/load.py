"""What the hot-spot stage reads from the database. Days are local (Asia/Ho_Chi_Minh)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.db import Connection
from processing.hotspots.series import Doc
from processing.zone import LOCAL

_MARGIN = dt.timedelta(minutes=30)  # other stages' transactions that were open while the last run looked
_SURE = 0.5  # confidence from which a document counts for a commune

_DOCS = """
SELECT d.id, d.source_id, s.owner, local_day(d.published_at) AS day, a.topic, a.province_code, d.published_precision = 'seen' AS undated,
    coalesce(c.origin_id, d.id) AS origin, coalesce(m.story_id, g.story_id) AS story, x.issue_id AS issue,
    ARRAY(SELECT p.unit_code FROM document_place p WHERE p.document_id = d.id AND p.first_seen_at = d.first_seen_at
          AND p.level = 'commune' AND p.confidence >= %(sure)s ORDER BY p.unit_code) AS communes
FROM document d
JOIN source s ON s.id = d.source_id
JOIN annotation a ON a.document_id = d.id AND a.first_seen_at = d.first_seen_at
LEFT JOIN document_copy c ON c.document_id = d.id AND c.first_seen_at = d.first_seen_at
LEFT JOIN assignment g ON g.document_id = d.id AND g.first_seen_at = d.first_seen_at
LEFT JOIN story_alias m ON m.alias = g.story_id
LEFT JOIN issue_story x ON x.story_id = coalesce(m.story_id, g.story_id)
WHERE d.kind <> 'fact_check' AND s.kind NOT IN ('feedback', 'fact_check') AND d.published_at >= %(low)s AND d.published_at < %(high)s
"""


def midnight(day: dt.date) -> dt.datetime:
    """The instant a local day begins."""
    return dt.datetime.combine(day, dt.time(), LOCAL)


def documents(conn: Connection, first: dt.date, last: dt.date) -> list[Doc]:
    """Annotated documents published on the local days `first` to `last`, checks by fact-checkers aside."""
    rows = conn.execute(_DOCS, {"sure": _SURE, "low": midnight(first), "high": midnight(last + dt.timedelta(days=1))})
    return [
        Doc(
            r["id"], r["source_id"], r["owner"], r["day"], r["topic"], r["province_code"], tuple(r["communes"]), r["origin"], r["story"],
            r["issue"], r["undated"],
        )
        for r in rows
    ]  # fmt: skip


def counts(conn: Connection, series: Sequence[int], first: dt.date, last: dt.date) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Stored counts above 0 of `series` on the local days `first` to `last`: place in `series`, and rows of (days since `first`, origins).

    They come packed, a series in one value: there may be millions, and a Python object for each row takes seconds.
    """
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            """SELECT series_id, string_agg(int4send(day - %s::date) || int4send(origins), NULL) AS packed FROM observation
               WHERE series_id = ANY(%s) AND day BETWEEN %s AND %s AND origins > 0 GROUP BY series_id""",
            [first, list(series), first, last],
        )
        place = {number: i for i, number in enumerate(series)}
        for row in cursor:
            yield place[row["series_id"]], np.frombuffer(row["packed"], ">i4").reshape(-1, 2)


def volume(conn: Connection, days: Sequence[dt.date]) -> list[int]:
    """Independent origins of all topics in all provinces on each of the local days."""
    rows = conn.execute(
        """SELECT o.day, sum(o.origins)::int AS n FROM observation o JOIN series s ON s.id = o.series_id
           WHERE s.kind = 'topic_province' AND o.day BETWEEN %s AND %s GROUP BY 1""",
        [days[0], days[-1]],
    )
    found = {r["day"]: r["n"] for r in rows}
    return [found.get(day, 0) for day in days]


def changed_days(conn: Connection, oldest: dt.date, today: dt.date) -> list[dt.date]:
    """Local days from `oldest` to `today` with documents that were annotated or assigned since the last pass, and the days since; all days at first."""
    row = conn.execute("SELECT looked_at FROM hotspot_state").fetchone()
    since = row["looked_at"] - _MARGIN if row else midnight(oldest)
    rows = conn.execute(
        """SELECT DISTINCT local_day(d.published_at) AS day FROM document d
           WHERE d.published_at >= %(low)s AND d.published_at < %(high)s AND (%(first)s OR d.id = ANY(ARRAY(
               SELECT document_id FROM annotation WHERE annotated_at >= %(since)s UNION SELECT document_id FROM assignment WHERE assigned_at >= %(since)s)))""",
        {"low": midnight(oldest), "high": midnight(today + dt.timedelta(days=1)), "first": row is None, "since": since},
    )
    days = {r["day"] for r in rows}
    begin = max(oldest, since.astimezone(LOCAL).date()) if row else min(days, default=today)
    return sorted(days | {begin + dt.timedelta(days=i) for i in range((today - begin).days + 1)})


def looked(conn: Connection, now: dt.datetime) -> None:
    """Remember that a pass has seen all that was there at `now`."""
    conn.execute("INSERT INTO hotspot_state (looked_at) VALUES (%s) ON CONFLICT (one) DO UPDATE SET looked_at = excluded.looked_at", [now])


@dataclass
class Sources:
    """Which source published how much on which day, in which province, and whether its feeds could be read."""

    published: dict[tuple[int, dt.date], int]
    fetched: dict[tuple[int, dt.date], bool]
    by_place: dict[tuple[int, str | None], int]
    names: dict[int, str]


def sources(conn: Connection, first: dt.date, mix_from: dt.date, last: dt.date) -> Sources:
    """Activity of every source from `first` to `last`, as counted; its mix of provinces from `mix_from` on."""
    days = conn.execute("SELECT source_id, day, documents, read FROM source_day WHERE day BETWEEN %s AND %s", [first, last]).fetchall()
    places = conn.execute(
        """SELECT p.source_id, nullif(p.province_code, '') AS province_code, sum(p.documents)::int AS n FROM source_day_province p
           JOIN source s ON s.id = p.source_id AND s.kind NOT IN ('feedback', 'fact_check') WHERE p.day BETWEEN %s AND %s GROUP BY 1, 2""",
        [mix_from, last],
    )
    names = conn.execute("SELECT id, name FROM source")
    return Sources(
        {(r["source_id"], r["day"]): r["documents"] for r in days if r["documents"]},
        {(r["source_id"], r["day"]): r["read"] for r in days if r["read"] is not None},
        {(r["source_id"], r["province_code"]): r["n"] for r in places},
        {r["id"]: r["name"] for r in names},
    )


def count_sources(conn: Connection, first: dt.date, last: dt.date) -> None:
    """Count anew what every source published on the local days `first` to `last`, and whether it could be read."""
    span = {"first": first, "last": last, "low": midnight(first), "high": midnight(last + dt.timedelta(days=1))}
    conn.execute("UPDATE source_day SET documents = 0 WHERE day BETWEEN %(first)s AND %(last)s", span)
    conn.execute(
        """INSERT INTO source_day AS s (source_id, day, documents, read)
           SELECT source_id, day, coalesce(n, 0), ok FROM (
               SELECT source_id, local_day(published_at) AS day, count(*) AS n FROM document WHERE published_at >= %(low)s AND published_at < %(high)s GROUP BY 1, 2
           ) p FULL JOIN (
               SELECT source_id, local_day(fetched_at) AS day, bool_or(outcome IN ('done', 'unchanged')) AS ok FROM fetch_log
               WHERE kind = 'feed' AND fetched_at >= %(low)s AND fetched_at < %(high)s GROUP BY 1, 2
           ) f USING (source_id, day)
           ON CONFLICT (source_id, day) DO UPDATE SET documents = excluded.documents, read = coalesce(excluded.read, s.read)""",
        span,
    )
    conn.execute("DELETE FROM source_day WHERE day BETWEEN %(first)s AND %(last)s AND documents = 0 AND read IS NULL", span)
    conn.execute("DELETE FROM source_day_province WHERE day BETWEEN %(first)s AND %(last)s", span)
    conn.execute(
        """INSERT INTO source_day_province (source_id, day, province_code, documents)
           SELECT d.source_id, local_day(d.published_at), coalesce(a.province_code, ''), count(*) FROM document d
           JOIN annotation a ON a.document_id = d.id AND a.first_seen_at = d.first_seen_at
           WHERE d.published_at >= %(low)s AND d.published_at < %(high)s GROUP BY 1, 2, 3""",
        span,
    )


def provinces(conn: Connection, codes: Sequence[str]) -> dict[str, str]:
    """Province of each unit code."""
    rows = conn.execute("SELECT code, province_code FROM unit WHERE code = ANY(%s)", [list(codes)])
    return {r["code"]: r["province_code"] for r in rows}
