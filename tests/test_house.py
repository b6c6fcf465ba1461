"""The house rules: who may import whom, how long a file may be, and that nothing an operator meets is undocumented."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from processing.cli import app
from processing.settings import PREFIX, Settings
from tests.safeguards.mutate import mutations

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("crawlers", "processing", "review", "dags", "bench")
LONGEST = 450
LONGEST_DAG = 60
CRAWLERS_MAY = ("scrapy", "twisted", "feedparser", "lxml", "w3lib", "pydantic", "psycopg", "brotli")
"""Scrapy and what it brings, the parsers of lists, the settings' models and the database's driver."""
CRAWLERS_MAY_OF_US = ("processing.settings", "processing.db", "processing.errors", "processing.text", "processing.zone", "crawlers")
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
PURE_BUT_FOR_ITS_DEFAULT = {"processing/extract/core.py"}
"""`extract` judges a date implausible by the present where its caller, the command line, gives none."""


def files(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: a relative import"
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if module in ("processing", "crawlers", "review"))


def under(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def breaches(paths: list[Path], *forbidden: str, but: tuple[str, ...] = ()) -> list[str]:
    return [f"{name(p)} imports {m}" for p in paths if not name(p).startswith(but or ("\0",)) for m in imports(p) if under(m, *forbidden)]


def test_crawlers_know_settings_and_the_database_only() -> None:
    found = []
    for path in files("crawlers"):
        for module in imports(path):
            known = module == "processing" or under(module, *CRAWLERS_MAY_OF_US, *CRAWLERS_MAY) or module.split(".")[0] in sys.stdlib_module_names
            found += [] if known else [f"{name(path)} imports {module}"]
    assert found == []


def test_processing_imports_no_other_room_but_where_all_meet() -> None:
    """The command line and `stack/`, which runs everything, see the crawlers' source files; nobody else does."""
    paths = files("processing")
    assert breaches(paths, "review", "dags", "bench", "tests", but=("processing/cli.py",)) == []
    assert breaches(paths, "crawlers", but=("processing/cli.py", "processing/stack/")) == []


def test_review_imports_processing_only() -> None:
    assert breaches(files("review"), "crawlers", "dags", "bench", "tests") == []


def test_airflow_stays_in_its_places() -> None:
    assert breaches(files(*ROOMS), "airflow", but=("processing/stack/", "dags/", "review/airflow_plugin.py")) == []


def test_dags_are_wiring() -> None:
    for path in files("dags"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_DAG, name(path)
        for module in imports(path):
            assert under(module, "airflow.sdk", "processing", "crawlers") or module.split(".")[0] in sys.stdlib_module_names, f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", sorted((ROOT / "processing").glob("*/core.py")), ids=lambda p: p.parent.name)
def test_cores_are_pure(path: Path) -> None:
    """Plain values in, plain values out: no database, no clock."""
    assert breaches([path], "psycopg", "processing.db", "processing.settings", "time", "random", "crawlers") == []
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)}
    assert name(path) in PURE_BUT_FOR_ITS_DEFAULT or not calls & (CLOCKS | {f"dt.{clock}" for clock in CLOCKS})


def test_no_module_is_too_long_and_each_says_what_it_is() -> None:
    for path in files(*ROOMS):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= LONGEST, name(path)
        assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{name(path)} has no docstring"


def test_nothing_is_swallowed_skipped_or_left_for_later() -> None:
    later = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    for path in [*files(*ROOMS), *files("tests")]:
        text = path.read_text(encoding="utf-8")
        assert not [word for word in later if word in text], name(path)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")):
                assert not all(isinstance(line, ast.Pass) for line in node.body), f"{name(path)}:{node.lineno} swallows every error"
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("pytest.mark.skip", "pytest.mark.xfail"):
                raise AssertionError(f"{name(path)}:{node.lineno} puts a test aside")
            if isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant):
                raise AssertionError(f"{name(path)}:{node.lineno} asserts nothing")


def test_every_setting_stands_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert [field for field in Settings.model_fields if f"{PREFIX}{field.upper()}=" not in example] == []


def commands(group: Any = None, before: str = "") -> Iterator[tuple[str, str]]:
    """Each command by its whole name, and its help."""
    group = group or typer.main.get_command(app)
    for key, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{key} ")
        else:
            yield f"{before}{key}", command.help or ""


def test_every_command_says_what_it_does() -> None:
    found = dict(commands())
    assert len(found) >= 20
    assert [key for key, said in found.items() if not said] == []


def test_every_command_stands_in_the_handbook() -> None:
    told = " ".join(page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
    assert [key for key, _ in commands() if f"langnghe {key}" not in told] == []


def test_commands_named_in_the_docs_exist() -> None:
    known = {key for key, _ in commands()} | {key.split()[0] for key, _ in commands()}
    for page in (ROOT / "README.md", ROOT / "README.vi.md", *sorted((ROOT / "docs").glob("*.md"))):
        for part in page.read_text(encoding="utf-8").split("langnghe ")[1:]:
            words = [word.strip("`.,;:)|") for word in part.split()[:2]]
            if words and words[0].isalpha() and words[0].islower() and words[0].isascii():
                assert words[0] in known or " ".join(words) in known, f"{page.name}: langnghe {' '.join(words)}"


def test_every_rule_of_scope_is_undone_once_and_each_undoing_still_fits() -> None:
    found = mutations()
    annex = (ROOT / "docs" / "scope.md").read_text(encoding="utf-8")
    assert {one.rule for one in found} == {f"S{n}" for n in range(1, 15)}
    for one in found:
        assert (ROOT / one.file).read_text(encoding="utf-8").count(one.old) == 1, f"{one.rule}: {one.what}"
        assert (ROOT / one.test).exists()
        assert f"| {one.rule} | {one.what} | `{one.test.removeprefix('tests/')}` |" in annex, one.what


def test_links_between_the_docs_resolve() -> None:
    for page in (*ROOT.glob("*.md"), *sorted((ROOT / "docs").glob("*.md")), *ROOT.glob("processing/*/*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_no_file_of_the_project_names_the_machine_it_was_made_on() -> None:
    paths = [path for room in (*ROOMS, "config", "docs", "sql", "tests") for path in (ROOT / room).rglob("*")]
    for path in [*paths, *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / ".env.example", ROOT / "pyproject.toml"]:
        if path.is_file() and path.suffix in (".py", ".md", ".toml", ".sql", ".html", ".txt", ".css", ".po", ".example", ""):
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not [place for place in ("/" + "work/", "/" + "farm/", "/" + "root/") if place in text], name(path)
