"""The opinion suite: sentences and short columns of political opinion, satire, demands and questions. No persons in it."""

from __future__ import annotations

import json
from pathlib import Path

SUITE = Path(__file__).parent / "data" / "opinion_suite.jsonl"


def rows(form: str) -> list[dict[str, str]]:
    """{"id","form","kind","text"} of one form: sentence or column."""
    found = [json.loads(line) for line in SUITE.read_text("utf-8").splitlines()]
    return [row for row in found if row["form"] == form]
