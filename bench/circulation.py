"""Repetitions of one statement in other words: written paraphrases that find each other, near misses that do not, and comparisons among sentences of news.

    python -m bench.circulation

The reference joins sentences that share six words in ten, whoever is said to tell them.
"""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

from processing.claims import checkable, train_fusion
from processing.claims.circulation import MIN_SHARED, SHARED_KEYS, claim_key, keys, same_statement
from processing.settings import ROOT
from processing.text import clean, sentences

SENTENCES = 15_000
Row = tuple[str, str, str, str]


def found(pair: dict[str, Any]) -> bool:
    """Are the two sentences of a written pair one statement to the stage: candidates by their keys, and the same by their words and facts?"""
    return len({*keys(pair["query"])} & {*keys(pair["check"])}) >= SHARED_KEYS and same_statement(pair["query"], pair["check"])


def _plain(pair: dict[str, Any]) -> bool:
    left, right = ({*claim_key(pair[side]).split()} for side in ("query", "check"))
    return len(left & right) >= MIN_SHARED * len(left | right)


def _written() -> list[Row]:
    pairs = train_fusion.pairs()
    same = [p for p in pairs if p["same"]]
    near = [p for p in pairs if not p["same"]]
    out = []
    for name, some in (("all", same), ("the unseen half", [p for p in same if p["split"] == "test"])):
        ours, plain = (sum(map(judge, some)) / len(some) for judge in (found, _plain))
        out.append((f"{len(some)} written paraphrases that find each other, {name}", f"{ours:.1%}", f"{plain:.1%}", ""))
    return [*out, (f"{len(near)} near misses taken for one statement", str(sum(map(found, near))), str(sum(map(_plain, near))), "0")]


def _news(path: Path) -> list[tuple[str, str]]:
    """Article and sentence of the first checkable sentences."""
    out: list[tuple[str, str]] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            out += [(record["id"], s) for s in sentences(clean(record["text"])) if checkable.score(s) >= checkable.OPERATING_POINT]
            if len(out) >= SENTENCES:
                return out[:SENTENCES]
    return out


def _compared(news: list[tuple[str, str]]) -> list[Row]:
    began = time.process_time()
    made = [keys(sentence) for _, sentence in news]
    spent = 1000 * (time.process_time() - began) / len(news)
    holders: dict[int, list[int]] = defaultdict(list)
    for n, found_keys in enumerate(made):
        for key in found_keys:
            holders[key].append(n)
    shared = Counter(pair for held in holders.values() for pair in combinations(held, 2) if news[pair[0]][0] != news[pair[1]][0])
    candidates = sum(count >= SHARED_KEYS for count in shared.values())
    return [
        (f"comparisons a sentence, of {len(news):,} checkable sentences of news", f"{candidates / len(news):.3f}", "", "<= 0.1"),
        ("of them followed", f"{sum(map(bool, made)) / len(made):.1%}", "", ""),
        ("keys of a sentence, core-ms", f"{spent:.2f}", "", ""),
    ]


def rows(shared: Path) -> list[Row]:
    """All rows of the table."""
    return [*_written(), *_compared(_news(shared / "news" / "vietnews.jsonl.gz"))]


if __name__ == "__main__":
    for row in rows(ROOT.parent / "shared" / "data"):
        print(*row, sep="  |  ")
