"""Writes what named publishers have checked, stated or corrected into `fact_check`, with earlier wordings as versions.

The publisher is the source's organisation; no person is read. A check by a government body is an official statement whatever it calls itself
(SCOPE S6). A row without a date or an address is set aside with the reason, never guessed.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from processing.claims import workflow
from processing.claims.claimreview import Review, broken, reviews
from processing.claims.tokens import tokens
from processing.db import Connection, work
from processing.scrub.core import redact
from processing.text import clean, fold

UNDATED = "neither the check nor its page has a date; a check is kept only with one"
KINDS = ("independent_fact_check", "official_statement", "press_correction")
_ANSWERS = re.compile(
    r"\b(?:thong tin chinh thuc|bac bo|dinh chinh|cai chinh|lam ro (?:thong tin|viec|tin)|khong co chuyen|khong co viec|thuc hu|"
    r"len tieng (?:ve|truoc)|canh bao (?:thong tin|tin|gia mao|mao danh)|tin don|tin gia|thong tin (?:sai|lan truyen|khong chinh xac|that thiet)|lan truyen|"
    r"khang dinh khong|xin loi ban doc|rut bai)\b"
)
# addresses of governments: gov.vn and its like abroad, and Vietnamese bodies that have none
_GOVERNMENT = re.compile(r"(?:^|\.)(?:(?:gov|gob|gouv|go|mil)\.[a-z]{2}|gov|mil|chinhphu\.vn|quochoi\.vn|dangcongsan\.vn)$")
_BODY = re.compile(
    r"^(?:bo|so|cuc|tong cuc|chi cuc|ubnd|uy ban nhan dan|hdnd|hoi dong nhan dan|cong an|thanh tra|chinh phu|van phong (?:chinh phu|ubnd)|quoc hoi|cdc|"
    r"trung tam (?:xu ly tin gia|kiem soat benh tat|y te)|bao hiem xa hoi|ngan hang nha nuoc|kho bac|tinh uy|thanh uy|ban (?:tuyen giao|quan ly))\b"
)


def claim_key(text: str) -> str:
    """Folded claim without punctuation: what makes two wordings the same row."""
    return " ".join(tokens(fold(clean(text))))[:1000]


def kind_of(declared: str, url: str, publisher: str = "") -> str:
    """The kind that is stored: a government body, told by its address or its name, never publishes an independent check."""
    if declared == "independent_fact_check" and _BODY.match(fold(publisher)):
        return "official_statement"
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
    for review in found:
        if review not in dated:
            set_aside(conn, document["canonical_url"], review.claim, source["name"], UNDATED, now)
    changed = 0
    keep = set()
    for review in dated:
        url = document["canonical_url"]  # the page we read and may link to; a review's own url may name another site
        row = row_of(source, review, url, review.published_at or document["published_at"], digest, document_id)
        keep.add(row["claim_key"])
        changed += upsert(conn, row, now, withdrawn=review.withdrawn, others=len(dated) == 1)
    if dated and not broken(html):  # what cannot be read is not withdrawn
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
    values = row_of(source, review, row["canonical_url"], row["published_at"], digest, document_id)
    changed = upsert(conn, values, now, withdrawn=False, others=True)
    if changed:
        work.enqueue(conn, "claims", [document_id], now)
    return changed


def set_aside(conn: Connection, url: str, claim: str, publisher: str, reason: str, now: datetime) -> None:
    """Keep a check that cannot be taken in, with the reason; the same one again is the same row."""
    text = redact(clean(claim)).text[:2000]
    conn.execute(
        """INSERT INTO fact_check_set_aside (url, claim, claim_key, publisher, reason, since) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (url, claim_key, publisher) DO UPDATE SET reason = excluded.reason""",
        [url, text, claim_key(text), redact(publisher).text, reason, now],
    )


def row_of(
    source: dict[str, Any], review: Review, url: str, published_at: datetime, digest: bytes, document_id: int | None
) -> dict[str, Any]:
    """The values of a registry row from a review of `source` (id, name, publisher_kind), with personal data replaced."""
    claim = redact(review.claim).text
    return {
        "source": source.get("id"), "document": document_id, "publisher": source["name"], "kind": kind_of(source["publisher_kind"], url, source["name"]), "claim": claim,
        "title": redact(review.title).text, "rating": redact(review.rating).text, "published_at": published_at, "url": url,
        "claim_key": claim_key(claim), "language": review.language or "vi", "digest": digest,
    }  # fmt: skip


def upsert(conn: Connection, row: dict[str, Any], now: datetime, *, withdrawn: bool, others: bool) -> int:
    """Insert, or keep the old wording as a version and update. `others`: the page has one review, so a row with another key is its earlier wording."""
    row = {**row, "now": now, "withdrawn": now if withdrawn else None}
    conn.execute(
        "DELETE FROM fact_check_set_aside WHERE claim_key = %(claim_key)s AND publisher = %(publisher)s AND (url = %(url)s OR url NOT LIKE 'http%%')", row
    )
    old = conn.execute(
        """SELECT * FROM fact_check WHERE url = %(url)s AND (claim_key = %(claim_key)s OR %(others)s)
           ORDER BY claim_key = %(claim_key)s DESC, id LIMIT 1 FOR UPDATE""",
        {**row, "others": others},
    ).fetchone()
    if old is not None and row["rating"] and old["claim_key"] != row["claim_key"] and not _reworded(old["claim"], row["claim"]):
        old = None  # another claim on the same page; what the page no longer carries is withdrawn by whoever read it
    if old is None:
        conn.execute(
            """INSERT INTO fact_check (source_id, document_id, publisher, publisher_kind, claim, title, rating, published_at, url, claim_key, language,
                   capture_sha256, withdrawn_at, first_seen_at, updated_at)
               VALUES (%(source)s, %(document)s, %(publisher)s, %(kind)s, %(claim)s, %(title)s, %(rating)s, %(published_at)s, %(url)s, %(claim_key)s,
                   %(language)s, %(digest)s, %(withdrawn)s, %(now)s, %(now)s) ON CONFLICT (url, claim_key) DO NOTHING""",
            row,
        )
        return 1
    told = ("claim", "title", "rating", "publisher", "publisher_kind")
    if [old[name] for name in told] == [row.get(name, row["kind"]) for name in told] and (old["withdrawn_at"] is not None) == withdrawn:
        return 0
    conn.execute(
        "INSERT INTO fact_check_version SELECT id, version, updated_at, claim, title, rating, capture_sha256 FROM fact_check WHERE id = %s", [old["id"]]
    )
    conn.execute(
        """UPDATE fact_check SET claim = %(claim)s, title = %(title)s, rating = %(rating)s, claim_key = %(claim_key)s, capture_sha256 = %(digest)s,
               publisher = %(publisher)s, publisher_kind = %(kind)s,
               withdrawn_at = %(withdrawn)s, version = version + 1, updated_at = %(now)s WHERE id = %(id)s""",
        {**row, "id": old["id"]},
    )
    changed, back = any(old[name] != row.get(name, row["kind"]) for name in ("rating", "claim", "publisher_kind")), not withdrawn and old["withdrawn_at"] is not None
    if withdrawn or changed or back:
        reason = workflow.WITHDRAWN if withdrawn else workflow.CHANGED if changed else ""
        workflow.propagate(conn, old["id"], reason, now, reopen=back or (not withdrawn and old["claim_key"] != row["claim_key"]))
    return 1


def _reworded(before: str, after: str) -> bool:
    """Is one the other in other words? Half of the words of the shorter one are shared."""
    left, right = (set(tokens(fold(clean(text)))) for text in (before, after))
    return 2 * len(left & right) >= max(min(len(left), len(right)), 1)


def _withdraw_missing(conn: Connection, url: str, keep: set[str], now: datetime) -> int:
    gone = conn.execute(
        "UPDATE fact_check SET withdrawn_at = %s, updated_at = %s WHERE url = %s AND withdrawn_at IS NULL AND NOT claim_key = ANY(%s) RETURNING id",
        [now, now, url, sorted(keep)],
    ).fetchall()
    for row in gone:
        workflow.propagate(conn, row["id"], workflow.WITHDRAWN, now)
    return len(gone)
