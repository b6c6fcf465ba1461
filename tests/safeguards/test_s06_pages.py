"""Rule S6: "No verdict of our own. Output reads "publisher X rated this on date Z", with both quotes, the link and X's kind:
`independent_fact_check`, `official_statement` or `press_correction`. An official denial, or a check published by a government body, is a
statement by a party, never shown as an independent check; the software issues no machine-readable verdict of its operator's. No match
reads "no published check found"."

Proof here: every page of the review desk as a person reads it, in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient

from processing.db import Connection
from review.app import create_app
from tests.review.town import furnish

VERDICT = re.compile(
    r"\b(fake|false|true|hoax|debunked|misinformation|disinformation|tin giả|tin thật|sai sự thật|đúng sự thật|bịa đặt|xuyên tạc|thất thiệt|bác bỏ)\b",
    re.IGNORECASE,
)
QUOTED = re.compile(r"“.*?”|<q>.*?</q>|<blockquote[^>]*>.*?</blockquote>", re.DOTALL)


@pytest.fixture
def staff(db: Connection) -> Iterator[tuple[TestClient, dict[str, str]]]:
    ids = furnish(db)
    with TestClient(create_app()) as client:
        client.post("/sign-in", data={"login": "lan-analyst", "password": "a long password"})
        yield client, ids


def readable(page: str) -> str:
    """What a person reads outside quotations."""
    return unescape(re.sub(r"<[^>]+>", " ", QUOTED.sub(" ", page)))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_words_of_verdict_stand_in_quotations_only(staff: tuple[TestClient, dict[str, str]], language: str) -> None:
    client, ids = staff
    client.post("/language", data={"to": language})
    for path in ("/", f"/issues/{ids['issue']}", "/claims", f"/claims/{ids['claim']}", "/sources", "/feedback", "/scope", "/contact"):
        page = client.get(path).text
        assert VERDICT.findall(readable(page)) == [], path
    assert "Sai sự thật" in client.get(f"/claims/{ids['claim']}").text


def test_a_headline_or_a_checks_title_that_speaks_a_verdict_is_a_quotation(staff: tuple[TestClient, dict[str, str]], db: Connection) -> None:
    client, ids = staff
    headline = "Bác bỏ tin giả về nước giếng"
    for table in ("document", "issue", "fact_check"):
        db.execute(f"UPDATE {table} SET title = %s", [headline])
    db.commit()
    for path in ("/", f"/issues/{ids['issue']}", f"/claims/{ids['claim']}"):
        page = client.get(path).text
        assert headline in page, path
        assert VERDICT.findall(readable(page)) == [], path


def test_a_rating_names_publisher_date_kind_and_link(staff: tuple[TestClient, dict[str, str]]) -> None:
    client, ids = staff
    page = re.sub(r"\s+", " ", client.get(f"/claims/{ids['claim']}").text)
    assert "Kiểm Tin Mẫu đánh giá ngày 22/11/2026: <q>Sai sự thật</q>" in page
    assert 'href="http://check0.example/"' in page


def test_an_official_statement_is_a_party_and_never_an_independent_check(staff: tuple[TestClient, dict[str, str]]) -> None:
    client, ids = staff
    page = client.get(f"/claims/{ids['claim']}").text
    official = page.split("Sở Y tế tỉnh Mẫu")[1].split("</h3>")[0]
    assert "thông cáo của cơ quan (một bên liên quan)" in official
    assert "độc lập" not in official


def test_no_match_reads_no_published_check_found(staff: tuple[TestClient, dict[str, str]], db: Connection) -> None:
    client, ids = staff
    db.execute("DELETE FROM match")
    db.commit()
    assert "Không tìm thấy kiểm chứng nào đã công bố" in client.get(f"/claims/{ids['claim']}").text
    client.post("/language", data={"to": "en"})
    assert "No published check found" in client.get(f"/claims/{ids['claim']}").text


def test_no_page_carries_a_machine_readable_verdict(staff: tuple[TestClient, dict[str, str]]) -> None:
    client, ids = staff
    for path in (f"/claims/{ids['claim']}", "/claims"):
        page = client.get(path).text
        assert "ClaimReview" not in page
        assert "ld+json" not in page
