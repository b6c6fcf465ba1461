"""The week's report on sources: dead, moved, thin, against their assertions, and reviews that are coming due. For whoever keeps the allow-list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TextIO

from crawlers.words import Said
from processing.db import Connection
from processing.zone import local_day

WEEK = timedelta(days=7)
DEAD_AFTER = timedelta(days=3)
THIN = 0.3  # of what is usual
KINDS: dict[str, Said] = {
    "moved": Said("moved for good, waits for a person"),
    "dead": Said("not read for days"),
    "assertion": Said("not as its file asserts"),
    "thin": Said("far fewer documents than usual"),
    "review": Said("review due within a month"),
}

STATES: dict[str, Said] = {"BROKEN": Said("cannot be read"), "BLOCKED": Said("refuses robots"), "DISABLED": Said("switched off")}


@dataclass(frozen=True)
class Finding:
    """One source that wants a person."""

    key: str
    kind: Literal["dead", "moved", "assertion", "thin", "review"]
    reason: Said
    name: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values for the outbox: the words are said in the reader's language when the mail is written."""
        return {"key": self.key, "name": self.name, "kind": self.kind, "heading": KINDS[self.kind].as_json(), "reason": self.reason.as_json()}


def weekly(conn: Connection, now: datetime) -> list[Finding]:
    """Sources that want a person, by kind and key. Reads only."""
    rows = conn.execute(
        """SELECT s.key, s.name, s.kind, s.state, s.state_reason, s.state_said, s.state_since, s.expected_per_week, s.review_due, s.broken,
                  s.first_fetched_at < %(week)s AS whole_week,
                  (SELECT count(*) FROM feed_entry e JOIN feed f ON f.id = e.feed_id WHERE f.source_id = s.id AND e.first_seen_at > %(week)s) AS entries,
                  (SELECT to_host FROM source_move m WHERE m.source_id = s.id AND m.decision = 'waiting' ORDER BY m.last_seen_at DESC LIMIT 1) AS moved_to
           FROM source s WHERE s.enabled ORDER BY s.key""",
        {"week": now - WEEK},
    ).fetchall()
    order = list(KINDS)
    return sorted((finding for row in rows for finding in _findings(row, now)), key=lambda finding: (order.index(finding.kind), finding.key))


def _findings(row: dict[str, Any], now: datetime) -> list[Finding]:
    """What is to be said of one source: the one thing that most likely explains the rest, and its review. A source its file switched off wants nobody.

    How few reports a portal listed is not told: that would be a count below five (SCOPE S8); that it fell silent is in its state.
    """
    key, name, out = row["key"], row["name"], []
    state = Said.of(row["state_said"]) if row["state_said"] else Said("%(words)s", words=row["state_reason"])
    if row["moved_to"]:
        out.append(Finding(key, "moved", Said("to %(host)s; see langnghe sources moves", host=row["moved_to"]), name))
    elif row["state"] in ("BROKEN", "BLOCKED", "DISABLED") and now - row["state_since"] > DEAD_AFTER:
        out.append(Finding(key, "dead", Said("%(state)s since %(day)s: %(why)s", state=STATES[row["state"]], day=local_day(row["state_since"]), why=state), name))
    elif row["broken"]:
        out.append(Finding(key, "assertion", state, name))
    elif row["kind"] != "feedback" and row["whole_week"] and row["entries"] < THIN * (row["expected_per_week"] or 0):
        out.append(Finding(key, "thin", Said("%(n)s entries in a week, %(usual)s expected", n=row["entries"], usual=round(row["expected_per_week"])), name))
    if row["review_due"] - local_day(now) < timedelta(days=30):
        out.append(Finding(key, "review", Said("due on %(day)s", day=row["review_due"]), name))
    return out


def write(conn: Connection, out: TextIO, now: datetime) -> int:
    """Write the report as text; returns how many sources want a person."""
    findings = weekly(conn, now)
    for kind, words in KINDS.items():
        some = [finding for finding in findings if finding.kind == kind]
        if some:
            out.write(f"{kind} ({words})\n")
            out.writelines(f"  {finding.key}: {finding.reason}\n" for finding in some)
    if not findings:
        out.write("every source that is switched on is well\n")
    return len({finding.key for finding in findings})
