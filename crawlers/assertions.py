"""What a source's file asserts about it, against the last seven days: a broken assertion warns in the source's state, or stops the source.

A site that changes its layout goes on answering 200; what it gives goes thin. Nothing of that may be absorbed in silence (zavod's rule).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crawlers.sources import AssertionName, Assertions
from crawlers.words import Said
from processing.db import Connection

LEAST_PAGES = 10  # fewer say nothing about a share
SPAN = timedelta(days=7)


@dataclass(frozen=True)
class Observed:
    """A source's last seven days. Shares are of `pages`, the landed pages that the extract stage has finished with; length in characters."""

    pages: int
    documents: int
    share_date: float
    share_text: float
    median_length: float
    whole_week: bool


@dataclass(frozen=True)
class Broken:
    """One assertion, by its name in the file, that does not hold."""

    name: AssertionName
    reason: Said
    stops: bool = False


def check(asserted: Assertions, seen: Observed) -> list[Broken]:
    """Every assertion that the last seven days break. Pure."""
    found: list[tuple[AssertionName, Said]] = []
    if seen.whole_week and seen.documents < asserted.min_per_week:
        found.append(("min_per_week", Said("%(n)s documents in a week, asserted at least %(least)s", n=seen.documents, least=f"{asserted.min_per_week:g}")))
    if asserted.max_per_week is not None and seen.documents > asserted.max_per_week:
        found.append(("max_per_week", Said("%(n)s documents in a week, asserted at most %(most)s", n=seen.documents, most=f"{asserted.max_per_week:g}")))
    if seen.pages >= LEAST_PAGES:
        found += _shares(asserted, seen)
    too_thin = seen.share_text < asserted.stop_below_text
    return [Broken(name, said, name in asserted.stop_on or (name == "min_share_text" and too_thin)) for name, said in found]


def _shares(asserted: Assertions, seen: Observed) -> list[tuple[AssertionName, Said]]:
    found: list[tuple[AssertionName, Said]] = []
    if seen.share_text < asserted.min_share_text:
        text = "%(share)s of its pages give a text, asserted at least %(least)s: its layout may have changed"
        found.append(("min_share_text", Said(text, share=f"{seen.share_text:.0%}", least=f"{asserted.min_share_text:.0%}")))
    if seen.share_date < asserted.min_share_date:
        date = "%(share)s of its pages give a date, asserted at least %(least)s"
        found.append(("min_share_date", Said(date, share=f"{seen.share_date:.0%}", least=f"{asserted.min_share_date:.0%}")))
    if seen.median_length < asserted.min_median_length:
        length = "half of its texts are under %(n)s characters, asserted at least %(least)s"
        found.append(("min_median_length", Said(length, n=round(seen.median_length), least=asserted.min_median_length)))
    return found


def observe(conn: Connection, source_id: int, now: datetime) -> Observed:
    """Read the last seven days of a source."""
    row = conn.execute(
        """SELECT (SELECT count(*) FILTER (WHERE state = 'done') FROM landing WHERE source_id = s.id AND kind <> 'open311' AND landed_at > %(since)s) AS texts,
                  (SELECT count(*) FROM landing WHERE source_id = s.id AND kind <> 'open311' AND landed_at > %(since)s AND state IN ('done', 'quarantine')) AS pages,
                  d.documents, d.dated, d.median, s.first_fetched_at < %(since)s AS whole_week
           FROM source s LEFT JOIN LATERAL (
               SELECT count(*) AS documents, count(*) FILTER (WHERE d.published_precision <> 'seen') AS dated,
                      percentile_cont(0.5) WITHIN GROUP (ORDER BY length(v.text)) AS median
               FROM document d LEFT JOIN document_version v ON v.document_id = d.id AND v.version = d.version AND v.seen_at > %(since)s
               WHERE d.source_id = s.id AND d.first_seen_at > %(since)s) d ON true
           WHERE s.id = %(source)s""",
        {"source": source_id, "since": now - SPAN},
    ).fetchone()
    assert row is not None
    documents, pages = row["documents"] or 0, row["pages"] or 0
    return Observed(
        pages, documents, row["dated"] / documents if documents else 1.0, row["texts"] / pages if pages else 1.0, row["median"] or 0.0, bool(row["whole_week"])
    )
