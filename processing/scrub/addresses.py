"""Street addresses down to the house or alley. Communes, streets without a house number, and everything larger survive."""

from __future__ import annotations

import re
from collections.abc import Iterator

from processing.scrub.numbers import Span

_UP = "A-ZÀ-ÖØ-ÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_WORD = rf"[{_UP}][\w’'-]*"
_STREET_NAME = rf"(?:\d{{1,2}}\s[Tt]háng\s\d{{1,2}}|(?:số\s)?\d{{1,3}}(?:/\d{{1,2}})?[A-Z]?|{_WORD}(?:\s{_WORD}){{0,4}}(?:\s\d{{1,2}})?)"
_HOUSE = r"\d{1,4}[A-Za-zĐ]?\d?(?:\s?(?:[/\-]|bis|ter)\s?\d{0,4}[A-Za-z]?){0,4}"
_STREET = r"(?:đường|phố|đ\.|tỉnh lộ|quốc lộ|hương lộ|tl|ql|đại lộ)"
_ALLEY = r"(?:ngõ|ngách|hẻm|hẽm|kiệt|hẻm số|ngõ số|k\.)"
_PIECE = (
    rf"(?:\s*,?\s*(?:{_ALLEY}\s*(?:số\s*)?{_HOUSE}|{_ALLEY}\s{_WORD}(?:\s{_WORD}){{0,3}}|{_STREET}\s+{_STREET_NAME}|"
    r"(?:tổ|lô|dãy|khối|tầng)\s+(?:số\s+)?[A-Z]?\d[\w-]{0,5}|(?:block|tòa|toà)\s+(?:nhà\s+)?[A-Z0-9][\w-]{0,5}))"
)
_NAME = rf"{_WORD}(?:\s{_WORD}){{1,3}}"
_NO_UNIT = r"(?!\s*(?:tháng|ngày|năm|giờ|phút|người|hộ|con|triệu|tỷ|tỉ|nghìn|đồng|ha|m2|m²|km|kg|tấn|%|[/.]\d))"
_FREE = r"(?<![\w/.,+\-])(?<![Kk]m\s)"
_BEFORE_UNIT = r"(?=\s*,\s*(?:phường|xã|thị trấn|quận|huyện|P\.|Q\.|X\.|TT\.|tổ|khu phố|ấp|thôn|TP|thành phố|tỉnh|Hà Nội))"

# (pattern, whether the street's name must be checked against words that begin other things)
_FORMS = (
    # số nhà 15, ngõ 20, phố Tây Sơn | số 12 đường Nguyễn Trãi | nhà số 5 ngách 12/3 | nhà 7 ngõ 3
    (
        rf"(?<!\w)(?:[Ss]ố nhà|[Nn]hà số|[Nn]hà|[Ss]ố|SN|sn)\.?\s*:?\s*(?!(?:19|20)\d\d\b){_HOUSE}{_PIECE}{{1,5}}(?:\s+{_WORD}(?:\s{_WORD}){{0,3}})?",
        False,
    ),
    (rf"(?<!\w)(?:[Ss]ố nhà|[Nn]hà số)\.?\s*:?\s*{_HOUSE}{_NO_UNIT}(?:\s*,?\s+{_NAME})?", False),
    # ngõ 120 Trường Chinh | hẻm 45/12 đường Trần Hưng Đạo | kiệt 33 Điện Biên Phủ
    (rf"(?<!\w)(?:[Nn]gõ|[Nn]gách|[Hh]ẻm|[Hh]ẽm|[Kk]iệt)\s*(?:số\s*)?{_HOUSE}{_PIECE}{{0,3}}(?:\s*,?\s*(?:{_STREET}\s+)?{_NAME})?", False),
    # K12/34 Trần Cao Vân: kiệt and hẻm as Đà Nẵng and Huế write them
    (rf"(?<!\w)[KH]\d{{1,4}}(?:/\d{{1,4}}[A-Z]?){{1,3}}\s+(?:{_STREET}\s+)?{_NAME}", False),
    # 7B ngõ 4 phố Hàng Bột
    (rf"{_FREE}\d{{1,4}}[A-Z]?\s*,?\s+(?:ngõ|ngách|hẻm|hẽm|kiệt)\s*(?:số\s*)?\d[\w/]*{_PIECE}{{0,3}}", False),
    # tại số 5 Lê Duẩn
    (rf"(?:tại|ở|địa chỉ|Địa chỉ|trú|ngụ|trụ sở|nhà)\s*:?\s*(?P<span>(?:số|Số)\s+\d{{1,4}}[A-Za-z]?\s+{_NAME})", True),
    # 120 đường Lê Lợi | 45/12 phố Huế
    (rf"{_FREE}(?:[Ss]ố\s*)?{_HOUSE}\s*,?\s+(?:đường|phố|Đường|Phố|đ\.|Đ\.)\s+{_STREET_NAME}", False),
    # 45/12 Trần Hưng Đạo | 12A Lê Lợi, phường … | ngụ 12 Lê Lợi
    (rf"{_FREE}(?:[Ss]ố\s*)?\d{{1,4}}[A-Za-z]?/\d{{1,4}}[A-Za-z]?(?:/\d{{1,4}}[A-Za-z]?){{0,3}}\s+{_NAME}", True),
    (rf"{_FREE}(?:[Ss]ố\s+)?\d{{1,4}}[A-Z]?\s+{_NAME}{_BEFORE_UNIT}", True),
    (
        rf"(?:địa chỉ|ở|trú tại|ngụ tại|ngụ|nhà riêng)\s*:?\s*(?:tại\s+)?(?:số\s+)?(?P<span>\d{{1,4}}[A-Za-z]?(?:/\d{{1,4}})*\s+{_NAME})",
        True,
    ),
    # căn hộ 1203 tòa B chung cư … | phòng 502 nhà A2 | lô 12 đường số 3
    (
        r"(?<!\w)(?:[Cc]ăn hộ|[Cc]ăn)(?:\s+số)?\s+[A-Z]?\d{1,3}[\w.-]*\d\w*"
        rf"(?:\s*,?\s*(?:tầng\s+\d+|(?:tòa|toà|block|nhà|lô|chung cư|CC)\s+[\w.-]+(?:\s{_WORD}){{0,3}})){{0,3}}",
        False,
    ),
    (
        r"(?<!\w)(?:[Pp]hòng|P\.)\s*(?:trọ\s+)?(?:số\s+)?\d{1,4}[A-Z]?\s*,?\s+(?:tầng\s+\d+\s*,?\s+)?"
        rf"(?:nhà|tòa|toà|chung cư|CC|dãy|khu tập thể|KTT|block|số)\s+[\w.-]+(?:\s{_WORD}){{0,3}}",
        False,
    ),
    (rf"(?<!\w)[Ll]ô\s+[A-Z]{{0,2}}\d+[\w-]*\s*,?\s+(?:đường|phố|khu dân cư|KDC|khu đô thị|KĐT)\s+{_STREET_NAME}", False),
)
_COMPILED = tuple((re.compile(form), named) for form, named in _FORMS)
_NOT_STREET = re.compile(
    r"(?:QĐ|NĐ|NQ|TT|CT|CV|KH|TB|UBND|HĐND|BC|CP|TTg|BYT|QH)\b|(?:Tháng|Ngày|Năm|Đại|Đoàn|Bộ|Sở|Ban|Công|Trường|Hội|Xã|Huyện|Tỉnh|Phường)\b"
)
_DAY = re.compile(r"(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])(?:/\d{2,4})?\s")
_LED = re.compile(r"(?i)(?:địa chỉ|số|ở|trú|ngụ|nhà|tại)\s*:?\s*$")
_FIRST_NAME = re.compile(rf"\s({_WORD})")


def find(text: str) -> Iterator[Span]:
    """Spans of addresses in plain text."""
    if not any(c.isdigit() for c in text):
        return
    for form, named in _COMPILED:
        for match in form.finditer(text):
            start, end = match.span("span") if "span" in form.groupindex else match.span()
            if named:
                name = _FIRST_NAME.search(text, start, end)
                if name and _NOT_STREET.match(name[1]):
                    continue
                # `2/9 Quảng trường …`: a day, unless something says that an address follows
                if _DAY.match(text, start) and not _LED.search(text[max(0, start - 12) : start]):
                    continue
            yield "address", start, start + len(text[start:end].rstrip(" ,.;"))
