"""Data feeds of published checks: schema.org `DataFeed`, `@graph` or plain lists whose items are, or hold, ClaimReview.

Each check names its page, which is fetched like any other; where that page states no ClaimReview of its own, what the data feed states of it counts
(processing/extract/store.py). Claimants, authors and whoever appears in a claim are left where they are (SCOPE S2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from processing.text import clean

_HOLDERS = ("item", "mainEntity", "dataFeedElement", "itemListElement", "@graph", "review")
_RATING = ("alternateName", "name", "ratingValue", "bestRating", "worstRating")
_DEEPEST = 8


def text(value: Any, most: int) -> str:
    """A string or number as clean text of at most `most` characters; nothing for anything else."""
    return clean(str(value))[:most].strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def script(stated: dict[str, Any]) -> str:
    """A statement as an element that a page could carry."""
    # Inside a script element "</" would end it; JSON may spell the slash with a backslash.
    block = json.dumps(stated, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{block}</script>'


def entries(data: Any, limit: int) -> list[dict[str, str]]:
    """Fields of an entry for each page that a data feed names, newest wording first met; the checks of one page stand in one entry."""
    found: dict[str, dict[str, str]] = {}
    for element, check in _checks(data):
        link = text(check.get("url") or element.get("url"), 20_000)
        if not link or (link not in found and len(found) >= limit):
            continue
        stated, rating = _stated(check, element, link)
        changed = " ".join(part for part in (text(element.get("dateModified") or check.get("dateModified"), 100), rating) if part)
        if link in found:
            found[link]["content"] += script(stated) if stated else ""
            found[link]["changed"] = f"{found[link]['changed']} {changed}"[:500]
        else:
            found[link] = {"link": link, "published_raw": text(check.get("datePublished"), 40), "changed": changed, "content": script(stated) if stated else ""}
    return list(found.values())


def _checks(value: Any, element: dict[str, Any] | None = None, depth: int = 0) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each ClaimReview with the item of the feed that holds it; an item that names a page and nothing else stands for itself."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _checks(one, element, depth + 1)
    if not isinstance(value, dict):
        return
    kind = value.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "ClaimReview" in kinds:
        yield element or {}, value
        return
    of_feed = any(str(one).startswith("DataFeedItem") for one in kinds)
    inside = [value[key] for key in _HOLDERS if key in value]
    if of_feed and not inside and value.get("url"):
        yield value, {}
    for one in inside:
        yield from _checks(one, value if of_feed else element, depth + 1)


def _stated(check: dict[str, Any], element: dict[str, Any], link: str) -> tuple[dict[str, Any] | None, str]:
    """What is kept of a ClaimReview, and its rating in words; None where it states no claim."""
    claim = text(check.get("claimReviewed"), 2_000)
    rated = check.get("reviewRating")
    rated = next((one for one in rated if isinstance(one, dict)), {}) if isinstance(rated, list) else rated if isinstance(rated, dict) else {}
    rating = {name: text(rated[name], 200) for name in _RATING if rated.get(name) is not None}
    words = rating.get("alternateName") or rating.get("name") or ""
    if not claim:
        return None, words
    stated = {
        "@context": "https://schema.org", "@type": "ClaimReview", "claimReviewed": claim, "name": text(check.get("name") or check.get("headline"), 500), "url": link,
        "datePublished": text(check.get("datePublished") or element.get("dateCreated"), 40), "inLanguage": text(check.get("inLanguage"), 8),
        "reviewRating": {"@type": "Rating", **rating},
    }  # fmt: skip
    return {name: value for name, value in stated.items() if value}, words
