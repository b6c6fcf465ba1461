"""Answers of keyed interfaces as entries. Claimants, authors, reactions, comments and counts are left where they are (SCOPE S2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import urlsplit

from crawlers.datafeed import script
from crawlers.errors import NotAList
from crawlers.words import Said
from processing.text import clean

_MOST_TEXT = 20_000
_SHORTEST_POST = 40
_TITLE = 120


def factcheck_api(data: dict[str, Any], url: str) -> list[dict[str, str]]:
    """Reviews of the Fact Check Tools API (claims:search), each as a page of its own that states its ClaimReview.

    The claim in the publisher's wording, its title, rating, date and address; who made the claim is not read.
    """
    claims = data.get("claims", [])
    if not isinstance(claims, list) or (claims == [] and "error" in data):
        raise NotAList(Said("its interface answers with something else than documented"))
    out = []
    for claim in claims:
        reviews = claim.get("claimReview") if isinstance(claim, dict) else None
        for review in reviews if isinstance(reviews, list) else []:
            if isinstance(review, dict) and review.get("url") and claim.get("text"):
                out.append(_review(_text(claim["text"], 2_000), review))
    return out


def _review(claim: str, review: dict[str, Any]) -> dict[str, str]:
    title, rating = _text(review.get("title"), 500) or claim, _text(review.get("textualRating"), 200)
    link, published = str(review["url"])[:2_000], _text(review.get("reviewDate"), 40)
    stated = {
        "@context": "https://schema.org", "@type": "ClaimReview", "claimReviewed": claim, "name": title, "url": link, "datePublished": published,
        "inLanguage": _text(review.get("languageCode"), 8), "reviewRating": {"@type": "Rating", "alternateName": rating},
    }  # fmt: skip
    sentence = claim if claim.endswith((".", "!", "?", "…")) else f"{claim}."
    body = f"<article><h1>{escape(title)}</h1><p>{escape(sentence)}</p></article>"
    page = f'<html><head><meta charset="utf-8"><title>{escape(title)}</title>{script(stated)}</head><body>{body}</body></html>'
    return {"title": title, "link": link, "guid": link, "published_raw": published, "changed": rating, "content": page}


def facebook_page(data: dict[str, Any], url: str) -> list[dict[str, str]]:
    """Posts of an institution's own page (Graph API). One that belongs to another id, or has hardly any text, is left out."""
    posts = data.get("data")
    if not isinstance(posts, list):
        raise NotAList(Said("its interface answers with something else than documented"))
    page = urlsplit(url).path.split("/")[2]
    out = []
    for post in posts:
        number, message = (str(post.get("id", "")), _text(post.get("message"), _MOST_TEXT)) if isinstance(post, dict) else ("", "")
        if not re.fullmatch(rf"{page}_\d{{5,25}}", number) or len(message) < _SHORTEST_POST:
            continue
        paragraphs = "".join(f"<p>{escape(line)}</p>" for line in message.splitlines() if line.strip())
        # The address of the post by number: the platform's own spelling may carry the name of an account.
        link = f"https://www.facebook.com/{number}"
        out.append({
            "title": headline(message), "link": link, "guid": number, "published_raw": _text(post.get("created_time"), 40), "changed": _text(post.get("updated_time"), 40),
            "content": paragraphs,
        })  # fmt: skip
    return out


def headline(message: str) -> str:
    """What stands for the title of a post that has none: its first sentence, at most 120 characters of it."""
    first = re.split(r"\n|(?<=[.!?…])\s", message.strip(), maxsplit=1)[0].strip()
    return first if len(first) <= _TITLE else first[:_TITLE].rsplit(" ", 1)[0] + "…"


def _text(value: Any, most: int) -> str:
    return clean(value)[:most].strip() if isinstance(value, str) else ""


READERS: dict[str, Callable[[dict[str, Any], str], list[dict[str, str]]]] = {"factcheck_api": factcheck_api, "facebook_page": facebook_page}
