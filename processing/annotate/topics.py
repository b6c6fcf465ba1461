"""The public service or hazard a text is about: a linear model over hashed syllable 1–2-grams and topic phrases, with a calibrated score.

The vocabulary is closed (SCOPE S4): public services and hazards, and `other` for everything else and for every doubt. The model is a plain
arrays file, built by `python -m processing.annotate.train_topics`; see MODEL_CARD.md.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from processing.annotate.chars import exact
from processing.errors import ConfigError, LangNgheError

OTHER = "other"
BITS = 16
LEAD = 250
"""Syllables of the text that count; news says first what it is about."""
FIRST = 80
"""Of these, the first ones that count in full."""
FEWEST = 3
"""Syllables below which nothing is said about a text."""
PHRASES = Path(__file__).parent / "data" / "seeds.toml"
MODEL = Path(__file__).parent / "data" / "topics.npz"
CONFIG = Path(__file__).resolve().parents[2] / "config" / "topics.toml"
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Topic:
    """One label with its names and what belongs to it."""

    key: str
    vi: str
    en: str
    definition: str
    examples: tuple[str, ...]


@cache
def taxonomy(path: Path = CONFIG) -> dict[str, Topic]:
    """The topics of config/topics.toml by key. Raises LangNgheError naming the field that is wrong or missing."""
    out = {}
    for key, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if set(row) != {"vi", "en", "definition", "examples"}:
            raise ConfigError(f"{path.name}: [{key}] has the keys {', '.join(sorted(row))}", "it needs vi, en, definition and examples")
        out[key] = Topic(key, row["vi"], row["en"], row["definition"], tuple(row["examples"]))
    return out


def _parts(title: str, text: str, lead: int = LEAD, first: int = FIRST) -> list[tuple[list[str], float]]:
    """Syllables with their weight: what the title and the first sentences say counts most."""
    body = _WORD.findall(exact(text[: 16 * lead]))[:lead]
    return [(_WORD.findall(exact(title))[:60], 2.0), (body[:first], 1.0), (body[first:], 0.4)]


def features(
    title: str, text: str, bits: int = BITS, lead: int = LEAD, first: int = FIRST
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(columns, sublinear counts) of the syllable 1- and 2-grams of title and lead, hashed to 2**bits columns."""
    return _counted(_parts(title, text, lead, first), (1 << bits) - 1)


def _counted(parts: list[tuple[list[str], float]], mask: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    counts: dict[int, float] = {}
    for found, weight in parts:
        for gram in (*found, *(f"{a} {b}" for a, b in pairwise(found))):
            column = crc32(gram.encode()) & mask
            counts[column] = counts.get(column, 0.0) + weight
    columns = np.fromiter(counts, np.int64, len(counts))
    return columns, np.log1p(np.fromiter(counts.values(), np.float64, len(counts)))


@cache
def phrases(path: Path = PHRASES) -> dict[str, tuple[str, ...]]:
    """Phrase of seeds.toml, in the form of `exact` → topics it speaks for."""
    out: dict[str, tuple[str, ...]] = {}
    for topic, some in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for phrase in some:
            form = " ".join(_WORD.findall(exact(phrase)))
            out[form] = (*out.get(form, ()), topic)
    return out


@cache
def _longest() -> dict[str, int]:
    """First syllable of a phrase → syllables of the longest phrase that begins with it."""
    out: dict[str, int] = {}
    for phrase in phrases():
        head = phrase.partition(" ")[0]
        out[head] = max(out.get(head, 0), min(5, phrase.count(" ") + 1))
    return out


def phrase_points(title: str, text: str) -> dict[str, float]:
    """Topic → points of the different phrases of it in title and lead: by place as in `_parts`, 0.7 for one syllable, 1.3 for three or more."""
    return _points(_parts(title, text))


def _points(parts: list[tuple[list[str], float]]) -> dict[str, float]:
    known, longest = phrases(), _longest()
    hits: dict[str, float] = {}
    for found, weight in parts:
        skip = 0
        for at, head in enumerate(found):
            if at < skip or head not in longest:
                continue
            # the longest phrase wins, so that "rác thải" is not "rác" too
            for size in range(min(longest[head], len(found) - at), 0, -1):
                hit = " ".join(found[at : at + size])
                if hit in known:
                    hits[hit] = max(weight, hits.get(hit, 0.0))
                    skip = at + size
                    break
    points: dict[str, float] = {}
    for hit, weight in hits.items():
        for topic in known[hit]:
            points[topic] = points.get(topic, 0.0) + weight * (0.7, 1.0, 1.3)[min(2, hit.count(" "))]
    return points


class Topics:
    """The trained model."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.labels = [str(label) for label in arrays["labels"]]
        self.idf = arrays["idf"].astype(np.float64)
        self.weights = np.ascontiguousarray(arrays["weights"].astype(np.float32).T)
        self.bias = arrays["bias"].astype(np.float64)
        self.phrase_weights = arrays["phrase_weights"].astype(np.float64)
        self.sharpness, self.other_bias = (float(value) for value in arrays["mix"])
        self.threshold = float(arrays["threshold"])

    @classmethod
    def load(cls, path: Path = MODEL) -> Topics:
        """Read the arrays file. Raises LangNgheError when it is missing."""
        if not path.exists():
            raise LangNgheError(f"the topic model {path.name} is missing", "run `python -m processing.annotate.train_topics`")
        with np.load(path, allow_pickle=False) as stored:
            return cls({name: stored[name] for name in stored.files})

    def probabilities(self, title: str, text: str) -> NDArray[np.float64]:
        """Calibrated probability of each label, in the order of `labels`."""
        parts = _parts(title, text)
        columns, values = _counted(parts, (1 << BITS) - 1)
        values = values * self.idf[columns]
        norm = float(np.linalg.norm(values))
        scores = self.bias.copy()
        if norm > 0:
            scores += (values / norm) @ self.weights[columns]
        for topic, points in _points(parts).items():
            scores += self.phrase_weights[:, self.labels.index(topic)] * np.log1p(points)
        scores *= self.sharpness
        scores[self.labels.index(OTHER)] += self.other_bias
        powers = np.exp(scores - scores.max())
        return np.asarray(powers / powers.sum(), dtype=np.float64)

    def classify(self, title: str, text: str) -> tuple[str, float]:
        """(label, its probability); `other` when the best service is less sure than the threshold, with the probability of `other`
        and all that was too unsure."""
        if len(_WORD.findall(f"{title} {text[:200]}")) < FEWEST:
            return OTHER, 1.0
        chances = self.probabilities(title, text)
        best = int(chances.argmax())
        score = float(chances[best])
        if self.labels[best] != OTHER and score < self.threshold:
            return OTHER, round(1.0 - score, 4)
        return self.labels[best], round(score, 4)
