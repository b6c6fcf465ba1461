"""Text stands out from its ground: WCAG 2.2, 1.4.3, contrast of at least 4.5 to 1 for every pair of colours the pages use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).resolve().parents[2] / "review" / "static" / "style.css").read_text(encoding="utf-8")
NAMED = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", STYLE))
PAIRS = [
    *((ink, ground) for ink in ("ink", "quiet", "accent", "accent-dark") for ground in ("paper", "ground")),
    ("warm", "warm-soft"), ("good", "good-soft"), ("wait", "wait-soft"), ("accent-dark", "#e6f1f6"), ("#ffffff", "accent"), ("#ffffff", "accent-dark"),
]  # fmt: skip


def luminance(colour: str) -> float:
    digits = NAMED.get(colour, colour).lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_contrast(ink: str, ground: str) -> None:
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_focus_is_always_visible_and_nothing_comes_from_elsewhere() -> None:
    assert ":focus-visible { outline: 3px solid" in STYLE
    assert "outline: none" not in STYLE and "outline: 0" not in STYLE
    assert "url(" not in STYLE and "@import" not in STYLE
