"""`python -m processing.stack.demo.serve --port P --state DIR`: every site of the town in one process, each on its own loopback address.

Prints one JSON line when ready. The round is a file in the state directory; `GET http://127.0.0.10:P/round` tells it, `/round/2` sets it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from datetime import date, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from processing.stack.demo import feeds
from processing.stack.demo.articles import Article, visible
from processing.stack.demo.pages import page, path_of
from processing.stack.demo.town import BY_KEY, CONTROL, OUTAGE, OUTAGE_DAYS, OUTLETS, Outlet, live_day

DAYS_LISTED = 1
"""Feeds list the live day and so many days before it; the paper whose feed was down lists its outage too."""


class Answer(NamedTuple):
    status: int
    kind: str
    body: str


_XML, _HTML, _JSON, _TEXT = ("application/xml; charset=utf-8", "text/html; charset=utf-8", "application/json; charset=utf-8", "text/plain; charset=utf-8")
_GONE = Answer(404, _HTML, "<!DOCTYPE html><title>Không tìm thấy</title><p>Trang không tồn tại.</p>")


class Town:
    """What each site answers. The round may change while it runs."""

    def __init__(self, day: date, port: int, state: Path) -> None:
        self.day, self.port, self.file = day, port, state / "round"
        if not self.file.exists():
            self.set_round(1)

    @property
    def round(self) -> int:
        return int(self.file.read_text(encoding="ascii"))

    def set_round(self, number: int) -> None:
        """Move to a round: 1 or 2."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(number), encoding="ascii")
        fresh.replace(self.file)

    def answer(self, outlet: Outlet, path: str) -> Answer:
        """The response to a path, parameters cut."""
        path = path.partition("?")[0]
        round_ = self.round
        if path == "/robots.txt":
            delay = f"Crawl-delay: {outlet.crawl_delay}\n" if outlet.crawl_delay else ""
            return Answer(200, _TEXT, f"User-agent: *\n{delay}Disallow: /quan-tri/\nDisallow: /thanh-vien/\n")
        if outlet.key == OUTAGE and round_ == 1:
            return Answer(503, _HTML, "<!DOCTYPE html><title>Bảo trì</title><p>Hệ thống đang bảo trì.</p>")
        if path == _FEED[outlet.shape]:
            return Answer(200, _JSON if path.endswith(".json") else _XML, self._feed(outlet, round_))
        own = [a for a in visible(self.day, round_) if a.source == outlet.key]
        if path == "/":
            links = "".join(f'<li><a href="{path_of(a)}">{a.title}</a></li>' for a in own[:30])
            return Answer(200, _HTML, f'<!DOCTYPE html><html lang="vi"><meta charset="utf-8"><title>{outlet.name}</title><h1>{outlet.name}</h1><ul>{links}</ul></html>')
        for i, article in enumerate(own):
            if path_of(article) == path:
                return Answer(200, _HTML, page(article, self.port, own[i + 1 : i + 4]))
        return _GONE

    def _feed(self, outlet: Outlet, round_: int) -> str:
        listed = self._listed(outlet, round_)
        if outlet.shape == "open311":
            return feeds.reports(self.day, round_)
        if outlet.shape == "nukeviet":
            return feeds.nukeviet_rss(outlet, listed, self.port)
        if outlet.shape == "channel":
            return feeds.atom(outlet, listed, self.port)
        if outlet.shape == "sitemap":
            return feeds.sitemap(outlet, listed, self.port)
        if outlet.shape == "fact_check":
            return feeds.claim_feed(listed, self.port)
        return feeds.rss(outlet, listed, self.port, full=outlet.shape == "full_rss", summary=outlet.shape != "headline_rss")

    def _listed(self, outlet: Outlet, round_: int) -> list[Article]:
        own = [a for a in visible(self.day, round_) if a.source == outlet.key]
        if outlet.shape in ("fact_check", "statement"):
            return own
        since = self.day - timedelta(days=OUTAGE_DAYS if outlet.key == OUTAGE else DAYS_LISTED)
        return [a for a in own if a.published.date() >= since]


_FEED = {
    "full_rss": "/rss/tin-moi.rss", "headline_rss": "/rss/home.rss", "nukeviet": "/rss/", "sitemap": "/sitemap-news.xml", "channel": "/feeds/videos.xml",
    "open311": "/open311/v2/requests.json", "wire": "/rss.xml", "fact_check": "/claimreview.json", "statement": "/rss.xml", "wordpress": "/feed/",
}  # fmt: skip


def feed_path(outlet: Outlet) -> str:
    """The path of the outlet's feed."""
    return _FEED[outlet.shape]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Town/1.0"

    def __init__(self, town: Town, outlet: Outlet | None, *args: object) -> None:
        self.town, self.outlet = town, outlet
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        answer = self.town.answer(self.outlet, self.path) if self.outlet else self._control()
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET

    def _control(self) -> Answer:
        parts = self.path.strip("/").split("/")
        if parts[0] == "round" and len(parts) == 2 and parts[1] in ("1", "2"):
            self.town.set_round(int(parts[1]))
        return Answer(200, _JSON, json.dumps({"round": self.town.round, "day": self.town.day.isoformat()}))

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the crawler's own records say what was fetched."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def start(port: int, state: Path, day: date) -> tuple[Town, list[ThreadingHTTPServer]]:
    """Serve all sites from threads of this process. Raises OSError when the port is taken on one of the addresses."""
    town = Town(day, port, state)
    servers: list[ThreadingHTTPServer] = []
    try:
        for address, outlet in [(CONTROL, None), *((o.address, o) for o in OUTLETS)]:
            servers.append(_Server((address, port), partial(_Handler, town, outlet)))
    except OSError:
        for server in servers:
            server.server_close()
        raise
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    return town, servers


def stop(servers: list[ThreadingHTTPServer]) -> None:
    """End all of `start`'s servers."""
    for server in servers:
        server.shutdown()
        server.server_close()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--day", type=date.fromisoformat, default=None, help="the live day; default yesterday in Vietnam")
    given = parser.parse_args()
    town, servers = start(given.port, given.state, given.day or live_day())
    ended = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    ready = {"ready": True, "port": given.port, "day": town.day.isoformat(), "round": town.round, "sites": {key: o.address for key, o in BY_KEY.items()}}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    ended.wait()
    stop(servers)


if __name__ == "__main__":
    main()
