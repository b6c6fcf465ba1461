"""Answers with status 200 that are no page: files under a false label, walls, parked and closed sites. Judged on bytes; nothing is parsed."""

from __future__ import annotations

import re

from crawlers.failures import FetchFailure
from crawlers.words import Said

_FILES = (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"RIFF", b"\xd0\xcf\x11\xe0", b"Rar!", b"\x00\x00\x00\x18ftyp", b"ID3")
_FILE_TYPES = ("image/", "video/", "audio/", "application/pdf", "application/zip", "application/msword", "application/vnd.", "application/octet-stream")

# What a title says of a page of ordinary size, and what only the whole of a very small page may be: articles speak of all of this, and many ordinary
# pages carry a captcha for their forms or a line for browsers without scripts.
_SMALL, _TINY = 40_000, 6_000


def _any(*texts: str) -> bytes:
    return "|".join(texts).encode()


_TITLES = {
    "wall": re.compile(_any(r"<title>\s*(just a moment|attention required|access denied|ddos|you have been blocked)", "cf-chl-"), re.I),
    "parked": re.compile(_any(r"<title>[^<]{0,80}(domain (is|may be) for sale|parked domain|domain parking)", "sedoparking\\.com", "parkingcrew\\.net"), re.I),
    "maintenance": re.compile(_any(r"<title>[^<]{0,80}(under maintenance|bảo trì|Bảo trì|BẢO TRÌ)"), re.I),
}
_WHOLE = {
    "wall": re.compile(
        _any("challenge-platform", "_Incapsula_Resource", "g-recaptcha", r"hcaptcha\.com/1/api", r"document\.cookie\s*=[^<]{0,400}location\.(reload|href)",
             r"<noscript>[^<]{0,120}(enable|bật) javascript"), re.I),
    "parked": re.compile(_any("this domain is parked", "tên miền này đang được bán", "buy this domain"), re.I),
    "maintenance": re.compile(_any("hệ thống đang bảo trì", "website đang bảo trì", "site is under maintenance"), re.I),
}  # fmt: skip


def no_page(headers: dict[str, str], body: bytes) -> FetchFailure | None:
    """What makes this body no web page, whatever it is labelled; None where nothing does."""
    if body.startswith(_FILES):
        return FetchFailure("not_a_page", Said("it is a file, not a web page"))
    kind = headers.get("content-type", "").lower()
    if kind.startswith(_FILE_TYPES) and b"<" not in body[:500]:
        return FetchFailure("not_a_page", Said("it is %(kind)s, not a web page", kind=kind.split(";")[0][:60]))
    if not body.strip():
        return FetchFailure("empty", Said("the page is empty"))
    for most, signs in ((_SMALL, _TITLES), (_TINY, _WHOLE)):
        if len(body) < most:
            for failure_class, sign in signs.items():
                if sign.search(body):
                    return FetchFailure(failure_class, Said("it answers 200 with something else than its page"))
    return None
