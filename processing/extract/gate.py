"""What is no article though the server answered 200: an office file labelled HTML, an empty page, a soft 404, a block page, a page of hostile size."""

from __future__ import annotations

import re
from itertools import islice

from processing.errors import Quarantine
from processing.extract.dom import Node, blocks, one_line

MAX_BYTES = 10 * 1024 * 1024
MAX_TAGS = 250_000
MAX_ATTRIBUTES = 2_000
MAX_ELEMENTS = 50_000
MAX_TEXT = 500_000
_FEW = 250
_SENTENCE_ENDS = frozenset(".!?…:;”\"')")
_LONG_TAG = re.compile(rb"<[a-zA-Z][^<>]{10000,}")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")
_CONTROLS = bytes(set(range(1, 32)) - set(b"\t\n\v\f\r\x1b"))

_MAGIC = ((b"PK\x03\x04", "an office or zip file"), (b"\xd0\xcf\x11\xe0", "an old office file"), (b"\x89PNG", "an image"),
          (b"\xff\xd8\xff", "an image"), (b"GIF8", "an image"), (b"\x1f\x8b", "a gzip file"), (b"Rar!", "an archive"))  # fmt: skip
_MISSING = re.compile(
    r"không tìm thấy|trang (?:này )?không tồn tại|không tồn tại|đã bị (?:xóa|xoá|gỡ)|bài viết (?:không|đã)|lỗi 404|\b404\b|page not found|not found|nội dung không",
    re.IGNORECASE,
)
_BLOCKED = re.compile(
    r"attention required|access denied|just a moment|checking your browser|verify (?:that )?you are (?:a )?human|are you a robot|request blocked|"
    r"ddos protection|xác (?:minh|nhận) (?:bạn|rằng bạn) (?:là|không phải)|truy cập bị (?:từ chối|chặn)|403 forbidden|bot verification|incapsula",
    re.IGNORECASE,
)
_WALL = re.compile(
    r"(?:enable|accept|allow|bật|cần|chấp nhận) (?:all )?(?:cookies?|javascript)|before you continue|(?:cần|phải|vui lòng) đăng nhập|log ?in to (?:continue|read|view)|"
    r"trình duyệt .{0,40}(?:không hỗ trợ|đã tắt) (?:cookie|javascript)",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"đang (?:được )?(?:bảo trì|nâng cấp)|bảo trì hệ thống|under maintenance|scheduled maintenance|service unavailable|temporarily unavailable|"
    r"domain (?:is )?(?:for sale|parked|expired)|tên miền (?:này )?(?:đã hết hạn|đang được rao bán)|this domain|"
    r"account (?:has been )?suspended|(?:website|trang web|cổng thông tin|hosting)\b.{0,40}(?:tạm ngưng|tạm (?:thời )?ngừng hoạt động)|welcome to nginx|"
    r"(?:apache2?|iis|nginx|centos|ubuntu)\b.{0,30}(?:default|test) page|iis windows server|fatal error|uncaught \w+|error establishing a database|"
    r"(?:server|runtime) error in '|database (?:connection )?error",
    re.IGNORECASE,
)


def check_bytes(data: bytes) -> None:
    """Raises Quarantine where the bytes cannot be a page worth parsing."""
    if not data.strip(b" \t\r\n\x00"):
        raise Quarantine("empty page: the server sent no text")
    head = data[:1024].lstrip()
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise Quarantine(f"not a page: the body is {what}, whatever its content type says")
    if len(data) > MAX_BYTES:
        raise Quarantine(f"page of {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    if data.count(b"<") > MAX_TAGS:
        raise Quarantine(f"page with more than {MAX_TAGS:,} tags")
    if any(len(_QUOTED.sub(b"", tag).split()) > MAX_ATTRIBUTES for tag in _LONG_TAG.findall(data)):
        # the parser compares every attribute with every other: a hundred thousand take minutes
        raise Quarantine(f"page with a tag of more than {MAX_ATTRIBUTES:,} attributes")
    if _binary(data[:20_000]):
        raise Quarantine("not a page: the body is binary data, whatever its content type says")
    if b"<!ENTITY" in data[:200_000]:
        raise Quarantine("page that declares entities of its own; no article needs them")


def _binary(start: bytes) -> bool:
    """Control characters in more than one byte of fifty, in no two-byte encoding: no text in any charset has them."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start.count(b"\x00") * 5 > len(start):
        return False
    return (len(start) - len(start.translate(None, _CONTROLS))) * 50 > len(start)


def check_length(text_size: int) -> None:
    """Raises Quarantine for a text that no article has the length of: every later stage would work on it for minutes."""
    if text_size > MAX_TEXT:
        raise Quarantine(f"a text of {text_size:,} characters; no article is longer than {MAX_TEXT:,}")


def check_general(tree: Node) -> None:
    """Raises Quarantine for a page too large for the general extractors, which take seconds for every ten thousand elements."""
    elements = int(tree.xpath("count(//*)"))
    if elements > MAX_ELEMENTS:
        raise Quarantine(f"page of {elements:,} elements in which no article stands out")


def check_page(tree: Node, title: str, text: str) -> None:
    """Raises Quarantine for a page that reads as an error. Only thin pages are suspected, so an article about a 404 is safe.

    `text` is what was taken for the article. Its sentences count, not its scraps: a menu may have been taken for text.
    """
    sentences = " ".join(line for line in text.split("\n") if len(line) > 60 or line[-1:] in _SENTENCE_ENDS)
    if len(sentences) > 900 or (len(text) > 900 and len(sentences) >= _FEW):
        return
    head = one_line(next((n.text_content() for n in tree.iter("title")), "")[:3000])
    headings = " ".join(one_line(n.text_content()[:300]) for n in islice(tree.iter("h1", "h2"), 20))[:300]
    visible = " ".join(blocks(tree))[:3000]
    for form, reason in (
        (_BLOCKED, "block page: the site answered 200 but asks for proof that we are no robot"),
        (_WALL, "wall: the site wants cookies, scripts or a log-in before it shows its page"),
        (_DOWN, "maintenance or parked page, or a fault of the site"),
        (_MISSING, "soft 404: the site answered 200 but says that the page is not there"),
    ):
        named = bool(form.search(head)) + bool(form.search(f"{headings} {title}"))
        # In running words alone it is an error only on a page that has little else: a check may well say what it could not find.
        alone = len(sentences) < _FEW
        said = (form.search(visible[:400]) is not None and (named or alone)) or (alone and form.search(sentences) is not None)
        marks = named + said
        if marks and (len(visible) < 1200 or form.search(head) or marks > 1 or (said and alone)):
            raise Quarantine(reason)
    if not sentences and len(text) < 200:
        raise Quarantine("no article text found: a few scraps of words, no sentence")
