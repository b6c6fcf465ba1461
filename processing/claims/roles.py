"""Which thing a figure counts: a closed list of roles, or else its noun with the words around it.

A closed role (dead, injured, moved, houses, …) is read from a word beside the figure. Every other figure keeps its unit or counted noun and the content words
near it; two such figures count the same thing only where those words agree (`alike`). Figures of one person (an age) are left out: nobody is followed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from processing.claims.numbers import Quantity, fold_keep
from processing.claims.opposites import FILLERS

# role → (canonical units, pattern within the clause around the figure, grows only)
ROLES: dict[str, tuple[frozenset[str], re.Pattern[str], bool]] = {
    "dead": (frozenset(("nguoi", "ca", "")), re.compile(r"\b(?:chet|tu vong|thiet mang|mat mang|thi the)\b"), True),
    "injured": (frozenset(("nguoi", "ca")), re.compile(r"\b(?:bi thuong|trong thuong|thuong tich|thuong nang)\b"), True),
    "missing": (frozenset(("nguoi",)), re.compile(r"\bmat tich\b"), False),
    "trapped": (frozenset(("nguoi",)), re.compile(r"\bmac ket\b"), False),
    "hospitalised": (frozenset(("nguoi", "ca")), re.compile(r"\b(?:nhap vien|cap cuu|ngo doc)\b"), True),
    "infected": (frozenset(("nguoi", "ca")), re.compile(r"\b(?:mac|nhiem|duong tinh|ca benh)\b(?! ket)"), True),
    "moved": (frozenset(("nguoi", "ho")), re.compile(r"\b(?:so tan|di doi|di dan)\b"), True),
    "houses": (frozenset(("nha",)), re.compile(r"\b(?:sap|toc mai|hu hong|ngap|cuon troi|bi chay|thieu rui|vui lap|hu hai|nut)\b"), True),
    "households": (frozenset(("ho",)), re.compile(r"\b(?:mat nuoc|mat dien|co lap|bi ngap|anh huong|thieu nuoc)\b"), True),
    "area": (frozenset(("m2",)), re.compile(r"\b(?:lua|hoa mau|rung|ngo|ca phe|mia|dien tich chay|chay|ngap|thiet hai)\b"), True),
    "damage": (frozenset(("dong", "usd")), re.compile(r"\bthiet hai\b"), True),
    "fined": (frozenset(("dong",)), re.compile(r"\b(?:xu phat|bi phat|phat hanh chinh|phat tien)\b"), False),
    "cost": (frozenset(("dong", "usd")), re.compile(r"\b(?:tong muc dau tu|tong kinh phi|tong von dau tu|kinh phi)\b"), False),
    "length": (frozenset(("m",)), re.compile(r"\b(?:sat lo|chieu dai|vet nut|(?<!keo )dai(?=(?: khoang| gan| hon| toi)? \d))\b"), False),
    "magnitude": (frozenset(("richter",)), re.compile(r"\bdong dat\b"), False),
    "rescued": (frozenset(("nguoi",)), re.compile(r"\b(?:duoc cuu|cuu song|giai cuu|cuu duoc|cuu ho duoc)\b"), True),
    "detained": (frozenset(("nguoi",)), re.compile(r"\b(?:bi bat|bat giu|tam giu)\b"), False),
}  # fmt: skip
# Nouns that count persons where no unit of the list does.
PERSONS = frozenset(("thuyen vien", "ngu dan", "hanh khach", "du khach", "lao dong", "thanh vien", "hoc vien", "sinh vien", "giao vien", "bac si", "y ta",
                     "nguoi dan", "nan nhan", "thi the", "tre em", "be", "phu nu", "linh cuu hoa", "chien si", "can bo", "cong dan", "nhan vien"))  # fmt: skip
PART = re.compile(r"\b(?:trong do|trong so|rieng|trung binh|binh quan|cung ky|nam ngoai|nam truoc|truoc do|vu truoc|du kien|"
                  r"ke hoach|toi da|nguy co|co the|ho tro|den bu|tang them|them|lan luot|so voi|tuong duong)\b")  # fmt: skip
EACH = re.compile(r"\bmoi (?:nguoi|ho|nan nhan|gia dinh|em|chau|truong hop)\b")
_STOP = frozenset(fold_keep(w) for w in FILLERS) | frozenset(
    ["gan", "hon", "khoang", "tren", "duoi", "it", "nhat", "chung", "uoc", "tinh", "tong", "so", "con", "nguoi", "vu", "viec", "muc", "dat", "sau", "theo", "biet", "tai", "nay",
     "hom", "sang", "chieu", "dem", "ngay", "nam", "thang", "dong", "khong", "nhieu", "cac", "nhung", "va", "voi", "cung", "trieu", "ty", "nghin"]
)  # fmt: skip
_CLASSIFIERS = frozenset(("con", "chiec", "cai", "can", "luot", "goi", "suat", "loai", "lan", "vu", "cay", "diem", "bo", "cot", "chuyen"))
_LABELLED = re.compile(r"\b(?:so|to|km|quoc lo|ql|khu|dieu|phuong|quan|thu|khoa|hang|top|nhom|lop|cap|tinh lo|duong|ngo|hem|lo|toa|tieu khu|giai doan|dot|quy|"
                       r"ky|vong|phut|set|trang|chuong|u|nghi dinh|dong|mua|nam|tuoi|tap|phan|muc|kenh|bang|hiep|ban do)\s?\W?\s?$")  # fmt: skip
_NOUN = re.compile(r"\s([a-z]+)(?:\s([a-z]+))?")
_WORDS = re.compile(r"[a-z]+")
_NEVER = frozenset(("clock", "tuoi", "°c", "diem"))
AMOUNTS = frozenset(("dong", "usd", "eur", "%"))  # of which a text holds many: the words right before must agree
_CHANGES = frozenset(("tang", "giam", "cong", "mat", "them", "ha", "lui", "tien", "hut", "vuot", "lech"))  # an amount after these is a change, not a state
NEAR = 3  # content words on either side of a figure that say what it is
_QUAKE = re.compile(r"\b(?:dong dat|du chan|rung chan)\b")
_HOUR_OF_DAY = re.compile(r"\s?(?:sang|trua|chieu|toi|dem)\b")


@dataclass(frozen=True)
class Counted:
    """What a figure without a closed role counts: its noun or unit, the words next to it, the words of its sentence."""

    noun: str
    detail: frozenset[str]
    anchor: tuple[str, ...]
    near: frozenset[str]
    wide: frozenset[str]


def assign(clause: str, start: int, inside: list[Quantity]) -> list[tuple[str, Quantity]]:
    """Each closed role's nearest figure of a fitting unit in the clause (which begins at `start`); a figure serves one role."""
    pairs = []
    for role, (units, pattern, _) in ROLES.items():
        for m in pattern.finditer(clause):
            for q in inside:
                if q.unit in units and q.value > 0:
                    gap = m.start() + start - q.end if m.start() + start >= q.end else q.start - (m.end() + start)
                    if q.start <= m.start() + start < q.end:  # "212 ca mắc": the word is part of the unit
                        gap = 0
                    if -1 <= gap <= 40:
                        pairs.append((gap, role, q))
    taken: set[int] = set()
    roles: set[str] = set()
    out = []
    for _, role, q in sorted(pairs, key=lambda p: (p[0], p[1])):
        if q.start not in taken and role not in roles:
            taken.add(q.start)
            roles.add(role)
            out.append((role, q))
    return out


