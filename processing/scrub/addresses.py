"""Street addresses down to the house or alley. Communes, streets without a house number, and everything larger survive."""

from __future__ import annotations

import re
from collections.abc import Iterator

from processing.scrub.numbers import Span

_UP = "A-ZÀ-ÖØ-ÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_WORD = rf"[{_UP}][\w’'-]*"
_STREET_NAME = rf"(?:(?:số\s)?\d{{1,3}}(?:/\d{{1,2}})?[A-Z]?|{_WORD}(?:\s{_WORD}){{0,4}}(?:\s\d{{1,2}})?)"
_HOUSE = r"\d{1,4}[A-Za-zĐ]?\d?(?:\s?(?:[/\-]|bis|ter)\s?\d{0,4}[A-Za-z]?){0,4}"
_STREET = r"(?:đường|phố|đ\.|tỉnh lộ|quốc lộ|hương lộ|tl|ql|đại lộ)"
_ALLEY = r"(?:ngõ|ngách|hẻm|hẽm|kiệt|hẻm số|ngõ số|k\.)"
_PIECE = rf"(?:\s*,?\s*(?:{_ALLEY}\s*(?:số\s*)?{_HOUSE}|{_ALLEY}\s{_WORD}(?:\s{_WORD}){{0,3}}|{_STREET}\s+{_STREET_NAME}|(?:tổ|lô|dãy|khối|tầng|block|tòa|toà)\s+(?:nhà\s+)?[\w-]{{1,6}}))"
_NO_UNIT = r"(?!\s*(?:tháng|ngày|năm|giờ|phút|người|hộ|con|triệu|tỷ|tỉ|nghìn|đồng|ha|m2|m²|km|kg|tấn|%|[/.]\d))"

_FORMS = tuple(
    re.compile(form, re.IGNORECASE if flag else 0)
    for form, flag in (
        # số nhà 15, ngõ 20, phố Tây Sơn | số 12 đường Nguyễn Trãi | nhà số 5 ngách 12/3 | nhà 7 ngõ 3
        (rf"(?<!\w)(?:[Ss]ố nhà|[Nn]hà số|[Nn]hà|[Ss]ố|SN|sn)\.?\s*:?\s*{_HOUSE}{_PIECE}{{1,5}}(?:\s+{_WORD}(?:\s{_WORD}){{0,3}})?", False),
        (rf"(?<!\w)(?:[Ss]ố nhà|[Nn]hà số|SN|sn)\.?\s*:?\s*{_HOUSE}{_NO_UNIT}(?:\s*,?\s+{_WORD}(?:\s{_WORD}){{1,3}})?", False),
        # ngõ 120 Trường Chinh | hẻm 45/12 đường Trần Hưng Đạo | kiệt 33 Điện Biên Phủ
        (
            rf"(?<!\w)(?:[Nn]gõ|[Nn]gách|[Hh]ẻm|[Hh]ẽm|[Kk]iệt)\s*(?:số\s*)?{_HOUSE}{_PIECE}{{0,3}}(?:\s*,?\s*(?:{_STREET}\s+)?{_WORD}(?:\s{_WORD}){{1,3}})?",
            False,
        ),
        # 120 đường Lê Lợi | 45/12 phố Huế
        (rf"(?<![\w/.,\-])(?:[Ss]ố\s*)?{_HOUSE}\s*,?\s+(?:đường|phố|Đường|Phố|đ\.|Đ\.)\s+{_STREET_NAME}", False),
        # 45/12 Trần Hưng Đạo | 12A Lê Lợi, phường … | số 12 Lê Lợi
        (
            rf"(?<![\w/.,\-])(?:[Ss]ố\s*)?\d{{1,4}}[A-Za-z]?/\d{{1,4}}[A-Za-z]?(?:/\d{{1,4}}[A-Za-z]?){{0,3}}\s+{_WORD}(?:\s{_WORD}){{1,3}}",
            False,
        ),
        (
            rf"(?<![\w/.,\-])(?:[Ss]ố\s+)?\d{{1,4}}[A-Z]?\s+{_WORD}(?:\s{_WORD}){{1,3}}(?=\s*,\s*(?:phường|xã|thị trấn|quận|huyện|P\.|Q\.|X\.|TT\.|tổ|khu phố|ấp|thôn))",
            False,
        ),
        (
            rf"(?:địa chỉ|ở|trú tại|ngụ tại|ngụ|nhà riêng)\s*:?\s*(?:tại\s+)?(?:số\s+)?(?P<span>\d{{1,4}}[A-Za-z]?(?:/\d{{1,4}})*\s+{_WORD}(?:\s{_WORD}){{1,3}})",
            False,
        ),
        # căn hộ 1203 tòa B chung cư … | phòng 502 nhà A2 | phòng trọ số 7
        (
            rf"(?<!\w)(?:[Cc]ăn hộ|[Cc]ăn)(?:\s+số)?\s+[A-Z]?\d{{1,3}}[\w.-]*\d\w*(?:\s*,?\s*(?:tầng\s+\d+|(?:tòa|toà|block|nhà|lô|chung cư|CC)\s+[\w.-]+(?:\s{_WORD}){{0,3}})){{0,3}}",
            False,
        ),
        (
            rf"(?<!\w)(?:[Pp]hòng|P\.)\s*(?:trọ\s+)?(?:số\s+)?\d{{1,4}}[A-Z]?\s*,?\s+(?:tầng\s+\d+\s*,?\s+)?(?:nhà|tòa|toà|chung cư|CC|dãy|khu tập thể|KTT|block|số)\s+[\w.-]+(?:\s{_WORD}){{0,3}}",
            False,
        ),
        (rf"(?<!\w)(?:[Ll]ô)\s+[A-Z]{{0,2}}\d+[\w-]*\s*,?\s+(?:đường|phố|khu dân cư|KDC|khu đô thị|KĐT)\s+{_STREET_NAME}", False),
    )
)
_NOT_STREET = re.compile(
    r"^(?:QĐ|NĐ|NQ|TT|CT|CV|KH|TB|UBND|HĐND|BC|CP|TTg|BYT|QH)\b|^(?:Tháng|Ngày|Năm|Đại|Đoàn|Bộ|Sở|Ban|Công|Trường|Hội|Xã|Huyện|Tỉnh|Phường)\b"
)


def find(text: str) -> Iterator[Span]:
    """Spans of addresses in plain text."""
    for form in _FORMS:
        for match in form.finditer(text):
            start, end = match.span("span") if "span" in form.groupindex else match.span()
            named = re.search(rf"\s({_WORD}.*)$", text[start:end])
            if form in _FORMS[4:7] and named and _NOT_STREET.match(named[1]):
                continue
            if (
                form is _FORMS[4]
                and re.match(r"(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])(?:/\d{2,4})?\s", text[start:end])
                and not re.search(r"(?i)(?:địa chỉ|số|ở|trú|ngụ|nhà|tại)\s*:?\s*$", text[max(0, start - 12) : start])
            ):
                continue
            while end > start and text[end - 1] in " ,.;":
                end -= 1
            yield "address", start, end
