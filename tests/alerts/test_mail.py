from __future__ import annotations

import datetime as dt
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import formataddr

import pytest
from pydantic import SecretStr

from processing.alerts import digest, outbox, sender
from processing.alerts.blocks import VERDICT_WORDS
from processing.alerts.compose import FOLDER, WholeWords
from processing.db import Connection
from processing.errors import LangNgheError
from processing.hotspots import store
from processing.i18n import catalogue
from processing.settings import Settings
from tests.alerts.conftest import Post
from tests.alerts.words import messages
from tests.hotspots.town import COMMUNE, NOW, TODAY, Town

LATER = NOW + dt.timedelta(hours=12)


@pytest.fixture
def signal(db: Connection) -> Town:
    """A town whose roads were cut today; the alert of it waits in the outbox."""
    town = Town(db)
    town.history()
    town.subscriber("immediate")
    story = town.story("Sạt lở chia cắt đường vào xã Suối Đá")
    for i in range(1, 6):
        town.document(f"bao{i}", TODAY, "transport", COMMUNE, story=story, text="Đường bị chia cắt, 12 hộ phải sơ tán.")
    store.run(db, limit=31, now=NOW)
    return town


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def state(conn: Connection) -> list[tuple[str, int]]:
    return [(r["state"], r["attempts"]) for r in conn.execute("SELECT state, attempts FROM outbox ORDER BY id")]


def test_hot_spot_mail_says_what_it_is_in_both_languages_and_both_forms(signal: Town, post: Post, smtp: Settings) -> None:
    stats = sender.run(signal.conn, NOW, smtp)
    assert (stats.sent, len(post.mails)) == (1, 1)
    mail = post.mails[0]
    issue = signal.conn.execute("SELECT public_id FROM issue").fetchone()
    assert issue is not None
    for body in (text_of(mail), text_of(mail, "html")):
        assert body.index("chưa được kiểm chứng") < body.index("not verified")
        assert "Giao thông" in body and "Transport and road safety" in body
        assert f"/issues/{issue['public_id']}" in body and "20/03/2026" in body and "xã Suối Đá" in body
        assert not VERDICT_WORDS.search(body)
    assert "Tín hiệu" in mail["Subject"] and mail["Auto-Submitted"] == "auto-generated"
    assert mail["References"] == mail["In-Reply-To"] and mail["Message-ID"].endswith("@board.invalid>")
    row = signal.conn.execute("SELECT recipient, smtp_code, smtp_reply, outcome FROM delivery").fetchone()
    assert row == {"recipient": "ban.doc@board.invalid", "smtp_code": 250, "smtp_reply": "OK queued", "outcome": "sent"}
    assert sender.run(signal.conn, LATER, smtp).sent == 0


def test_reader_in_english_gets_english_first(signal: Town, post: Post, smtp: Settings) -> None:
    signal.conn.execute("UPDATE outbox SET language = 'en'")
    sender.run(signal.conn, NOW, smtp)
    body = text_of(post.mails[0])
    assert body.index("not verified") < body.index("chưa được kiểm chứng") and "Signal" in post.mails[0]["Subject"]


def test_mails_of_one_issue_share_a_thread_and_a_mail_sent_twice_is_one(signal: Town, post: Post, smtp: Settings) -> None:
    sender.run(signal.conn, NOW, smtp)
    thread = signal.conn.execute("SELECT thread_key FROM outbox").fetchone()
    assert thread is not None
    outbox.enqueue_correction(signal.conn, thread["thread_key"], "dismissed", "đếm nhầm", NOW)
    # as after a kill between the server's answer and the commit
    signal.conn.execute("UPDATE outbox SET state = 'pending' WHERE kind = 'hotspot'")
    sender.run(signal.conn, NOW, smtp)
    first, *rest = post.mails
    assert {m["References"] for m in post.mails} == {first["References"]}
    assert [m["Message-ID"] for m in rest].count(first["Message-ID"]) == 1
    assert any("Đính chính" in m["Subject"] for m in rest)


