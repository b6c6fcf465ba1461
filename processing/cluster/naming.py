"""What an issue is called and said to be: the most central headline, key sentences from different origins, key phrases. Pure.

Centrality is the mean overlap with the issue's other documents (as in LexRank's degree, Erkan and Radev, JAIR 2004), on syllable 1- and
2-grams weighed down by how common they are in the issue's own texts.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from processing.cluster.features import terms_of

KEY_SENTENCES = 3
_SENTENCES = 12  # of a document that are considered
_WORDS = re.compile(r"\w+")
_QUESTION = re.compile(r"[?:]\s*$")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Member:
    """A document of an issue. `group` numbers its independent origin (`dedupe.origins`), `source` is the organisation's name, `at` its publication."""

    document: int
    title: str
    sentences: Sequence[str]
    group: int
    source: str
    topic: str
    topic_score: float
    language: str = "vi"
    tokens: Sequence[str] = ()
    at: datetime | None = None


@lru_cache(maxsize=4096)  # an issue is told anew with every document that joins it
def _terms(title: str, text: str, lang: str) -> dict[str, float]:
    return terms_of(title, text, lang)


def _spread(members: Sequence[Member]) -> Counter[str]:
    """How many members hold each term."""
    spread: Counter[str] = Counter()
    for member in members:
        spread.update(_terms(member.title, "\n".join(member.sentences[:4]), member.language).keys())
    return spread


def _central(vector: dict[str, float], spread: Counter[str], total: int) -> float:
    """Mean share of the other documents that hold the terms of `vector`, per root of its length so that neither long nor short wins."""
    if not vector or total < 2:
        return 0.0
    return sum(w * (spread[t] - 1) / (total - 1) for t, w in vector.items() if spread[t]) / math.sqrt(len(vector) + 4)


def headline(members: Sequence[Member]) -> str:
    """The most central title; at a tie that of the first member."""
    if len(members) == 1:
        return members[0].title if members[0].title.strip() else "—"
    spread = _spread(members)
    scored = [(_central(_terms(m.title, "", m.language), spread, len(members)), -i) for i, m in enumerate(members) if m.title.strip()]
    return members[-max(scored)[1]].title if scored else "—"


def _fits(sentence: str) -> bool:
    """Whether a sentence can stand alone."""
    return 8 <= len(_WORDS.findall(sentence)) <= 60 and not _QUESTION.search(sentence)


def key_sentences(members: Sequence[Member], count: int = KEY_SENTENCES) -> list[dict[str, object]]:
    """Up to `count` sentences as printed, each from another independent origin, chosen for what is central and not said yet."""
    if len(members) == 1:  # nothing is more central than the rest: the first that can stand alone
        return [
            {"text": sentence, "source": members[0].source, "document": members[0].document}
            for sentence in members[0].sentences[:_SENTENCES]
            if _fits(sentence)
        ][: min(1, count)]
    spread = _spread(members)
    candidates = []
    for i, member in enumerate(members):
        for j, sentence in enumerate(member.sentences[:_SENTENCES]):
            if not _fits(sentence):
                continue
            terms = _terms(sentence, "", member.language)
            score = _central(terms, spread, len(members)) + (0.1 if j == 0 else 0.0)
            candidates.append((score, -i, -j, sentence, frozenset(terms), member))
    candidates.sort(key=lambda c: (-c[0], -c[1], -c[2]))
    chosen: list[dict[str, object]] = []
    groups: set[int] = set()
    said: set[str] = set()
    for _, _, _, sentence, held, member in candidates:
        if member.group in groups or len(held & said) > 0.6 * len(held):
            continue
        chosen.append({"text": sentence, "source": member.source, "document": member.document})
        groups.add(member.group)
        said |= held
        if len(chosen) == count:
            break
    return chosen


@lru_cache(maxsize=65536)
def _phrase(token: str) -> str:
    """A token of several syllables in lower case and without digits as a phrase, else ""."""
    word = token.replace("_", " ")
    return word if " " in word and word == word.lower() and not _DIGIT.search(word) else ""


def key_phrases(members: Sequence[Member], count: int = 6) -> list[str]:
    """Common words of several syllables that at least two origins use, most spread first. Names are left out: no person is indexed."""
    spread: dict[str, set[int]] = {}
    for member in members:
        for word in {word for token in member.tokens if (word := _phrase(token))}:
            spread.setdefault(word, set()).add(member.group)
    ranked = sorted((-len(groups), word) for word, groups in spread.items() if len(groups) >= 2)
    return [word for _, word in ranked[:count]]


def topic(members: Sequence[Member]) -> str:
    """Weighted majority of the members' topics, each independent origin with one voice; `other` only where nothing else is named."""
    weights: dict[str, dict[int, float]] = {}
    for member in members:
        voices = weights.setdefault(member.topic, {})
        voices[member.group] = max(voices.get(member.group, 0.0), member.topic_score)
    totals = {t: sum(v.values()) for t, v in weights.items()}
    named = {t: w for t, w in totals.items() if t != "other"}
    best = max(sorted(named), key=lambda t: named[t], default="other")
    return best if named and named[best] >= 0.5 * totals.get("other", 0.0) else "other"
