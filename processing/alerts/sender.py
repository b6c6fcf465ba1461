"""Deliver what waits in the outbox, at least once, and keep the ledger.

One mail, one transaction: ledger row and new state are written after the mail server has answered. Killed in between, the mail goes out
again under the same Message-ID. A refusal for good sets the mail aside with the server's words; a passing one is tried again later; a mail
server that cannot be used at all stops the run with the cure, and every mail waits.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from processing.alerts import outbox
from processing.alerts.blocks import Superseded
from processing.alerts.compose import compose
from processing.db import Connection
from processing.errors import LangNgheError, Quarantine, fault
from processing.settings import Settings, get_settings

MAX_ATTEMPTS = 10
_TIMEOUT_S = 30
_LONGEST = timedelta(hours=6)


@dataclass
class SendStats:
    """How many mails went out, will be tried again, were set aside, were dropped because their cause is gone, or wait for a mail server."""

    sent: int = 0
    retry: int = 0
    quarantine: int = 0
    superseded: int = 0
    waiting: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{name} {n}" for name, n in vars(self).items())


def run(conn: Connection, now: datetime, settings: Settings | None = None) -> SendStats:
    """Send all mails that are due at `now`. Commits after each.

    Raises LangNgheError with the cure when the mail server cannot be reached, offers no TLS or refuses the password; nothing is lost.
    """
    chosen = settings or get_settings()
    stats = SendStats()
    outbox.enqueue_source_changes(conn, now)
    outbox.enqueue_requests(conn, now)
    conn.commit()
    if not chosen.smtp_host:
        row = conn.execute("SELECT count(*) AS n FROM outbox WHERE state IN ('pending', 'retry')").fetchone()
        stats.waiting = row["n"] if row else 0
        return stats
    server: smtplib.SMTP | None = None
    try:
        while True:
            row = conn.execute(
                """SELECT * FROM outbox WHERE state IN ('pending', 'retry') AND not_before <= %s ORDER BY not_before, id
                   LIMIT 1 FOR UPDATE SKIP LOCKED""",
                [now],
            ).fetchone()
            if row is None:
                return stats
            mail = _compose(conn, row, now, chosen, stats)
            if mail is not None:
                try:
                    server = server or connect(chosen)
                    code, reply = _deliver(server, mail, row["recipient"])
                except (smtplib.SMTPServerDisconnected, OSError) as error:
                    if server is not None:
                        server.close()
                        server = None
                    _later(conn, row, now, None, f"{type(error).__name__}: {error}", stats)
                    conn.commit()
                    raise _unreachable(chosen, error) from error
                except LangNgheError as error:
                    _later(conn, row, now, None, error.message, stats)
                    conn.commit()
                    raise
                _settle(conn, row, now, code, reply, stats)
            conn.commit()
    finally:
        conn.rollback()
        if server is not None:
            _quit(server)


def _quit(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()  # the mails are delivered; a server that hangs up first is no error


def connect(settings: Settings) -> smtplib.SMTP:
    """Open a session with the mail server and sign in. Raises LangNgheError with the cure, or OSError when it cannot be reached."""
    context = ssl.create_default_context()
    server: smtplib.SMTP | None = None
    ready = False
    try:
        if settings.smtp_security == "tls":
            server = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT_S)
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        ready = True
    except smtplib.SMTPAuthenticationError as error:
        raise LangNgheError(
            f"the mail server refused the user {settings.smtp_user!r}: {_text(error.smtp_error)}",
            "set LANGNGHE_SMTP_USER and LANGNGHE_SMTP_PASSWORD in .env to what the mail provider gave you (often an app password), then `langnghe send`",
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        raise LangNgheError(
            f"the mail server {settings.smtp_host}:{settings.smtp_port} does not offer what the settings ask for: {error}",
            "check LANGNGHE_SMTP_SECURITY (starttls, tls or none) and LANGNGHE_SMTP_PORT (587, 465 or 25)",
        ) from None
    except ssl.SSLError as error:
        raise LangNgheError(
            f"no secure connection to {settings.smtp_host}:{settings.smtp_port}: {error.reason or error}",
            "check LANGNGHE_SMTP_SECURITY (tls for port 465, starttls for 587) and that the server's certificate is valid for its name",
        ) from None
    except smtplib.SMTPResponseException as error:
        raise LangNgheError(
            f"the mail server {settings.smtp_host}:{settings.smtp_port} would not talk: {error.smtp_code} {_text(error.smtp_error)}",
            "wait and run `langnghe send`; if it stays, ask the mail provider",
        ) from None
    finally:
        if server is not None and not ready:
            server.close()
    return server


def _unreachable(settings: Settings, error: Exception) -> LangNgheError:
    return LangNgheError(
        f"the mail server {settings.smtp_host}:{settings.smtp_port} cannot be reached: {error}",
        "check LANGNGHE_SMTP_HOST and LANGNGHE_SMTP_PORT and the network; the mails wait in the outbox",
    )


def _compose(conn: Connection, row: dict[str, Any], now: datetime, settings: Settings, stats: SendStats) -> EmailMessage | None:
    """The mail, or None where it must not go out."""
    try:
        return compose(conn, row, now, settings)
    except Superseded as gone:
        conn.execute("UPDATE outbox SET state = 'superseded', reason = %s WHERE id = %s", [gone.reason, row["id"]])
        stats.superseded += 1
    except (Quarantine, ValueError, KeyError, TypeError) as error:
        _aside(conn, row, now, None, f"the mail cannot be written: {error.reason if isinstance(error, Quarantine) else fault(error)}", stats)
    return None


def _deliver(server: smtplib.SMTP, mail: EmailMessage, recipient: str) -> tuple[int, str]:
    """SMTP code and reply for one mail. Raises OSError and SMTPServerDisconnected when the session broke."""
    sender = str(mail["From"].addresses[0].addr_spec)
    try:
        server.ehlo_or_helo_if_needed()
        for code, reply in (server.mail(sender), server.rcpt(recipient)):
            if code >= 400:
                server.rset()
                return code, _text(reply)
        code, reply = server.data(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")))
    except smtplib.SMTPDataError as error:
        server.rset()
        return error.smtp_code, _text(error.smtp_error)
    return code, _text(reply)


def _settle(conn: Connection, row: dict[str, Any], now: datetime, code: int, reply: str, stats: SendStats) -> None:
    if 200 <= code < 300:
        conn.execute(
            "UPDATE outbox SET state = 'sent', attempts = attempts + 1, sent_at = %s, reason = NULL WHERE id = %s", [now, row["id"]]
        )
        _ledger(conn, row, now, code, reply, "sent")
        stats.sent += 1
    elif 400 <= code < 500:
        _later(conn, row, now, code, reply, stats)
    else:
        _aside(conn, row, now, code, f"the mail server refused it for good: {code} {reply}", stats)


def _later(conn: Connection, row: dict[str, Any], now: datetime, code: int | None, reply: str, stats: SendStats) -> None:
    """Try again after 1, 2, 4 … minutes, at most 6 hours; a refusal by the server counts towards the limit, its absence does not."""
    if code is not None and row["attempts"] + 1 >= MAX_ATTEMPTS:
        _aside(conn, row, now, code, f"given up after {row['attempts'] + 1} attempts: {code} {reply}", stats)
        return
    wait = min(timedelta(minutes=2 ** min(row["attempts"], 10)), _LONGEST)
    conn.execute(
        "UPDATE outbox SET state = 'retry', attempts = least(attempts + 1, %s), not_before = %s, reason = %s WHERE id = %s",
        [MAX_ATTEMPTS - 1, now + wait, reply[:500], row["id"]],
    )
    _ledger(conn, row, now, code, reply, "retry")
    stats.retry += 1


def _aside(conn: Connection, row: dict[str, Any], now: datetime, code: int | None, reason: str, stats: SendStats) -> None:
    conn.execute("UPDATE outbox SET state = 'quarantine', attempts = attempts + 1, reason = %s WHERE id = %s", [reason[:500], row["id"]])
    _ledger(conn, row, now, code, reason, "quarantine")
    stats.quarantine += 1


def _ledger(conn: Connection, row: dict[str, Any], now: datetime, code: int | None, reply: str, outcome: str) -> None:
    conn.execute(
        "INSERT INTO delivery (outbox_id, at, attempt, recipient, smtp_code, smtp_reply, outcome) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [row["id"], now, row["attempts"] + 1, row["recipient"], code, reply[:500], outcome],
    )


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
