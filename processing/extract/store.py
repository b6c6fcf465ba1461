"""Landed pages and feed entries into documents: extract, scrub, write, all of a batch in one transaction. The only reader of `landing`.

Same canonical URL and changed text: a new version. Unchanged, or only re-dated: no new row. What the page was removed for on request
(a tombstone) stays away. Reports of feedback portals go to the counting stage and are dropped (SCOPE S1, S8).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.db.addresses import BadURL, canonical
from processing.db.landing import Envelope, unseal
from processing.db.tombstones import buried
from processing.db.work import StageStats, after, enqueue
from processing.erase import forget
from processing.errors import Outcome, Quarantine, Retry, fault
from processing.extract import attachments
from processing.extract.model import Extracted, FeedEntry
from processing.extract.worker import shared
from processing.scrub.core import redact
from processing.zone import LOCAL

_CLAIM = """SELECT l.id, l.kind, l.url, l.sealed, l.source_id, l.attempts
    FROM landing l WHERE l.state IN ('pending', 'retry') AND l.not_before <= %s ORDER BY l.id LIMIT %s FOR UPDATE OF l SKIP LOCKED"""


def run(conn: Connection, *, limit: int, now: datetime) -> StageStats:
    """Finish up to `limit` landed rows. Each ends done, retry or quarantine with a reason; one bad row costs only itself.

    Commits nothing: the caller commits the batch.
    """
    stats = StageStats()
    rows = conn.execute(_CLAIM, [now, limit]).fetchall()
    sources = {
        row["id"]: row
        for row in conn.execute("SELECT * FROM source WHERE id = ANY(%s)", [list({row["source_id"] for row in rows})]).fetchall()
    }
    for row in rows:
        try:
            with conn.transaction():
                _one(conn, row, sources[row["source_id"]], now)
            stats.done += 1
        except psycopg.OperationalError:
            raise
        except Exception as error:
            outcome = error if isinstance(error, Outcome) else Quarantine(f"fault of ours while extracting: {fault(error)}")
            if isinstance(_put_off(conn, row, outcome, now), Retry):
                stats.retry += 1
            else:
                stats.quarantine += 1
    return stats


def _put_off(conn: Connection, row: dict[str, Any], outcome: Outcome, now: datetime) -> Outcome:
    attempts = row["attempts"] + 1
    outcome, state, not_before = after(outcome, attempts, now)
    conn.execute(
        "UPDATE landing SET state = %s, attempts = %s, reason = %s, not_before = %s WHERE id = %s",
        [state, attempts, outcome.reason[:500], not_before, row["id"]],
    )
    if row["kind"] == "attachment" and state == "quarantine":
        attachments.unreadable(conn, row, outcome.reason[:500])
    return outcome


def _one(conn: Connection, row: dict[str, Any], source: dict[str, Any], now: datetime) -> None:
    envelope = unseal(row["url"], row["sealed"])
    if row["kind"] == "open311":
        _count(conn, row, envelope, now)
        return
    if row["kind"] == "attachment":
        attachments.keep(conn, row, envelope, now)
        return
    seen_at = _time(envelope.header.get("fetched_at"), now)
    found = _extract(row["kind"], envelope, source, seen_at)
    address = _spelled(found.canonical_url, row["url"])
    listed = envelope.header.get("listed") or row["url"]
    if buried(conn, address, row["url"], listed):
        forget(conn, row["id"], {address, row["url"], listed, *envelope.header.get("hops", [])}, now)
        return
    files = [link for link in attachments.spelled(found.attachments) if not buried(conn, link)]
    document_id, changed = _store(conn, source, address, found, files, seen_at)
    _note_addresses(conn, document_id, {row["url"], listed, *envelope.header.get("hops", [])} - {address})
    if changed:
        enqueue(conn, "annotate", [document_id], now)
        attachments.note(conn, document_id, files, now)
    if source["publisher_kind"] is not None:  # a page, or a feed that carries the whole text
        from processing.claims.registry import ingest_page

        # also where the text is the same: a rating may have changed in the page's ClaimReview alone
        ingest_page(conn, source, _with_stated(envelope), document_id, now)
    conn.execute("UPDATE landing SET state = 'done', reason = NULL WHERE id = %s", [row["id"]])


def _with_stated(envelope: Envelope) -> bytes:
    """The page, with the ClaimReview that a data feed states of it where it states none itself."""
    stated = str((envelope.header.get("entry") or {}).get("content") or "")
    own = b"ClaimReview" in envelope.body or "ClaimReview" not in stated
    return envelope.body if own else stated.encode() + envelope.body


def _spelled(named: str | None, fetched: str) -> str:
    """The address that a page names as its own in the one stored spelling, without what names reader or author (SCOPE S2); else the fetched one."""
    try:
        return canonical(named) if named else fetched
    except BadURL:
        return fetched


def _note_addresses(conn: Connection, document: int, others: set[str]) -> None:
    """Under what other addresses the page was met: a removal request may name any of them."""
    conn.execute(
        "INSERT INTO document_address (url, document_id) SELECT unnest(%s::text[]), %s ON CONFLICT DO NOTHING", [sorted(others), document]
    )


def _count(conn: Connection, row: dict[str, Any], envelope: Envelope, now: datetime) -> None:
    """Reports become counts, and their text is not kept, sealed or not."""
    from processing.hotspots.feedback import count_reports

    try:
        reports = json.loads(envelope.body)
    except ValueError:
        raise Quarantine("the feedback portal did not answer with JSON") from None
    if not isinstance(reports, list):
        raise Quarantine("the feedback portal did not answer with a list of reports")
    count_reports(conn, row["source_id"], reports, now)
    conn.execute("UPDATE landing SET state = 'done', reason = NULL, sealed = ''::bytea WHERE id = %s", [row["id"]])


def _extract(kind: str, envelope: Envelope, source: dict[str, Any], seen_at: datetime) -> Extracted:
    header = envelope.header
    said = header.get("entry") or {}
    cms = header.get("cms") or source["cms"] or ""
    fields = {name: said.get(name) or "" for name in ("title", "link", "summary", "content", "published_raw", "guid")}
    url = header.get("final_url") or header["url"]
    if kind == "page":
        if _sent_home(header["url"], url):
            raise Quarantine("redirected home: the site no longer has this page")
        entry = FeedEntry(**fields, cms=cms) if said else None
        return shared().extract(envelope.body, url, content_type=header.get("content_type"), entry=entry, now=seen_at)
    from processing.extract.charset import decode, repair

    content = decode(envelope.body, header.get("content_type"))[0] or fields["content"] or fields["summary"]
    # the title alone is too short to tell an old font by: it is judged with the text it came with
    parts = repair("<hr>".join((fields["title"], fields["summary"], envelope.body.decode("utf-8", "ignore")))).split("<hr>", 2)
    if len(parts) == 3:
        fields.update(title=parts[0], summary=parts[1])
    fields.update(content=content, link=header["url"])
    return shared().extract(b"", header["url"], entry=FeedEntry(**fields, cms=cms), now=seen_at)


def _sent_home(asked: str, answered: str) -> bool:
    """A soft 404 by redirect: an article was asked for, the home page answered."""
    return urlsplit(asked).path not in ("", "/") and urlsplit(answered).path in ("", "/") and not urlsplit(answered).query


def _time(raw: str | None, default: datetime) -> datetime:
    if not raw:
        return default
    moment = datetime.fromisoformat(raw)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _published(found: Extracted, seen_at: datetime) -> tuple[datetime, str]:
    """Instant and precision. A day stands for its beginning in Vietnam; without a date the first sight stands in."""
    if found.published_at is None:
        return seen_at, "seen"
    if "T" in found.published_at:
        return datetime.fromisoformat(found.published_at), "minute"
    return datetime.combine(date.fromisoformat(found.published_at), time(), LOCAL), "day"


def _store(conn: Connection, source: dict[str, Any], address: str, found: Extracted, files: list[str], seen_at: datetime) -> tuple[int, bool]:
    """Write what is new. Returns the document's id and whether its text is new or changed."""
    title, text = redact(found.title), redact(found.text)
    if not title.text:
        raise Quarantine("an article without a title; the page's layout may have changed")
    digest = hashlib.sha256(f"{title.text}\n{text.text}".encode()).digest()
    published_at, precision = _published(found, seen_at)
    made = conn.execute(
        """INSERT INTO document (source_id, canonical_url, kind, title, language, published_at, published_precision, first_seen_at, last_seen_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (canonical_url) DO NOTHING RETURNING id""",
        [source["id"], address, _kind(source), title.text, found.language or source["language"], published_at, precision, seen_at, seen_at],
    ).fetchone()
    version = 1
    if made is not None:
        document_id: int = made["id"]
    else:
        old = conn.execute(
            """SELECT d.id, d.version, d.published_precision, v.text_sha256, v.seen_at FROM document d
               LEFT JOIN document_version v ON v.document_id = d.id AND v.version = d.version
               WHERE d.canonical_url = %s ORDER BY v.seen_at DESC LIMIT 1 FOR UPDATE OF d""",
            [address],
        ).fetchone()
        if old is None:
            raise Retry("the document was removed while its page was read", 60)
        document_id = old["id"]
        if old["published_precision"] == "seen" and precision != "seen":
            conn.execute(
                "UPDATE document SET published_at = %s, published_precision = %s WHERE id = %s", [published_at, precision, document_id]
            )
        conn.execute("UPDATE document SET last_seen_at = greatest(last_seen_at, %s) WHERE id = %s", [seen_at, document_id])
        stale = old["seen_at"] is not None and old["seen_at"] > seen_at
        if stale or (old["text_sha256"] is not None and bytes(old["text_sha256"]) == digest):
            return document_id, False
        version = old["version"] + 1
        conn.execute("UPDATE document SET version = %s, title = %s WHERE id = %s", [version, title.text, document_id])
    conn.execute(
        """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor, published_raw, attachments, redactions)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            document_id, version, seen_at, title.text, text.text, digest, found.extractor, found.published_raw, files,
            Jsonb(dict(Counter(f.kind for f in (*title.found, *text.found)))),
        ],
    )  # fmt: skip
    return document_id, True


def _kind(source: dict[str, Any]) -> str:
    if source["kind"] == "fact_check":
        return "fact_check"
    return "statement" if source["publisher_kind"] == "official_statement" else "article"
