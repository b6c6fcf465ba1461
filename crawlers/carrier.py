"""Scrapy's HTTP client as we use it: so many answers at once that memory stays bounded, and TLS rules by host.

A host may be read with an unchecked certificate or an old protocol only while a dated exception of its source's file says so (crawlers/sources.py); every
other host of the same crawl, a redirect's target included, is checked as always.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from scrapy import Request
from scrapy.core.downloader.contextfactory import _get_creator_context, _ScrapyClientContextFactory
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.http import Response
from twisted.internet.ssl import TLSVersion
from twisted.web.client import BrowserLikePolicyForHTTPS

# Ten bodies of 10 MB, packed and unpacked, beside the process itself are the 300 MB a crawl may take. A host's delay is waited for outside of this count.
AT_ONCE = 10
# Protocols and ciphers of servers nobody has touched for ten years; OpenSSL calls this its security level 0.
OLD_CIPHERS = b"ALL:!aNULL:!eNULL:@SECLEVEL=0"


class ByHost(BrowserLikePolicyForHTTPS):
    """TLS by host: {"host": ["certificate", "protocol"]} names what is not insisted on there."""

    def __init__(self, exceptions: dict[str, list[str]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.exceptions = exceptions
        self._made: dict[frozenset[str], Any] = {}

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        allowed = frozenset(self.exceptions.get(hostname.decode("ascii").lower(), ()))
        creator = self._factory(allowed).creatorForNetloc(hostname, port)
        if "protocol" in allowed:
            # Twisted spells a list of ciphers out and loses the security level on the way: it is set on the context that was made.
            _get_creator_context(creator).set_cipher_list(OLD_CIPHERS)
        return creator

    def _factory(self, allowed: frozenset[str]) -> Any:
        if allowed not in self._made:
            old: dict[str, Any] = {"method": None, "tls_min_version": TLSVersion.TLSv1_0} if "protocol" in allowed else {}
            self._made[allowed] = _ScrapyClientContextFactory(verify_certificates="certificate" not in allowed, **old)
        return self._made[allowed]


class Handler(HTTP11DownloadHandler):
    """Scrapy's handler of http and https behind the two rules above."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._contextFactory: Any = ByHost(crawler.settings.getdict("TLS_EXCEPTIONS"))
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def download_request(self, request: Request) -> Response:
        try:
            async with self._turns:
                return await super().download_request(request)
        finally:
            # The delay runs from the end of an answer: a slow host rests as long as a fast one, and sees no two requests closer than its delay.
            slot = self._crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
            if slot is not None:
                slot.lastseen = time.monotonic()
