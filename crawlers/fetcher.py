"""One polite request: guard, robots.txt, the host's slot, limits, redirects one by one, every request recorded.

All downloads of a crawl go through `Fetcher.get`. Scrapy's engine carries them (per-host slots, decompression with a limit, one time limit for headers
and body together); its own robots and redirect middlewares are off, because they decide differently from RFC 9309 and follow more than we may.
"""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol
from urllib.parse import urljoin, urlsplit

import psycopg
from scrapy import Request
from scrapy.core.downloader import Slot

from crawlers import guard, profiles, robots
from crawlers.failures import NOT_ASKED, FetchFailure, classify
from crawlers.pages import no_page
from crawlers.urls import BadURL, canonical, same_site

MAX_BODY = 10 * 1024 * 1024
TIMEOUT_S = 20
MAX_REDIRECTS = 5
LEAST_DELAY_S = 5.0
_PERMANENT = (301, 308)
Purpose = Literal["robots", "feed", "page"]


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
    reason: str | None = None
    status: int | None = None
    size: int | None = None
    elapsed_ms: int | None = None


class HostLocks(Protocol):
    """Keeps one host to one crawl across processes."""

    async def hold(self, host: str) -> float:
        """Wait for the host; returns seconds since its last request. Raises FetchFailure("busy", …)."""


@dataclass
class _Host:
    ready: asyncio.Lock = field(default_factory=asyncio.Lock)
    rules: robots.Robots | None = None
    failure: FetchFailure | None = None
    paused_until: float = 0.0


