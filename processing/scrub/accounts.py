"""E-mail addresses, links to accounts, handles and number plates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from processing.scrub.numbers import Span

_SIGN_AT = r"(?:@|[(\[{<]\s?(?:@|at|a|a[ -]?còng|a[ -]?vòng)\s?[)\]}>]|\s(?:at|a[ -]?còng|a[ -]?vòng)\s|_at_)"
_SIGN_DOT = r"(?:\.|[(\[{<]\s?(?:dot|chấm|\.)\s?[)\]}>]|\s(?:dot|chấm)\s|,(?=(?:com|net|org|vn)\b))"
_EMAIL = re.compile(
    rf"(?<![\w.+%-])[\w.+%-]{{1,64}}?\s?{_SIGN_AT}\s?[\w-]+(?:\s?{_SIGN_DOT}\s?[\w-]+){{0,4}}\s?{_SIGN_DOT}\s?(?:[a-z]{{2,24}})(?!\w)", re.IGNORECASE
)
_AT = re.compile(r"@|[(\[{<]\s?a|\sat\s|_at_|a[ -]?(?:còng|vòng)", re.IGNORECASE)
_SITES = (
    "facebook.com fb.com fb.me fb.watch messenger.com m.me zalo.me t.me telegram.me telegram.dog instagram.com tiktok.com twitter.com x.com threads.net "
    "threads.com linkedin.com youtube.com youtu.be wa.me viber.click line.me discord.gg snapchat.com pinterest.com vk.com weibo.com bsky.app gapo.vn lotus.vn reddit.com"
)
_DOT = r"(?:\.|\s\.\s?|\s?[(\[]\.[)\]]\s?)"  # t . me, facebook[.]com
_LINK = re.compile(
    rf"(?:h(?:tt|xx)ps?://)?(?:[\w-]{{1,30}}\.)?(?:{'|'.join(site.replace('.', _DOT) for site in _SITES.split())})\s?/\s?[^\s<>\"'“”)\],;]*[^\s<>\"'“”)\],;.!?…]",
    re.IGNORECASE,
)
_SITE = re.compile(r"(?:com|me|watch|dog|net|be|click|gg|app|vn)\s?/", re.IGNORECASE)
_FEDERATED = re.compile(r"https?://[^\s/<>\"']{3,80}/@[\w.]{2,40}[^\s<>\"'“”)\],;]*")
_LINK_START = re.compile(r"(?<![\w.-])")
_HANDLE = re.compile(r"(?<![\w@./+-])@[A-Za-zÀ-ỹ_][\w.]{1,38}\w(?![\w@])")
_PLATFORM = r"(?:facebook|zalo|tiktok|fb|telegram|youtube|instagram|viber|twitter|threads|mạng xã hội|mxh)"
_NAMED = re.compile(
    rf"(?<!\w)(?:(?:tài khoản|tk|acc|người dùng|user(?:name)?)(?:\s+{_PLATFORM})?(?:\s+{_PLATFORM})?(?:\s+cá nhân)?|"
    rf"(?:trang|nick(?:name)?|kênh)\s+(?:cá nhân\s+)?{_PLATFORM}(?:\s+cá nhân)?|trang cá nhân|{_PLATFORM}\s+cá nhân|{_PLATFORM}(?=\s+(?:có |mang |lấy )?tên))"
    r"\s*(?:\([^()]{1,20}\))?\s*(?:(?:có\s+|mang\s+|với\s+|lấy\s+)?tên(?:\s+là)?|là)?\s*[\"“'‘«](?P<name>[^\"”'’»\n]{2,40})[\"”'’»]",
    re.IGNORECASE,
)
_UP = "A-ZÀ-ÖØ-ÝĂĐĨŨƠƯẠ-Ỵ"
_NO_OFFICE = r"(?!(?i:sở|bộ|ban|báo|đài|ubnd|ủy|uỷ|công|trung|bệnh|trường|cục|phòng|hội|thông|cổng|tỉnh|xã|phường|huyện|trạm|điện)\b)"
_BARE = re.compile(
    r"\b(?i:facebook|fb|zalo|tiktok|telegram|skype|instagram|insta|ig|wechat|line id|nick|nickname|username|user)(?i:\s+(?:cá nhân|tên|id|name))?\s*:\s*"
    rf"(?!(?i:https?)\b)(?P<name>live:[\w.]+|[A-Za-z][\w.]{{3,38}}\w(?!\w)|{_NO_OFFICE}[{_UP}]\w{{1,7}}(?:\s[{_UP}]\w{{0,7}}){{1,4}}(?!\w))"
)
_PLATE = re.compile(
    r"(?<![\w/.,-])(?P<p>(?:1[1-9]|[2-9]\d)\s?-?\s?(?:[A-HK-NPR-VXYZĐ]\d?|[A-Z]{2}|MĐ\d?|LD|NG|NN|QT|DA|KT|CD|HC|TĐ)\s?[-–. ]?\s?(?:\d{3}[. ]\d{2}|\d{5}|\d{4}))(?![\w/]|[.,]\d)"
)
_PLATE_LEAD = r"(?:biển(?: (?:kiểm soát|xanh|đỏ|vàng|trắng)| số(?: xe)?)?|bks|bsx|mang số|đeo biển(?: số)?)\s*(?:kiểm soát|số)?\s*:?\s*"
_GAP = r"\s?[-–./]?\s?"
_PLATE_LOOSE = re.compile(
    rf"{_PLATE_LEAD}(?!\d+\s?(?:m|km|ha|h|kg|cm|mm)\b)(?P<p>(?:\d{{2}}{_GAP}[A-Za-zĐđ]{{1,2}}\s?\d?{_GAP}\d{{3}}[-–. ]?\d{{1,2}}|[A-Z]{{2}}[ -]?\d{{2}}[ -]\d{{2}}|\d{{2}}{_GAP}[A-Za-z]{{1,2}}\s?\d?{_GAP}\d{{4}})(?!\w))",
    re.IGNORECASE,
)
_DIGIT = r"(?:không|một|mốt|hai|ba|bốn|tư|năm|lăm|sáu|bảy|bẩy|tám|chín|\d)"
_PLATE_SPOKEN = re.compile(rf"{_PLATE_LEAD}(?P<p>{_DIGIT}\s{_DIGIT}\s[A-Za-zĐđ]{{1,2}}\s?(?:\d\s)?{_DIGIT}(?:\s(?:chấm\s)?{_DIGIT}){{3,5}})(?!\w)", re.IGNORECASE)
_PLATE_SMALL = re.compile(r"(?<![\w/.,-])(?P<p>(?:1[1-9]|[2-9]\d)\s?-?\s?[a-zđ]{1,2}\d?\s?[- ]?\s?\d{3}\.\d{2})(?!\w|[.,]\d)")
_GOVERNMENT_DOC = re.compile(r"^\d{2}\s?-\s?(?:NQ|QĐ|CT|KL|KH|TB|CV|HD|BC|TT|NĐ|QH|CP)")


def find(text: str) -> Iterator[Span]:
    """Spans of e-mails, account links, handles and plates in plain text."""
    # most texts hold nothing of the kind, and a look for the one sign that it needs costs little
    for match in _EMAIL.finditer(text) if _AT.search(text) else ():
        yield "email", match.start(), match.end()
    for match in _LINK.finditer(text) if _SITE.search(text) else ():
        if _LINK_START.match(text, match.start()) and not (match.start() and text[match.start() - 1].isalnum()):
            yield "account_link", match.start(), match.end()
    for match in _FEDERATED.finditer(text):
        yield "account_link", match.start(), match.end()
    for match in _HANDLE.finditer(text) if "@" in text else ():
        yield "handle", match.start(), match.end()
    for form in (_NAMED, _BARE):
        for match in form.finditer(text):
            yield "handle", *match.span("name")
    for form in (_PLATE_LOOSE, _PLATE_SPOKEN, _PLATE_SMALL):
        for match in form.finditer(text):
            yield "plate", *match.span("p")
    for match in _PLATE.finditer(text):
        plate = match["p"]
        tail = re.search(r"\d+$", plate)
        if _GOVERNMENT_DOC.match(plate) or (tail and len(tail.group()) == 4 and not _four(text, match)):
            continue
        yield "plate", *match.span("p")


def _four(text: str, match: re.Match[str]) -> bool:
    """Old plates have four digits, and so have years: only with a dash and no year, or after a word for vehicles."""
    before = text[max(0, match.start() - 40) : match.start()].lower()
    return bool(re.search(r"biển|bks|bsx|xe|ô tô|mô tô", before)) and not re.search(r"(?:19|20)\d\d$", match["p"])
