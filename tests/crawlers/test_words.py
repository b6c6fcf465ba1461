"""Reasons are stored as message and parameters, and every message has its Vietnamese."""

from __future__ import annotations

import ast
import pickle
import re
from datetime import UTC, date, datetime

import pytest

from crawlers.words import Said, joined
from processing import source_moves
from processing.i18n import catalogue, told
from tests.crawlers.conftest import ROOT

FIELD = re.compile(r"%\((\w+)\)s")


def messages() -> set[str]:
    """What crawlers say: the first argument of every `Said(…)`, or the text it was put into just before."""
    found = {source_moves._FOLLOWED}
    for path in (ROOT / "crawlers").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Said" and node.args:
                first = node.args[0]
                assert isinstance(first, ast.Constant) or (isinstance(first, ast.Name) and first.id in texts), f"{path.name}:{node.lineno}: no fixed text"
                found.add(first.value if isinstance(first, ast.Constant) else texts[first.id])
    return {text for text in found if FIELD.sub("", text).strip("; ()")}


def test_every_reason_has_its_vietnamese_with_the_same_parameters() -> None:
    said = messages()
    known = catalogue("vi", ROOT / "crawlers").messages
    assert len(said) > 80
    assert said - {text for text, other in known.items() if other} == set(), "no Vietnamese for these"
    assert set(known) - said == set(), "these are no longer said"
    assert [text for text, other in known.items() if set(FIELD.findall(text)) != set(FIELD.findall(other))] == []
    assert [text for text, other in known.items() if text == other] == []


def test_a_reason_survives_the_database_and_is_said_in_either_language() -> None:
    why = Said("it answers %(status)s", status=503)
    moment = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    whole = joined([Said("last poll failed: %(why)s; tried again soon", why=why), Said("last read %(at)s", at=moment)])
    assert whole == "last poll failed: it answers 503; tried again soon; last read 2026-11-22 01:30 UTC"
    assert Said.of(whole.as_json()) == whole
    assert pickle.loads(pickle.dumps(whole)) == whole
    vietnamese = told(whole.as_json(), "vi")
    assert "503" in vietnamese
    assert "08:30 22/11/2026" in vietnamese, "local time on screen"
    assert "answers" not in vietnamese
    assert told(Said("due on %(day)s", day=date(2026, 12, 1)).as_json(), "en") == "due on 01/12/2026"
    assert told({}, "vi") == told(None, "en") == ""


@pytest.mark.parametrize("language", ["vi", "en"])
def test_percent_signs_in_parameters_are_text(language: str) -> None:
    said = Said("%(share)s of its pages give a date, asserted at least %(least)s", share="10%", least="50%")
    assert "10%" in told(said.as_json(), language)
