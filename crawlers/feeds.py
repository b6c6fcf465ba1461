"""Lists of pages, read: RSS, Atom, JSON Feed, sitemaps, listing pages, Open311 reports, ClaimReview data feeds.

Runs in the limited worker process only (crawlers/worker.py), never in the reactor. By-lines, handles and reporters' data are left where they are: no
field here could carry them (SCOPE S2).
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from html import unescape
from typing import Any

import feedparser
from lxml import etree, html

from crawlers import datafeed, petitions, platforms
from crawlers.errors import NotAList
from crawlers.words import Said
from processing.text import clean

MAX_BODY = 10 * 1024 * 1024
_MAX_TITLE = 2_000
_MAX_TEXT = 400_000
_REPORT_FIELDS = ("service_request_id", "service_code", "service_name", "description", "requested_datetime", "lat", "long", "address", "address_id", "zipcode")


@dataclass
class Entry:
    """One entry. `link` as printed (perhaps relative), `published_raw` the date as printed, `changed` whatever the list says about edits."""

    title: str = ""
    link: str = ""
    summary: str = ""
    content: str = ""
    published_raw: str = ""
    guid: str = ""
    changed: str = ""


@dataclass
class Listed:
    """What a list said: its entries, further lists (sitemaps), Open311 reports with their reporters' fields left out, remarks for the operator."""

    format: str
    entries: list[Entry] = field(default_factory=list)
    lists: list[tuple[str, str]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read(body: bytes, kind: str, *, content_type: str = "", url: str = "", selectors: Sequence[str] = ("", "", ""), limit: int = 500) -> Listed:
    """Read one list of the given feed kind; `selectors` are those of the file: selector, text_selector, date_selector. Raises NotAList."""
    body = _plain(body)
    if not body.strip():
        raise NotAList(Said("the answer is empty"))
    if kind == "listing":
        return _listing(body, selectors[0], limit)
    if kind == "petitions":
        return Listed("petitions", reports=petitions.read(_tree(body), url, selectors, limit))
    if kind in ("factcheck_api", "facebook_page"):
        return _keyed(body, kind, url, limit)
    if kind == "open311":
        return _open311(body, limit)
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"["):
        return _json(body, limit)
    head = _head(body)
    if re.search(rb"<(\w+:)?(urlset|sitemapindex)[\s>]", head):
        return _sitemap(body, limit)
    return _feed(body, content_type, url, limit)


def _plain(body: bytes) -> bytes:
    """Unpack gzip sent without saying so, up to the limit of a body."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        unpacker = zlib.decompressobj(wbits=31)
        plain = unpacker.decompress(body, MAX_BODY)
    except (zlib.error, gzip.BadGzipFile):
        raise NotAList(Said("its gzip is damaged")) from None
    if unpacker.unconsumed_tail:
        raise NotAList(Said("it unpacks to more than %(size)s MB", size=MAX_BODY >> 20))
    return plain


def _head(body: bytes) -> bytes:
    """The first 64 KiB as ASCII-compatible bytes, whatever the width of the encoding."""
    head = body[:65536]
    return head.replace(b"\x00", b"") if b"\x00" in head[:8] else head


def _limited(text: Any, most: int) -> str:
    return clean(str(text or "")[: most * 2])[:most]


def _feed(body: bytes, content_type: str, url: str, limit: int) -> Listed:
    body, warnings = _from_prolog(_narrow(body))
    body, listed = _first(body, limit)
    text_type = content_type
    if b"\x00" not in body[:4] and (text := _utf8(body)) is not None:
        # UTF-8 is UTF-8, whatever the server or the prolog says; else the declared charset, then the detector decide.
        body = re.sub(r"^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*([\"'])[^\"'>]*\2", r"\1", text, count=1).encode()
        text_type = "application/xml; charset=utf-8"
    headers = {"content-type": text_type or "application/xml", "content-location": url}
    found = feedparser.parse(_Bytes(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    if not found.version and not found.entries:
        raise NotAList(Said("the answer is a web page, not a feed") if re.search(rb"<html|<!doctype html|<body", _head(body), re.I) else Said("no feed found in the answer"))
    if found.bozo:
        warnings.append(f"the feed is not well-formed ({type(found.get('bozo_exception')).__name__})")
    if max(listed, len(found.entries)) > limit:
        warnings.append(f"{max(listed, len(found.entries))} entries, only the first {limit} are read")
    return Listed(found.version or "feed", [_entry(item) for item in found.entries[:limit]], warnings=warnings)


_ITEM = re.compile(rb"<(?:item|entry)[\s>]")


def _first(body: bytes, limit: int) -> tuple[bytes, int]:
    """A feed cut before the entry that is one too many, so that 50,000 of them cost no more than those that are read; and how many there are."""
    starts = [match.start() for match in _ITEM.finditer(body)]
    if len(starts) <= limit:
        return body, len(starts)
    head = _head(body)
    end = b"</feed>" if re.search(rb"<feed[\s>]", head) else b"</rdf:RDF>" if b"<rdf:RDF" in head else b"</channel></rss>"
    return body[: starts[limit]] + end, len(starts)


_WIDE = (
    (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
    (b"<\x00\x00\x00", "utf-32-le"), (b"\x00\x00\x00<", "utf-32-be"), (b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"),
)  # fmt: skip


def _narrow(body: bytes) -> bytes:
    """UTF-16 and UTF-32, by their mark or by the shape of `<`, as UTF-8; anything else untouched."""
    for mark, encoding in _WIDE:
        if body.startswith(mark):
            return body.decode(encoding, "replace").encode()
    return body


class _Bytes:
    """Bytes as a stream, so that the parser can never take them for a file name or an address."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self) -> bytes:
        return self._data


