"""Redaction on sentences labelled for it: recall (a labelled span wholly replaced) and precision (a finding that touches a labelled span)."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from processing.scrub.core import redact

Row = tuple[str, str, str, str]
SENTENCES = Path(__file__).resolve().parent.parent / "tests" / "scrub"
_MARK = re.compile(r"⟦(\w+)\|([^⟧]*)⟧")


@dataclass
class Score:
    """Counts over one file. `missed` and `wrong` quote the sentences concerned."""

    labelled: int = 0
    covered: int = 0
    right_kind: int = 0
    found: int = 0
    true: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    by_kind: Counter[str] = field(default_factory=Counter)

    @property
    def recall(self) -> float:
        return self.covered / self.labelled if self.labelled else 1.0

    @property
    def precision(self) -> float:
        return self.true / self.found if self.found else 1.0


def parse(line: str) -> tuple[str, list[tuple[str, int, int]]]:
    """A labelled line as plain text and its spans (kind, start, end)."""
    text, spans, at = "", [], 0
    for match in _MARK.finditer(line):
        text += line[at : match.start()]
        spans.append((match[1], len(text), len(text) + len(match[2])))
        text += match[2]
        at = match.end()
    return text + line[at:], spans


def sentences(name: str) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """The labelled sentences of `dev` or `test`."""
    lines = (SENTENCES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [parse(line) for line in lines if line.strip() and not line.startswith("#")]


def score(name: str) -> Score:
    result = Score()
    for text, spans in sentences(name):
        found = redact(text).found
        for kind, start, end in spans:
            result.labelled += 1
            inside = {i for f in found for i in range(f.start, f.end)}
            gone = all(i in inside or not text[i].isalnum() for i in range(start, end))
            result.covered += gone
            result.right_kind += any(f.kind == kind and f.start < end and f.end > start for f in found)
            if not gone:
                result.missed.append(f"{kind}: {text}")
                result.by_kind[kind] += 1
        for finding in found:
            result.found += 1
            touches = any(finding.start < end and finding.end > start for _, start, end in spans)
            result.true += touches
            if not touches:
                result.wrong.append(f"{finding.kind} {text[finding.start : finding.end]!r}: {text}")
    return result


def rows(shared: Path) -> list[Row]:
    """(what, ours, reference, target). `shared` is not needed: the sentences are ours."""
    out = []
    for name in ("dev", "test"):
        result = score(name)
        out.append((f"scrub: recall on {result.labelled} labelled items ({name})", f"{result.recall:.3f}", "", ">= 0.98"))
        out.append((f"scrub: precision of {result.found} findings ({name})", f"{result.precision:.3f}", "", "measured"))
        out.append((f"scrub: kind named right ({name})", f"{result.right_kind / result.labelled:.3f}", "", "measured"))
    texts = [text for text, _ in sentences("dev")] * 20
    start = time.process_time()
    for text in texts:
        redact(text)
    out.append(("scrub: characters a core-second", f"{sum(map(len, texts)) / (time.process_time() - start):,.0f}", "", ""))
    return out


if __name__ == "__main__":
    for row in rows(Path()):
        print(" | ".join(row))
    if "-v" in sys.argv:
        dev = score("dev")
        print(*dev.missed, *dev.wrong, sep="\n")
