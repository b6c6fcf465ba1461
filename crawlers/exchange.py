"""What goes into a request and comes out of it: answer, record, what a run knows of a host, and the spellings of an address."""

from __future__ import annotations

import asyncio
import email.utils
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol
from urllib.parse import urlsplit

from scrapy import Request

from crawlers import robots
from crawlers.failures import IN_WORDS, FetchFailure
from crawlers.urls import BadURL, canonical
from crawlers.words import Said

Purpose = Literal["robots", "feed", "page", "attachment"]


@dataclass(frozen=True)
class Answer:
    """A response that may be used. `url` is canonical as asked, `final_url` canonical after redirects; `headers` in lower case."""

    url: str
    final_url: str
    status: int
    headers: dict[str, str]
    body: bytes
    fetched_at: datetime
    moved: bool = False
    hops: tuple[str, ...] = ()
    """Canonical addresses asked on the way, the first one included."""


@dataclass(frozen=True)
class FetchRecord:
    """One row of table `fetch_log`."""

    url: str
    kind: Purpose
    decision: robots.Decision
    outcome: Literal["done", "unchanged", "retry", "quarantine", "refused"]
    fetched_at: datetime
    failure_class: str | None = None
    reason: Said | None = None
    status: int | None = None
    size: int | None = None
    elapsed_ms: int | None = None


class RobotsStore(Protocol):
    """Keeps robots.txt of each origin for a day across crawls (RFC 9309, 2.4)."""

    def load(self, origin: str) -> tuple[int, bytes] | None:
        """Status and body of an answer not older than a day."""

    def save(self, origin: str, status: int, body: bytes) -> None:
        """Keep an answer."""


class HostLocks(Protocol):
    """Keeps one host to one crawl across processes."""

    async def hold(self, host: str) -> float:
        """Wait for the host; returns seconds since its last request. Raises FetchFailure("busy", …)."""


@dataclass
class Host:
    """What a run knows of one scheme, host and port; shared by the sources that one process crawls."""

    ready: asyncio.Lock = field(default_factory=asyncio.Lock)
    rules: robots.Robots | None = None
    failure: FetchFailure | None = None
    paused_until: float = 0.0


def host_of(url: str) -> str:
    """What a slot belongs to: the host and its port, for robots.txt is per authority."""
    return urlsplit(url).netloc.lower()


def origin_of(url: str) -> str:
    """Scheme and authority."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def spelled(url: str) -> str:
    """The address to ask for: checked as `canonical` does, but with its own parameters, which some sites need. Raises FetchFailure."""
    try:
        canonical(url)
        parts = urlsplit(url.strip())
        if parts.username or parts.password:
            raise BadURL("an address with a user name is a log-in")
    except (BadURL, ValueError):
        raise FetchFailure("bad_url", IN_WORDS["bad_url"]) from None
    return Request(parts._replace(fragment="").geturl()).url


def stored(url: str) -> str:
    """The address as the log keeps it."""
    try:
        return canonical(url)
    except BadURL:
        return "about:invalid"


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds a Retry-After header asks for, as number or as date, at most a day; None where it says nothing readable."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:9]), 86_400))
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), 86_400.0)
