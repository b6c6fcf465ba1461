"""Find names of units in a text: Aho-Corasick over folded names, type prefixes and abbreviations, lists, and traps.

A *mention* is a name with all units that may bear it; which of them is meant is decided in `resolve`. Streets, persons, schools and
companies named after places are recognised by what stands beside the name and dropped here.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from dataclasses import dataclass, field

import ahocorasick

from processing.annotate.chars import accented, exact, folded
from processing.annotate.gazetteer import Gazetteer, Unit

_PREFIX_FORMS = {
    "tỉnh": ("tỉnh", "t."), "thành phố": ("thành phố", "thành phố.", "tp", "tp.", "t.p", "t.p.", "t/p", "t/p."), "thị xã": ("thị xã", "tx", "tx.", "t.x", "t.x."),
    "huyện": ("huyện", "h.", "huyện đảo"), "quận": ("quận", "q.", "q"), "phường": ("phường", "p.", "p", "f.", "f"), "xã": ("xã", "x.", "xã đảo"),
    "thị trấn": ("thị trấn", "tt", "tt.", "t.t", "t.t."), "đặc khu": ("đặc khu", "đk."),
}  # fmt: skip
_FORM_KIND = {exact(form): kind for kind, forms in _PREFIX_FORMS.items() for form in forms}
_FORM_KIND_FOLDED = {folded(form): kind for kind, forms in _PREFIX_FORMS.items() for form in forms}


def _prefix_regex(forms: dict[str, str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(f) for f in sorted(forms, key=len, reverse=True))
    return re.compile(rf"(?:^|(?<=[^\w]))({alternatives})\s*$")


_PREFIX, _PREFIX_FOLDED = _prefix_regex(_FORM_KIND), _prefix_regex(_FORM_KIND_FOLDED)
_PLURAL = re.compile(r"(?:^|[^\w])(?:các|những|hai|ba|bốn|năm|sáu|bảy|tám|nhiều|một số|mấy|\d+|cac|nhung|bon|nam|nhieu)\s+$")
_NUMBERED = re.compile(
    r"(?:^|(?<=[^\w]))(quận|phường|q\.?|p\.?|f\.?|quan|phuong)\s?(\d{1,2})(?![\w/]|[.,]\d)|(?:^|(?<=[^\w]))(phường|phuong)\s([ivx]{1,4})(?!\w)"
)
_NEXT_NUMBER = re.compile(exact(r"\s?(?:[,;]|,?\s(?:và|hay|hoặc|cùng))\s?") + r"(\d{1,2})(?![\w/%]|[.,]\d)")
# what may follow the last number of a list; a noun there says that things are counted ("quận 8, 10 căn nhà")
_AFTER_LIST = re.compile(
    r"\s*(?:[^\w\s]|$)|\s+(?:tp|"
    + exact(
        "thành phố|của|ở|tại|thuộc|bị|đã|đang|sẽ|có|được|phải|vẫn|cũng|và|với|cùng|cho|trên|từ|là|chưa|không|nên|thì|để|trong|tạm|mưa|ngập|nghỉ|"
        "hay|hoặc|đến|khi|sau|trước|vào|do|vì|mất|cúp|cắt|thiếu|kiến nghị|đề nghị|sáng|trưa|chiều|tối|cũ"
    )
    + r")(?!\w)"
)
JOINER = re.compile(r"^\s*(?:,|;|-|/|và|va|hay|hoặc|cùng|lẫn|,\s*và)\s*$")

_SURNAMES = frozenset(
    exact(
        "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh lương trịnh mai đào lâm cao tô hà tạ châu đoàn tống trương thái "
        "quách kiều từ nông vương lưu đậu đàm tăng diệp văn thị bế rơ siu rmah ksor nay y h"
    ).split()
)
_TRAP_WORDS = (
    # persons
    "ông|bà|anh|chị|em|cô|chú|bác|thầy|cháu|bé|cụ|đồng chí|bác sĩ|ca sĩ|nghệ sĩ|diễn viên|cầu thủ|luật sư|tên là|tên|họ tên|nhà báo|nhà văn|nhà thơ|tướng|"
    "vua|chúa|anh hùng|liệt sĩ|mẹ|bố|gs|pgs|ts|ths|bs|hlv|thủ môn|tiền đạo|tiền vệ|hậu vệ|tiến sĩ|giáo sư|thạc sĩ|"
    # streets
    "đường|phố|quốc lộ|đại lộ|xa lộ|ngõ|hẻm|ngách|cầu|cầu vượt|hầm|ngã tư|ngã ba|ngã năm|ngã sáu|vòng xoay|nút giao|cao tốc|quảng trường|tượng đài|công viên|"
    # schools
    "trường|thpt|thcs|tiểu học|mầm non|mẫu giáo|cao đẳng|đại học|học viện|đh|cđ|chuyên|trung học|phổ thông|trung học cơ sở|trung cấp|trường nghề|nội trú|bán trú|"
    # companies
    "công ty|tập đoàn|ngân hàng|khách sạn|nhà hàng|siêu thị|chung cư|khu đô thị|kđt|tòa nhà|cổ phần|tnhh|mtv|cp|ctcp|hợp tác xã|htx|resort|nhà máy|xi măng|bia|"
    "thép|dược|mía đường|thương hiệu|nhãn hiệu|quán|hãng|taxi|nhà xe|cao su|thủy điện|nhà thuốc|phòng khám|"
    "cửa hàng|phở|bún|bánh|nem|cơm|mì|công viên nước|dệt may|may|gốm|logistics|"
    # hamlets: smaller than any unit
    "ấp|thôn|bản|buôn|làng|xóm|khóm|khu phố|tổ dân phố|plei|"
    # rivers, temples, teams, works, battles
    "sông|suối|núi|đèo|hồ|rạch|kênh|thác|dãy|dòng|chùa|đền|đình|miếu|nhà thờ|tàu|chiến dịch|chiến thắng|trận|hiệp định|nhà hát|rạp|tạp chí|báo|clb|câu lạc bộ|"
    "đội|đội bóng|u19|u21|u23|bài hát|phim|cúp|sân|sân vận động|svđ|cổng|lăng|ga|vở|tác phẩm|bưởi|ca khúc|bài thơ|tiểu đoàn|sư đoàn|trung đoàn|lữ đoàn|chợ"
)
_TRAP = re.compile(r"(\w+ )?(?<!\w)(" + "|".join(sorted({exact(w) for w in _TRAP_WORDS.split("|")}, key=len, reverse=True)) + r")\s+$")
# ends like a word of the list, but is another word
_OTHER_WORDS = (
    "yêu cầu|nhu cầu|toàn cầu|thị trường|môi trường|hiện trường|công trường|lập trường|dự báo|cảnh báo|thông báo|tình báo|gia đình|công bố|phân bố|"
    "tuyên bố|văn bản|cơ bản|nhật bản|xuất bản|quân đội|bộ đội|phản bác|tiếng anh|nước anh|quãng đường|đoạn đường|con đường|tuyến đường|chú ý"
)
_NO_TRAP = frozenset(exact(word) for word in _OTHER_WORDS.split("|"))
_COMPANY = re.compile(exact(r"(?:công ty|ctcp|tập đoàn|doanh nghiệp tư nhân|hợp tác xã|cổ phần)[^,;:(.]{0,45}$"))
# capitalised at times before a name without being part of it
_NEUTRAL = frozenset(
    exact(
        "tỉnh huyện xã phường quận thành phố tp thị trấn sở ban cục chi tòa viện đài tại ở từ về đến trên dưới qua với và của cho theo trong ngoài khi nếu "
        "do vì công an báo ubnd hđnd bộ miền vùng bắc nam đông tây trung nội ngoại người dân khu đảo biển vịnh mặt trận đặc cảng lên xuống ra vào toàn riêng "
        "cả còn giữa phía hướng gần cách thủ đô bệnh"
    ).split()
)
_AFTER = re.compile(
    r"^\s+(?:lại|nghĩa)\s+(?:quan điểm|vị trí|vị|giá|hướng|hình|nghĩa|mức|kế hoạch|chiến lược|mục tiêu|tiêu chuẩn|cách)"
    r"|^\s+(?:dương)(?!\w)|^\s*(?:-\s*)?(?:fc|land|group|tv|plaza|tower|hotel|resort|city|bank)(?!\w)"
)
_NEEDS_TYPE = {exact("Hồ Chí Minh"), "hcm"}
"""Persons first, places only with their type."""
_IN = re.compile(r"(?:^|[^\w])(?:ở|tại|về|đến|từ|của|trên địa bàn|thuộc)\s+$")
_CHINA = re.compile(r"^[\s,(-]*(?:trung quốc|lào|campuchia|đài loan|hàn quốc|nhật bản)")


def _capitals(surface: str, name: str) -> bool:
    """Is every syllable capitalised that is so in the name ("Nông trường Lệ Ninh")?"""
    parts, wanted = re.findall(r"\w+", surface), re.findall(r"\w+", name)
    if len(parts) != len(wanted):
        wanted = ["X"] * len(parts)
    return all(
        part[0].isupper() or part[0].isdigit() or (i > 0 and want[0].islower())
        for i, (part, want) in enumerate(zip(parts, wanted, strict=True))
    )


@dataclass(slots=True)
class Mention:
    """A name found at [start, end) (with its type prefix) and [name_start, end); `kind` is the type written before it, "" when none."""

    start: int
    name_start: int
    end: int
    kind: str
    units: list[Unit]
    plain: bool
    """no diacritics where the name has some, or the line is all in capitals or all in lower case"""
    sentence: int = 0
    plural: bool = False
    cu: bool = False
    """ "(cũ)" follows: the unit before the change is meant"""
    chosen: Unit | None = None
    confidence: float = 0.0
    notes: set[str] = field(default_factory=set)


def _variants(name: str) -> set[str]:
    """Ways of writing a name with a dash or apostrophe."""
    out = {name}
    for dash in (" - ", "-"):
        if dash in name:
            out |= {name.replace(dash, other) for other in (" - ", "-", " ", " -", "- ")}
    if "'" in name or "’" in name:
        plain = name.replace("’", "'")
        out |= {plain, plain.replace("'", ""), plain.replace("'", " ")}
    return out


class Names:
    """All names of a gazetteer in one automaton."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        index: dict[str, dict[str, list[Unit]]] = defaultdict(lambda: defaultdict(list))
        self.numbered: dict[tuple[str, str], list[Unit]] = defaultdict(list)
        for unit in gazetteer.units.values():
            if unit.short.isdigit() or re.fullmatch("[IVX]+", unit.short):
                self.numbered[unit.kind, unit.short.lower().lstrip("0")].append(unit)
                continue
            for name in (unit.short, *unit.aliases):
                for form in _variants(name):
                    index[folded(form)][exact(form)].append(unit)
        self.automaton = ahocorasick.Automaton()
        for key, forms in index.items():
            self.automaton.add_word(key, (len(key), dict(forms)))
        self.automaton.make_automaton()

    def find(self, text: str) -> list[Mention]:
        """Mentions in `text` (NFC), leftmost-longest, in order; trapped ones left out."""
        scan = _Scan(text)
        raw: list[Mention] = self._numbered(scan)
        for last, (length, forms) in self.automaton.iter(scan.fold):
            start, end = last + 1 - length, last + 1
            if (start and scan.fold[start - 1].isalnum()) or (end < len(text) and scan.fold[end].isalnum()):
                continue
            mention = scan.mention(start, end, forms)
            if mention is not None:
                raw.append(mention)
        return scan.keep(raw)

    def _numbered(self, scan: _Scan) -> list[Mention]:
        """ "Quận 1", "Q.1", "P12", "phường IV": numbers are names only with their type; a lone small letter is no type."""
        out = []
        for match in _NUMBERED.finditer(scan.low):
            group = 1 if match.group(1) else 3
            kind = "quận" if match.group(group)[0] == "q" else "phường"
            units = self.numbered.get((kind, match.group(group + 1).lstrip("0")), [])
            short = match.group(group) in ("p", "f", "q")
            if units and not (short and (match.start(2) != match.end(1) or not scan.text[match.start()].isupper())):
                plural = _PLURAL.search(scan.low[max(0, match.start() - 20) : match.start()]) is not None
                out.append(Mention(match.start(), match.start(group + 1), match.end(), kind, list(units), False, plural=plural))
                out += self._more_numbers(scan, out[-1])
        return out

    def _more_numbers(self, scan: _Scan, first: Mention) -> list[Mention]:
        """The other numbers of a list ("quận 1, 2 và 9"). Of the last one its neighbour must say that it counts nothing."""
        out: list[Mention] = []
        at = first.end
        while (match := _NEXT_NUMBER.match(scan.low, at)) and (units := self.numbered.get((first.kind, match.group(1).lstrip("0")))):
            at = match.end()
            if not (first.plural or _AFTER_LIST.match(scan.low, at)):
                break
            out.append(Mention(match.start(1), match.start(1), at, first.kind, list(units), False, plural=first.plural))
        return out


