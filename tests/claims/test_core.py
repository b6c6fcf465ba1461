"""The matcher: tiers by truth conditions, bad input, incremental index, both spellings."""

from __future__ import annotations

import pytest

from processing.claims import differences, facts, train_fusion
from processing.claims.core import Matcher
from processing.claims.numbers import dates, fold_keep, quantities
from processing.claims.tokens import neutral
from processing.text import fold

BASE = "Cống Ông Ba ở xã Tân Lộc bị vỡ đêm 14/10 làm ngập 60 ha lúa."
CHECKS = [
    {"id": "cong", "claim": BASE, "publisher": "P", "publisher_kind": "independent_fact_check", "published_at": "2026-01-10"},
    {"id": "gao", "claim": "Gạo bán ở chợ Gò Dài trộn 20% hạt nhựa.", "publisher": "P", "publisher_kind": "independent_fact_check"},
    {"id": "rỗng", "claim": "", "title": "Một bài không nêu nội dung kiểm chứng", "publisher": "P", "publisher_kind": "press_correction"},
]


def best(text: str, published_at: str | None = None) -> tuple[str, str]:
    found = Matcher(CHECKS).search(text, published_at)[0]
    return found.check, found.tier


@pytest.mark.parametrize("text", [BASE, "Đêm 14/10, cống Ông Ba tại xã Tân Lộc vỡ khiến 60 hecta lúa bị ngập."])
def test_the_same_claim_in_other_words_is_confirmable(text: str) -> None:
    assert best(text) == ("cong", "confirmable")


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("60 ha", "16 ha", "number"),
        ("14/10", "24/10", "date"),
        ("xã Tân Lộc", "xã Tân Thành", "place"),
        ("bị vỡ", "không bị vỡ", "negation"),
    ],
)
def test_one_change_makes_it_related_and_is_named(old: str, new: str, kind: str) -> None:
    found = Matcher(CHECKS).search(BASE.replace(old, new))[0]
    assert found.tier == "related" and kind in {d.kind for d in found.differences}


def test_an_old_check_decays_only_when_the_query_has_a_date() -> None:
    matcher = Matcher(CHECKS)
    undated, late, early = (matcher.search(BASE, when)[0] for when in (None, "2036-01-10", "2025-01-10T08:00:00+07:00"))
    assert undated.score == early.score > late.score and late.tier == "suggested"


def test_short_texts_are_only_ever_suggested() -> None:
    matcher = Matcher([{"id": "1", "claim": "Đập Khe Bùng vỡ rồi"}, *CHECKS])
    assert matcher.search("Đập Khe Bùng vỡ rồi")[0].tier == "suggested"


def test_without_diacritics_the_same_check_is_found() -> None:
    assert best(fold(BASE))[0] == "cong"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "đập",
        "🙂🙂",
        "The dam broke last night, officials say.",
        "<p>Cống <b>Ông Ba</b> vỡ</p>",
        "ba " * 10_000,
        "水库大坝昨晚决堤",
        "\x00\x00",
        "1" * 5000,
    ],
)
def test_odd_queries_give_an_answer_not_an_error(text: str) -> None:
    found = Matcher(CHECKS).match({"id": "q", "text": text})
    assert all(0 <= m["score"] <= 1 and m["tier"] in ("confirmable", "suggested", "related") for m in found)


def test_a_registry_without_checks_answers_nothing() -> None:
    assert Matcher([]).match({"text": BASE}) == []


def test_added_withdrawn_and_replaced_checks() -> None:
    matcher = Matcher(CHECKS)
    matcher.add([{"id": "moi", "claim": "Hai con hổ sổng chuồng ở vườn thú Bình An sáng 2/4."}])
    assert matcher.search("Hai con hổ của vườn thú Bình An đã sổng chuồng sáng 2/4.")[0].check == "moi"
    matcher.withdraw("moi")
    assert "moi" not in {c.check for c in matcher.search("Hai con hổ sổng chuồng ở vườn thú Bình An sáng 2/4.")}
    matcher.add([{**CHECKS[0], "claim": "Cống Ông Ba không vỡ."}])
    assert len(matcher) == 3 and [c.check for c in matcher.search(BASE)].count("cong") == 1


