"""One page or feed entry in, one article out. Pure: no network, no database; the clock only tells which dates are still to come.

Page rules first, general extractors where none fits. Nothing that names who wrote, signed or commented is read into a value (SCOPE S2).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urljoin

from processing.errors import Quarantine
from processing.extract import charset, dates, dom, gate, pdf, prose, published, rules, tails
from processing.extract.address import canonical, tidy_url
from processing.extract.model import Extracted, FeedEntry
from processing.extract.title import title as page_title
from processing.text import clean

__all__ = ["Extracted", "FeedEntry", "extract", "extract_entry"]

_LONGEST_TITLE = 500  # characters
_OFFICE = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|odt)(?:$|[?#])", re.IGNORECASE)
_VIETNAMESE = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
_LEAD_META = '//meta[@property="og:description" or @name="description" or @name="Description"]/@content'


def extract(
    html: bytes, url: str | None = None, *, content_type: str | None = None, entry: FeedEntry | None = None, now: datetime | None = None
) -> Extracted:
    """The article in a page.

    entry   what the feed said about the page: its date is used where the page shows none
    now     when the page was fetched (aware); dates more than a day later are rejected. Default: the present
    Raises processing.errors.Quarantine with a reason where the bytes hold no article.
    """
    if pdf.is_pdf(html):
        return _from_pdf(html, url, entry, now or datetime.now(UTC))
    gate.check_bytes(html)
    source, encoding = charset.decode(html, content_type)
    tree = dom.parse(source)
    if tree is None:
        raise Quarantine("empty page: nothing in it can be parsed as HTML")
    latest = now or datetime.now(UTC)
    language = _language(tree)
    address = canonical(tree, url)
    attachments = _attachments(tree, url or address)
    stamp = published.stamped(tree, latest)
    near = "" if stamp and language != "vi" else published.near_title(tree)
    heading = page_title(tree)[:_LONGEST_TITLE]
    parts = rules.apply(tree, source, language)
    if parts is None:
        parts = _without_rule(tree, heading)
        lead = _rescued_lead(tree, parts.body) if language == "vi" else ""
    else:
        lead = parts.lead
    title = (parts.title or heading)[:_LONGEST_TITLE]
    gate.check_length(len(lead) + sum(map(len, parts.body)))
    lead, body = _assemble(lead, parts.body, title)
    gate.check_page(tree, title, f"{lead}\n{body}".strip())
    if not body and not lead:
        raise Quarantine(f"no article text found in a page of {len(source):,} characters")
    published_at, warnings = published.published(parts, near, stamp, entry, url, tree, latest)
    if encoding != "utf-8":
        warnings.append(f"read as {encoding}")
    printed = next(
        (shown[1] for raw in (parts.date, near, entry.published_raw if entry else "") if raw and (shown := dates.printed(raw))), None
    )
    return Extracted(
        url, title, lead, body, published_at, language or _language_of(body), address, parts.rule, printed, attachments, warnings
    )


def _from_pdf(data: bytes, url: str | None, entry: FeedEntry | None, latest: datetime) -> Extracted:
    """A PDF where a page was asked for, whatever its label: an announcement that a portal publishes as a file."""
    found = pdf.read(data)
    title = dom.one_line(entry.title) if entry and entry.title else pdf.heading(found.lines)
    lead, body = _assemble("", found.lines, title)
    printed = next((shown for line in found.lines[:12] if (shown := dates.printed(line, latest))), None)
    fed = dates.feed(entry.published_raw, entry.cms, latest) if entry and entry.published_raw else None
    warnings = [f"a PDF of {found.pages} pages, not read to its end"] if found.cut else []
    return Extracted(
        url,
        title,
        lead,
        body,
        fed or (printed[0] if printed else None),
        _language_of(body),
        tidy_url(url) if url else None,
        "pdf",
        printed[1] if printed else None,
        [],
        warnings,
    )


def _without_rule(tree: dom.Node, heading: str) -> rules.Parts:
    """The quick way where the page is plainly an article, else the general extractors."""
    lines = prose.extract(tree, heading)
    if lines is not None:
        return rules.Parts("prose", body=lines)
    gate.check_general(tree)
    from processing.extract import general

    # dead weight for three more copies of the tree
    dom.drop(tree.xpath('//style | //svg | //script[not(@type="application/ld+json")]'))
    lines, extractor = general.extract(tree)
    return rules.Parts(extractor, body=lines)


def extract_entry(entry: FeedEntry, *, now: datetime | None = None) -> Extracted:
    """The article in a feed entry that carries the full text. Raises Quarantine where it holds none."""
    latest = now or datetime.now(UTC)
    lines = _fragment(entry.content)
    summary = " ".join(_fragment(entry.summary))
    if not lines and not summary:
        raise Quarantine("feed entry without text")
    title = dom.one_line(" ".join(_fragment(entry.title)) or entry.title)
    folded = [line.casefold() for line in lines]
    lead = (
        ""
        if lines and (not summary or any(summary.casefold()[:60] in line or line in summary.casefold() for line in folded[:3]))
        else summary
    )
    gate.check_length(len(lead) + sum(map(len, lines)))
    lead, body = _assemble(lead, lines, title)
    published = dates.feed(entry.published_raw, entry.cms, latest)
    warnings = [f"the feed's date {entry.published_raw[:60]!r} is not plausible"] if entry.published_raw and not published else []
    link = tidy_url(entry.link) if entry.link else None
    return Extracted(
        entry.link or None,
        title,
        lead,
        body,
        published,
        _language_of(f"{title} {lead} {body}"),
        link,
        "feed",
        entry.published_raw[:60] or None,
        [],
        warnings,
    )


def _fragment(markup: str) -> list[str]:
    """Lines of an HTML fragment of a feed."""
    if not markup.strip():
        return []
    if len(markup) > gate.MAX_BYTES // 4 or markup.count("<") > gate.MAX_TAGS // 4:
        raise Quarantine("feed entry of hostile size")
    if "<" not in markup and "&" not in markup:
        return [line for raw in markup.split("\n") if (line := dom.one_line(raw))]
    tree = dom.parse(f"<div>{markup}</div>")
    if tree is None:
        return []
    dom.prune_noise(tree)
    return dom.blocks(tree)


def _assemble(lead: str, lines: list[str], title: str) -> tuple[str, str]:
    """Lead and body without each other's repeats, the title, tails and signature lines."""
    lead = clean(lead).strip()
    lines = [clean(line).strip() for line in lines]
    key = dom.key(title)
    while lines and key and dom.key(lines[0]) == key:
        lines = lines[1:]
    if lead:
        short = dom.key(lead)
        lines = [line for i, line in enumerate(lines) if i > 3 or dom.key(line) != short]
        if dom.key(lead) == key:
            lead = ""
    lines = tails.strip(lines)
    if lead:
        lead = " ".join(tails.strip([lead], both_ends=False))
    return lead, "\n".join(lines)


