"""Tiers on eighty pairs in the manner of posts, labelled before they were run. Every third family was never read while anything was mended."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from processing.claims import train_fusion
from processing.claims.core import Matcher
from processing.claims.differences import compare
from processing.claims.facts import extract

ROWS: list[dict[str, Any]] = [json.loads(line) for line in (Path(__file__).parent / "data" / "pairs_fresh.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def tiers() -> dict[str, str]:
    """Tier of each pair's own check among all checks that were written."""
    checks = {text: str(n) for n, text in enumerate(dict.fromkeys(p["check"] for p in [*train_fusion.pairs(), *ROWS]))}
    matcher = Matcher({"id": name, "claim": text} for text, name in checks.items())
    return {p["id"]: next((c.tier for c in matcher.search(p["query"]) if c.check == checks[p["check"]]), "not found") for p in ROWS}


def _of(tiers: dict[str, str], *, same: bool, split: tuple[str, ...] = ("dev", "test")) -> Counter[str]:
    return Counter(tiers[p["id"]] for p in ROWS if p["same"] == same and p["split"] in split)


def test_the_set_is_whole_and_split_by_family() -> None:
    assert Counter(p["same"] for p in ROWS) == {True: 40, False: 40} and len({p["topic"] for p in ROWS}) >= 15
    assert not {p["family"] for p in ROWS if p["split"] == "dev"} & {p["family"] for p in ROWS if p["split"] == "test"}
    assert {p["change"] for p in ROWS if not p["same"]} == {"number", "unit", "date", "place", "negation", "polarity", "subject"}


def test_no_near_miss_is_confirmable(tiers: dict[str, str]) -> None:
    assert [p["query"] for p in ROWS if not p["same"] and tiers[p["id"]] == "confirmable"] == []


def test_most_paraphrases_are_confirmable_and_nearly_all_suggested(tiers: dict[str, str]) -> None:
    for split, confirm in ((("test",), 0.65), (("dev", "test"), 0.70)):
        found = _of(tiers, same=True, split=split)
        assert found["confirmable"] >= confirm * found.total() and found["confirmable"] + found["suggested"] >= 0.9 * found.total()


@pytest.mark.parametrize(
    ("left", "right", "differs"),
    [
        ("đóng 350.000 đồng mỗi tháng", "đóng 350.000 đồng mỗi năm", ["unit: /tháng ↔ /năm"]),
        ("dong 350.000 dong moi thang", "đóng 350.000 đồng/tháng", []),
        ("vé 200k/người", "vé 200.000 đồng một người", []),
        ("68 ngàn một tháng", "68.000 đồng mỗi hộ một tháng", []),
        ("giá 90.000 đồng/kg", "giá 90.000 đồng một tạ", ["unit: /kg ↔ /tạ"]),
        ("mỗi hộ được 15 kg gạo", "mỗi khẩu được 15 kg gạo", ["unit: /hộ ↔ /người"]),
        ("2 héc-ta đất", "2 ha đất", []),
        ("bàn giao trong quý II/2026", "bàn giao vào quý 2 năm 2026", []),
        ("bàn giao quý II", "bàn giao quý IV", ["date: quý II ↔ quý IV"]),
        ("Ko có chuyện cầu sập", "Cầu sập", ["negation: ×1 ↔ ×0"]),
        ("Ngân hàng Nam Á mở cửa", "Ngân hàng Nam Á mở cửa mỗi ngày", []),
        ("Mới tháng trước có 3 vụ cháy", "Mỗi năm có 3 vụ cháy", []),
    ],
)
def test_rates_units_quarters_and_informal_denials_are_read(left: str, right: str, differs: list[str]) -> None:
    assert [str(d) for d in compare(extract(left), extract(right))] == differs
