"""Rule S14: "Kept briefly. Raw ≤ 7 days, article text ≤ 180 days, aggregates ≤ 3 years, backups ≤ 30 days, and a desk where anyone can ask
for a page's removal by URL; removals (hashed URLs) are applied again after a restore."

Proof here: a page that a stage is working on while its removal is decided leaves nothing, either: the removal waits for the batch and
takes what it wrote.
"""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import pytest

from processing import pipeline
from processing.db import Connection, connect, work
from processing.db.landing import keyed_digest, seal
from processing.db.tombstones import buried
from processing.db.work import StageStats
from processing.erase import erase
from processing.erase.removal import holders
from processing.erase.requests import decide_request, log_request
from processing.people import add_user
from tests.review.town import NOW, furnish

URL = "http://bao.example/0.html"
WORDS = "Từ sáng nay hơn ba trăm hộ ở hai thôn cuối tuyến ống không có nước sinh hoạt vì đoạn ống dẫn qua cầu bị nứt sau mưa lớn đêm qua. " * 3
NEW = "http://bao.example/moi.html"


@pytest.fixture
def page(db: Connection) -> int:
    """A stored page that waits to be compared, and one that waits to be read for the first time."""
    furnish(db)
    row = db.execute("SELECT id, source_id FROM document WHERE canonical_url = %s", [URL]).fetchone()
    assert row is not None
    db.execute(
        "INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor) VALUES (%s, 1, %s, 'Nước', %s, '', 'test')",
        [row["id"], NOW, WORDS],
    )
    work.enqueue(db, "dedupe", [row["id"]], NOW)
    body = f"<html lang='vi'><head><title>Nứt ống</title></head><body><article><h1>Nứt ống</h1><p>{WORDS}</p></article></body></html>".encode()
    header = {"url": NEW, "final_url": NEW, "content_type": "text/html", "fetched_at": NOW.isoformat(), "cms": None}
    db.execute(
        "INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, 'page', %s, %s, %s, %s)",
        [row["source_id"], NEW, seal(NEW, header, body), keyed_digest(body), NOW],
    )
    db.commit()
    return int(row["id"])


def _beside(stage: str, dsn: str, conn: Connection, remove: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run `remove` while a batch of `stage` has done its work and has not yet committed."""
    store = importlib.import_module(f"processing.{stage}.store")
    real, worked, go_on = store.run, Event(), Event()

    def slow(batch: Connection, *, limit: int, now: datetime) -> StageStats:
        stats: StageStats = real(batch, limit=limit, now=now)
        worked.set()
        assert go_on.wait(60)
        return stats

    monkeypatch.setattr(store, "run", slow)
    failed: list[BaseException] = []

    def own(job: Any) -> None:
        try:
            with connect(dsn) as mine:
                job(mine)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=own, args=(lambda mine: pipeline.drain(stage, now=NOW, conn=mine),))]
    threads[0].start()
    assert worked.wait(60)
    threads.append(Thread(target=own, args=(remove,)))
    threads[1].start()
    while threads[1].is_alive():
        waiting = conn.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted LIMIT 1").fetchone()
        conn.rollback()
        if waiting:
            break
        threads[1].join(0.05)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert not failed and not any(thread.is_alive() for thread in threads)


def test_where_it_was_copied_from_goes_though_it_was_being_compared(db: Connection, db_dsn: str, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _beside("dedupe", db_dsn, db, lambda conn: erase(conn, URL, "asked", NOW), monkeypatch)
    for table in holders(db):
        assert db.execute(f"SELECT count(*) AS n FROM {table} WHERE document_id = %s".encode(), [page]).fetchone() == {"n": 0}, table
    assert db.execute("SELECT count(*) AS n FROM work WHERE subject_id = %s", [page]).fetchone() == {"n": 0}


def test_a_page_that_was_being_read_for_the_first_time_goes(db: Connection, db_dsn: str, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the desk, which holds the request and the audit while it waits."""
    officer = add_user(db, "can-bo", "officer@example.org", "a long password", "officer")
    number = log_request(db, NEW, "erase", "other", "", NOW)
    db.commit()

    def decide(conn: Connection) -> None:
        decide_request(conn, number, officer, "remove", "", datetime.now(UTC))

    _beside("extract", db_dsn, db, decide, monkeypatch)
    assert db.execute("SELECT count(*) AS n FROM document WHERE canonical_url = %s", [NEW]).fetchone() == {"n": 0}
    assert db.execute("SELECT count(*) AS n FROM landing WHERE url = %s", [NEW]).fetchone() == {"n": 0}
    assert buried(db, NEW)
