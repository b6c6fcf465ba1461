"""docs/scope.md, the page for users and their lawyers: whole in both languages, true to the proofs, and a click away from the sign-in page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from fastapi.testclient import TestClient

from processing.db import Connection
from processing.settings import ROOT
from review.app import create_app
from review.render import LANGUAGE_COOKIE

PAGE = (ROOT / "docs" / "scope.md").read_text(encoding="utf-8")
RULES = {found[1]: " ".join(found[2].replace("**", "").split()) for found in re.finditer(r"^- \*\*(S\d+)\.\*\* (.*)$", PAGE, re.MULTILINE)}
FILES = sorted(Path(__file__).parent.glob("test_s[0-9]*.py"))


def _words(page: str) -> str:
    """What a reader sees of a page, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page)).split())


def test_every_rule_stands_there_in_full_and_in_both_tables() -> None:
    assert list(RULES) == [f"S{n}" for n in range(1, 15)]
    english, vietnamese = PAGE.split("## Những điều hệ thống không làm")
    for rule in RULES:
        assert len(re.findall(rf"^\| {rule} \w", english, re.MULTILINE)) == 1, rule
        assert len(re.findall(rf"^\| {rule} \w", vietnamese.split("## Annex: each rule undone")[0], re.MULTILINE)) == 1, rule


def test_each_file_of_proofs_quotes_its_rule_at_the_top() -> None:
    quoted = set()
    for file in FILES:
        opening = " ".join(file.read_text(encoding="utf-8").split('"""')[1].split())
        for number in re.findall(r"(?<=_)s(\d\d)(?=_)", file.name):
            rule = f"S{int(number)}"
            assert f'Rule {rule}: "{RULES[rule]}"' in opening, file.name
            quoted.add(rule)
    assert quoted == set(RULES), "each rule has a file of its own"


def test_what_the_annex_names_is_there() -> None:
    annex = PAGE.split("## Annex: what each demand is proven by")[1].split("## Annex: each rule undone")[0]
    for name in re.findall(r"`([a-z_0-9/]+\.py)`", annex):
        assert (ROOT / "tests" / name).exists(), name
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for name in re.findall(r"`([a-z_0-9]{12,})…?`", annex):
        assert f"def test_{name}" in tests, name


def test_it_is_linked_from_the_sign_in_page_and_the_readme(db: Connection) -> None:
    with TestClient(create_app()) as client:
        page = client.get("/sign-in").text
        assert 'href="/scope"' in page and 'href="/scope/text"' in page
        shown = {language: _words(client.get("/scope/text", headers={"Cookie": f"{LANGUAGE_COOKIE}={language}"}).text) for language in ("vi", "en")}
    for text in shown.values():
        assert [rule for rule, words in RULES.items() if words.replace("`", "") not in text] == []
        assert "What it does not protect from" in text and "each rule undone" in text
    assert shown["vi"].index("Những điều hệ thống không làm, vì sao") < shown["vi"].index("why, and how to verify it") < shown["vi"].index("word for word")
    assert shown["en"].index("why, and how to verify it") < shown["en"].index("Những điều hệ thống không làm, vì sao")
    for name in ("README.md", "README.vi.md"):
        assert "](docs/scope.md)" in (ROOT / name).read_text(encoding="utf-8")
