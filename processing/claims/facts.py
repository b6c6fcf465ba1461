"""What a sentence commits itself to: quantities, dates, names of places and organisations, polarity. Two sentences are compared by it (`differences.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from processing.claims.lexicon import NEGATION, NOT_NAMES, ORG_HEADS, PLACE_HEADS, PROVINCES
from processing.claims.numbers import Moment, Quantity, fold_keep, stated
from processing.claims.opposites import ANTONYMS, COLLIDING
from processing.claims.tokens import targets
from processing.text import tone

_UPPER = "".join(c for c in map(chr, range(0x41, 0x1EFA)) if c.isupper() and (ord(c) < 0x1B1 or ord(c) >= 0x1EA0))
_CAP_SEQ = re.compile(rf"(?<!\w)[{_UPPER}]\w*(?:[ \-]+(?:[{_UPPER}]\w*|\d{{1,2}}(?![\d/.,%])))*")
_AGENCY = re.compile(
    r"\b(?:so|bo|cuc|tong cuc|chi cuc|phong|ban) (?:y te|cong thuong|giao duc|tai chinh|xay dung|noi vu|tu phap|nong nghiep|khoa hoc|giao thong|"
    r"van hoa|cong an|quoc phong|ngoai giao|lao dong|tai nguyen|thong tin|du lich|thue|hai quan|quan ly thi truong|thuy loi|lam nghiep)\b"
)
_HEAD = re.compile(r"\b(" + "|".join(sorted([*PLACE_HEADS, *ORG_HEADS], key=len, reverse=True)) + r")\s+$")
_HEAD_CHARS = 60  # before a name, enough for the longest head: looking back to the start would cost the square of a long text
_WORD = re.compile(r"[a-z0-9]+")
_ROMAN = re.compile(r"i{1,3}|iv")
_MARKED = re.compile(r"[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]")
# with diacritics "chưa" (not yet) is told from "chứa" (contain); without them only where what follows makes it clear
_NEG_MARKED = re.compile(r"(?<!\w)(?:không|ko|hông|hổng|chưa|chẳng|chả (?:phải|có|hề)|đâu có|làm gì có|bác bỏ|phủ nhận|hủy|huỷ|đính chính|đừng)(?!\w)")
_NEG = re.compile(r"\b(?:" + "|".join(sorted(NEGATION, key=len, reverse=True)) + r")\b")
_NEG_IDIOM = re.compile(r"\b(?:khong chi|khong nhung|khong it|khong khi|khong gian|hang khong|duong khong|chua benh|chua chay|sua chua|phong khong|khong phai chi|san bay)\b")
_PROVINCE_RE = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, PROVINCES), key=len, reverse=True)) + r")\b")


def _any(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + r")(?!\w)" if words else r"(?!)")


def _lookup(fold: bool) -> tuple[re.Pattern[str], dict[str, list[str]]]:
    """One pattern over all opposites, longest first, and the keys each form stands for."""
    keys: dict[str, list[str]] = {}
    for i, pair in enumerate(ANTONYMS):
        for side in (0, 1):
            for word in pair[side]:
                form = fold_keep(word) if fold else word
                if not fold or form not in COLLIDING:
                    keys.setdefault(form, []).append(f"{i}{side}")
    return _any(keys), keys


_OPPOSITES, _OPPOSITES_FOLDED = _lookup(False), _lookup(True)
# What a rate is counted per, by kind. With diacritics "mỗi" (each) is told from "mới" (new), "hằng năm" from "ngân hàng Nam …".
_PER_WORDS = {
    "time": "giây:giây phút:phút giờ:giờ ngày:ngày sáng:ngày tối:ngày đêm:ngày tuần:tuần tháng:tháng quý:quý năm:năm",
    "whom": "hộ:hộ nhà:hộ hộ_dân:hộ gia_đình:hộ người:người học_sinh:người em:người cháu:người khẩu:người nhân_khẩu:người",
    "what": "kg:kg ký:kg cân:kg tạ:tạ tấn:tấn lít:lít khối:m³ m3:m³ m2:m² mét_vuông:m² ha:ha sào:sào lượng:lượng chỉ:chỉ kwh:kWh lượt:lượt",
}


def _per_words(fold: bool) -> dict[str, tuple[str, str]]:
    found = [(word.replace("_", " "), (kind, to)) for kind, told in _PER_WORDS.items() for word, _, to in (pair.partition(":") for pair in told.split())]
    return {fold_keep(word) if fold else word: what for word, what in found}


def _per_pattern(fold: bool) -> re.Pattern[str]:
    each, amount = ("moi|(?<!ngan )hang|tung", "dong|usd|k|nghin|ngan|trieu|ty|kg|nguoi|em|ho|nha") if fold else (
        "mỗi|từng|hằng|(?<!ngân )hàng", "đồng|usd|k|nghìn|ngàn|trieu|tỷ|tỉ|kg|người|em|hộ|nhà|khẩu|sinh")  # fmt: skip
    words = "|".join(sorted(map(re.escape, _per_words(fold)), key=len, reverse=True))
    one = "mot" if fold else "một"
    return re.compile(rf"(?:(?<=[a-zđồ%\d])\s?/\s?|(?<!\w)(?:{each})\s|(?<!\w)(?:{amount})\s(?:trên\s|tren\s)?{one}\s)({words})(?![\w/])")


_PER, _PER_FOLDED = (_per_pattern(False), _per_words(False)), (_per_pattern(True), _per_words(True))
_RANKS = "thị trấn|thị xã|thành phố|xã|phường|huyện|quận|thôn|ấp|tỉnh"
_RANKED = re.compile(rf"(?<!\w)(?:{_RANKS})\s(\w+\s\w+)")
_RANKED_FOLDED = re.compile(rf"\b(?:o|tai|thuoc|cua|ve|den)\s(?:{fold_keep(_RANKS)})\s(\w+\s\w+)|^(?:{fold_keep(_RANKS)})\s(\w+\s\w+)")
_RANK_FIRST = re.compile(rf"(?:{fold_keep(_RANKS)})\s(?=[a-z])")


@dataclass(frozen=True)
class Facts:
    """The comparable content of one text. `names` are folded proper names with their kind: place, org or name; `rates` what amounts are counted per, as
    (time, whom or what, unit); `ranked`, in a text without capitals (or in capitals alone), two syllables after "xã", "huyện", …: a name or not."""

    folded: str
    quantities: tuple[Quantity, ...]
    moments: tuple[Moment, ...]
    names: dict[str, str]
    negations: int
    antonyms: frozenset[str]
    targets: frozenset[str] = frozenset()
    rates: frozenset[tuple[str, str]] = frozenset()
    ranked: frozenset[str] = frozenset()
    text: str = ""


def extract(text: str) -> Facts:
    """Facts of NFC `text`; without capitals or diacritics only listed provinces, headed names and what follows a rank ("xã …") are found."""
    if text.isupper():
        text = text.lower()
    folded = fold_keep(text)
    moments, numbers = stated(text)
    plain = _NEG_IDIOM.sub(lambda m: "_" * len(m[0]), folded)
    lowered = tone(text.lower())
    marked = len(lowered) == len(folded) and bool(_MARKED.search(lowered))
    told = lowered if marked else folded
    pattern, keys = _OPPOSITES if marked else _OPPOSITES_FOLDED
    antonyms = frozenset(key for m in pattern.finditer(told) for key in keys[m[0]])
    negations = sum(plain[m.start()] != "_" for m in _NEG_MARKED.finditer(lowered)) if marked else len(_NEG.findall(plain))
    each, kinds = _PER if marked else _PER_FOLDED
    rates = frozenset(kinds[m[1]] for m in each.finditer(told))
    ranked = frozenset(fold_keep(m[1] or m[m.lastindex or 1]) for m in (_RANKED if marked else _RANKED_FOLDED).finditer(told)) if text[1:] == text[1:].lower() else frozenset()
    people = frozenset(name for _, _, name in targets(text, folded))
    return Facts(folded, numbers, moments, _names(text, folded), negations, antonyms, people, rates, ranked, text)


def _names(text: str, folded: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for m in _PROVINCE_RE.finditer(folded):
        found[PROVINCES[m[0]]] = "place"
    for m in _CAP_SEQ.finditer(text):
        raw = folded[m.start() : m.end()]
        words = _WORD.findall(raw)
        head = _HEAD.search(folded[max(0, m.start() - _HEAD_CHARS) : m.start()])
        initial = m.start() == 0 or text[max(0, m.start() - _HEAD_CHARS) : m.start()].rstrip().endswith((".", "!", "?", ":", "\n", "“", '"'))
        if initial and not head and (rank := _RANK_FIRST.match(raw)):  # "Xã Tân Lộc …" opens the sentence: the rank is no part of the name
            found[" ".join(_WORD.findall(raw[rank.end() :]))] = "place"
            continue
        if initial and not head:
            words = _drop_initial(words, text[m.start() : m.end()])
        name = " ".join(words)
        if _ROMAN.fullmatch(name) and folded[: m.start()].endswith("quy "):  # a quarter, read as a date
            continue
        if not name or name in NOT_NAMES or (len(name) < 2 and not head) or _PROVINCE_RE.fullmatch(name):
            continue
        lead = re.match(r"(" + "|".join(ORG_HEADS) + r")\b", name)
        if head and head[1] in PLACE_HEADS:
            found[name] = "place"
        elif lead or (head and head[1] in ORG_HEADS):
            found[name] = "org"
        else:
            found[name] = "name"
    for m in _AGENCY.finditer(folded):
        found[m[0]] = "org"
    for m in re.finditer(r"\b(?:phuong|quan|xa|thon|khu pho|to|ap)\s(\d{1,2})\b", folded):
        found[m[0]] = "place"
    return found


def _drop_initial(words: list[str], raw: str) -> list[str]:
    """The first word of a sentence is capital anyway: it is dropped unless the next one is a capital too and it is not a common opener."""
    if len(words) == 1:
        return words if raw.isupper() and len(raw) > 1 else []
    return words[1:] if words[0] in NOT_NAMES else words
