"""Rule S11: "A human decides. No claim match is mailed before a named reviewer confirms it; a hot-spot mail says "statistical signal, not
verified"."

Proof here: no match is mailed before a named reviewer confirmed it; a hot-spot mail says it is a statistical signal, not verified. S6 in
mails.
"""

from __future__ import annotations

import datetime as dt
import re
from email.message import EmailMessage

import pytest

from processing.alerts import outbox, sender
from processing.alerts.blocks import VERDICT_WORDS, Superseded
from processing.alerts.compose import compose
from processing.db import Connection
from tests.hotspots.town import NOW, Town

RATING = "Sai sự thật"


@pytest.fixture
def match(db: Connection) -> int:
    """A suggested match between a claim in circulation and a published check, and a subscriber to answers."""
    town = Town(db)
    town.subscriber("claims", "officer@board.invalid")
    claim = db.execute(
        """INSERT INTO claim (text, text_key, topic, checkable, first_seen_at, last_seen_at)
           VALUES ('Đập Minh Hà đã vỡ đêm qua.', 'k', 'disaster_weather', 0.9, %s, %s) RETURNING id""",
        [NOW, NOW],
    ).fetchone()
    check = db.execute(
        """INSERT INTO fact_check (publisher, publisher_kind, claim, title, rating, published_at, url, claim_key, capture_sha256, first_seen_at, updated_at)
           VALUES ('Trung tâm Kiểm tin Bến Sông', 'independent_fact_check', 'Đập Minh Hà vỡ', 'Đập Minh Hà không vỡ', %s, %s,
                   'http://kiemtin.invalid/dap', 'k', '', %s, %s) RETURNING id""",
        [RATING, NOW, NOW, NOW],
    ).fetchone()
    assert claim is not None and check is not None
    row = db.execute(
        """INSERT INTO match (claim_id, fact_check_id, fact_check_version, score, tier, features, model, created_at)
           VALUES (%s, %s, 1, 0.97, 'confirmable', '{}', 'test', %s) RETURNING id""",
        [claim["id"], check["id"], NOW],
    ).fetchone()
    assert row is not None
    return int(row["id"])


def confirm(db: Connection, match: int) -> None:
    db.execute("UPDATE match SET state = 'confirmed', decided_by = (SELECT min(id) FROM app_user), decided_at = %s WHERE id = %s", [NOW, match])


def bodies(mail: EmailMessage) -> list[str]:
    return [str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]


def test_suggested_match_is_not_mailed_however_sure(db: Connection, match: int) -> None:
    assert outbox.enqueue_claim_answer(db, match, NOW) == 0
    sender.run(db, NOW)
    assert db.execute("SELECT 1 FROM outbox").fetchone() is None


def test_confirmed_match_is_mailed_once_and_names_publisher_kind_date_and_reviewer(db: Connection, match: int) -> None:
    confirm(db, match)
    assert outbox.enqueue_claim_answer(db, match, NOW) == 1 and outbox.enqueue_claim_answer(db, match, NOW) == 0
    row = db.execute("SELECT * FROM outbox").fetchone()
    assert row is not None
    mail = compose(db, row, NOW)
    for body in bodies(mail):
        assert "Trung tâm Kiểm tin Bến Sông đánh giá ngày 20/03/2026" in body
        assert "rated this on 20/03/2026" in body and "kiểm chứng độc lập" in body and "independent fact-check" in body
        assert "Đập Minh Hà đã vỡ đêm qua." in body and "http://kiemtin.invalid/dap" in body and "officer@board.invalid" in body
        # a word of verdict stands nowhere but in the quoted rating
        assert RATING in body and not VERDICT_WORDS.search(re.sub(f"“{RATING}”", "", body))
    assert not VERDICT_WORDS.search(mail["Subject"])


def test_statement_by_a_party_is_never_shown_as_an_independent_check(db: Connection, match: int) -> None:
    db.execute("UPDATE fact_check SET publisher = 'Sở Xây dựng', publisher_kind = 'official_statement', rating = ''")
    confirm(db, match)
    outbox.enqueue_claim_answer(db, match, NOW)
    row = db.execute("SELECT * FROM outbox").fetchone()
    assert row is not None
    for body in bodies(compose(db, row, NOW)):
        assert "tuyên bố chính thức" in body and "official statement" in body
        assert "Sở Xây dựng công bố ngày 20/03/2026" in body and "independent fact-check" not in body


def test_confirmation_taken_back_before_sending_stops_the_mail(db: Connection, match: int) -> None:
    confirm(db, match)
    outbox.enqueue_claim_answer(db, match, NOW)
    db.execute("UPDATE match SET state = 'suggested', decided_by = NULL, decided_at = NULL")
    row = db.execute("SELECT * FROM outbox").fetchone()
    assert row is not None
    with pytest.raises(Superseded):
        compose(db, row, NOW)


def test_withdrawn_check_is_not_mailed(db: Connection, match: int) -> None:
    confirm(db, match)
    outbox.enqueue_claim_answer(db, match, NOW)
    db.execute("UPDATE fact_check SET withdrawn_at = %s", [NOW + dt.timedelta(minutes=1)])
    row = db.execute("SELECT * FROM outbox").fetchone()
    assert row is not None
    with pytest.raises(Superseded):
        compose(db, row, NOW)


def test_hot_spot_mail_says_not_verified_and_shows_no_headline_of_verdict(db: Connection) -> None:
    town = Town(db)
    town.subscriber("immediate")
    town.source("bao1")
    issue = town.story("Cảnh báo tin giả về nước máy xã Suối Đá", "environment_water")
    doc = town.document("bao1", NOW.date(), "environment_water", story=issue)
    db.execute("UPDATE document SET title = 'Bác bỏ tin giả về nước máy' WHERE id = %s", [doc])
    row = db.execute("SELECT public_id FROM document WHERE id = %s", [doc]).fetchone()
    assert row is not None
    db.execute("INSERT INTO series (key, kind, topic, unit_code) VALUES ('topic_commune:environment_water:x1-01', 'topic_commune', 'environment_water', 'x1-01')")
    card = (
        '{"day": "2026-03-20", "observed": 5, "expected": 0.4, "upper": 2, "outlets": 4, "coverage": 1, "places": [], "harm": {}, "documents": ["'
        + str(row["public_id"])
        + '"]}'
    )
    flag = db.execute(
        """INSERT INTO flag (series_id, issue_id, kind, first_day, last_day, score, card, method, raised_at, updated_at)
           SELECT s.id, i.id, 'surge', '2026-03-20', '2026-03-20', 3, %s::jsonb, 't', %s, %s FROM series s, issue i RETURNING id""",
        [card, NOW, NOW],
    ).fetchone()
    assert flag is not None and outbox.enqueue_hotspot(db, flag["id"], NOW) == 1
    mail_row = db.execute("SELECT * FROM outbox").fetchone()
    assert mail_row is not None
    mail = compose(db, mail_row, NOW)
    for body in bodies(mail):
        assert "Tín hiệu thống kê, chưa được kiểm chứng" in body and "A statistical signal, not verified" in body
        assert not VERDICT_WORDS.search(body)
