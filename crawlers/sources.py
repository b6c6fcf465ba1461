"""The allow-list: what may be read, who owns it and why (SCOPE S1).

One TOML file per source under config/sources/; the file's name is the source's key. A file that is wrong stops the load with the file, the key and
the cure; a review date that has passed stops that source alone.
"""

from __future__ import annotations

import difflib
import logging
import re
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crawlers import keyed, profiles
from crawlers.urls import BadURL, canonical, site_host
from crawlers.words import Said
from processing.errors import ConfigError

Kind = Literal["press", "wire", "institution", "channel", "feedback", "fact_check"]
FeedKind = Literal["rss", "sitemap", "listing", "open311", "petitions", "claimreview", "factcheck_api", "facebook_page"]
PublisherKind = Literal["independent_fact_check", "official_statement", "press_correction"]
AssertionName = Literal["min_per_week", "max_per_week", "min_share_date", "min_share_text", "min_median_length"]
COUNTED = ("open311", "petitions")  # reports of citizens: counts are kept, nothing else (SCOPE S8)
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Feed(_Strict):
    """One address that lists pages. CSS selectors: `selector` of a listing's links or of each petition's block, `text_selector` and `date_selector` within it."""

    url: str
    kind: FeedKind = "rss"
    selector: str | None = None
    text_selector: str | None = None
    date_selector: str | None = None
    max_entries: int = Field(500, ge=1, le=50_000)

    @model_validator(mode="after")
    def _selector_for_listings(self) -> Feed:
        if (self.kind in ("listing", "petitions")) != (self.selector is not None):
            raise ValueError("selector is for kind = \"listing\" and kind = \"petitions\", and they need one")
        if self.kind != "petitions" and (self.text_selector or self.date_selector):
            raise ValueError("text_selector and date_selector are for kind = \"petitions\"")
        return self


class Assertions(_Strict):
    """What this source looks like when it is well. Breaking one warns; one named in `stop_on` stops it, as `stop_below_text` does.

    Shares are 0–1, lengths are characters.
    """

    min_per_week: float = Field(0, ge=0)
    max_per_week: float | None = Field(None, gt=0)
    min_share_date: float = Field(0.5, ge=0, le=1)
    min_share_text: float = Field(0.8, ge=0, le=1)
    min_median_length: int = Field(200, ge=0)
    stop_below_text: float = Field(0.2, ge=0, le=1, description="share of pages with text under which the source stops")
    stop_on: list[AssertionName] = Field(default_factory=list, description="assertions that stop the source when they are broken")


class TLSException(_Strict):
    """A dated permission to read this source's hosts although their TLS is not what it should be; each request made under it is recorded with it.

    `allow`: "certificate" (expired, of another name or of nobody known) and "protocol" (TLS 1.0 and 1.1, old ciphers).
    """

    reason: str = Field(min_length=10)
    until: date
    allow: tuple[Literal["certificate", "protocol"], ...] = Field(("certificate",), min_length=1)