def _from_prolog(body: bytes) -> tuple[bytes, list[str]]:
    """Cut what a server printed before the feed: warnings of PHP, blank lines."""
    found = re.search(rb"<\?xml|<rss|<feed[\s>]|<rdf:RDF", body[:200_000])
    if found is None or not body[: found.start()].strip(b"\xef\xbb\xbf \t\r\n"):
        return (body if found is None else body[found.start() :]), []
    before = body[: found.start()]
    if re.match(rb"\s*<(!doctype html|html)", before, re.I) or before.lstrip().startswith(b"<!--"):
        return body, []
    return body[found.start() :], [f"{len(before)} bytes before the feed's prolog were cut"]


def _entry(item: Any) -> Entry:
    content = max((part.get("value", "") for part in item.get("content", ()) if isinstance(part, dict)), key=len, default="")
    guid = str(item.get("id") or "")
    link = item.get("link") or (guid if guid.startswith(("http://", "https://")) else "")
    updated = item["updated"] if dict.__contains__(item, "updated") else ""  # asked for otherwise, it falls back to the publication with a warning
    published = item.get("published") or item.get("created") or updated
    return Entry(
        title=_limited(item.get("title"), _MAX_TITLE) or platforms.headline(_words(content or item.get("summary") or "")),
        link=str(link or "")[:20_000],
        summary=_limited(item.get("summary"), 20_000),
        content=_limited(content, _MAX_TEXT),
        published_raw=_limited(published, 200),
        guid=guid[:2_000],
        changed=_limited(updated or published, 200),
    )


def _words(markup: str) -> str:
    """The beginning of a post in plain words; a line break for each of its own."""
    lines = re.sub(r"<(?:br|/p|/div|/li)\b[^>]*>", "\n", markup[:5_000], flags=re.I)
    return clean(unescape(re.sub(r"<[^>]{0,2000}>", "", lines)))


def _json(body: bytes, limit: int) -> Listed:
    try:
        data = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotAList(Said("its JSON is damaged")) from None
    if isinstance(data, dict) and isinstance(data.get("items"), list):
        return Listed("json", [_json_entry(item) for item in data["items"][:limit] if isinstance(item, dict)])
    if checks := datafeed.entries(data, limit):
        return Listed("claimreview", [Entry(**fields) for fields in checks])
    raise NotAList(Said("JSON that is neither a JSON Feed nor a list of ClaimReview"))


