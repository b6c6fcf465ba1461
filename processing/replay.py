"""Bring an archive of past documents in through the same stages that live ones pass.

An archive is JSON Lines, gzipped or not. Each line: {"source", "url"} and either "html" or "title" and "text"; optional "fetched_at" and
"published_at" (ISO 8601; local time without offset). A line without a source belongs to the source `archive`; a line without times is spread evenly over
the `days` before `now`, in the order of the file. A line that cannot be used is named and left out; the others are brought in.

A folder is the raw archive (`processing.db.archive`): its pages are extracted anew.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from processing.db import Connection, archive
from processing.db.addresses import BadURL, canonical
from processing.db.landing import keyed_digest, seal
from processing.errors import LangNgheError
from processing.filters import parse_line
from processing.settings import get_settings
from processing.text import clean
from processing.zone import LOCAL

ARCHIVE = "archive"
_FIELDS = ("source", "url", "html", "title", "text", "fetched_at", "published_at")


@dataclass
class ImportStats:
    """Lines landed, lines landed before, and what is wrong with each line that was left out, naming line and field."""

    landed: int = 0
    known: int = 0
    faults: list[str] = field(default_factory=list)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Number and record of each line that holds something, or what is wrong with it. Raises LangNgheError when the file cannot be read."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", errors="surrogateescape") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip("\ufeff \t\r\n"):
                    try:
                        yield number, parse_line(line, number, (), as_given=True, optional=_FIELDS)
                    except ValueError as error:
                        yield number, str(error)
    except (OSError, EOFError, zlib.error) as error:
        raise LangNgheError(f"cannot read the archive {path}: {error}", "check the path and that the file is complete") from None


def _archive_source(conn: Connection) -> None:
    """A switched-off source that owns imported lines without one of their own."""
    conn.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url)
           VALUES (%s, 'Imported archive', 'press', 'the operator', 'imported by the operator from its own archive', current_date,
                   current_date + 365, 'http://archive.invalid/') ON CONFLICT (key) DO NOTHING""",
        [ARCHIVE],
    )


def import_archive(conn: Connection, path: Path, now: datetime, days: int = 60) -> ImportStats:
    """Land every line of the archive, sealed like a crawled page. Commits in batches; lines landed before are skipped.

    A line that cannot be used is noted in `faults`. Raises LangNgheError when the file cannot be read; what was landed before stays.
    """
    if path.is_dir():
        settings = get_settings()
        if path.resolve() != archive.folder(settings).resolve():
            raise LangNgheError(f"{path} is not the raw archive of this installation", f"name {archive.folder(settings)}, or an archive file")
        return ImportStats(landed=archive.reland(conn, settings))
    _archive_source(conn)
    sources = {row["key"]: row["id"] for row in conn.execute("SELECT id, key FROM source")}
    total = sum(1 for _ in _lines(path))
    _make_months(conn, now - timedelta(days=days + 1), now)
    stats = ImportStats()
    for position, (number, line) in enumerate(_lines(path)):
        spread = now - timedelta(days=days) + timedelta(days=days) * position / max(total, 1)
        try:
            if isinstance(line, str):
                raise ValueError(line)
            key = line.get("source") or ARCHIVE
            if key not in sources:
                raise ValueError(f"line {number}: unknown source {key!r}; add it under config/sources first")
            landed = _land(conn, sources[key], number, line, _fetched(line, number, spread, now), now)
        except ValueError as fault:
            stats.faults.append(f"{path.name}, {fault}")
            continue
        stats.landed += landed
        stats.known += not landed
        if position % 500 == 499:
            conn.commit()
    conn.commit()
    return stats


def _fetched(line: dict[str, Any], number: int, spread: datetime, now: datetime) -> str:
    """When a line's page was seen, never after `now`: as given, else when it was published, else `spread`. Raises ValueError naming line and field."""
    for name in ("fetched_at", "published_at"):
        if line.get(name):
            try:
                moment = datetime.fromisoformat(line[name])
                aware = moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)
                return min(aware.astimezone(UTC), now).isoformat()
            except (ValueError, OverflowError):
                if name == "fetched_at":
                    raise ValueError(f"line {number}: field 'fetched_at' is not an ISO 8601 time: {line[name][:40]!r}") from None
    return spread.isoformat()


def _land(conn: Connection, source_id: int, number: int, line: dict[str, Any], fetched_at: str, now: datetime) -> bool:
    url = line.get("url") or (f"http://archive.invalid/{line['id']}" if "id" in line else None)
    whole = line.get("html") is not None
    if not url or not (whole or (line.get("title") is not None and line.get("text") is not None)):
        raise ValueError(f"line {number}: needs url (or id), and html or title and text")
    try:
        canonical(url)
    except BadURL as error:
        raise ValueError(f"line {number}: field 'url' is no address: {error}") from None
    if "\x00" in url:
        raise ValueError(f"line {number}: field 'url' is no address: it holds a character that no address has")
    entry: dict[str, Any] = {"published_raw": line.get("published_at") or (None if whole else fetched_at)}
    if whole:
        kind, body, content_type = "page", line["html"].encode(), "text/html; charset=utf-8"
    else:
        # Plain text arrives the way full text in a feed does: paragraphs in the entry.
        kind, content_type = "entry", "text/html; charset=utf-8"
        entry["title"] = clean(line["title"])
        body = _paragraphs(line["text"]).encode()
    header = {
        "url": url,
        "final_url": url,
        "content_type": content_type,
        "cms": None,
        "entry": entry,
        "fetched_at": fetched_at,
        "status": 200,
    }
    made = conn.execute(
        """INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (source_id, url, body_sha256) DO NOTHING RETURNING id""",
        [source_id, kind, url, seal(url, header, body), keyed_digest(body), now],
    ).fetchone()
    return made is not None


def _paragraphs(text: str) -> str:
    escaped = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"<p>{p.strip()}</p>" for p in escaped.split("\n") if p.strip())


def _make_months(conn: Connection, first: datetime, last: datetime) -> None:
    for parent in (
        "document_version",
        "annotation",
        "document_place",
        "document_copy",
        "fingerprint",
        "assignment",
        "story_event",
        "observation",
    ):
        conn.execute("SELECT ensure_months(%s::regclass, %s, %s)", [parent, first.date(), (last + timedelta(days=31)).date()])
    conn.commit()