def test_adding_one_by_one_ranks_like_adding_at_once() -> None:
    data = train_fusion.pairs()[:60]
    checks = [{"id": p["id"], "claim": p["check"]} for p in data]
    at_once, slowly = Matcher(checks), Matcher()
    for check in checks:
        slowly.add([check])
        slowly.search("cống vỡ")
    for pair in data[:10]:
        left, right = (m.search(pair["query"]) for m in (at_once, slowly))
        assert [c.check for c in left] == [c.check for c in right]
        assert all(abs(a.score - b.score) < 1e-6 for a, b in zip(left, right, strict=True))


def test_a_stored_score_is_reproducible_from_its_features() -> None:
    matcher = Matcher(CHECKS)
    found = matcher.search(BASE)[0]
    again = matcher._fusion.probability(found.features)
    assert abs(again - found.probability) < 1e-4


def test_tiers_on_unseen_families() -> None:
    pairs = train_fusion.pairs()
    test = [p for p in pairs if p["split"] == "test"]
    found = train_fusion.tiers(train_fusion.judged(train_fusion.matcher(pairs), test), test)
    assert len(pairs) == 400 and found["confirm_precision"] >= 0.97 and found["confirm_recall"] >= 0.70 and found["suggest_recall"] >= 0.95
    assert found["confirmed_number"] == found["confirmed_negation"] == found["confirmed_polarity"] == 0


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("giá 12,5 triệu đồng", 12.5e6, "dong"), ("1.200 hộ dân", 1200, "ho"), ("hai mươi lăm người", 25, "nguoi"), ("một trăm linh hai hộ", 102, "ho"),
        ("gần 20 ha", 2e5, "m2"), ("5 nghìn tỷ đồng", 5e12, "dong"), ("25 phần trăm", 25, "%"), ("3 km", 3000, "m"), ("sáu ngày", 6, "ngay"),
    ],
)  # fmt: skip
def test_numbers_in_figures_and_words(text: str, value: float, unit: str) -> None:
    (found,) = quantities(fold_keep(text), None, text)
    assert (found.value, found.unit) == (value, unit)


def test_words_that_only_look_like_numbers() -> None:
    for text in ("từ ngày mai", "sau ngày hội", "năm nay", "ba mẹ tôi", "ngân hàng", "văn phòng"):
        assert quantities(fold_keep(text), None, text) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ngày 26/3", (26, 3, None)),
        ("5 tháng 3 năm 2023", (5, 3, 2023)),
        ("tháng 4.1936", (None, 4, 1936)),
        ("12/03/2024", (12, 3, 2024)),
        ("năm 2027", (None, None, 2027)),
    ],
)
def test_dates(text: str, parts: tuple[int | None, int | None, int | None]) -> None:
    found = dates(fold_keep(text))[0]
    assert (found.day, found.month, found.year) == parts


def test_differences_read_like_a_sentence() -> None:
    (difference,) = differences.compare(facts.extract("12 người bị thương"), facts.extract("2 người bị thương"))
    assert str(difference) == "number: 12 người ↔ 2 người"


def test_english_words_that_look_like_heads_of_places_take_no_words_away() -> None:
    for text in ("BREAKING: Mayor Will Ban Full-Face Veils In Public Places, Do You Agree?", "The Ban On Plastic Bags Has Ended", "His Song And Cap Were Sold"):
        assert neutral(text)[1] == []
    assert neutral("Cống ở bản Nà Sản, xã Chiềng Mung bị vỡ")[1] and neutral("cong o xa Chieng Mung bi vo")[1] == ["chieng mung"]


def test_always_the_top_k_even_where_nothing_is_shared() -> None:
    matcher = Matcher([{"id": "a", "claim": "Nước giếng nhiễm chì gấp 10 lần"}, {"id": "b", "claim": "Ba ngân hàng đóng cửa"}])
    for text in ("Nước giếng nhiễm chì", "😀", ""):
        found = matcher.match({"id": 1, "text": text}, k=2)
        assert sorted(m["check"] for m in found) == ["a", "b"]
        assert found[-1] == {"check": found[-1]["check"], "score": 0.0, "tier": "related"}
    assert len(matcher.match({"id": 1, "text": "nước"}, k=1)) == 1
    assert len(matcher.match({"id": 1, "text": "nước"}, k=9)) == 2
