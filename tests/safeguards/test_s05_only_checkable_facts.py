"""Rule S5: "Only checkable facts are matched. Opinion, forecast, satire, complaint, question and demand are `not_checkable` and go no
further; a rumoured or announced act ("three banks will close this week") is a fact claim."

Proof here: opinion, forecast, satire, complaint, question and demand write no claim and no match; a rumoured or announced act is a claim.
"""

from __future__ import annotations

import pytest
from psycopg.types.json import Jsonb

from processing.claims import checkable, store
from processing.claims.registry import ingest_page
from processing.db import Connection
from processing.text import sentences
from tests.claims.rows import LATER, NOW, document, review_page, source
from tests.safeguards.opinion import rows

ACTS = (
    "Ba ngân hàng sẽ đóng cửa tuần này.", "Nghe nói từ 1/8 tỉnh sẽ cấm xe máy vào nội thành.", "Có tin đập thủy điện Khe Bùng đã vỡ đêm qua.",
    "Sở Y tế thu hồi 3 lô vắc xin.", "Mạng xã hội lan truyền tin trường tiểu học cho học sinh nghỉ năm ngày.",
)  # fmt: skip


def test_the_suite_is_large_enough_and_names_nobody() -> None:
    assert len(rows("sentence")) >= 200 and len(rows("column")) >= 40


@pytest.mark.parametrize("form", ["sentence", "column"])
def test_no_opinion_passes_the_operating_point(form: str) -> None:
    passed = [s for row in rows(form) for s in sentences(row["text"]) if checkable.score(s) >= checkable.OPERATING_POINT]
    assert passed == []


@pytest.mark.parametrize("act", ACTS)
def test_a_rumoured_or_announced_act_is_a_claim(act: str) -> None:
    assert checkable.score(act) >= checkable.OPERATING_POINT


def test_the_stage_writes_no_claim_and_no_match_for_the_suite(db: Connection) -> None:
    """Even beside checks whose claim is the opinion itself, word for word."""
    checker, press = source(db, "kiem-chung", "fact_check", "independent_fact_check"), source(db, "bao")
    for n, row in enumerate(rows("sentence")[::20]):
        page = document(db, checker, f"bai/{n}", "Bài kiểm chứng.")
        ingest_page(db, checker, review_page(row["text"], "Thiếu bối cảnh"), page, NOW)
    for row in rows("column") + rows("sentence")[::20]:
        document(db, press, row["id"], row["text"])
    while store.run(db, limit=50, now=LATER).taken:
        pass
    assert db.execute("SELECT (SELECT count(*) FROM claim) AS c, (SELECT count(*) FROM match) AS m, (SELECT count(*) FROM claim_sighting) AS s").fetchone() == {
        "c": 0, "m": 0, "s": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("score", "claims"), [(0.999, 1), (0.001, 0)])
def test_the_stage_itself_asks_for_the_operating_point(db: Connection, score: float, claims: int) -> None:
    """Whatever sentences an annotation lists: one below the point is no claim, even beside a check of the same words."""
    said = "Sở Y tế thu hồi 3 lô vắc xin."
    checker, press = source(db, "kiem-chung", "fact_check", "independent_fact_check"), source(db, "bao")
    ingest_page(db, checker, review_page(said, "Thiếu bối cảnh"), document(db, checker, "bai/1", "Bài kiểm chứng."), NOW)
    found = document(db, press, "tin", said)
    db.execute("UPDATE annotation SET checkable = %s WHERE document_id = %s", [Jsonb([{"sentence": said, "score": score}]), found])
    while store.run(db, limit=50, now=LATER).taken:
        pass
    assert db.execute("SELECT count(*) AS n FROM claim").fetchone() == {"n": claims}
