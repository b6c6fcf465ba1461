"""What a figure is about besides its role: places, days, hours, stretch of time, numbered parts, and "per what".

Two figures are compared only where nothing of it differs. What one text leaves out (a place, a day) is no difference: another sentence of it says so.
A stretch of time ("từ đầu năm"), a wider area ("toàn tỉnh") and a rate's denominator must stand on both sides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from processing.claims.facts import extract
from processing.claims.numbers import Moment, Quantity, fold_keep

_PERIOD = re.compile(
    r"\b(?:(?:tinh )?tu dau (?:nam|thang|tuan|mua|vu|quy|dot)|(?:trong )?(?:tuan|thang|nam|quy) (?:qua|truoc|ngoai)|moi nam|hang nam|hang thang|"
    r"(?:mot|hai|ba|bon|nam|\d+) (?:ngay|tuan|thang|nam) (?:qua|dau|nghi|gan day|toi)|ngay dau|dip (?:tet|le)|hoc ky (?:mot|hai|i|ii|\d)|"
    r"ca nam|nam hoc|nhiem ky|giai doan|cung ky|phien (?:sang|chieu)|het (?:quy|thang) \d+|(?:quy|quy) (?:i{1,3}|iv|[1-4]))\b"
)
_WIDE = re.compile(r"\b(?:toan|ca|tong cong|tinh chung|tong cong ca)\s(?:tinh|huyen|thanh pho|tp|nuoc|vung|quoc|quan|xa|khu vuc|dia ban|the gioi|he thong|tuyen)\b|\btinh chung\b|\bmoi nam\b")
_PART_ID = re.compile(
    r"(?<!\w)([Gg]iai đoạn|[Tt][òo][àa]|[Tt]rạm|[Tt]iểu khu|[Gg]ói thầu|[Cc]ơ sở|[Pp]hân xưởng|[Đđ]ợt|[Tt]ổ|[Ll]ô|[Pp]hường|[Qq]uận|[Tt]ầng|[Tt]uyến|[Cc]ụm|[Hh]ạng mục)\s"
    r"(?:số\s)?(\d{1,3}[a-z]?|[A-ZĐ]\d{0,2})(?![\w.,]*\d)\b"
)
_PER = re.compile(
    r"(?:/|\bmoi\s|\btren\s(?:mot|moi)\s|\bmot\s(?=(?:kg|lit|m2|met|luot|thang|ngay|tan|bo|gio|giay|luong|nguoi|hoc sinh|ho|lop|chi)\b))"
    r"\s?(kg|kilogam|lit|m2|met vuong|luot|thang|ngay|gio|ho|hoc sinh|nguoi|em|bo|tan|luong|cp|co phieu|xe|suat|ca|giay|s|lop|khach|oz|ounce|usd|euro|nam|tuan|chi)\b"
)
_SAME_PER = {"met vuong": "m2", "em": "hoc sinh", "cp": "co phieu", "oz": "ounce", "giay": "s", "kilogam": "kg"}
# where along the way to the buyer a price is paid
_SALE = {"first": re.compile(r"\b(?:tai (?:ao|vuon|ruong|ray|be|chuong|trai|goc|noi san xuat)|thu mua|thuong lai|ban (?:si|buon)|gia (?:si|buon))\b"),
         "last": re.compile(r"\b(?:ban le|(?:cho|gia) le|sieu thi|cua hang|nguoi tieu dung)\b")}  # fmt: skip
_RELATIVE = (("hom qua", -1), ("dem qua", -1), ("toi qua", -1), ("chieu qua", -1), ("hom kia", -2), ("ngay mai", 1), ("hom nay", 0), ("sang nay", 0),
             ("trua nay", 0), ("chieu nay", 0), ("toi nay", 0))  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """Folded places and periods, days as (day, month), minutes of the clock, numbered parts as (kind, number), and what a rate is per."""

    places: frozenset[str]
    days: frozenset[tuple[int, int]]
    clocks: frozenset[float]
    periods: frozenset[str]
    wide: bool
    parts: frozenset[tuple[str, str]]
    per: str


def places(sentence: str) -> frozenset[str]:
    """Folded names of places in a sentence."""
    return frozenset(name for name, kind in extract(sentence).names.items() if kind == "place")


def scope(sentence: str, folded: str, moments: list[Moment], clocks: list[Quantity], fallback: frozenset[str], published: date | None) -> Scope:
    """Scope of the figures of a sentence. `fallback`: places of its document, for a sentence that names none."""
    days = {(m.day, m.month) for m in moments if m.day and m.month}
    if published:
        told = [shift for word, shift in _RELATIVE if re.search(rf"\b{word}\b", folded)]
        days |= {(d.day, d.month) for shift in told for d in [published + timedelta(days=shift)]}
    parts = frozenset((fold_keep(m[1]), m[2].lower()) for m in _PART_ID.finditer(sentence))
    parts |= {("sale", stage) for stage, pattern in _SALE.items() if pattern.search(folded)}
    return Scope(
        places(sentence) or fallback, frozenset(days), frozenset(q.value for q in clocks), frozenset(m[0].removeprefix("tinh ").removeprefix("trong ") for m in _PERIOD.finditer(folded)),
        bool(_WIDE.search(folded)), parts, "",
    )  # fmt: skip


def per(clause: str) -> str:
    """What a rate in this folded stretch is counted per: "/kg", "mỗi lượt", or ''."""
    found = _PER.search(clause)
    return _SAME_PER.get(found[1], found[1]) if found else ""


def _same_name(a: str, b: str) -> bool:
    return a == b or set(a.split()) <= set(b.split()) or set(b.split()) <= set(a.split())


def differ(a: Scope, b: Scope) -> bool:
    """Do the scopes of two figures say that they count different things?"""
    shared = any(_same_name(x, y) for x in a.places for y in b.places)
    if a.places and b.places and not shared:
        return True
    if (a.days and b.days and not a.days & b.days) or (a.clocks and b.clocks and not a.clocks & b.clocks):
        return True
    if a.periods != b.periods or (a.wide != b.wide and not shared) or a.per != b.per:
        return True
    kinds = {k for k, _ in a.parts} & {k for k, _ in b.parts}
    return any({n for k, n in a.parts if k == kind} != {n for k, n in b.parts if k == kind} for kind in kinds)
