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
        (shell("Không tìm thấy trang", "<h1>Không tìm thấy</h1><p>Trang bạn tìm không tồn tại hoặc đã bị xóa.</p>"), "^soft 404:"),
        (shell("Báo thử", "<h1>404</h1><p>Nội dung không tồn tại. Quay về trang chủ.</p>"), "^soft 404:"),
        (shell("Just a moment...", "<p>Checking your browser before accessing the site.</p>"), "^block page:"),
        (shell("Attention Required!", "<h1>Sorry, you have been blocked</h1>"), "^block page:"),
        (shell("Bảo trì", "<h1>Hệ thống đang được bảo trì</h1><p>Vui lòng quay lại sau.</p>"), "^maintenance:"),
        (shell("Cổng thông tin điện tử xã Thử", "<p>Cổng thông tin điện tử xã Thử đang nâng cấp, mời quay lại sau.</p>"), "^maintenance:"),
        (shell("Page not found", "<p>The page you are looking for could not be found.</p>"), "^soft 404:"),
        (shell("404 - Báo Thử", "<p>Trang bạn tìm không còn tồn tại.</p>"), "^soft 404:"),
        (
            shell("Báo thử", "<div>" + "<a href='/x'>Mục tin</a>" * 40 + "</div><div><p>Bài viết không tồn tại hoặc đã bị xóa.</p></div>"),
            "^soft 404:",
        ),
        (
            shell(
                "Báo thử",
                "<p>Không tìm thấy nội dung bạn yêu cầu.</p>" + "<p><a href='/x'>Một tin khác của cổng thông tin điện tử</a></p>" * 30,
            ),
            "^soft 404:",
        ),
        (
            shell("Báo thử", "<h1>Trang này cần cookie</h1><p>Vui lòng bật cookie trong trình duyệt để tiếp tục truy cập trang này.</p>"),
            "^wall:",
        ),
        (
            shell("Before you continue", "<p>We use cookies and data to deliver and maintain our services.</p><button>Accept all</button>"),
            "^wall:",
        ),
        (shell("Báo thử", "<noscript>You need to enable JavaScript to run this app.</noscript><div id='root'></div>"), "^wall:"),
        (shell("Đăng nhập", "<form>Mật khẩu <input></form><p>Bạn cần đăng nhập để xem nội dung này.</p>"), "^wall:"),
        (
            shell("trang-thu.vn", "<h1>trang-thu.vn</h1><p>This domain is for sale. Buy it today.</p><a href='/x'>Related searches</a>"),
            "^parked:",
        ),
        (shell("Thông báo", "<p>Tên miền này đã hết hạn, vui lòng liên hệ nhà đăng ký để gia hạn.</p>"), "^parked:"),
        (shell("Thông báo", "<p>Website tạm thời ngừng hoạt động. Tài khoản hosting đã bị tạm ngưng.</p>"), "^parked:"),
        (shell("Account Suspended", "<h1>This Account has been suspended.</h1><p>Contact your hosting provider.</p>"), "^parked:"),
        (
            shell("Welcome to nginx!", "<h1>Welcome to nginx!</h1><p>The web server is successfully installed and working.</p>"),
            "^fault of the site:",
        ),
        (b"<br />\n<b>Fatal error</b>: Uncaught mysqli_sql_exception: Connection refused in /var/www/x.php:12", "^fault of the site:"),
        (shell("Trang chủ", "<nav><a href='/'>Trang chủ</a></nav>"), "no article text"),
        (
            b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><html><body>&b;</body></html>',
            "entities of its own",
        ),
        (
            b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]><html><body><p>&x; Ngoai ra khong co gi.</p></body></html>',
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


