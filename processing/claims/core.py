"""Claim → published checks: plain retrieval with calibrated tiers. It says which texts state the same, never which is right.

Candidates by the inverted index (BM25 over words, places and character n-grams); a lexical rank over the candidates; agreement of numbers, dates,
places, names and polarity for the best of them; a small logistic model for the tier. The match definition is *same truth conditions*: a stated
difference in number, date, place, name or polarity makes a match `related` whatever its score.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims import facts
from processing.claims.align import Alignment, align
from processing.claims.collection import MAX_CHARS, Collection
from processing.claims.differences import Difference, agreement, compare
from processing.claims.fusion import FEATURES, MOST_DIFFER, Fusion
from processing.claims.mask import mask
from processing.claims.semantics import Combiner, Embedder
from processing.claims.tokens import Terms, terms
from processing.text import clean

POOL = 60  # candidates scored lexically
SPARE = 2  # candidates read at once beyond those asked for
ALWAYS, NEAR = 3, 0.4  # the best three are compared from FAR on, the others from this share of the check's n-grams on
SHORT = 8  # syllables: shorter queries are only ever suggested
FAR = 0.25  # below this share of a check's n-grams the texts are not compared: nothing so far apart states the same
UNLIKE = {"numbers": 0.0, "dates": 0.0, "places": 0.0, "names": 0.0, "differences": 0.0, "replaced": 1.0, "one_side": 1.0, "edit": 0.0,
          "swapped": 1.0, "missing": 1.0}  # fmt: skip


@dataclass
class Candidate:
    """One check beside the query. `score` ranks, 0 to 1; `probability` of same truth conditions decides the tier; features as stored.

    `wording`: place, among the check's further wordings, of the one that brought it here, or None where its own words did. Features and differences
    are those beside the check itself; `wording_probability` is that of stating the same as the wording.
    """

    check: str
    score: float
    tier: str
    probability: float
    features: dict[str, float] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    wording: int | None = None
    wording_probability: float = 0.0


@dataclass
class Pool:
    """Candidates of one query: positions of checks in the index, rank by words and, with an embedder, centred cosine, each the best over a check's
    wordings; `told`: the position of the wording that gave the rank by words, the check's own where it was its claim."""

    where: npt.NDArray[np.int64]
    lexical: npt.NDArray[np.float64]
    cosine: npt.NDArray[np.float32] | None
    told: npt.NDArray[np.int64]


@dataclass
class _Query:
    """What is read of a query once. `whole`: every feature is wanted, also of what a stated difference has settled."""

    masked: str
    syllables: int
    facts: facts.Facts
    published_at: str | None
    whole: bool = False


