"""Numbers, units and dates of a Vietnamese (or English) sentence as plain values.

Works on folded text (lower case, no diacritics), so that an undiacritised query yields the same values.
Spans index the folded text, which `fold_keep` keeps as long as the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from processing.claims.watched import Watched
from processing.letters import Letters

_MARKS = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "\u00a0": " "}
_KEPT, _LONG = 512, 2_000  # so many texts' folded forms are kept: a sentence is folded by its mask, its places, its rules and its facts in turn


def _letter(char: str) -> str:
    """The character without its diacritics in lower case, where that is one character. Above U+1EF9 and between the blocks of Latin letters only the case goes."""
    if 0xC0 <= ord(char) < 0x250 or 0x1EA0 <= ord(char) < 0x1EFA:
        base = unicodedata.normalize("NFD", char.lower())[0]
        return "d" if base == "đ" else base
    low = char.lower()
    return _MARKS.get(char, low if len(low) == 1 else char)


_folding = Letters(_letter)
_folded: dict[str, str] = {}


def fold_keep(text: str) -> str:
    """Lower case, no diacritics, one character for one character of NFC text, so spans stay valid."""
    found = _folded.get(text)
    if found is None:
        if len(_folded) >= _KEPT:
            _folded.clear()
        found = text.lower() if text.isascii() else _folding(text)
        if len(text) < _LONG:
            _folded[text] = found
    return found


def fold_together(texts: list[str]) -> None:
    """Fold the sentences of one document at once, for `fold_keep` to find: letter by letter, each alone, costs five times as much."""
    forms = _folding("\n".join(texts)).split("\n")
    if len(forms) == len(texts) <= _KEPT:  # no sentence of its own lines
        if len(_folded) + len(texts) > _KEPT:
            _folded.clear()
        _folded.update(zip(texts, forms, strict=True))


@dataclass(frozen=True)
class Quantity:
    """A number with its unit. `value` is in the base unit (đồng, metre, m², person …); `high` > value for a range."""

    value: float
    high: float
    unit: str
    qualifier: str  # "", "about", "at_least", "at_most", "over", "under"
    start: int
    end: int


@dataclass(frozen=True)
class Moment:
    """A date as far as it is stated; None where it is not. `rel` is a folded relative word ("tuan nay")."""

    day: int | None
    month: int | None
    year: int | None
    rel: str
    start: int
    end: int


MAGNITUDE = {"chuc": 10, "tram": 100, "nghin": 1e3, "ngan": 1e3, "van": 1e4, "trieu": 1e6, "ty": 1e9, "ti": 1e9,
             "thousand": 1e3, "million": 1e6, "billion": 1e9, "k": 1e3, "tr": 1e6}  # fmt: skip
_DIGIT = {"mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10}
# unit → (canonical unit, factor). Counted nouns are their own unit; synonyms share one.
UNITS: dict[str, tuple[str, float]] = {
    "%": ("%", 1), "phan tram": ("%", 1), "percent": ("%", 1), "dong": ("dong", 1), "vnd": ("dong", 1), "usd": ("usd", 1),
    "do la": ("usd", 1), "euro": ("eur", 1), "km": ("m", 1000), "cay so": ("m", 1000), "ki lo met": ("m", 1000), "km/h": ("km/h", 1),
    "met": ("m", 1), "m": ("m", 1), "cm": ("m", 0.01), "mm": ("m", 0.001), "ha": ("m2", 1e4), "hec ta": ("m2", 1e4), "hec-ta": ("m2", 1e4), "hecta": ("m2", 1e4),
    "m2": ("m2", 1), "met vuong": ("m2", 1), "km2": ("m2", 1e6), "m3": ("m3", 1), "met khoi": ("m3", 1), "khoi": ("m3", 1), "lit": ("litre", 1),
    "kg": ("kg", 1), "ki lo gam": ("kg", 1), "tan": ("kg", 1000), "ta": ("kg", 100), "gam": ("kg", 0.001), "mg": ("kg", 1e-6),
    "kwh": ("kwh", 1), "mw": ("mw", 1), "do c": ("°c", 1), "do": ("°c", 1), "do richter": ("richter", 1),
    "nguoi": ("nguoi", 1), "nan nhan": ("nguoi", 1), "em": ("nguoi", 1), "chau": ("nguoi", 1), "hoc sinh": ("nguoi", 1),
    "cong nhan": ("nguoi", 1), "benh nhan": ("nguoi", 1), "ca": ("ca", 1), "truong hop": ("ca", 1), "ca mac": ("ca", 1), "ho": ("ho", 1),
    "ho dan": ("ho", 1), "gia dinh": ("ho", 1), "can nha": ("nha", 1), "ngoi nha": ("nha", 1), "nha": ("nha", 1), "can": ("nha", 1),
    "ngay": ("ngay", 1), "hom": ("ngay", 1), "tuan": ("tuan", 1), "thang": ("thang", 1), "nam": ("nam", 1), "gio": ("gio", 1), "tieng": ("gio", 1),
    "phut": ("phut", 1), "tuoi": ("tuoi", 1), "lan": ("lan", 1), "con": ("con", 1), "xa": ("xa", 1), "phuong": ("phuong", 1), "huyen": ("huyen", 1),
    "tinh": ("tinh", 1), "thon": ("thon", 1), "truong": ("truong", 1), "diem": ("diem", 1), "vu": ("vu", 1), "tran": ("tran", 1), "chiec": ("chiec", 1),
    "xe": ("xe", 1), "ngan hang": ("ngan hang", 1), "doanh nghiep": ("doanh nghiep", 1), "cong ty": ("doanh nghiep", 1), "benh vien": ("benh vien", 1),
    "mon": ("mon", 1), "loai": ("loai", 1), "lop": ("lop", 1), "tram": ("tram", 1), "cay": ("cay", 1), "suat": ("suat", 1), "ban": ("ban", 1),
    "giuong": ("giuong", 1), "quoc gia": ("nuoc", 1), "nuoc": ("nuoc", 1), "mau": ("mau", 1), "nhip": ("nhip", 1), "cau": ("cau", 1), "lieu": ("lieu", 1),
    "bac": ("bac", 1), "sao": ("sao", 1), "tang": ("tang", 1), "tuyen": ("tuyen", 1), "container": ("container", 1), "cong ten no": ("container", 1), "cong-ten-no": ("container", 1), "contener": ("container", 1), "du an": ("du an", 1), "thi sinh": ("nguoi", 1), "tre": ("nguoi", 1),
}  # fmt: skip
_DAYS = ("d", "d0", "d1", "d2", "d3")
_MONTHS = ("m", "m0", "m1", "m2", "m3", "m4")
_YEARS = ("y", "y0", "y2", "y2b", "y3", "y3b", "y4", "y4b", "y5")
_MEASURES = ("%", "dong", "usd", "eur", "m", "km/h", "m2", "m3", "litre", "kg", "kwh", "mw", "°c", "richter", "ngay", "tuan", "thang", "nam", "gio", "phut", "clock", "")
COUNTED = frozenset(unit for unit, _ in UNITS.values() if unit not in _MEASURES)
_QUALIFIER = {"gan": "under", "khoang": "about", "chung": "about", "tam": "about", "uoc": "about", "xap xi": "about", "it nhat": "at_least",
              "toi thieu": "at_least", "hon": "over", "tren": "over", "qua": "over", "toi da": "at_most", "nhieu nhat": "at_most",
              "duoi": "under", "chua den": "under", "nearly": "under", "over": "over", "more than": "over", "at least": "at_least",
              "about": "about"}  # fmt: skip
_DIGITS = re.compile(r"\d+")
_DATED = re.compile(r"\b(?:ngay|hom|mung|sang|trua|chieu|toi|dem|den|tu|thang|nam)\s$")  # what a date may begin with instead of its first digit
_NUM = r"\d+(?:[.,]\d+)*"
_DATE = re.compile(
    r"\b(?:ngay|hom|mung|sang|trua|chieu|toi|dem|den|tu)\s(?P<d>\d{1,2})\s?[/.-]\s?(?P<m>1[0-2]|0?[1-9])(?:\s?[/.-]\s?(?P<y>(?:19|20)\d\d))?(?![\d/%]|,\d)"
    r"|\b(?P<d0>\d{1,2})\s?[/.-]\s?(?P<m0>1[0-2]|0?[1-9])\s?[/.-]\s?(?P<y0>(?:19|20)\d\d)\b"
    r"|\b(?P<d1>\d{1,2})/(?P<m1>1[0-2]|0?[1-9])(?![\d/%]|,\d)(?!\s?(?:dien tich|so|tong|ngan sach|quang duong))"
    r"|\b(?:ngay|mung)\s(?P<d2>\d{1,2})\b(?:\sthang\s(?P<m2>\d{1,2}))?(?:(?:\s|,\s)nam\s(?P<y2>(?:19|20)\d\d)|[/.-](?P<y2b>(?:19|20)\d\d))?"
    r"|\b(?P<d3>\d{1,2})\sthang\s(?P<m4>1[0-2]|0?[1-9])\b(?:\snam\s(?P<y4b>(?:19|20)\d\d))?"
    r"|\bthang\s(?P<m3>1[0-2]|0?[1-9])(?:\s?[/.-]\s?(?P<y3>(?:19|20)\d\d)|(?:\s|,\s)nam\s(?P<y3b>(?:19|20)\d\d)|\b)(?!\s?%)"
    r"|\bnam\s(?P<y4>(?:19|20)\d\d)\b|(?<![\d.,])(?P<y5>(?:19|20)\d\d)\b(?![.,]?\d)(?!\s?(?:nguoi|ca|dong|usd|ho|m|met|km|ha|kg|tan|trieu|ty)\b)"
)
_REL = Watched(
    r"\b(hom nay|hom qua|hom kia|ngay mai|ngay kia|(?:sang|trua|chieu|toi|dem) (?:nay|qua|mai)|(?:tuan|thang|nam|quy) (?:nay|toi|truoc|sau|ngoai|qua)"
    r"|cuoi tuan|cuoi thang|cuoi nam|dau nam|dau thang|giua thang|thu (?:hai|ba|tu|nam|sau|bay|[2-7])|chu nhat|quy (?:i{1,3}|iv|[1-4]))\b"
)
_ROMAN = {"quy i": "quy 1", "quy ii": "quy 2", "quy iii": "quy 3", "quy iv": "quy 4"}
_LEAD = 7  # characters of the longest of them, and the blank
_WORDNUM = Watched(
    r"\b(?:(?:mot|hai|ba|bon|tu|nam|sau|bay|tam|chin|muoi|lam)\s)*(?:\b(?:muoi|tram|nghin|ngan(?! hang)|trieu|ty|chuc|linh|le|mot|hai|ba|bon|tu|nam|sau|bay|tam|chin|lam)\b\s?)+"
)
_UNIT_RE = re.compile(
    r"\s?(?:(?:-|den|–)?\s?)?(" + "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True)) + r")(?![a-z0-9])",
)
_MAG_RE = re.compile(r"\s?(chuc|tram|nghin|ngan(?! hang)|van(?! phong)|trieu|ty|ti|thousand|million|billion|k|tr)(?![a-z0-9])")
_NUM_RE = re.compile(rf"(?<![a-z0-9/.,-])(?P<a>{_NUM})(?:\s?(?:-|–|den|toi)\s?(?P<b>{_NUM}))?(?![a-z0-9]*[-/]\d)")
_TIME = re.compile(r"\b([01]?\d|2[0-4])\s?(?:h|gio|:)\s?([0-5]\d)?\b(?!\s?(?:dong ho))")


def parse_number(raw: str) -> float:
    """1.200 and 1,200 are 1200; 12,5 and 12.5 are 12.5."""
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", raw):
        return float(re.sub(r"[.,]", "", raw))
    if raw.count(".") + raw.count(",") == 1:
        return float(raw.replace(",", "."))
    parts = re.split(r"[.,]", raw)
    if len(parts) > 1 and len(parts[-1]) != 3:
        return float("".join(parts[:-1]) + "." + parts[-1])
    return float("".join(parts))


def words_to_number(words: list[str]) -> float | None:
    """Vietnamese number words, folded ("hai muoi lam", "ba tram linh nam"), or None where they are not one."""
    total = current = 0.0
    last: int | None = None
    for i, w in enumerate(words):
        if w in ("linh", "le"):
            last = None
        elif w == "muoi" and last is not None:
            current += last * 9
            last = None
        elif w == "chuc":
            current = (current or 1) * 10
            last = None
        elif w == "tram":
            current = (current or 1) * 100
            last = None
        elif w in ("nghin", "ngan", "trieu", "ty"):
            total += (current or (1 if i == 0 else 0)) * MAGNITUDE[w]
            current, last = 0.0, None
        elif w in _DIGIT:
            if last is not None:
                return None
            current += _DIGIT[w]
            last = _DIGIT[w] if w != "muoi" else None
        else:
            return None
    return total + current or None


def _unit_after(folded: str, at: int) -> tuple[float, str, float, int]:
    """Magnitude, unit, unit factor and end after position `at`."""
    scale, end = 1.0, at
    while (m := _MAG_RE.match(folded, end)) and (m[1] not in ("tram", "van") or scale > 1 or _UNIT_RE.match(folded, m.end())):
        scale *= MAGNITUDE[m[1]]
        end = m.end()
    u = _UNIT_RE.match(folded, end)
    if u:
        unit, factor = UNITS[u[1]]
        return scale, unit, factor, u.end()
    return scale, "", 1.0, end


def _qualifier_before(folded: str, at: int) -> str:
    words = folded[max(0, at - 24) : at].split()
    for n in (2, 1):
        found = _QUALIFIER.get(" ".join(words[-n:]))
        if found:
            return found
    return ""


def _at_digits(pattern: re.Pattern[str], folded: str, lead: re.Pattern[str] | None = None) -> Iterator[re.Match[str]]:
    """What `finditer` gives of a pattern whose matches begin with the first digit of a run, or with the `lead` of some characters before it: it is tried there alone."""
    at = 0
    for run in _DIGITS.finditer(folded):
        first = run.start()
        before = lead.search(folded, max(at, first - _LEAD), first) if lead is not None else None
        found = pattern.match(folded, before.start()) if before else None
        found = found or (pattern.match(folded, first) if first >= at else None)
        if found:
            at = found.end()
            yield found


def dates(folded: str) -> list[Moment]:
    """Every date stated in `folded`, with the relative ones."""
    out: list[Moment] = []
    for m in _at_digits(_DATE, folded, _DATED):
        g = m.groupdict()
        day, month, year = (next((g[n] for n in names if g[n]), None) for names in (_DAYS, _MONTHS, _YEARS))
        if day and not 1 <= int(day) <= 31:
            continue
        out.append(Moment(int(day) if day else None, int(month) if month else None, int(year) if year else None, "", m.start(), m.end()))
    out += [Moment(None, None, None, _ROMAN.get(m[1], m[1]), m.start(), m.end()) for m in _REL.finditer(folded)]
    return out


_SPELLED = frozenset("một mốt hai ba bốn tư năm lăm nhăm sáu bảy bẩy tám chín mười mươi trăm nghìn ngàn triệu tỷ tỉ chục linh lẻ".split())  # noqa: SIM905
_AMBIGUOUS = frozenset(("tu", "sau", "nam", "lam", "chin", "le"))


def _is_number_word(folded: str, original: str | None, at: int, words: list[str]) -> bool:
    """Is the first word at `at` spelled as a number, as far as the text shows?"""
    if original is None or len(original) != len(folded) or original.isascii():
        return words[0] not in _AMBIGUOUS or len(words) > 1
    return original[at : at + len(words[0])].lower() in _SPELLED


def quantities(folded: str, taken: list[Moment] | None = None, original: str | None = None) -> list[Quantity]:
    """With `original` (the text before folding) "sáu" is told from "sau" and "tư" from "từ"; without it those words alone are no numbers.

    Numbers with units outside the spans of `taken` dates; number words only where a counted unit or a magnitude follows."""
    written = _DIGITS.search(folded) is not None
    if not written and not _WORDNUM.may(folded):
        return []
    spans = [(t.start, t.end) for t in (dates(folded) if taken is None else taken)]
    spans = [s for s in spans if s[1] > s[0]]
    out: list[Quantity] = []

    def free(a: int, b: int) -> bool:
        return all(b <= s or a >= e for s, e in spans)

    for t in _at_digits(_TIME, folded) if written else ():
        if free(t.start(), t.end()) and (t[2] or folded[t.start() : t.end()].rstrip().endswith(("h", "gio"))):
            minutes = float(int(t[1]) * 60 + int(t[2] or 0))
            out.append(Quantity(minutes, minutes, "clock" if t[2] or "gio" not in t[0] else "gio", "", t.start(), t.end()))
            spans.append((t.start(), t.end()))
    for m in _at_digits(_NUM_RE, folded) if written else ():
        if not free(m.start(), m.end()):
            continue
        scale, unit, factor, end = _unit_after(folded, m.end())
        low = parse_number(m["a"])
        high = parse_number(m["b"]) if m["b"] else low
        if scale == 1 and m["b"] is None and unit == "dong" and low < 1000 and re.match(r"\s?dong\s(?:loat|bang|nai|thap|ho)", folded[m.end() :]):
            unit = ""
        out.append(Quantity(low * scale * factor, max(low, high) * scale * factor, unit, _qualifier_before(folded, m.start()), m.start(), end))
        spans.append((m.start(), end))
    for m in _WORDNUM.finditer(folded):
        words = m[0].split()
        if not _is_number_word(folded, original, m.start(), words):
            continue
        if words[0] in ("nghin", "ngan", "trieu", "ty", "linh", "le", "lam") or not free(m.start(), m.end()):
            continue
        while words and (words_to_number(words) is None):
            words.pop()
        if not words:
            continue
        value = words_to_number(words)
        end = m.start() + len(" ".join(words))
        scale, unit, factor, stop = _unit_after(folded, end)
        if value is None or (not unit and (value < 10 or len(words) < 2)) or (words == ["nam"] and unit in ("", "nam")):
            continue
        if words == ["muoi"] and not unit:
            continue
        out.append(Quantity(value * scale * factor, value * scale * factor, unit, _qualifier_before(folded, m.start()), m.start(), stop))
    return sorted(out, key=lambda q: q.start)


@lru_cache(maxsize=64)
def stated(text: str) -> tuple[tuple[Moment, ...], tuple[Quantity, ...]]:
    """Dates and quantities of an unfolded text; remembered for a moment, since what is compared is read for its facts and again for its words."""
    folded = fold_keep(text)
    moments = dates(folded)
    return tuple(moments), tuple(quantities(folded, moments, text))