def test_a_short_notice_is_an_article_though_it_speaks_of_closing_and_repair() -> None:
    for title, text in (
        (
            "Chợ Thử tạm ngừng hoạt động để sửa mái",
            "Chợ Thử tạm ngừng hoạt động từ 12 đến 20/3 để sửa mái và thay cống. Tiểu thương bán tạm ở sân vận động xã.",
        ),
        (
            "Tạm ngừng cấp điện",
            "Điện lực tạm ngừng cấp điện ở ba thôn sáng 14/3 để bảo trì trạm biến áp, dự kiến đóng điện lại lúc 11 giờ cùng ngày.",
        ),
        (
            "Tìm thấy hai cháu nhỏ đi lạc",
            "Sau bốn giờ tìm kiếm, công an xã đã tìm thấy hai cháu nhỏ đi lạc ở bìa rừng và đưa về với gia đình an toàn.",
        ),
        (
            "Không tìm thấy người mất tích sau lũ",
            "Đến chiều 14/3, lực lượng cứu hộ vẫn không tìm thấy người mất tích trong trận lũ; việc tìm kiếm tiếp tục vào sáng mai.",
        ),
        ("Cầu Thử đang bảo trì, xe tải đi đường tránh", "Cầu Thử đang bảo trì từ 12 đến 20/3. Xe tải đi đường tránh qua xã An Thử."),
        ("Bảo trì hệ thống cấp nước hai thôn", "Trạm cấp nước bảo trì hệ thống cấp nước của hai thôn trong sáng 14/3, từ 8 đến 11 giờ."),
        ("404 hộ được cấp nước sạch", "Đến nay 404 hộ của xã đã được cấp nước sạch, còn 30 hộ chờ nối ống trong tháng tới."),
        ("Hợp đồng đã bị hủy", "Hợp đồng sửa đường không tồn tại từ năm ngoái, xã cho biết. Việc sửa chờ nhà thầu mới."),
        ("Nộp hồ sơ trực tuyến", "Từ 14/3 người dân phải đăng nhập bằng tài khoản định danh khi nộp hồ sơ đất đai trực tuyến tại xã."),
    ):
        assert extract(shell(title, f"<h1>{title}</h1><p>{text}</p>")).text == text


@pytest.mark.parametrize(
    "title",
    [
        '=HYPERLINK("http://x","y")',
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "<script>alert(1)</script> và <b>đậm</b>",
        "{{7*7}} ${7*7} {% raw %}",
        "%s %(name)s {0}",
    ],
)
def test_titles_that_mean_something_to_other_programs_stay_plain_words(title: str) -> None:
    import html

    page = shell(
        html.escape(title), f"<h1>{html.escape(title)}</h1>" + "<p>Đội sửa chữa đã thay xong đoạn ống và cấp nước trở lại.</p>" * 8
    )
    found = extract(page)
    assert found.title == title and "sửa chữa" in found.text


HOSTILE = {
    "nested divs": b"<html><body>" + b"<div>" * 100_000 + b"x",
    "unclosed tags": b"<html><body>" + b"<b><i>x" * 25_000,
    "paragraph of 8 MB": b"<html><body><p>" + b"lorem ipsum dolor sit " * 380_000 + b"</p></body></html>",
    "one word of 8 MB": b"<html><body><p>" + b"x" * 8_000_000,
    "200,000 links without closing tags": b"<html><body>" + b"<a href=/x>y " * 200_000,
    "comment that never ends": GOOD[:-20] + b"<!--" + b"x" * 2_000_000,
    "40,000 paragraphs": b"<html><body>" + b"<p>mot doan van nao do dai vua phai de doc cho biet ma thoi nhe.</p>" * 40_000,
    "32,000 attributes": b"<html><body><div " + b" ".join(b'a%d="x"' % i for i in range(32_000)) + b">x</div></body></html>",
    "broken JSON-LD of 2 MB": b'<html><head><script type="application/ld+json">'
    + b'{"a":[1,2,' * 200_000
    + b"</script></head><body>"
    + GOOD,
    "title of 9 MB": b"<html><head><title>" + b"x " * 4_500_000 + b"</title></head><body><p>y</p></body></html>",
}


def test_a_page_of_10_mb_with_an_article_in_it_is_read(worker: Worker) -> None:
    picture = b"<img src='data:image/png;base64," + b"iVBORw0KGgo" * 900_000 + b"'>"
    assert "cấp nước trở lại" in worker.extract(GOOD.replace(b"</h1>", b"</h1>" + picture), "https://a.vn/x").text


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
