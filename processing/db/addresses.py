"""Addresses of pages: one spelling for each, and none of what identifies a reader or an author.

A page's address is stored for good, so everything that is not needed to find the page is cut before it is stored (SCOPE S2): tracking, session and
user parameters, user names and passwords, fragments.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

MAX_URL = 2000
_TRACKING = re.compile(
    r"^(utm_\w+|mtm_\w+|pk_\w+|ga_\w+|hsa_\w+|fbclid|gclid|gclsrc|dclid|msclkid|yclid|zarsrc|mc_[ce]id|igshid|_ga|_gl|ref_src|ref_url|referrer|"
    r"cmpid|campaign|spm|share|shared|fb_\w+|vn_\w+|zalo\w*|"
    r"phpsessid|jsessionid|aspsessionid\w*|sessionid|session|sess|s_id|token|access_token|auth|sig|signature|"
    r"user|userid|user_id|uid|username|author|author_id|authorid|by|nick|email|mail|member|memberid|account|acc|profile|handle|"
    r"nv_redirect|nvvithemever|nv_cache\w*|amp|outputtype|print|inbanchuan|random|rand|_|ts|timestamp|cache)$",
    re.I,
)
# Names that track on some sites and number the page on others (`sid` of NukeViet 2, `key` and `source` of ASP portals): the value tells which. A number
# of ten digits at most, or a GUID, is a page's; words and long random strings are not.
_BY_VALUE = re.compile(r"^(sid|key|ref|source|src|from)$", re.I)
_NUMBER_OF_A_PAGE = re.compile(r"\d{1,10}|\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?", re.I)
_SESSION_PATH = re.compile(r";(jsessionid|phpsessid|sid)=[^/?#]*", re.I)
_SAFE_PATH = "/%:@!$&'()*+,;=-._~"
_DEFAULT_PORT = {"http": 80, "https": 443}
_AMP = re.compile(r"(/amp/?|\.amp)$", re.I)
_OWN_NETWORK = (".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa", ".onion")  # RFC 6762, 6761, 8375, 7686
_DOUBLE_HOST = re.compile(r"^(www|m|mobile|amp)\.")


class BadURL(ValueError):
    """An address that cannot be a page's: wrong scheme, no host, too long, not parseable."""


def canonical(url: str, base: str | None = None) -> str:
    """The one stored spelling of a page's address. Raises BadURL.

    Relative addresses are joined to `base`. Scheme and host are lower case, IDN hosts in punycode, default ports, fragments, user names, tracking,
    session and user parameters cut, remaining parameters in their own order.
    """
    text = re.sub(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202f\ufeff]+", "", url.strip()) if url else ""
    if not text:
        raise BadURL("empty address")
    if len(text) > MAX_URL:
        raise BadURL(f"address of {len(text)} characters (at most {MAX_URL})")
    try:
        parts = urlsplit(urljoin(base, text) if base else text)
        port = parts.port
        host = _host(parts.hostname or "")
    except (ValueError, UnicodeError):
        raise BadURL("not an address") from None
    if parts.scheme not in _DEFAULT_PORT:
        raise BadURL(f"scheme {parts.scheme or 'missing'} is not http or https")
    if not host:
        raise BadURL("address without a host")
    netloc = host if port in (None, _DEFAULT_PORT[parts.scheme]) else f"{host}:{port}"
    path = quote(_SESSION_PATH.sub("", parts.path), safe=_SAFE_PATH) or "/"
    result = urlunsplit((parts.scheme, netloc, path, _query(parts.query), ""))
    if len(result) > MAX_URL:
        raise BadURL(f"address of {len(result)} characters (at most {MAX_URL})")
    return result


def _host(name: str) -> str:
    host = name.rstrip(".").lower()
    if ":" in host:
        return f"[{host}]"
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if re.search(r"[^a-z0-9._-]", host):
        raise ValueError("host has characters that no host has")
    return host


def public(url: str) -> bool:
    """Can anyone open this canonical address? Not of a network's own host ("localhost", "kho.local", 10.0.0.2), in whatever way its number is written."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        last = host.rpartition(".")[2]
        return "." in host and not last[:1].isdigit() and not host.endswith(_OWN_NETWORK)


def _query(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200)
    return urlencode([(name, value) for name, value in pairs if not _dropped(name, value)])


def _dropped(name: str, value: str) -> bool:
    return bool(_TRACKING.match(name)) or (bool(_BY_VALUE.match(name)) and not _NUMBER_OF_A_PAGE.fullmatch(value))


def page_key(url: str) -> str:
    """What two addresses of one page share: no scheme, no www/m/amp host, no amp ending, no trailing slash. For telling doubles only."""
    parts = urlsplit(url)
    host = _DOUBLE_HOST.sub("", parts.netloc)
    path = _AMP.sub("", parts.path).rstrip("/") or "/"
    return f"{host}{path}?{parts.query}" if parts.query else f"{host}{path}"


def variants(url: str) -> list[str]:
    """Spellings under which a page may stand in the database: with either scheme, the hosts and endings that `page_key` takes for one."""
    parts = urlsplit(url)
    host = _DOUBLE_HOST.sub("", parts.netloc)
    path = _AMP.sub("", parts.path).rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    return [
        f"{scheme}://{prefix}{host}{path}{ending}{query}"
        for scheme in _DEFAULT_PORT
        for prefix in ("", "www.", "m.", "mobile.", "amp.")
        for ending in ("", "/", "/amp", "/amp/", ".amp")
        if path or ending.startswith("/")
    ]