class Matcher:
    """Holds checks {"id","claim","title"?,"text"?,"published_at"?,"wordings"?,…} in memory; `add` more at any time.

    With an `embedder` the candidates are those of words and those of vectors, and the combiner of `semantics` orders them; tiers stay as they are.
    """

    def __init__(self, checks: Iterable[dict[str, Any]] = (), fusion: Fusion | None = None, embedder: Embedder | None = None) -> None:
        self.held = Collection(embedder)
        self._combiner = Combiner.load() if embedder is not None else None
        self._fusion = fusion if fusion is not None else Fusion.load()
        self.add(checks)

    def __len__(self) -> int:
        return len(self.held)

    @property
    def model(self) -> str:
        """Version of the model behind `score` and `tier`, stored with every match."""
        return self._fusion.version + (f"+{self.held.dense.name}" if self.held.dense is not None else "")

    @property
    def embeds(self) -> bool:
        """Is an embedder at work?"""
        return self.held.dense is not None

    def adopt(self, fusion: Fusion) -> None:
        """Judge with another model from now on."""
        self._fusion = fusion

    def add(self, checks: Iterable[dict[str, Any]]) -> None:
        """Index more checks. An id seen before replaces the older one. A check without a claim is found by its title or text.

        Raises LangNgheError for a field `wordings` that is no list of texts; the checks before it are in.
        """
        self.held.add(checks)

    def know(self, wordings: Mapping[str, Sequence[str]]) -> None:
        """From now on these, and no others, are the further wordings of checks, by id; unknown ids are ignored. Only what changed is indexed."""
        self.held.know(wordings)

    def withdraw(self, check_id: str) -> None:
        """Forget a check and its wordings; unknown ids are ignored."""
        self.held.withdraw(check_id)

    def match(self, query: dict[str, Any], k: int = 10) -> list[dict[str, Any]]:
        """Contract of `langnghe claims match`: the top k checks for {"text","published_at"?}, best first, with score and tier."""
        found = self.search(str(query.get("text") or ""), query.get("published_at"), k)
        matches: list[dict[str, Any]] = [{"check": c.check, "score": round(c.score, 6), "tier": c.tier} for c in found]
        # The contract is always k: checks that share nothing with the text follow with score 0, in the order they came.
        listed = {str(c.check) for c in found}
        rest = (self.held.checks[at].id for check, at in self.held.position.items() if check not in listed)
        matches += [{"check": check, "score": 0.0, "tier": "related"} for check in itertools.islice(rest, k - len(matches))]
        return matches

    def search(self, text: str, published_at: str | None = None, k: int = 10) -> list[Candidate]:
        """The same with features and differences: the best k of the pool, of which no more are compared than may be among them."""
        text = clean(text)[:MAX_CHARS]
        query, masked = terms(text), mask(text)
        pool = self._pool(query, masked, k)
        rank = pool.lexical
        if pool.cosine is not None and self._combiner is not None:
            rank = self._combiner.rank(rank, pool.cosine)
        order = np.lexsort((pool.where, -rank))
        out: list[Candidate] = []
        read = _Query(masked, query.syllables, facts.extract(masked), published_at) if len(order) else None
        for first in range(0, len(order), k + SPARE):
            some = order[first : first + k + SPARE]
            if read is None or not self._judge_some(some, first, rank, pool, query, read, out, k):
                break
        return sorted(out, key=lambda c: -c.score)[:k]

    def _judge_some(
        self, some: npt.NDArray[np.int64], first: int, rank: npt.NDArray[np.float64], pool: Pool, query: Terms, read: _Query, out: list[Candidate], k: int
    ) -> bool:
        """Judge the candidates `some`, the best ones from place `first` on, into `out`. False where none after them can be among the best k.

        Differences and age only ever lower a rank: one whose rank does not exceed the score of the last of k is not compared.
        """
        rows = self._features(query, pool.where[some], pool.told[some])
        for place, (i, (own, beside)) in enumerate(zip(some.tolist(), rows, strict=True), first):
            at, raw = int(pool.where[i]), float(rank[i])
            least = heapq.nlargest(k, (c.score for c in out))[-1] if len(out) >= k else -1.0
            if raw <= least:
                return False
            if raw * _decay(self.held.checks[at].published_at, read.published_at) > least:
                told = None if beside is None else (int(pool.told[i]), beside)
                out.append(self._judge(at, raw, own, read, FAR if place < ALWAYS else NEAR, told))
        return True

    def _features(
        self, query: Terms, own: npt.NDArray[np.int64], told: npt.NDArray[np.int64]
    ) -> list[tuple[dict[str, float], dict[str, float] | None]]:
        """Lexical features beside each check, and beside its wording where that is another text."""
        others = np.flatnonzero(own != told)
        found = self.held.index.score(query, np.r_[own, told[others]])
        rows = [dict(zip(found, values, strict=True)) for values in zip(*(column.tolist() for column in found.values()), strict=True)]
        beside = dict(zip(others.tolist(), rows[len(own) :], strict=True))
        return [(row, beside.get(place)) for place, row in enumerate(rows[: len(own)])]

    def pool(self, text: str, k: int = 10) -> Pool:
        """The candidates for `text` before any is judged, for training."""
        text = clean(text)[:MAX_CHARS]
        return self._pool(terms(text), mask(text), k)

    def _pool(self, query: Terms, masked: str, k: int) -> Pool:
        where, cosine = self.held.candidates(query, masked, max(POOL, 2 * k))
        lexical = self._fusion.lexical(self.held.index.rank(query, where), self.held.index.mean_length)
        if not self.held.of or not len(where):
            return Pool(where, lexical, cosine, where)
        owner = self.held.owners(where)
        order = np.lexsort((where, -lexical, owner))
        first = np.flatnonzero(np.r_[True, np.diff(owner[order]) > 0])
        best = order[first]
        return Pool(owner[best], lexical[best], None if cosine is None else np.maximum.reduceat(cosine[order], first), where[best])

    def id_of(self, place: int) -> str:
        """The check's id at a position of the index."""
        return self.held.checks[place].id

    def pair(self, text: str, check_id: str, published_at: str | None = None) -> Candidate:
        """The same judgement for one named check, by its own words alone, whether or not it would be retrieved. Raises KeyError for an unknown check."""
        text = clean(text)[:MAX_CHARS]
        query, masked, where = terms(text), mask(text), np.array([self.held.position[check_id]], np.int64)
        ((row, _),) = self._features(query, where, where)
        rank = float(self._fusion.lexical({n: np.array([v], np.float32) for n, v in row.items()}, self.held.index.mean_length)[0])
        return self._judge(int(where[0]), rank, row, _Query(masked, query.syllables, facts.extract(masked), published_at, whole=True), FAR, None)

    def _judge(
        self, at: int, rank: float, row: dict[str, float], query: _Query, near: float, told: tuple[int, dict[str, float]] | None
    ) -> Candidate:
        """One check beside the query; `told`: position and lexical features of the wording that ranks above the check's own words."""
        check, short = self.held.checks[at], query.syllables < SHORT
        row["decay"], row["rank"] = _decay(check.published_at, query.published_at), rank
        differences = self._compare(at, row, query) if told is not None or row["char_claim_cover"] >= near else []
        if row["char_claim_cover"] < near:  # differences are still differences, but nothing so far apart states the same
            row |= UNLIKE | {"differences": float(len(differences))}
        probability = self._fusion.probability(row)
        tier = self._fusion.tier(probability, bool(differences), short, row)
        found = Candidate(check.id, self._fusion.rank(rank, row), tier, probability, {n: round(row[n], 6) for n in (*FEATURES, "decay", "rank")}, differences)
        if told is not None:
            self._judge_wording(found, told, query, near)
        return found

    def _judge_wording(self, found: Candidate, told: tuple[int, dict[str, float]], query: _Query, near: float) -> None:
        """What states the same as a confirmed wording, and nothing that differs from the check, is suggested; never more, a person has to look."""
        at, row = told
        row["decay"] = found.features["decay"]
        differs = bool(self._compare(at, row, query)) if row["char_claim_cover"] >= near else False
        if row["char_claim_cover"] < near:
            row |= UNLIKE
        found.wording, found.wording_probability = self.held.checks[at].number, self._fusion.probability(row)
        alike = self._fusion.tier(found.wording_probability, differs, query.syllables < SHORT, row) != "related"
        if found.tier == "related" and alike and not found.differences:
            found.tier = "suggested"

    def _compare(self, at: int, row: dict[str, float], query: _Query) -> list[Difference]:
        """Stated differences; adds the features of agreement. Where these settle tier and score, the words are not aligned."""
        right = self.held.facts_of(at)
        differences = compare(query.facts, right)
        agreed = agreement(query.facts, right)
        if not query.whole and (len(differences) >= MOST_DIFFER or any(d.kind == "number" for d in differences)):
            row |= UNLIKE | agreed | {"differences": float(len(differences))}
            return differences
        changed: Alignment = align(query.masked, self.held.checks[at].masked, self.held.index.rarity)
        if changed.numbers and not any(d.kind == "number" for d in differences):
            differences += [Difference("number", *pair) for pair in changed.numbers]
        row |= agreed | {
            "differences": float(len(differences)),
            "replaced": changed.replaced,
            "edit": changed.ratio,
            "one_side": changed.one_sided,
            "swapped": changed.swapped,
            "missing": changed.missing,
        }
        return differences


def _decay(check_at: str | None, query_at: str | None) -> float:
    """1 for a check within a year of the query or without dates; e-folding of five years beyond that. A check newer than the query keeps 1."""
    if not check_at or not query_at:
        return 1.0
    try:
        age = (datetime.fromisoformat(str(query_at)).replace(tzinfo=None) - datetime.fromisoformat(str(check_at)).replace(tzinfo=None)).days
    except ValueError:
        return 1.0
    return float(np.exp(-max(age - 365, 0) / (5 * 365)))
