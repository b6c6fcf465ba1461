"""Words equal underthesea's own, sentence by sentence; bad input stays cheap."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import numpy as np
import pytest
from underthesea import word_tokenize

from processing.annotate import crf, segment

SENTENCES = [
    "Bác sĩ bây giờ có thể thản nhiên báo tin bệnh nhân bị ung thư.",
    "Ngày 12/3/2026, UBND xã Ia Pal (Gia Lai) chi 1,2 tỷ đồng sửa 3 km đường.",
    "Hà Nội",
    "mưa",
    "“Nước đục lắm!” – một người dân nói với P.V.",
    "...",
    "Hãng U.S. và Tp. Huế họp lúc 10:20:50, gửi a.b@c.vn (xem https://a.vn/x?y=(1)) :D",
    "Bệnh viện Th. S chữa bệnh; Th sau đó, Th.s Lan (P.V.) nói v.v... ðường Ðông H'Mông",
    "“Đặc   biệt”\u00a0là 12-3-2026,\t1.600m-2.000m; Đ.",
    "Khoa Đ. ",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_tokens_of_stretches_are_those_of_the_whole(sentence: str) -> None:
    for text in (sentence, sentence.upper(), f"{sentence}\n", sentence.replace(" ", "\x1f"), f"(A.{sentence})"):
        assert segment._tokens(text) == list(segment._read(text))


def test_long_stretches_are_read_and_not_remembered() -> None:
    address = f"https://example.org/{'a' * 100}"
    assert segment._tokens(f"xem {address} nay") == list(segment._read(f"xem {address} nay"))
    assert "xem" in segment._inner and address not in segment._inner


def test_runs_of_tokens_are_found_by_their_numbers() -> None:
    model = crf.load()
    for place, sample in ((model.twos, ("bệnh nhân", "có thể")), (model.threes, tuple(run for run in model.threes.low.row if run in model.words)[:2])):
        for text in sample:
            numbers = [np.array([place.low.tokens[token]]) for token in text.split(" ")]
            assert place.low.find(numbers)[0] == place.low.row[text] and place.known[place.low.row[text]]
    unknown = [np.array([0]), np.array([model.twos.low.tokens["nhân"]])]
    assert model.twos.low.find(unknown)[0] == -1


def test_scores_are_the_sums_of_the_weights_of_all_features() -> None:
    """Every template of every token looked up one by one, as the model is defined."""
    model = crf.load()
    for sentence in SENTENCES[:2]:
        tokens = segment._tokens(sentence)
        expected = []
        for at in range(len(tokens)):
            score = 0.0
            for template, table in model.weights.items():
                places, _, kind = template.removeprefix("T[").partition("]")
                reach = [int(step) for step in places.split(",")]
                run = tokens[at + reach[0] : at + reach[-1] + 1] if at + reach[0] >= 0 and at + reach[-1] < len(tokens) else []
                text = " ".join(run)
                value = {"": text, ".lower": text.lower(), ".istitle": str(all(not t[0].islower() for t in run)), ".is_in_dict": str(text.lower() in model.words)}
                value[".isdigit"] = str(len(run) == 1 and text.isascii() and text.isdigit())
                score += table.get(value[kind], 0.0) if run else 0.0
            expected.append(score)
        assert model._scores([tokens])[2:-2] == pytest.approx(expected, abs=1e-9)


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
