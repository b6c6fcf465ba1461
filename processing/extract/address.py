"""Addresses of a page: its own, without what only tracks a reader, and the one its publisher calls canonical."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from processing.extract.dom import Node

_TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|zarsrc|mc_[ce]id|ref|spm|_ga|sessionid|phpsessid|jsessionid|sid)$", re.IGNORECASE)
_SESSION_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)


def tidy_url(url: str) -> str:
    """The address without fragment, tracking and session parameters; scheme and host in lower case."""
    parts = urlsplit(_SESSION_PATH.sub("", url.strip()))
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)])
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", query, ""))


def canonical(tree: Node, url: str | None) -> str | None:
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
