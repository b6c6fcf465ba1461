"""Issues in the database: kept up to date from their stories, merged and split by analysts, shown with all that is known.

What analysts merge and split stands in `changes`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from processing.cluster import naming, stated
from processing.cluster.naming import Member
from processing.db import Connection
from processing.dedupe.origins import Voice, independent_groups, wire_credit
from processing.errors import LangNgheError
from processing.zone import LOCAL

_MEMBERS = 200  # documents of an issue, newest first, that name it; counts use all
_COMMUNES = 5
_SURE = 0.5  # confidence from which a document counts for a commune

_VOICES = """
SELECT x.issue_id, a.document_id, a.published_at, coalesce(c.origin_id, a.document_id) AS origin, coalesce(c.relation, 'origin') AS relation,
    s.owner, d.language, s.name AS source
FROM issue_story x JOIN assignment a ON a.story_id = x.story_id
JOIN document d ON d.id = a.document_id JOIN source s ON s.id = d.source_id
LEFT JOIN document_copy c ON c.document_id = a.document_id AND c.first_seen_at = a.first_seen_at
WHERE x.issue_id = ANY(%s) ORDER BY a.published_at, md5(d.canonical_url) COLLATE "C"
"""

_TEXTS = """
SELECT d.id, d.title, d.language, d.published_at, s.name AS source, n.sentences, n.tokens, n.topic, n.topic_score, n.province_code, right(v.text, 160) AS tail
FROM document d JOIN source s ON s.id = d.source_id
LEFT JOIN annotation n ON n.document_id = d.id AND n.first_seen_at = d.first_seen_at
LEFT JOIN document_version v ON v.document_id = d.id AND v.version = d.version
WHERE d.id = ANY(%s)"""

_PLACES = """
SELECT p.document_id, p.unit_code, p.level, p.confidence FROM document d
JOIN document_place p ON p.document_id = d.id AND p.first_seen_at = d.first_seen_at WHERE d.id = ANY(%s)"""

_WRITE = """
UPDATE issue i SET title = n.title, topic = n.topic, province_code = n.province, commune_codes = n.communes, first_seen_at = n.first_at,
    last_published_at = n.last_at, documents = n.documents, origins = n.origins, summary = n.summary, updated_at = %s
