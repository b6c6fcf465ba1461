"""Published checks that analysts keep: a CSV file, or one entry at the desk. Every row is taken in or set aside with the reason, never guessed.

Columns: claim, publisher, publisher_kind, published_at (ISO 8601 or 31/12/2026), url; optional title, rating, language, withdrawn (yes). A file may be separated
by commas, semicolons (Excel in Vietnamese) or tabs, and is in UTF-8, or in UTF-16 as Excel's "Unicode text".
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from psycopg.types.json import Jsonb

from processing.claims.claimreview import Review, moment
from processing.claims.registry import KINDS, row_of, set_aside, upsert
from processing.db import Connection
from processing.db.addresses import BadURL, canonical, public
from processing.db.tombstones import url_hash
from processing.errors import LangNgheError
from processing.scrub.core import redact, words
from processing.text import clean, fold

COLUMNS = ("claim", "publisher", "publisher_kind", "published_at", "url")
MAX_CLAIM = 2000
_MAX_FIELD = 10_000_000  # characters the reader takes into one field; longer claims are set aside one by one, and what follows them is read
_SEPARATOR = re.compile(r"sep=[,;\t]\r?\n", re.IGNORECASE)  # first line of some of Excel's files
_LOCAL_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YES = frozenset(("yes", "true", "1", "x", "co", "da rut", "da thu hoi"))


@dataclass
class Imported:
    """What became of an analysts' file: rows written, rows known as they are, and (line number, reason) of those set aside."""

    written: int = 0
    unchanged: int = 0
    quarantined: list[tuple[int, str]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The outcome in words, one line a row that was set aside."""
        told = [f"{self.written} written, {self.unchanged} known already, {len(self.quarantined)} set aside"]
        return told + [f"line {number}: set aside: {reason}" for number, reason in self.quarantined]


def published(raw: str) -> datetime | None:
    """A date as analysts write it, in UTC: ISO 8601, or day/month/year as local midnight. None when it is none, or implausible."""
    found = _LOCAL_DATE.fullmatch(raw.strip())
    return moment(f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}") if found else moment(raw)


def _address(raw: str) -> str:
    """The one stored spelling of a page's address, without what names a reader or an author (SCOPE S2), by which a removal finds it.

    '' for what is none, for an account's on a network of people (S1, S3) and for a host of one's own network: no publisher's own page stands there.
    """
    try:
        found = canonical(raw)
    except BadURL:
        return ""
    return "" if not public(found) or {one.kind for one in redact(found).found} & {"account_link", "handle", "email"} else found


def problem(row: dict[str, str], now: datetime) -> str:
    """Why a row cannot be taken in, naming the column, or ''."""
    for column in COLUMNS:
        if not row.get(column, ""):
            return f"column {column!r} is empty; a check is kept only with {', '.join(COLUMNS)}"
    if row["publisher_kind"] not in KINDS:
        return f"publisher_kind {row['publisher_kind']!r} is not one of {', '.join(KINDS)}"
    when = published(row["published_at"])
    if when is None:
        return f"published_at {row['published_at']!r} is no date between 1995 and 2100; write 2026-12-31 or 31/12/2026"
    if when > now + timedelta(days=1):
        return f"published_at {row['published_at']!r} lies in the future"
    if not _address(row["url"]):
        return f"url {row['url']!r} is no http(s) address of a publisher's own, public page"
    if len(row["claim"]) > MAX_CLAIM:
        return f"claim is longer than {MAX_CLAIM} characters; give the one statement that was checked"
    return ""


def _take(conn: Connection, row: dict[str, str], now: datetime) -> int:
    """Write one whole row; 1 if it is new or changed."""
    row = {**row, "url": _address(row["url"]), "publisher": words(row["publisher"])}
    when = published(row["published_at"])
    assert when is not None
    source = {"id": None, "name": row["publisher"], "publisher_kind": row["publisher_kind"]}
    review = Review(row["claim"], row.get("title", ""), row.get("rating", ""), row["url"], when, row.get("language", "") or "vi")
    digest = hashlib.sha256("\x1f".join(row.get(c, "") for c in (*COLUMNS, "title", "rating", "withdrawn")).encode()).digest()
    withdrawn = review.withdrawn or fold(row.get("withdrawn", "")) in _YES
    return upsert(conn, row_of(source, review, row["url"], when, digest, None), now, withdrawn=withdrawn, others=False)


def _plain(raw: dict[str, str]) -> dict[str, str]:
    return {key.strip(): clean(value or "").strip() for key, value in raw.items() if isinstance(key, str) and not isinstance(value, list)}


def enter(conn: Connection, values: dict[str, str], user_id: int, now: datetime) -> bool:
    """One check as a named person enters it at the desk. Does not commit. Returns whether it is new or changed; raises LangNgheError with the column's problem."""
    row = _plain(values)
    wrong = problem(row, now)
    if wrong:
        raise LangNgheError(wrong, "fill in the field and send it again")
    changed = bool(_take(conn, row, now))
    detail = Jsonb({"publisher": words(row["publisher"]), "changed": changed})
    # the hash alone: the audit outlives a page that is removed on request (SCOPE S14), and whoever has the address can still look for its row
    conn.execute("SELECT audit_append(%s, %s, %s, %s, %s)", [f"user:{user_id}", "enter check", f"check:{url_hash(_address(row['url'])).hex()[:16]}", detail, now])
    if changed:
        _wake(conn, now)
    return changed


def import_csv(conn: Connection, path: Path, now: datetime) -> Imported:
    """Take in an analysts' file; each row of it that is not whole is set aside with the reason. Does not commit.

    Raises LangNgheError when the file cannot be read or a column is missing altogether.
    """
    try:
        raw = path.read_bytes()
        whole = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LangNgheError(f"cannot read {path}: {error}", "name a CSV file in UTF-8 (in Excel: CSV UTF-8)") from None
    told = _SEPARATOR.match(whole)
    whole = whole[told.end() :] if told else whole
    header = whole.partition("\n")[0]
    mark = max(",;\t", key=header.count)
    out = Imported()
    with io.StringIO(whole.replace("\x00", ""), newline="") as lines:
        table = csv.DictReader(lines, delimiter=mark, strict=True)
        named = table.fieldnames = [(name or "").strip().lower() for name in table.fieldnames or ()]
        missing, twice = [c for c in COLUMNS if c not in named], [c for c in COLUMNS if named.count(c) > 1]
        if missing or twice:
            wrong = f"column {', '.join(missing)} is missing" if missing else f"column {', '.join(twice)} is named twice"
            raise LangNgheError(f"{path.name}: {wrong}", f"the first line names {', '.join(COLUMNS)}")
        limit = csv.field_size_limit(_MAX_FIELD)
        try:
            while (row := _next(table, out)) is not None:
                _one(conn, _plain(row), path.name, table.line_num, out, now)
        finally:
            csv.field_size_limit(limit)
    if out.written:
        _wake(conn, now)
    return out


def _next(table: csv.DictReader[str], out: Imported) -> dict[str, str] | None:
    """The next row that can be read, or None at the end. One whose quotation marks do not pair is set aside with the lines it runs over; the rows after it are read."""
    while True:
        try:
            return next(table, None)
        except csv.Error as error:
            out.quarantined.append((table.line_num, f"the line cannot be read ({error}); look at the quotation marks in it and right before it"))


def _one(conn: Connection, row: dict[str, str], file: str, number: int, out: Imported, now: datetime) -> None:
    if not any(row.values()):
        return
    wrong = words(problem(row, now))
    if wrong:
        out.quarantined.append((number, wrong))
        set_aside(conn, _address(row.get("url", "")) or f"{file}:{number}", row.get("claim", ""), row.get("publisher", ""), wrong, now)
        return
    changed = _take(conn, row, now)
    out.written += changed
    out.unchanged += 1 - changed


def _wake(conn: Connection, now: datetime) -> None:
    from processing.claims.wordings import wake_for

    written = conn.execute("SELECT claim FROM fact_check WHERE updated_at = %s AND withdrawn_at IS NULL", [now]).fetchall()
    wake_for(conn, [check["claim"] for check in written], now)
