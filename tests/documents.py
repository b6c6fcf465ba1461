"""Documents as the stages before leave them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest

from processing.db import Connection
from processing.db.work import enqueue

NOW = datetime.fromisoformat("2026-05-20T08:00:00+00:00")

Add = Callable[..., int]


@pytest.fixture
def add(db: Connection) -> Add:
    """Add a document with its version and annotation, waiting for `stage`; returns its id. `hours` after the first day's morning."""
    numbers = count(1)
    sources: dict[str, int] = {}

    def source(key: str, owner: str, kind: str) -> int:
        if key not in sources:
            row = db.execute(
                """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url)
                   VALUES (%s, %s, %s, %s, 'licensed press', '2026-01-01', '2027-01-01', 'https://example.org/') RETURNING id""",
                [key, f"Báo {key}" if kind != "wire" else key.upper(), kind, owner],
            ).fetchone()
            assert row is not None
            sources[key] = row["id"]
        return sources[key]

    def one(
        title: str,
        text: str,
        *,
        outlet: str = "bao-a",
        owner: str = "",
        kind: str = "press",
        hours: float = 0,
        language: str = "vi",
        topic: str = "environment_water",
        stage: str = "dedupe",
        document_kind: str = "article",
    ) -> int:
        at = NOW - timedelta(days=2) + timedelta(hours=hours)
        row = db.execute(
            """INSERT INTO document (source_id, canonical_url, kind, title, language, published_at, published_precision, first_seen_at, last_seen_at)
               VALUES (%s, %s, %s, %s, %s, %s, 'minute', %s, %s) RETURNING id""",
            [source(outlet, owner or outlet, kind), f"https://example.org/{next(numbers)}", document_kind, title, language, at, at, at],
        ).fetchone()
        assert row is not None
        db.execute(
            "INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor) VALUES (%s, 1, %s, %s, %s, '', 'test')",
            [row["id"], at, title, text],
        )
        db.execute(
            """INSERT INTO annotation (document_id, version, first_seen_at, language, sentences, tokens, places, topic, topic_score, checkable,
                                       method, annotated_at)
               VALUES (%s, 1, %s, %s, %s, %s, '[]', %s, 0.9, '[]', 'test', %s)""",
            [row["id"], at, language, [s for s in text.replace("\n", " ").split(". ") if s], text.split(), topic, at],
        )
        enqueue(db, stage, [row["id"]], at)
        return int(row["id"])

    return one
