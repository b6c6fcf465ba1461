"""Remove one page on request, all that was made of it, and keep it from coming back (SCOPE S14).

A page may have been listed under one address, fetched under a second and name a third as its own: `document_address` keeps them, and all of them
go. What others told as well (a claim that a second outlet carries, an issue of many) is made anew from what is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from psycopg import sql
from psycopg.types.json import Jsonb

from processing.db import Connection, archive
from processing.db.addresses import variants
from processing.db.retention import RETELL
from processing.db.tombstones import alone, url_hash
from processing.errors import LangNgheError
from processing.scrub.core import words
from processing.settings import get_settings

REMOVED = "removed with all that was made of it"
KEPT_OUT = "was not stored; it will not be collected"
_WRITER_LOCK = 7_205_110_003  # of the cluster and hot-spot stages: neither may count or join while a page leaves
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|odt)(?:$|[?#])", re.IGNORECASE)
_OTHERWISE = ("fact_check", "story_event", "document_address")


def erase(conn: Connection, url: str, reason: str, now: datetime, *, actor: str = "operator") -> str:
    """Erase the page at this canonical address, or listed or fetched under it, and leave tombstones, in one transaction; commits.

    Returns in words what was removed. Works for a page that was never collected, too: the tombstone then keeps it out. `actor` is who decided, as
    the audit names people (`user:7`); `reason` is kept scrubbed. Raises LangNgheError where the address led to several pages.
    """
    alone(conn)
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITER_LOCK])
    reason = words(reason)
    documents = _documents(conn, url)
    addresses = {url}
    for document in documents:
        addresses |= _own_addresses(conn, document)
    files = _files(conn, documents, addresses)
    for address in sorted(addresses):
        conn.execute(
            "INSERT INTO tombstone (url_sha256, removed_at, reason) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", [url_hash(address), now, reason]
        )
    _forget_addresses(conn, addresses | files)
    _remove_checks(conn, documents, addresses, now)
    for document in documents:
        _remove_document(conn, document, now)
    # The log of requests must not keep the address it was asked to forget.
    subject = f"url:{url_hash(url).hex()[:16]}"
    conn.execute("SELECT audit_append(%s, 'erase', %s, %s, %s)", [actor, subject, Jsonb({"reason": reason, "documents": len(documents)}), now])
    conn.commit()
    return REMOVED if documents or files else KEPT_OUT


def forget(conn: Connection, landing_id: int, addresses: Iterable[str], now: datetime) -> None:
    """A page that was removed came in again, perhaps under a new address: its raw row and traces go, and that address is kept out, too.

    For the extract stage, which alone learns what address a page names as its own. Does not commit.
    """
    conn.execute("DELETE FROM landing WHERE id = %s", [landing_id])
    ours = set(addresses)
    others = conn.execute(
        "SELECT canonical_url AS url FROM document WHERE canonical_url = ANY(%(urls)s) UNION SELECT url FROM document_address WHERE url = ANY(%(urls)s)",
        {"urls": sorted(ours)},
    )
    ours -= {row["url"] for row in others}
    for address in sorted(ours):
        conn.execute(
            "INSERT INTO tombstone (url_sha256, removed_at, reason) VALUES (%s, %s, 'another address of a removed page') ON CONFLICT DO NOTHING",
            [url_hash(address), now],
        )
    _forget_addresses(conn, ours)


def find(conn: Connection, url: str) -> tuple[list[int], list[int]]:
    """Ids of the documents with this canonical address, in any of its spellings; and of those only listed or fetched under it."""
    spellings = variants(url)
    own = conn.execute("SELECT id FROM document WHERE canonical_url = ANY(%s) ORDER BY id", [spellings]).fetchall()
    led = conn.execute("SELECT DISTINCT document_id AS id FROM document_address WHERE url = ANY(%s) ORDER BY 1", [spellings]).fetchall()
    return [row["id"] for row in own], [row["id"] for row in led]


def _documents(conn: Connection, url: str) -> list[int]:
    own, led = find(conn, url)
    if not own and len(led) > 1:
        raise LangNgheError("this address led to several different pages", "name the page's own address, as it shows once the page is open")
    return own or led


def _own_addresses(conn: Connection, document: int) -> set[str]:
    """Every address of a document that is no other document's, too."""
    rows = conn.execute(
        """SELECT canonical_url AS url FROM document WHERE id = %(id)s
           UNION SELECT a.url FROM document_address a WHERE a.document_id = %(id)s
               AND NOT EXISTS (SELECT FROM document_address o WHERE o.url = a.url AND o.document_id <> %(id)s)
               AND NOT EXISTS (SELECT FROM document d WHERE d.canonical_url = a.url AND d.id <> %(id)s)""",
        {"id": document},
    )
    return {row["url"] for row in rows}


