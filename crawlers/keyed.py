"""Platforms that show an institution's posts, or published checks, through a documented interface with a key only.

The operator's own key stands in `.env` and travels in a header, never in an address, so that no log can hold it. What may be asked is a closed list of
addresses; fields about accounts are never asked for, and `crawlers.feeds` reads none. What each platform's terms allow: docs/keyed-interfaces.md.

    factcheck_api   Google's Fact Check Tools: the ClaimReview of one publisher, whose pages do not all carry it themselves
    facebook_page   Meta's Graph API: what an institution's own page published; comments and visitors' posts have other addresses, which are refused
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from crawlers.failures import FetchFailure
from crawlers.words import Said
from processing.settings import PREFIX, Settings

KeyedKind = Literal["factcheck_api", "facebook_page"]


@dataclass(frozen=True)
class Interface:
    """One documented interface: where it is, which path and parameters an operator's file may give, and which it is asked with beside them."""

    origin: str
    path: re.Pattern[str]
    given: frozenset[str]
    added: dict[str, str]
    setting: str
    header: str
    scheme: str
    example: str


INTERFACES: dict[str, Interface] = {
    "factcheck_api": Interface(
        origin="https://factchecktools.googleapis.com",
        path=re.compile(r"/v1alpha1/claims:search"),
        given=frozenset({"reviewPublisherSiteFilter", "languageCode", "maxAgeDays"}),
        added={"pageSize": "100"},
        setting="factcheck_key",
        header="X-Goog-Api-Key",
        scheme="",
        example="https://factchecktools.googleapis.com/v1alpha1/claims:search?reviewPublisherSiteFilter=publisher.example&languageCode=vi",
    ),
    "facebook_page": Interface(
        origin="https://graph.facebook.com",
        path=re.compile(r"/v\d{1,2}\.\d/\d{5,20}/posts"),
        given=frozenset(),
        added={"fields": "id,message,created_time,updated_time", "limit": "50"},
        setting="facebook_key",
        header="Authorization",
        scheme="Bearer ",
        example="https://graph.facebook.com/v25.0/100000000000000/posts",
    ),
}


def refusal(kind: str, url: str) -> str | None:
    """Why a file may not give this address for a feed of a keyed kind, or None."""
    interface = INTERFACES[kind]
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if f"{parts.scheme}://{parts.netloc}" != interface.origin or not interface.path.fullmatch(parts.path) or parts.fragment:
        return f"kind = \"{kind}\" reads addresses such as {interface.example} and no others"
    if unknown := sorted(set(query) - interface.given):
        return f"{', '.join(unknown)}: not a parameter that may be given here; a key belongs into .env as {PREFIX}{interface.setting.upper()}"
    if kind == "factcheck_api" and not query.get("reviewPublisherSiteFilter"):
        return "reviewPublisherSiteFilter: name the publisher's site; one source is one publisher"
    return None


def address(kind: str, url: str) -> str:
    """The address as it is asked for."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *INTERFACES[kind].added.items()])))


def headers(kind: str, settings: Settings) -> dict[str, str]:
    """The header that carries the operator's key. Raises FetchFailure("no_key")."""
    interface = INTERFACES[kind]
    key: str = getattr(settings, interface.setting).get_secret_value()
    if not key:
        setting = f"{PREFIX}{interface.setting.upper()}"
        raise FetchFailure("no_key", Said("its interface needs the operator's key: set %(setting)s in .env", setting=setting))
    return {interface.header: interface.scheme + key, "Accept": "application/json"}
