"""`langnghe sources test KEY`: read a source live, through every rule, and show what would land. Changes nothing: no database is opened."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import urljoin

from crawlers import guard, keyed, profiles, session
from crawlers.child import find
from crawlers.exchange import Answer, FetchRecord
from crawlers.failures import FetchFailure
from crawlers.feeds import Entry
from crawlers.fetcher import Fetcher
from crawlers.sources import Feed, Source, load_sources, tls_exceptions
from crawlers.urls import BadURL, canonical, same_site
from crawlers.worker import Worker, WorkerFailure
from processing.errors import LangNgheError
from processing.settings import ROOT, Settings, get_settings
from processing.zone import local_day

PAGES = 3


class FreeLocks:
    """A probe writes nothing, not even locks; it is one person's few requests, spaced like any others."""

    async def hold(self, host: str) -> float:
        return float("inf")


def probe(key: str, out: TextIO) -> int:
    """Write a report of one live reading; exit status 1 when nothing would land."""
    settings = get_settings()
    try:
        source = find(key, load_sources(settings.config_dir))
    except LangNgheError as error:
        out.write(f"{error}\n")
        return 1
    records: list[FetchRecord] = []

    async def work(engine: Any) -> int:
        fetcher = make_fetcher(engine, settings, records, source.own_hosts, source)
        return await _show(source, fetcher, out)

    shown = session.run(work, settings, tls=tls_exceptions([source], local_day(datetime.now(UTC))))
    out.write("\nrequests\n")
    for record in records:
        status = f"{record.status} {record.size or 0} bytes" if record.status else record.failure_class
        out.write(f"  {record.kind:6} robots: {record.decision:11} {status}  {record.url}" + (f"  ({record.reason})" if record.reason else "") + "\n")
    out.write(f"\n{shown} pages would land from this sample; nothing was kept.\n")
    return 0 if shown else 1


def make_fetcher(engine: Any, settings: Settings, records: list[FetchRecord], own_hosts: frozenset[str] | None, source: Source | None = None) -> Fetcher:
    """A fetcher that keeps its records in a list."""
    allow = guard.parse_allow(settings.guard_allow)
    delay = (source.delay_s or 0.0) if source else 0.0
    return Fetcher(engine, FreeLocks(), records.append, own_hosts, allow, settings.min_delay_s, delay, bool(source and source.proof_url))


async def _show(source: Source, fetcher: Fetcher, out: TextIO) -> int:
    worker = Worker()
    shown = 0
    try:
        for feed in source.feeds:
            out.write(f"\nfeed {feed.url} ({feed.kind})\n")
            try:
                answer = await _ask(fetcher, feed)
                listed = read_list(worker, answer, feed.kind, (feed.selector or "", feed.text_selector or "", feed.date_selector or ""))
            except (FetchFailure, WorkerFailure) as failure:
                out.write(f"  failed [{failure.failure_class}]: {failure.reason}\n")
                continue
            out.write(f"  {listed['format']}: {len(listed['entries'])} entries, {len(listed['lists'])} lists, {len(listed['reports'])} reports\n")
            for warning in listed["warnings"]:
                out.write(f"  warning: {warning}\n")
            entries = [Entry(**entry) for entry in listed["entries"]]
            shown += _stated(entries, out) if feed.kind in keyed.INTERFACES else await _sample(source, fetcher, answer, entries, out)
            shown += len(listed["reports"][:PAGES])
    finally:
        worker.close()
    return shown


async def _ask(fetcher: Fetcher, feed: Feed) -> Answer:
    if feed.kind in keyed.INTERFACES:
        return await fetcher.ask(keyed.address(feed.kind, feed.url), keyed.headers(feed.kind, get_settings()))
    return await fetcher.get(feed.url, "feed")


def read_list(worker: Worker, answer: Answer, kind: str, selectors: tuple[str, str, str] = ("", "", "")) -> dict[str, Any]:
    """A list read in the limited process. Raises WorkerFailure."""
    return worker.read(answer.body, kind=kind, content_type=answer.headers.get("content-type", ""), url=answer.final_url, selectors=selectors, limit=500)


def _stated(entries: list[Entry], out: TextIO) -> int:
    """Entries whose whole content an interface gave: no page is fetched for them."""
    for entry in entries[:PAGES]:
        _extracted(entry.link, entry.content.encode(), asdict(entry), out)
    return len(entries[:PAGES])


async def _sample(source: Source, fetcher: Fetcher, answer: Answer, entries: list[Entry], out: TextIO) -> int:
    shown = 0
    for entry in entries[:PAGES]:
        try:
            url = canonical(entry.link, answer.final_url)
        except BadURL as error:
            out.write(f"  entry without a usable address: {error}\n")
            continue
        if source.kind == "channel" and profiles.own_post(url, answer.url):
            shown += _stated([replace(entry, link=url, content=max(entry.content, entry.summary, key=len))], out)
            continue
        if why := profiles.refusal(url, proven_channel=source.proof_url is not None) or (None if same_site(url, source.own_hosts) else "not on this source's own hosts"):
            out.write(f"  left out: {url}: {why}\n")
            continue
        try:
            body = (await fetcher.get(urljoin(answer.final_url, entry.link), "page")).body
        except FetchFailure as failure:
            out.write(f"  page failed [{failure.failure_class}]: {url}: {failure.reason}\n")
            continue
        _extracted(url, body, asdict(entry), out)
        shown += 1
    return shown


def _extracted(url: str, body: bytes, entry: dict[str, str], out: TextIO) -> None:
    """What extraction makes of the page, by the command itself: crawling imports no extraction."""
    done = subprocess.run([sys.executable, "-m", "processing.cli", "extract", "--url", url, "-"], input=body, capture_output=True, cwd=ROOT, timeout=120, check=False)
    try:
        record = json.loads(done.stdout.decode().strip().splitlines()[-1])
    except (ValueError, IndexError):
        record = {"error": "extraction gave nothing"}
    out.write(f"  {url}\n")
    out.write(f"    title {record.get('title') or '—'}\n    date  {record.get('published_at') or '—'} (feed: {entry['published_raw'] or '—'})\n")
    text = record.get("text") or ""
    out.write(f"    text  {len(text)} characters: {text[:160]!r}\n" if text else f"    text  none: {record.get('error', 'nothing found')}\n")
