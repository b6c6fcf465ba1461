"""The quick way for pages that no rule knows: one walk over the shared tree finds the element that holds the page's prose, and takes its lines.

Prose is long lines that are not mostly links, outside sidebars, footers, comment boxes and by-lines. Where the page marks its article (microdata's
`articleBody`, HTML's `article`), and the mark holds a fair part of the prose, the search begins there; else at the body. From there it goes down as
long as one child holds nearly all of what its parent holds. What stands above the headline inside it goes, and short scraps at both ends.

Crediting containers with the length of the paragraphs in them is the idea of the Arc90 readability experiment (2009); going down by share of credit
instead of climbing by class names, and the marks, are ours. A page with little prose, or much else beside it, is left to `general`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lxml import etree

from processing.extract.dom import ASIDE, BREAKS, COMMENTS, NOISE, SKIPPED, Node, hidden, key, names, one_line

_LONG = 60  # characters of a line of prose
_LINKED = 0.4  # share of link text from which a line is none
_LEAST = 1000  # characters of prose below which a page is left to the general extractors
_PART = 0.35  # of the page's prose that a marked article must hold to be believed
_WIDE, _NARROW = 0.7, 0.85  # share of its parent's prose with which a child is gone into: from the body, from a marked article
_OF_PAGE = 0.3  # of the page's text that must be found
_BEFORE_TITLE = 300  # characters of prose above a heading that make it no headline
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
_LINK_HOLDERS = _HEADINGS - {"h5", "h6"} | {"p", "td", "tr"}
_ITEMS = frozenset(("li", "p", "td", "tr", "dd"))
_ASIDES = frozenset(("div", "section", "ul", "ol", "span", "p"))
_WRAPPERS = frozenset(("html", "body", "main", "a"))
_SENTENCE_END = re.compile(r"[.!?…:;。！？\"”’»)\]]$")


class Line(NamedTuple):
    """A line of the page, the block element that holds it, and how many of its characters are links."""

    text: str
    holder: Node
    linked: int

    @property
    def prose(self) -> bool:
        return len(self.text) >= _LONG and self.linked < _LINKED * len(self.text)

    @property
    def link(self) -> bool:
        return self.linked >= 0.5 * len(self.text)


def extract(tree: Node, title: str) -> list[str] | None:
    """Lines of the article, or None where this way should not be trusted with the page. `tree` is not changed."""
    body = tree.find("body")
    root = tree if body is None else body
    lines = _walk(root)
    prose = [line for line in lines if line.prose]
    mass = sum(len(line.text) for line in prose)
    if mass < _LEAST:
        return None
    credit = _credit(root, prose)
    node, headed = _marked(root, credit, mass, title)
    if credit[node] < _LEAST:
        return None
    node = _down(node, credit, _WIDE if node is root else _NARROW)
    found = _trimmed(_below_title(_inside(lines, node, root), title))
    size = sum(map(len, found))
    return found if found and (headed or size > _OF_PAGE * sum(len(line.text) for line in lines)) else None


def _walk(root: Node) -> list[Line]:
    """Every line a reader sees in the page's blocks, asides left out."""
    lines: list[Line] = []
    buffer: list[str] = []
    blocks: list[Node] = [root]
    links = linked = 0
    total = int(root.xpath("count(.//p)"))
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, node in walker:
        tag = node.tag if isinstance(node.tag, str) else ""
        start = event == "start"
        if start and (not tag or tag in SKIPPED or tag in ("aside", "footer") or hidden(node) or _aside(node, tag, total)):
            walker.skip_subtree()
            continue
        if tag in BREAKS:
            if buffer:
                if text := one_line("".join(buffer)):
                    lines.append(Line(text, blocks[-1], linked))
                buffer.clear()
            linked = 0
            if start:
                blocks.append(node)
            elif blocks[-1] is node:
                blocks.pop()
        elif tag == "a":
            links += 1 if start else -1
        elif not start and tag in ("td", "th"):
            buffer.append(" ")
        words = node.text if start else node.tail if node is not root else None
        if words:
            buffer.append(words)
            linked += len(words) if links > 0 else 0
    if text := one_line("".join(buffer)):
        lines.append(Line(text, root, linked))
    return lines


