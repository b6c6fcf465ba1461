"""Numbers written so that nobody copies them by machine: with other signs between the groups, over several lines, half in words, without their zero.

Each form asks for more than the plain ones of `numbers` do (a whole mobile number, a valid citizen's number, a label close by), for tables and lists
of figures look much the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from processing.scrub.numbers import CITIZEN, MOBILE, Span, label_of

_DIGIT_OF = {"không": "0", "khong": "0", "linh": "0", "một": "1", "mốt": "1", "mot": "1", "hai": "2", "ba": "3", "bốn": "4", "bon": "4", "tư": "4", "tu": "4",
             "năm": "5", "lăm": "5", "nam": "5", "sáu": "6", "sau": "6", "bảy": "7", "bẩy": "7", "bay": "7", "tám": "8", "tam": "8", "chín": "9", "chin": "9"}  # fmt: skip
_WORD = "(?:" + "|".join(sorted(_DIGIT_OF, key=len, reverse=True)) + ")"
# 0912 / 345 / 678 | 0912*345*678 | 001/095/012345
_SIGNS = re.compile(r"(?<![\w.,/])\d{1,6}\s?([/|*~\\])\s?\d{1,6}(?:\s?\1\s?\d{1,6}){0,11}(?![\w/]|[.,]\d)")
# 0912 at the end of a line, the rest on the next ones; cells of a table
_LINES = re.compile(r"(?<![\w.,/\-])\(?0\d{1,9}\)?(?:[ .\-]?\d{2,8}){0,2}(?:[ .\-]{0,2}[\n\t][ .\-\t]{0,2}\d{2,8}(?:[ .\-]\d{2,4}){0,2}){1,3}(?![\w/]|[.,]\d)")
# 0912 ba bốn năm 678
_MIXED = re.compile(rf"(?<!\w)(?:0\d{{0,8}}|không|khong)(?:[\s,.\-]{{1,3}}(?:{_WORD}|\d{{1,6}})){{2,10}}(?!\w)", re.IGNORECASE)
# cộng tám tư chín một hai …
_ABROAD = re.compile(rf"(?<!\w)(?:cộng\s+)?(?:tám|tam)\s(?:bốn|tư|bon|tu)(?P<rest>(?:[\s,.\-]{{1,3}}{_WORD}){{9}})(?!\w)", re.IGNORECASE)
# gọi 912 345 678
_NO_ZERO = re.compile(
    r"(?:\bgọi|\bsđt|\bsdt|\bđt|\btel|zalo|viber|điện thoại|di động|\blh|\balo|liên hệ)\s*(?:số)?\s*[:.]?\s*(?P<number>[35789]\d(?:[ \-]?\d){7})(?![\w/]|[ .\-]?\d|[.,]\d|\s?(?:đồng|đ|vnđ|người|triệu|tỷ)\b)",
    re.IGNORECASE,
)
# 0912345678gặp
_GLUED_AFTER = re.compile(r"(?<![\w.,/-])0[35789]\d{8}(?=[^\W\d_])")
# an account of VietinBank; a card
_LETTERED = re.compile(r"(?<![\w/-])\d{3}[A-Z]\d{8}(?![\w/-])")
_CARD = re.compile(r"(?<![\w.,/-])\d{4}([ .-]?)\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?(?![\w/-]|[.,]\d)")


def find(text: str) -> Iterator[Span]:
    """Spans (kind, start, end) of such numbers in plain text."""
    for match in _SIGNS.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if MOBILE.match(digits) and re.match(r"\d{3}", match.group()):
            yield "phone", match.start(), match.end()
        elif CITIZEN.match(digits) and label_of(text, match.start()) == "id_number":
            yield "id_number", match.start(), match.end()
    for match in _LINES.finditer(text) if "\n" in text or "\t" in text else ():
        if MOBILE.match(re.sub(r"\D", "", match.group())) and re.match(r"\(?\d{3}|\d{2}[ .\-]\d", match.group()):
            yield "phone", match.start(), match.end()
    for match in _MIXED.finditer(text):
        pieces = re.findall(r"\w+", match.group().lower())
        spoken = sum(not piece.isdigit() for piece in pieces)
        if spoken >= 2 and MOBILE.match("".join(_DIGIT_OF.get(piece, piece) for piece in pieces)):
            yield "phone", match.start(), match.end()
    for match in _ABROAD.finditer(text):
        if MOBILE.match("0" + "".join(_DIGIT_OF[piece] for piece in re.findall(r"\w+", match["rest"].lower()))):
            yield "phone", match.start(), match.end()
    for match in _NO_ZERO.finditer(text):
        yield "phone", *match.span("number")
    for match in _GLUED_AFTER.finditer(text):
        yield "phone", match.start(), match.end()
    for match in _LETTERED.finditer(text):
        yield "bank_account", match.start(), match.end()
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if digits.startswith("9704") or (len(digits) == 16 and digits[0] in "3456" and _luhn(digits)):
            yield "bank_account", match.start(), match.end()


def _luhn(digits: str) -> bool:
    """The check digit of bank cards (ISO/IEC 7812-1)."""
    doubled = (int(d) * (1 + n % 2) for n, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
