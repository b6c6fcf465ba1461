"""Dates in every form that the sites we read print."""

from __future__ import annotations

from datetime import datetime

import pytest

from processing.extract.dates import feed, machine, printed, url_day, visible
from processing.zone import LOCAL

LATEST = datetime(2026, 4, 1, tzinfo=LOCAL)
MINUTE = "2024-03-12T19:03:00+07:00"


@pytest.mark.parametrize(
    "text",
    [
        "Thứ ba - 12/03/2024 19:03",
        "Thứ Ba, 12/03/2024 | 19:03",
        "Thứ ba, 12/3/2024, 19:03 (GMT+7)",
        "12/03/2024 19:03 GMT+7",
        "19:03 12/03/2024",
        "19h03 ngày 12/3/2024",
        "19 giờ 03 phút, ngày 12/03/2024",
        "12/3/2024 07:03 CH",
        "07:03 CH, 12/3/2024",
        "12-03-2024 07:03 PM",
        "3/12/2024 7:03:00 PM",
        "Thứ ba, ngày 12 tháng 3 năm 2024 19:03",
        "12 thg 3, 2024 19:03",
        "2024-03-12 19:03",
        "19:03 ICT 12/03/2024",
        "Thứ 3, 12/03/2024, 19h03",
        "12.03.2024 - 19:03",
        "Đăng lúc: 19:03 | 12/03/2024",
        "12/03/24 19:03",
    ],
)
def test_what_a_reader_sees(text: str) -> None:
    assert visible(text, LATEST) == MINUTE


@pytest.mark.parametrize(
    "text",
    ["Ngày 12 tháng 3 năm 2024", "12.3.2024", "12 Tháng Ba, 2024", "12 Th3 2024", "Ngày đăng: 12/03/2024", "mười hai giờ, 12-3-2024"],
)
def test_days(text: str) -> None:
    assert visible(text, LATEST) == "2024-03-12"


@pytest.mark.parametrize(
    "raw",
    [
        "2024-03-12T12:03:00Z",
        "2024-03-12T19:03:00+07:00",
        "2024-03-12T19:03:00+0700",
        "2024-03-12T19:03:00.000+07:00",
        "2024-03-12T19:03:00",
        "2024-03-12+0719:03:00",
        "Tue, 12 Mar 2024 12:03:00 GMT",
        "Tue, 12 Mar 2024 19:03:00 +0700",
        "Tue, 12 Mar 2024 19:03:00 GMT+7",
        "Tue, 12 Mar 2024 19:03:00 GMT +7",
        "Tue, 12 Mar 2024 19:03:00 +07",
        "Tue, 12 Mar 2024 19:03:00 ICT",
        "Tue, 12 Mar 24 19:03:00 +0700",
        "3/12/2024 7:03:00 PM",
        "March 12, 2024 7:03 PM",
        "1710244980",
        "12/03/2024 19:03",
    ],
)
def test_what_machines_write(raw: str) -> None:
    assert machine(raw, LATEST) == MINUTE


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "hôm qua",
        "01/01/1970 00:00",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0001-01-01T00:00:00",
        "12/03/2034 19:03",
        "32/13/2024",
        "2024-02-31",
        "99/99/9999",
        "x" * 9000,
    ],
)
def test_the_implausible_is_rejected_never_stored(raw: str) -> None:
    assert machine(raw, LATEST) is None
    assert visible(raw, LATEST) is None


def test_nukeviet_feeds_have_the_month_in_the_minutes() -> None:
    assert feed("Tue, 12 Mar 2024 12:03:41 GMT", "nukeviet", LATEST) == "2024-03-12"
    assert feed("Tue, 12 Mar 2024 20:03:41 GMT", "nukeviet", LATEST) == "2024-03-13"
    assert feed("Tue, 12 Mar 2024 12:03:00 GMT", "wordpress", LATEST) == MINUTE


def test_only_the_date_is_kept_of_a_line() -> None:
    assert printed("Họa Mi Sáng - 19h03 ngày 12/3/2024 (bản in)", LATEST) == (MINUTE, "19h03 ngày 12/3/2024")


def test_addresses_tell_the_day() -> None:
    assert url_day("https://a.vn/2024/03/12/tin.html") == "2024-03-12"
    assert url_day("https://a.vn/tin-20240312190300123.htm") == "2024-03-12"
    assert url_day("https://a.vn/tin-12345.html") is None