def _aside(node: Node, tag: str, paragraphs: int) -> bool:
    """What readers wrote, however much it is (SCOPE S2), unless the headline is in it: a wrapper then, named for having comments.
    By-lines and other boxes beside the article, unless a good part of the page's paragraphs is in them."""
    label = names(node)
    itemprop = node.get("itemprop")
    if itemprop == "comment" or (len(label) > 4 and COMMENTS.search(label) and tag not in _WRAPPERS):
        return not node.xpath('boolean(.//h1 | .//*[@itemprop="headline" or @itemprop="articleBody"])')
    if itemprop in ("author", "creator", "publisher") or node.get("rel") == "author":
        return int(node.xpath("count(.//p)")) <= 0.3 * paragraphs
    if tag not in _ASIDES or len(label) < 4 or not (ASIDE.search(label) or NOISE.search(label)):
        return False
    return int(node.xpath("count(.//p)")) <= 0.3 * paragraphs


def _credit(root: Node, prose: list[Line]) -> dict[Node, int]:
    """Characters of prose in each element that holds any."""
    own: dict[Node, int] = {}
    for line in prose:
        own[line.holder] = own.get(line.holder, 0) + len(line.text)
    credit: dict[Node, int] = {}
    for holder, size in own.items():
        node = holder
        while node is not None:
            credit[node] = credit.get(node, 0) + size
            if node is root:
                break
            node = node.getparent()
    return credit


def _marked(root: Node, credit: dict[Node, int], mass: int, title: str) -> tuple[Node, bool]:
    """The element to begin at, and whether it is the one article of several that carries the page's own headline."""
    marked = [n for n in root.xpath('.//*[@itemprop="articleBody"]') if n in credit] or [n for n in root.iter("article") if n in credit]
    if not marked:
        return root, False
    if len(marked) > 1:
        wanted = key(title)
        headed = [n for n in marked[:50] if wanted and any(key(h.text_content()) == wanted for h in n.iter("h1", "h2"))]
        if len(headed) == 1:
            return headed[0], True
    largest = max(marked, key=lambda node: credit[node])
    return (largest, False) if credit[largest] >= max(_LEAST, _PART * mass) else (root, False)


def _down(node: Node, credit: dict[Node, int], share: float) -> Node:
    """The deepest element below `node` that holds at least `share` of its parent's prose, step by step."""
    while True:
        best = max((child for child in node if child in credit), key=lambda child: credit[child], default=None)
        if best is None or credit[best] < share * credit[node] or best.tag in ("p", "li", "span"):
            return node
        node = best


def _inside(lines: list[Line], node: Node, root: Node) -> list[Line]:
    known: dict[Node, bool] = {node: True, root: node is root}

    def within(holder: Node) -> bool:
        path = []
        while holder is not None and holder not in known:
            path.append(holder)
            holder = holder.getparent()
        answer = holder is not None and known[holder]
        known.update(dict.fromkeys(path, answer))
        return answer

    return [line for line in lines if within(line.holder)]


def _below_title(lines: list[Line], title: str) -> list[Line]:
    """What follows the headline, unless so much prose stands above it that it is none."""
    wanted = key(title)
    above = 0
    for i, line in enumerate(lines[:25]):
        if above >= _BEFORE_TITLE:
            break
        if (wanted and key(line.text) == wanted) or (line.holder.tag == "h1" and i < 15):
            return lines[i + 1 :]
        above += len(line.text) if line.prose else 0
    return lines


def _trimmed(lines: list[Line]) -> list[str]:
    """The lines' text without lists of links, and without the scraps (dates, sections, buttons) before the first and after the last line of prose."""
    places = [i for i, line in enumerate(lines) if line.prose]
    if not places:
        return []
    first, last = places[0], places[-1]
    found = []
    for i, (line, before) in enumerate(zip(lines, [None, *lines], strict=False)):
        text, tag = line.text, line.holder.tag
        ended = _SENTENCE_END.search(text) is not None
        if line.link:
            lone = tag == "p" or before is None or before.prose or not before.link
            if not (first < i < last and tag in _LINK_HOLDERS and lone) or text == text.upper():
                continue
        if i < first and tag not in _HEADINGS and not (len(text) > 35 and ended):
            continue
        if i > last and not (tag in _ITEMS and (len(text) > 25 or ended)):
            continue
        found.append(text)
    return found
