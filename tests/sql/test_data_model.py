from __future__ import annotations

from pathlib import Path

from processing.db import Connection
from processing.db.describe import describe

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "data-model.md"


def test_the_document_is_what_the_database_says(owner_db: Connection) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == describe(owner_db), "run `langnghe db describe > docs/data-model.md`"
