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


@dataclass(frozen=True)
class Verdict:
    state: State
    reason: str
    failure_score: float


def judge(outcomes: Sequence[FeedOutcome], past: Past, now: datetime) -> Verdict:
    """The state after one crawl of the source's due feeds. Pure."""
    failed = [outcome for outcome in outcomes if outcome.failure and WEIGHTS.get(outcome.failure, 0.25) > 0]
    good = [outcome for outcome in outcomes if outcome.failure is None]
    score = past.failure_score
    if failed and not good:
        score += max(WEIGHTS[outcome.failure or "other"] for outcome in failed)
        return _when_failed(failed[0], score, past, now)
    if not good:
        return Verdict("OK", "not read this time: its host was busy", score)
    # Under a sixty-fourth nothing is left to forgive.
    score = 0.0 if score < 1 / 64 else score / 2
    if trouble := _page_trouble(good):
        return Verdict(*trouble, score)
    warning = f"; feed {failed[0].url} fails: {failed[0].reason}" if failed else ""
    state, reason = _rhythm(good, past, now)
    return Verdict(state, reason + warning, score)


def _when_failed(first: FeedOutcome, score: float, past: Past, now: datetime) -> Verdict:
    kind = first.failure or "other"
    words = f"{IN_WORDS.get(kind, 'it fails')} ({first.reason})"
    if score >= DISABLE_AT:
        return Verdict("DISABLED", f"switched off after many failures: {words}; mend its file, then `langnghe sources sync`", score)
    if kind in BLOCKING:
        return Verdict("BLOCKED", words, score)
    never = past.last_ok_at is None
    silent_for = now - past.last_ok_at if past.last_ok_at else timedelta()
    if never or score >= BROKEN_AT or silent_for > 2 * expected_gap(past.per_week, least=timedelta(minutes=20)):
        since = "it never answered well" if never else f"last read {past.last_ok_at:%Y-%m-%d %H:%M} UTC"
        return Verdict("BROKEN", f"{words}; {since}", score)
    return Verdict("OK", f"last poll failed: {words}; tried again soon", score)


def _page_trouble(good: Sequence[FeedOutcome]) -> tuple[State, str] | None:
    """A feed that is well while all its pages fail."""
    landed = sum(outcome.landed for outcome in good)
    failures = {kind: sum(outcome.failed[kind] for outcome in good) for outcome in good for kind in outcome.failed if kind not in NOT_ASKED}
    listed = sum(outcome.entries for outcome in good)
    # A few pages that go on failing among many that are landed long since say nothing of the source.
    if landed or sum(failures.values()) < max(3, listed / 2):
        return None
    worst = max(failures, key=lambda kind: failures[kind])
    return ("BLOCKED" if worst in BLOCKING else "BROKEN", f"its feed is well but none of its {sum(failures.values())} pages could be read: {IN_WORDS.get(worst, worst)}")


def _rhythm(good: Sequence[FeedOutcome], past: Past, now: datetime) -> tuple[State, str]:
    listed_nothing = not any(outcome.entries or outcome.unchanged for outcome in good)
    if listed_nothing and not past.ever_entries:
        return "EMPTY", "its feeds answer but list nothing"
    if any(outcome.new for outcome in good) or past.last_new_at is None:
        return "OK", "read"
    silence = now - past.last_new_at
    expected = silence.total_seconds() / 604_800 * past.per_week
    if silence > _LEAST_SILENCE and expected > _STALE:
        return "STALE", f"nothing new for {_days(silence)}, where {expected:.0f} would be usual"
    if silence > _LEAST_SILENCE and expected > _QUIET:
        return "QUIET", f"nothing new for {_days(silence)}, where {expected:.0f} would be usual"
    return "OK", "read"


def with_assertions(verdict: Verdict, broken: Sequence[Broken]) -> Verdict:
    """The verdict with what the source's file asserts and its last week breaks: told in the reason, or stopping it."""
    if not broken or verdict.state in ("BROKEN", "BLOCKED", "DISABLED"):
        return verdict
    words = "; ".join(one.reason for one in broken)
    if any(one.stops for one in broken):
        return Verdict("DISABLED", f"stopped by its assertions: {words}; mend its file, then `langnghe sources sync`", verdict.failure_score)
    return Verdict(verdict.state, f"{verdict.reason}; warning: {words}", verdict.failure_score)


def expected_gap(per_week: float, least: timedelta) -> timedelta:
    """Mean time between two entries of a source with this many a week."""
    return max(least, timedelta(days=7) / max(per_week, 0.01))


def _days(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"


def past_of(conn: Connection, source_id: int) -> Past:
    """Read what `judge` needs. The rhythm is the source's own over four weeks where it has one, else what its file expects."""
    row = conn.execute(
        """SELECT s.failure_score, s.expected_per_week, s.first_fetched_at,
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
    return Past(row["failure_score"], row["last_ok_at"], row["last_new_at"], own or row["expected_per_week"] or 7.0, row["ever"])


def store(conn: Connection, source_id: int, verdict: Verdict, now: datetime) -> bool:
    """Write the verdict; a change of state is one more row of its history, which the alerts read. Returns whether the state changed."""
    conn.execute(
        "UPDATE source SET failure_score = %s, first_fetched_at = coalesce(first_fetched_at, %s) WHERE id = %s", [verdict.failure_score, now, source_id]
    )
    return set_state(conn, source_id, verdict.state, verdict.reason)
