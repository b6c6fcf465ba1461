"""How a source is: a state, the reason in words, and a failure counter that forgives.

The counter is Media Cloud's: a hard failure counts 1, a soft one 1/2, a temporary one 1/4; a good poll halves it; at 30 the source is switched off,
because a surprising number of feeds come back before that. STALE and QUIET are judged against the source's own rhythm, taken as a Poisson process:
QUIET when a silence this long has a chance below 5 %, STALE below 0.1 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from crawlers.assertions import Broken
from crawlers.failures import BLOCKING, IN_WORDS, NOT_ASKED, WEIGHTS
from crawlers.registry import set_state
from crawlers.spider import FeedOutcome
from crawlers.words import Said, joined
from processing.db import Connection

State = Literal["OK", "QUIET", "EMPTY", "STALE", "BLOCKED", "BROKEN", "DISABLED"]
DISABLE_AT = 30.0
BROKEN_AT = 1.0  # one hard failure, two soft, four temporary ones in a row
_QUIET = -math.log(0.05)
_STALE = -math.log(0.001)
_LEAST_SILENCE = timedelta(hours=24)


@dataclass(frozen=True)
class Past:
    """What the database knows: the counter, when the source last answered well and last had anything new, and how much it has a week."""

    failure_score: float
    last_ok_at: datetime | None
    last_new_at: datetime | None
    per_week: float
    ever_entries: bool
    countable: bool = True
    """may its rhythm be told as a number? that of a feedback board counts single reports (SCOPE S8)"""


@dataclass(frozen=True)
class Verdict:
    state: State
    reason: Said
    failure_score: float
    broken: tuple[str, ...] = ()  # assertions of its file that do not hold


def judge(outcomes: Sequence[FeedOutcome], past: Past, now: datetime) -> Verdict:
    """The state after one crawl of the source's due feeds. Pure."""
    failed = [outcome for outcome in outcomes if outcome.failure and WEIGHTS.get(outcome.failure, 0.25) > 0]
    good = [outcome for outcome in outcomes if outcome.failure is None]
    score = past.failure_score
    if failed and not good:
        score += max(WEIGHTS[outcome.failure or "other"] for outcome in failed)
        return _when_failed(failed[0], score, past, now)
    if not good:
        return Verdict("OK", Said("not read this time: its host was busy"), score)
    # Under a sixty-fourth nothing is left to forgive.
    score = 0.0 if score < 1 / 64 else score / 2
    if trouble := _page_trouble(good):
        return Verdict(*trouble, score)
    state, reason = _rhythm(good, past, now)
    if failed:
        reason = joined([reason, Said("feed %(url)s fails: %(why)s", url=failed[0].url, why=failed[0].reason)])
    return Verdict(state, reason, score)


def _when_failed(first: FeedOutcome, score: float, past: Past, now: datetime) -> Verdict:
    kind = first.failure or "other"
    words = Said("%(what)s (%(why)s)", what=IN_WORDS.get(kind, IN_WORDS["other"]), why=first.reason)
    if score >= DISABLE_AT:
        return Verdict("DISABLED", Said("switched off after many failures: %(why)s; mend its file, then `langnghe sources sync`", why=words), score)
    if kind in BLOCKING:
        return Verdict("BLOCKED", words, score)
    never = past.last_ok_at is None
    silent_for = now - past.last_ok_at if past.last_ok_at else timedelta()
    if never or score >= BROKEN_AT or silent_for > 2 * expected_gap(past.per_week, least=timedelta(minutes=20)):
        since = Said("it never answered well") if past.last_ok_at is None else Said("last read %(at)s", at=past.last_ok_at)
        return Verdict("BROKEN", joined([words, since]), score)
    return Verdict("OK", Said("last poll failed: %(why)s; tried again soon", why=words), score)


def _page_trouble(good: Sequence[FeedOutcome]) -> tuple[State, Said] | None:
    """A feed that is well while all its pages fail."""
    landed = sum(outcome.landed for outcome in good)
    failures = {kind: sum(outcome.failed[kind] for outcome in good) for outcome in good for kind in outcome.failed if kind not in NOT_ASKED}
    listed = sum(outcome.entries for outcome in good)
    # A few pages that go on failing among many that are landed long since say nothing of the source.
    if landed or sum(failures.values()) < max(3, listed / 2):
        return None
    worst = max(failures, key=lambda kind: failures[kind])
    why = IN_WORDS.get(worst, IN_WORDS["other"])
    said = Said("its feed is well but none of its %(pages)s pages could be read: %(why)s", pages=sum(failures.values()), why=why)
    return ("BLOCKED" if worst in BLOCKING else "BROKEN", said)


