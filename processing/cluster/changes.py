"""Analysts' merges and splits: recorded with the documents on either side, obeyed after every clustering, and taken back on request.

The record (`issue_change`) names documents, not stories: stories may be formed anew at any time. A merge says that the issue which holds most of
one side and the one which holds most of the other are one; a split, that no document of one side stands in an issue with those of the other.
`obey` makes the issues so again; it changes nothing where they already are. Later decisions win over earlier ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from processing.cluster import issues
from processing.cluster.issues import find
from processing.db import Connection
from processing.errors import LangNgheError
from processing.scrub.core import words

_MEMBERS = """
SELECT a.document_id, a.story_id, x.issue_id FROM assignment a JOIN issue_story x ON x.story_id = a.story_id
WHERE a.document_id = ANY(%s) ORDER BY a.document_id"""

_OF_ISSUE = "SELECT a.document_id FROM assignment a JOIN issue_story x ON x.story_id = a.story_id WHERE x.issue_id = %s ORDER BY 1"

_ACTIVE = """
SELECT c.*, array_agg(d.document_id ORDER BY d.document_id) FILTER (WHERE NOT d.other) AS stay,
    array_agg(d.document_id ORDER BY d.document_id) FILTER (WHERE d.other) AS go
FROM issue_change c JOIN issue_change_document d ON d.change_id = c.id
WHERE c.undone_at IS NULL AND (%(issues)s::bigint[] IS NULL OR c.id IN (
    SELECT t.change_id FROM issue_change_document t JOIN assignment a ON a.document_id = t.document_id JOIN issue_story x ON x.story_id = a.story_id
    WHERE x.issue_id = ANY(%(issues)s)))