def person_count(folded: str, q: Quantity) -> bool:
    """Does a figure without a unit count persons ("11 thuyền viên")?"""
    found = _NOUN.match(folded, q.end)
    return bool(found and q.unit == "" and (found[1] in PERSONS or f"{found[1]} {found[2]}" in PERSONS))


def time_of_day(folded: str, q: Quantity) -> Quantity:
    """"Lúc 3 giờ sáng" is a time of the day and no length of time."""
    told = q.unit == "gio" and (folded[: q.start].endswith("luc ") or _HOUR_OF_DAY.match(folded, q.end))
    return replace(q, unit="clock") if told else q


def usual(folded: str, q: Quantity) -> Quantity:
    """The figure with persons as persons ("11 thuyền viên"), hours as hours, and degrees of an earthquake as such."""
    if q.unit == "°c" and _QUAKE.search(folded):
        return replace(q, unit="richter")
    if person_count(folded, q):
        return replace(q, unit="nguoi")
    if q.unit == "gio" and re.search(r"gio|h", folded[q.start : q.end]):
        return replace(q, value=q.value / 60, high=q.high / 60)
    return q


def rate_of_one(folded: str, q: Quantity) -> bool:
    """"The `một lít` in `2.000 đồng một lít` is a rate's denominator, not a count."""
    return folded.startswith("mot ", q.start) and q.value == q.high and q.unit not in ("nguoi", "ca", "vu", "con", "tuan", "thang", "nam")


def _content(words: Iterable[str]) -> list[str]:
    return [w for w in words if w not in _STOP and len(w) > 1]


def counted(folded: str, clause: tuple[int, int], q: Quantity) -> Counted | None:
    """What an open figure counts, or None for a number that labels ("quốc lộ 4", "số 5"), a date, an age, or one without a noun."""
    if q.unit in _NEVER or q.value <= 0 or folded[q.start : q.start + 4] in ("mot ",) or (q.unit == "" and _LABELLED.search(folded[: q.start][-16:])):
        return None
    after = folded[q.end : clause[1]]
    noun, detail = q.unit, frozenset[str]()
    if noun == "":
        found = _NOUN.match(folded, q.end)
        if not found or (found[1] in _STOP and found[0] != " o to"):
            return None
        noun = found[1]
        after = folded[q.end + len(noun) + 1 : clause[1]]
    if noun in _CLASSIFIERS:
        detail = frozenset(_content(_WORDS.findall(after))[:1])
    before = _content(_WORDS.findall(folded[clause[0] : q.start]))
    if noun in AMOUNTS and before and before[-1] in _CHANGES:
        return None
    near = frozenset(before[-NEAR:]) | frozenset(_content(_WORDS.findall(after))[:NEAR])
    return Counted(noun, detail, tuple(before[-2:]), near - {noun}, frozenset(_content(_WORDS.findall(folded))) - {noun})


def alike(a: Counted, b: Counted, alone: bool) -> float:
    """0 where two open figures count different things, else how surely they count the same (0 to 2). `alone`: neither text has another of this noun."""
    if a.noun != b.noun or (a.detail and b.detail and not a.detail & b.detail):
        return 0.0
    near, wide = len(a.near & b.near), len(a.wide & b.wide)
    share = wide / max(min(len(a.wide), len(b.wide)), 1)
    closeness = near / max(min(len(a.near), len(b.near)), 1)
    if a.noun in AMOUNTS:
        same = a.anchor == b.anchor or (a.anchor[-1:] == b.anchor[-1:] and share >= 0.5) or (alone and share >= 0.6)
        return closeness + share if same and share >= 0.35 else 0.0
    enough = 0.6 if a.noun == "nguoi" else 0.35
    if (near >= 2 and share >= enough) or (near >= 1 and share >= 0.6 and wide >= 4) or (alone and share >= 0.7 and wide >= 4):
        return closeness + share
    return 0.0
