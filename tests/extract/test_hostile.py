"""What is no article, and what wants to hurt: each ends as a reason in words, in time, and the next page is read as ever."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from processing.errors import Quarantine
from processing.extract.core import extract
from processing.extract.worker import Worker

GOOD = (
    "<html><body><h1>Cấp lại nước cho hai thôn</h1>"
    + "<p>Đội sửa chữa đã thay xong đoạn ống và cấp nước trở lại cho toàn bộ các hộ.</p>" * 8
    + "</body></html>"
).encode()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.close()


def shell(title: str, body: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty page"),
        (b"  \n\x00", "empty page"),
        (b"%PDF-1.7\n...", "a PDF"),
        (b"PK\x03\x04docx", "zip"),
        (shell("Không tìm thấy trang", "<h1>Không tìm thấy</h1><p>Trang bạn tìm không tồn tại hoặc đã bị xóa.</p>"), "soft 404"),
        (shell("Báo thử", "<h1>404</h1><p>Nội dung không tồn tại. Quay về trang chủ.</p>"), "soft 404"),
        (shell("Just a moment...", "<p>Checking your browser before accessing the site.</p>"), "block page"),
        (shell("Attention Required!", "<h1>Sorry, you have been blocked</h1>"), "block page"),
        (shell("Bảo trì", "<h1>Hệ thống đang được bảo trì</h1><p>Vui lòng quay lại sau.</p>"), "maintenance"),
        (shell("Trang chủ", "<nav><a href='/'>Trang chủ</a></nav>"), "no article text"),
        (
            b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><html><body>&b;</body></html>',
            "entities of its own",
        ),
        (b"<a href='/x'>y</a>" * 200_000, "250,000 tags"),
        (b"<p>x</p>" * 1_500_000, "limit is 10,485,760"),
    ],
)
def test_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Quarantine, match=reason):
        extract(data, "https://a.vn/tin-1.html")


def test_an_article_about_a_404_is_an_article() -> None:
    page = shell(
        "Lỗi 404 là gì",
        "<h1>Không tìm thấy trang: lỗi 404 là gì</h1>"
        + "<p>Khi gõ sai địa chỉ, máy chủ trả lời rằng trang không tồn tại; người đọc nên thử trang chủ.</p>" * 20,
    )
    assert "gõ sai địa chỉ" in extract(page).text


HOSTILE = {
    "nested divs": b"<html><body>" + b"<div>" * 100_000 + b"x",
    "unclosed tags": b"<html><body>" + b"<b><i>x" * 25_000,
    "paragraph of 8 MB": b"<html><body><p>" + b"lorem ipsum dolor sit " * 380_000 + b"</p></body></html>",
    "40,000 paragraphs": b"<html><body>" + b"<p>mot doan van nao do dai vua phai de doc cho biet ma thoi nhe.</p>" * 40_000,
    "32,000 attributes": b"<html><body><div " + b" ".join(b'a%d="x"' % i for i in range(32_000)) + b">x</div></body></html>",
    "broken JSON-LD of 2 MB": b'<html><head><script type="application/ld+json">'
    + b'{"a":[1,2,' * 200_000
    + b"</script></head><body>"
    + GOOD,
    "title of 9 MB": b"<html><head><title>" + b"x " * 4_500_000 + b"</title></head><body><p>y</p></body></html>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_end_in_time_and_the_next_page_is_read(worker: Worker, name: str) -> None:
    start = time.monotonic()
    try:
        worker.extract(HOSTILE[name], "https://a.vn/x")
    except Quarantine as outcome:
        assert outcome.reason
    assert time.monotonic() - start < 15
    assert "cấp nước trở lại" in worker.extract(GOOD, "https://a.vn/y").text


def test_a_page_that_eats_memory_costs_only_itself() -> None:
    small = Worker(seconds=20, megabytes=256)
    try:
        with pytest.raises(Quarantine, match=r"memory|MB"):
            # one letter beyond the basic plane makes every character of it four bytes wide
            small.extract("<p>🌧 ".encode() + b"lorem ipsum " * 800_000, "https://a.vn/z")
        assert "cấp nước trở lại" in small.extract(GOOD, "https://a.vn/y").text
    finally:
        small.close()


def test_the_child_knows_no_secrets(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    monkeypatch.setenv("LANGNGHE_SMTP_PASSWORD", "bi-mat-thu")
    fresh = Worker()
    try:
        fresh.extract(GOOD, "https://a.vn/y")
        assert fresh._child is not None
        assert b"LANGNGHE" not in Path(f"/proc/{fresh._child.pid}/environ").read_bytes()
    finally:
        fresh.close()
