"""ClaimReview (schema.org JSON-LD) of a publisher's page as plain values. Persons in it are never read (SCOPE S2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import html as lxml_html

from processing.text import clean
from processing.zone import LOCAL

_WITHDRAWN = re.compile(r"^\W*(?:đã )?(?:thu hồi|rút lại|gỡ bỏ|withdrawn|retracted)\b", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-zA-Z/!]|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_WRAP = re.compile(r"^\s*(?:(?://)?\s*<!\[CDATA\[|<!--)|(?:(?://)?\s*\]\]>|-->)\s*$")
_COMMA = re.compile(r",(\s*[}\]])")
MAX_REVIEWS = 50


@dataclass(frozen=True)
class Review:
    """One review as published. `published_at` is None where the page states no usable date; `url` may be empty."""

    claim: str
    title: str
    rating: str
    url: str
    published_at: datetime | None
    language: str

    @property
    def withdrawn(self) -> bool:
        """The publisher says so in the rating itself."""
        return bool(_WITHDRAWN.search(self.rating))


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 8:
        return
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)
    elif isinstance(value, dict):
        kind = value.get("@type")
        if "ClaimReview" in {str(k).rpartition("/")[2] for k in (kind if isinstance(kind, list) else [kind])}:
            yield value
        else:
            for key in ("@graph", "mainEntity", "dataFeedElement", "item", "review", "hasPart", "itemListElement"):
                if key in value:
                    yield from _objects(value[key], depth + 1)


def _text(value: Any, limit: int = 2000) -> str:
    """Plain text of a value, of the first of several, or of {"@value": …}; tags and entities that a system left in are read."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("@value", "")
    if not isinstance(value, (str, int, float)):
        return ""
    text = clean(str(value))
    if _MARKUP.search(text):
        text = clean(str(lxml_html.fromstring(f"<div>{text}</div>").text_content()))
    return " ".join(text.split())[:limit]


def moment(raw: Any) -> datetime | None:
    """An ISO 8601 date or instant in UTC; local time where no offset is given. None when it is none, or implausible."""
    if not isinstance(raw, str):
        return None
    try:
        found = datetime.fromisoformat(raw.strip())
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=LOCAL)
    return found.astimezone(UTC) if 1995 <= found.year <= 2100 else None


def _rating(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else {}
    if not isinstance(value, dict):
        return _text(value, 200)
    worth, best = _text(value.get("ratingValue"), 20), _text(value.get("bestRating"), 20)
    return _text(value.get("alternateName") or value.get("name") or "", 200) or (f"{worth}/{best}" if worth and best else worth)


def _json(block: str) -> Any:
    """The value of a JSON-LD block, read past a comment or CDATA around it and commas too many. Raises ValueError."""
    inner = _WRAP.sub("", block)
    try:
        try:
            return json.loads(inner, strict=False)
        except ValueError:
            return json.loads(_COMMA.sub(r"\1", inner), strict=False)
    except RecursionError:
        raise ValueError("nested without end") from None


def reviews(page: bytes | str) -> list[Review]:
    """Every review stated in the page's JSON-LD, in order, each claim once; broken JSON is skipped like an absent one."""
    return _read(page)[0]


def broken(page: bytes | str) -> bool:
    """Does the page state reviews in a block that cannot be read? What it no longer seems to carry may stand there."""
    return _read(page)[1]


def _read(page: bytes | str) -> tuple[list[Review], bool]:
    raw = page.encode() if isinstance(page, str) else page
    if b"ClaimReview" not in raw:
        return [], False
    blocks: list[str] = []
    if raw.lstrip()[:1] in (b"{", b"["):
        blocks.append(raw.decode("utf-8", "replace"))
    else:
        tree = lxml_html.fromstring(raw, parser=lxml_html.HTMLParser(encoding="utf-8"))
        blocks += [str(s.text_content()) for s in tree.iter("script") if (s.get("type") or "").lower().startswith("application/ld+json")]
    out: dict[str, Review] = {}
    unread = False
    for block in blocks:
        try:
            data = _json(block)
        except ValueError:
            unread |= "ClaimReview" in block
            continue
        for found in _objects(data):
            claim = _text(found.get("claimReviewed"))
            if claim and claim not in out and len(out) < MAX_REVIEWS:
                out[claim] = Review(
                    claim, _text(found.get("name") or found.get("headline"), 500), _rating(found.get("reviewRating")), _text(found.get("url")),
                    moment(found.get("datePublished")), _text(found.get("inLanguage"), 8).partition("-")[0].lower() or "vi",
                )  # fmt: skip
    return list(out.values()), unread
