"""Words equal underthesea's own, sentence by sentence; bad input stays cheap."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest
from underthesea import word_tokenize

from processing.annotate import segment

SENTENCES = [
    "Bác sĩ bây giờ có thể thản nhiên báo tin bệnh nhân bị ung thư.",
    "Ngày 12/3/2026, UBND xã Ia Pal (Gia Lai) chi 1,2 tỷ đồng sửa 3 km đường.",
    "Hà Nội",
    "mưa",
    "“Nước đục lắm!” – một người dân nói với P.V.",
    "...",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_same_words_as_underthesea(sentence: str) -> None:
    assert segment.words(sentence) == word_tokenize(sentence, use_token_normalize=False)


def test_same_words_on_real_text(shared_data: Path) -> None:
    with gzip.open(shared_data / "news" / "vietnews.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(next(file))["text"] for _ in range(20)]
    for text in texts:
        for sentence in segment.sentences(text):
            if len(sentence) < 2_000:
                assert segment.words(sentence) == word_tokenize(sentence, use_token_normalize=False)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "a"])
def test_nearly_nothing(text: str) -> None:
    assert [word for sentence in segment.sentences(text) for word in segment.words(sentence)] == text.split()


def test_time_stays_linear_without_full_stops() -> None:
    begin = time.process_time()
    assert len(segment.words("mặt hàng 12.000 " * 6_000)) > 6_000
    assert len(segment.words("x" * 50_000)) >= 1
    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Người dân xã Ia Pal thiếu nước sinh hoạt nhiều ngày nay.", "vi"),
        ("nguoi dan cua xa khong co nuoc va phai mua nuoc cho cac gia dinh", "vi"),
        ("The storm made landfall in the afternoon and thousands were moved to shelters.", "en"),
        ("", "und"),
        ("12 34 56", "und"),
        ("Der Sturm erreichte am Nachmittag die Küste.", "und"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert segment.language(text) == language
