"""Reports filed with a public service (Open311 and petition boards): counts by topic, commune and week, and nothing else (SCOPE S1, S8).

A report's text is read in memory to find its topic and commune, and dropped. What is stored: one counter per board, topic, commune and
week, and a keyed hash of the report's number so that it is counted once however often the board lists it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from processing.db import Connection
from processing.settings import get_settings
from processing.text import clean
from processing.zone import LOCAL

Annotate = Callable[[dict[str, Any]], dict[str, Any]]


def _annotate() -> Annotate:
    """The annotator of the annotate stage, with the places the settings name now."""
    from processing.annotate.store import annotator

    annotate: Annotate = annotator(get_settings().extra_gazetteer).annotate
    return annotate


def _digest(source_id: int, report_id: str) -> bytes:
    """Keyed hash of a report's number; the key stands outside the database, so numbers cannot be guessed back."""
    key = get_settings().key_file.read_bytes()
    return hmac.new(key, f"feedback|{source_id}|{report_id}".encode(), hashlib.sha256).digest()


def _week(report: Mapping[str, Any], now: dt.datetime) -> dt.date:
    """Monday of the local week a report was filed in; of this week where its date is missing, unusable or in the future."""
    moment = now
    text = str(report.get("requested_datetime") or "")
    try:
        filed = dt.datetime.fromisoformat(text)
        filed = filed if filed.tzinfo else filed.replace(tzinfo=LOCAL)
        moment = filed if filed <= now else now
    except ValueError:
        moment = now
    day = moment.astimezone(LOCAL).date()
    return day - dt.timedelta(days=day.weekday())


def _commune(found: Mapping[str, Any]) -> str | None:
    """Today's commune a report is about: the surest one that is named, if any."""
    best: tuple[float, str] | None = None
    for place in found.get("places", []):
        for unit in place.get("current", []):
            if unit.get("level") == "commune" and (best is None or place.get("confidence", 0.0) > best[0]):
                best = (place.get("confidence", 0.0), unit["code"])
    return best[1] if best else None


def count_reports(
    conn: Connection, source_id: int, reports: Iterable[Mapping[str, Any]], now: dt.datetime, annotate: Annotate | None = None
) -> int:
    """Count reports (Open311: service_request_id, service_name, description, address, requested_datetime) not counted before.

    Reports that name no commune or fit no service topic are remembered as seen and counted nowhere. Returns how many were counted.
    Does not commit; nothing of a report's text is kept, logged or raised.
    """
    find = annotate or _annotate()
    counts: Counter[tuple[str, str, dt.date]] = Counter()
    for report in reports:
        number = str(report.get("service_request_id") or "").strip()
        if not number:
            continue
        week = _week(report, now)
        new = conn.execute(
            "INSERT INTO feedback_seen (source_id, report_hash, week) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING week",
            [source_id, _digest(source_id, number), week],
        ).fetchone()
        if new is None:
            continue
        words = ". ".join(clean(str(report[f])) for f in ("service_name", "description", "address") if report.get(f))
        found = find({"id": number, "title": "", "text": words, "published_at": now.isoformat()})
        commune = _commune(found)
        if commune and found.get("topic", "other") != "other":
            counts[found["topic"], commune, week] += 1
    for (topic, commune, week), n in sorted(counts.items()):
        conn.execute(
            """INSERT INTO feedback_count AS f (source_id, topic, unit_code, week, reports) VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (source_id, topic, unit_code, week) DO UPDATE SET reports = f.reports + excluded.reports""",
            [source_id, topic, commune, week, n],
        )
    return sum(counts.values())