FROM jsonb_to_recordset(%s) AS n(id bigint, title text, topic text, province text, communes text[], first_at timestamptz, last_at timestamptz,
    documents integer, origins integer, summary jsonb) WHERE i.id = n.id"""

Rows = list[dict[str, Any]]


def refresh(conn: Connection, issue: int, now: datetime) -> None:
    """Set title, topic, places, times, counts and summary of an issue from its documents. An issue left without any keeps its name."""
    refresh_all(conn, [issue], now)


def refresh_all(conn: Connection, issues: Iterable[int], now: datetime) -> None:
    """`refresh` for several issues at the price of one."""
    wanted = sorted(set(issues))
    voices: dict[int, Rows] = {issue: [] for issue in wanted}
    for row in conn.execute(_VOICES, [wanted]):
        voices[row["issue_id"]].append(row)
    empty = [issue for issue, rows in voices.items() if not rows]
    if empty:
        conn.execute("UPDATE issue SET documents = 0, origins = 0, updated_at = %s WHERE id = ANY(%s)", [now, empty])
    named = [v["document_id"] for rows in voices.values() for v in rows[-_MEMBERS:]]
    if not named:
        return
    texts = {row["id"]: row for row in conn.execute(_TEXTS, [named])}
    places: dict[int, Rows] = {}
    for row in conn.execute(_PLACES, [named]):
        places.setdefault(row["document_id"], []).append(row)
    agencies = [r["name"] for r in conn.execute("SELECT name FROM source WHERE kind = 'wire' ORDER BY name")]
    told = [{"id": issue, **_described(rows, texts, places, agencies)} for issue, rows in voices.items() if rows]
    conn.execute(_WRITE, [now, Jsonb(told)])


def _described(voices: Rows, known: dict[int, dict[str, Any]], places: dict[int, Rows], agencies: list[str]) -> dict[str, Any]:
    """What an issue is said to be: the values of `_WRITE`."""
    newest = [v["document_id"] for v in voices[-_MEMBERS:]]
    texts = [known[document] for document in newest if document in known]
    credits = {t["id"]: wire_credit(t["tail"] or "", agencies) for t in texts}
    groups = independent_groups([Voice(v["origin"], v["owner"], credits.get(v["document_id"], "")) for v in voices])
    group_of = {v["document_id"]: g for v, g in zip(voices, groups, strict=True)}
    members = [_member(t, group_of[t["id"]]) for t in texts]
    own = {v["document_id"] for v in voices if v["relation"] in ("origin", "shared_release")}
    originals = [m for m, t in zip(members, texts, strict=True) if t["id"] in own] or members
    near = [place for document in newest for place in places.get(document, ())]
    provinces, communes = _ranked(near, "province", 0.0), _ranked(near, "commune", _SURE)
    summary = {
        "sentences": naming.key_sentences(originals),
        "phrases": naming.key_phrases(members),
        "figures": stated.figures(originals),
        "first": {"at": voices[0]["published_at"].isoformat(), "source": voices[0]["source"], "document": voices[0]["document_id"]},
        "spread": _spread(voices, groups, communes, provinces),
    }
    return {
        "title": naming.headline(originals), "topic": naming.topic(members),
        "province": provinces[0] if provinces else None, "communes": communes[:_COMMUNES],
        "first_at": voices[0]["published_at"].isoformat(), "last_at": voices[-1]["published_at"].isoformat(),
        "documents": len(voices), "origins": len(set(groups)), "summary": summary,
    }  # fmt: skip


def _ranked(places: Rows, level: str, least: float) -> list[str]:
    """Units of a level, those that the documents are surest to be about first."""
    weights: dict[str, list[float]] = {}
    for place in places:
        if place["level"] == level and place["confidence"] >= least:
            weights.setdefault(place["unit_code"], []).append(place["confidence"])
    return sorted(weights, key=lambda code: (-math.fsum(weights[code]), code))


def _spread(voices: list[dict[str, Any]], groups: list[int], communes: list[str], provinces: list[str]) -> dict[str, Any]:
    """How far and how fast it went: publishers, communes, provinces, and on how many local days new origins came, with the most on one."""
    first_of: dict[int, str] = {}
    for voice, group in zip(voices, groups, strict=True):
        first_of.setdefault(group, voice["published_at"].astimezone(LOCAL).date().isoformat())
    days = Counter(first_of.values())
    busiest = max(days, key=lambda d: (days[d], d))
    return {
        "publishers": len({v["owner"] for v in voices}), "communes": len(communes), "provinces": len(provinces),
        "days": len(days), "busiest_day": busiest, "origins_that_day": days[busiest],
    }  # fmt: skip


def _member(row: dict[str, Any], group: int) -> Member:
    return Member(
        row["id"], row["title"], row["sentences"] or [], group, row["source"], row["topic"] or "other", row["topic_score"] or 0.0,
        row["language"], row["tokens"] or [], row["published_at"],
    )  # fmt: skip


def open_issue(conn: Connection, story: int, language: str, at: datetime, now: datetime) -> int:
    """A new issue for a story; `refresh` names it."""
    return open_issues(conn, [(story, language, at, None)], now)[0]


def open_issues(conn: Connection, stories: Sequence[tuple[int, str, datetime, UUID | None]], now: datetime) -> list[int]:
    """New issues for stories (id, language, opened at, public id). One whose public id is another's, or was, gets one of its own."""
    if not stories:
        return []
    wanted = [public for *_, public in stories if public is not None]
    taken = {
        r["id"]
        for r in conn.execute(
            "SELECT public_id AS id FROM issue WHERE public_id = ANY(%(ids)s) UNION SELECT alias FROM issue_alias WHERE alias = ANY(%(ids)s)",
            {"ids": wanted},
        )
    }
    publics = []
    for *_, public in stories:
        publics.append(uuid4() if public is None or public in taken else public)
        taken.add(publics[-1])
    ids, languages, times, _ = (list(column) for column in zip(*stories, strict=True))
    rows = conn.execute(
        """INSERT INTO issue (public_id, title, topic, language, first_seen_at, last_published_at, updated_at)
           SELECT p, '—', 'other', l, t, t, %s FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) WITH ORDINALITY AS u(p, l, t, n)
           ORDER BY n RETURNING id""",
        [now, publics, languages, times],
    ).fetchall()
    made = [int(row["id"]) for row in rows]
    conn.execute("INSERT INTO issue_story (story_id, issue_id) SELECT * FROM unnest(%s::bigint[], %s::bigint[])", [ids, made])
    return made