def _odd_case(line: str) -> bool:
    """Are its letters all small, or more than four in five of them capitals?"""
    upper = other = 0
    for char in line:
        if char.isalpha():
            if char.isupper():
                upper += 1
            else:
                other += 1
                if upper and other * 5 >= len(line):
                    return False
    return upper + other > 0 and (upper == 0 or upper > 0.8 * (upper + other))


class _Scan:
    """One text with its forms, and the judgement of each hit in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.low = exact(text)
        self.fold = folded(text)
        self.lines: list[tuple[int, int, bool, bool]] = []
        at = 0
        for line in text.split("\n"):
            self.lines.append((at, at + len(line), accented(line), _odd_case(line)))
            at += len(line) + 1

    def line(self, index: int) -> tuple[int, int, bool, bool]:
        """(start, end, has accents, has no mixed case) of the line that holds `index`."""
        low, high = 0, len(self.lines) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.lines[middle][0] <= index:
                low = middle
            else:
                high = middle - 1
        return self.lines[low]

    def mention(self, start: int, end: int, forms: dict[str, list[Unit]]) -> Mention | None:
        """The mention at [start, end), or None when spelling, case or neighbours say that it is none."""
        begin, stop, has_accents, odd_case = self.line(start)
        surface = self.low[start:end]
        units = forms.get(surface)
        unaccented = False
        if units is None:
            if has_accents or surface != self.fold[start:end]:
                return None
            unaccented = True
            units = [unit for some in forms.values() for unit in some]
        if not odd_case and not _capitals(self.text[start:end], units[0].short):
            return None
        left = self.low[max(begin, start - 40) : start]
        match = (_PREFIX_FOLDED if unaccented or not has_accents else _PREFIX).search(left)
        kind, at, plural = "", start, False
        if match is not None:
            kind = (_FORM_KIND_FOLDED if unaccented or not has_accents else _FORM_KIND)[match.group(1)]
            at = start - (len(left) - match.start(1))
            plural = _PLURAL.search(left[: match.start(1)]) is not None
        found = Mention(at, start, end, kind, list(dict.fromkeys(units)), unaccented or odd_case, plural=plural)
        found.cu = re.match(r"\s*(?:\()?\s*(?:cũ|trước đây|trước sáp nhập)(?!\w)", self.low[end : end + 25]) is not None
        return None if self._trapped(found, begin, stop, odd_case) else found

    def _trapped(self, m: Mention, begin: int, stop: int, odd_case: bool) -> bool:
        left, right = self.low[max(begin, m.start - 60) : m.start], self.low[m.end : min(stop, m.end + 40)]
        if _AFTER.search(right) or (_CHINA.search(right) and not m.kind):
            return True
        if m.kind in ("tỉnh", "thành phố") and _CHINA.search(right):
            return True
        if m.kind:
            return self._longer_name(m, odd_case, prefixed=True)
        if self.low[m.name_start : m.end] in _NEEDS_TYPE or self._after_trap(left):
            return True
        if not odd_case and self._person_before(m, begin):
            return True
        return self._longer_name(m, odd_case, prefixed=False)

    @staticmethod
    def _after_trap(left: str) -> bool:
        match = _TRAP.search(left)
        if match is not None and f"{match.group(1) or ''}{match.group(2)}" not in _NO_TRAP:
            return True
        return _COMPANY.search(left) is not None and not _IN.search(left)

    def _person_before(self, m: Mention, begin: int) -> bool:
        """Is the name the tail of a longer capitalised name ("Nguyễn Thái Bình")?"""
        before = re.search(r"(\w+) $", self.text[max(begin, m.start - 20) : m.start])
        if before is None or not before.group(1)[0].isupper() or (before.group(1).isupper() and len(before.group(1)) > 1):
            return False
        word = exact(before.group(1))
        if word in _SURNAMES:
            return True
        if word in _NEUTRAL:
            return False
        at = m.start - len(before.group(1)) - 1
        return not (at == begin or re.search(r"[.!?:;…\"“”(\-]\s*$", self.text[max(begin, at - 3) : at]))

    def _longer_name(self, m: Mention, odd_case: bool, *, prefixed: bool) -> bool:
        """Does a capital follow, so that the name is only the head of another ("Thái Bình Dương")? A person's name may follow a place."""
        if odd_case:
            return False
        after = re.match(r" (\w+)", self.text[m.end : m.end + 20])
        if after is None or not after.group(1)[0].isupper() or (after.group(1).isupper() and len(after.group(1)) > 1):
            return False
        if exact(after.group(1)) in _SURNAMES:
            return False
        return not (prefixed and m.kind in ("tỉnh", "thành phố"))

    def keep(self, raw: list[Mention]) -> list[Mention]:
        """The longest of overlapping mentions, in order, with types handed on in lists ("các xã A, B và C")."""
        raw.sort(key=lambda m: (-(m.end - m.start), m.start))
        taken: list[Mention] = []
        used = bytearray(len(self.text) + 1)
        for m in raw:
            if not any(used[m.name_start : m.end]):
                used[m.start : m.end] = b"\x01" * (m.end - m.start)
                taken.append(m)
        taken.sort(key=lambda m: m.start)
        for one, two in itertools.pairwise(taken):
            if not two.kind and one.plural and one.kind and JOINER.match(self.low[one.end : two.start]):
                two.kind, two.plural = one.kind, True
        return taken