def test_busy_server_is_tried_again_later(signal: Town, post: Post, smtp: Settings) -> None:
    post.busy = 1
    assert sender.run(signal.conn, NOW, smtp).retry == 1
    assert sender.run(signal.conn, NOW, smtp).sent == 0
    assert sender.run(signal.conn, NOW + dt.timedelta(minutes=2), smtp).sent == 1
    outcomes = [r["outcome"] for r in signal.conn.execute("SELECT outcome FROM delivery ORDER BY id")]
    assert outcomes == ["retry", "sent"]


def test_refused_for_good_is_set_aside_with_the_reply(signal: Town, post: Post, smtp: Settings) -> None:
    signal.subscriber("immediate", "good@board.invalid")
    signal.conn.execute("DELETE FROM outbox")
    flag = signal.conn.execute("SELECT id FROM flag").fetchone()
    assert flag is not None
    outbox.enqueue_hotspot(signal.conn, flag["id"], NOW)
    post.refuse["ban.doc@board.invalid"] = "550 5.1.1 no such mailbox"
    stats = sender.run(signal.conn, NOW, smtp)
    assert (stats.sent, stats.quarantine) == (1, 1)
    row = signal.conn.execute("SELECT reason FROM outbox WHERE state = 'quarantine'").fetchone()
    assert row is not None and "no such mailbox" in row["reason"]


def test_wrong_password_names_the_setting_and_loses_nothing(signal: Town, post: Post, smtp: Settings) -> None:
    wrong = smtp.model_copy(update={"smtp_password": SecretStr("wrong")})
    with pytest.raises(LangNgheError, match="LANGNGHE_SMTP_PASSWORD"):
        sender.run(signal.conn, NOW, wrong)
    assert state(signal.conn) == [("retry", 1)]
    assert sender.run(signal.conn, LATER, smtp).sent == 1


def test_server_that_is_away_or_offers_no_tls_names_the_cure(signal: Town, smtp: Settings) -> None:
    with pytest.raises(LangNgheError, match="LANGNGHE_SMTP_HOST"):
        sender.run(signal.conn, NOW, smtp.model_copy(update={"smtp_port": 1}))
    with pytest.raises(LangNgheError, match="LANGNGHE_SMTP_SECURITY"):
        sender.run(signal.conn, LATER, smtp.model_copy(update={"smtp_security": "starttls"}))
    assert [s for s, _ in state(signal.conn)] == ["retry"]


def test_without_a_mail_server_mails_wait(signal: Town) -> None:
    assert sender.run(signal.conn, NOW).waiting == 1


def test_a_signal_dismissed_meanwhile_is_not_sent(signal: Town, post: Post, smtp: Settings) -> None:
    signal.conn.execute("UPDATE issue SET state = 'dismissed'")
    assert sender.run(signal.conn, NOW, smtp).superseded == 1 and post.mails == []


def test_an_assignment_without_a_place_names_none(signal: Town, post: Post, smtp: Settings) -> None:
    signal.conn.execute("INSERT INTO service (key, kind, name_vi, name_en, email) VALUES ('thu', 'roads', 'Phòng Thử', 'Test Office', 'duong@board.invalid')")
    for codes, province in (([COMMUNE], None), ([], None)):
        signal.conn.execute(
            """UPDATE issue SET state = 'assigned', service_id = (SELECT id FROM service WHERE key = 'thu'), commune_codes = %s, province_code = %s,
                   updated_at = updated_at + interval '1 minute'""",
            [codes, province],
        )
        (issue,) = signal.conn.execute("SELECT id FROM issue").fetchall()
        assert outbox.enqueue_assignment(signal.conn, issue["id"], NOW) == 1
        sender.run(signal.conn, NOW, smtp)
    placed, nowhere = (m for m in post.mails if m["To"] == "duong@board.invalid")
    assert placed["Subject"] == "[Lắng Nghe] Kính chuyển xử lý: Giao thông – xã Suối Đá" and "Địa bàn: xã Suối Đá" in text_of(placed)
    assert nowhere["Subject"] == "[Lắng Nghe] Kính chuyển xử lý: Giao thông" and "địa bàn" not in text_of(nowhere).lower()


