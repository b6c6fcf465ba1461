"""Checkable sentences: figures on unseen families, and forms that never pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from processing.claims import checkable, train_checkable


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


def test_sentences_of_other_forms_pass_rarely_but_rightly() -> None:
    """One hundred and twenty sentences written one by one for measuring, never for training: what passes is checkable; much that is checkable does not pass."""
    fresh = [json.loads(line) for line in (Path(__file__).parent / "data" / "checkable_fresh.jsonl").read_text("utf-8").splitlines()]
    hits = [(checkable.score(r["text"]) >= checkable.OPERATING_POINT, bool(r["label"])) for r in fresh]
    right = sum(a and b for a, b in hits)
    assert not {r["text"] for r in fresh} & {r["text"] for r in train_checkable.rows()}
    assert right / sum(a for a, _ in hits) >= 0.95 and right / sum(b for _, b in hits) >= 0.35
