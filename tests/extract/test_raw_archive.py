"""The raw archive is a part of the landing area: sealed with its key, gone after 7 days and on request, read back only by being landed again."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from processing.db import Connection, archive
from processing.db.landing import make_key
from processing.db.retention import housekeeping
from processing.erase import erase
from processing.errors import LangNgheError
from processing.extract import store
from processing.replay import import_archive
from processing.settings import Settings, get_settings

from .test_store import page, source

__all__ = ["source"]
NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
URL = "http://thu.vn/tin/nuoc-1.html"
ANSWER = {"content-type": "text/html; charset=utf-8", "set-cookie": "phien=bi-mat", "content-encoding": "gzip"}


@pytest.fixture
def settings() -> Iterator[Settings]:
    found = get_settings()
    shutil.rmtree(archive.folder(found), ignore_errors=True)
    yield found
    shutil.rmtree(archive.folder(found), ignore_errors=True)


def keep(settings: Settings, url: str = URL, at: datetime = NOW) -> Path:
    header = {
        "url": url,
        "final_url": url,
        "content_type": "text/html",
        "status": 200,
        "fetched_at": at.isoformat(),
        "cms": "nukeviet",
        "entry": {},
    }
    return archive.keep(settings, "thu", header, ANSWER, page())


def test_off_by_default() -> None:
    assert Settings.model_fields["raw_archive"].default is False


def test_nothing_can_be_read_of_it_without_the_key(settings: Settings, tmp_path: Path) -> None:
    kept = keep(settings)
    assert kept.stat().st_mode & 0o077 == 0 and kept.parent.stat().st_mode & 0o077 == 0
    assert b"WARC" not in kept.read_bytes() and b"nuoc" not in kept.read_bytes() and "nuoc" not in kept.name
    other = tmp_path / "other.key"
    make_key(other)
    assert not list(archive.pages(settings.model_copy(update={"landing_key_file": other})))
    moved = kept.with_name(kept.name.replace(kept.name[:4], "0000", 1))
    kept.rename(moved)
    assert not list(archive.pages(settings))


def test_nothing_is_written_in_clear_on_the_way(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, lambda *args, **kwargs: pytest.fail("a temporary file"))
    header = {"url": URL, "fetched_at": NOW.isoformat()}
    big = page() + b"<!-- " + b"x" * 2_000_000 + b" -->"
    archive.keep(settings, "thu", header, ANSWER, big)
    assert next(archive.pages(settings)).body == big


def test_its_records_are_warc(settings: Settings) -> None:
    keep(settings)
    (found,) = archive.pages(settings)
    kinds = []
    for record in ArchiveIterator(io.BytesIO(found.warc)):
        kinds.append(record.rec_type)
        assert record.rec_headers.get_header("WARC-Target-URI") == URL
        assert record.rec_headers.get_header("WARC-Date") == "2026-03-12T08:00:00Z"
        if record.http_headers:
            assert record.http_headers.get_header("set-cookie") is None
            assert record.http_headers.get_statuscode() == "200"
    assert kinds == ["response", "metadata"]
    assert (found.source, found.body, found.header["url"]) == ("thu", page(), URL)


def test_the_same_page_is_kept_once_and_days_can_be_chosen(settings: Settings) -> None:
    keep(settings)
    keep(settings)
    keep(settings, at=NOW + timedelta(days=1))
    assert len(list(archive.pages(settings))) == 2
    assert len(list(archive.pages(settings, first=NOW.date() + timedelta(days=1)))) == 1
    assert len(list(archive.pages(settings, last=NOW.date()))) == 1


def test_gone_before_a_page_of_it_is_7_days_old_although_housekeeping_comes_once_a_day(db: Connection, settings: Settings) -> None:
    keep(settings, at=NOW)
    keep(settings, at=NOW + timedelta(days=1))
    assert not [line for line in housekeeping(db, NOW + timedelta(days=5)) if "archive" in line]
    assert "raw archive: 1 days removed" in housekeeping(db, NOW + timedelta(days=6, minutes=1))
    assert [one.header["fetched_at"][:10] for one in archive.pages(settings)] == ["2026-03-13"]


def test_a_removed_page_leaves_it_and_stays_out(db: Connection, source: int, settings: Settings) -> None:
    keep(settings)
    keep(settings, url="http://thu.vn/tin/khac-2.html")
    saved = [(path, path.read_bytes()) for path in archive.folder(settings).rglob("*.sealed")]
    erase(db, URL, "asked for", NOW)
    assert [one.header["url"] for one in archive.pages(settings)] == ["http://thu.vn/tin/khac-2.html"]
    for path, data in saved:
        path.write_bytes(data)
    assert archive.reland(db, settings) == 1


def test_its_pages_are_extracted_anew(db: Connection, source: int, settings: Settings) -> None:
    keep(settings)
    for _ in range(2):
        assert import_archive(db, archive.folder(settings), NOW).landed == 1
        assert store.run(db, limit=10, now=NOW).done == 1
    assert db.execute("SELECT title, version FROM document").fetchone() == {"title": "Nước máy đục ba ngày ở Đồng Cạn", "version": 1}
    assert db.execute("SELECT landed_at FROM landing").fetchone() == {"landed_at": NOW}


def test_another_folder_is_refused(db: Connection, settings: Settings, tmp_path: Path) -> None:
    keep(settings)
    with pytest.raises(LangNgheError, match="not the raw archive"):
        import_archive(db, tmp_path, NOW)
