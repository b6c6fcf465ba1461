"""Who stands behind an issue: independent origins, what they share (a text, a wire, a press release, an owner), and what only one of them says.

Two reports are of one origin when one copies the other, both carry one agency's credit or one press release, or one owner publishes both. A figure rests on one
origin when no other origin states a value that agrees with it. Everything is computed from stored rows and can be computed again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from processing.claims.figures import SHOWN, Figure, conflicts, typed
from processing.claims.scope import differ
from processing.db import Connection
from processing.db.retention import TEXT
from processing.dedupe.origins import Voice, independent_groups, wire_credit
from processing.text import clean

METHOD = "corroboration-2"
READ = 60  # documents of an issue whose figures are read, newest first; origins use all

_NOT_TOLD = ("fined", "detained")  # the software serves no enforcement (SCOPE S10)

_REPORTS = """
SELECT d.id, d.public_id::text AS document, d.published_at AS at, coalesce(c.origin_id, d.id) AS origin, coalesce(c.relation, 'origin') AS relation, s.name AS source,
    s.owner, right(coalesce(v.text, ''), 160) AS tail
FROM assignment a JOIN issue_story x ON x.story_id = a.story_id JOIN document d ON d.id = a.document_id JOIN source s ON s.id = d.source_id
LEFT JOIN document_copy c ON c.document_id = d.id AND c.first_seen_at = d.first_seen_at
LEFT JOIN document_version v ON v.document_id = d.id AND v.version = d.version
WHERE x.issue_id = %s ORDER BY d.published_at, d.id"""

# Stages may share one instant (a replay fixes it), and a replay's clock stands behind what was computed before: only what was computed after the issue's last
# change and not in the future holds. What was computed in the same instant is computed once more.
_STALE = """
SELECT i.id FROM issue i LEFT JOIN issue_corroboration k ON k.issue_id = i.id
WHERE EXISTS (SELECT FROM flag f WHERE f.issue_id = i.id AND f.kind = 'surge') AND i.documents > 0 AND i.last_published_at >= %s
  AND (k.issue_id IS NULL OR k.computed_at <= i.updated_at OR k.computed_at > %s OR k.method <> %s)
