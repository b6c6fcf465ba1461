"""What the hot-spot stage reads from the database. Days are local (Asia/Ho_Chi_Minh)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

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


def changed_days(conn: Connection, oldest: dt.date) -> list[dt.date]:
    """Local days, not before `oldest`, whose documents were annotated, compared or assigned since the last run; all days at first."""
    row = conn.execute("SELECT max(counted_at) AS at FROM observation").fetchone()
    since = row["at"] - _MARGIN if row and row["at"] else dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    rows = conn.execute(
        """SELECT DISTINCT local_day(d.published_at) AS day FROM document d
           JOIN annotation a ON a.document_id = d.id AND a.first_seen_at = d.first_seen_at
           LEFT JOIN assignment g ON g.document_id = d.id AND g.first_seen_at = d.first_seen_at
           WHERE d.published_at >= %s AND (a.annotated_at >= %s OR g.assigned_at >= %s) ORDER BY 1""",
        [midnight(oldest), since, since],
    )
    return [r["day"] for r in rows]


@dataclass
class Sources:
    """Which source published how much on which day, in which province, and whether its feeds could be read."""

    published: dict[tuple[int, dt.date], int]
    fetched: dict[tuple[int, dt.date], bool]
    by_place: dict[tuple[int, str | None], int]
    names: dict[int, str]


def sources(conn: Connection, first: dt.date, mix_from: dt.date, last: dt.date) -> Sources:
    """Activity of every source from `first` to `last`; its mix of provinces from `mix_from` on."""
    span = [midnight(first), midnight(last + dt.timedelta(days=1))]
    published = conn.execute(
        """SELECT source_id, local_day(published_at) AS day, count(*) AS n FROM document
           WHERE published_at >= %s AND published_at < %s GROUP BY 1, 2""",
        span,
    )
    fetched = conn.execute(
        """SELECT source_id, local_day(fetched_at) AS day, bool_or(outcome IN ('done', 'unchanged')) AS ok FROM fetch_log
           WHERE kind = 'feed' AND fetched_at >= %s AND fetched_at < %s GROUP BY 1, 2""",
        span,
    )
    places = conn.execute(
        """SELECT d.source_id, a.province_code, count(*) AS n FROM document d
           JOIN annotation a ON a.document_id = d.id AND a.first_seen_at = d.first_seen_at
           JOIN source s ON s.id = d.source_id AND s.kind NOT IN ('feedback', 'fact_check')
           WHERE d.published_at >= %s AND d.published_at < %s GROUP BY 1, 2""",
        [midnight(mix_from), span[1]],
    )
    names = conn.execute("SELECT id, name FROM source")
    return Sources(
        {(r["source_id"], r["day"]): r["n"] for r in published},
        {(r["source_id"], r["day"]): r["ok"] for r in fetched},
        {(r["source_id"], r["province_code"]): r["n"] for r in places},
        {r["id"]: r["name"] for r in names},
    )


def provinces(conn: Connection, codes: Sequence[str]) -> dict[str, str]:
    """Province of each unit code."""
    rows = conn.execute("SELECT code, province_code FROM unit WHERE code = ANY(%s)", [list(codes)])
    return {r["code"]: r["province_code"] for r in rows}
