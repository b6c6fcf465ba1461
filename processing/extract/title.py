"""The headline of a page: what the article's own heading says, else OpenGraph, else `<title>` without the site's name."""

from __future__ import annotations

import re

from processing.extract.dom import Node, one_line

_SEPARATOR = re.compile(r"\s+[|\-–—»«:•·]\s+|\s*\|\s*")
_LONGEST = 2000  # characters read of a headline
_WORD = re.compile(r"\w+")


def title(tree: Node, own: str = "") -> str:
    """Title of the page. `own` is what a page rule found; it wins. Empty where the page has none."""
    if own := one_line(own):
        return own
    headings = [h for h in (_words(n) for n in tree.iter("h1")) if h]
    marked = [_words(n) for n in tree.xpath('//*[@itemprop="headline"][not(self::meta)]')]
    graph = one_line(next(iter(tree.xpath('//meta[@property="og:title" or @name="og:title" or @name="twitter:title"]/@content')), "")[:_LONGEST])
    head = one_line(next((n.text_content() for n in tree.iter("title")), ""))
    reference = graph or head
    for candidate in [*headings, *marked]:
        if reference and _overlap(candidate, reference) >= 0.6:
            return candidate
    if len(headings) == 1 and len(headings[0]) >= 15 and not graph:
        return headings[0]
    return _without_site(graph, tree) if graph else _without_site(head, tree) or (headings[0] if headings else "")


def _words(node: Node) -> str:
    return one_line(node.text_content()[:_LONGEST])


def _overlap(a: str, b: str) -> float:
    """Share of the words of `a` that are in `b`."""
    words, others = _WORD.findall(a.lower()), set(_WORD.findall(b.lower()))
    return sum(w in others for w in words) / len(words) if words else 0.0


def _without_site(text: str, tree: Node) -> str:
    """`Headline | Site` without the site: its declared name, else a short last part."""
    site = one_line(next(iter(tree.xpath('//meta[@property="og:site_name"]/@content')), "")).lower()
    parts = _SEPARATOR.split(text)
    if len(parts) < 2:
        return text
    last = parts[-1].strip()
    if (site and (last.lower() in site or site in last.lower())) or (len(last.split()) <= 4 and len(last) * 2 < len(text)):
        return text[: text.rfind(last)].rstrip(" |-–—»«:•·")
    return text
