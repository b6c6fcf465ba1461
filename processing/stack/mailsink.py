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
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from processing.i18n import local_time

LARGEST_MAIL = 5_000_000
LOOPBACK = "127.0.0.1"

STYLE = """body{font:16px/1.55 "Noto Sans","Segoe UI",system-ui,"Liberation Sans",Arial,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1b2530;
background:#f3f5f7;overflow-wrap:anywhere}h1{font-size:1.6rem;line-height:1.3}h2{font-size:1.15rem;margin:1.6rem 0 .5rem}p.quiet{color:#4f5b68}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #d3dae1}td,th{text-align:left;padding:.5rem .75rem;border-bottom:1px solid #d3dae1;
vertical-align:top}th{color:#4f5b68;font-weight:600;font-size:.9rem}pre{white-space:pre-wrap;background:#fff;border:1px solid #d3dae1;padding:1rem;
font:14px/1.5 "DejaVu Sans Mono","Noto Sans Mono",monospace}iframe{width:100%;height:56rem;border:1px solid #d3dae1;background:#fff}a{color:#0b5675}
:focus-visible{outline:3px solid #c77700;outline-offset:2px}details table{font-size:.9rem}summary{cursor:pointer;color:#0b5675}
@media (max-width:640px){table.list,table.list tbody,table.list tr,table.list td{display:block}table.list thead{position:absolute;left:-999px}
table.list tr{border-bottom:1px solid #d3dae1;padding:.5rem 0}table.list td{border:0;padding:.1rem .75rem}}"""
SHOWN = ("Subject", "From", "To", "Date")


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


def header(message: EmailMessage, name: str) -> str:
    """A header in words; empty when it is missing. The parser of the standard library puts spaces of its own between encoded words."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return " ".join(str(make_header(decode_header(raw))).split())


def _local(message: EmailMessage) -> str:
    try:
        return local_time(parsedate_to_datetime(header(message, "Date")))
    except (TypeError, ValueError):
        return header(message, "Date")


def page(folder: Path) -> str:
    """The list of mails, newest first, in both languages."""
    rows = "".join(
        f"<tr><td><a href='/mail/{escape(path.stem, quote=True)}'>{escape(header(mail, 'Subject') or '–')}</a></td>"
        f"<td>{escape(header(mail, 'To'))}</td><td>{escape(_local(mail))}</td></tr>"
        for path, mail in reversed(mails(folder))
    )
    head = "<thead><tr><th scope='col'>Tiêu đề · Subject</th><th scope='col'>Người nhận · To</th><th scope='col'>Lúc · Date</th></tr></thead>"
    body = f"<table class='list'>{head}<tbody>{rows}</tbody></table>" if rows else "<p>Chưa có thư nào. · No mail yet.</p>"
    note = "Bản chạy thử giữ thư lại; không thư nào rời khỏi máy này. · Kept by the demo; none of them left this machine."
    return _document("Thư · Mails", f"<h1>Thư · Mails</h1><p class='quiet'>{note}</p>{body}")


def mail_page(path: Path) -> str:
    """One mail: headers, the HTML part in a frame without scripts, the text part below."""
    mail = parse(path.read_bytes())

    def row(key: str, value: str) -> str:
        return f"<tr><th scope='row'>{escape(key)}</th><td>{escape(value)}</td></tr>"

    shown = "".join(row(key, _local(mail) if key == "Date" else header(mail, key)) for key in SHOWN)
    rest = "".join(row(key, header(mail, key)) for key in mail if key not in SHOWN)
    frame = f"<iframe sandbox='allow-popups allow-popups-to-escape-sandbox' title='HTML' src='/html/{escape(path.stem, quote=True)}'></iframe>"
    return _document(
        header(mail, "Subject"),
        f"<p><a href='/'>Mọi thư · All mails</a></p><h1>{escape(header(mail, 'Subject'))}</h1><table>{shown}</table>"
        f"<details><summary>Các trường khác · Other headers</summary><table>{rest}</table></details>"
        f"<h2>Phần HTML · HTML part</h2>{frame}<h2>Phần chữ · Text part</h2><pre>{escape(part_of(mail, 'plain'))}</pre>",
    )


def framed(path: Path) -> str:
    """The HTML part of a mail for the frame of its page; a link opens beside it, for a frame without rights would stay blank."""
    html = part_of(parse(path.read_bytes()), "html") or "<p>Thư này không có phần HTML. · No HTML part.</p>"
    return html.replace("<head>", "<head><base target='_blank'>", 1)


def _document(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang='vi'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def _handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    class Browser(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place, _, stem = unquote(self.path.split("?")[0]).lstrip("/").partition("/")
            path = folder / f"{stem}.eml"
            if place == "":
                self._answer(page(folder))
            elif place in ("mail", "html") and path.name == f"{stem}.eml" and path.is_file():
                self._answer(mail_page(path) if place == "mail" else framed(path))
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
