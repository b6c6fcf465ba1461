"""Ten kills -9 of PostgreSQL, scheduler, spider, processing and sender: the same outcome as an undisturbed cycle. `make faults` makes 200."""

from __future__ import annotations

from pathlib import Path

from tests.faults.drill import drill, undisturbed
from tests.faults.world import World

SOURCES = ("bao-hoai-linh", "cong-thong-tin", "cong-phan-anh", "trung-tam-kiem-chung", "bao-nong-thon")
"""A paper with full text, a portal whose feed dates lie, a feedback board, a fact-checker, and the paper whose feed is down at first."""

SEED = 20261122


def test_ten_kills_change_nothing(tmp_path: Path) -> None:
    with World(tmp_path, days=5, sources=SOURCES) as world:
        expected = undisturbed(world)
        assert len(expected.rows["document"]) > 50
        assert expected.rows["mail"]
        tally = drill(world, expected, kills=10, seed=SEED)
    assert sum(tally.kills.values()) == 10
    assert tally.different == []
