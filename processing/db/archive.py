"""The raw archive: each fetched page as a WARC record, sealed like the landing area and a part of it (SCOPE S3, S14). Off by default.

    response and its envelope's header  →  WARC/1.1, gzip  →  AES-256-GCM with the landing key  →  var/archive/2026-11-22/HASH-HASH.warc.sealed

One file a page, named by keyed hashes of address and body, so that a removed page's files can be found and deleted, and nobody without the key learns
from a name what was read. Nothing is ever written in clear: pages come back by being landed again, sealed, for the extract stage. A folder older than 7
days is deleted by the housekeeping. Cookies are not kept.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from processing.db import Connection
from processing.db.landing import keyed_digest, seal, unseal
from processing.db.tombstones import buried
from processing.errors import Quarantine
from processing.settings import Settings, get_settings

_SUFFIX = ".warc.sealed"
_LEFT_OUT = frozenset({"set-cookie", "set-cookie2", "cookie", "authorization"})


class Page(NamedTuple):
    """One page of the archive. `header` is that of its landing envelope; `warc` the records as a WARC reader takes them."""

    source: str
    header: dict[str, Any]
    body: bytes
    warc: bytes


def folder(settings: Settings) -> Path:
    """Where the days' folders stand."""
    return settings.home / "archive"


def keep(settings: Settings, source: str, header: dict[str, Any], response_headers: dict[str, str], body: bytes) -> Path:
    """Seal one fetched page into the folder of the day it was fetched; the same page again is the same file."""
    fetched_at = datetime.fromisoformat(header["fetched_at"]).astimezone(UTC)
    place = folder(settings) / fetched_at.date().isoformat()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{_name(header['url'], settings)}-{keyed_digest(body, settings.key_file).hex()[:16]}{_SUFFIX}"
    sealed = seal(name, {"source": source, "header": header}, _records(header, response_headers, body, fetched_at), settings.key_file)
    partial = place / f".{secrets.token_hex(8)}"
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(sealed)
    partial.replace(place / name)
    return place / name


def _name(url: str, settings: Settings) -> str:
    return keyed_digest(b"archived address " + url.encode(), settings.key_file).hex()[:32]


def _records(header: dict[str, Any], response_headers: dict[str, str], body: bytes, fetched_at: datetime) -> bytes:
    """A response record, and a metadata record with what the feed said of the page."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    # warcio computes digests over a temporary file, which from half a megabyte on would lie on disk in clear
    writer._create_temp_file = io.BytesIO
    kept = [
        (name, value)
        for name, value in response_headers.items()
        if name.lower() not in (*_LEFT_OUT, "content-encoding", "transfer-encoding")
    ]
    status = StatusAndHeaders(f"{header.get('status', 200)} OK", kept, protocol="HTTP/1.1")
    when = {"WARC-Date": fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    url = header.get("final_url") or header["url"]
    response = writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=status, warc_headers_dict=dict(when))
    writer.write_record(response)
    about = io.BytesIO(json.dumps(header, ensure_ascii=False).encode())
    writer.write_record(
        writer.create_warc_record(url, "metadata", payload=about, warc_content_type="application/json", warc_headers_dict=dict(when))
    )
    return out.getvalue()


def pages(settings: Settings, first: date | None = None, last: date | None = None) -> Iterator[Page]:
    """Pages fetched on days `first` to `last` (UTC, both included; all by default), oldest day first. For the extract stage's room alone.

    A file sealed with another key, damaged or moved to another name is left out.
    """
    for place in sorted(folder(settings).glob("????-??-??")):
        if (first and place.name < first.isoformat()) or (last and place.name > last.isoformat()):
            continue
        for path in sorted(place.glob(f"*{_SUFFIX}")):
            try:
                envelope = unseal(path.name, path.read_bytes(), settings.key_file)
            except (Quarantine, FileNotFoundError):
                continue
            yield Page(envelope.header["source"], envelope.header["header"], _body(envelope.body), envelope.body)


def _body(warc: bytes) -> bytes:
    from warcio.archiveiterator import ArchiveIterator

    for record in ArchiveIterator(io.BytesIO(warc)):
        if record.rec_type == "response":
            return bytes(record.raw_stream.read())
    return b""


def reland(conn: Connection, settings: Settings, first: date | None = None, last: date | None = None) -> int:
    """Land archived pages again, to be extracted anew: after a rule was put right, or a database was lost. Returns how many; commits.

    A page whose address was removed on request stays out.
    """
    sources = {row["key"]: row["id"] for row in conn.execute("SELECT id, key FROM source")}
    landed = 0
    for page in pages(settings, first, last):
        url = page.header["url"]
        if page.source not in sources or buried(conn, url):
            continue
        conn.execute(
            """INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, 'page', %s, %s, %s, %s)
               ON CONFLICT (source_id, url, body_sha256) DO UPDATE SET state = 'pending', attempts = 0, reason = NULL, not_before = '-infinity'""",
            [
                sources[page.source],
                url,
                seal(url, page.header, page.body),
                keyed_digest(page.body),
                datetime.fromisoformat(page.header["fetched_at"]),
            ],
        )
        landed += 1
    conn.commit()
    return landed


def expire(settings: Settings, before: datetime) -> list[str]:
    """Delete the folders of days that hold pages fetched before this. Returns what was done, in words."""
    last = before.astimezone(UTC).date().isoformat()
    gone = [place for place in sorted(folder(settings).glob("????-??-??")) if place.name <= last]
    for place in gone:
        shutil.rmtree(place)
    return [f"raw archive: {len(gone)} days removed"] if gone else []


def forget(urls: Iterable[str], settings: Settings | None = None) -> None:
    """Delete what the archive holds of these addresses."""
    settings = settings or get_settings()
    root = folder(settings)
    if root.is_dir():
        names = {_name(url, settings) for url in urls}
        for path in root.glob(f"*/*{_SUFFIX}"):
            if path.name.partition("-")[0] in names:
                path.unlink(missing_ok=True)
