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
        if kind == "ClaimReview" or (isinstance(kind, list) and "ClaimReview" in kind):
            yield value
        else:
            for key in ("@graph", "mainEntity", "dataFeedElement", "item", "review", "hasPart", "itemListElement"):
                if key in value:
                    yield from _objects(value[key], depth + 1)


def _text(value: Any, limit: int = 2000) -> str:
    return " ".join(clean(str(value)).split())[:limit] if isinstance(value, (str, int, float)) else ""


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
    return _text(value.get("alternateName") or value.get("name") or "", 200) if isinstance(value, dict) else ""


def reviews(page: bytes | str) -> list[Review]:
    """Every review stated in the page's JSON-LD, in order, each claim once; broken JSON is skipped like an absent one."""
    raw = page.encode() if isinstance(page, str) else page
    if b"ClaimReview" not in raw:
        return []
    blocks: list[str] = []
    if raw.lstrip()[:1] in (b"{", b"["):
        blocks.append(raw.decode("utf-8", "replace"))
    else:
        tree = lxml_html.fromstring(raw, parser=lxml_html.HTMLParser(encoding="utf-8"))
        blocks += [str(s.text_content()) for s in tree.iter("script") if (s.get("type") or "").lower().startswith("application/ld+json")]
    out: dict[str, Review] = {}
    for block in blocks:
        try:
            data = json.loads(block, strict=False)
        except ValueError:
            continue
        for found in _objects(data):
            claim = _text(found.get("claimReviewed"))
            if claim and claim not in out and len(out) < MAX_REVIEWS:
                out[claim] = Review(
                    claim, _text(found.get("name") or found.get("headline"), 500), _rating(found.get("reviewRating")), _text(found.get("url")),
                    moment(found.get("datePublished")), _text(found.get("inLanguage"), 8) or "vi",
                )  # fmt: skip
    return list(out.values())
