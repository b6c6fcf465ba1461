"""A real SMTP server on loopback for the mail tests."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr

from processing.settings import Settings, get_settings


class Post:
    """Keeps what it accepts; answers `refuse[recipient]` where one is set, `busy` for the next so many mails."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}
        self.busy = 0

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.busy:
            self.busy -= 1
            return "451 4.3.0 try again later"
        message = email.message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 OK queued"


def _sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"board", b"right")
    return AuthResult(success=right, handled=False)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def smtp(post: Post) -> Iterator[Settings]:
    """Settings that point at a server run by this test."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port, auth_require_tls=False, authenticator=_sign_in)
    controller.start()
    try:
        yield get_settings().model_copy(
            update={
                "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "smtp_user": "board", "smtp_password": SecretStr("right"),
                "smtp_from": "lang-nghe@board.invalid",
            }
        )  # fmt: skip
    finally:
        controller.stop()
