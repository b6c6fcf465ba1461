"""How common terms are in general, so that a clusterer that has seen little does not take every shared syllable for a sign.

`background_vi.tsv` holds, for the terms of at least 1 % of 10,000 Vietnamese news articles (VNTC train, MIT licence), the share of articles
that hold them, in per mille. Other languages have no table; there the stream itself is all that is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from processing.cluster.features import terms_of

PSEUDO_DOCUMENTS = 200
PSEUDO_STORIES = 60
_FOLDER = Path(__file__).parent


def build(texts: Iterable[str], least: float = 0.01) -> dict[str, int]:
    """Per mille of texts that hold each term, entity cues aside, for terms of at least `least` of them. The first line is the title."""
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        title, _, body = text.partition("\n")
        counts.update(t for t in terms_of(title, body, "vi") if not t.startswith("#"))
        total += 1
    return {t: round(1000 * n / total) for t, n in sorted(counts.items()) if n >= least * total}


@cache
def shares(language: str) -> dict[str, float]:
    """Share of articles, 0 to 1, that hold each common term of a language; empty where there is no table."""
    path = _FOLDER / f"background_{language}.tsv"
    if not language.isalpha() or not path.exists():
        return {}
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {term: int(mille) / 1000 for term, mille in rows}
