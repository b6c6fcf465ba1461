"""The general way for pages that no rule knows: trafilatura first, readability where the first looks wrong, both on one parsed tree.

The first looks wrong when it left out much of the page's prose (long paragraphs that are not mostly links and stand in no sidebar, footer or comment
box), or found next to nothing. Then readability is asked: where it agrees, the first stands; else what covers the prose best wins, the shorter of equals.

trafilatura: A. Barbaresi, "Trafilatura: A Web Scraping Library and Command-Line Tool for Text Discovery and Extraction", ACL 2021 (demo).
readability: the Arc90 algorithm as kept in readability-lxml.
"""

from __future__ import annotations

import logging
from copy import deepcopy

from lxml import etree

from processing.extract.dom import ASIDE, BREAKS, SKIPPED, Node, blocks, hidden, key, names, one_line

for _name in ("trafilatura", "readability", "readability.readability"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_SHORT = 400  # characters; less than this is no article's worth
_LONG_LINE = 80
_PROSE = 1000  # characters of prose from which coverage means anything
_COVERED = 0.8
_AGREE = 0.12


def extract(tree: Node) -> tuple[list[str], str]:
    """Lines of the article and the extractor's name. `tree` is not changed."""
    first = _trafilatura(tree, precision=True)
    prose = _prose(tree)
    mass = _size(prose)
    share = _coverage(first, prose)
    if _size(first) >= _SHORT and (share >= _COVERED or mass < _PROSE):
        return first, "trafilatura"
    second = _readability(tree)
    if _size(first) >= _SHORT and abs(_coverage(second, prose) - share) < _AGREE:
        return first, "trafilatura"
    third = _trafilatura(tree, precision=False)
    if mass < _PROSE:
        found = max((first, third), key=_size)
        return (second, "readability") if _size(found) < 100 < _size(second) else (found, "trafilatura")
    choices = ((first, "trafilatura"), (second, "readability"), (third, "trafilatura"))
    return max(choices, key=lambda choice: (round(_coverage(choice[0], prose), 1), -_size(choice[0])))


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
        found = bare_extraction(tree, include_comments=False, fast=not precision, favor_precision=precision, favor_recall=not precision)
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
    except (Unparseable, etree.ParserError, ValueError, TypeError, AssertionError, RecursionError):
        return []


def _coverage(lines: list[str], prose: list[str]) -> float:
    """Share of the prose, by characters, whose beginnings stand in the lines."""
    if not prose:
        return 0.0
    said = key(" ".join(lines))
    return sum(len(line) for line in prose if key(line[:120])[:60] in said) / _size(prose)


def _prose(tree: Node) -> list[str]:
    """Long lines of the page that are not mostly links: those of `<p>` alone, unless a good part of the page's prose stands elsewhere."""
    body = tree.find("body")
    root = tree if body is None else body
    paragraphs: list[str] = []
    every: list[str] = []
    buffer: list[str] = []
    links, linked, holder = 0, 0, ""

    def flush() -> None:
        nonlocal linked
        line = one_line("".join(buffer))
        if len(line) >= _LONG_LINE and linked < 0.4 * len(line):
            every.append(line)
            if holder == "p":
                paragraphs.append(line)
        buffer.clear()
        linked = 0

    total = int(root.xpath("count(.//p)"))
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, node in walker:
        tag = node.tag if isinstance(node.tag, str) else ""
        if event == "start":
            if not tag or tag in SKIPPED or tag in ("aside", "footer", "header") or hidden(node) or _aside(node, tag, total):
                walker.skip_subtree()
                continue
            text = node.text or ""
        else:
            text = (node.tail or "") if node is not root else ""
        if tag in BREAKS:
            flush()
            holder = tag if event == "start" else ""
        links += (tag == "a") if event == "start" else -(tag == "a")
        buffer.append(text)
        linked += len(text) if links > 0 else 0
    flush()
    return paragraphs if _size(paragraphs) > 0.9 * _size(every) else every


def _aside(node: Node, tag: str, paragraphs: int) -> bool:
    """Whether the element's names say that it is no part of the article, and it does not hold a good part of the page's paragraphs."""
    if tag not in ("div", "section", "ul", "ol") or not ASIDE.search(names(node)):
        return False
    return int(node.xpath("count(.//p)")) <= 0.3 * paragraphs
