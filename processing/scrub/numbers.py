"""Numbers of persons: phones, identity cards, passports, insurance, tax, bank accounts; told from money, areas, dates and document numbers.

A run of digit groups is read by the label before it (`STK`, `CCCD`, `ĐT` …: the nearest one wins) and, without a label, by its own shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[str, int, int]

_RUN = re.compile(r"(?<![\w.,])\(?[0-9Oo](?:[ .\-_()]{0,3}[0-9Oo])*(?!\w)")
# no Vietnamese figure is written with commas or slashes in these groups
_COMMAS = re.compile(r"(?<![\w.,/])0\d{2,3}([,/])\d{3}\1\d{3,4}(?![\w,/])")
_GLUED = re.compile(r"(?<!\w)(?:sđt|đt|sdt|dt|tel|lh|dđ|dd|zalo|call)(?P<number>0\d{9})(?!\w)", re.IGNORECASE)
# letters that stand for the digit they look like: 09I2 345 678, O9l2345678
_LOOKALIKE = re.compile(r"(?<![\w.,/-])[0Oo](?:[ .\-]?[0-9OoIil|]){9}(?![\w|])")
_GROUP = re.compile(r"[0-9Oo]+")
_UNIT_AFTER = re.compile(
    r"\s{0,2}(?:[%°$₫]|m2|m²|m3|m³)|\s{0,2}(?:đồng|đ|vnđ|vnd|usd|eur|euro|đô la|nghìn|ngàn|triệu|tỷ|tỉ|trđ|ha|hécta|km|m|mm|cm|kg|tấn|tạ|lít|người|hộ|con|"
    r"cây|lượt|phiếu|suất|chiếc|căn|ca|trường hợp|kwh|mw|độ|cổ phiếu|cp|tệ|yên|won|bảng|lần|cử tri|học sinh)(?!\w)",
    re.IGNORECASE,
)
_LABELS = re.compile(
    r"(?P<bank_account>số tài khoản|số\s?tk|\bstk\b|tài khoản(?! facebook| zalo| tiktok| mạng)|\btk\b|số thẻ(?! bảo hiểm| bhyt)|thẻ atm|thẻ ngân hàng|chuyển khoản|account (?:no|number)|"
    r"vietcombank|\bvcb\b|\bbidv\b|agribank|vietinbank|techcombank|\btcb\b|mb\s?bank|\bacb\b|sacombank|vpbank|tpbank|\bshb\b|hdbank|\bocb\b|\bmsb\b|\bvib\b|"
    r"seabank|eximbank|lienvietpostbank|lpbank|pvcombank|kienlongbank|namabank|bacabank|vietbank|ngân hàng)|"
    r"(?P<id_number>\bcccd\b|\bcmnd\b|\bcmt(?:nd)?\b|\bccccd\b|căn cước(?: công dân)?|chứng minh (?:nhân dân|thư)|số định danh|mã định danh|id card|\bcc\b(?=\s*(?:số|:))|"
    r"\bgplx\b|giấy phép lái xe|bằng lái(?: xe)?|sổ hộ khẩu|hộ khẩu số)|"
    r"(?P<passport>hộ chiếu|passport|\bhc số)|"
    r"(?P<social_insurance>\bbhxh\b|bảo hiểm xã hội|\bbhyt\b|bảo hiểm y tế|sổ bảo hiểm|thẻ bảo hiểm|mã số bảo hiểm)|"
    r"(?P<tax_code>mã số thuế|\bmst\b|mã thuế|tax code)|"
    r"(?P<phone>số điện thoại|điện thoại|\bđt\b|\bđtdđ\b|\bsđt\b|\bsdt\b|\bdd\b|\bdđ\b|di động|\btel\b|\bphone\b|\bmobile\b|\bcall\b|\bgọi\b|zalo|viber|whatsapp|momo|"
    r"liên (?:hệ|lạc)|số máy|thuê bao|đầu số|nhắn tin|\bfax\b|hotline|đường dây nóng|alo)|"
    r"(?P<other>mã (?:đơn|vận đơn|hồ sơ|giao dịch|bưu gửi|sản phẩm|vạch|qr)|số (?:hiệu|seri|sê-ri|lô|hồ sơ|công văn|quyết định|văn bản|giấy phép|đăng ký|khung|máy bay)|"
    r"quyết định|công văn|nghị quyết|thông báo số|giấy phép|isbn|issn|tọa độ|toạ độ|kinh độ|vĩ độ)",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"\b(?:đường dây nóng|hotline|tổng đài|trực ban|trực chỉ huy|điện thoại cơ quan|văn phòng|sở|ủy ban|uỷ ban|ubnd|hđnd|phòng|trung tâm|ttyt|bệnh viện|trạm|chi cục|cục|"
    r"công an|cảnh sát|ban chỉ (?:đạo|huy)|ban quản lý|bộ phận một cửa|đài|báo|trường|công ty|điện lực|cấp nước|bhxh|kho bạc|tòa án|toà án|viện kiểm sát|ngân hàng|fax|"
    r"cơ quan|chi nhánh|nhà máy|xí nghiệp|hội|liên đoàn|mặt trận|hợp tác xã|htx|bến xe|nhà ga|sân bay|khách sạn)\b",
    re.IGNORECASE,
)
_HOTLINE = re.compile(
    r"\b(?:đường dây nóng|hotline|tổng đài|số trực|điện thoại trực|trực ban|trực 24|trực cấp cứu|cứu hộ|trực chỉ huy|thường trực)\b",
    re.IGNORECASE,
)
_ASK_FOR = re.compile(r"\s?[,(\-–]?\s?(?:gặp|hỏi|của)\s(?:riêng\s)?(?:ông|bà|anh|chị|cô|chú|bác|em|thầy)\s", re.IGNORECASE)
_FRAUD = re.compile(r"\b(?:mạo danh|giả danh|giả mạo|tự xưng|xưng|số lạ|cuộc gọi lạ)\b", re.IGNORECASE)
_PERSON = re.compile(
    r"\b(?:ông|bà|anh|chị|cô|chú|bác|em|cháu|đồng chí|đ/c|thầy|gia đình|nhà riêng|cá nhân|nạn nhân|bị hại|đối tượng|nghi phạm|chủ nhà|chủ xe|chủ hộ|người nhà|người dân|"
    r"tôi|mình|shop|thuê bao|luật sư|bác sĩ|liên hệ với|gặp)\b",
    re.IGNORECASE,
)
_HOME = re.compile(r"\b(?:nhà riêng|ở nhà|máy bàn nhà|gia đình|ông|bà|anh|chị|cô|chú|bác|cụ|em|cháu|cá nhân)\b", re.IGNORECASE)
_COMPANY = re.compile(
    r"\b(?:công ty|doanh nghiệp|tập đoàn|chi nhánh|hợp tác xã|htx|nhà máy|trường|bệnh viện|sở|ubnd|tổ chức|đơn vị|nhà thầu|tnhh)\b",
    re.IGNORECASE,
)
_COMPANY_AFTER = re.compile(r"\s*[,(\-]?\s*(?:của|thuộc)?\s*(?:công ty|doanh nghiệp|tập đoàn|chi nhánh|hợp tác xã|htx|nhà máy)\b", re.IGNORECASE)
_PERSONAL_TAX = re.compile(r"\b(?:cá nhân|ông|bà|anh|chị|hộ kinh doanh|người nộp thuế|chủ hộ)\b", re.IGNORECASE)
_DATE = re.compile(r"^(?:0?[1-9]|[12]\d|3[01])[.\-](?:0?[1-9]|1[0-2])[.\-](?:1[5-9]|2[01])\d\d")
_BREAK = re.compile(r"[\n!?;]|\.\s+(?=[A-ZĐÀ-Ỵ])")
_DIGIT_WORD = r"(?:không|linh|một|mốt|hai|ba|bốn|tư|năm|lăm|sáu|bảy|bẩy|tám|chín|khong|mot|bon|tu|nam|sau|bay|tam|chin|\d{1,4})"
_SPELT = re.compile(rf"(?<!\w){_DIGIT_WORD}(?:[\s,.\-]{{1,3}}{_DIGIT_WORD}){{8,14}}(?!\w)", re.IGNORECASE)
_PASSPORT = re.compile(r"(?<!\w)[A-Za-z]{1,2}[ \-]?\d(?:[ .]?\d){5,7}(?!\w)")
_HEALTH_CARD = re.compile(r"(?<!\w)[A-Z]{2}[ .\-]?\d[ .\-]?\d{2}[ .\-]?(?:\d[ .\-]?){9}\d(?!\w)")
MOBILE = re.compile(r"^0(?:[35789]\d{8}|1[2689]\d{8})$")
_LANDLINE = re.compile(r"^0(?:2\d{9}|[2-8]\d{8,9}|[48]\d{7,8})$")
_BANK_AFTER = re.compile(r"\s*[-(,]?\s*(?:tại|của|ở|mở tại)?\s*(?:ngân hàng|vietcombank|vcb|bidv|agribank|vietinbank|techcombank|tcb|mb\s?bank|acb|sacombank|vpbank|tpbank|"
                         r"shb|hdbank|ocb|msb|vib|seabank|eximbank|lpbank|pvcombank)\b", re.IGNORECASE)  # fmt: skip
_LENGTHS = {"bank_account": range(6, 20), "id_number": (9, 12), "social_insurance": (10,), "tax_code": (10, 12, 13), "passport": (7, 8, 9)}
_LOOKS = str.maketrans("OoIil|", "001111")
_WINDOW = 70
_ABOVE = 12  # characters that may stand after a label at the end of its line: (VNĐ), số
CITIZEN = re.compile(r"0(?:0[1-9]|[1-8]\d|9[0-6])[0-3]\d{8}$")
"""A citizen's number: province 001-096, then century and sex, then the year of birth."""
FEWEST = 6
"""Digits below which nothing is a number of a person."""


