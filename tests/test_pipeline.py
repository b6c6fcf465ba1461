"""A stage is drained when its queue is empty, not when others hold the rest of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from processing import pipeline
from processing.db import Connection, connect
from tests.documents import NOW, add

__all__ = ["add"]


def test_a_drain_waits_for_records_that_another_process_holds(
    db: Connection, db_dsn: str, add: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    add("tin", "Nước máy đục ở xã.", stage="claims")
    db.commit()
    with connect(db_dsn) as other:
        other.execute("SELECT FROM work WHERE stage = 'claims' FOR UPDATE")
        waited = threading.Event()
        monkeypatch.setattr(pipeline.time, "sleep", lambda _: waited.set())
        dying = threading.Thread(target=lambda: (waited.wait(30), other.rollback()))
        dying.start()
        pipeline.drain("claims", now=NOW, conn=db)
        dying.join()
    assert waited.is_set()
    assert db.execute("SELECT count(*) AS n FROM work WHERE stage = 'claims'").fetchone() == {"n": 0}


def test_patience_has_an_end(db: Connection, db_dsn: str, add: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    add("tin", "Nước máy đục ở xã.", stage="claims")
    db.commit()
    monkeypatch.setattr(pipeline, "_OTHERS_S", 0.0)
    with connect(db_dsn) as other:
        other.execute("SELECT FROM work WHERE stage = 'claims' FOR UPDATE")
        assert pipeline.drain("claims", now=NOW, conn=db).taken == 0