@dataclass
class Fetcher:
    """`own_hosts` limits pages and feeds to the source's own sites; None lets a redirect lead anywhere public (discovery)."""

    engine: Any
    locks: HostLocks
    record: Callable[[FetchRecord], None]
    own_hosts: frozenset[str] | None
    allow: tuple[guard.Network, ...] = ()
    min_delay_s: float = LEAST_DELAY_S
    source_delay_s: float = 0.0
    proven_channel: bool = False
    deadline: float = float("inf")
    _hosts: dict[str, _Host] = field(default_factory=dict)

    async def get(self, url: str, purpose: Purpose, headers: dict[str, str] | None = None) -> Answer:
        """Fetch one address through all rules. Raises FetchFailure; whatever happens is recorded."""
        asked = at = _spelled(url)
        moved = False
        seen = {at}
        for _ in range(MAX_REDIRECTS + 1):
            response, started = await self._one(at, purpose, headers)
            if response.status not in (301, 302, 303, 307, 308) or b"Location" not in response.headers:
                return replace(self._answer(asked, at, response, started, purpose, moved), hops=tuple(sorted({_stored(hop) for hop in seen})))
            self._keep(at, purpose, self._rules(at).decide(at) if purpose != "robots" else "is_robots", started, status=response.status)
            try:
                target = _spelled(urljoin(at, response.headers[b"Location"].decode("utf-8", "replace")))
            except (FetchFailure, ValueError) as error:
                raise self._failed(at, purpose, FetchFailure("bad_url", f"it redirects to no address: {error}", status=response.status)) from None
            if purpose != "robots":
                self._may_follow(asked, at, target, response.status, purpose)
            moved = moved or response.status in _PERMANENT
            if target in seen:
                raise self._failed(at, purpose, FetchFailure("redirects", "it redirects in a circle", status=response.status))
            seen.add(target)
            at = target
        raise self._failed(at, purpose, FetchFailure("redirects", f"it redirects more than {MAX_REDIRECTS} times"))

    async def rules(self, url: str) -> robots.Robots:
        """The robots.txt that governs an address."""
        await self._open(_host(url), url)
        return self._rules(url)

    # ── one hop ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _one(self, url: str, purpose: Purpose, headers: dict[str, str] | None) -> tuple[Any, float]:
        decision: robots.Decision = "is_robots"
        try:
            if purpose != "robots":
                await self._open(_host(url), url)
                rules = self._rules(url)
                decision = rules.decide(url)
                if decision in ("disallowed", "unreachable"):
                    raise FetchFailure("robots" if decision == "disallowed" else "robots_unreachable", rules.reason)
                self._in_time(url)
            elif urlsplit(url).hostname not in self.engine.downloader.per_slot_settings:
                self._slot(url, self.delay(url, None))
            request = Request(url, headers=headers, dont_filter=True, meta={"download_timeout": TIMEOUT_S})
            response = await self.engine.download_async(request)
            started = time.monotonic() - request.meta.get("download_latency", 0.0)  # without the wait for the host's turn
        except psycopg.Error:
            raise  # the database's trouble is ours, not the site's
        except Exception as error:
            raise self._failed(url, purpose, classify(error), decision) from error
        return response, started

    def _in_time(self, url: str) -> None:
        paused = self._hosts[_host(url)].paused_until - time.monotonic()
        if paused > 0:
            raise FetchFailure("waiting", "its server asked us to wait", retry_after_s=paused)
        if time.monotonic() > self.deadline:
            raise FetchFailure("budget", "the time of this run was up")

    def _answer(self, asked: str, at: str, response: Any, started: float, purpose: Purpose, moved: bool) -> Answer:
        headers = {name.decode("latin-1").lower(): b", ".join(values).decode("latin-1") for name, values in response.headers.items()}
        decision: robots.Decision = "is_robots" if purpose == "robots" else self._rules(at).decide(at)
        status = response.status
        if status not in (200, 203, 304) and purpose != "robots":
            raise self._failed(at, purpose, self._http_failure(at, status, headers), decision)
        if purpose == "page" and (trouble := no_page(headers, response.body)):
            raise self._failed(at, purpose, trouble, decision)
        self._keep(at, purpose, decision, started, status=status, size=len(response.body), outcome="unchanged" if status == 304 else "done")
        return Answer(asked, canonical(at), status, headers, bytes(response.body), datetime.now(UTC), moved)

    def _http_failure(self, url: str, status: int, headers: dict[str, str]) -> FetchFailure:
        wait = retry_after(headers.get("retry-after", ""), datetime.now(UTC))
        if status == 429 or (status == 503 and wait is not None):
            self._hosts[_host(url)].paused_until = time.monotonic() + (60 if wait is None else wait)
        if status == 429:
            return FetchFailure("rate_limited", "it answers 429: too many requests", status=status, retry_after_s=wait)
        if status >= 500:
            return FetchFailure("http_5xx", f"it answers {status}", status=status, retry_after_s=wait)
        if status in (401, 402, 403, 407, 451):
            return FetchFailure("login", f"it answers {status}: reading it is not allowed or needs a log-in", status=status)
        if status in (404, 410):
            return FetchFailure("gone", f"it answers {status}", status=status)
        return FetchFailure("http_4xx", f"it answers {status}", status=status)

    def _may_follow(self, asked: str, at: str, target: str, status: int, purpose: Purpose) -> None:
        if why := profiles.refusal(target, proven_channel=self.proven_channel):
            raise self._failed(at, purpose, FetchFailure("person", f"it redirects to an address that is refused: {why}", status=status))
        if self.own_hosts is None:
            return
        if not same_site(target, self.own_hosts):
            if purpose == "feed" and status in _PERMANENT:
                host = urlsplit(target).hostname
                raise self._failed(
                    at, purpose, FetchFailure("moved", f"it moved for good to {host}: check that the owner is the same, then change its file", status=status)
                )
            raise self._failed(at, purpose, FetchFailure("offsite", "it redirects to a site that is not this source's", status=status))
        if purpose == "page" and urlsplit(target).path in ("", "/") and urlsplit(asked).path not in ("", "/"):
            raise self._failed(at, purpose, FetchFailure("redirected_home", "it redirects to the front page: the page is gone", status=status))

    # ── the host's turn ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _open(self, host: str, url: str) -> None:
        """Take the host's turn and read its robots.txt, once a run."""
        state = self._hosts.setdefault(host, _Host())
        async with state.ready:
            if state.failure is not None:
                raise state.failure
            if state.rules is not None:
                return
            since = await self.locks.hold(urlsplit(url).hostname or "")
            delay = self.delay(url, None)
            self._slot(url, delay)
            if since < delay:
                await asyncio.sleep(delay - since)
            try:
                state.rules = await self._read_robots(url)
            except FetchFailure as failure:
                state.failure = failure
                raise
            self._slot(url, self.delay(url, state.rules.crawl_delay_s))

    async def _read_robots(self, url: str) -> robots.Robots:
        parts = urlsplit(url)
        try:
            answer = await self.get(f"{parts.scheme}://{parts.netloc}/robots.txt", "robots")
        except FetchFailure as failure:
            if failure.failure_class in ("dns", "guard", "tls", "busy"):
                raise
            return robots.from_answer(None, b"", failure.reason)
        return robots.from_answer(answer.status, answer.body)

    def delay(self, url: str, crawl_delay_s: float | None) -> float:
        """Seconds between two requests to this address's host."""
        host = (urlsplit(url).hostname or "").strip("[]")
        least = self.min_delay_s if self.allow and guard.forbidden(host, self.allow) is None and guard.forbidden(host) else max(LEAST_DELAY_S, self.min_delay_s)
        return max(least, self.source_delay_s, crawl_delay_s or 0.0)

    def at_once(self, url: str) -> int:
        """How many requests to this address's host may be under way: one, where there is a delay to keep."""
        settings = self.engine.downloader.per_slot_settings.get(urlsplit(url).hostname or "", {})
        return int(settings.get("concurrency", 1))

    def _slot(self, url: str, delay: float) -> None:
        key = urlsplit(url).hostname or ""
        downloader = self.engine.downloader
        concurrency = 1 if delay else 8
        downloader.per_slot_settings[key] = {"concurrency": concurrency, "delay": delay, "jitter": 0}
        slot: Slot | None = downloader.slots.get(key)
        if slot is not None:
            slot.delay, slot.concurrency, slot.jitter = delay, concurrency, 0

    def _rules(self, url: str) -> robots.Robots:
        state = self._hosts.get(_host(url))
        return state.rules if state is not None and state.rules is not None else robots.Robots("unreachable", "robots.txt was not read")

    # ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _keep(self, url: str, purpose: Purpose, decision: robots.Decision, started: float, *, status: int, size: int = 0, outcome: Any = "done") -> None:
        elapsed = int((time.monotonic() - started) * 1000)
        self.record(FetchRecord(_stored(url), purpose, decision, outcome, datetime.now(UTC), status=status, size=size, elapsed_ms=elapsed))

    def _failed(self, url: str, purpose: Purpose, failure: FetchFailure, decision: robots.Decision | None = None) -> FetchFailure:
        if decision is None:
            decision = "is_robots" if purpose == "robots" else self._rules(url).decide(url)
        kind = failure.failure_class
        if kind in NOT_ASKED:
            return failure  # no request was made: nothing to record
        outcome: Any = "refused" if kind in ("robots", "robots_unreachable", "guard", "person", "offsite") else "quarantine" if kind in ("too_large",) else "retry"
        self.record(
            FetchRecord(_stored(url), purpose, decision, outcome, datetime.now(UTC), failure_class=kind, reason=failure.reason, status=failure.status)
        )
        return failure


def _host(url: str) -> str:
    """What a slot belongs to: the host and its port, for robots.txt is per authority."""
    return urlsplit(url).netloc.lower()


def _spelled(url: str) -> str:
    """The address to ask for: checked as `canonical` does, but with its own parameters, which some sites need. Raises FetchFailure."""
    try:
        canonical(url)
        parts = urlsplit(url.strip())
        if parts.username or parts.password:
            raise BadURL("an address with a user name is a log-in")
    except (BadURL, ValueError) as error:
        raise FetchFailure("bad_url", str(error)) from None
    return Request(parts._replace(fragment="").geturl()).url


def _stored(url: str) -> str:
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