def find(text: str) -> Iterator[Span]:
    """Spans (kind, start, end) of numbers of persons in plain text."""
    for match in _HEALTH_CARD.finditer(text):
        yield "social_insurance", match.start(), match.end()
    for match in _PASSPORT.finditer(text):
        label = label_of(text, match.start())
        if label in ("passport", "id_number"):
            yield "passport", match.start(), match.end()
    for match in _SPELT.finditer(text):
        if kind := _spelt(text, match):
            yield kind, match.start(), match.end()
    for match in _COMMAS.finditer(text):
        if MOBILE.match(re.sub(r"\D", "", match.group())):
            yield "phone", match.start(), match.end()
    for match in _LOOKALIKE.finditer(text):
        if re.search(r"[Iil|]", match.group()) and MOBILE.match(re.sub(r"\D", "", match.group().translate(_LOOKS))) and len(re.findall(r"\d", match.group())) >= 7:
            yield "phone", match.start(), match.end()
    for match in _GLUED.finditer(text):
        yield "phone", *match.span("number")
    for match in _RUN.finditer(text):
        yield from _run(text, match.start(), match.end())


def _before(text: str, start: int) -> str:
    """What precedes a number within its sentence, at most a line or so back."""
    window = text[max(0, start - _WINDOW) : start]
    breaks = list(_BREAK.finditer(window))
    return window[breaks[-1].end() :] if breaks else window