def hand_over(conn: Connection, stories: Iterable[int], issue: int, now: datetime) -> None:
    """Put stories under another issue. Their documents count as assigned anew, so that the days they were published on are counted again."""
    moved = sorted(stories)
    conn.execute("UPDATE issue_story SET issue_id = %s WHERE story_id = ANY(%s)", [issue, moved])
    conn.execute("UPDATE assignment SET assigned_at = %s WHERE story_id = ANY(%s)", [now, moved])


def join(conn: Connection, keep: int, drop: int, now: datetime) -> None:
    """Hand all stories of issue `drop` to `keep`; the dropped issue's links go on to it and its row stays, empty, for its flags."""
    hand_over(conn, [r["story_id"] for r in conn.execute("SELECT story_id FROM issue_story WHERE issue_id = %s", [drop])], keep, now)
    conn.execute("UPDATE issue_alias SET issue_id = %s WHERE issue_id = %s", [keep, drop])
    conn.execute(
        "INSERT INTO issue_alias (alias, issue_id) SELECT public_id, %s FROM issue WHERE id = %s ON CONFLICT DO NOTHING", [keep, drop]
    )
    # what is removed later is taken out of the issue that stays; nothing may stand quoted in the one nobody looks at (SCOPE S14)
    conn.execute("UPDATE issue SET documents = 0, origins = 0, title = '—', summary = '{}' WHERE id = %s", [drop])


def find(conn: Connection, public_id: str | UUID) -> dict[str, Any]:
    """The issue behind a public id, old ones too. Raises LangNgheError when there is none."""
    try:
        key = UUID(str(public_id))
    except ValueError:
        raise LangNgheError(f"{public_id!r} is not the id of an issue", "copy it from the address of the issue's page") from None
    row = conn.execute(
        "SELECT * FROM issue WHERE id = coalesce((SELECT issue_id FROM issue_alias WHERE alias = %(k)s), (SELECT id FROM issue WHERE public_id = %(k)s))",
        {"k": key},
    ).fetchone()
    if row is None:
        raise LangNgheError(f"there is no issue {public_id}", "it may have been removed on request")
    return row


def recount(conn: Connection, stories: Iterable[int]) -> None:
    """Set counts and times of stories from their assignments."""
    conn.execute(
        """UPDATE story s SET documents = n.documents, opened_at = coalesce(n.first, s.opened_at), last_published_at = coalesce(n.last, s.last_published_at)
           FROM (SELECT k.id, count(a.document_id) AS documents, min(a.published_at) AS first, max(a.published_at) AS last
                 FROM unnest(%s::bigint[]) AS k(id) LEFT JOIN assignment a ON a.story_id = k.id GROUP BY k.id) n
           WHERE s.id = n.id""",
        [sorted(set(stories))],
    )


def note(
    conn: Connection, now: datetime, kind: str, story: int, other: int | None, document: int | None, by: str = "clusterer", reason: str = ""
) -> None:
    """One line of the history of stories."""
    conn.execute(
        "INSERT INTO story_event (at, kind, story_id, other_story_id, document_id, decided_by, reason) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [now, kind, story, other, document, by, reason],
    )


def invalidate(conn: Connection) -> None:
    """Make every process read the stories again before its next batch."""
    conn.execute("UPDATE cluster_state SET revision = revision + 1")