def _files(conn: Connection, documents: list[int], addresses: Iterable[str]) -> set[str]:
    """Files these documents alone link to, or that stand at these addresses: what was read of them goes, too. One that another page links to stays with that."""
    spellings = sorted({spelling for address in addresses for spelling in (address, *variants(address))})
    rows = conn.execute(
        """SELECT url FROM attachment WHERE url = ANY(%(addresses)s) OR document_id = ANY(%(documents)s)
           GROUP BY url HAVING url = ANY(%(addresses)s) OR NOT EXISTS (
               SELECT FROM attachment o WHERE o.url = attachment.url AND NOT o.document_id = ANY(%(documents)s))""",
        {"addresses": spellings, "documents": documents},
    )
    return {row["url"] for row in rows}


def _forget_addresses(conn: Connection, addresses: Iterable[str]) -> None:
    """Raw pages, entries of feeds and the log of requests, under every spelling."""
    spellings = sorted({spelling for address in addresses for spelling in (address, *variants(address))})
    conn.execute("DELETE FROM landing WHERE url = ANY(%s) AND kind <> 'open311'", [spellings])
    archive.forget(spellings)
    conn.execute("UPDATE feed_entry SET url = NULL WHERE url = ANY(%s)", [spellings])
    conn.execute("DELETE FROM attachment WHERE url = ANY(%s)", [spellings])
    if any(_FILE.search(address) for address in spellings):
        conn.execute(
            """UPDATE document_version SET attachments = ARRAY(SELECT link FROM unnest(attachments) WITH ORDINALITY u(link, n) WHERE NOT link = ANY(%(urls)s) ORDER BY n)
               WHERE attachments && %(urls)s::text[]""",
            {"urls": spellings},
        )
    conn.execute("DELETE FROM fetch_log WHERE url = ANY(%s) AND kind IN ('page', 'attachment')", [spellings])


def _remove_checks(conn: Connection, documents: list[int], addresses: set[str], now: datetime) -> None:
    """What the page published about claims. Whoever was sent it as an answer is told that it no longer stands (SCOPE S12)."""
    from processing.claims.workflow import propagate, settle

    spellings = sorted({spelling for address in addresses for spelling in (address, *variants(address))})
    conn.execute("DELETE FROM fact_check_set_aside WHERE url = ANY(%s)", [spellings])
    checks = conn.execute("SELECT id FROM fact_check WHERE document_id = ANY(%s) OR url = ANY(%s) ORDER BY id", [documents, spellings]).fetchall()
    _forget_vectors(conn, [check["id"] for check in checks])
    for check in checks:
        conn.execute("UPDATE fact_check SET withdrawn_at = coalesce(withdrawn_at, %s) WHERE id = %s", [now, check["id"]])
        propagate(conn, check["id"], "the page it stood on was removed on request", now)
        claims = [r["claim_id"] for r in conn.execute("SELECT claim_id FROM match WHERE fact_check_id = %s", [check["id"]])]
        conn.execute("DELETE FROM fact_check WHERE id = %s", [check["id"]])
        for claim in claims:
            settle(conn, claim)


def _forget_vectors(conn: Connection, checks: list[int]) -> None:
    """What an optional embedder made of these checks' words, in any wording they had, in the files beside the database."""
    from processing.claims.semantics import forget, passage_of

    rows = conn.execute(
        "SELECT claim, title FROM fact_check WHERE id = ANY(%(ids)s) UNION SELECT claim, title FROM fact_check_version WHERE fact_check_id = ANY(%(ids)s)",
        {"ids": checks},
    )
    forget(get_settings().home / "embeddings", [passage_of(row["claim"], row["title"]) for row in rows])


def holders(conn: Connection) -> list[str]:
    """Tables with rows of a document, by their column `document_id`: read from the database, so that a table made later is not forgotten."""
    rows = conn.execute(
        """SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'document_id' AND NOT a.attisdropped
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"""
    )
    return [row["name"] for row in rows if row["name"] not in _OTHERWISE]