def label_of(text: str, start: int) -> str | None:
    """The kind that the nearest label before the number names; a number that begins its line may be labelled by the end of the line before."""
    before = _before(text, start)
    if not before.strip(" \t:.-"):
        above = text[max(0, start - _WINDOW) : start].rstrip(" \t\n:.-|").rpartition("\n")[2]
        found = list(_LABELS.finditer(above))
        return found[-1].lastgroup if found and len(above) - found[-1].end() <= _ABOVE else None
    kinds = [m.lastgroup for m in _LABELS.finditer(before)]
    return kinds[-1] if kinds else None


def _run(text: str, start: int, end: int) -> Iterator[Span]:
    """Numbers in a run of digit groups: one number printed in groups, or several side by side."""
    groups = [(m.start() + start, m.end() + start) for m in _GROUP.finditer(text[start:end])]
    index = 0
    while index < len(groups):
        found = None
        if not (index and text[groups[index][0] - 1] == "."):
            found = _longest(text, groups[index:])
        if found is None:
            index += 1
            continue
        kind, first, last, used = found
        yield kind, first, last
        index += used


def _longest(text: str, groups: list[tuple[int, int]]) -> tuple[str, int, int, int] | None:
    """The longest number that begins at the first group: (kind, start, end, groups used)."""
    first = groups[0][0]
    if sum(b - a for a, b in groups[:16]) < FEWEST:
        return None
    label = label_of(text, first)
    for used in range(min(len(groups), 16), 0, -1):
        last = groups[used - 1][1]
        if text[last : last + 1] in (".", ",") and text[last + 1 : last + 2].isdigit():
            continue
        digits = "".join(text[a:b] for a, b in groups[:used])
        if digits.lower().count("o") > 2 or not FEWEST <= len(digits) <= 19:
            continue
        gaps = [text[groups[i][1] : groups[i + 1][0]] for i in range(used - 1)]
        kind = _kind(text, first, last, digits.replace("o", "0").replace("O", "0"), gaps, label)
        if kind:
            return kind, _with_prefix(text, first), last, used
    return None


def _with_prefix(text: str, start: int) -> int:
    """Start of the number with its `+`, `(+` or `(`."""
    found = re.search(r"(?:\(?\+\s?\(?|\()$", text[max(0, start - 4) : start])
    return start - len(found.group()) if found else start


