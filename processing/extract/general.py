"""The general way for pages that no rule knows: trafilatura first, readability where the first looks wrong, both on one parsed tree.

trafilatura: A. Barbaresi, "Trafilatura: A Web Scraping Library and Command-Line Tool for Text Discovery and Extraction", ACL 2021 (demo).
readability: the Arc90 algorithm as kept in readability-lxml.
"""

from __future__ import annotations

import logging
import re
from copy import deepcopy

from processing.extract.dom import Node, blocks, one_line

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("readability").setLevel(logging.CRITICAL)
logging.getLogger("readability.readability").setLevel(logging.CRITICAL)

_SHORT = 400


def extract(tree: Node) -> tuple[list[str], str]:
    """Lines of the article and the extractor's name. `tree` is not changed."""
    precise = _trafilatura(tree, precision=True)
    size = _size(precise)
    links = _link_share(tree, precise)
    if size >= _SHORT and links < 0.3:
        return precise, "trafilatura"
    generous = _trafilatura(tree, precision=False)
    second = _readability(tree)
    best = max((precise, generous), key=_size)
    name = "trafilatura"
    if _size(best) < 200 and _size(second) > 2 * _size(best):
        best, name = second, "readability"
    return best, name


def warm() -> None:
    """Load both extractors now rather than with the first page."""
    import readability
    import trafilatura  # noqa: F401

    _ = readability.Document


def _size(lines: list[str]) -> int:
    return sum(map(len, lines))


def _trafilatura(tree: Node, *, precision: bool) -> list[str]:
    from trafilatura import bare_extraction

    try:
        found = bare_extraction(tree, include_comments=False, favor_precision=precision, favor_recall=not precision, with_metadata=False)
    except (ValueError, TypeError, AttributeError, AssertionError, RecursionError):
        return []
    text = getattr(found, "text", None) or ""
    return [line for raw in text.split("\n") if (line := one_line(raw))]


def _readability(tree: Node) -> list[str]:
    import lxml.html
    from readability import Document
    from readability.readability import Unparseable

    try:
        summary = Document(deepcopy(tree)).summary(html_partial=True)
        return blocks(lxml.html.fromstring(summary))
    except (Unparseable, ValueError, TypeError, AssertionError, RecursionError):
        return []


def _link_share(tree: Node, lines: list[str]) -> float:
    """Share of the lines that are, word for word, the text of a link."""
    if not lines:
        return 1.0
    anchors = {one_line(node.text_content()) for node in tree.iter("a")}
    return sum(len(line) for line in lines if re.sub(r"^- ", "", line) in anchors) / _size(lines)
