"""Writes what named publishers have checked, stated or corrected into `fact_check`, with earlier wordings as versions.

The publisher is the source's organisation; no person is read. A check by a government body is an official statement whatever it calls itself
(SCOPE S6). A row without a date or an address is set aside with the reason, never guessed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from processing.claims import workflow
from processing.claims.claimreview import Review, moment, reviews
from processing.claims.tokens import tokens
from processing.db import Connection, work
from processing.errors import LangNgheError
from processing.scrub.core import redact
from processing.text import clean, fold

KINDS = ("independent_fact_check", "official_statement", "press_correction")
_ANSWERS = re.compile(
    r"\b(?:thong tin chinh thuc|bac bo|dinh chinh|cai chinh|lam ro (?:thong tin|viec|tin)|khong co chuyen|khong co viec|thuc hu|"
    r"len tieng (?:ve|truoc)|canh bao (?:thong tin|tin|gia mao|mao danh)|tin don|tin gia|thong tin (?:sai|lan truyen|khong chinh xac|that thiet)|lan truyen|"
    r"khang dinh khong|xin loi ban doc|rut bai)\b"
)
_GOVERNMENT = re.compile(r"(?:^|\.)gov\.vn$")
_COLUMNS = ("claim", "publisher", "publisher_kind", "published_at", "url")


def claim_key(text: str) -> str:
    """Folded claim without punctuation: what makes two wordings the same row."""
    return " ".join(tokens(fold(clean(text))))[:1000]


def kind_of(declared: str, url: str) -> str:
    """The kind that is stored: a .gov.vn address never publishes an independent check."""
    host = (urlsplit(url).hostname or "").lower()
    return "official_statement" if declared == "independent_fact_check" and _GOVERNMENT.search(host) else declared


def ingest_page(conn: Connection, source: dict[str, Any], html: bytes, document_id: int, now: datetime) -> int:
    """Write the reviews of a page of `source` (row of table source). Without any, a page of statements or corrections is taken as one. Does not commit.

    Returns how many rows are new or changed. Reviews that the page no longer carries are withdrawn.
    """
    document = conn.execute(
        "SELECT canonical_url, published_at, published_precision, title, language FROM document WHERE id = %s", [document_id]
    ).fetchone()
    if document is None or source["publisher_kind"] is None:
        return 0
    found = reviews(html)
    if not found:
        kinds = ("official_statement", "press_correction")
        return ingest_statement(conn, source, document_id, now, html) if source["publisher_kind"] in kinds else 0
    digest = hashlib.sha256(html).digest()
    dated = [r for r in found if r.published_at is not None or document["published_precision"] != "seen"]
    changed = 0
    keep = set()
    for review in dated:
        url = document["canonical_url"]  # the page we read and may link to; a review's own url may name another site
        row = _row(source, review, url, review.published_at or document["published_at"], digest, document_id)
        keep.add(row["claim_key"])
        changed += _upsert(conn, row, now, withdrawn=review.withdrawn, others=len(dated) == 1)
    if dated:
        changed += _withdraw_missing(conn, document["canonical_url"], keep, now)
    if changed:
        work.enqueue(conn, "claims", [document_id], now)
    return changed


def ingest_statement(conn: Connection, source: dict[str, Any], document_id: int, now: datetime, html: bytes = b"") -> int:
    """A page of official statements or corrections that answers something in circulation: title and lead stand for the claim it answers."""
    row = conn.execute(
        """SELECT d.canonical_url, d.published_at, d.published_precision, d.title, d.language, v.text, v.text_sha256
           FROM document d JOIN document_version v ON v.document_id = d.id AND v.version = d.version WHERE d.id = %s""",
        [document_id],
    ).fetchone()
    if row is None or row["published_precision"] == "seen":
        return 0
    lead = row["text"].split("\n", 1)[0][:600]
    if not _ANSWERS.search(fold(f"{row['title']} . {lead}")):
        return 0  # a portal's or a paper's ordinary news answers nothing
    review = Review(f"{row['title']}. {lead}", row["title"], "", row["canonical_url"], row["published_at"], row["language"])
    digest = hashlib.sha256(html).digest() if html else bytes(row["text_sha256"])
    values = _row(source, review, row["canonical_url"], row["published_at"], digest, document_id)
    changed = _upsert(conn, values, now, withdrawn=False, others=True)
    if changed:
        work.enqueue(conn, "claims", [document_id], now)
    return changed


def _row(
    source: dict[str, Any], review: Review, url: str, published_at: datetime, digest: bytes, document_id: int | None
) -> dict[str, Any]:
    claim = redact(review.claim).text
    return {
        "source": source.get("id"), "document": document_id, "publisher": source["name"], "kind": kind_of(source["publisher_kind"], url), "claim": claim,
        "title": redact(review.title).text, "rating": redact(review.rating).text, "published_at": published_at, "url": url,
        "claim_key": claim_key(claim), "language": review.language or "vi", "digest": digest,
    }  # fmt: skip


def _upsert(conn: Connection, row: dict[str, Any], now: datetime, *, withdrawn: bool, others: bool) -> int:
    """Insert, or keep the old wording as a version and update. `others`: the page has one review, so a row with another key is its earlier wording."""
    row = {**row, "now": now, "withdrawn": now if withdrawn else None}
    old = conn.execute(
        """SELECT * FROM fact_check WHERE url = %(url)s AND (claim_key = %(claim_key)s OR %(others)s)
           ORDER BY claim_key = %(claim_key)s DESC, id LIMIT 1 FOR UPDATE""",
        {**row, "others": others},
    ).fetchone()
    if old is None:
        conn.execute(
            """INSERT INTO fact_check (source_id, document_id, publisher, publisher_kind, claim, title, rating, published_at, url, claim_key, language,
                   capture_sha256, withdrawn_at, first_seen_at, updated_at)
               VALUES (%(source)s, %(document)s, %(publisher)s, %(kind)s, %(claim)s, %(title)s, %(rating)s, %(published_at)s, %(url)s, %(claim_key)s,
                   %(language)s, %(digest)s, %(withdrawn)s, %(now)s, %(now)s) ON CONFLICT (url, claim_key) DO NOTHING""",
            row,
        )
        return 1
    if (old["claim"], old["title"], old["rating"], old["withdrawn_at"] is not None) == (row["claim"], row["title"], row["rating"], withdrawn):
        return 0
    conn.execute(
        "INSERT INTO fact_check_version SELECT id, version, updated_at, claim, title, rating, capture_sha256 FROM fact_check WHERE id = %s", [old["id"]]
    )
    conn.execute(
        """UPDATE fact_check SET claim = %(claim)s, title = %(title)s, rating = %(rating)s, claim_key = %(claim_key)s, capture_sha256 = %(digest)s,
               withdrawn_at = %(withdrawn)s, version = version + 1, updated_at = %(now)s WHERE id = %(id)s""",
        {**row, "id": old["id"]},
    )
    if withdrawn or old["rating"] != row["rating"] or old["claim"] != row["claim"]:
        reason = workflow.WITHDRAWN if withdrawn else workflow.CHANGED
        workflow.propagate(conn, old["id"], reason, now)
    return 1


def _withdraw_missing(conn: Connection, url: str, keep: set[str], now: datetime) -> int:
    gone = conn.execute(
        "UPDATE fact_check SET withdrawn_at = %s, updated_at = %s, version = version WHERE url = %s AND withdrawn_at IS NULL AND NOT claim_key = ANY(%s) RETURNING id",
        [now, now, url, sorted(keep)],
    ).fetchall()
    for row in gone:
        workflow.propagate(conn, row["id"], workflow.WITHDRAWN, now)
    return len(gone)


@dataclass
class Imported:
    """What became of an analysts' file: rows written, and (line number, reason) of those set aside."""

    written: int = 0
    unchanged: int = 0
    quarantined: list[tuple[int, str]] = field(default_factory=list)


