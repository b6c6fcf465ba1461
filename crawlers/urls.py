"""Which addresses are a source's own. One spelling for each address: `processing.db.addresses`, re-exported here."""

from __future__ import annotations

from urllib.parse import urlsplit

from processing.db.addresses import MAX_URL, BadURL, canonical, page_key

__all__ = ["MAX_URL", "BadURL", "canonical", "page_key", "same_site", "site_host"]


def same_site(url: str, hosts: frozenset[str]) -> bool:
    """Whether the address lies on one of a source's own hosts or below it (`hosts` without www.)."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    return any(host == own or host.endswith("." + own) for own in hosts)


def site_host(url: str) -> str:
    """The host of an address as `same_site` wants it: lower case, without www."""
    return (urlsplit(url).hostname or "").rstrip(".").lower().removeprefix("www.")
