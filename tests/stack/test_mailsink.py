"""The mail sink keeps what it acknowledges, shows it, and demands a login where told to."""

from __future__ import annotations

import smtplib
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from processing.stack import mailsink
from tests.loopback import free_port


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[tuple[Path, int, int]]:
    smtp, http = free_port(20250), free_port(20250)
    controller, browser = mailsink.start(tmp_path, smtp, http)
    yield tmp_path, smtp, http
    controller.stop()
    browser.shutdown()
    browser.server_close()


def _mail(message_id: str = "<a.1@lang-nghe>") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"], mail["Message-ID"] = "Nước đục ở xã Bến Tràm", "a@example.org", "b@example.org", message_id
    mail.set_content("Tín hiệu thống kê, chưa kiểm chứng.\n")
    mail.add_alternative("<p>Tín hiệu <b>thống kê</b></p><script>alert(1)</script>", subtype="html")
    return mail


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return str(answer.read().decode())


def test_keeps_and_shows_both_parts(sink: tuple[Path, int, int]) -> None:
    folder, smtp, http = sink
    with smtplib.SMTP("127.0.0.1", smtp) as client:
        client.send_message(_mail())
    [(path, mail)] = mailsink.mails(folder)
    assert mailsink.part_of(mail, "plain").startswith("Tín hiệu thống kê")
    assert "Nước đục ở xã Bến Tràm" in _get(http, "/")
    page = _get(http, f"/mail/{path.stem}")
    assert "chưa kiểm chứng" in page
    assert "<script>" not in page
    assert "<b>thống kê</b>" in _get(http, f"/html/{path.stem}")


def test_a_mail_delivered_twice_is_seen_to_be_one(sink: tuple[Path, int, int]) -> None:
    folder, smtp, _ = sink
    with smtplib.SMTP("127.0.0.1", smtp) as client:
        client.send_message(_mail())
        client.send_message(_mail())
        client.send_message(_mail("<a.2@lang-nghe>"))
    names = sorted(path.stem for path in folder.glob("*.eml"))
    assert len(names) == 3
    assert len([name for name in names if name.endswith("~2")]) == 1


def test_no_file_outside_the_folder_is_served(sink: tuple[Path, int, int]) -> None:
    folder, _, http = sink
    (folder.parent / "secret.eml").write_text("Subject: secret\n\n")
    for path in ("/mail/..%2fsecret", "/mail/../secret", "/html/%2e%2e%2fsecret", "/nothing"):
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            _get(http, path)
        refused.value.close()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    smtp, http = free_port(20300), free_port(20350)
    controller, browser = mailsink.start(tmp_path, smtp, http, login=("board", "right"))
    try:
        with smtplib.SMTP("127.0.0.1", smtp) as client, pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("board", "wrong")
        with smtplib.SMTP("127.0.0.1", smtp) as client:
            client.login("board", "right")
            client.send_message(_mail())
    finally:
        controller.stop()
        browser.shutdown()
        browser.server_close()
    assert len(mailsink.mails(tmp_path)) == 1
