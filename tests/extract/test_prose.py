"""The quick way: which element holds the article, what is trimmed of it, and which pages it leaves to the general extractors."""

from __future__ import annotations

from processing.extract import dom, prose
from processing.extract.core import extract

LINES = [
    f"Đoạn {n}: đội sửa chữa thay ống ở điểm số {n}, cấp nước trở lại cho các hộ trong ngày và hẹn kiểm tra áp lực vào hôm sau."
    for n in range(12)
]
OTHERS = [f"Tin {n}: một chuyện khác hẳn ở nơi khác, kể bằng một câu đủ dài để trông như một đoạn văn của bài đang đọc." for n in range(14)]
TITLE = "Cấp lại nước cho hai thôn cuối tuyến"


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def page(body: str) -> str:
    return f"<html lang='vi'><head><title>{TITLE}</title></head><body>{body}</body></html>"


def quick(body: str) -> list[str] | None:
    return prose.extract(dom.parse(page(body)), TITLE)


def test_the_element_with_the_prose_and_nothing_beside_it() -> None:
    body = (
        f"<div class='top'><p>Trang chủ</p></div><div class='a'><h1>{TITLE}</h1><div><span>12/03/2026</span></div>{paragraphs(LINES)}</div>"
    )
    assert quick(f"<header>Báo thử</header>{body}<div class='sidebar'>{paragraphs(OTHERS[:2])}</div><footer>{OTHERS[3]}</footer>") == LINES


def test_of_several_articles_the_one_under_the_headline() -> None:
    others = f"<article><h2>Chuyện khác</h2>{paragraphs(OTHERS)}</article>"
    assert quick(f"{others}<article><h1>{TITLE}</h1>{paragraphs(LINES)}</article>{others}") == LINES


def test_by_lines_and_comments_are_no_lines_of_it() -> None:
    body = (
        f"<article><h1>{TITLE}</h1><p itemprop='author'>Sơn Ca</p><div class='byline'>Họa Mi</div>{paragraphs(LINES)}"
        "<div class='comments'><p>Nguồn tin riêng của tôi nói khác, chờ xem rồi sẽ biết ai nói đúng.</p></div></article>"
    )
    assert quick(body) == LINES


def test_comments_are_left_out_however_many_they_are() -> None:
    comments = "".join(
        f"<li class='comment'><article class='comment-body'><b>hoami{n}</b><p>{line}</p></article></li>"
        for n, line in enumerate(OTHERS * 3)
    )
    for box in (
        "<div id='comments'><ol class='commentlist'>{}</ol></div>",
        "<section class='y-kien-ban-doc'>{}</section>",
        "<div itemprop='comment'>{}</div>",
    ):
        body = f"<article><h1>{TITLE}</h1>{paragraphs(LINES)}{box.format(comments)}</article>"
        assert quick(body) == LINES
        assert quick(f"<div class='post comments-open'>{body}</div>") == LINES


def test_lists_of_links_go_and_a_lone_link_in_the_text_stays() -> None:
    link = "<p><a href='/so-do'>Sơ đồ tuyến ống sau khi sửa.</a></p>"
    more = "<ul>" + "".join(f"<li><a href='/{n}'>{line}</a></li>" for n, line in enumerate(OTHERS)) + "</ul>"
    found = quick(f"<div><h1>{TITLE}</h1>{paragraphs(LINES[:6])}{link}{paragraphs(LINES[6:])}{more}</div>")
    assert found == [*LINES[:6], "Sơ đồ tuyến ống sau khi sửa.", *LINES[6:]]


def test_little_prose_or_much_beside_it_is_left_to_the_general_extractors() -> None:
    assert quick(f"<div>{paragraphs(LINES[:3])}</div>") is None
    scraps = "".join(f"<div>Mục {n}</div>" for n in range(600))
    assert quick(f"<div>{paragraphs(LINES[:11])}</div><div>{scraps}</div>") is None
    assert extract(page(f"<h1>{TITLE}</h1>{paragraphs(LINES[:3])}").encode()).extractor in ("trafilatura", "readability")
    assert extract(page(f"<h1>{TITLE}</h1>{paragraphs(LINES)}").encode()).extractor == "prose"
