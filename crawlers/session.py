"""One run of Scrapy's engine as a carrier of downloads: settings, the guard, and the coroutine that does the work.

A process can run one session: a reactor starts once.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from scrapy import Request, Spider

from crawlers import guard
from crawlers.fetcher import MAX_BODY
from processing.settings import Settings

Result = TypeVar("Result")
_OFF = (
    "offsite.OffsiteMiddleware", "robotstxt.RobotsTxtMiddleware", "httpauth.HttpAuthMiddleware", "downloadtimeout.DownloadTimeoutMiddleware",
    "retry.RetryMiddleware", "redirect.MetaRefreshMiddleware", "redirect.RedirectMiddleware", "cookies.CookiesMiddleware",
    "httpproxy.HttpProxyMiddleware", "stats.DownloaderStats", "httpcache.HttpCacheMiddleware",
)  # fmt: skip
_NO_EXTENSIONS = (
    "telnet.TelnetConsole", "memusage.MemoryUsage", "feedexport.FeedExporter", "logstats.LogStats", "throttle.AutoThrottle",
    "remote_control.RemoteControl", "spiderstate.SpiderState", "closespider.CloseSpider", "logcount.LogCount", "memdebug.MemoryDebugger",
)  # fmt: skip


def scrapy_settings(settings: Settings, *, tls: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """Scrapy as we use it: everything that decides, parses, remembers or talks to others is off. `tls`: what is not insisted on, by host."""
    return {
        "USER_AGENT": settings.user_agent,
        "DOWNLOAD_MAXSIZE": MAX_BODY,
        "DOWNLOAD_WARNSIZE": 0,
        "TLS_EXCEPTIONS": tls or {},
        "DOWNLOAD_DELAY": 0,  # each host's delay is set by the fetcher before its first request
        "DOWNLOAD_DELAY_JITTER": 0,
        "CONCURRENT_REQUESTS": 0,
        "DNS_TIMEOUT": 10,
        "TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingHostnameResolver",
        "DOWNLOAD_HANDLERS": {**dict.fromkeys(("data", "file", "s3", "ftp")), "http": "crawlers.carrier.Handler", "https": "crawlers.carrier.Handler"},
        "DOWNLOADER_MIDDLEWARES": {f"scrapy.downloadermiddlewares.{name}": None for name in _OFF},
        "EXTENSIONS": {f"scrapy.extensions.{name}": None for name in _NO_EXTENSIONS},
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "vi,en;q=0.5",
        },
        "TELNETCONSOLE_ENABLED": False,
        "COOKIES_ENABLED": False,
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "STATS_DUMP": False,
    }


class Carrier(Spider):
    """Runs the work as its start and hands nothing to Scrapy's scheduler."""

    name = "carrier"

    def __init__(self, work: Callable[[Any], Awaitable[Any]]) -> None:
        super().__init__()
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None

    async def start(self) -> AsyncIterator[Request]:
        try:
            self.result = await self.work(self.crawler.engine)
        except Exception as error:
            self.error = error  # raised again by `run`, outside the reactor
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request


def run(work: Callable[[Any], Awaitable[Result]], settings: Settings, *, tls: dict[str, list[str]] | None = None) -> Result:
    """Run `work(engine)` to its end behind the guard and return its result; its exceptions come out as they are."""
    from scrapy.crawler import AsyncCrawlerProcess

    process = AsyncCrawlerProcess(scrapy_settings(settings, tls=tls))
    # Their messages carry addresses as given, session and user parameters included; what matters of a failure is in its row of fetch_log.
    for chatty in ("scrapy", "twisted", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    from twisted.internet import reactor  # the one AsyncCrawlerProcess installed

    guard.install(reactor, guard.parse_allow(settings.guard_allow))
    crawler = process.create_crawler(Carrier)
    process.crawl(crawler, work=work)
    # A crawl may be ended at any instant and loses nothing, so a signal simply ends it.
    process.start(install_signal_handlers=False)
    carrier: Any = crawler.spider
    if carrier is None:
        raise RuntimeError("the crawl did not start")
    if carrier.error is not None:
        raise carrier.error
    result: Result = carrier.result
    return result
