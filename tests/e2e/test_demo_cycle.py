"""Both rounds of the demo town through the real parts, held against the outcome written down as data."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from processing.db import connect
from processing.stack.demo.expected import compare, outcome
from tests.e2e.cycle import running


def test_the_town_comes_to_the_expected_outcome(db_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both hot-spots and nothing else, the source alert, suggested matches, every page once, every mail once; and again the same on a second look."""
    with running(tmp_path, monkeypatch) as cycle:
        cycle.prepare()
        cycle.history()
        first = cycle.round(1)
        assert first["bao-nong-thon"]["outcome"] == "failed"
        second = cycle.round(2)
        assert second["bao-nong-thon"]["outcome"] == "read"
        cycle.digest()
        sys.stdout.write("\n" + "".join(f"{name:28} {seconds:6.1f} s\n" for name, seconds in cycle.seconds.items()))
        with connect() as conn:
            differences = compare(conn, cycle.mails)
            before = outcome(conn)
        assert differences == []
        cycle.round(2)
        cycle.digest()
        with connect() as conn:
            assert outcome(conn) == before
            assert compare(conn, cycle.mails) == []
