"""Every word a person reads on the review page exists in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from processing.i18n import catalogue

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [p.parent for p in Path(__file__).resolve().parents[2].glob("*/**/templates") if ".venv" not in p.parts and "var" not in p.parts]


@pytest.mark.parametrize("room", ROOMS, ids=lambda p: p.name)
def test_no_translation_is_missing_or_left_over(room: Path) -> None:
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    used = set()
    for _file, _line, message, _comments, _context in extract_from_dir(
        room,
        method_map=[("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract"), ("**.py", "python")],
        keywords=keywords,
    ):
        used.add(message if isinstance(message, str) else message[0])
    known = catalogue("vi", room).messages
    assert used - {k for k, v in known.items() if v} == set(), "no Vietnamese for these"
    assert set(known) - used == set(), "these are no longer used"


def test_no_words_hide_in_an_f_string() -> None:
    """The catalogue's extractor does not look into f-strings: words there would stay English, and the test above would not notice."""
    hidden = []
    for file in sorted([*(ROOT / "review").rglob("*.py"), *(ROOT / "processing").rglob("*.py")]):
        for text in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(text, ast.JoinedStr):
                calls = (call.func for call in ast.walk(text) if isinstance(call, ast.Call))
                hidden += [f"{file.name}:{text.lineno}" for func in calls if isinstance(func, ast.Name) and func.id in ("_", "gettext", "ngettext")]
    assert hidden == []
