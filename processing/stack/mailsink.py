"""A mail server that delivers nowhere: it keeps every mail as a file and shows them in the browser. For the demo and tests.

``python -m processing.stack.mailsink --smtp 2525 --http 8025 --folder var/mail`` serves until SIGTERM, on 127.0.0.1 only.
A mail is acknowledged after its file is on disk, under a name made from its Message-ID, so that a mail delivered twice is seen
to be one: its second copy gets the suffix ``~2``.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import signal
import threading
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LARGEST_MAIL = 5_000_000
LOOPBACK = "127.0.0.1"

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d0d7de;vertical-align:top}
pre{white-space:pre-wrap;background:#f6f8fa;padding:1rem}iframe{width:100%;height:40rem;border:1px solid #d0d7de}a{color:#0550ae}"""


class Keeper:
    """The SMTP side: stores each mail in ``folder`` as ``<stem>.eml``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail, then say 250. Disk trouble is a temporary failure (452), so that the sender tries again."""
        body = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        message = parse(body)
        stem = stem_of(message["Message-ID"] or hashlib.sha256(body).hexdigest())
        path = self.folder / f"{stem}.eml"
        copy = 1
        while path.exists():
            copy += 1
            path = self.folder / f"{stem}~{copy}.eml"
        part = path.with_suffix(".part")
        try:
            part.write_bytes(body)
            part.rename(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            return f"452 cannot keep the mail: {error.strerror}"
        return "250 kept"


def parse(body: bytes) -> EmailMessage:
    """Parse a mail with the modern policy: decoded headers, text parts as str."""
    message: EmailMessage = BytesParser(policy=policy.default).parsebytes(body)
    return message


def stem_of(message_id: str) -> str:
    """A file name for a Message-ID: its safe characters and a short digest, so that two ids never share a name."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", message_id.strip("<> \r\n")).strip("-.")[:60]
    return f"{safe}-{hashlib.sha256(message_id.encode()).hexdigest()[:8]}"


def mails(folder: Path) -> list[tuple[Path, EmailMessage]]:
    """All mails kept, oldest first."""
    paths = sorted(folder.glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [(path, parse(path.read_bytes())) for path in paths]


def part_of(message: EmailMessage, kind: str) -> str:
    """The text of a mail's ``plain`` or ``html`` part; empty when it has none."""
    found = message.get_body(preferencelist=(kind,))
    return str(found.get_content()) if found is not None else ""


def page(folder: Path) -> str:
    """The list of mails, newest first."""
    rows = "".join(
        f"<tr><td>{escape(str(mail['Date'] or ''))}</td><td>{escape(str(mail['To'] or ''))}</td>"
        f"<td><a href='/mail/{escape(path.stem, quote=True)}'>{escape(str(mail['Subject'] or '(no subject)'))}</a></td></tr>"
        for path, mail in reversed(mails(folder))
    )
    body = f"<table><tr><th>Date</th><th>To</th><th>Subject</th></tr>{rows}</table>" if rows else "<p>No mail yet.</p>"
    return _document("Mails", f"<h1>Mails</h1><p>Kept by the demo; none of them left this machine.</p>{body}")


def mail_page(path: Path) -> str:
    """One mail: headers, the HTML part in a frame without scripts, the text part below."""
    mail = parse(path.read_bytes())
    headers = "".join(f"<tr><th>{escape(key)}</th><td>{escape(str(value))}</td></tr>" for key, value in mail.items())
    text = escape(part_of(mail, "plain"))
    frame = f"<iframe sandbox='allow-popups' title='HTML part' src='/html/{escape(path.stem, quote=True)}'></iframe>"
    return _document(
        str(mail["Subject"] or ""),
        f"<p><a href='/'>All mails</a></p><h1>{escape(str(mail['Subject'] or ''))}</h1><table>{headers}</table>"
        f"<h2>HTML part</h2>{frame}<h2>Text part</h2><pre>{text}</pre>",
    )


def _document(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style><body>{body}</body></html>"
    )


def _handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    class Browser(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place, _, stem = unquote(self.path.split("?")[0]).lstrip("/").partition("/")
            path = folder / f"{stem}.eml"
            if place == "":
                self._answer(page(folder))
            elif place in ("mail", "html") and path.name == f"{stem}.eml" and path.is_file():
                self._answer(mail_page(path) if place == "mail" else part_of(parse(path.read_bytes()), "html") or "<p>No HTML part.</p>")
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        def _answer(self, body: str) -> None:
            data = body.encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data:")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the log free of page views."""

    return Browser


def start(folder: Path, smtp_port: int, http_port: int, login: tuple[str, str] | None = None) -> tuple[Controller, ThreadingHTTPServer]:
    """Start both servers on 127.0.0.1 in threads. With ``login`` the server demands that user name and password (535 otherwise)."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == login, handled=False, message=None if given == login else "535 5.7.8 authentication failed")

    controller = Controller(
        Keeper(folder), hostname=LOOPBACK, port=smtp_port, data_size_limit=LARGEST_MAIL, ident="langnghe mail sink",
        auth_required=login is not None, auth_require_tls=False, authenticator=check if login else None,
    )  # fmt: skip
    controller.start()
    browser = ThreadingHTTPServer((LOOPBACK, http_port), _handler(folder))
    threading.Thread(target=browser.serve_forever, daemon=True).start()
    return controller, browser


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp", type=int, required=True, help="port of the mail server")
    parser.add_argument("--http", type=int, required=True, help="port of the page that lists the mails")
    parser.add_argument("--folder", type=Path, required=True, help="where the mails are kept")
    arguments = parser.parse_args()
    ended = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: ended.set())
    controller, browser = start(arguments.folder, arguments.smtp, arguments.http)
    ended.wait()
    controller.stop()
    browser.shutdown()


if __name__ == "__main__":
    main()