def _rhythm(good: Sequence[FeedOutcome], past: Past, now: datetime) -> tuple[State, Said]:
    listed_nothing = not any(outcome.entries or outcome.unchanged for outcome in good)
    if listed_nothing and not past.ever_entries:
        return "EMPTY", Said("its feeds answer but list nothing")
    if any(outcome.new for outcome in good) or past.last_new_at is None:
        return "OK", Said("read")
    silence = now - past.last_new_at
    expected = silence.total_seconds() / 604_800 * past.per_week
    if silence > _LEAST_SILENCE and expected > _QUIET:
        said = Said("nothing new for %(span)s, where %(usual)s would be usual", span=_days(silence), usual=round(expected))
        if not past.countable:
            said = Said("nothing new for %(span)s, longer than is usual for it", span=_days(silence))
        return "STALE" if expected > _STALE else "QUIET", said
    return "OK", Said("read")


def with_assertions(verdict: Verdict, broken: Sequence[Broken]) -> Verdict:
    """The verdict with what the source's file asserts and its last week breaks: told in the reason, or stopping it."""
    if not broken:
        return verdict
    names = tuple(one.name for one in broken)
    if verdict.state in ("BROKEN", "BLOCKED", "DISABLED"):
        return Verdict(verdict.state, verdict.reason, verdict.failure_score, names)
    words = joined([one.reason for one in broken])
    if any(one.stops for one in broken):
        stopped = Said("stopped by its assertions: %(why)s; mend its file, then `langnghe sources sync`", why=words)
        return Verdict("DISABLED", stopped, verdict.failure_score, names)
    return Verdict(verdict.state, Said("%(state)s; warning: %(why)s", state=verdict.reason, why=words), verdict.failure_score, names)


def expected_gap(per_week: float, least: timedelta) -> timedelta:
    """Mean time between two entries of a source with this many a week."""
    return max(least, timedelta(days=7) / max(per_week, 0.01))


def _days(span: timedelta) -> Said:
    hours = span.total_seconds() / 3600
    return Said("%(n)s hours", n=round(hours)) if hours < 72 else Said("%(n)s days", n=round(hours / 24))


def past_of(conn: Connection, source_id: int) -> Past:
    """Read what `judge` needs. The rhythm is the source's own over four weeks where it has one, else what its file expects."""
    row = conn.execute(
        """SELECT s.failure_score, s.expected_per_week, s.first_fetched_at, s.kind,
                  (SELECT max(last_ok_at) FROM feed WHERE source_id = s.id) AS last_ok_at,
                  e.last_new_at, coalesce(e.month, 0) AS month, e.last_new_at IS NOT NULL AS ever
           FROM source s LEFT JOIN LATERAL (
               SELECT max(first_seen_at) AS last_new_at, count(*) FILTER (WHERE first_seen_at > now() - interval '28 days') AS month
               FROM feed_entry WHERE feed_id IN (SELECT id FROM feed WHERE source_id = s.id)) e ON true
           WHERE s.id = %s""",
        [source_id],
    ).fetchone()
    assert row is not None
    weeks = min(max((datetime.now(UTC) - row["first_fetched_at"]).days / 7, 0), 4) if row["first_fetched_at"] else 0
    own = row["month"] / weeks if weeks >= 2 and row["month"] >= 8 else None
    per_week = own or row["expected_per_week"] or 7.0
    return Past(row["failure_score"], row["last_ok_at"], row["last_new_at"], per_week, row["ever"], row["kind"] != "feedback")


def store(conn: Connection, source_id: int, verdict: Verdict, now: datetime) -> bool:
    """Write the verdict; a change of state is one more row of its history, which the alerts read. Returns whether the state changed."""
    conn.execute(
        "UPDATE source SET failure_score = %s, first_fetched_at = coalesce(first_fetched_at, %s) WHERE id = %s", [verdict.failure_score, now, source_id]
    )
    return set_state(conn, source_id, verdict.state, verdict.reason, verdict.broken)