def _rescued_lead(tree: dom.Node, lines: list[str]) -> str:
    """The sapo that general extractors drop: an element marked as one, or the description where the page prints those very words."""
    said = dom.key(" ".join(lines))
    marked = tree.xpath(
        '//*[@itemprop="description"][not(self::meta)] | //*[self::h2 or self::p or self::div]'
        '[contains(@class, "sapo") or contains(@class, "hometext") or contains(@class, "article-lead") or contains(@class, "detail-lead") or @id="hometext"]'
    )
    candidates = [" ".join(dom.blocks(node)) for node in marked[:4]]
    description = dom.one_line(next(iter(tree.xpath(_LEAD_META)), ""))
    if len(description) > 50 and dom.key(description)[:80] not in said:
        short = dom.key(description)[:60]
        candidates += [
            text
            for node in tree.iter("p", "h2", "div", "strong")
            if len(text := dom.one_line(node.text_content())) < 700 and dom.key(text).startswith(short)
        ][:1]
    for candidate in candidates:
        if 40 < len(candidate) < 900 and dom.key(candidate)[:80] not in said:
            return candidate
    return ""


def _language(tree: dom.Node) -> str | None:
    said = (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip()[:2].lower()
    locale = next(iter(tree.xpath('//meta[@property="og:locale" or @http-equiv="content-language"]/@content')), "")[:2].lower()
    heard = _language_of(_sample(tree))
    # templates copied from abroad declare English over Vietnamese text
    return (
        heard
        if heard == "vi"
        else (said if said.isalpha() and said != "vi" else None) or (locale if locale.isalpha() else None) or heard or said or None
    )


def _sample(tree: dom.Node) -> str:
    """Some thousand characters of the page's paragraphs, else its title."""
    found: list[str] = []
    size = 0
    for paragraph in islice(tree.iter("p"), 300):
        for text in islice(paragraph.itertext(), 50):
            found.append(text[:4000])
            size += len(text)
        if size > 4000:
            break
    return " ".join(found)[:4000] if size else "".join(tree.xpath("string(//title)"))[:4000]


def _language_of(text: str) -> str | None:
    """`vi` where letters only Vietnamese has are common; else None: nothing here needs to tell other languages apart."""
    letters = sum(c.isalpha() for c in text)
    return "vi" if letters > 20 and len(_VIETNAMESE.findall(text)) > 0.04 * letters else None


def _attachments(tree: dom.Node, base: str | None) -> list[str]:
    """Addresses of the office files that the page itself links to, at most 20."""
    found = []
    # what every page of a site links to is no attachment of this one
    for href in tree.xpath("//a[not(ancestor::nav or ancestor::header or ancestor::footer or ancestor::aside)]/@href"):
        if _OFFICE.search(href):
            try:
                found.append(urljoin(base or "", href.strip()))
            except ValueError:
                continue
    return list(dict.fromkeys(found))[:20]
