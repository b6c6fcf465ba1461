"""A plain page of published petitions, read as reports: for counts by service, commune and week only (SCOPE S1, S8).

Each block that the file's `selector` finds is one petition: a number (the link to it, else a digest of its text), a text that is read once in memory
for its topic and commune, and the day it was filed. Nothing else of the block is taken; the next stage counts and drops the text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urljoin

from crawlers.errors import NotAList
from crawlers.words import Said
from processing.text import clean

_DAY = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_MOST_TEXT = 5_000


def read(root: Any, url: str, selectors: Sequence[str], limit: int) -> list[dict[str, str]]:
    """Reports with service_request_id, description and requested_datetime (a day, where one is given). Raises NotAList where no block is found."""
    block, text_in, date_in = selectors
    found = root.cssselect(block)
    if not found:
        raise NotAList(Said("no petition matches the selector %(selector)s: the page's layout changed", selector=block))
    out: dict[str, dict[str, str]] = {}
    for node in found[:limit]:
        text = _words(node, text_in)
        if not text:
            continue
        link = next((a.get("href") for a in node.iter("a") if a.get("href") and not a.get("href").startswith(("#", "javascript:"))), None)
        number = urljoin(url, link) if link else "text " + hashlib.sha256(text.encode()).hexdigest()
        report = {"service_request_id": number[:2_000], "description": text}
        if filed := day(_words(node, date_in)):
            report["requested_datetime"] = filed.isoformat()
        out.setdefault(number, report)
    return list(out.values())


def _words(node: Any, selector: str) -> str:
    parts = node.cssselect(selector) if selector else [node]
    return " ".join(clean(" ".join(" ".join(part.itertext()) for part in parts)).split())[:_MOST_TEXT]


def day(text: str) -> date | None:
    """The first day a text names, day before month; None where it names none."""
    if found := _ISO.search(text):
        year, month, of_month = (int(part) for part in found.groups())
    elif found := _DAY.search(text):
        of_month, month, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        return date(year, month, of_month) if 1990 <= year <= 2100 else None
    except ValueError:
        return None