def _problem(row: dict[str, str]) -> str:
    for column in _COLUMNS:
        if not (row.get(column) or "").strip():
            return f"column {column!r} is empty; a check is kept only with {', '.join(_COLUMNS)}"
    if row["publisher_kind"] not in KINDS:
        return f"publisher_kind {row['publisher_kind']!r} is not one of {', '.join(KINDS)}"
    if moment(row["published_at"]) is None:
        return f"published_at {row['published_at']!r} is no ISO 8601 date between 1995 and 2100"
    if urlsplit(row["url"].strip()).scheme not in ("http", "https") or not urlsplit(row["url"].strip()).hostname:
        return f"url {row['url']!r} is no http(s) address"
    return ""


def import_csv(conn: Connection, path: Path, now: datetime) -> Imported:
    """Read analysts' checks (columns claim, publisher, publisher_kind, published_at, url; optional title, rating, language). Does not commit.

    Raises LangNgheError when a column is missing altogether.
    """
    out = Imported()
    try:
        whole = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LangNgheError(f"cannot read {path}: {error}", "name a CSV file in UTF-8 (in Excel: CSV UTF-8)") from None
    with io.StringIO(whole, newline="") as lines:
        table = csv.DictReader(lines)
        missing = [c for c in _COLUMNS if c not in (table.fieldnames or ())]
        if missing:
            raise LangNgheError(f"{path.name}: column {', '.join(missing)} is missing", f"the first line names {', '.join(_COLUMNS)}")
        for number, raw in enumerate(table, 2):
            row = {key: clean(value or "").strip() for key, value in raw.items() if isinstance(key, str) and not isinstance(value, list)}
            problem = _problem(row)
            if problem:
                out.quarantined.append((number, problem))
                continue
            when = moment(row["published_at"])
            assert when is not None
            source = {"id": None, "name": row["publisher"], "publisher_kind": row["publisher_kind"]}
            review = Review(row["claim"], row.get("title", ""), row.get("rating", ""), row["url"], when, row.get("language", "") or "vi")
            digest = hashlib.sha256("\x1f".join(row.get(c, "") for c in (*_COLUMNS, "title", "rating")).encode()).digest()
            changed = _upsert(conn, _row(source, review, row["url"], when, digest, None), now, withdrawn=review.withdrawn, others=False)
            out.written += changed
            out.unchanged += 1 - changed
    if out.written:
        from processing.claims.store import wake_for

        wake_for(conn, conn.execute("SELECT claim FROM fact_check WHERE updated_at = %s", [now]).fetchall(), now)
    return out
