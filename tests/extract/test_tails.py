"""Tails, credits and signature lines in lists of paragraphs."""

from __future__ import annotations

import time

import pytest

from processing.extract.signature import cut, organisations, signature
from processing.extract.tails import strip

BODY = [
    "Mưa lớn từ đêm qua làm ngập ba tuyến đường ở phía nam thị xã, nước rút chậm vì cống tắc rác.",
    "Đội thoát nước đã mở bốn cửa xả và dùng hai máy bơm; người dân được khuyên đi vòng qua đường tránh.",
]


@pytest.mark.parametrize(
    "tail",
    [
        ["Ý kiến bạn đọc", "Đăng nhập để bình luận"],
        ["Tin liên quan", "Thông xe đường tránh", "Lịch cắt điện tuần này"],
        ["Những tin mới hơn", "Cống mới ở đường Bờ Đê (12/03/2026)", "Những tin cũ hơn", "Họp tổ dân phố"],
        [">> Xem thêm: Dự báo mưa"],
        ["Từ khóa: ngập, cống"],
        ["Tổng số điểm của bài viết là: 0 trong 0 đánh giá", "Click để đánh giá bài viết"],
        ["Theo dõi Báo Thử trên Google News"],
        ["Mời quý vị đón xem: chương trình 19 giờ"],
        ["Related articles", "Ten ways to cook rice"],
        ["Advertisement"],
    ],
)
def test_tails_go(tail: list[str]) -> None:
    assert strip([*BODY, *tail]) == BODY


def test_a_heading_inside_the_article_does_not_cut_it() -> None:
    lines = [BODY[0], "Tin liên quan", *BODY, *BODY, *BODY]
    assert strip(lines) == [BODY[0], *BODY, *BODY, *BODY]


@pytest.mark.parametrize(
    "line", ["Họa Mi Thử", "H.M", "HỌA MI", "PV", "Họa Mi - Sơn Ca", "Tin, ảnh: Sơn Ca", "Thực hiện: SƠN CA", "(Sơn Ca)"]
)
def test_signatures(line: str) -> None:
    assert signature(line) == ""


@pytest.mark.parametrize(
    "line",
    [
        "Xã An Phú",
        "Đường Bờ Đê",
        "Thành phố Huế",
        "Nước đã rút.",
        "ông nói.",
        "Bảng 2",
        "Điều 5",
        "Ông Sơn Ca",
        "Mực nước lúc 7 giờ: 3,2 m",
        BODY[0],
    ],
)
def test_prose_places_and_captions_are_no_signatures(line: str) -> None:
    assert signature(line) is None


def test_photo_credits() -> None:
    assert cut(["Nước ngập nửa bánh xe (Ảnh: Sơn Ca). Đội bơm trực đêm.", BODY[1]]) == ["Nước ngập nửa bánh xe. Đội bơm trực đêm.", BODY[1]]
    assert cut([BODY[0], "Máy bơm ở cửa xả số 2 - Ảnh: Sơn Ca", BODY[1]]) == [BODY[0], "Máy bơm ở cửa xả số 2", BODY[1]]


def test_organisations_stay() -> None:
    assert organisations("S.C (Theo báo tỉnh)") == "(Theo báo tỉnh)"
    assert organisations("Sơn Ca") == ""


def test_long_lines_take_no_time() -> None:
    start = time.process_time()
    for line in ("Họa Mi " * 20_000, "(" * 20_000, "A" * 100_000, "Ảnh: " * 20_000, "x. Họa " * 20_000):
        strip([BODY[0], line])
    assert time.process_time() - start < 5
