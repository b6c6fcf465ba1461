"""A row of the outbox as a mail: text and HTML, the reader's language first and the other one after it, threaded by subject.

Headers: the Message-ID is made from the row's key, so a mail delivered twice is recognised as one; References names the thread;
Auto-Submitted keeps automatic answers away (RFC 3834).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any

from processing.alerts import content
from processing.db import Connection
from processing.i18n import LANGUAGES, Catalogue, catalogue, environment
from processing.settings import Settings, get_settings
from processing.text import clean

FOLDER = Path(__file__).resolve().parent


class WholeWords(EmailPolicy):
    """Folds headers so that every program reads them as they were written.

    The standard policy loses the space at which it folds a header of non-ASCII words (RFC 2047, 6.2: space between encoded words is dropped); here it
    is encoded with them.
    """

    def fold(self, name: str, value: Any) -> str:
        if str(value).isascii():
            return str(super().fold(name, value))
        folded = ", ".join(map(self._mailbox, value.addresses)) if hasattr(value, "addresses") else self._words(str(value), name)
        return f"{name}: {folded}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")

    def _words(self, text: str, name: str) -> str:
        return Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)

    def _mailbox(self, address: Any) -> str:
        return f"{self._words(address.display_name, 'From')}{self.linesep} <{address.addr_spec}>" if address.display_name else str(address.addr_spec)


def domain(settings: Settings) -> str:
    """What stands right of the @ in Message-IDs."""
    return settings.smtp_from.rpartition("@")[2] or "localhost"


def message_id(key: str, settings: Settings) -> str:
    return f"<{key}@{domain(settings)}>"


def thread_id(thread: str, settings: Settings) -> str:
    """The same for all mails of one issue, claim or source; it names no mail that exists, which mail programs accept as a parent."""
    return f"<thread.{hashlib.sha256(thread.encode()).hexdigest()[:32]}@{domain(settings)}>"


def _footer(words: Catalogue, settings: Settings) -> list[str]:
    _ = words.gettext
    return [
        _("%(operator)s – Lắng Nghe, monitoring of published sources. Organisations only; no person is followed.") % {"operator": settings.operator_name},
        _("Sent automatically; times are Asia/Ho_Chi_Minh. To change what you receive, ask the administrator."),
    ]


def compose(conn: Connection, row: dict[str, Any], now: datetime, settings: Settings | None = None) -> EmailMessage:
    """Put an outbox row (kind, recipient, language, message_key, thread_key, payload) into words.

    Raises Superseded when the cause of the mail is gone, ValueError when an address or header cannot be written.
    """
    chosen = settings or get_settings()
    languages = sorted(LANGUAGES, key=lambda code: code != row["language"])
    parts = []
    for language in languages:
        written = content.write(conn, row["kind"], row["payload"], catalogue(language, FOLDER), language)
        parts.append({"language": language, "heading": clean(written.heading), "subject": clean(written.subject), "blocks": written.blocks})
    footer = [line for language in languages for line in _footer(catalogue(language, FOLDER), chosen)]
    mail = EmailMessage(WholeWords())
    mail["Subject"] = " ".join(f"[Lắng Nghe] {parts[0]['subject']}".split())
    mail["From"] = formataddr((f"Lắng Nghe – {chosen.operator_name}", chosen.smtp_from))
    mail["To"] = row["recipient"]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(row["message_key"], chosen)
    mail["References"] = mail["In-Reply-To"] = thread_id(row["thread_key"], chosen)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["Content-Language"] = ", ".join(languages)
    values = {"parts": parts, "footer": footer}
    mail.set_content(environment(FOLDER, row["language"], html=False).get_template("mail.txt").render(values), cte="quoted-printable")
    mail.add_alternative(environment(FOLDER, row["language"]).get_template("mail.html").render(values), subtype="html", cte="quoted-printable")
    return mail
