"""All that is stored about one issue, for `langnghe issue show`: what the clusterer, the claims stage and the hot-spot pass know of it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from processing.claims.corroboration import of_issue
from processing.cluster.changes import changes_of
from processing.cluster.issues import find
from processing.db import Connection
from processing.hotspots.card import rank, recompute


def issue_card(conn: Connection, public_id: str | UUID) -> dict[str, Any]:
    """All that is stored about an issue: its fields, places, documents with their relation, flags with their score cards, history."""
    issue = find(conn, public_id)
    units = {
        r["code"]: r["name"]
        for r in conn.execute(
            "SELECT code, name FROM unit WHERE code = ANY(%s)", [[*issue["commune_codes"], *filter(None, [issue["province_code"]])]]
        )
    }
    documents = conn.execute(
        """SELECT d.public_id, d.title, d.canonical_url AS url, d.published_at, s.name AS source, coalesce(c.relation, 'origin') AS relation
           FROM assignment a JOIN issue_story x ON x.story_id = a.story_id JOIN document d ON d.id = a.document_id
           JOIN source s ON s.id = d.source_id
           LEFT JOIN document_copy c ON c.document_id = d.id AND c.first_seen_at = d.first_seen_at
           WHERE x.issue_id = %s ORDER BY d.published_at, d.id""",
        [issue["id"]],
    ).fetchall()
    flags = conn.execute(
        """SELECT f.id, f.public_id, f.kind, f.first_day, f.last_day, f.score, f.rank, f.method, f.card FROM flag f JOIN issue i ON i.id = f.issue_id
           WHERE i.id = %(id)s OR i.public_id IN (SELECT alias FROM issue_alias WHERE issue_id = %(id)s) ORDER BY f.first_day, f.id""",
        {"id": issue["id"]},
    ).fetchall()
    history = conn.execute(
        """SELECT e.at, e.kind, e.story_id, e.other_story_id, e.decided_by FROM story_event e JOIN issue_story x ON x.story_id = e.story_id
           WHERE x.issue_id = %s ORDER BY e.at, e.id""",
        [issue["id"]],
    ).fetchall()
    return {
        "issue": issue["public_id"], "title": issue["title"], "topic": issue["topic"], "state": issue["state"],
        "province": units.get(issue["province_code"]), "communes": [units.get(c, c) for c in issue["commune_codes"]],
        "first_seen_at": issue["first_seen_at"], "last_published_at": issue["last_published_at"],
        "documents": issue["documents"], "origins": issue["origins"], "summary": issue["summary"],
        "corroboration": of_issue(conn, issue["id"]), "members": documents, "flags": [_checked(conn, flag) for flag in flags], "history": history, "changes": changes_of(conn, issue["id"]),
    }  # fmt: skip


def _checked(conn: Connection, flag: dict[str, Any]) -> dict[str, Any]:
    """A flag with whether its card and rank come out the same when they are computed again from the stored rows, and what differs."""
    again = json.loads(json.dumps(recompute(conn, flag.pop("id"))))
    differs = sorted(key for key in {*again, *flag["card"]} if again.get(key) != flag["card"].get(key))
    same = not differs and rank(again) == flag["rank"]
    return {**flag, "recomputed": "same" if same else {"differs": differs, "card": again, "rank": rank(again)}}
