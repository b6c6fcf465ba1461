"""The week's mail to the keepers of sources: dead, moved and thin ones, broken assertions, reviews coming due. Once a week, also when all is well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from processing.alerts.outbox import enqueue, message_key, subscribers
from processing.db import Connection
from processing.i18n import told
from processing.zone import LOCAL


def run(conn: Connection, findings: Sequence[dict[str, Any]], now: datetime) -> int:
    """Write this local week's mail for every subscriber of source news who has none yet. Commits. Returns how many were written.

    A finding is {"key", "name", "kind", "heading", "reason"} as crawlers.report gives it; heading and reason are stored messages (processing.i18n.told).
    """
    year, week, _ = now.astimezone(LOCAL).isocalendar()
    counts = conn.execute("SELECT count(*) FILTER (WHERE enabled) AS read, count(*) FILTER (WHERE enabled AND state = 'OK') AS well FROM source").fetchone()
    payload = {"year": year, "week": week, "findings": list(findings), "read": counts["read"] if counts else 0, "well": counts["well"] if counts else 0}
    written = sum(
        enqueue(
            conn, key=message_key("source_week", year, week, who["subscription"]), kind="source_week", recipient=who["email"], language=who["language"],
            thread=f"source_week.{who['subscription']}", payload=payload, now=now,
        )
        for who in subscribers(conn, "sources")
    )  # fmt: skip
    conn.commit()
    return written


def sections(payload: dict[str, Any], language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The findings as (heading, [(source, reason)]) in one language, in the order they were found."""
    out: dict[str, list[tuple[str, str]]] = {}
    for finding in payload["findings"]:
        heading = told(finding["heading"], language)
        out.setdefault(heading[:1].upper() + heading[1:], []).append((finding["name"] or finding["key"], told(finding["reason"], language)))
    return list(out.items())
