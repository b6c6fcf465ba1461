"""One source, read once: its due feeds, the pages of their new entries, into the landing area. Nothing is parsed here but robots.txt."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from crawlers import keyed, profiles
from crawlers.attachments import fetch_wanted
from crawlers.envelope import keyed_digest, wrap
from crawlers.exchange import Answer
from crawlers.failures import FetchFailure
from crawlers.feeds import Entry
from crawlers.fetcher import Fetcher
from crawlers.lander import Lander, Seen, content_key, entry_key
from crawlers.polling import FeedRow, FeedStore
from crawlers.sources import COUNTED, Source
from crawlers.traps import endless
from crawlers.urls import BadURL, canonical, page_key, same_site
from crawlers.words import Said
from crawlers.worker import Worker, WorkerFailure
from processing.db import archive
from processing.settings import Settings

MAX_LISTS = 50  # sitemaps under one sitemap index in one run
MAX_DEPTH = 3
SHORTEST_POST = 40  # characters


NOTHING = Said("")


@dataclass
class FeedOutcome:
    """How one feed's poll went: None or the failure's class, entries listed, entries not seen before, pages landed, pages that failed by class."""

    url: str
    failure: str | None = None
    reason: Said = NOTHING
    unchanged: bool = False
    entries: int = 0
    new: int = 0
    landed: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Candidate:
    """An entry whose page is wanted."""

    entry: Entry
    url: str
    fetch_url: str
    key: bytes
    content: bytes
    seen: Seen | None


class SourceCrawl:
    """The order of things, in plain asyncio; downloads go through the fetcher."""

    def __init__(
        self, source: Source, feeds: list[FeedRow], store: FeedStore, lander: Lander, fetcher: Fetcher, worker: Worker, settings: Settings
    ) -> None:
        self.source = source
        self.feeds = feeds
        self.store = store
        self.lander = lander
        self.fetcher = fetcher
        self.worker = worker
        self.settings = settings
        self._pages: set[str] = set()

    async def run(self) -> list[FeedOutcome]:
        """Read every due feed and land its pages."""
        outcomes = [await self._feed(feed) for feed in self.feeds]
        self.lander.flush()
        await fetch_wanted(self.lander.conn, self.lander.source_id, self.fetcher, self.fetcher.own_hosts or self.source.own_hosts)
        self.lander.flush()
        return outcomes

    # ── one feed ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _feed(self, feed: FeedRow) -> FeedOutcome:
        outcome = FeedOutcome(feed.url)
        try:
            answer = await self._ask(feed)
            digest = keyed_digest(answer.body)
            if answer.status == 304 or digest == feed.digest:
                outcome.unchanged = True
                self.store.unchanged(feed, answer)
                return outcome
            if feed.kind in COUNTED:
                settled = await self._reports(feed, answer, outcome)
            else:
                settled = await self._pages_of(feed, answer, outcome)
            self.lander.flush()
            self.store.read(feed, answer, digest if settled else None, outcome.new, outcome.entries)
        except FetchFailure as failure:
            outcome.failure, outcome.reason = failure.failure_class, failure.reason
            self.lander.flush()
            if failure.failure_class == "moved":
                self.store.moved(feed, failure.target)
            self.store.failed(feed, failure.retry_after_s)
        except WorkerFailure as failure:
            outcome.failure, outcome.reason = failure.failure_class, failure.reason
            self.lander.flush()
            self.store.failed(feed, None)
        return outcome

    async def _ask(self, feed: FeedRow) -> Answer:
        if feed.kind in keyed.INTERFACES:
            return await self.fetcher.ask(keyed.address(feed.kind, feed.fetch_url), keyed.headers(feed.kind, self.settings))
        return await self.fetcher.get(feed.fetch_url, "feed", feed.conditional(datetime.now(UTC)))

    async def _list(self, feed: FeedRow, answer: Answer) -> dict[str, Any]:
        return await asyncio.to_thread(
            self.worker.read,
            answer.body,
            kind=feed.kind,
            content_type=answer.headers.get("content-type", ""),
            url=answer.final_url,
            selectors=[feed.feed.selector or "", feed.feed.text_selector or "", feed.feed.date_selector or ""],
            limit=feed.feed.max_entries,
        )

    async def _pages_of(self, feed: FeedRow, answer: Answer, outcome: FeedOutcome) -> bool:
        """Land the pages of what is new. Returns whether every new entry was settled: only then is the list remembered as read."""
        entries = await self._entries(feed, answer, outcome, depth=0, visited={answer.final_url})
        outcome.entries = len(entries)
        wanted = self._wanted(feed, entries, outcome)
        # One after the other where the host has a delay: an answer such as "come later" then reaches the next request before it is made.
        gate = asyncio.Semaphore(self.fetcher.at_once(answer.final_url))

        async def one(candidate: Candidate) -> bool:
            async with gate:
                return await self._page(feed, candidate, outcome)

        return all(await asyncio.gather(*(one(candidate) for candidate in wanted)))

    async def _entries(self, feed: FeedRow, answer: Answer, outcome: FeedOutcome, depth: int, visited: set[str]) -> list[tuple[Entry, str]]:
        listed = await self._list(feed, answer)
        outcome.warnings += listed["warnings"]
        entries = [(Entry(**entry), answer.final_url) for entry in listed["entries"]]
        # The list changed last first: within the limits of a run that is where the news is.
        for url, _ in sorted(listed["lists"], key=lambda pair: pair[1], reverse=True)[:MAX_LISTS]:
            if depth + 1 >= MAX_DEPTH or len(visited) > MAX_LISTS or len(entries) >= feed.feed.max_entries:
                outcome.warnings.append("not all sitemaps were read: too many or too deep")
                break
            try:
                target = canonical(url, answer.final_url)
                if target in visited or not same_site(target, self.fetcher.own_hosts or self.source.own_hosts):
                    continue
                visited.add(target)
                below = await self.fetcher.get(urljoin(answer.final_url, url), "feed")
                entries += await self._entries(feed, below, outcome, depth + 1, visited)
            except (BadURL, FetchFailure, WorkerFailure) as failure:
                outcome.warnings.append(f"a sitemap below it could not be read: {failure}")
        return entries[: feed.feed.max_entries]

    def _wanted(self, feed: FeedRow, entries: list[tuple[Entry, str]], outcome: FeedOutcome) -> list[Candidate]:
        """Entries not seen, edited, or to be tried again; one per page. Whatever is not this source's own page is left out and counted."""
        found: dict[bytes, Candidate] = {}
        guids = Counter(entry.guid for entry, _ in entries if entry.guid)
        for entry, base in entries:
            try:
                url, fetch_url = canonical(entry.link, base), urljoin(base, entry.link.strip())
            except (BadURL, ValueError):
                outcome.failed["bad_url"] += 1
                continue
            if feed.kind != "facebook_page" and (refused := self._left_out(url, feed)):
                outcome.failed[refused] += 1
                continue
            # A guid that several entries share names none of them.
            named = entry if guids[entry.guid] == 1 else Entry(**{**asdict(entry), "guid": ""})
            key = entry_key(named, url)
            found.setdefault(key, Candidate(entry, url, fetch_url, key, content_key(entry), None))
        now = datetime.now(UTC)
        known = self.lander.seen(feed.id, found)
        pages = self.lander.seen_pages(candidate.url for key, candidate in found.items() if key not in known)
        outcome.new += sum(key not in known and candidate.url not in pages for key, candidate in found.items())
        removed = self.lander.removed(candidate.url for candidate in found.values())
        wanted = []
        for key, candidate in found.items():
            seen = known.get(key) or pages.get(candidate.url)
            page = page_key(candidate.url)
            if candidate.url in removed or page in self._pages or (seen and not self._again(seen, candidate, now)):
                continue
            self._pages.add(page)
            wanted.append(Candidate(candidate.entry, candidate.url, candidate.fetch_url, key, candidate.content, seen))
        return wanted

    def _left_out(self, url: str, feed: FeedRow) -> str | None:
        """The class of an address that is not asked for: a person's, another site's, one of an endless kind; None for a page of this source's own."""
        if self._posted(feed, url):
            return None
        if profiles.refusal(url, proven_channel=self.source.proof_url is not None):
            return "person"
        if not same_site(url, self.fetcher.own_hosts or self.source.own_hosts):
            return "offsite"
        return "trap" if endless(url) else None

    def _again(self, seen: Seen, candidate: Candidate, now: datetime) -> bool:
        if seen.landed:
            return seen.content != candidate.content and (seen.not_before <= now or self.fetcher.delay(candidate.url, None) == 0)
        return seen.not_before <= now

    # ── one page ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _page(self, feed: FeedRow, candidate: Candidate, outcome: FeedOutcome) -> bool:
        attempts = candidate.seen.attempts if candidate.seen else 0
        again = attempts + 1 if candidate.seen and candidate.seen.landed else 0
        try:
            if feed.kind == "factcheck_api":
                self._land(feed, candidate, "page", candidate.entry.content.encode(), None, again)
            elif text := self._told(feed, candidate):
                self._land(feed, candidate, "entry", text.encode(), None, again)
            elif self._posted(feed, candidate.url):
                said = Said("it is a post with hardly any text")
                return self.lander.failed(feed.id, candidate.key, candidate.content, candidate.url, FetchFailure("not_a_page", said), attempts)
            else:
                answer = await self.fetcher.get(candidate.fetch_url, "page")
                self._land(feed, candidate, "page", answer.body, answer, again)
        except FetchFailure as failure:
            outcome.failed[failure.failure_class] += 1
            if candidate.seen and candidate.seen.landed:
                return True
            return self.lander.failed(feed.id, candidate.key, candidate.content, candidate.url, failure, attempts)
        outcome.landed += 1
        return True

    def _posted(self, feed: FeedRow, url: str) -> bool:
        """A post of an institution's channel: its feed holds all of it, and its page is the platform's."""
        return self.source.kind == "channel" and profiles.own_post(url, feed.url)

    def _told(self, feed: FeedRow, candidate: Candidate) -> str:
        """The full text where the list gives it; empty where the page is to be fetched."""
        entry = candidate.entry
        if feed.kind == "facebook_page":
            return entry.content
        if self._posted(feed, candidate.url):
            text = max(entry.content, entry.summary, key=len)
            return text if len(text) >= SHORTEST_POST else ""
        return entry.content if self.source.full_text_in_feed and feed.kind != "claimreview" and len(entry.content) >= 200 else ""

    def _land(self, feed: FeedRow, candidate: Candidate, kind: Any, body: bytes, answer: Answer | None, attempts: int) -> None:
        entry = {name: value for name, value in asdict(candidate.entry).items() if name != "changed"}
        entry["cms"] = self.source.cms
        if kind == "page" and feed.kind != "claimreview":
            # The page's own text counts; what the feed repeats of it would only be kept twice. A data feed of checks may state what its page does not.
            entry["content"] = ""
        url = candidate.url
        if answer is not None and answer.moved and urlsplit(answer.final_url).path not in ("", "/"):
            url = answer.final_url
        about = {
            "final_url": answer.final_url if answer else candidate.url,
            "listed": candidate.url,
            "hops": list(answer.hops) if answer else [],
            "content_type": answer.headers.get("content-type", "") if answer else "text/html; charset=utf-8",
            "status": answer.status if answer else 200,
            "cms": self.source.cms,
            "language": self.source.language,
            "kind": self.source.kind,
        }
        landed = wrap(kind, url, body, fetched_at=answer.fetched_at if answer else datetime.now(UTC), about=about, entry=entry)
        if stated := entry["content"] if kind == "page" else "":
            landed = replace(landed, digest=keyed_digest(body + stated.encode()))  # the same page under a rating that changed
        if answer is not None and self.settings.raw_archive:
            archive.keep(self.settings, self.source.key, landed.header, answer.headers, body)
        self.lander.land(feed.id, candidate.key, candidate.content, candidate.url, landed, attempts)

    # ── reports of a feedback portal ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _reports(self, feed: FeedRow, answer: Answer, outcome: FeedOutcome) -> bool:
        """Land the reports not seen before as one sealed list; the next stage counts them and drops it (SCOPE S1, S8)."""
        listed = await self._list(feed, answer)
        reports = {entry_key(Entry(guid=str(report["service_request_id"])), None): report for report in listed["reports"]}
        known = self.lander.seen(feed.id, reports)
        fresh = {key: report for key, report in reports.items() if key not in known}
        outcome.entries, outcome.new = len(reports), len(fresh)
        if not fresh:
            return True
        body = json.dumps([fresh[key] for key in sorted(fresh)], ensure_ascii=False).encode()
        about = {"final_url": answer.final_url, "content_type": "application/json", "status": answer.status, "cms": self.source.cms}
        about |= {"language": self.source.language, "kind": self.source.kind, "places": json.dumps(self.source.places)}
        landed = wrap("open311", feed.url, body, fetched_at=answer.fetched_at, about=about)
        self.lander.land_reports(feed.id, list(fresh), landed)
        outcome.landed += 1
        return True