class Source(_Strict):
    """An organisation's site, portal or channel. `places` are unit codes; `delay_s` seconds between requests to its host."""

    key: str
    name: str = Field(min_length=2)
    kind: Kind
    owner: str = Field(min_length=2, description="the organisation that answers for it")
    basis: str = Field(min_length=15, description="why this source may be read for this purpose")
    reviewed_on: date
    review_due: date
    home_url: str
    feeds: list[Feed] = Field(min_length=1)
    hosts: list[str] = Field(default_factory=list, description="further hosts of its own that carry its pages")
    language: Literal["vi", "en"] = "vi"
    places: list[str] = Field(default_factory=list)
    cms: Literal["nukeviet", "vnexpress", "vccorp", "zce", "wordpress", "vnpt", "sharepoint", "other"] = "other"
    wire: bool = False
    publisher_kind: PublisherKind | None = None
    proof_url: str | None = Field(None, description="page of the owner's own site that names this channel")
    enabled: bool = True
    expected_per_week: float = Field(7, gt=0)
    delay_s: float | None = Field(None, ge=5, le=600)
    full_text_in_feed: bool = False
    assertions: Assertions = Assertions.model_construct()
    tls_exception: TLSException | None = None

    @field_validator("home_url", "proof_url")
    @classmethod
    def _an_address(cls, url: str | None) -> str | None:
        return None if url is None else _address(url)

    @model_validator(mode="after")
    def _organisations_only(self) -> Source:
        if self.review_due <= self.reviewed_on:
            raise ValueError("review_due: must be later than reviewed_on")
        if (self.review_due - self.reviewed_on).days > 400:
            raise ValueError("review_due: at most 400 days after reviewed_on")
        if self.proof_url and self.kind != "channel":
            raise ValueError("proof_url: only a source of kind = \"channel\" has one")
        proven = self.kind == "channel" and self.proof_url is not None
        if self.proof_url and profiles.refusal(self.proof_url):
            raise ValueError(f"proof_url: {profiles.refusal(self.proof_url)}; give the page of the owner's own site")
        self._keyed_feeds(proven)
        plain = ((f"feeds[{i}].url", feed.url) for i, feed in enumerate(self.feeds) if feed.kind not in keyed.INTERFACES)
        for name, url in [("home_url", self.home_url), *plain]:
            _address(url)
            if why := profiles.refusal(url, proven_channel=proven):
                raise ValueError(f"{name}: {url} is refused (SCOPE S1): {why}")
        if self.tls_exception and self.tls_exception.until > self.review_due:
            raise ValueError("tls_exception: until may not be later than review_due: look at it again with the source")
        for host in self.hosts:
            if why := profiles.refusal(f"https://{host}/"):
                raise ValueError(f"hosts: {host} is refused (SCOPE S1): {why}")
        return self

    def _keyed_feeds(self, proven: bool) -> None:
        for i, feed in enumerate(self.feeds):
            if feed.kind in keyed.INTERFACES and (why := keyed.refusal(feed.kind, feed.url)):
                raise ValueError(f"feeds[{i}].url: {why}")
            if feed.kind == "facebook_page" and not proven:
                raise ValueError(f"feeds[{i}]: a page of a platform needs kind = \"channel\" and proof_url, the page of the owner's own site that names it (SCOPE S1)")
            if feed.kind == "factcheck_api" and self.kind != "fact_check":
                raise ValueError(f"feeds[{i}]: kind = \"factcheck_api\" belongs to a source of kind = \"fact_check\"")

    @model_validator(mode="after")
    def _kinds_agree(self) -> Source:
        if (self.kind == "fact_check") and self.publisher_kind is None:
            raise ValueError("publisher_kind: a source of kind = \"fact_check\" says whether its publisher is independent, official or press")
        if self.publisher_kind == "independent_fact_check" and site_host(self.home_url).endswith(".gov.vn"):
            raise ValueError("publisher_kind: a government body publishes official_statement, never independent_fact_check (SCOPE S6)")
        counted = {feed.kind in COUNTED for feed in self.feeds}
        if counted != {self.kind == "feedback"}:
            raise ValueError("kind: \"feedback\" goes with feeds of kind = \"open311\" or \"petitions\", and only with them (SCOPE S8)")
        return self

    @property
    def own_hosts(self) -> frozenset[str]:
        """Hosts whose pages may be landed, without www."""
        urls = [self.home_url, *(feed.url for feed in self.feeds if feed.kind not in keyed.INTERFACES), *(f"https://{host}/" for host in self.hosts)]
        return frozenset(site_host(url) for url in urls)

    def stopped(self, today: date) -> Said | None:
        """Why this source is not read today, in words, or None."""
        if not self.enabled:
            return Said("switched off in its file")
        if today > self.review_due:
            return Said("its review was due on %(day)s: check owner and basis, then set reviewed_on and review_due", day=self.review_due)
        return None

    def tls_today(self, today: date) -> TLSException | None:
        """The exception under which its hosts are read today, or None: past its date it is none."""
        return self.tls_exception if self.tls_exception is not None and today <= self.tls_exception.until else None

    @property
    def spelled_hosts(self) -> frozenset[str]:
        """Its hosts as they may stand in an address, with and without www."""
        return frozenset(name for host in self.own_hosts for name in (host, f"www.{host}"))


def tls_exceptions(sources: Iterable[Source], today: date) -> dict[str, list[str]]:
    """What is not insisted on today, by host, for crawlers.session. Each exception in force is logged."""
    by_host: dict[str, list[str]] = {}
    for source in sources:
        if exception := source.tls_today(today):
            logging.getLogger(__name__).warning("TLS of %s is not insisted on until %s: %s", source.key, exception.until, exception.reason)
            by_host |= {host: list(exception.allow) for host in source.spelled_hosts}
    return by_host


def _address(url: str) -> str:
    try:
        canonical(url)
    except BadURL as error:
        raise ValueError(str(error)) from None
    return url


def _wrong(path: Path, error: ValidationError) -> ConfigError:
    lines = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            known = Feed.model_fields if "feeds" in where else Assertions.model_fields if "assertions" in where else Source.model_fields
            near = difflib.get_close_matches(str(item["loc"][-1]), known, 1)
            lines.append(f"{where}: unknown key{f', did you mean {near[0]}?' if near else ''}")
        else:
            lines.append(f"{where or 'file'}: {item['msg'].removeprefix('Value error, ')}")
    return ConfigError(f"{path.name}: {'; '.join(lines)}", f"edit {path}; docs/add-a-source.md describes every key")


def load_source(path: Path) -> Source:
    """Read one file. Raises ConfigError naming file, key and cure."""
    if not _KEY.fullmatch(path.stem):
        raise ConfigError(f"{path.name}: a file name is its source's key", "use lower-case letters, digits and hyphens, such as bao-tinh.toml")
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: not readable as TOML: {error}", f"mend {path} at that place") from None
    try:
        return Source(**{**values, "key": values.get("key", path.stem)})
    except ValidationError as error:
        raise _wrong(path, error) from None


def load_sources(config_dir: Path) -> list[Source]:
    """Every source of config/sources/, by key. Raises ConfigError on the first file that is wrong, and on a feed given twice."""
    sources = [load_source(path) for path in sorted((config_dir / "sources").glob("*.toml"))]
    owner_of: dict[str, str] = {}
    for source in sources:
        if not (config_dir / "sources" / f"{source.key}.toml").exists():
            raise ConfigError(f"key = \"{source.key}\" differs from the file's name", "leave key out: the file's name is the key")
        for feed in source.feeds:
            url = canonical(feed.url)
            if url in owner_of:
                raise ConfigError(f"{source.key}.toml: feeds: {url} is also a feed of {owner_of[url]}", "a feed belongs to one source: remove it from one file")
            owner_of[url] = source.key
    return sources