def test_digest_comes_once_a_day_and_lists_what_matters(signal: Town, post: Post, smtp: Settings) -> None:
    signal.subscriber("digest")
    signal.conn.execute("UPDATE source SET state = 'BROKEN' WHERE key = 'bao6'")
    for report in range(5):
        signal.conn.execute("INSERT INTO feedback_seen VALUES (%s, %s, '2026-03-16')", [signal.sources["bao1"], str(report).encode()])
    signal.conn.execute("INSERT INTO feedback_count VALUES (%s, 'waste', %s, '2026-03-16', 4)", [signal.sources["bao1"], COMMUNE])
    assert digest.run(signal.conn, NOW) == 1 and digest.run(signal.conn, NOW + dt.timedelta(hours=1)) == 0
    sender.run(signal.conn, NOW, smtp)
    body = next(text_of(m) for m in post.mails if "Tổng hợp" in m["Subject"])
    assert "Giao thông – xã Suối Đá" in body and "Báo bao6" in body
    assert "Rác thải" not in body  # four reports: below five, never shown
    assert digest.run(signal.conn, NOW + dt.timedelta(days=1)) == 1


def test_broken_source_is_told_once_and_again_when_it_is_back(db: Connection, post: Post, smtp: Settings) -> None:
    town = Town(db)
    town.source("bao1")
    town.subscriber("sources", "admin@board.invalid")
    for hour, name, reason in ((1, "OK", ""), (2, "BROKEN", "HTTP 500 six times"), (3, "BROKEN", "HTTP 500 still"), (4, "OK", "")):
        db.execute("INSERT INTO source_state VALUES (%s, %s, %s, %s)", [town.sources["bao1"], NOW + dt.timedelta(hours=hour), name, reason])
    sender.run(db, LATER, smtp)
    assert [("đọc lại được" in m["Subject"]) for m in post.mails] == [False, True]
    assert "HTTP 500 six times" in text_of(post.mails[0])
    assert sender.run(db, LATER, smtp).sent == 0


def test_no_translation_is_missing_or_left_over() -> None:
    words = catalogue("vi", FOLDER)
    used = set(messages())
    assert {m for m in used if not words.messages.get(m)} == set()
    assert set(words.messages) - used == set()
    for message, text in words.messages.items():
        assert all(f"%({p.split(')')[0]})s" in text for p in message.split("%(")[1:])


def test_a_folded_header_reads_as_it_was_written() -> None:
    """The standard policy drops the space at which it folds."""
    subject = "[Lắng Nghe] Tín hiệu: Môi trường, nguồn nước – Xã Sương Gió và các xã lân cận của huyện"
    mail = EmailMessage(WholeWords())
    mail["Subject"], mail["To"] = subject, "lan@example.org"
    mail["From"] = formataddr(("Lắng Nghe – Ban Truyền thông tỉnh Mẫu, phòng Tiếp nhận", "lang-nghe@example.org"))
    for linesep in ("\n", "\r\n"):
        raw = mail.as_bytes(policy=mail.policy.clone(linesep=linesep))
        assert max(map(len, raw.split(linesep.encode()))) <= 78
        read = message_from_bytes(raw)
        assert str(make_header(decode_header(read["Subject"]))) == subject
        assert "".join(str(make_header(decode_header(read["From"]))).split()).startswith("LắngNghe–BanTruyềnthôngtỉnhMẫu,phòngTiếpnhận")
        assert read["From"].endswith("<lang-nghe@example.org>") and read["To"] == "lan@example.org"
