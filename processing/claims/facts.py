"""What a sentence commits itself to: quantities, dates, names of places and organisations, polarity. Two sentences are compared by it.

`compare` lists the differences in the reader's terms ("number 12 ↔ 2"): they decide that a match is `related`, and are what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from processing.claims.lexicon import NEGATED, NEGATION, NOT_NAMES, ORG_HEADS, PLACE_HEADS, PROVINCES
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
EQUIVALENT = tuple((re.compile(rf"\b(?:{a})\b"), re.compile(rf"\b(?:{b})\b")) for a, b in NEGATED)


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


@dataclass(frozen=True)
class Difference:
    """One stated difference. `kind`: number, unit, date, place, organisation, name, subject, negation, opposite."""

    kind: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.left or '–'} ↔ {self.right or '–'}"


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


def same_quantity(a: Quantity, b: Quantity) -> bool:
    """Equal values, a value inside the other's range, or "gần 20" against 19."""
    if {a.unit, b.unit} == {"clock", "gio"}:
        return a.value == b.value
    if a.unit and b.unit and a.unit != b.unit:
        return False
    if a.value == b.value and a.high == b.high:
        return True
    scale = max(abs(a.high), abs(b.high), 1e-9)
    loose = "about" in (a.qualifier, b.qualifier) or {"under", "over"} & {a.qualifier, b.qualifier}
    if loose and abs(a.value - b.value) <= 0.06 * scale and a.value >= 20:
        return True
    return (a.value < a.high and a.value <= b.value and b.high <= a.high) or (b.value < b.high and b.value <= a.value and a.high <= b.high)


def same_moment(a: Moment, b: Moment) -> bool:
    """No stated part contradicts the other and at least one is shared."""
    if a.rel or b.rel:
        return a.rel == b.rel
    pairs = [(a.day, b.day), (a.month, b.month), (a.year, b.year)]
    stated = [(x, y) for x, y in pairs if x is not None and y is not None]
    return bool(stated) and all(x == y for x, y in stated)


def _clash_moment(a: Moment, b: Moment) -> bool:
    if a.rel and b.rel:
        return a.rel != b.rel
    if a.rel or b.rel:
        return False
    pairs = [(a.day, b.day), (a.month, b.month), (a.year, b.year)]
    return any(x is not None and y is not None and x != y for x, y in pairs)


def _each(q: Quantity, side: Facts) -> bool:
    """"The `một lít` in `2.000 đồng một lít` is a rate's denominator, not a count; nor is `một tháng` after an amount."""
    if q.value != q.high or side.folded[q.start : q.start + 4] != "mot ":
        return False
    return q.unit not in ("nguoi", "ca", "vu", "con", "tuan", "thang", "nam") or _AMOUNT.search(side.folded[: q.start][-24:]) is not None


_AMOUNT = re.compile(r"\d\s?(?:dong|usd|k|nghin|ngan|trieu|ty|nghin dong|ngan dong|trieu dong|ty dong)(?: moi \w+(?: \w+)?)?\s$")


def _shown(q: Quantity | Moment, side: Facts) -> str:
    """As the text has it; without diacritics where it was given so."""
    return (side.text if len(side.text) == len(side.folded) else side.folded)[q.start : q.end].strip()


def compare(left: Facts, right: Facts) -> list[Difference]:
    """Differences that change the truth conditions. What only one side states is no difference, only less agreement."""
    out: list[Difference] = []
    lonely_l = [q for q in left.quantities if not _each(q, left) and not any(same_quantity(q, r) for r in right.quantities)]
    lonely_r = [q for q in right.quantities if not _each(q, right) and not any(same_quantity(q, r) for r in left.quantities)]
    for q in lonely_l:
        rival = next((r for r in lonely_r if r.unit == q.unit or not r.unit or not q.unit), None)
        if rival is not None:
            out.append(Difference("number", _shown(q, left), _shown(rival, right)))
            lonely_r.remove(rival)
        elif lonely_r and any(r.value == q.value for r in lonely_r):
            rival = next(r for r in lonely_r if r.value == q.value)
            out.append(Difference("unit", _shown(q, left), _shown(rival, right)))
            lonely_r.remove(rival)
    day_l = [m for m in left.moments if not any(same_moment(m, r) for r in right.moments)]
    day_r = [m for m in right.moments if not any(same_moment(m, r) for r in left.moments)]
    for m in day_l:
        clash = next((r for r in day_r if _clash_moment(m, r)), None)
        if clash is not None:
            out.append(Difference("date", _shown(m, left), _shown(clash, right)))
            day_r.remove(clash)
    for kind in ("time", "whom", "what"):
        mine, theirs = ({unit for k, unit in side.rates if k == kind} for side in (left, right))
        if mine and theirs and not mine & theirs:
            out.append(Difference("unit", f"/{min(mine)}", f"/{min(theirs)}"))
    out += _name_differences(left, right)
    if (left.targets or right.targets) and not left.targets & right.targets:  # left out of every score, so that naming one is a difference even alone
        out.append(Difference("subject", min(left.targets, default=""), min(right.targets, default="")))
    if (left.negations % 2) != (right.negations % 2) and not _says_without(left.folded, right.folded):
        out.append(Difference("negation", f"×{left.negations}", f"×{right.negations}"))
    for i in sorted({int(key[:-1]) for key in left.antonyms} & {int(key[:-1]) for key in right.antonyms}):
        pair = ANTONYMS[i]
        a0, a1, b0, b1 = (f"{i}{s}" in f.antonyms for f in (left, right) for s in (0, 1))
        if (a0 and not a1 and b1 and not b0) or (a1 and not a0 and b0 and not b1):
            out.append(Difference("opposite", pair[0 if a0 else 1][0], pair[0 if b0 else 1][0]))
    return out


