"""robots.txt as RFC 9309 has it: groups, longest match, `*` and `$`, Crawl-delay, and what to do when it cannot be read.

    200                     its rules
    400–499                 there is none: everything is allowed (429 counts as "not now": nothing is)
    500–599, no answer      assume that nothing is allowed
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote_to_bytes, urlsplit

from crawlers.words import Said

MAX_BYTES = 500 * 1024
PRODUCT = "LangNghe"
_NONE = Said("there is no robots.txt")
Decision = Literal["allowed", "no_robots", "disallowed", "unreachable", "is_robots", "keyed_api"]
_MAX_DELAY_S = 3600.0
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Rule:
    allow: bool
    pieces: tuple[str, ...]  # literal pieces between the stars
    anchored: bool  # the pattern ends in $
    length: int  # of the pattern in octets: the longest match wins

    def matches(self, path: str) -> bool:
        """Match from the path's start in time linear in its length, whatever the number of stars."""
        first, *rest = self.pieces
        if not path.startswith(first):
            return False
        if not rest:
            return not self.anchored or path == first
        at = len(first)
        for piece in rest[:-1]:
            found = path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        last = rest[-1]
        if self.anchored:
            return len(path) - len(last) >= at and path.endswith(last)
        return path.find(last, at) >= 0


@dataclass(frozen=True)
class Robots:
    """What one host's robots.txt says to our product. `decision` is what is stored with each fetch, `reason` says it in words."""

    decision: Decision = "no_robots"
    reason: Said = _NONE
    rules: tuple[Rule, ...] = ()
    crawl_delay_s: float | None = None
    sitemaps: tuple[str, ...] = ()

    def decide(self, url: str) -> Decision:
        """The decision for one address of this host."""
        if self.decision != "allowed":
            return self.decision
        path = _normal(_path(url))
        hits = [rule for rule in self.rules if rule.matches(path)]
        best = max(hits, key=lambda rule: (rule.length, rule.allow), default=None)
        return "allowed" if best is None or best.allow or path == "/robots.txt" else "disallowed"


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _normal(path: str) -> str:
    """One spelling of percent-encoding: octets that need none are decoded, all others encoded in upper case (RFC 9309 2.2.2)."""
    out = []
    for piece in re.split(r"(%[0-9a-fA-F]{2})", path):
        if re.fullmatch(r"%[0-9a-fA-F]{2}", piece):
            char = unquote_to_bytes(piece)
            out.append(char.decode() if char.isalnum() or char in b"-._~" else piece.upper())
        else:
            out.append(quote(piece, safe="/?:@!$&'()*+,;=-._~%#[]"))
    return "".join(out)


def _rule(allow: bool, value: str) -> Rule | None:
    pattern = value.strip()
    if not pattern:
        return None
    if not pattern.startswith(("/", "*")):
        pattern = "/" + pattern
    anchored = pattern.endswith("$")
    pattern = _normal(pattern.removesuffix("$"))
    pieces = tuple(pattern.split("*"))
    return Rule(allow, pieces, anchored, len(pattern.encode()) + anchored)


def parse(body: bytes, product: str = PRODUCT) -> Robots:
    """Read the first 500 KiB of a robots.txt. Never raises: what is not understood is passed over."""
    text = body[:MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff").replace("\x00", "")
    groups: dict[str, tuple[list[Rule], list[float]]] = {}
    current: list[str] = []
    sitemaps: list[str] = []
    open_group = False  # still in the group's user-agent lines
    for line in _LINE_ENDS.split(text):
        name, colon, value = line.split("#", 1)[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name in ("user-agent", "useragent", "user agent"):
            current = [*current, _agent(value)] if open_group else [_agent(value)]
            open_group = True
            groups.setdefault(current[-1], ([], []))
        elif name in ("allow", "disallow", "dissallow", "crawl-delay"):
            open_group = False
            for agent in current:
                _add(groups[agent], name, value)
        elif name == "sitemap" and len(sitemaps) < 100:
            sitemaps.append(value)
    rules, delays = groups.get(product.lower()) or groups.get("*") or ([], [])
    return Robots("allowed", Said("robots.txt was read"), tuple(rules), max(delays, default=None), tuple(sitemaps))


def _agent(value: str) -> str:
    match = re.match(r"[A-Za-z_-]+|\*", value)
    return match.group().lower() if match else "?"


def _add(group: tuple[list[Rule], list[float]], name: str, value: str) -> None:
    rules, delays = group
    if name == "crawl-delay":
        if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value):
            delays.append(min(float(value), _MAX_DELAY_S))
    elif len(rules) < 10_000 and (rule := _rule(name == "allow", value)):
        rules.append(rule)


def from_answer(status: int | None, body: bytes, reason: Said | None = None) -> Robots:
    """The rules that follow from an answer to /robots.txt; `status` None when there was none (`reason` says why)."""
    if status is not None and 200 <= status < 300:
        return parse(body)
    if status is not None and 400 <= status < 500 and status != 429:
        return Robots("no_robots", Said("robots.txt answers %(status)s", status=status))
    if status is not None:
        return Robots("unreachable", Said("robots.txt answers %(status)s: nothing is fetched until it can be read", status=status))
    return Robots("unreachable", Said("robots.txt could not be read (%(why)s): nothing is fetched until it can be", why=reason or Said("no answer")))
