"""Vectors of frequent words, learned from which words stand near one another; used in training alone, never shipped.

Positive pointwise mutual information of words within four places, its 64 largest singular vectors (Levy, Goldberg and Dagan 2015). Two syllables that stand
together far oftener than by chance are one word. Learned from VNTC (MIT).
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims import checkable
from processing.claims.numbers import fold_keep
from processing.claims.tokens import tokens
from processing.text import tone

EVERY, SYLLABLES = 2, 400  # every second article, and so much of it: all of it is no better
PAIRED, TIMES = 25, 8.0  # a compound: this often, and so many times oftener than by chance
WORDS, OFTEN, NEAR, DIMENSIONS = 12_000, 8, 4, 64


def texts(path: Path, fold: bool = False) -> list[list[str]]:
    """Lower-case syllables of the articles of a gzipped JSON Lines file with "text"; without diacritics where `fold`."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [tokens(_lower(json.loads(line)["text"], fold))[:SYLLABLES] for i, line in enumerate(lines) if i % EVERY == 0]


def _lower(text: str, fold: bool) -> str:
    return fold_keep(text) if fold else tone(text.lower())


def compounds(articles: Iterable[list[str]]) -> dict[str, int]:
    """Pairs of syllables that are one word, and how often each occurs."""
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    for article in articles:
        single.update(article)
        double.update(pairwise(article))
    total = single.total()
    return {f"{a} {b}": n for (a, b), n in double.items() if n >= PAIRED and n * total > TIMES * single[a] * single[b] and not (a + b).isdigit()}


def learn(path: Path, fold: bool = False) -> dict[str, npt.NDArray[np.float64]]:
    """The vector, of length 1, of each of WORDS frequent words and compounds, as they are spelt with diacritics or (`fold`) without."""
    from scipy import sparse
    from sklearn.utils.extmath import randomized_svd

    articles = texts(path, fold)
    pairs = compounds(articles)
    read = [checkable.words(" ".join(a), pairs.get) for a in articles]
    often = Counter(w for article in read for w in article)
    kept = [w for w, n in often.most_common(WORDS) if n >= OFTEN]
    place = {w: i for i, w in enumerate(kept)}
    together: Any = sparse.csr_matrix((len(kept), len(kept)))
    for at in range(0, len(read), 500):
        rows, columns = [], []
        for article in read[at : at + 500]:
            ids = np.array([place.get(w, -1) for w in article])
            for step in range(1, NEAR + 1):
                left, right = ids[:-step], ids[step:]
                both = (left >= 0) & (right >= 0)
                rows.append(left[both])
                columns.append(right[both])
        where = (np.concatenate(rows), np.concatenate(columns))
        together = together + sparse.csr_matrix((np.ones(len(where[0])), where), shape=together.shape)
    together = (together + together.T).tocoo()
    counts = np.asarray(together.tocsr().sum(1)).ravel()
    smooth = counts**0.75  # contexts are smoothed, so that rare ones do not rule
    information = np.log(together.data * smooth.sum() / (counts[together.row] * smooth[together.col]))
    positive = information > 0
    matrix = sparse.csr_matrix((information[positive], (together.row[positive], together.col[positive])), shape=together.shape)
    left, strength, _ = randomized_svd(matrix, DIMENSIONS, n_iter=3, random_state=0)
    vectors = left * np.sqrt(strength)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    return dict(zip(kept, vectors, strict=True))
