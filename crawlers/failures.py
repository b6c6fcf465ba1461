"""Why a request came to nothing: classes, their weight, and the sentence a person reads.

weight 1     hard: it will fail again until somebody acts (no such name, certificate, refused by robots.txt, not a feed …)
weight 1/2   soft: the answer is there but useless (empty, damaged, too large)
weight 1/4   temporary: likely gone by the next poll (time-out, 5xx, connection lost)
weight 0     not the source's fault (another task holds the host, the time of the run was up)
"""

from __future__ import annotations

import ssl

from crawlers.guard import ForbiddenAddress
from crawlers.words import Said

WEIGHTS: dict[str, float] = {
    "dns": 1, "tls": 1, "guard": 1, "robots": 1, "not_a_feed": 1, "moved": 1, "http_4xx": 1, "offsite": 1, "bad_url": 1, "layout": 1, "gone": 1,
    "person": 1, "too_large": 0.5, "encoding": 0.5, "parse": 0.5, "empty": 0.5, "redirects": 0.5, "not_a_page": 0.5, "redirected_home": 0.5,
    "timeout": 0.25, "refused": 0.25, "reset": 0.25, "http_5xx": 0.25, "rate_limited": 0.25, "other": 0.25, "robots_unreachable": 0.25,
    "busy": 0, "budget": 0, "waiting": 0, "login": 1, "wall": 1, "parked": 1, "maintenance": 0.25, "soft_404": 0.5,
    "no_key": 1, "trap": 0,
}  # fmt: skip
BLOCKING = frozenset({"robots", "login", "wall", "no_key"})
# No request was made; the attempt does not count.
NOT_ASKED = frozenset({"busy", "budget", "waiting", "no_key", "trap"})
# A page that failed so is not asked for again; the feed stays well.
FINAL = frozenset(
    {"robots", "guard", "gone", "http_4xx", "offsite", "person", "bad_url", "too_large", "not_a_page", "redirected_home", "soft_404", "moved", "redirects"}
)

IN_WORDS: dict[str, Said] = {
    "dns": Said("its name does not resolve"), "tls": Said("its certificate does not check"), "guard": Said("it points to an address that is not public"),
    "robots": Said("its robots.txt refuses us"), "robots_unreachable": Said("its robots.txt cannot be read, so nothing may be fetched"),
    "not_a_feed": Said("what it serves is not a feed"), "moved": Said("it moved for good to another host"), "http_4xx": Said("it answers that there is nothing"),
    "login": Said("it wants a log-in"), "gone": Said("the page is gone"), "layout": Said("the listing's layout changed"), "offsite": Said("it leads to a site that is not on the list"),
    "person": Said("it leads to a person's page"), "too_large": Said("its answer is larger than 10 MB"), "encoding": Said("its compression is damaged"),
    "parse": Said("its answer cannot be read within the limits"), "empty": Said("it is empty"), "redirects": Said("it redirects in circles"),
    "not_a_page": Said("what it serves is not a web page"), "redirected_home": Said("it redirects to the front page"), "timeout": Said("it does not answer in time"),
    "refused": Said("it refuses the connection"), "reset": Said("it drops the connection"), "http_5xx": Said("its server is in trouble"),
    "rate_limited": Said("it asks us to come later"), "bad_url": Said("its address is damaged"), "waiting": Said("it asked us to wait"), "busy": Said("another task is reading the same host"),
    "wall": Said("it puts a script, cookie or puzzle wall before its pages"), "parked": Said("its domain is parked or for sale"),
    "maintenance": Said("it is closed for maintenance"), "soft_404": Said("it says that the page is not there, though it answers 200"),
    "budget": Said("the time of this run was up"), "no_key": Said("its interface needs a key that is not set"),
    "trap": Said("it is one of endless calendar, filter or search pages"), "other": Said("it failed in a way not known yet"),
}  # fmt: skip


class FetchFailure(Exception):
    """One request came to nothing. `retry_after_s` where the server named a time, `target` where it moved for good."""

    def __init__(self, failure_class: str, reason: Said, *, status: int | None = None, retry_after_s: float | None = None, target: str = "") -> None:
        super().__init__(reason)
        self.failure_class = failure_class
        self.reason = reason
        self.status = status
        self.retry_after_s = retry_after_s
        self.target = target


def _chain(error: BaseException) -> list[BaseException]:
    """The error, its causes, and the failures Twisted keeps inside."""
    out: list[BaseException] = []
    unseen: list[BaseException | None] = [error]
    while unseen and len(out) < 20:
        one = unseen.pop(0)
        if one is None or one in out:
            continue
        out.append(one)
        unseen += [one.__cause__, one.__context__]
        unseen += [getattr(reason, "value", None) for reason in getattr(one, "reasons", None) or ()]
    return out


_BY_NAME = {
    "DownloadTimeoutError": "timeout", "TimeoutError": "timeout", "TCPTimedOutError": "timeout", "CannotResolveHostError": "dns", "DNSLookupError": "dns",
    "DownloadConnectionRefusedError": "refused", "ConnectionRefusedError": "refused", "NoRouteError": "refused", "ConnectError": "refused",
    "DownloadCancelledError": "too_large", "_DecompressionMaxSizeExceeded": "too_large", "UnsupportedURLSchemeError": "bad_url", "BadGzipFile": "encoding",
    "ResponseDataLossError": "reset", "ConnectionLost": "reset", "ConnectionDone": "reset", "ResponseNeverReceived": "reset", "ParseError": "reset",
    "DownloadFailedError": "reset", "UnicodeError": "bad_url", "EOFError": "encoding",
}  # fmt: skip


def classify(error: BaseException) -> FetchFailure:
    """The class of any error a download can end with. The reason names classes, never addresses or page text."""
    if isinstance(error, FetchFailure):
        return error
    chain = _chain(error)
    for one in chain:
        if isinstance(one, ForbiddenAddress):
            return FetchFailure("guard", Said("it leads to %(address)s, which is not a public address", address=one.address))
    names = [type(one).__name__ for one in chain]
    if any(isinstance(one, ssl.SSLError) or type(one).__module__.startswith("OpenSSL") or "certificate" in str(one).lower() for one in chain) or {"VerificationError", "SSLError"} & set(names):
        return FetchFailure("tls", Said("its certificate or TLS version does not check"))
    for module in ("zlib", "brotli", "zstd"):
        if any(type(one).__module__.startswith(module) for one in chain):
            return FetchFailure("encoding", Said("its compressed body is damaged"))
    # The innermost known name says most: a time-out wrapped in a lost connection is a time-out.
    for name in ("_DecompressionMaxSizeExceeded", "DownloadTimeoutError", *names):
        if name in names and name in _BY_NAME:
            return FetchFailure(_BY_NAME[name], IN_WORDS[_BY_NAME[name]])
    if isinstance(error, ValueError):
        return FetchFailure("bad_url", IN_WORDS["bad_url"])
    return FetchFailure("other", Said("it failed with %(error)s", error=names[0]))
