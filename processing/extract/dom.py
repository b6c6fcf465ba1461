"""One lxml tree per page, shared by all rules and extractors, and the blocks of text in an element of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import lxml.html
from lxml import etree

from processing.text import clean

# lxml has no usable types; a node is an lxml.html.HtmlElement
Node = Any

SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "canvas",
        "audio",
        "video",
        "form",
        "button",
        "select",
        "option",
        "textarea",
        "input",
        "label",
        "nav",
        "figcaption",
        "map",
        "head",
        "dialog",
    ]
)
BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_CELLS = frozenset(("td", "th"))
# Class and id names whose element is never article text: by-lines (SCOPE S2), comments, sharing, related links, captions
NOISE = re.compile(
    r"(?:^|[\s_-])(?:byline|by-line|author|authors|authorname|tac-?gia|tacgia|but-?danh|nguoi-?viet|signature|vcard|avatar|comments?|binh-?luan|commentlist|"
    r"respond|disqus\w*|share|sharing|social\w*|related\w*|lien-?quan|tin-?lien-?quan|tin-?khac|read-?more|breadcrumbs?|tags?|tagcloud|post-tags|"
    r"photocms_caption|wp-caption-text|caption|image-caption|rating|newsletter|advert\w*|quang-?cao|banner)(?:$|[\s_-])",
    re.IGNORECASE,
)
# Class and id names of what stands beside an article
ASIDE = re.compile(
    r"(?:^|[\s_-])(?:comments?|footer|sidebar|related|promo\w*|newsletter|cookies?|consent|widget|modal|popup|disqus|share|author|bio|byline|nav|menu|"
    r"recommend\w*|outbrain|taboola|trending|subscribe|signup)(?:$|[\s_-])",
    re.IGNORECASE,
)
# … and of what readers wrote below it
COMMENTS = re.compile(
    r"(?:^|[\s_-])(?:comments?|commentlist|comment-?(?:list|area|section|box|body|content|thread)s?|binh-?luan|y-?kien(?:-?ban-?doc)?|disqus\w*|fb-comments?|respond|replies)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
# one class for every element: lxml.html's own choice by tag is a call of Python for each node touched
_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=lxml.html.HtmlElement))
_SPACE = re.compile(r"\s+")
_NO_WORD = re.compile(r"[\W]+")


def parse(text: str) -> Node | None:
    """The tree of a page, or None where there is nothing to parse. libxml2 drops what is nested deeper than 256: no recursion to fear."""
    data = text.replace("\x00", "").encode("utf-8", "ignore")
    if not data.strip():
        return None
    try:
        return lxml.html.document_fromstring(data, parser=_PARSER, ensure_head_body=False)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError):
        return None


def one_line(text: str | None) -> str:
    """Cleaned, with every run of white space as one space."""
    return _SPACE.sub(" ", clean(text or "")).strip()


def key(text: str) -> str:
    """Letters and digits alone, case folded: what two printings of the same words have in common."""
    return _NO_WORD.sub("", text.casefold())


def blocks(root: Node) -> list[str]:
    """Paragraphs of an element in reading order, each on one line, none empty. Scripts, forms, captions and navigation are left out."""
    out: list[str] = []
    buffer: list[str] = []

    def flush() -> None:
        if line := one_line("".join(buffer)):
            out.append(line)
        buffer.clear()

    walker = etree.iterwalk(root, events=("start", "end"))
    for event, node in walker:
        tag = node.tag if isinstance(node.tag, str) else ""
        if event == "start":
            if tag in SKIPPED or not tag or hidden(node):
                walker.skip_subtree()
                continue
            if tag in BREAKS:
                flush()
            buffer.append(node.text or "")
            continue
        if tag in BREAKS:
            flush()
        elif tag in _CELLS:
            buffer.append(" ")
        if node is not root:
            buffer.append(node.tail or "")
    flush()
    return out


def hidden(node: Node) -> bool:
    """Whether markup alone says that a reader does not see the element."""
    style = node.get("style")
    if style and re.search(r"display\s*:\s*none|visibility\s*:\s*hidden", style, re.IGNORECASE):
        return True
    return node.get("hidden") is not None or (node.get("aria-hidden") == "true" and node.tag not in ("body", "html", "main", "article"))


def drop(nodes: Iterable[Node]) -> None:
    """Remove elements from their tree, keeping the text that follows them."""
    for node in nodes:
        if node.getparent() is not None:
            node.drop_tree()


def names(node: Node) -> str:
    """Class, id and test names of an element in one string."""
    return f"{node.get('class') or ''} {node.get('id') or ''} {node.get('data-role') or ''}"


def prune_noise(root: Node) -> None:
    """Drop by-lines, comments, share bars and related links inside an article's element, going by what their markup calls them."""
    found = []
    for node in root.iterdescendants():
        if not isinstance(node.tag, str):
            continue
        label = names(node)
        itemprop = node.get("itemprop") or ""
        if (
            itemprop in ("author", "creator", "comment", "publisher")
            or node.get("rel") == "author"
            or (len(label) > 2 and NOISE.search(label) and not _holds_article(node, root))
        ):
            found.append(node)
    drop(found)


def _holds_article(node: Node, root: Node) -> bool:
    """A wrapper named `post author-12` is the article itself, not a by-line: more than half the text is in it."""
    size = sum(map(len, node.itertext()))
    return size > 400 and size * 2 > sum(map(len, root.itertext()))