def apart(left: Facts, right: Facts) -> list[Difference]:
    """`compare`, and then each number, date and place that one side states and the other leaves out: what a reviewer has to weigh."""
    out = compare(left, right)
    for here, there, own in ((left, right, True), (right, left, False)):
        numbers = [q for q in here.quantities if not _each(q, here) and not any(same_quantity(q, r) for r in there.quantities)]
        days = [m for m in here.moments if not any(same_moment(m, r) for r in there.moments)]
        places = [n for n, kind in here.names.items() if kind == "place" and not _holds(n, there)]
        alone = [("number", _shown(q, here)) for q in numbers] + [("date", _shown(m, here)) for m in days] + [("place", _spelt(n, here)) for n in places]
        told = {d.left if own else d.right for d in out}
        out += [Difference(kind, shown if own else "", "" if own else shown) for kind, shown in alone if shown not in told]
    return out


def _spelt(name: str, side: Facts) -> str:
    """A folded name as the text spells it."""
    at = side.folded.find(name)
    return side.text[at : at + len(name)] if at >= 0 and len(side.text) == len(side.folded) else name


def _says_without(left: str, right: str) -> bool:
    """One side negates what the other says with a word of its own: "không phải nộp" and "miễn", "không nhận" and "từ chối"."""
    return any((a.search(left) and b.search(right)) or (a.search(right) and b.search(left)) for a, b in EQUIVALENT)


def _occurs(name: str, text: str) -> bool:
    """Is `name` in `text` as whole words? Names differ from pair to pair: compiling a pattern for each would cost more than the search."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not (at and (text[at - 1].isalnum() or text[at - 1] == "_")) and not (end < len(text) and (text[end].isalnum() or text[end] == "_")):
            return True
        at = text.find(name, at + 1)
    return False


def _holds(name: str, other: Facts) -> bool:
    """Is the name, or its longer or shorter form, in the other text?"""
    if _occurs(name, other.folded):
        return True
    words, short = _parts(name)
    for o in other.names:
        parts, initials = _parts(o)
        if words <= parts or parts <= words or (o and (short == o or name == initials)):
            return True
    return False


@lru_cache(maxsize=16_384)
def _parts(name: str) -> tuple[frozenset[str], str]:
    """Words and initials of a name: one name is compared with many."""
    words = name.split()
    return frozenset(words), "".join(word[0] for word in words)


def _name_differences(left: Facts, right: Facts) -> list[Difference]:
    out = []
    lonely_l = [(n, k) for n, k in left.names.items() if not _holds(n, right)]
    lonely_r = [(n, k) for n, k in right.names.items() if not _holds(n, left)]
    for name, kind in lonely_l:
        rival = next(((n, k) for n, k in lonely_r if k == kind), None) or next(((n, k) for n, k in lonely_r if "name" in (k, kind)), None)
        if rival is not None:
            lonely_r.remove(rival)
            kinds = {"place": "place", "org": "organisation", "name": "name"}
            out.append(Difference(kinds[kind if kind != "name" else rival[1]], _spelt(name, left), _spelt(rival[0], right)))
    return out or _uncapitalised(left, right) or [Difference(d.kind, d.right, d.left) for d in _uncapitalised(right, left)]


def _uncapitalised(plain: Facts, other: Facts) -> list[Difference]:
    """Another place where `plain` has no capitals: "xa tan thanh" beside "xã Tân Lộc", which it does not name."""
    if not plain.ranked:
        return []
    places = [n for n, k in other.names.items() if k == "place"]
    if other.ranked and not plain.ranked & other.ranked:
        return [Difference("place", _spelt(min(plain.ranked), plain), _spelt(min(other.ranked), other))]
    strange = [r for r in sorted(plain.ranked) if not any(r in n or n in r for n in other.names)]
    lonely = [n for n in places if not _holds(n, plain)]
    return [Difference("place", _spelt(strange[0], plain), _spelt(lonely[0], other))] if strange and lonely else []


def agreement(left: Facts, right: Facts) -> dict[str, float]:
    """Share of what the right side (the check) states that the left side states too, per kind; 1 where it states nothing."""

    def share(hits: int, total: int) -> float:
        return hits / total if total else 1.0

    stated = [r for r in right.quantities if not _each(r, right)]
    numbers = share(sum(any(same_quantity(q, r) for q in left.quantities) for r in stated), len(stated))
    moments = share(sum(any(same_moment(m, r) for m in left.moments) for r in right.moments), len(right.moments))
    places = [n for n, k in right.names.items() if k == "place"]
    others = [n for n, k in right.names.items() if k != "place"]
    return {
        "numbers": numbers,
        "dates": moments,
        "places": share(sum(_holds(n, left) for n in places), len(places)),
        "names": share(sum(_holds(n, left) for n in others), len(others)),
    }
