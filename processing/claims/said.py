"""What a sentence says, in comparable parts: its content words, and the numbers, dates and places it states.

A claim that goes round is told with other words of the same meaning, in another order, with its number spelled out. Here that makes no difference:
"Từ ngày 12/3, ba quỹ ..." and "3 quỹ ... kể từ 12 tháng 3" have the same parts. Who says it is left out before anything is compared (SCOPE S7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from processing.claims.align import VALUE
from processing.claims.lexicon import NEGATED
from processing.claims.mask import mask
from processing.claims.numbers import Moment, Quantity, fold_keep
from processing.claims.opposites import FILLERS
from processing.claims.tokens import STAND_IN, parted, tokens
from processing.text import tone

# Besides the synonyms that the matcher knows: loose enough for counting who repeats a statement, where numbers, dates and places must agree anyway.
_ALIKE = (
    "sân bay, cảng hàng không", "máy bay, phi cơ", "tàu hỏa, tàu lửa, xe lửa, đoàn tàu", "xe buýt, xe bus", "xe cấp cứu, xe cứu thương", "xe khách, xe đò",
    "xe container, xe đầu kéo, container", "cao tốc, đường cao tốc, tuyến cao tốc", "hành khách, khách đi", "khách du lịch, du khách, khách tham quan",
    "di dời, sơ tán, di tản", "bị thương, thương tích, trọng thương", "mất tích, biệt tích", "thực phẩm, thức ăn, đồ ăn", "ngộ độc, trúng độc",
    "tiêm phòng, tiêm chủng, tiêm ngừa, chích ngừa", "trái cây, hoa quả", "bệnh viện, nhà thương", "trạm y tế, trạm xá", "phụ huynh, cha mẹ học sinh, bố mẹ học sinh",
    "cha mẹ, bố mẹ, ba mẹ", "trẻ em, thiếu nhi, trẻ con", "cơ quan chức năng, lực lượng chức năng, nhà chức trách", "ngân hàng, nhà băng", "doanh nghiệp, công ty",
    "xây, xây dựng, dựng", "sửa, sửa chữa, tu sửa, tu bổ, khắc phục", "hỏng, hư hỏng, hư, hư hại", "ô nhiễm, nhiễm bẩn", "bất ngờ, đột ngột", "khẩn cấp, khẩn",
    "tăng, gia tăng, nâng", "giảm, hạ, cắt giảm, sụt giảm", "xảy ra, diễn ra, xuất hiện", "thiệt hại, tổn thất", "bồi thường, đền bù", "nổ, phát nổ", "đâm, tông, húc",
    "chìm, đắm", "bão, cơn bão", "lũ, cơn lũ, nước lũ", "mưa, cơn mưa", "động đất, rung chấn", "thuốc, dược phẩm", "lương, tiền lương", "đất, đất đai",
    "sổ đỏ, giấy chứng nhận quyền sử dụng đất", "chung cư, tòa chung cư", "điện thoại, điện thoại di động, di động", "hủy, hủy bỏ, bãi bỏ, bỏ", "hoãn, tạm hoãn, lùi, dời",
    "kéo dài, gia hạn", "rò rỉ, rò", "dịch, dịch bệnh, ổ dịch, đợt dịch", "lây lan, lan, lây", "phạt, xử phạt, phạt tiền", "tịch thu, thu giữ", "cấp, cung cấp", "ban hành, ra",
    "hết, cạn, cạn kiệt", "thiếu, khan hiếm, thiếu hụt", "trôi, cuốn trôi, cuốn", "tắc, ùn tắc, kẹt", "gãy, đổ gãy", "khu công nghiệp, kcn", "giống, chủng", "rút, rút khỏi",
    "học, học tập, theo học", "đi học, đến trường, tới trường", "chuyển, di chuyển, dời đi", "tuyển, tuyển dụng", "cắt, cắt bỏ", "tổ chức, tiến hành", "xét nghiệm, kiểm tra",
    "nguy cơ, rủi ro", "đốt, thiêu", "kẹt, mắc kẹt", "nước uống, nước ăn", "vượt, quá", "trường, trường học, nhà trường", "bờ, bờ bao", "gạo, hạt gạo", "cá, con cá",
)  # fmt: skip
_SPELLED = {str(value): word for word, value in VALUE.items() if 2 <= value <= 10 and not word.isdigit()}
_FIGURE = re.compile(r"(?<![\w.,/-])(?:[2-9]|10)(?=\s[^\W\d_])")
_FILLERS = frozenset(FILLERS)
_NEGATED = tuple((re.compile(rf"\b(?:{denied})\b"), re.compile(rf"\b(?:{own})\b")) for denied, own in NEGATED)


def _forms() -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """First syllable → forms that begin with it and what they are read as, longest first."""
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for group in _ALIKE:
        first, *others = (tuple(tone(form).split()) for form in group.split(", "))
        for form in (first, *others) if len(first) > 1 else others:  # so that no shorter form is read inside a first form of several syllables
            found.setdefault(form[0], []).append((form, first))
    return {syllable: sorted(forms, key=lambda pair: -len(pair[0])) for syllable, forms in found.items()}


_FORMS = _forms()


@dataclass(frozen=True)
class Said:
    """`words`: content words in their order, with diacritics, words of one meaning as one; `stated`: numbers with their units, dates and places."""

    words: tuple[str, ...]
    stated: frozenset[str]

    @property
    def parts(self) -> frozenset[str]:
        """All of it; a place that is named needs no stand-in."""
        return frozenset(w for w in self.words if w != STAND_IN or not self.stated) | self.stated


@lru_cache(maxsize=16_384)
def said(masked: str) -> Said:
    """Parts of NFC text whose attribution is out already (`mask`)."""
    plain, places, moments, numbers = parted(masked, False)
    stated = {f"={place}" for place in places} | {_moment(m) for m in moments} | {_quantity(q) for q in numbers if not q.value == q.high == 1}
    return Said(tuple(w for w in _read(tokens(plain)) if w not in _FILLERS and not w.isdigit()), frozenset(stated))


def both(a: str, b: str) -> list[tuple[Said, Said]]:
    """Parts of two sentences; where one denies what the other says with a word of its own ("không nhận", "ngừng nhận"), also without those words."""
    left, right = mask(a), mask(b)
    found = [(said(left), said(right))]
    one, other = fold_keep(left), fold_keep(right)
    for denied, own in _NEGATED:
        for x, y in ((denied, own), (own, denied)):
            if (m := x.search(one)) and (n := y.search(other)):
                found.append((said(_cut(left, m.span())), said(_cut(right, n.span()))))
    return found


def _cut(text: str, span: tuple[int, int]) -> str:
    """`text` without a stretch; of "không … nữa" what stands between stays."""
    gone = text[span[0] : span[1]]
    kept = " ".join(gone.split()[1:-1]) if fold_keep(gone).endswith(" nua") else ""
    return f"{text[: span[0]]} {kept} {text[span[1] :]}"


def _read(syllables: list[str]) -> list[str]:
    """Words of one meaning as one."""
    out: list[str] = []
    resume = 0
    for at, syllable in enumerate(syllables):
        if at < resume:
            continue
        forms = _FORMS.get(syllable)
        found = next((pair for pair in forms if tuple(syllables[at : at + len(pair[0])]) == pair[0]), None) if forms else None
        if found is None:
            out.append(syllable)
        else:
            out += found[1]
            resume = at + len(found[0])
    return out


def _moment(m: Moment) -> str:
    """A date without its year, which is often left out; a year alone, or a relative date."""
    return f"@{m.rel}{m.day or ''}/{m.month or ''}" if m.rel or m.day or m.month else f"@{m.year}"


def spelled(text: str, other: str) -> str:
    """`text` with "3 quỹ" as "ba quỹ" where `other` writes the number out: before a noun that is no unit only figures are read as a number."""
    if not (figures := set(_FIGURE.findall(text)) - set(_FIGURE.findall(other))):
        return text
    told = set(tokens(other.lower()))
    return _FIGURE.sub(lambda m: _SPELLED[m[0]] if m[0] in figures and _SPELLED[m[0]] in told else m[0], text)


def _quantity(q: Quantity) -> str:
    """A number in its base unit, a small one without a unit as a word; 15 giờ and 15h are one."""
    if not q.unit and q.value == q.high and (word := _SPELLED.get(f"{q.value:g}")):
        return word
    return f"#{q.value:.6g}{'clock' if q.unit == 'gio' else q.unit}"