def _json_entry(item: dict[str, Any]) -> Entry:
    return Entry(
        title=_limited(item.get("title"), _MAX_TITLE) or platforms.headline(_words(str(item.get("content_html") or item.get("content_text") or ""))),
        link=str(item.get("url") or item.get("external_url") or "")[:20_000],
        summary=_limited(item.get("summary"), 20_000),
        content=_limited(item.get("content_html") or item.get("content_text"), _MAX_TEXT),
        published_raw=_limited(item.get("date_published"), 200),
        guid=str(item.get("id") or "")[:2_000],
        changed=_limited(item.get("date_modified"), 200),
    )


def _xml_parser() -> etree.XMLParser:
    return etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True)


def _sitemap(body: bytes, limit: int) -> Listed:
    root = etree.fromstring(_from_prolog(body)[0].lstrip(), _xml_parser())
    if root is None:
        raise NotAList(Said("its sitemap is damaged"))
    listed = Listed("sitemap")
    for node in root:
        # the page's own address is the entry's own child: pictures and videos in it have a loc and a title, too
        values = _children(node) | {name: text for below in node.iterchildren(etree.Element) if etree.QName(below).localname == "news" for name, text in _children(below).items()}
        if not values.get("loc"):
            continue
        if etree.QName(node).localname == "sitemap":
            listed.lists.append((values["loc"][:20_000], values.get("lastmod", "")[:100]))
        else:
            date, title = values.get("publication_date", ""), values.get("title", "")
            listed.entries.append(
                Entry(title=_limited(title, _MAX_TITLE), link=values["loc"][:20_000], published_raw=_limited(date, 200), changed=_limited(values.get("lastmod"), 100))
            )
    if len(listed.entries) > limit:
        listed.warnings.append(f"{len(listed.entries)} addresses, only the {limit} changed last are read")
        listed.entries = sorted(listed.entries, key=lambda entry: entry.changed, reverse=True)[:limit]
    return listed


def _children(node: Any) -> dict[str, str]:
    """Text of an element's children by their name without its namespace."""
    return {etree.QName(child).localname: (child.text or "").strip() for child in node.iterchildren(etree.Element)}


def _listing(body: bytes, selector: str, limit: int) -> Listed:
    root = _tree(body)
    found = [(node if node.tag == "a" else next(node.iter("a"), None)) for node in root.cssselect(selector)]
    links = [node for node in found if node is not None and node.get("href")]
    if not links:
        raise NotAList(Said("no link matches the selector %(selector)s: the page's layout changed", selector=selector))
    return Listed("listing", [Entry(title=_limited(" ".join(node.itertext()), _MAX_TITLE), link=node.get("href")[:20_000]) for node in links[:limit]])


def _tree(body: bytes) -> Any:
    return html.document_fromstring(body, parser=html.HTMLParser(huge_tree=False, encoding="utf-8" if _is_utf8(body) else None))


def _keyed(body: bytes, kind: str, url: str, limit: int) -> Listed:
    try:
        data = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotAList(Said("its JSON is damaged")) from None
    if not isinstance(data, dict):
        raise NotAList(Said("its interface answers with something else than documented"))
    return Listed(kind, [Entry(**fields) for fields in platforms.READERS[kind](data, url)[:limit]])


def _utf8(body: bytes) -> str | None:
    """UTF-8, also where a few letters were cut in two: one bad byte in ten letters beyond ASCII. Other charsets have next to no sequence it would take."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("utf-8-sig", "replace")
    bad = text.count("\ufffd")
    high = len(text) - len(text.encode("ascii", "ignore")) - bad
    return text.replace("\ufffd", "") if bad * 10 <= high or (bad == 1 and high >= 2) else None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _open311(body: bytes, limit: int) -> Listed:
    try:
        data = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotAList(Said("not a list of reports: its JSON is damaged")) from None
    if not isinstance(data, list):
        raise NotAList(Said("not a list of reports: Open311 GeoReport answers with an array"))
    rows = [item for item in data if isinstance(item, dict) and item.get("service_request_id") not in (None, "")]
    if data and not rows:
        raise NotAList(Said("reports without service_request_id"))
    keep: Callable[[dict[str, Any]], dict[str, Any]] = lambda item: {name: item[name] for name in _REPORT_FIELDS if item.get(name) is not None}  # noqa: E731
    return Listed("open311", reports=[keep(item) for item in rows[:limit]])
