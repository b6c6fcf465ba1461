"""Checkable sentences: figures on unseen families, and forms that never pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from processing.claims import checkable, train_checkable
from processing.claims.diacritics import restored
from processing.claims.mask import mask
from processing.claims.vetoes import vetoed
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


def _judged(name: str, form: Callable[[str], str] = str) -> tuple[float, float]:
    """Precision and recall on a file of labelled sentences, none of which the model learned from."""
    rows = [json.loads(line) for line in (Path(__file__).parent / "data" / name).read_text("utf-8").splitlines()]
    assert not {r["text"] for r in rows} & {r["text"] for r in train_checkable.rows()}
    hits = [(checkable.score(form(r["text"])) >= checkable.OPERATING_POINT, bool(r["label"])) for r in rows]
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


@pytest.mark.parametrize(("name", "least"), [("checkable_fresh.jsonl", 0.55), ("checkable_second.jsonl", 0.45)])
def test_the_same_without_diacritics(name: str, least: float) -> None:
    precision, recall = _judged(name, fold)
    assert precision >= 0.93 and recall >= least


def test_posts_half_of_them_without_diacritics() -> None:
    """Thirty-seven sentences in the manner of posts, written and set aside before anything was tried, seven of them proverbs."""
    precision, recall = _judged("checkable_posts.jsonl")
    assert precision >= 0.7 and recall >= 0.6


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Ko co nc 3 ngay nay, ngta fai di mua", "khong co nuoc 3 ngay nay, nguoi ta fai di mua"), ("di 5 k het 20 phut", "di 5 k het 20 phut"),
        ("Nước ko có 3 ngày", "Nước ko có 3 ngày"), ("bko dcx", "bko dcx"),
    ],
)  # fmt: skip
def test_short_forms_of_posts_are_words_where_there_are_no_diacritics(written: str, meant: str) -> None:
    assert checkable.spelled_out(written) == meant


def test_diacritics_are_put_back_by_what_stands_beside() -> None:
    assert restored("benh vien huyen thieu giuong, nha may xa nuoc thai ra zplace.") == "bệnh viện huyện thiếu giường, nhà máy xả nước thải ra zplace."
    assert restored("") == "" and restored("xyzzy 12/3") == "xyzzy 12/3"
    assert restored("mua " * 500).split()[200:] == ["mua"] * 300  # no more of a clause is read


@pytest.mark.parametrize("text", ["Theo tôi, cầu này nên xây sớm.", "Chống ngập ở đây tốt hơn nhiều nơi khác, theo cảm nhận của tôi.", "Đường hẹp quá, theo mình."])
def test_whose_own_view_it_is_is_no_attribution(text: str) -> None:
    assert mask(text) == text and checkable.score(text) < checkable.OPERATING_POINT


def test_without_diacritics_no_opinion_passes_either() -> None:
    suite = [json.loads(line)["text"] for line in (Path(__file__).parents[1] / "safeguards" / "data" / "opinion_suite.jsonl").read_text("utf-8").splitlines()]
    assert [t for text in suite for t in sentences(fold(text)) if checkable.score(t) >= checkable.OPERATING_POINT] == []
    told = [fold(r["text"]) for r in train_checkable.rows() if r["split"] == "test" and r["label"]]
    assert sum(checkable.score(t) >= checkable.OPERATING_POINT for t in told) >= 0.9 * len(told)


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
    assert vetoed(being) == "" and vetoed(deserving) == "opinion"


def test_without_diacritics_speaker_group_and_place_weigh_nothing_either() -> None:
    said = ("{}", "Bac si noi rang {}", "Theo mot nong dan, {}", "Theo hang tin, {}")
    texts = [s.format("dem 14/10 bai rac boc chay o Tan Loc") for s in said]
    scores = [checkable.score(text) for text in texts]
    assert max(scores) - min(scores) <= 1e-9
    for some in (("dong bao Thai", "dong bao Cham", "nguoi Hoa"), ("nguoi mien Bac", "nguoi mien Nam", "dan mien Trung"), ("cong giao", "phat giao", "tin lanh")):
        scores = [checkable.score(f"Dem 14/10, 5 ho {group} o xa Tan Loc bi ngap va mat nuoc sach.") for group in some]
        assert max(scores) - min(scores) <= 1e-9
    scores = [checkable.score(f"Bai rac o {place} boc chay dem 14/10.") for place in ("Ha Noi", "Nghe An", "Ca Mau")]
    assert max(scores) - min(scores) <= 1e-9


NAMES = (
    "Tổng thống A và Tổng thống B.", "Ông Nguyễn Văn An và bà Trần Thị Bình.", "Hà Nội, Hải Phòng, Đà Nẵng và Cần Thơ.", "Bệnh viện Chợ Rẫy và Bệnh viện Bạch Mai.",
    "Chủ tịch UBND xã Tân Lộc Trần Mẫu.", "Xã Tân Lộc, huyện Cao Lãnh, tỉnh Đồng Tháp.", "Putin và ông Trump.",
)  # fmt: skip
STATED = (
    "Công ty Mẫu hợp tác với Tập đoàn Sao.", "Bệnh viện Chợ Rẫy tuyển bác sĩ.", "Tổng thống A bay cùng ông B.", "Xã Tân Lộc thuộc tỉnh Vĩnh Long.", "Hà Nội Cấm Xe Máy Và Ô Tô.",
    "Tổng thống A gặp Tổng thống B.", "Ngày 12/3, Tổng thống A và Tổng thống B.", "Sông Hồng và sông Đà cạn.", "“Cháy chợ Đồng Xuân.”", "Sập cầu Phong Châu.", "Vỡ đập Krông Năng.", "Cháy Chợ Lớn và chợ Hòa Bình.",
)  # fmt: skip


def test_names_alone_state_nothing() -> None:
    assert [vetoed(text) for text in NAMES] == ["fragment"] * len(NAMES) and checkable.past(NAMES) == []
    assert [vetoed(text) for text in STATED] == [""] * len(STATED)
    stated = [row["text"] for row in train_checkable.rows() if row["label"]]
    assert not [text for text in stated if vetoed(checkable.read(text)[0]) == "fragment" and len(text.split()) >= 4]
