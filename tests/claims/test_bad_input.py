"""What a matcher and a relation must survive, each with the answer that is due."""

from __future__ import annotations

import time

import pytest

from processing.claims import checkable
from processing.claims.core import Matcher
from processing.claims.figures import conflicts
from processing.claims.relation import LABELS, verify
from processing.text import fold

FLOOD = "Cống Ông Ba ở xã Tân Lộc bị vỡ đêm 14/10 làm ngập 60 ha lúa."
CHECKS = [
    {"id": "flood", "claim": FLOOD, "publisher": "P", "publisher_kind": "independent_fact_check", "published_at": "2026-10-20", "rating": "Sai một phần"},
    {"id": "flood-office", "claim": FLOOD, "publisher": "Q", "publisher_kind": "official_statement", "published_at": "2026-10-21", "rating": "Bác bỏ"},
    {"id": "satire", "claim": "Xã Tân Lộc phát cho mỗi hộ 60 con cá sấu để giữ lúa.", "publisher": "P", "publisher_kind": "independent_fact_check", "rating": "Trang châm biếm"},
    {"id": "bare", "claim": "Gạo bán ở chợ Gò Dài trộn 20% hạt nhựa.", "publisher": "P", "publisher_kind": "press_correction"},
]
ODD = {
    "one word": "Lúa", "ten thousand words": f"{FLOOD} " + "nước lên nhanh quá " * 2_500, "markup": f"<div class='x'><p>{FLOOD}</p><script>alert(1)</script></div>",
    "English": "The dike in the commune broke last night and flooded 60 hectares of rice.", "Chinese": "水库大坝昨晚决堤淹没六十公顷稻田", "Russian": "Плотина прорвалась ночью",
    "numbers in words": "Cống Ông Ba ở xã Tân Lộc bị vỡ đêm 14/10 làm ngập sáu mươi ha lúa.", "no diacritics": fold(FLOOD), "capitals": FLOOD.upper(), "decomposed": "Co\u0302\u0301ng vo\u031b\u0303",
    "emoji": "🌊🌊🌊", "one long token": "a" * 30_000, "half a surrogate": "cống vỡ \ud83d",
}  # fmt: skip


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(CHECKS)


@pytest.mark.parametrize("kind", ODD)
def test_every_odd_text_gets_all_checks_in_order_and_fast(matcher: Matcher, kind: str) -> None:
    began = time.process_time()
    found = matcher.match({"id": kind, "text": ODD[kind]}, k=4)
    assert sorted(m["check"] for m in found) == sorted(c["id"] for c in CHECKS)
    assert [m["score"] for m in found] == sorted((m["score"] for m in found), reverse=True)
    assert verify(ODD[kind], FLOOD)["relation"] in LABELS and verify(FLOOD, ODD[kind])["relation"] in LABELS
    assert time.process_time() - began < 10  # a text of any size is cut, not read to its end


@pytest.mark.parametrize("kind", ODD)
def test_every_odd_text_has_a_score_and_no_figure_of_its_own(kind: str) -> None:
    began = time.process_time()
    assert 0 <= checkable.score(ODD[kind]) <= 1
    assert conflicts([{"id": n, "story": "s", "published_at": "2026-10-15T08:00:00+07:00", "source": n, "text": ODD[kind]} for n in "ab"]) == []
    assert time.process_time() - began < 10


@pytest.mark.parametrize("kind", ["one word", "English", "Chinese", "Russian", "emoji", "one long token"])
def test_what_is_no_vietnamese_sentence_is_not_checkable(kind: str) -> None:
    assert checkable.score(ODD[kind]) < checkable.OPERATING_POINT


@pytest.mark.parametrize("kind", ["numbers in words", "markup", "no diacritics"])
def test_a_statement_stays_one_however_it_is_written(kind: str) -> None:
    assert checkable.score(ODD[kind]) >= checkable.OPERATING_POINT


@pytest.mark.parametrize("kind", ["numbers in words", "no diacritics", "capitals", "ten thousand words", "markup"])
def test_the_right_check_comes_first_however_it_is_written(matcher: Matcher, kind: str) -> None:
    assert matcher.match({"text": ODD[kind]}, k=1)[0]["check"].startswith("flood")


def test_numbers_in_words_are_the_same_number(matcher: Matcher) -> None:
    assert matcher.search(ODD["numbers in words"])[0].tier == "confirmable"
    assert matcher.search(ODD["numbers in words"].replace("sáu mươi", "mười sáu"))[0].tier == "related"


@pytest.mark.parametrize("kind", ["one word", "English", "Chinese", "Russian", "emoji", "one long token"])
def test_what_cannot_be_told_is_never_confirmable(matcher: Matcher, kind: str) -> None:
    assert all(m["tier"] != "confirmable" for m in matcher.match({"text": ODD[kind]}))


def test_two_publishers_who_disagree_are_both_shown(matcher: Matcher) -> None:
    assert {(m["check"], m["tier"]) for m in matcher.match({"text": FLOOD}, k=2)} == {("flood", "confirmable"), ("flood-office", "confirmable")}


def test_checks_without_date_or_address_are_taken_by_the_filter(matcher: Matcher) -> None:
    assert matcher.match({"text": "Gạo bán ở chợ Gò Dài trộn 20% hạt nhựa.", "published_at": "2030-01-01"}, k=1)[0] == {
        "check": "bare", "score": pytest.approx(matcher.search(CHECKS[3]["claim"])[0].score, abs=1e-6), "tier": "confirmable",
    }  # fmt: skip


@pytest.mark.parametrize("when", ["2026-10-15", "2026-10-15T08:00:00+07:00", "2031-10-15", "hôm qua", ""])
def test_a_check_older_than_the_text_counts_less_a_younger_one_in_full(matcher: Matcher, when: str) -> None:
    plain, dated = (matcher.search(FLOOD, published_at)[0] for published_at in (None, when))
    assert (dated.score < plain.score and dated.tier == "suggested") if when.startswith("2031") else (dated.score, dated.tier) == (plain.score, plain.tier)


def test_a_check_of_another_days_event_is_related(matcher: Matcher) -> None:
    assert matcher.search(FLOOD.replace("14/10", "14/9"))[0].tier == "related"


def test_a_check_of_a_satire_page_is_a_check_like_any_other(matcher: Matcher) -> None:
    found = matcher.search("Xã Tân Lộc phát cho mỗi hộ dân 60 con cá sấu để giữ lúa.")
    assert found[0].check == "satire" and found[0].tier == "confirmable"
    assert matcher.search("Xã Tân Lộc phát cho mỗi hộ 6 con cá sấu để giữ lúa.")[0].tier == "related"
