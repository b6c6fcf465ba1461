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
# What a site says of its own page: people who were not found, contracts that ran out and bridges under repair are news.
_MISSING = re.compile(
    r"không tìm thấy(?: (?:trang|nội dung|bài viết|tin bài|bản tin|đường dẫn|địa chỉ|kết quả|dữ liệu|liên kết|tệp|file)\b|\s*(?:$|[-|–.!:»]))|"
    r"(?:trang|bài viết|bản tin|tin|nội dung|đường dẫn|liên kết|dữ liệu)(?: \w+){0,3} không (?:còn )?tồn tại|"
    r"(?:trang|bài viết|bản tin|tin|nội dung)(?: \w+){0,3} đã bị (?:xóa|xoá|gỡ)\b|"
    r"(?:lỗi|error|mã) 404|404 (?:not found|error|page)|^404\b\W*$|^404 [-|–:]|page not found|^not found|"
    r"(?:page|article|requested url) (?:was|is|you are looking for|could not be|cannot be).{0,40}(?:not found|found|not exist|unavailable)",
    re.IGNORECASE,
)
_BLOCKED = re.compile(
    r"attention required|access denied|just a moment|checking your browser|verify (?:that )?you are (?:a )?human|are you a robot|request blocked|"
    r"ddos protection|xác (?:minh|nhận) (?:bạn|rằng bạn) (?:là|không phải)|truy cập bị (?:từ chối|chặn)|403 forbidden|bot verification|incapsula",
    re.IGNORECASE,
)
_WALL = re.compile(
    r"(?:enable|accept|allow|bật|cần|chấp nhận) (?:all )?(?:cookies?|javascript)|before you continue|"
    r"(?:cần|phải|vui lòng) đăng nhập(?: tài khoản| hệ thống)? (?:để|trước khi) (?:xem|đọc|tiếp tục|truy cập)|log ?in to (?:continue|read|view)|"
    r"trình duyệt .{0,40}(?:không hỗ trợ|đã tắt) (?:cookie|javascript)",
    re.IGNORECASE,
)
_SITE = r"(?:website|trang web|trang tin|trang thông tin(?: điện tử)?|cổng thông tin(?: điện tử)?|máy chủ|chúng tôi)"
_DOWN = re.compile(
    rf"(?:hệ thống|{_SITE}\b.{{0,40}}) (?:hiện )?đang (?:được |tạm )?(?:bảo trì|nâng cấp)|^(?:thông báo )?bảo trì(?: {_SITE}| hệ thống)?\W*$|"
    rf"bảo trì (?:hệ thống(?! \w*(?:điện|nước|cấp|thoát|đèn|chiếu))|{_SITE})|(?:site|website|server|system)\b.{{0,40}}under maintenance|^under maintenance|"
    r"scheduled maintenance|service unavailable|temporarily unavailable",
    re.IGNORECASE,
)
_PARKED = re.compile(
    r"domain (?:is )?(?:for sale|parked|expired)|tên miền (?:này )?(?:đã hết hạn|đang được rao bán|đang được bán)|this domain|account (?:has been )?suspended|"
    r"(?:website|trang web|cổng thông tin|hosting)\b.{0,40}(?:tạm ngưng|tạm (?:thời )?ngừng hoạt động)",
    re.IGNORECASE,
)
_FAULT = re.compile(
    r"welcome to nginx|(?:apache2?|iis|nginx|centos|ubuntu)\b.{0,30}(?:default|test) page|iis windows server|fatal error|uncaught \w+|"
    r"error establishing a database|(?:server|runtime) error in '|database (?:connection )?error",
    re.IGNORECASE,
)
# The words before the colon are the class that what is set aside is counted under.
_INSTEAD = (
    (_BLOCKED, "block page: the site answered 200 but asks for proof that we are no robot"),
    (_WALL, "wall: the site wants cookies, scripts or a log-in before it shows its page"),
    (_PARKED, "parked: the site answered 200 but its domain or its hosting has lapsed"),
    (_DOWN, "maintenance: the site answered 200 but is closed for now"),
    (_FAULT, "fault of the site: its server answered 200 with an error or a page of its own"),
    (_MISSING, "soft 404: the site answered 200 but says that the page is not there"),
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
    for form, reason in _INSTEAD:
        named = bool(form.search(head)) + bool(form.search(f"{headings} {title}"))
        # In running words alone it is an error only on a page that has little else: a check may well say what it could not find.
        alone = len(sentences) < _FEW
        said = (form.search(visible[:400]) is not None and (named or alone)) or (alone and form.search(sentences) is not None)
        marks = named + said
        if marks and (len(visible) < 1200 or form.search(head) or marks > 1 or (said and alone)):
            raise Quarantine(reason)
    if not sentences and len(text) < 200:
        raise Quarantine("no article text found: a few scraps of words, no sentence")
