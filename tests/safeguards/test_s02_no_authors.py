"""Rule S2: "No authors. No by-line, handle, account id, avatar, follower list or comment is parsed into any item, table, log, metric, export
or mail. No column for one exists. Signature lines at the end of an article are cut from its text where they can be recognised; a wire
agency's credit (an organisation) is kept."

Proof here: extraction. Invented names and handles stand in every place a page or feed offers for one; none may come out.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from processing.db import Connection
from processing.db.landing import keyed_digest, seal
from processing.extract import store
from processing.extract.core import Extracted, FeedEntry, extract, extract_entry

NAME = "Họa Mi Thử"
HANDLE = "@hoami_thu_88"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
P1 = "Từ sáng 9/4, hơn ba trăm hộ ở hai thôn cuối tuyến ống không có nước sinh hoạt vì đoạn ống dẫn qua cầu bị nứt sau mưa lớn."
P2 = "Đội sửa chữa cho biết phải thay mười tám mét ống thép và thử áp trước khi cấp lại; trong lúc chờ, xã bố trí hai xe bồn chở nước."
P3 = "Đơn vị cấp nước dự kiến khắc phục xong trước chiều mười tháng tư và trừ tiền nước của những ngày mất nước cho các hộ."
TITLE = "Nứt ống dẫn, hơn 300 hộ thiếu nước"

HEADS = {
    "meta author": f'<meta name="author" content="{NAME}">',
    "article:author": f'<meta property="article:author" content="https://facebook.com/{HANDLE[1:]}">',
    "twitter:creator": f'<meta name="twitter:creator" content="{HANDLE}">',
    "dc.creator": f'<meta name="DC.creator" content="{NAME}">',
    "JSON-LD author": '<script type="application/ld+json">'
    + json.dumps(
        {"@type": "NewsArticle", "author": {"@type": "Person", "name": NAME, "url": HANDLE}, "creator": [NAME], "editor": NAME},
        ensure_ascii=False,
    )
    + "</script>",
    "JSON-LD graph": '<script type="application/ld+json">'
    + json.dumps({"@graph": [{"@type": "Person", "name": NAME, "image": f"/avatar/{HANDLE}.jpg"}]}, ensure_ascii=False)
    + "</script>",
    "link author": f'<link rel="author" href="/tac-gia/{HANDLE}">',
}
ABOVE = {
    "byline": f'<div class="byline">Bởi {NAME}</div>',
    "author link": f'<a rel="author" href="/u/{HANDLE}">{NAME}</a>',
    "itemprop": f'<span itemprop="author" itemscope><span itemprop="name">{NAME}</span></span>',
    "hcard": f'<span class="author vcard"><img class="avatar" alt="{NAME}"><a class="fn n">{NAME}</a></span>',
    "tac gia": f'<p class="tac-gia">Tác giả: {NAME}</p>',
    "with date": f'<p class="info">{NAME} - 09/04/2026 07:45</p>',
    "hidden": f'<div style="display:none">{NAME} {HANDLE}</div>',
}
BELOW = {
    "bare": f"<p>{NAME}</p>",
    "right strong": f'<p style="text-align:right"><strong>{NAME}</strong></p>',
    "capitals": f"<p><b>{NAME.upper()}</b></p>",
    "label": f"<p>Tác giả: {NAME}</p>",
    "label pv": f"<p>PV {NAME}</p>",
    "text and photo": f"<p>Bài và ảnh: {NAME}</p>",
    "text and photo 2": f"<p><em>Tin, ảnh: {NAME} - {NAME}</em></p>",
    "performed": f"<p>Thực hiện: {NAME.upper()}</p>",
    "brackets": f"<p>({NAME})</p>",
    "dash": f"<p>– {NAME} –</p>",
    "initials": "<p>H.M.T</p>",
    "reader": f"<p>Người viết: {NAME}</p>",
    "with handle": f"<p>Theo dõi {HANDLE}</p>",
    "editor": f"<p>Biên tập: {NAME}</p>",
    "translator": f"<p>{NAME} (dịch)</p>",
    "two lines": f"<p>{NAME}</p><p>Ảnh: {NAME}</p>",
    "english": f"<p>By {NAME}</p>",
    "author class": f'<p class="author">{NAME}</p>',
    "author box": f'<div class="author-box"><img class="avatar"><p>{NAME}</p><p>{NAME} viết về đời sống.</p></div>',
    "comment": f'<div id="comments"><h3>Ý kiến bạn đọc</h3><ol class="commentlist"><li><b>{NAME}</b>: Chờ hai hôm rồi</li></ol></div>',
    "photo credit": f"<figure><img><figcaption>Chờ nước. Ảnh: {NAME}</figcaption></figure>",
    "inline credit": f"<p>Người dân chờ nước ở đầu thôn (Ảnh: {NAME}) từ sớm, mỗi hộ được hai can.</p>",
}
SHELLS = {
    "nukeviet": (
        '<html lang="vi"><head><title>{t}</title><meta name="generator" content="NukeViet v4.5">{head}</head><body><h1 class="title">{t}</h1>{above}'
        '<span class="h5">Thứ năm - 09/04/2026 07:45</span><div class="hometext">Ống nứt từ nửa đêm.</div><div id="news-bodyhtml">{p}{below}</div></body></html>'
    ),
    "wordpress": (
        '<html lang="vi"><head><title>{t}</title><link href="/wp-content/x.css">{head}</head><body><article><h1 class="entry-title">{t}</h1>{above}'
        '<div class="entry-content">{p}{below}</div></article></body></html>'
    ),
    "general": (
        "<html><head><title>{t}</title>{head}</head><body><nav><a>Trang chủ</a></nav><div class='bai'><h1>{t}</h1>{above}<div>{p}{below}</div></div></body></html>"
    ),
}


def page(shell: str, *, head: str = "", above: str = "", below: str = "") -> bytes:
    return SHELLS[shell].format(t=TITLE, head=head, above=above, below=below, p=f"<p>{P1}</p><p>{P2}</p><p>{P3}</p>").encode()


def traces(found: Extracted) -> list[str]:
    told = json.dumps(dataclasses.asdict(found), ensure_ascii=False).casefold()
    return [canary for canary in (NAME.casefold(), HANDLE[1:], "h.m.t") if canary in told]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("place", HEADS)
def test_machine_readable_authors_are_never_read(shell: str, place: str) -> None:
    found = extract(page(shell, head=HEADS[place]), "https://a.vn/tin-1.html", now=NOW)
    assert P3 in found.text and not traces(found)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("place", ABOVE)
def test_by_lines_above_the_text(shell: str, place: str) -> None:
    found = extract(page(shell, above=ABOVE[place]), "https://a.vn/tin-1.html", now=NOW)
    assert P1 in found.text and P3 in found.text and not traces(found)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("place", BELOW)
def test_signature_lines_and_comments_below_it(shell: str, place: str) -> None:
    found = extract(page(shell, below=BELOW[place]), "https://a.vn/tin-1.html", now=NOW)
    assert P1 in found.text and P3 in found.text and not traces(found)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (f"{NAME} (TTXVN)", "(TTXVN)"),
        (f"{NAME} (Theo báo Trung ương)", "(Theo báo Trung ương)"),
        (f"CTV {NAME}/VOV online (theo AP, Reuters)", "VOV online (theo AP, Reuters)"),
        ("Theo TTXVN", "Theo TTXVN"),
        ("(Theo Reuters, AFP)", "(Theo Reuters, AFP)"),
        ("Nguồn: Cổng thông tin điện tử tỉnh", "Nguồn: Cổng thông tin điện tử tỉnh"),
    ],
)
def test_a_wire_agency_is_an_organisation_and_stays(line: str, kept: str) -> None:
    found = extract(page("nukeviet", below=f"<p>{line}</p>"), "https://a.vn/tin-1.html", now=NOW)
    assert found.text.split(P3)[1].strip() == kept and not traces(found)


def test_a_name_after_the_last_full_stop() -> None:
    body = page("nukeviet").replace(f"{P3}</p>".encode(), f"{P3} {NAME}</p>".encode())
    found = extract(body, "https://a.vn/tin-1.html", now=NOW)
    assert found.text.endswith(P3) and not traces(found)


def test_people_in_the_news_stay_in_the_text() -> None:
    told = f"Ông {NAME}, đội trưởng đội sửa chữa, nói sẽ làm xuyên đêm."
    found = extract(page("nukeviet", below=f"<p>{told}</p>"), "https://a.vn/tin-1.html", now=NOW)
    assert found.text.endswith(told)


@pytest.mark.parametrize("place", BELOW)
def test_full_text_in_feeds(place: str) -> None:
    entry = FeedEntry(
        title=TITLE,
        link="https://a.vn/1",
        content=f"<p>{P1}</p><p>{P2}</p><p>{P3}</p>{BELOW[place]}",
        published_raw="Thu, 9 Apr 2026 07:45:00 +0700",
    )
    found = extract_entry(entry, now=NOW)
    assert P3 in found.text and not traces(found)


def test_no_field_could_hold_one() -> None:
    banned = ("author", "byline", "creator", "handle", "avatar", "person", "account", "comment", "user")
    for model in (Extracted, FeedEntry):
        assert not [f.name for f in dataclasses.fields(model) if any(word in f.name for word in banned)]


def test_nothing_reaches_the_database(db: Connection, owner_db: Connection) -> None:
    """Every shape at once, landed, extracted and stored: no table holds a trace. (What is landed is sealed.)"""
    made = db.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url)
           VALUES ('thu', 'Báo thử', 'press', 'Tòa soạn thử', 'có giấy phép', '2026-01-01', '2027-01-01', 'http://thu.vn/') RETURNING id"""
    ).fetchone()
    assert made is not None
    for number, shell in enumerate(SHELLS):
        body = page(
            shell, head="".join(HEADS.values()), above=ABOVE["byline"] + ABOVE["tac gia"], below=BELOW["right strong"] + BELOW["comment"]
        )
        url = f"http://thu.vn/tin-{number}.html"
        entry = {"title": TITLE, "published_raw": "Thu, 9 Apr 2026 07:45:00 +0700"}
        header = {"url": url, "final_url": url, "content_type": "text/html", "fetched_at": NOW.isoformat(), "cms": None, "entry": entry}
        db.execute(
            "INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, 'page', %s, %s, %s, %s)",
            [made["id"], url, seal(url, header, body), keyed_digest(body), NOW],
        )
    assert store.run(db, limit=10, now=NOW).done == len(SHELLS)
    db.commit()
    tables = [r["t"] for r in owner_db.execute("SELECT format('%I', tablename) AS t FROM pg_tables WHERE schemaname = 'public'").fetchall()]
    for table in tables:
        found = owner_db.execute(
            f"SELECT count(*) AS n FROM {table} x WHERE x::text ILIKE %s OR x::text ILIKE %s", [f"%{NAME}%", f"%{HANDLE[1:]}%"]
        ).fetchone()
        assert found == {"n": 0}, table