def _kind(text: str, start: int, end: int, digits: str, gaps: list[str], label: str | None) -> str | None:
    if label is None and digits[0] not in "08" and len(digits) < 8:
        return None
    raw = text[start:end]
    if (
        (_UNIT_AFTER.match(text[end : end + 16]) and not (MOBILE.match(digits) and re.match(r"0\d\d", raw)))
        or _DATE.match(raw.replace(" ", ""))
        or re.match(r"(?:19|20)\d\d[ .\-](?:0\d|1[0-2])\b", raw)
    ):
        return None
    if label == "other":
        return None
    if re.fullmatch(r"(?:19|20)\d\d\W{1,3}(?:19|20)\d\d", raw):
        return None
    # drawn numbers: 03-07-29-31-34
    if label is None and len(gaps) > 3 and all("-" in gap or "–" in gap for gap in gaps) and re.fullmatch(r"\d\d(?:\W+\d\d)+", raw):
        return None
    if text[start - 1 : start] == "/" and start > 1 and not (len(digits) == 10 and MOBILE.match(digits)):
        return None
    loose = any(len(gap) > 1 for gap in gaps)
    if label and label != "phone" and len(digits) in _LENGTHS[label] and not (loose and label == "bank_account" and len(digits) > 16):
        if (
            label == "bank_account"
            and _is_phone(text, start, end, digits, label)
            and not re.search(r"(?i)(?:stk|tài khoản|tk|thẻ)\D{0,40}$", _before(text, start))
        ):
            return "phone"
        if label == "bank_account" and not _plausible_account(raw):
            return None
        if label == "tax_code" and (_of_company(text, start) or _COMPANY_AFTER.match(text[end : end + 40])):
            return None
        return label
    if _is_phone(text, start, end, digits, label):
        return "phone"
    if label is None and 8 <= len(digits) <= 16 and _BANK_AFTER.match(text[end : end + 40]) and _plausible_account(raw):
        return "bank_account"
    if CITIZEN.match(digits):
        return "id_number"
    return None


def _plausible_account(raw: str) -> bool:
    """Grouped in threes by dots like money is no account; a year or date neither."""
    return not re.fullmatch(r"\d{1,3}(?:\.\d{3})+", raw) or raw.startswith("0")


def _of_company(text: str, start: int) -> bool:
    before = _before(text, start)
    return bool(_COMPANY.search(before)) and not _PERSONAL_TAX.search(before)


def _is_phone(text: str, start: int, end: int, digits: str, label: str | None) -> bool:
    """Whether the digits are the phone of a person: mobile numbers unless labelled as a hotline, fixed ones unless an office's."""
    plus = text[max(0, start - 3) : start].rstrip().endswith(("+", "+ "))
    if digits.startswith("0084"):
        digits, plus = digits[2:], True
    if digits.startswith("840") and len(digits) in (12, 13):
        digits = digits[2:]
    elif digits.startswith("84") and len(digits) in (11, 12) and (plus or digits[2] in "35789"):
        digits = "0" + digits[2:]
    if MOBILE.match(digits):
        before = _before(text, start)
        hotline = list(_HOTLINE.finditer(before))
        return not hotline or bool(_PERSON.search(before[hotline[-1].end() :]) or _ASK_FOR.match(text, end))
    if _LANDLINE.match(digits):
        if not (plus or label == "phone" or digits.startswith("02") or text[start - 1 : start] == "("):
            return False
        return not _of_office(text, start)
    return label == "phone" and plus and 8 <= len(digits) <= 15


def _of_office(text: str, start: int) -> bool:
    """Whether a fixed number is an office's: an office is named before it, nearer than any person, and nobody only claims to be one.

    Looks further back than other rules, over the line breaks of a contact block.
    """
    before = text[max(0, start - 160) : start]
    offices = [m.end() for m in _OFFICE.finditer(before)]
    if not offices or _FRAUD.search(_before(text, start)):
        return False
    persons = [m.end() for m in _HOME.finditer(before)]
    return not persons or persons[-1] < offices[-1]


def _spelt(text: str, match: re.Match[str]) -> str | None:
    """Spelt digits: nine or more in a row, most of them words."""
    words = re.findall(r"\w+", match.group().lower())
    spoken = [w for w in words if not w.isdigit()]
    if len(spoken) < 4 or "mươi" in words:
        return None
    label = label_of(text, match.start())
    if words[0] in ("không", "khong", "0") or label == "phone":
        return "id_number" if label == "id_number" else "bank_account" if label == "bank_account" else "phone"
    return label if label in _LENGTHS else None
