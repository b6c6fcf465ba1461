"""Near-duplicates and copies: recall on edited copies of real articles, and what is wrongly merged or flagged."""

from __future__ import annotations

import gzip
import json
import random
import re
import time
import unicodedata
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from processing.dedupe.core import CopyFinder, Deduper, compare
from processing.dedupe.shingles import fingerprint

Row = tuple[str, str, str, str]


def articles(shared: Path, count: int) -> list[str]:
    """The first `count` background articles, in file order."""
    with gzip.open(shared / "news/vietnews.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line, _ in zip(lines, range(count), strict=False)]


def edited(text: str, level: str, rng: random.Random) -> str:
    """A copy as desks make them. light: 2 % of the words changed and a credit added; trimmed: a third to a half of the text, from the top
    or the middle; heavy: a tenth of the sentences dropped, 6 % of the words changed, a paragraph of another's added in front."""
    words = text.split(" ")
    if level == "trimmed":
        keep = max(40, int(len(words) * rng.uniform(0.33, 0.5)))
        start = rng.choice([0, rng.randrange(max(1, len(words) - keep))])
        return " ".join(words[start : start + keep])
    if level == "heavy":
        sentences = re.split(r"(?<=[.!?])\s+", text)
        words = " ".join(s for s in sentences if rng.random() > 0.1).split(" ")
    rate = 0.02 if level == "light" else 0.06
    vocabulary = text.split()
    changed = [rng.choice(vocabulary) if rng.random() < rate else w for w in words]
    lead = "Theo tin từ cơ quan chức năng, sự việc đang được tiếp tục làm rõ và sẽ có thông báo sau. " if level == "heavy" else ""
    return lead + " ".join(changed) + " Theo bản tin tổng hợp."


def stories(shared: Path) -> list[dict[str, Any]]:
    with (shared / "stories/vimds.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def same_event_pairs(shared: Path) -> Iterator[tuple[str, str]]:
    """Texts of every two articles of one hand-made cluster."""
    by_story: dict[str, list[str]] = {}
    for doc in stories(shared):
        by_story.setdefault(doc["story"], []).append(doc["text"])
    for texts in by_story.values():
        yield from combinations(texts, 2)


def recall(texts: list[str], level: str, seed: int) -> float:
    """Share of edited copies traced to their origin among all the articles."""
    rng = random.Random(seed)
    finder = CopyFinder()
    for i, text in enumerate(texts):
        finder.add(str(i), text, source=f"s{i % 40}")
    hits = 0
    for i, text in enumerate(texts):
        found = finder.add(f"c{i}", edited(text, level, rng), source="copyist")
        hits += found.relation in ("same_text", "copied_from") and found.origin in (str(i), f"c{i}")
    return hits / len(texts)


def rows(shared: Path) -> list[Row]:
    """Bench rows: name, ours, reference, target."""
    deduper = Deduper()
    texts = [t for i, t in enumerate(articles(shared, 1000)) if len(t.split()) >= 80 and deduper.add(str(i), t) == str(i)]
    out: list[Row] = []
    for level, reference, target in (("light", "MinHash .5: 1.0", "0.999"), ("trimmed", ".83", "0.995"), ("heavy", ".42", "0.99")):
        out.append((f"copies, recall on {level} edits", f"{recall(texts, level, 7):.4f}", reference, target))
    pairs = [(fingerprint(a), fingerprint(b)) for a, b in same_event_pairs(shared)]
    flagged = sum(compare(a, b)[0] in ("same_text", "copied_from") for a, b in pairs)
    merged = sum(compare(a, b)[0] == "same_text" for a, b in pairs)
    out.append(("same-event pairs flagged as copies", f"{flagged / len(pairs):.4f}", "", "≤ 0.02"))
    out.append(("same-event pairs merged as one text", f"{merged} of {len(pairs)}", "", "0"))
    deduper = Deduper()
    started = time.process_time()
    groups = [deduper.add(str(i), t) for i, t in enumerate(texts)]
    speed = len(texts) / (time.process_time() - started)
    variants = sum(
        deduper.add(f"n{i}", unicodedata.normalize("NFD", t)) == g and deduper.add(f"u{i}", t.upper()) == g
        for i, (t, g) in enumerate(zip(texts, groups, strict=True))
    )
    out.append(("NFD and upper-case copies grouped", f"{variants / len(texts):.4f}", "", "1.0"))
    out.append(("unrelated articles merged", str(len(texts) - len(set(groups))), "", "0"))
    out.append(("texts grouped a core-second", f"{speed:.0f}", "rensa alone 15,600", ""))
    return out


if __name__ == "__main__":
    for row in rows(Path(__file__).resolve().parents[2] / "shared" / "data"):
        print(*row, sep=" | ")
