"""What a landed row carries inside its seal: the header and the raw body.

header  url            the canonical address, also the row's `url`
        final_url      canonical address of the page that answered, after redirects
        listed, hops   canonical addresses it was listed and asked under: a removal request may name any of them
        content_type   as the server sent it
        status         HTTP status
        fetched_at     ISO 8601, UTC
        cms            the source's CMS: extraction decides by it whether the feed's date may be believed
        language       the source's language
        kind           the source's kind
        entry          the feed's own words, keys as the fields of processing.extract.model.FeedEntry; {} where the page came from a sitemap or listing;
                       `published_raw` is the date string exactly as printed; `content` of a page is what a data feed of checks states of it

body    kind page: the response, decompressed, otherwise untouched; entry: the full text in the feed (HTML); open311: the list of reports (JSON).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from processing.db.landing import seal
from processing.settings import get_settings


@dataclass(frozen=True)
class Landed:
    """One envelope ready for the landing table; `digest` tells the same page landed twice without telling what it says."""

    kind: Literal["page", "entry", "open311", "attachment"]
    url: str
    sealed: bytes
    digest: bytes
    header: dict[str, Any]


@lru_cache(maxsize=4)
def _key(path: Path) -> bytes:
    return hashlib.sha256(b"digest of raw pages" + path.read_bytes()).digest()


def keyed_digest(data: bytes) -> bytes:
    """32 bytes that depend on the landing key: nobody without it can test a guess about a landed page."""
    return hmac.new(_key(get_settings().key_file), data, hashlib.sha256).digest()


def wrap(
    kind: Literal["page", "entry", "open311", "attachment"], url: str, body: bytes, *, fetched_at: datetime, about: dict[str, Any], entry: dict[str, str] | None = None
) -> Landed:
    """Seal one response. `about` adds final_url, content_type, status, cms, language, kind to the header."""
    header = {"url": url, "fetched_at": fetched_at.isoformat(), "entry": entry or {}, **about}
    return Landed(kind, url, seal(url, header, body), keyed_digest(body), header)
