"""Rule S6: "No verdict of our own. Output reads "publisher X rated this on date Z", with both quotes, the link and X's kind:
`independent_fact_check`, `official_statement` or `press_correction`. An official denial, or a check published by a government body, is a
statement by a party, never shown as an independent check; the software issues no machine-readable verdict of its operator's. No match
reads "no published check found"."

Proof here: what is stored beside a claim is what a named publisher published, with its kind; nothing of our own rates anything.
"""

from __future__ import annotations

import pytest

from processing.claims.core import Matcher
from processing.claims.registry import ingest_page, kind_of
from processing.claims.relation import LABELS, verify
from processing.db import Connection
from tests.claims.rows import NOW, document, review_page, source

VERDICTS = ("fake", "false", "true", "tin giả", "sai sự thật", "bịa đặt", "xuyên tạc")
CLAIM = "Nước máy xã Hòa An có hàm lượng asen vượt ngưỡng 5 lần."


def test_a_government_body_never_publishes_an_independent_check() -> None:
    assert kind_of("independent_fact_check", "https://soyte.hoalinh.gov.vn/1") == "official_statement"
    assert kind_of("independent_fact_check", "https://kiem-chung.example/1") == "independent_fact_check"
    assert kind_of("press_correction", "https://bao.gov.vn/1") == "press_correction"


@pytest.mark.parametrize(
    ("kind", "publisher_kind"), [("fact_check", "independent_fact_check"), ("institution", "official_statement"), ("press", "press_correction")]
)
def test_the_rating_is_the_publishers_own_words_with_its_kind(db: Connection, kind: str, publisher_kind: str) -> None:
    src = source(db, "nguon", kind, publisher_kind)
    page = document(db, src, "1", "Nội dung.")
    ingest_page(db, src, review_page(CLAIM, "Sai sự thật"), page, NOW)
    row = db.execute("SELECT publisher, publisher_kind, rating, url FROM fact_check").fetchone()
    assert row == {"publisher": src["name"], "publisher_kind": publisher_kind, "rating": "Sai sự thật", "url": "https://nguon.example/1"}


def test_matching_and_relation_speak_of_texts_only() -> None:
    checks = [{"id": "1", "claim": CLAIM, "publisher": "P", "publisher_kind": "official_statement", "rating": "Sai sự thật"}]
    found = Matcher(checks).match({"id": "q", "text": CLAIM})
    said = verify(CLAIM, "Nước máy xã Hòa An có hàm lượng asen trong ngưỡng.")
    assert set(found[0]) == {"check", "score", "tier"} and found[0]["tier"] in ("confirmable", "suggested", "related")
    assert said["relation"] in LABELS
    words = f"{found} {said['relation']} {said['differences']}".lower()
    assert not [w for w in VERDICTS if w in words.replace("'", "").split() or (" " in w and w in words)]


def test_no_column_for_a_verdict_of_the_operator(owner_db: Connection) -> None:
    columns = owner_db.execute(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name IN ('claim', 'match', 'claim_sighting')"
    ).fetchall()
    assert not [c["name"] for c in columns if any(word in c["name"] for word in ("verdict", "truth", "veracity", "fake", "rating"))]
