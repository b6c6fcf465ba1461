"""Reads topics.txt and scores predictions against it."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

FILE = Path(__file__).parent / "topics.txt"


def read() -> list[tuple[str, str]]:
    """(label, text) pairs."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [(label, text) for label, _, text in (line.partition("|") for line in lines if line and not line.startswith("#"))]


def read_real(shared: Path) -> list[tuple[str, str, str]]:
    """(label, title, text) of the real articles, whose texts stay in the development data."""
    lines = (FILE.parent / "topics_real.tsv").read_text(encoding="utf-8").splitlines()
    labels = dict(line.split("\t") for line in lines if line and not line.startswith("#"))
    with gzip.open(shared / "news" / "vietnews.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [(labels[row["id"]], row["title"], row["text"]) for row in rows if row["id"] in labels]


def read_openings() -> list[tuple[str, str, str]]:
    """(label, headline, opening) of the news written for development."""
    lines = (FILE.parent / "topics_news.txt").read_text(encoding="utf-8").splitlines()
    return [(label, title, text) for label, title, text in (line.split("|") for line in lines if line and not line.startswith("#"))]


def read_development(shared: Path, name: str) -> list[tuple[str, str, str]]:
    """(label, "", text) of the articles of the set `vifact` or `vntc`, whose texts stay in the development data."""
    lines = (FILE.parent / "topics_dev.tsv").read_text(encoding="utf-8").splitlines()
    marked = [line.split("\t") for line in lines if line and not line.startswith("#")]
    labels = {key: label for key, label, where in marked if where == name}
    path = {"vifact": "claims/vifactcheck_articles.jsonl.gz", "vntc": "topics/vntc.jsonl.gz"}[name]
    with gzip.open(shared / path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [(labels[row["id"]], "", row["text"]) for row in rows if row["id"] in labels]


def macro_f1(rows: list[tuple[str, str]], said: Callable[[str], str], show: bool = False) -> float:
    """Mean F1 over the labels present."""
    hits: Counter[str] = Counter()
    got: Counter[str] = Counter()
    want: Counter[str] = Counter()
    for label, text in rows:
        answer = said(text)
        got[answer] += 1
        want[label] += 1
        hits[label] += answer == label
        if show and answer != label:
            print(f"{label:22} {answer:22} {text}")  # noqa: T201
    return sum(2 * hits[k] / (got[k] + want[k]) for k in want) / len(want)


def calibration_error(scored: list[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error over equal-width bins (Naeini et al. 2015)."""
    total = 0.0
    for b in range(bins):
        inside = [(p, ok) for p, ok in scored if b / bins < p <= (b + 1) / bins]
        if inside:
            total += abs(sum(p for p, _ in inside) - sum(ok for _, ok in inside))
    return total / len(scored)
