"""`langnghe sources discover URL`: find the lists behind an address, try each, and propose a source file with the S1 fields left to fill in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, TextIO
from urllib.parse import urljoin, urlsplit

from crawlers import profiles, session
from crawlers.exchange import FetchRecord
from crawlers.failures import FetchFailure
from crawlers.feeds import Entry
from crawlers.fetcher import Fetcher
from crawlers.probe import make_fetcher, read_list
from crawlers.urls import BadURL, canonical, same_site, site_host
from crawlers.worker import Worker, WorkerFailure
from processing.settings import ROOT, get_settings
from processing.zone import local_day

_FEED_LINK = re.compile(rb"<link\b[^>]*type\s*=\s*[\"']?application/(?:rss|atom|feed)\+(?:xml|json)[^>]*>", re.I)
_HREF = re.compile(rb"href\s*=\s*(?:\"([^\"]{1,2000})\"|'([^']{1,2000})'|([^\s>\"']{1,2000}))", re.I)
_GUESSES = ("/rss/", "/rss", "/feeds/", "/feed/", "/rss.xml", "/atom.xml", "/feed.json", "/rss/home.rss", "/rss/trang-chu.rss", "/latest.rss")
_MOST = 12
_CMS = (
    ("nukeviet", rb"NukeViet|/themes/[^\"']+/nukeviet|nv_base_siteurl"), ("wordpress", rb"/wp-content/|wp-json|WordPress"),
    ("sharepoint", rb"_layouts/15|Microsoft SharePoint"), ("vnpt", rb"vnptportal|vnpt-portal|VNPT"), ("vccorp", rb"channelvn|sohanews|vccorp\.vn"),
    ("vnexpress", rb"vnecdn\.net|vnexpress\.net"), ("zce", rb"zce-|znews-photo"),
)  # fmt: skip


def cms_of(page: bytes) -> str:
    """The CMS a front page gives away, or other."""
    return next((name for name, sign in _CMS if re.search(sign, page[:400_000])), "other")


def feed_links(page: bytes, base: str) -> list[str]:
    """Feeds a page names in its head, as absolute addresses."""
    found = [next(group for group in match.groups() if group) for tag in _FEED_LINK.findall(page[:400_000]) if (match := _HREF.search(tag))]
    return [urljoin(base, href.decode("utf-8", "replace").replace("&amp;", "&")) for href in found]


_CHANNELS = (
    (re.compile(rb"https://(?:www\.)?youtube\.com/channel/(UC[\w-]{22})"), "https://www.youtube.com/feeds/videos.xml?channel_id={}"),
    (re.compile(rb"https://bsky\.app/profile/([\w.-]+\.[a-z]{2,})"), "https://bsky.app/profile/{}/rss"),
    (re.compile(rb"<a[^>]+rel=[\"']?[^\"'>]*\bme\b[^>]*href=[\"']https://([\w.-]+/@[\w.-]+)[\"']"), "https://{}.rss"),
)


def channels_of(page: bytes) -> list[str]:
    """Feeds of the channels that an organisation's own page names: YouTube channels, Bluesky accounts, Mastodon accounts marked rel="me"."""
    found = [pattern.format(match.decode()) for sign, pattern in _CHANNELS for match in sign.findall(page[:400_000])]
    return sorted(set(found))[:5]


def discover(url: str, out: TextIO) -> int:
    """Write a proposed TOML; exit status 1 when the address is refused or no list was found. Changes nothing."""
    try:
        canonical(url)
    except BadURL as error:
        out.write(f"# {url}: [bad_url] {error}\n")
        return 1
    if why := profiles.refusal(url, proven_channel=True):
        out.write(f"{url} is refused (SCOPE S1): {why}\n")
        return 1
    settings = get_settings()
    records: list[FetchRecord] = []

    async def work(engine: Any) -> int:
        return await _search(url, make_fetcher(engine, settings, records, frozenset({site_host(url)})), out)

    return session.run(work, settings)


async def _search(url: str, fetcher: Fetcher, out: TextIO) -> int:
    try:
        home = await fetcher.get(url, "page")
    except FetchFailure as failure:
        out.write(f"# {url}: [{failure.failure_class}] {failure.reason}\n")
        return 1
    worker = Worker()
    try:
        found = await _try_all(home.final_url, await _candidates(home.body, home.final_url, fetcher), fetcher, worker, out)
        for channel in channels_of(home.body):
            await _try_channel(channel, home.final_url, fetcher, worker, out)
    finally:
        worker.close()
    if not found:
        out.write("# no feed and no sitemap was found; a listing page with a selector may serve, see docs/add-a-source.md\n")
        return 1
    out.write(_proposal(home.final_url, home.body, found))
    return 0


