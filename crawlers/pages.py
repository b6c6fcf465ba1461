"""Answers with status 200 that are no page: files under a false label, walls, parked and closed sites, pages that are gone. Nothing is parsed.

A PDF passes, whatever its label: portals publish many an announcement as a file, and extraction reads its text layer (processing/extract/pdf.py).
What cannot be told without parsing is left to processing/extract/gate.py.
"""

from __future__ import annotations

import re

from crawlers.failures import FetchFailure
from crawlers.words import Said
from processing.text import clean

_PDF = b"%PDF-"
_FILES = (b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"RIFF", b"\xd0\xcf\x11\xe0", b"Rar!", b"\x00\x00\x00\x18ftyp", b"ID3")
_FILE_TYPES = ("image/", "video/", "audio/", "application/pdf", "application/zip", "application/msword", "application/vnd.", "application/octet-stream")

# What a title says of a page of ordinary size, and what only the whole of a very small page may be: articles speak of all of this, and many ordinary
# pages carry a captcha for their forms or a line for browsers without scripts.
_SMALL, _TINY = 40_000, 6_000
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,600})", re.I)
_MARKS = {"wall": (b"cf-chl-",), "parked": (b"sedoparking.com", b"parkingcrew.net")}
_SITE = r"(hệ thống|website|trang web|trang thông tin( điện tử)?|cổng thông tin( điện tử)?|máy chủ)"
_TITLES = {
    "wall": r"^(just a moment|attention required|access denied|ddos|you have been blocked)",
    "parked": r"domain (is|may be) for sale|parked domain|domain parking|tên miền này (đang được|đã) bán",
    # a notice of power lines or a bridge under maintenance is no such page
    "maintenance": rf"under maintenance|^((thông báo|đang) )?bảo trì( {_SITE})?\s*([-|–.!]|$)|{_SITE} (đang|tạm)( \w+){{0,3}} (bảo trì|nâng cấp)",
    # the whole of a title but for the site's name: an article's may say what somebody could not find
    "soft_404": r"^((lỗi )?404( not found| error)?|page not found|không tìm thấy( trang| nội dung| bài viết| đường dẫn)?( này| yêu cầu)?|"
                r"(trang|bài viết|nội dung)( này| bạn tìm| yêu cầu)? không (còn )?tồn tại)\s*[.!]?\s*([-|–—:»].{0,80})?$",
}  # fmt: skip
_WHOLE = {
    "wall": r"challenge-platform|_incapsula_resource|g-recaptcha|hcaptcha\.com/1/api|document\.cookie\s*=[^<]{0,400}location\.(reload|href)|"
            r"<noscript>[^<]{0,120}(enable|bật) javascript",
    "parked": "this domain is parked|tên miền này đang được bán|buy this domain",
    "maintenance": "(hệ thống|website) đang (được )?bảo trì|site is under maintenance",
    "soft_404": r"<h1[^>]{0,200}>\s*((lỗi )?404( not found)?|page not found|không tìm thấy( trang| nội dung| bài viết)?)\s*[.!]?\s*</h1>",
}  # fmt: skip
_BY_TITLE = {failure_class: re.compile(sign) for failure_class, sign in _TITLES.items()}
_BY_WHOLE = {failure_class: re.compile(sign) for failure_class, sign in _WHOLE.items()}


def no_page(headers: dict[str, str], body: bytes) -> FetchFailure | None:
    """What makes this body no web page, whatever it is labelled; None where nothing does."""
    if body[:1024].lstrip().startswith(_PDF):
        return None
    if body.startswith(_FILES):
        return FetchFailure("not_a_page", Said("it is a file, not a web page"))
    kind = headers.get("content-type", "").lower()
    if kind.startswith(_FILE_TYPES) and b"<" not in body[:500]:
        return FetchFailure("not_a_page", Said("it is %(kind)s, not a web page", kind=kind.split(";")[0][:60]))
    if not body.strip():
        return FetchFailure("empty", Said("the page is empty"))
    failure_class = _instead(body) if len(body) < _SMALL else None
    if failure_class == "soft_404":
        return FetchFailure("soft_404", Said("it says that the page is not there, though it answers 200"))
    return FetchFailure(failure_class, Said("it answers 200 with something else than its page")) if failure_class else None


def _instead(body: bytes) -> str | None:
    """What a small page is instead of its article: the class of failure, or None."""
    found = _TITLE.search(body)
    if found:
        title = " ".join(_text(found[1]).split())
        for failure_class, sign in _BY_TITLE.items():
            if sign.search(title):
                return failure_class
    for failure_class, marks in _MARKS.items():
        if any(mark in body for mark in marks):
            return failure_class
    if len(body) < _TINY:
        text = _text(body)
        return next((failure_class for failure_class, sign in _BY_WHOLE.items() if sign.search(text)), None)
    return None


def _text(data: bytes) -> str:
    return clean(data.decode("utf-8", "replace")).lower()
