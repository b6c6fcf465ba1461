"""A watched pattern finds what the plain one finds, wherever it stands; numbers and dates are tried at digits alone and none is lost."""

from __future__ import annotations

import pytest

from processing.annotate import chars
from processing.claims import checkable, mask, numbers, tokens, train_checkable
from processing.claims.numbers import dates, fold_keep, fold_together, quantities
from processing.claims.watched import Watched, needed

PATTERNS = {
    f"{room.__name__.rpartition('.')[2]}.{name}": found for room in (mask, numbers, tokens, checkable) for name, found in vars(room).items() if isinstance(found, Watched)
}
WRITTEN = [
    "Theo  ông chủ tịch xã,   cống đã vỡ; dự kiến chiều mai sửa xong, người dân cho biết.",
    "“Nghe nói” ba ngân hàng sẽ đóng cửa tuần này!!! Chuyện là: bà con nhớ mang áo mưa nhé.",
    "Người miền Trung, đồng bào Ê Đê và người gốc Huế ở TP.HCM, Bà Rịa - Vũng Tàu, quận 3.",
    "Hàng xóm tôi kể rằng: chủ tịch, phó giám đốc sở nói… Từ 5/9, ngày 12 tháng 8 năm 2025 (thứ 2) thu 1.200,5 tỷ đồng, hai mươi lăm nghìn hộ.",
    "_nếu_ giá như; thật_xứng đáng không? Liệu có nên? chỉ giỏi hứa, chắc để ngắm.",
    "lúc 7h30, 20-25 người; 3/4 diện tích; 08/2026; ngày30 tháng 4; từ 5-7/10 tới 12.10.2025.000",
]


def _texts() -> list[str]:
    texts = [*WRITTEN, *(row["text"] for row in train_checkable.rows()[::12])]
    return [fold_keep(form) for text in texts for form in (text, text.upper(), f"– {text}", text.replace(" ", "\n", 2), text.replace(", ", ",  ").replace(".", "…"))]


@pytest.mark.parametrize("name", PATTERNS)
def test_a_watched_pattern_finds_what_the_plain_one_finds(name: str) -> None:
    watched = PATTERNS[name]
    for text in _texts():
        assert [m.span() for m in watched.finditer(text)] == [m.span() for m in watched.regex.finditer(text)], text
        assert (watched.match(text) is None) == (watched.regex.match(text) is None)


def test_all_lists_of_the_room_are_watched_and_some_of_them_spare_the_pattern() -> None:
    assert len(PATTERNS) >= 15
    texts = _texts()
    tried = sum(watched.may(text) for watched in PATTERNS.values() for text in texts)
    assert tried < 0.2 * len(PATTERNS) * len(texts)


@pytest.mark.parametrize(
    ("pattern", "strings"),
    [
        (r"\b(?:theo toi|ghe)\b", {" theo toi ", " ghe "}),
        (r"^\W*(?:hay|dung)\b", {"^ hay ", "^ dung "}),
        (r"\b(?:hay|nhi)\W*$", {" hay $", " nhi $"}),
        (r"(?:chinh quyen|xa)\b[^,.]{0,20} se\b.* (?:nam|thap ky) (?:toi|nua)", {" nam toi", " nam nua", " thap ky toi", " thap ky nua"}),
        (r"roi .{0,30} cung se", {" cung se"}),
        (r"tp\.hcm|(?<!\w)ba ria \- vung tau(?!\w)", {"tp hcm", " ba ria vung tau "}),
        (r"\bco(?: dieu)?\s+la\b", {" co la ", " co dieu la "}),
        (r"a+bc", {"bc"}),
    ],
)
def test_the_strings_of_a_pattern(pattern: str, strings: set[str]) -> None:
    assert needed(pattern) == strings


@pytest.mark.parametrize("pattern", [r"\d+", r"a|\?", r"x*", r"(?:a|.)b?", r"(a", r"+a", "đ"])
def test_a_pattern_that_may_match_anything_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"nothing that every match holds|not read"):
        needed(pattern)


def test_numbers_and_dates_are_those_of_a_scan_of_every_character(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(dates(text), quantities(text)) for text in _texts()]
    assert sum(len(quantities_) for _, quantities_ in found) > 100
    monkeypatch.setattr(numbers, "_at_digits", lambda pattern, folded, lead=None: pattern.finditer(folded))
    assert found == [(dates(text), quantities(text)) for text in _texts()]


def test_letters_are_those_of_a_translation_letter_by_letter() -> None:
    every = "".join(map(chr, [*range(0xD800), *range(0xE000, 0xE100)]))
    for form, fast in ((chars._one, chars._EXACT), (chars._bare, chars._FOLDED), (numbers._letter, numbers._folding)):
        expected = "".join(map(form, every))
        assert len(expected) == len(every)
        for part in (slice(0, 0x2600), slice(None), slice(100, 110)):
            assert fast(every[part]) == expected[part]


def test_sentences_folded_together_are_those_folded_alone() -> None:
    numbers._folded.clear()
    alone = [fold_keep(text) for text in WRITTEN]
    numbers._folded.clear()
    fold_together(WRITTEN)
    assert [numbers._folded[text] for text in WRITTEN] == alone
    fold_together(["một\nhai", "ba"])  # lines of its own: nothing is kept of them
    assert fold_keep("một\nhai") == "mot\nhai" and fold_keep("ba") == "ba"
