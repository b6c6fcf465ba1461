"""One polite request: guard, robots.txt, the host's slot, limits, redirects one by one, every request recorded.

All downloads of a crawl go through `Fetcher.get`. Scrapy's engine carries them (per-host slots, decompression with a limit, one time limit for headers
and body together); its own robots and redirect middlewares are off, because they decide differently from RFC 9309 and follow more than we may.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import psycopg
from scrapy import Request
from scrapy.core.downloader import Slot

from crawlers import guard, profiles, robots
from crawlers.exchange import Answer, FetchRecord, Host, HostLocks, Purpose, RobotsStore, host_of, origin_of, retry_after, spelled, stored
from crawlers.failures import IN_WORDS, NOT_ASKED, FetchFailure, classify
from crawlers.pages import no_page
from crawlers.urls import canonical, same_site
from crawlers.words import Said

MAX_BODY = 10 * 1024 * 1024
TIMEOUT_S = 20
MAX_REDIRECTS = 5
LEAST_DELAY_S = 5.0
_PERMANENT = (301, 308)


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
    robots_store: RobotsStore | None = None
    hosts: dict[str, Host] = field(default_factory=dict)
    note: Said | None = None  # kept with every request made over https: the exception it was made under

    async def get(self, url: str, purpose: Purpose, headers: dict[str, str] | None = None) -> Answer:
        """Fetch one address through all rules. Raises FetchFailure; whatever happens is recorded."""
        asked = at = spelled(url)
        moved = False
        seen = {at}
        for _ in range(MAX_REDIRECTS + 1):
            response, started = await self._one(at, purpose, headers)
            if response.status not in (301, 302, 303, 307, 308) or b"Location" not in response.headers:
                decision: robots.Decision = "is_robots" if purpose == "robots" else self._rules(at).decide(at)
                return replace(self._answer(asked, at, response, started, purpose, moved, decision), hops=tuple(sorted({stored(hop) for hop in seen})))
            self._keep(at, purpose, self._rules(at).decide(at) if purpose != "robots" else "is_robots", started, status=response.status)
            try:
                target = spelled(urljoin(at, response.headers[b"Location"].decode("utf-8", "replace")))
            except (FetchFailure, ValueError):
                raise self._failed(at, purpose, FetchFailure("bad_url", Said("it redirects to no web address"), status=response.status)) from None
            if purpose != "robots":
                self._may_follow(asked, at, target, response.status, purpose)
            moved = moved or response.status in _PERMANENT
            if target in seen:
                raise self._failed(at, purpose, FetchFailure("redirects", Said("it redirects in a circle"), status=response.status))
            seen.add(target)
            at = target
        raise self._failed(at, purpose, FetchFailure("redirects", Said("it redirects more than %(times)s times", times=MAX_REDIRECTS)))

    async def ask(self, url: str, headers: dict[str, str]) -> Answer:
        """Ask a platform's documented interface with the operator's key in `headers`: robots.txt does not govern it, the host's turn and delay hold.

        No redirect is followed, so that the key goes nowhere else. Raises FetchFailure.
        """
        await self._turn(host_of(url), url, read_robots=False)
        try:
            self._in_time(url)
            response, started = await self._download(url, headers)
        except psycopg.Error:
            raise
        except Exception as error:
            raise self._failed(url, "feed", classify(error), "keyed_api") from error
        if 300 <= response.status < 400:
            raise self._failed(url, "feed", FetchFailure("offsite", Said("its interface redirects"), status=response.status), "keyed_api")
        return self._answer(url, url, response, started, "feed", False, "keyed_api")

    async def rules(self, url: str) -> robots.Robots:
        """The robots.txt that governs an address."""
        await self._turn(host_of(url), url)
        return self._rules(url)

    # ── one hop ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _one(self, url: str, purpose: Purpose, headers: dict[str, str] | None) -> tuple[Any, float]:
        decision: robots.Decision = "is_robots"
        try:
            if purpose != "robots":
                await self._turn(host_of(url), url)
                rules = self._rules(url)
                decision = rules.decide(url)
                if decision in ("disallowed", "unreachable"):
                    raise FetchFailure("robots" if decision == "disallowed" else "robots_unreachable", rules.reason)
                self._in_time(url)
            else:
                await self._hold(url)  # the robots.txt of one host may stand on another, which has its own turn and delay
            response, started = await self._download(url, headers)
        except psycopg.Error:
            raise  # the database's trouble is ours, not the site's
        except Exception as error:
            raise self._failed(url, purpose, classify(error), decision) from error
        return response, started

    async def _download(self, url: str, headers: dict[str, str] | None) -> tuple[Any, float]:
        request = Request(url, headers=headers, dont_filter=True, meta={"download_timeout": TIMEOUT_S})
        response = await self.engine.download_async(request)
        return response, time.monotonic() - request.meta.get("download_latency", 0.0)  # without the wait for the host's turn

    def _in_time(self, url: str) -> None:
        paused = self.hosts[host_of(url)].paused_until - time.monotonic()
        if paused > 0:
            raise FetchFailure("waiting", Said("its server asked us to wait"), retry_after_s=paused)
        if time.monotonic() > self.deadline:
            raise FetchFailure("budget", IN_WORDS["budget"])

    def _answer(self, asked: str, at: str, response: Any, started: float, purpose: Purpose, moved: bool, decision: robots.Decision) -> Answer:
        headers = {name.decode("latin-1").lower(): b", ".join(values).decode("latin-1") for name, values in response.headers.items()}
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
            self.hosts[host_of(url)].paused_until = time.monotonic() + (60 if wait is None else wait)
        if status == 429:
            return FetchFailure("rate_limited", Said("it answers 429: too many requests"), status=status, retry_after_s=wait)
        if status >= 500:
            return FetchFailure("http_5xx", Said("it answers %(status)s", status=status), status=status, retry_after_s=wait)
        if status in (401, 402, 403, 407, 451):
            return FetchFailure("login", Said("it answers %(status)s: reading it is not allowed or needs a log-in", status=status), status=status)
        if status in (404, 410):
            return FetchFailure("gone", Said("it answers %(status)s", status=status), status=status)
        return FetchFailure("http_4xx", Said("it answers %(status)s", status=status), status=status)

    def _may_follow(self, asked: str, at: str, target: str, status: int, purpose: Purpose) -> None:
        if profiles.refusal(target, proven_channel=self.proven_channel):
            refused = Said("it redirects to %(host)s, where people have profiles (SCOPE S1)", host=profiles.host_of(target))
            raise self._failed(at, purpose, FetchFailure("person", refused, status=status))
        if self.own_hosts is None:
            return
        if not same_site(target, self.own_hosts):
            if purpose == "feed" and status in _PERMANENT:
                host = urlsplit(target).hostname
                said = Said("it moved for good to %(host)s: check that the owner is the same, then `langnghe sources follow`", host=host or "?")
                raise self._failed(at, purpose, FetchFailure("moved", said, status=status, target=target))
            raise self._failed(at, purpose, FetchFailure("offsite", Said("it redirects to a site that is not this source's"), status=status))
        if purpose == "page" and urlsplit(target).path in ("", "/") and urlsplit(asked).path not in ("", "/"):
            raise self._failed(at, purpose, FetchFailure("redirected_home", Said("it redirects to the front page: the page is gone"), status=status))

    # ── the host's turn ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _turn(self, host: str, url: str, *, read_robots: bool = True) -> None:
        """Take the host's turn and read its robots.txt, once a run."""
        state = self.hosts.setdefault(host, Host())
        async with state.ready:
            if state.failure is not None:
                raise state.failure
            if state.rules is not None:
                self._slot(url, self.delay(url, state.rules.crawl_delay_s))
                return
            try:
                rules = self._kept_rules(url) if read_robots else robots.Robots()
                await self._hold(url, rules.crawl_delay_s if rules else None)
                state.rules = rules or await self._read_robots(url)
            except FetchFailure as failure:
                state.failure = failure
                raise
            self._slot(url, self.delay(url, state.rules.crawl_delay_s))

    async def _hold(self, url: str, crawl_delay_s: float | None = None) -> None:
        """Keep the host to this process, and wait until its delay since the last request of any process has passed."""
        delay = self.delay(url, crawl_delay_s)
        since = await self.locks.hold(urlsplit(url).hostname or "")
        self._slot(url, delay)
        if since < delay:
            await asyncio.sleep(delay - since)

    def _kept_rules(self, url: str) -> robots.Robots | None:
        kept = self.robots_store.load(origin_of(url)) if self.robots_store else None
        return robots.from_answer(*kept) if kept is not None else None

    async def _read_robots(self, url: str) -> robots.Robots:
        origin = origin_of(url)
        try:
            answer = await self.get(f"{origin}/robots.txt", "robots")
        except FetchFailure as failure:
            if failure.failure_class in ("dns", "guard", "tls", "busy"):
                raise
            return robots.from_answer(None, b"", failure.reason)
        rules = robots.from_answer(answer.status, answer.body)
        if self.robots_store and rules.decision != "unreachable":
            self.robots_store.save(origin, answer.status, answer.body[: robots.MAX_BYTES])
        return rules

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
        """Set the host's delay; another source of the same host, or its own robots.txt, can only make it longer."""
        key = urlsplit(url).hostname or ""
        downloader = self.engine.downloader
        delay = max(delay, downloader.per_slot_settings.get(key, {}).get("delay", 0.0))
        concurrency = 1 if delay else 8
        downloader.per_slot_settings[key] = {"concurrency": concurrency, "delay": delay, "jitter": 0}
        slot: Slot | None = downloader.slots.get(key)
        if slot is not None:
            slot.delay, slot.concurrency, slot.jitter = delay, concurrency, 0

    def _rules(self, url: str) -> robots.Robots:
        state = self.hosts.get(host_of(url))
        return state.rules if state is not None and state.rules is not None else robots.Robots("unreachable", Said("robots.txt was not read"))

    # ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _keep(self, url: str, purpose: Purpose, decision: robots.Decision, started: float, *, status: int, size: int = 0, outcome: Any = "done") -> None:
        elapsed = int((time.monotonic() - started) * 1000)
        note = self.note if url.startswith("https:") else None
        self.record(FetchRecord(stored(url), purpose, decision, outcome, datetime.now(UTC), reason=note, status=status, size=size, elapsed_ms=elapsed))

    def _failed(self, url: str, purpose: Purpose, failure: FetchFailure, decision: robots.Decision | None = None) -> FetchFailure:
        if decision is None:
            decision = "is_robots" if purpose == "robots" else self._rules(url).decide(url)
        kind = failure.failure_class
        if kind in NOT_ASKED:
            return failure  # no request was made: nothing to record
        outcome: Any = "refused" if kind in ("robots", "robots_unreachable", "guard", "person", "offsite") else "quarantine" if kind in ("too_large",) else "retry"
        self.record(
            FetchRecord(stored(url), purpose, decision, outcome, datetime.now(UTC), failure_class=kind, reason=failure.reason, status=failure.status)
        )
        return failure