ORDER BY i.id"""


@dataclass(frozen=True)
class Report:
    """One document of an issue. `relation` as in document_copy; `credit` is the agency named at its end, or ''; `text` may be left out."""

    document: str
    at: datetime
    source: str
    owner: str
    origin: int
    relation: str
    credit: str = ""
    text: str = ""


def corroborate(reports: Sequence[Report]) -> dict[str, Any]:
    """{"origins", "documents", "groups", "wires", "copies", "releases", "one_origin_only", "alone", "conflicts", "method"} of reports in order of time.

    `groups`: independent origins with their documents, sources and what joins them. `alone`: figures of closed roles that a single origin states while
    there are others. `conflicts`: findings of `langnghe figures` between the reports. Values in base units.
    """
    numbers = independent_groups([Voice(r.origin, r.owner, r.credit) for r in reports])
    members: dict[int, list[Report]] = defaultdict(list)
    for number, report in zip(numbers, reports, strict=True):
        members[number].append(report)
    wires = Counter(r.credit for r in reports if r.credit)
    tellers = Counter(r.origin for r in reports)
    stories = [{"id": r.document, "story": "issue", "source": r.owner, "published_at": r.at.isoformat(), "text": r.text} for r in reports if r.text]
    found = conflicts(stories)
    return {
        "origins": len(members),
        "documents": len(reports),
        "groups": [_group(group) for group in members.values()],
        "wires": {name: n for name, n in sorted(wires.items()) if n > 1},
        "copies": sum(r.relation in ("same_text", "copied_from") for r in reports),
        "releases": sum(r.relation == "shared_release" and tellers[r.origin] > 1 for r in reports),  # with one of these, not with a text elsewhere
        "one_origin_only": len(members) == 1,
        "alone": _alone(members) if len(members) > 1 else [],
        "conflicts": [{key: f[key] for key in ("quantity", "values")} for f in found if f["quantity"] not in _NOT_TOLD],
        "method": METHOD,
    }


def _group(group: list[Report]) -> dict[str, Any]:
    joined = []
    if any(r.relation in ("same_text", "copied_from") for r in group):
        joined.append("copy")
    if max(Counter(r.credit for r in group if r.credit).values(), default=0) > 1:
        joined.append("wire")
    tellers = Counter(r.origin for r in group)
    if any(r.relation == "shared_release" and tellers[r.origin] > 1 for r in group):
        joined.append("release")
    if max(Counter(r.owner for r in group).values()) > 1:
        joined.append("owner")
    return {
        "documents": [r.document for r in group],
        "sources": list(dict.fromkeys(r.source for r in group)),
        "first": group[0].at.isoformat(),
        "shared": joined,
    }


def _alone(members: dict[int, list[Report]]) -> list[dict[str, Any]]:
    """Figures of closed roles that no other origin agrees with, one row a role and value."""
    told: list[tuple[int, Figure]] = []
    for number, group in members.items():
        for report in group:
            if report.text:
                told += [(number, f) for f in typed(clean(report.text), report.document, report.source, report.at) if f.role and f.role not in _NOT_TOLD]
    out: dict[tuple[str, str, float], dict[str, Any]] = {}
    for number, f in told:
        if not any(other != number and _agree(f, g) for other, g in told):
            row = {"quantity": f.role, "value": f.value, "unit": SHOWN.get(f.unit, f.unit), "source": f.source, "documents": []}
            documents = out.setdefault((f.role, f.unit, f.value), row)["documents"]
            if f.document not in documents:
                documents.append(f.document)
    return [out[key] for key in sorted(out)]


def _agree(a: Figure, b: Figure) -> bool:
    return a.role == b.role and a.unit == b.unit and a.low <= b.high and b.low <= a.high and not differ(a.scope, b.scope)


def of_issue(conn: Connection, issue: int) -> dict[str, Any]:
    """Corroboration of an issue from stored rows; empty groups where it has no documents left."""
    rows = conn.execute(_REPORTS, [issue]).fetchall()
    agencies = [r["name"] for r in conn.execute("SELECT name FROM source WHERE kind = 'wire' ORDER BY name")]
    newest = [r["id"] for r in rows[-READ:]]
    texts = {
        r["id"]: f"{r['title']}.\n{r['text']}"
        for r in conn.execute(
            "SELECT d.id, v.title, v.text FROM document d JOIN document_version v ON v.document_id = d.id AND v.version = d.version WHERE d.id = ANY(%s)", [newest]
        )
    }
    return corroborate(
        [
            Report(r["document"], r["at"], r["source"], r["owner"], r["origin"], r["relation"], wire_credit(r["tail"], agencies), texts.get(r["id"], ""))
            for r in rows
        ]
    )


def refresh(conn: Connection, now: datetime) -> int:
    """Store the corroboration of every hot-spot's issue that changed since; it goes with the texts it quotes. Does not commit. Returns how many were computed."""
    kept = now - TEXT
    conn.execute(
        "DELETE FROM issue_corroboration k USING issue i WHERE i.id = k.issue_id AND (i.documents = 0 OR i.last_published_at < %s)", [kept]
    )
    changed = [r["id"] for r in conn.execute(_STALE, [kept, now, METHOD])]
    for issue in changed:
        found = of_issue(conn, issue)
        conn.execute(
            """INSERT INTO issue_corroboration (issue_id, origins, documents, copies, releases, wires, alone, conflicts, detail, method, computed_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (issue_id) DO UPDATE SET origins = excluded.origins, documents = excluded.documents, copies = excluded.copies,
                   releases = excluded.releases, wires = excluded.wires, alone = excluded.alone, conflicts = excluded.conflicts, detail = excluded.detail,
                   method = excluded.method, computed_at = excluded.computed_at""",
            [issue, found["origins"], found["documents"], found["copies"], found["releases"], sum(found["wires"].values()), len(found["alone"]),
             len(found["conflicts"]), Jsonb(found), METHOD, now],
        )  # fmt: skip
    return len(changed)
