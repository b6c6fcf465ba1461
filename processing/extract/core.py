"""One page or feed entry in, one article out. Pure: no network, no database; the clock only tells which dates are still to come.

Page rules first, general extractors where none fits. Nothing that names who wrote, signed or commented is read into a value (SCOPE S2).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from processing.errors import Quarantine
from processing.extract import charset, dates, dom, gate, rules, tails
from processing.extract.model import Extracted, FeedEntry
from processing.extract.title import title as page_title
from processing.text import clean

__all__ = ["Extracted", "FeedEntry", "extract", "extract_entry"]

_TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|zarsrc|mc_[ce]id|ref|spm|_ga|sessionid|phpsessid|jsessionid|sid)$", re.IGNORECASE)
_SESSION_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
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
    gate.check_bytes(html)
    source, encoding = charset.decode(html, content_type)
    tree = dom.parse(source)
    if tree is None:
        raise Quarantine("empty page: nothing in it can be parsed as HTML")
    latest = now or datetime.now(UTC)
    language = _language(tree)
    address = _canonical(tree, url)
    attachments = _attachments(tree, url or address)
    stamped = _stamped(tree, latest)
    near = "" if stamped and language != "vi" else _near_title(tree)
    heading = page_title(tree)
    parts = rules.apply(tree, source, language)
    if parts is None:
        from processing.extract import general

        # dead weight for three more copies of the tree
        dom.drop(tree.xpath('//style | //svg | //script[not(@type="application/ld+json")]'))
        lines, extractor = general.extract(tree)
        parts = rules.Parts(extractor, body=lines)
        lead = _rescued_lead(tree, lines) if language == "vi" else ""
    else:
        lead = parts.lead
    title = parts.title or heading
    lead, body = _assemble(lead, parts.body, title)
    gate.check_page(tree, title, len(body) + len(lead))
    if not body and not lead:
        raise Quarantine(f"no article text found in a page of {len(source):,} characters")
    published, warnings = _published(parts, near, stamped, entry, url, tree, latest)
    if encoding != "utf-8":
        warnings.append(f"read as {encoding}")
    printed = next(
        (shown[1] for raw in (parts.date, near, entry.published_raw if entry else "") if raw and (shown := dates.printed(raw))), None
    )
    return Extracted(url, title, lead, body, published, language or _language_of(body), address, parts.rule, printed, attachments, warnings)


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


def tidy_url(url: str) -> str:
    """The address without fragment, tracking and session parameters; scheme and host in lower case."""
    parts = urlsplit(_SESSION_PATH.sub("", url.strip()))
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)])
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", query, ""))


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
    key = _key(title)
    while lines and key and _key(lines[0]) == key:
        lines = lines[1:]
    if lead:
        short = _key(lead)
        lines = [line for i, line in enumerate(lines) if i > 3 or _key(line) != short]
        if _key(lead) == key:
            lead = ""
    lines = tails.strip(lines)
    if lead:
        lead = " ".join(tails.strip([lead], both_ends=False))
    return lead, "\n".join(lines)


def _key(text: str) -> str:
    return "".join(re.findall(r"\w+", text.casefold()))


def _rescued_lead(tree: dom.Node, lines: list[str]) -> str:
    """The sapo that general extractors drop: an element marked as one, or the description where the page prints those very words."""
    said = _key(" ".join(lines))
    marked = tree.xpath(
        '//*[@itemprop="description"][not(self::meta)] | //*[self::h2 or self::p or self::div]'
        '[contains(@class, "sapo") or contains(@class, "hometext") or contains(@class, "article-lead") or contains(@class, "detail-lead")]'
    )
    candidates = [" ".join(dom.blocks(node)) for node in marked[:4]]
    description = dom.one_line(next(iter(tree.xpath(_LEAD_META)), ""))
    if len(description) > 50 and _key(description)[:80] not in said:
        short = _key(description)[:60]
        candidates += [
            text
            for node in tree.iter("p", "h2", "div", "strong")
            if len(text := dom.one_line(node.text_content())) < 700 and _key(text).startswith(short)
        ][:1]
    for candidate in candidates:
        if 40 < len(candidate) < 900 and _key(candidate)[:80] not in said:
            return candidate
    return ""


def _language(tree: dom.Node) -> str | None:
    said = (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip()[:2].lower()
    locale = next(iter(tree.xpath('//meta[@property="og:locale" or @http-equiv="content-language"]/@content')), "")[:2].lower()
    sample = " ".join(tree.xpath("//p//text()")[:200])[:4000] or " ".join(tree.xpath("//title//text()"))
    heard = _language_of(sample)
    # templates copied from abroad declare English over Vietnamese text
    return (
        heard
        if heard == "vi"
        else (said if said.isalpha() and said != "vi" else None) or (locale if locale.isalpha() else None) or heard or said or None
    )


def _language_of(text: str) -> str | None:
    """`vi` where letters only Vietnamese has are common; else None: nothing here needs to tell other languages apart."""
    letters = sum(c.isalpha() for c in text)
    return "vi" if letters > 20 and len(_VIETNAMESE.findall(text)) > 0.04 * letters else None


def _canonical(tree: dom.Node, url: str | None) -> str | None:
    """The page's own address. A canonical link to another host or to the home page is a template's mistake: the fetched address stands."""
    hints = tree.xpath('//link[@rel="canonical"]/@href') or tree.xpath('//meta[@property="og:url"]/@content')
    hint = hints[0].strip() if hints else ""
    try:
        found = tidy_url(urljoin(url or "", hint)) if hint else ""
        fetched = tidy_url(url) if url else None
        parts = urlsplit(found)
    except ValueError:
        return url
    if parts.scheme not in ("http", "https"):
        return fetched
    if fetched is None:
        return found
    here = urlsplit(fetched)
    same_host = _bare_host(parts.netloc) == _bare_host(here.netloc)
    home = parts.path in ("", "/") and not parts.query and here.path not in ("", "/")
    return found if same_host and not home else fetched


def _bare_host(host: str) -> str:
    return re.sub(r"^(?:www|m|mobile|amp|wap)\.", "", host)


def _attachments(tree: dom.Node, base: str | None) -> list[str]:
    found = []
    for href in tree.xpath("//a/@href"):
        if _OFFICE.search(href):
            try:
                found.append(urljoin(base or "", href.strip()))
            except ValueError:
                continue
    return list(dict.fromkeys(found))[:20]


def _near_title(tree: dom.Node) -> str:
    """The printed date: the first one after the headline within a screenful, else the last one just before it. Clocks in page headers are not."""
    heading = next(iter(tree.xpath("//h1[string-length(normalize-space()) > 10]")), None)
    if heading is None:
        return ""
    seen = 0
    for text in heading.xpath("following::text()[normalize-space()][not(parent::script or parent::style)][position() < 60]"):
        line = dom.one_line(text)
        holder = dom.one_line(text.getparent().text_content()) if len(line) < 60 else line
        if len(line) < 90 and re.search(r"\d", line):
            for shown in (holder, line):
                if len(shown) < 120 and dates.visible(shown) and not re.match(r"(?i)cập nhật|sửa|chỉnh sửa|updated", shown):
                    return shown
        seen += len(line)
        if seen > 1500:
            break
    before = heading.xpath("preceding::text()[normalize-space()][not(parent::script or parent::style)][position() < 8]")
    return next(
        (s for t in reversed(before) if len(s := dom.one_line(t)) < 60 and re.search(r"\d:\d\d|\dh\d\d", s) and dates.visible(s)), ""
    )


def _stamped(tree: dom.Node, latest: datetime) -> str | None:
    """The machine-readable date: JSON-LD, OpenGraph and its kin, `<time>`."""
    found: list[str] = []
    for script in tree.xpath('//script[@type="application/ld+json"]/text()')[:6]:
        # a pattern, not a parser: 2 MB of broken JSON-LD costs nothing, and no other property is ever read
        found += re.findall(r'"datePublished"\s*:\s*"([^"]{4,40})"', script[:500_000])[:1]
    found += tree.xpath(
        '//meta[@property="article:published_time" or @name="article:published_time" or @itemprop="datePublished" or @name="pubdate"'
        ' or @name="publish-date" or @name="DC.date.issued" or @name="dc.date" or @name="date" or @property="og:published_time"'
        ' or @name="parsely-pub-date" or @name="sailthru.date" or @name="publishdate"]/@content'
    )[:6]
    found += tree.xpath('//*[@itemprop="datePublished"]/@datetime | //time[@pubdate]/@datetime | //article//time/@datetime')[:3]
    found += [
        dom.one_line(n.text_content())[:60] for n in tree.xpath('//*[@itemprop="datePublished"][not(@datetime)][not(self::meta)]')[:1]
    ]
    return next((d for raw in found if (d := dates.machine(str(raw), latest))), None)


def _published(
    parts: rules.Parts, near: str, stamped: str | None, entry: FeedEntry | None, url: str | None, tree: dom.Node, latest: datetime
) -> tuple[str | None, list[str]]:
    """Visible Vietnamese string, then the feed unless its CMS lies, then JSON-LD and OpenGraph, then htmldate's day."""
    warnings: list[str] = []
    shown = [d for text in (parts.date, near) if text and (d := dates.visible(text, latest) or dates.machine(text, latest))]
    if (parts.date or near) and not shown:
        warnings.append("the printed date is not plausible")
    cms = (entry.cms if entry else "") or (parts.rule if parts.rule in dates.FEED_LIES else "")
    fed = dates.feed(entry.published_raw, cms, latest) if entry and entry.published_raw else None
    # NukeViet's datePublished is the time of the last edit
    machine = stamped if parts.rule not in dates.FEED_LIES else None
    minute = [d for d in (*shown, fed, machine) if d and "T" in d]
    day = [d for d in (*shown, fed, machine) if d]
    if shown and "T" not in shown[0]:
        # the page prints a day: a source with the minute must agree on it
        minute = [d for d in minute if d[:10] == shown[0][:10]]
        return (minute or shown)[0], warnings
    if minute or day:
        return (minute or day)[0], warnings
    return dates.url_day(url or "", latest) or _htmldate(tree, url, latest), warnings


def _htmldate(tree: dom.Node, url: str | None, latest: datetime) -> str | None:
    from htmldate import find_date

    try:
        found = find_date(tree, url=url, original_date=True, extensive_search=False, max_date=latest.date().isoformat())
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
    return dates.machine(found, latest) if found else None