async def _candidates(page: bytes, base: str, fetcher: Fetcher) -> list[tuple[str, str]]:
    """Addresses worth a try, likeliest first: what the page names, what robots.txt names, what each CMS has by custom."""
    named = [(link, "rss") for link in feed_links(page, base)]
    if named and any("/comments" in link for link, _ in named):
        named = [(link, kind) for link, kind in named if "/comments" not in link]
    sitemaps = [(link, "sitemap") for link in (await fetcher.rules(base)).sitemaps]
    guesses = [(urljoin(base, path), "rss") for path in _GUESSES]
    return [*named[:_MOST], *sitemaps[:4], *([] if named else guesses), (urljoin(base, "/sitemap.xml"), "sitemap")]


async def _try_all(base: str, candidates: list[tuple[str, str]], fetcher: Fetcher, worker: Worker, out: TextIO) -> list[tuple[str, str, list[Entry]]]:
    found: list[tuple[str, str, list[Entry]]] = []
    tried: set[str] = set()
    for link, kind in candidates:
        try:
            address = canonical(link, base)
        except BadURL:
            continue
        enough = len(found) >= 3 or (kind == "sitemap" and bool(found))
        if address in tried or profiles.refusal(address) or not same_site(address, frozenset({site_host(base)})) or enough:
            continue
        tried.add(address)
        try:
            listed = read_list(worker, await fetcher.get(address, "feed"), kind)
        except (FetchFailure, WorkerFailure) as failure:
            out.write(f"# tried {address}: [{failure.failure_class}] {failure.reason}\n")
            continue
        entries = [Entry(**entry) for entry in listed["entries"]]
        if entries or listed["lists"]:
            out.write(f"# found {address}: {listed['format']}, {len(entries)} entries, {len(listed['lists'])} lists\n")
            found.append((address, "sitemap" if listed["format"] == "sitemap" else "rss", entries))
    return found


async def _try_channel(channel: str, home: str, fetcher: Fetcher, worker: Worker, out: TextIO) -> None:
    """Say what a channel that the page names lists; it needs a file of its own."""
    try:
        listed = read_list(worker, await fetcher.get(channel, "feed"), "rss")
        says = f"{listed['format']}, {len(listed['entries'])} entries"
    except (FetchFailure, WorkerFailure) as failure:
        says = f"[{failure.failure_class}] {failure.reason}"
    out.write(f'# this page names a channel ({says}); if it is the owner\'s, a file of its own: kind = "channel", proof_url = "{home}", url = "{channel}"\n')


def places_of(name: str, titles: list[str]) -> list[str]:
    """Codes of the province that a site's name and headlines are chiefly about, by the command itself: crawling imports no analysis. Empty when unsure."""
    line = json.dumps({"id": "1", "title": name, "text": ". ".join(titles)[:20_000]}, ensure_ascii=False)
    done = subprocess.run([sys.executable, "-m", "processing.cli", "annotate"], input=line, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    try:
        province = json.loads(done.stdout)["province"]
    except (ValueError, KeyError):
        return []
    return [province["code"]] if province else []


def _proposal(base: str, page: bytes, found: list[tuple[str, str, list[Entry]]]) -> str:
    today = local_day(datetime.now(UTC))
    entries = [entry for _, _, some in found for entry in some]
    vietnamese = sum(bool(re.search("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", entry.title.lower())) for entry in entries)
    full = median(len(entry.content) for entry in entries) > 1500 if entries else False
    title = re.search(rb"<title[^>]*>([^<]{1,200})", page, re.I)
    name = re.sub(r'[\s"\\]+', " ", title.group(1).decode("utf-8", "replace")).strip() if title else urlsplit(base).hostname or ""
    lines = [
        f"# Save as config/sources/{site_host(base).replace('.', '-')}.toml. The fields marked FILL IN are a person's to answer (SCOPE S1).",
        f'name = "{name}"', 'kind = "press"  # FILL IN: press, wire, institution, channel or fact_check', 'owner = ""  # FILL IN: the organisation that answers for it',
        'basis = ""  # FILL IN: why it may be read for this purpose', f"reviewed_on = {today}", f"review_due = {today + timedelta(days=365)}", f'home_url = "{base}"',
        f'language = "{"vi" if vietnamese * 2 >= len(entries) else "en"}"', f"places = {json.dumps(places_of(name, [entry.title for entry in entries[:60]]))}  # FILL IN: codes of the units it mostly writes about",
        f'cms = "{cms_of(page)}"', f"expected_per_week = {_per_week(entries)}",
    ]  # fmt: skip
    lines += ["full_text_in_feed = true"] if full else []
    for link, kind, _ in found:
        lines += ["", "[[feeds]]", f'url = "{link}"', f'kind = "{kind}"']
    return "\n".join(lines) + "\n"


def _per_week(entries: list[Entry]) -> int:
    """Rhythm from the years-to-seconds span of the dates the feed prints; 7 where they cannot be read."""
    from email.utils import parsedate_to_datetime

    days = []
    for entry in entries:
        try:
            days.append(parsedate_to_datetime(entry.published_raw).timestamp() / 86_400)
        except (TypeError, ValueError):
            continue
    return max(1, round(7 * len(days) / max(max(days) - min(days), 1))) if len(days) >= 3 else 7
