"""Same texts, copies, press releases, and what must not count as one."""

from __future__ import annotations

import random
import unicodedata
from pathlib import Path

import pytest

from bench.dedupe import articles, edited, same_event_pairs
from processing.dedupe.core import CopyFinder, Deduper, compare
from processing.dedupe.origins import Voice, independent_groups, wire_credit
from processing.dedupe.shingles import fingerprint, jaccard

WORDS = ["nước", "máy", "ở", "xã", "có", "mùi", "lạ", "người", "dân", "lo", "ngại", "trạm", "cấp", "nước", "súc", "rửa", "bể", "lọc", "mưa", "lớn", "sạt", "lở", "đường", "trường", "học", "thư", "viện", "chợ", "phiên", "giá", "rau", "tăng", "bệnh", "viện", "tiêm", "phòng", "cúm", "mùa", "gặt", "lúa", "chín", "sớm", "hồ", "chứa", "xả", "lũ", "đúng", "quy", "trình", "cầu", "treo", "sửa", "chữa", "xong", "thông", "xe"]  # fmt: skip


def text(seed: int, count: int = 160) -> str:
    """Text of syllables drawn at random; two seeds share no 5-gram to speak of."""
    rng = random.Random(seed)
    return ". ".join(" ".join(rng.choice(WORDS) for _ in range(16)).capitalize() for _ in range(count // 16)) + "."


def test_spelling_forms_of_one_text_share_a_group() -> None:
    deduper = Deduper()
    base = text(1) + " Thành phố Hoà Bình, thuỷ điện."
    forms = [unicodedata.normalize("NFD", base), base.upper(), base.replace("Hoà", "Hòa").replace("thuỷ", "thủy"), base.replace(". ", "\n")]
    assert [deduper.add("a", base), *(deduper.add(f"b{i}", form) for i, form in enumerate(forms))] == ["a"] * 5


def test_group_is_the_first_document_and_ids_repeat() -> None:
    deduper = Deduper()
    assert [deduper.add("x", text(1)), deduper.add("y", text(2)), deduper.add("z", text(2)), deduper.add("x", text(2))] == [
        "x",
        "y",
        "y",
        "x",
    ]


@pytest.mark.parametrize("odd", ["", "một", "!!! ???", "một hai ba", "\u200b"])
def test_odd_texts(odd: str) -> None:
    deduper = Deduper()
    first = deduper.add("a", odd)
    assert first == "a"
    assert deduper.add("b", odd) == ("a" if fingerprint(odd).kept.size else "b")


def test_a_megabyte_costs_little() -> None:
    assert len(fingerprint(text(3) * 3000).shingles) < 30_000


def test_copies_are_found_and_chains_end_at_the_origin() -> None:
    finder = CopyFinder()
    finder.add("wire", text(1, 320), source="wire")
    trimmed = text(1, 320)[:700]
    assert finder.add("paper", trimmed, source="p1")[:2] == ("copied_from", "wire")
    assert finder.add("other", text(2), source="p2").relation == "origin"


def test_a_shared_passage_is_a_press_release_within_days_and_boilerplate_later() -> None:
    release = text(9, 64)
    finder = CopyFinder()
    relations = [finder.add(f"d{i}", f"{text(20 + i, 128)} {release}", source=f"s{i}", day=i * 0.2).relation for i in range(6)]
    assert relations == ["origin"] + ["shared_release"] * 5
    finder = CopyFinder()
    relations = [finder.add(f"d{i}", f"{text(20 + i, 128)} {release}", source=f"s{i}", day=i * 9.0).relation for i in range(8)]
    assert relations[4:] == ["origin"] * 4
    finder = CopyFinder()
    relations = [finder.add(f"d{i}", f"{text(20 + i, 128)} {release}", source="one site").relation for i in range(8)]
    assert relations[4:] == ["origin"] * 4


def test_forms_filled_with_other_figures_are_not_copies() -> None:
    def results(seed: int) -> str:
        rng = random.Random(seed)
        prizes = " ".join(
            f"Giải số {name} của đài tỉnh trong kỳ quay thưởng hôm nay thuộc về vé mang số {rng.randrange(10**5):05d}."
            for name in "abcdefghij"
        )
        return f"Kết quả mở thưởng. {prizes}"

    assert compare(fingerprint(results(1)), fingerprint(results(2)))[0] == "origin"
    assert compare(fingerprint(results(1)), fingerprint(results(1)))[0] == "same_text"


def test_owners_credits_and_copies_count_once() -> None:
    voices = [Voice(1, "A"), Voice(1, "B"), Voice(2, "B"), Voice(3, "C", "TTX"), Voice(4, "D", "TTX"), Voice(5, "E")]
    assert independent_groups(voices) == [0, 0, 0, 1, 1, 2]
    assert independent_groups([]) == []


@pytest.mark.parametrize(
    ("tail", "credited"),
    [
        ("… cho biết. (Thông tấn Miền Xa)", True),
        ("… cho biết.\nTheo Thông tấn Miền Xa", True),
        ("… phóng viên Thông tấn Miền Xa có mặt tại xã.", False),
    ],
)
def test_wire_credit(tail: str, credited: bool) -> None:
    assert wire_credit(tail, ["Thông tấn Miền Xa"]) == ("Thông tấn Miền Xa" if credited else "")


@pytest.mark.parametrize(("level", "least"), [("light", 0.99), ("trimmed", 0.99), ("heavy", 0.98)])
def test_edited_copies_of_real_articles(shared_data: Path, level: str, least: float) -> None:
    texts = [t for t in articles(shared_data, 150) if len(t.split()) >= 80]
    rng = random.Random(3)
    hits = sum(compare(fingerprint(edited(t, level, rng)), fingerprint(t))[0] in ("same_text", "copied_from") for t in texts)
    assert hits >= least * len(texts)


def test_articles_about_one_event_are_never_one_text(shared_data: Path) -> None:
    pairs = list(same_event_pairs(shared_data))
    assert pairs
    assert max(jaccard(fingerprint(a).shingles, fingerprint(b).shingles) for a, b in pairs) < 0.8
