"""Figures of an issue with the day they are as of."""

from __future__ import annotations

from datetime import UTC, datetime

from processing.cluster.naming import Member
from processing.cluster.stated import figures


def member(n: int, title: str, *sentences: str, hour: int = 2, day: int = 21) -> Member:
    return Member(n, title, sentences, n, f"Báo {n}", "health", 0.9, at=datetime(2026, 11, day, hour, tzinfo=UTC))


def test_the_latest_figure_stands_with_its_day_and_what_others_said() -> None:
    found = figures([
        member(1, "12 người nhập viện sau bữa trưa", "Đến ngày 20/11 đã có 12 người nhập viện."),
        member(2, "Thêm người nhập viện", "Sáng nay đã có 19 người nhập viện, thiệt hại ước tính 3,5 tỷ đồng.", hour=5),
        member(3, "Đoàn kiểm tra xuống trường", "Đoàn gồm 8 người đến trường lúc 9 giờ."),
    ])  # fmt: skip
    assert [f["role"] for f in found] == ["hospitalised", "damage"]
    first = found[0]
    assert (first["value"], first["source"], first["document"]) == (19, "Báo 2", 2)
    assert [(o["value"], o["source"]) for o in first["others"]] == [(12, "Báo 1")]
    assert found[1]["value"] == 3.5e9


def test_a_named_day_is_the_last_one_before_publication() -> None:
    other = member(9, "Lũ quét ở xã vùng cao")
    (found,) = figures([other, member(1, "Lũ quét", "Tính đến ngày 30/12 có 3 người chết.", day=5)])
    assert (found["as_of"], found["stated"]) == ("2025-12-30", True)
    (found,) = figures([other, member(1, "Lũ quét", "Hiện có 3 người chết.")])
    assert (found["as_of"][:10], found["stated"]) == ("2026-11-21", False)


def test_fines_and_arrests_are_left_out() -> None:
    told = member(1, "Bắt giữ 3 người", "Công an tạm giữ 3 người, xử phạt 5 triệu đồng.")
    assert figures([told, told]) == []
    assert figures([member(1, "Lũ quét", "Hiện có 3 người chết.")]) == [], "a single document stands for itself"
