"""A small web site on loopback whose answers a test writes, down to the raw bytes. Every request is remembered with its time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = bytes | Callable[[socket.socket], None]


@dataclass
class Seen:
    path: str
    at: float
    headers: dict[str, str]


def reply(body: bytes | str, status: int = 200, content_type: str = "text/html; charset=utf-8", **headers: str) -> bytes:
    """A whole HTTP/1.1 answer. Underscores in header names stand for hyphens."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", f"Content-Length: {len(data)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + data


@dataclass
class Site:
    """`pages` maps path (with query) to an answer; `robots` of None answers 404."""

    port: int
    host: str = "127.0.0.1"
    pages: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    def paths(self) -> list[str]:
        return [one.path for one in self.seen]

    def feed(self, *items: str, path: str = "/rss") -> None:
        body = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>x</title>{"".join(items)}</channel></rss>'
        self.pages[path] = reply(body, content_type="application/rss+xml")

    def answer(self, request: bytes, conn: socket.socket) -> None:
        head = request.decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        fields = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in head[1:] if ":" in line}
        self.seen.append(Seen(path, time.monotonic(), fields))
        answer = self.pages.get(path, reply("not here", 404))
        if callable(answer):
            answer(conn)
        else:
            conn.sendall(answer)


def item(link: str, title: str = "Tin", guid: str = "", date: str = "", more: str = "") -> str:
    parts = f"<title>{title}</title><link>{link}</link>"
    if guid:
        parts += f'<guid isPermaLink="false">{guid}</guid>'
    if date:
        parts += f"<pubDate>{date}</pubDate>"
    return f"<item>{parts}{more}</item>"


def page(title: str = "Tin", text: str = "Nước sạch đã có lại ở các xã.") -> bytes:
    return reply(f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>")


def _serve(site: Site, conn: socket.socket, tls: ssl.SSLContext | None) -> None:
    try:
        with conn if tls is None else tls.wrap_socket(conn, server_side=True) as conn:
            conn.settimeout(30)
            data = b""
            while b"\r\n\r\n" not in data:
                more = conn.recv(65536)
                if not more:
                    return
                data += more
            site.answer(data, conn)
            conn.shutdown(socket.SHUT_WR)
    except OSError:
        return  # the crawler hung up, as it should on most of these answers


@contextmanager
def serving(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site on a free port of a loopback address."""
    listener = socket.create_server((host, 0), backlog=64)
    site = Site(listener.getsockname()[1], host, scheme="https" if tls else "http")
    stop = threading.Event()

    def loop() -> None:
        listener.settimeout(0.2)
        while not stop.is_set():
            try:
                conn, _ = listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=_serve, args=(site, conn, tls), daemon=True).start()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        stop.set()
        thread.join()
        listener.close()
