"""Checkable sentences: figures on unseen families, and forms that never pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from processing.claims import checkable, train_checkable
from processing.text import fold, sentences


def test_precision_and_recall_on_unseen_families() -> None:
    data = train_checkable.rows()
    train = {r["family"] for r in data if r["split"] == "train" and not r["family"].startswith("h_")}
    test = [r for r in data if r["split"] == "test"]
    assert len(data) >= 1200 and not train & {r["family"] for r in test}
    hits = [(checkable.score(r["text"]) >= checkable.OPERATING_POINT, bool(r["label"])) for r in test]
    true = sum(a and b for a, b in hits)
    assert true / sum(a for a, _ in hits) >= 0.92 and true / sum(b for _, b in hits) >= 0.85


@pytest.mark.parametrize("text", ["", "?", "Đập", "Bao giờ có nước?", "Đề nghị xã trả lời trước ngày 15/10.", "Theo tôi 12 tỷ cho một cái cổng chào là lãng phí."])
def test_what_never_passes(text: str) -> None:
    assert checkable.score(text) < checkable.OPERATING_POINT


def test_past_is_what_score_says() -> None:
    texts = [*[r["text"] for r in train_checkable.rows()][::7], "", "Theo ông chủ tịch xã, người dân cho biết  đập đã vỡ lúc 3 giờ."]
    told = [(text, checkable.score(text)) for text in texts]
    assert checkable.past(texts) == [(text, score) for text, score in told if score >= checkable.OPERATING_POINT]


def test_no_attribute_is_made_up() -> None:
    with pytest.raises(AttributeError):
        _ = checkable.SOMETHING


def _judged(name: str) -> tuple[float, float]:
    """Precision and recall on a file of labelled sentences, none of which the model learned from."""
    rows = [json.loads(line) for line in (Path(__file__).parent / "data" / name).read_text("utf-8").splitlines()]
    assert not {r["text"] for r in rows} & {r["text"] for r in train_checkable.rows()}
    hits = [(checkable.score(r["text"]) >= checkable.OPERATING_POINT, bool(r["label"])) for r in rows]
    right = sum(a and b for a, b in hits)
    return right / sum(a for a, _ in hits), right / sum(b for _, b in hits)


def test_sentences_of_other_forms_pass_rarely_but_rightly() -> None:
    """One hundred and twenty sentences written one by one for measuring, never for training: what passes is checkable; much that is checkable does not pass."""
    precision, recall = _judged("checkable_fresh.jsonl")
    assert precision >= 0.95 and recall >= 0.75


def test_a_second_set_that_nothing_was_chosen_with() -> None:
    """Eighty of 240 sentences written and split before the present model was begun; the others are learned from."""
    precision, recall = _judged("checkable_second.jsonl")
    assert precision >= 0.92 and recall >= 0.65


def test_without_diacritics_no_opinion_passes_either() -> None:
    suite = [json.loads(line)["text"] for line in (Path(__file__).parents[1] / "safeguards" / "data" / "opinion_suite.jsonl").read_text("utf-8").splitlines()]
    assert [t for text in suite for t in sentences(fold(text)) if checkable.score(t) >= checkable.OPERATING_POINT] == []
    told = [fold(r["text"]) for r in train_checkable.rows() if r["split"] == "test" and r["label"]]
    assert sum(checkable.score(t) >= checkable.OPERATING_POINT for t in told) >= 0.75 * len(told)


@pytest.mark.parametrize("text", ["{} nhận 12 tỷ đồng tiền đền bù đất ở xã Tân Lộc ngày 3/9.", "Hôm qua {} đã ký giấy thu hồi ba lô vắc xin."])
def test_whom_it_is_about_and_where_it_is_weigh_nothing(text: str) -> None:
    offices = ("chủ tịch", "nông dân", "hiệu trưởng", "phó giám đốc", "linh mục", "thủ tướng")
    assert max(scores := [checkable.score(text.format(o)) for o in offices]) - min(scores) <= 1e-9
    places = [checkable.score(text.format("chủ tịch").replace("Tân Lộc", place)) for place in ("Tân Lộc", "Hòa An", "Mường Vang")]
    assert max(places) - min(places) <= 1e-9


def test_a_compound_is_one_word_and_numbers_are_none() -> None:
    assert checkable.words("cấp nước cho 1.200 hộ ở khu tái định cư", {"cấp nước": 1.0, "định cư": 0.0}.get) == ["cấp nước", "cho", "hộ", "ở", "khu", "tái", "định cư"]


@pytest.mark.parametrize(("being", "deserving"), [("Cầu mới đang được sửa từ hôm qua.", "Ông ấy đáng được khen từ hôm qua.")])
def test_what_only_reads_like_an_opinion_without_its_marks_is_none(being: str, deserving: str) -> None:
    assert checkable.vetoed(being) == "" and checkable.vetoed(deserving) == "opinion"