GROUP BY c.id ORDER BY c.id"""


def merge_issues(conn: Connection, keep: str | UUID, other: str | UUID, *, user_id: int, now: datetime, reason: str = "") -> UUID:
    """Make two issues one, for good or until taken back; a split that kept them apart is taken back. Returns the public id that stays.

    The caller commits.
    """
    first, second = find(conn, keep), find(conn, other)
    if first["id"] == second["id"]:
        return UUID(str(first["public_id"]))
    a, b = _documents(conn, first["id"]), _documents(conn, second["id"])
    if not a or not b:
        raise LangNgheError("an issue without documents cannot be merged", "choose another one")
    _end_contradicted(conn, "split", a, b, user_id, now)
    aliases = [r["alias"] for r in conn.execute("SELECT alias FROM issue_alias WHERE issue_id = %s", [second["id"]])]
    _record(conn, "merge", first, second, a, b, user_id, now, reason, aliases)
    for story in [r["story_id"] for r in conn.execute("SELECT story_id FROM issue_story WHERE issue_id = %s ORDER BY 1", [second["id"]])]:
        issues.note(conn, now, "merged", story, None, None, f"user:{user_id}", "issues joined")
    issues.join(conn, first["id"], second["id"], now)
    _settle(conn, {first["id"]}, now)
    return UUID(str(first["public_id"]))


def split_issue(
    conn: Connection, public_id: str | UUID, documents: Iterable[int], *, user_id: int, now: datetime, reason: str = ""
) -> UUID:
    """Take documents (and their copies) out of an issue into a new one, kept apart from the rest for good or until taken back.

    Returns the new issue's public id. The caller commits. Raises LangNgheError when a document is not of the issue or nothing would stay.
    """
    issue = find(conn, public_id)
    members, wanted = _documents(conn, issue["id"]), set(documents)
    if not wanted <= set(members):
        raise LangNgheError(f"not documents of this issue: {sorted(wanted - set(members))}", "reload the issue's page and choose again")
    moving = _with_copies(conn, wanted, members)
    staying = [d for d in members if d not in set(moving)]
    if not moving or not staying:
        raise LangNgheError("a split must take some documents and leave some", "choose fewer, or at least one")
    _end_contradicted(conn, "merge", staying, moving, user_id, now)
    story = _new_story(conn, issue["language"], moving)
    new = issues.open_issue(conn, story, issue["language"], now, now)
    made = conn.execute("SELECT id, public_id FROM issue WHERE id = %s", [new]).fetchone()
    assert made is not None
    change = _record(conn, "split", issue, made, staying, moving, user_id, now, reason)
    # each document against the last one of the other side: enough to bar both the documents and their stories from meeting again
    pairs = {(d, staying[-1]) for d in moving} | {(moving[-1], d) for d in staying}
    conn.cursor().executemany(
        "INSERT INTO story_constraint (kind, document_a, document_b, decided_by, decided_at, change_id) VALUES ('apart', %s, %s, %s, %s, %s)",
        [(a, b, user_id, now, change) for a, b in sorted(pairs)],
    )
    _move(conn, moving, story, f"user:{user_id}", now)
    _pin(conn, members)
    _settle(conn, {issue["id"], new}, now)
    return UUID(str(made["public_id"]))


def undo_change(conn: Connection, change_id: int, *, user_id: int, now: datetime) -> UUID:
    """Take a merge or split back: the issues stand as if it had not been decided. Returns the public id of the issue that had stayed.

    The caller commits. Raises LangNgheError when there is none, it is taken back already, or a later decision builds on it.
    """
    change = next((c for c in conn.execute(_ACTIVE, {"issues": None}).fetchall() if c["id"] == change_id), None)
    if change is None:
        raise LangNgheError("this decision does not stand", "it may have been taken back already; reload the page")
    pair = [change["issue_id"], change["other_issue_id"]]
    if conn.execute(
        "SELECT 1 FROM issue_change WHERE id > %s AND undone_at IS NULL AND (issue_id = ANY(%s) OR other_issue_id = ANY(%s))", [change_id, pair, pair]
    ).fetchone():
        raise LangNgheError("a later merge or split builds on this one", "take the later one back first")
    _end(conn, change_id, user_id, now)
    if change["kind"] == "split":
        issues.join(conn, change["issue_id"], change["other_issue_id"], now)
    else:
        conn.execute(
            "DELETE FROM issue_alias WHERE alias = (SELECT public_id FROM issue WHERE id = %s) AND issue_id = %s", [pair[1], pair[0]]
        )
        conn.execute("UPDATE issue_alias SET issue_id = %s WHERE alias = ANY(%s)", [pair[1], change["aliases"]])
        _separate(conn, change["stay"] or [], change["go"] or [], pair[0], pair[1], f"user:{user_id}", now)
    _settle(conn, set(pair), now)
    row = conn.execute("SELECT public_id FROM issue WHERE id = %s", [change["issue_id"]]).fetchone()
    assert row is not None
    return UUID(str(row["public_id"]))


def obey(conn: Connection, now: datetime, touched: Iterable[int] | None = None) -> int:
    """Make the issues what analysts decided, after documents were clustered (again). Returns how many decisions had to be restored.

    `touched` limits the work to decisions about documents of these issues. The caller commits and holds the clusterer's lock.
    """
    restored = 0
    for change in conn.execute(_ACTIVE, {"issues": sorted(touched) if touched is not None else None}).fetchall():
        stay, go = change["stay"] or [], change["go"] or []
        keep, other = _standing(conn, change["issue_id"]), _standing(conn, change["other_issue_id"])
        if change["kind"] == "merge":
            moved = {home for side in (stay, go) if (home := _home(conn, side)) is not None and home != keep}
            for home in sorted(moved):
                issues.join(conn, keep, home, now)
        else:
            moved = _separate(conn, stay, go, keep, other, "clusterer", now)
        if moved:
            restored += 1
            _settle(conn, {keep, other, *moved}, now)
    return restored


def documents_of(conn: Connection, public_ids: Iterable[str]) -> list[int]:
    """Documents behind their public ids. Raises LangNgheError for one that is none."""
    wanted = [str(p).strip().lower() for p in public_ids]
    rows = conn.execute("SELECT id, public_id::text AS public_id FROM document WHERE public_id::text = ANY(%s)", [wanted]).fetchall()
    if unknown := set(wanted) - {r["public_id"] for r in rows}:
        raise LangNgheError(f"no such document: {', '.join(sorted(unknown))}", "reload the issue's page and choose again")
    return [r["id"] for r in rows]


def changes_of(conn: Connection, issue: int) -> list[dict[str, Any]]:
    """Merges and splits an issue took part in, newest first, with who decided and who took them back."""
    return conn.execute(
        """SELECT c.id, c.at, c.kind, c.reason, c.undone_at, c.issue_id = %(issue)s AS stayed, u.display_name AS by, b.display_name AS undone_by,
               o.public_id AS other, coalesce(nullif(o.title, '—'), (SELECT t.title FROM issue_change_document m JOIN document t ON t.id = m.document_id
                   WHERE m.change_id = c.id AND m.other = (c.issue_id = %(issue)s) ORDER BY t.published_at LIMIT 1), '—') AS other_title, (SELECT count(*) FROM issue_change_document d WHERE d.change_id = c.id AND d.other) AS documents,
               c.undone_at IS NULL AND NOT EXISTS (SELECT FROM issue_change l WHERE l.id > c.id AND l.undone_at IS NULL
                   AND (l.issue_id IN (c.issue_id, c.other_issue_id) OR l.other_issue_id IN (c.issue_id, c.other_issue_id))) AS can_undo
           FROM issue_change c JOIN app_user u ON u.id = c.user_id LEFT JOIN app_user b ON b.id = c.undone_by
           JOIN issue o ON o.id = CASE WHEN c.issue_id = %(issue)s THEN c.other_issue_id ELSE c.issue_id END
           WHERE %(issue)s IN (c.issue_id, c.other_issue_id) ORDER BY c.id DESC""",
        {"issue": issue},
    ).fetchall()


# ---- the record


def _record(
    conn: Connection, kind: str, keep: dict[str, Any], other: dict[str, Any], stay: list[int], go: list[int], user_id: int, now: datetime,
    reason: str, aliases: Iterable[UUID] = (),
) -> int:  # fmt: skip
    row = conn.execute(
        "INSERT INTO issue_change (at, user_id, kind, issue_id, other_issue_id, aliases, reason) VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [now, user_id, kind, keep["id"], other["id"], list(aliases), words(reason)],
    ).fetchone()
    assert row is not None
    conn.execute(
        """INSERT INTO issue_change_document (change_id, document_id, other) SELECT %(change)s, unnest(%(stay)s::bigint[]), false
           UNION ALL SELECT %(change)s, unnest(%(go)s::bigint[]), true""",
        {"change": row["id"], "stay": stay, "go": go},
    )
    _audit(conn, user_id, kind, row["id"], {"issue": str(keep["public_id"]), "other": str(other["public_id"])}, now)
    return int(row["id"])


def _audit(conn: Connection, user_id: int, action: str, change: int, detail: dict[str, str], now: datetime) -> None:
    conn.execute("SELECT audit_append(%s, %s, %s, %s, %s)", [f"user:{user_id}", action, f"change:{change}", Jsonb(detail), now])


def _end(conn: Connection, change: int, user_id: int, now: datetime) -> None:
    conn.execute("UPDATE issue_change SET undone_at = %s, undone_by = %s WHERE id = %s", [now, user_id, change])
    conn.execute("UPDATE story_constraint SET revoked_at = %s WHERE change_id = %s AND revoked_at IS NULL", [now, change])
    _audit(conn, user_id, "undo", change, {}, now)


def _end_contradicted(conn: Connection, kind: str, a: list[int], b: list[int], user_id: int, now: datetime) -> None:
    """Earlier decisions of `kind` that say the contrary about most of the documents of `a` and `b` are taken back."""
    sides = (set(a), set(b))
    for change in conn.execute(_ACTIVE, {"issues": None}).fetchall():
        stay, go = set(change["stay"] or []), set(change["go"] or [])
        if change["kind"] == kind and any(2 * len(stay & x) > len(stay) and 2 * len(go & y) > len(go) for x, y in (sides, sides[::-1])):
            _end(conn, change["id"], user_id, now)


# ---- stories and issues


def _documents(conn: Connection, issue: int) -> list[int]:
    return [r["document_id"] for r in conn.execute(_OF_ISSUE, [issue])]


def _with_copies(conn: Connection, wanted: set[int], members: list[int]) -> list[int]:
    copies = conn.execute("SELECT document_id FROM document_copy WHERE origin_id = ANY(%s)", [sorted(wanted)])
    return sorted(wanted | ({r["document_id"] for r in copies} & set(members)))


def _standing(conn: Connection, issue: int) -> int:
    """The issue an older one lives on in."""
    row = conn.execute("SELECT a.issue_id FROM issue i JOIN issue_alias a ON a.alias = i.public_id WHERE i.id = %s", [issue]).fetchone()
    return int(row["issue_id"]) if row else issue


def _home(conn: Connection, documents: list[int]) -> int | None:
    """The issue that holds most of the documents, the oldest at a tie."""
    held = Counter(r["issue_id"] for r in conn.execute(_MEMBERS, [documents]))
    return min(held, key=lambda issue: (-held[issue], issue), default=None)


def _separate(conn: Connection, stay: list[int], go: list[int], keep: int, other: int, by: str, now: datetime) -> set[int]:
    """Put what `go` stands in under issue `other`, what `stay` stands in under `keep`; a story of both is divided. Returns the issues changed."""
    if keep == other:
        return set()
    rows = conn.execute(_MEMBERS, [[*stay, *go]]).fetchall()
    leaving = set(go)
    mixed = {r["story_id"] for r in rows if r["document_id"] in leaving} & {r["story_id"] for r in rows if r["document_id"] not in leaving}
    changed: set[int] = set()
    if mixed:
        parting = [r["document_id"] for r in rows if r["document_id"] in leaving and r["story_id"] in mixed]
        copies = conn.execute(
            "SELECT c.document_id FROM document_copy c JOIN assignment a ON a.document_id = c.document_id WHERE c.origin_id = ANY(%s) AND a.story_id = ANY(%s)",
            [parting, sorted(mixed)],
        ).fetchall()
        parting = sorted({*parting, *(r["document_id"] for r in copies)} - set(stay))
        language = conn.execute("SELECT language FROM issue WHERE id = %s", [other]).fetchone()
        story = _new_story(conn, language["language"] if language else "vi", parting)
        conn.execute("INSERT INTO issue_story (story_id, issue_id) VALUES (%s, %s)", [story, other])
        _move(conn, parting, story, by, now)
        _pin(conn, [*stay, *go])
        changed |= {r["issue_id"] for r in rows if r["story_id"] in mixed} | {other}
    moving: dict[int, set[int]] = {other: set(), keep: set()}
    for row in rows:
        home = other if row["document_id"] in leaving else keep
        if row["issue_id"] != home and row["story_id"] not in mixed:
            moving[home].add(row["story_id"])
            changed |= {row["issue_id"], home}
    for home, stories in moving.items():
        issues.hand_over(conn, stories, home, now)
    return changed


def _new_story(conn: Connection, language: str, documents: list[int]) -> int:
    row = conn.execute(
        """INSERT INTO story (language, opened_at, last_published_at)
           SELECT %s, min(published_at), max(published_at) FROM document WHERE id = ANY(%s) RETURNING id""",
        [language, documents],
    ).fetchone()
    assert row is not None
    return int(row["id"])


def _move(conn: Connection, documents: list[int], story: int, by: str, now: datetime) -> None:
    old = conn.execute("SELECT document_id, story_id FROM assignment WHERE document_id = ANY(%s)", [documents]).fetchall()
    conn.execute("UPDATE assignment SET story_id = %s, assigned_at = %s WHERE document_id = ANY(%s)", [story, now, documents])
    for row in old:
        issues.note(conn, now, "split", row["story_id"], story, row["document_id"], by)
    issues.recount(conn, {story, *(r["story_id"] for r in old)})


def _pin(conn: Connection, documents: list[int]) -> None:
    """The clusterer leaves these where they are: an analyst decided."""
    conn.execute("UPDATE assignment SET settled = '=' || story_id WHERE document_id = ANY(%s) AND method <> 'copy'", [documents])


def _settle(conn: Connection, changed: set[int], now: datetime) -> None:
    for issue in sorted(changed):
        issues.refresh(conn, issue, now)
    issues.invalidate(conn)