def _remove_document(conn: Connection, document: int, now: datetime) -> None:
    day = conn.execute("SELECT local_day(published_at) AS day FROM document WHERE id = %s FOR UPDATE", [document]).fetchone()
    assert day is not None
    stories = [r["story_id"] for r in conn.execute("SELECT story_id FROM assignment WHERE document_id = %s", [document])]
    issues = [r["issue_id"] for r in conn.execute("SELECT DISTINCT issue_id FROM issue_story WHERE story_id = ANY(%s)", [stories])]
    claims = [r["claim_id"] for r in conn.execute("SELECT claim_id FROM claim_sighting WHERE document_id = %s", [document])]
    flags = [r["flag_id"] for r in conn.execute("SELECT flag_id FROM flag_document WHERE document_id = %s", [document])]
    heirs = [r["id"] for r in conn.execute("SELECT document_id AS id FROM document_copy WHERE origin_id = %s AND document_id <> %s", [document] * 2)]
    for table in holders(conn):
        conn.execute(sql.SQL("DELETE FROM {} WHERE document_id = %s").format(sql.Identifier(table)), [document])
    conn.execute("DELETE FROM work WHERE subject_id = %s", [document])
    conn.execute("UPDATE story_event SET document_id = NULL WHERE document_id = %s", [document])
    conn.execute("DELETE FROM story_constraint WHERE %s IN (document_a, document_b)", [document])
    conn.execute("DELETE FROM document WHERE id = %s", [document])
    _hand_on(conn, heirs, document)
    _retell_claims(conn, claims, now)
    _recompute(conn, stories, issues, flags, day["day"], now)


def _hand_on(conn: Connection, heirs: list[int], document: int) -> None:
    """Its copies go on with the oldest of them as their origin."""
    if heirs:
        first = min(heirs)
        conn.execute("UPDATE document_copy SET origin_id = %s WHERE origin_id = %s", [first, document])
        conn.execute("UPDATE document_copy SET group_id = %s WHERE group_id = %s", [first, document])
        conn.execute("UPDATE document_copy SET relation = 'origin', containment = 0 WHERE document_id = %s", [first])


def _retell_claims(conn: Connection, claims: list[int], now: datetime) -> None:
    """A claim nobody else carries goes, decided or not; one that others carry is told in their words and counted from them."""
    from processing.claims.semantics import forget_wordings
    from processing.claims.store import recount
    from processing.claims.wordings import taken_back
    from processing.claims.workflow import settle

    if claims:
        forget_wordings(get_settings().home / "embeddings")
    gone = [r["id"] for r in conn.execute("SELECT id FROM claim c WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM claim_sighting s WHERE s.claim_id = c.id)", [claims])]
    wordings = conn.execute("SELECT public_id FROM match WHERE claim_id = ANY(%s) AND state = 'confirmed' ORDER BY id", [gone]).fetchall()
    conn.execute("DELETE FROM claim WHERE id = ANY(%s)", [gone])
    for wording in wordings:  # what was suggested because it resembled the page's words
        for claim in taken_back(conn, wording["public_id"], now):
            settle(conn, claim)
    recount(conn, claims, now)
    # where the words of the others are already those of another claim, the count leaves the old ones
    conn.execute(RETELL, [claims])


def _recompute(conn: Connection, stories: list[int], issues: list[int], flags: list[int], day: date, now: datetime) -> None:
    """Stories, issues, counts and score cards from the documents that are left; every process reads the stories again before its next batch."""
    from processing.cluster.issues import invalidate, recount, refresh
    from processing.hotspots.card import rank, recompute
    from processing.hotspots.store import recount as recount_days

    recount(conn, stories)
    for issue in issues:
        refresh(conn, issue, now)
    conn.execute("UPDATE issue SET title = '—', summary = '{}' WHERE id = ANY(%s) AND documents = 0", [issues])
    # its figures may be the page's; the next run of the claims stage states them anew
    conn.execute("DELETE FROM issue_corroboration WHERE issue_id = ANY(%s)", [issues])
    invalidate(conn)
    counted = conn.execute("SELECT max(counted_at) AS at FROM observation").fetchone()
    if counted is not None and counted["at"] is not None:
        # dated as the last run: the next one still sees what has come since
        recount_days(conn, [day], counted["at"])
    for flag in flags:
        card = recompute(conn, flag)
        conn.execute("UPDATE flag SET card = %s, rank = %s, score = %s WHERE id = %s", [Jsonb(card), rank(card), card["score"], flag])
