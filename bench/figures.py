"""Conflicting figures (`langnghe figures`) on story sets written for it and on the judged clusters of VietnameseMDS. `python -m bench.figures [dev]`.

A finding is right when its story has a judged conflict whose values are all among the finding's (within 1 %); precision is the share of findings that
are right, recall the share of judged conflicts found. The reference calls any two different numbers of one role, or else of one unit, a conflict.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from processing.claims.figures import conflicts
from processing.claims.numbers import fold_keep, quantities
from processing.text import clean, sentences

Row = tuple[str, str, str, str]
Record = dict[str, Any]
Finding = tuple[str, list[float]]  # story, values
DATA = Path(__file__).resolve().parents[1] / "tests" / "claims" / "data"
_ROLE_WORDS = re.compile(r"\b(?:chet|tu vong|thiet mang|bi thuong|mat tich|nhap vien|mac|so tan|ngap|sap|toc mai|thiet hai|dau tu|phat|dong dat|dai|sau)\b")


def _lines(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def written(split: str) -> tuple[list[Record], list[Finding]]:
    """Documents of the written story sets of `split` as the command reads them, and their conflicts."""
    documents, gold = [], []
    for story in _lines(DATA / "figure_stories.jsonl"):
        if story["split"] == split:
            documents += [
                {"id": f"{story['id']}.{n}", "story": story["id"], "published_at": d["at"], "source": f"source {n}", "text": d["text"]}
                for n, d in enumerate(story["documents"])
            ]
            gold += [(story["id"], c["values"]) for c in story["conflicts"]]
    return documents, gold


def judged(folder: Path) -> tuple[list[Record], list[Finding]]:
    """The Vietnamese clusters of the development data, and the conflicts found in them by reading."""
    documents = [{**d, "source": d["source"] or d["id"]} for d in _lines(folder / "stories" / "vimds.jsonl")]
    gold = [(c["story"], c["values"]) for c in _lines(DATA / "figure_clusters.jsonl")]
    return documents, gold


def ours(documents: list[Record]) -> list[Finding]:
    """What the command reports."""
    return [(str(f["story"]), [v["value"] for v in f["values"]]) for f in conflicts(documents)]


def naive(documents: list[Record]) -> list[Finding]:
    """Any two documents of a story with different numbers of one unit in sentences with the same role word."""
    stories: dict[str, dict[tuple[str, str], dict[str, set[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for doc in documents:
        for sentence in sentences(clean(doc["text"])):
            folded = fold_keep(sentence)
            for role in set(_ROLE_WORDS.findall(folded)):
                for q in quantities(folded, None, sentence):
                    stories[doc["story"]][role, q.unit][doc["id"]].add(q.value)
    out = []
    for story, groups in stories.items():
        for by_document in groups.values():
            if len(by_document) > 1 and len(set(map(frozenset, by_document.values()))) > 1:
                out.append((story, sorted(set().union(*by_document.values()))))
    return out


def _holds(found: list[float], wanted: list[float]) -> bool:
    return all(any(abs(f - w) <= 0.01 * abs(w) for f in found) for w in wanted)


def figures(found: list[Finding], gold: list[Finding]) -> tuple[float, float]:
    """Precision and recall."""
    right = sum(any(story == s and _holds(values, wanted) for s, wanted in gold) for story, values in found)
    hit = sum(any(story == s and _holds(values, wanted) for s, values in found) for story, wanted in gold)
    return right / max(len(found), 1), hit / max(len(gold), 1)


def _pair(documents: list[Record], gold: list[Finding], name: str) -> list[Row]:
    (precision, recall), (p0, r0) = figures(ours(documents), gold), figures(naive(documents), gold)
    return [
        (f"conflicting figures, {name}: precision", f"{precision:.3f}", f"naive rules {p0:.3f}", "≥ .80"),
        (f"conflicting figures, {name}: recall", f"{recall:.3f}", f"naive rules {r0:.3f}", "≥ .60"),
    ]


def rows(shared: Path) -> list[Row]:
    """Both parts, unseen families first."""
    folder = shared / "data" if (shared / "data").is_dir() else shared
    return [*_pair(*written("test"), "test families"), *_pair(*judged(folder), "VietnameseMDS half")]


def main() -> None:
    shared = Path(__file__).resolve().parents[2] / "shared"
    for row in _pair(*written("dev"), "dev families") if "dev" in sys.argv else rows(shared):
        print(" | ".join(row))


if __name__ == "__main__":
    main()
