"""Claim → published checks: plain retrieval with calibrated tiers. It says which texts state the same, never which is right.

Candidates by the inverted index (BM25 over words, places and character n-grams); a lexical rank over the candidates; agreement of numbers, dates,
places, names and polarity for the best of them; a small logistic model for the tier. The match definition is *same truth conditions*: a stated
difference in number, date, place, name or polarity makes a match `related` whatever its score.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims import facts
from processing.claims.align import Alignment, align
from processing.claims.fusion import FEATURES, Fusion
from processing.claims.index import Index
from processing.claims.mask import mask
from processing.claims.semantics import Combiner, Dense, Embedder, passage_of
from processing.claims.tokens import Terms, terms
from processing.text import clean

POOL = 60  # candidates scored lexically
ALWAYS, NEAR = 3, 0.4  # the best three are compared from FAR on, the others from this share of the check's n-grams on
SHORT = 8  # syllables: shorter queries are only ever suggested
MAX_CHARS = 20_000  # of a query; a longer text is not a claim and is cut
FACT_CACHE = 20_000
FAR = 0.25  # below this share of a check's n-grams the texts are not compared: nothing so far apart states the same
UNLIKE = {"numbers": 0.0, "dates": 0.0, "places": 0.0, "names": 0.0, "differences": 0.0, "replaced": 1.0, "one_side": 1.0, "edit": 0.0,
          "swapped": 1.0, "missing": 1.0}  # fmt: skip


@dataclass
class Candidate:
    """One check beside the query. `score` ranks, 0 to 1; `probability` of same truth conditions decides the tier; features as stored."""

    check: str
    score: float
    tier: str
    probability: float
    features: dict[str, float] = field(default_factory=dict)
    differences: list[facts.Difference] = field(default_factory=list)


@dataclass
class Pool:
    """Candidates of one query: positions in the index, rank by words and, with an embedder, centred cosine."""

    where: npt.NDArray[np.int64]
    lexical: npt.NDArray[np.float64]
    cosine: npt.NDArray[np.float32] | None


@dataclass(slots=True)
class _Check:
    id: str
    claim: str
    title: str
    published_at: str | None


class Matcher:
    """Holds checks {"id","claim","title"?,"text"?,"published_at"?,…} in memory; `add` more at any time.

    With an `embedder` the candidates are those of words and those of vectors, and the combiner of `semantics` orders them; tiers stay as they are.
    """

    def __init__(self, checks: Iterable[dict[str, Any]] = (), fusion: Fusion | None = None, embedder: Embedder | None = None) -> None:
        self._dense = Dense(embedder) if embedder is not None else None
        self._combiner = Combiner.load() if embedder is not None else None
        self._index = Index()
        self._checks: list[_Check] = []
        self._withdrawn: set[int] = set()
        self._position: dict[str, int] = {}
        self._facts: OrderedDict[int, tuple[facts.Facts, str]] = OrderedDict()
        self._fusion = fusion if fusion is not None else Fusion.load()
        self.add(checks)

    def __len__(self) -> int:
        return len(self._checks) - len(self._withdrawn)

    @property
    def model(self) -> str:
        """Version of the model behind `score` and `tier`, stored with every match."""
        return self._fusion.version + (f"+{self._dense.name}" if self._dense is not None else "")

    def adopt(self, fusion: Fusion) -> None:
        """Judge with another model from now on."""
        self._fusion = fusion

    def add(self, checks: Iterable[dict[str, Any]]) -> None:
        """Index more checks. An id seen before replaces the older one. A check without a claim is found by its title or text."""
        read = []
        for check in checks:
            claim, title = clean(str(check.get("claim") or "")), clean(str(check.get("title") or ""))
            text = clean(str(check.get("text") or ""))
            claim = claim or title or text
            self.withdraw(str(check["id"]))
            self._position[str(check["id"])] = len(self._checks)
            self._checks.append(_Check(check["id"], claim[:MAX_CHARS], title, check.get("published_at")))
            whole = "\n".join(part for part in (claim, title, text) if part)
            self._index.add(terms(whole), terms(claim))
            if self._dense is not None:
                read.append(passage_of(claim, title))
        if self._dense is not None:
            self._dense.add(read)

    def withdraw(self, check_id: str) -> None:
        """Forget a check; unknown ids are ignored."""
        at = self._position.pop(check_id, None)
        if at is not None:
            self._withdrawn.add(at)
            self._facts.pop(at, None)

    def match(self, query: dict[str, Any], k: int = 10) -> list[dict[str, Any]]:
        """Contract of `langnghe claims match`: the top k checks for {"text","published_at"?}, best first, with score and tier."""
        found = self.search(str(query.get("text") or ""), query.get("published_at"), k)
        matches: list[dict[str, Any]] = [{"check": c.check, "score": round(c.score, 6), "tier": c.tier} for c in found]
        # The contract is always k: checks that share nothing with the text follow with score 0, in the order they came.
        listed = {str(c.check) for c in found}
        rest = (self._checks[at].id for check, at in self._position.items() if check not in listed)
        matches += [{"check": check, "score": 0.0, "tier": "related"} for check in itertools.islice(rest, k - len(matches))]
        return matches

    def search(self, text: str, published_at: str | None = None, k: int = 10) -> list[Candidate]:
        """The same with features and differences."""
        text = clean(text)[:MAX_CHARS]
        query, masked = terms(text), mask(text)
        pool = self._pool(query, masked, k)
        if not len(pool.where):
            return []
        rank = pool.lexical
        if pool.cosine is not None and self._combiner is not None:
            rank = self._combiner.rank(rank, pool.cosine)
        best = np.lexsort((pool.where, -rank))[: k + 2]
        lexical = self._index.score(query, pool.where[best])
        left = facts.extract(masked)
        out = []
        for place, i in enumerate(best):
            features = {name: float(values[place]) for name, values in lexical.items()}
            near = FAR if place < ALWAYS else NEAR
            out.append(self._judge(int(pool.where[i]), float(rank[i]), features, left, masked, query.syllables, published_at, near))
        out.sort(key=lambda c: -c.score)
        return out[:k]

    def pool(self, text: str, k: int = 10) -> Pool:
        """The candidates for `text` before any is judged, for training."""
        text = clean(text)[:MAX_CHARS]
        return self._pool(terms(text), mask(text), k)

    def _pool(self, query: Terms, masked: str, k: int) -> Pool:
        limit = max(POOL, 2 * k) + min(len(self._withdrawn), POOL)
        where = self._index.candidates(query, limit)
        cosines = self._dense.cosines(masked) if self._dense is not None else None
        if cosines is not None:
            where = np.union1d(where, np.argpartition(-cosines, min(limit, len(cosines) - 1))[:limit])
        if self._withdrawn:
            where = where[[int(i) not in self._withdrawn for i in where]]
        lexical = self._fusion.lexical(self._index.rank(query, where), self._index.mean_length)
        return Pool(where, lexical, None if cosines is None else cosines[where])

    def id_of(self, place: int) -> str:
        """The check's id at a position of the index."""
        return self._checks[place].id

    def pair(self, text: str, check_id: str, published_at: str | None = None) -> Candidate:
        """The same judgement for one named check, ranked by words alone, whether or not it would be retrieved. Raises KeyError for an unknown check."""
        text = clean(text)[:MAX_CHARS]
        query, where = terms(text), np.array([self._position[check_id]], np.int64)
        scored = self._index.score(query, where)
        rank = float(self._fusion.lexical(scored, self._index.mean_length)[0])
        lexical = {name: float(values[0]) for name, values in scored.items()}
        masked = mask(text)
        return self._judge(int(where[0]), rank, lexical, facts.extract(masked), masked, query.syllables, published_at)

    def _judge(
        self,
        at: int,
        rank: float,
        features: dict[str, float],
        left: facts.Facts,
        masked: str,
        syllables: int,
        published_at: str | None,
        near: float = FAR,
    ) -> Candidate:
        check = self._checks[at]
        features["decay"], features["rank"] = _decay(check.published_at, published_at), rank
        differences: list[facts.Difference] = []
        if features["char_claim_cover"] < near:
            features |= UNLIKE
        else:
            differences = self._compare(at, features, left, masked)
        probability = self._fusion.probability(features)
        score = self._fusion.rank(rank, features)
        tier = self._fusion.tier(probability, bool(differences), syllables < SHORT, features)
        return Candidate(check.id, score, tier, probability, {n: round(features[n], 6) for n in (*FEATURES, "decay", "rank")}, differences)

    def _compare(self, at: int, features: dict[str, float], left: facts.Facts, masked: str) -> list[facts.Difference]:
        """Stated differences; adds the features of agreement."""
        right, claim = self._facts_of(at)
        differences = facts.compare(left, right)
        features |= facts.agreement(left, right)
        changed: Alignment = align(masked, claim, self._index.rarity)
        if changed.numbers and not any(d.kind == "number" for d in differences):
            differences += [facts.Difference("number", *pair) for pair in changed.numbers]
        features |= {
            "differences": float(len(differences)),
            "replaced": changed.replaced,
            "edit": changed.ratio,
            "one_side": changed.one_sided,
            "swapped": changed.swapped,
            "missing": changed.missing,
        }
        return differences

    def _facts_of(self, at: int) -> tuple[facts.Facts, str]:
        found = self._facts.get(at)
        if found is None:
            claim = mask(self._checks[at].claim)
            found = self._facts[at] = (facts.extract(claim), claim)
            if len(self._facts) > FACT_CACHE:
                self._facts.popitem(last=False)
        else:
            self._facts.move_to_end(at)
        return found


def _decay(check_at: str | None, query_at: str | None) -> float:
    """1 for a check within a year of the query or without dates; e-folding of five years beyond that. A check newer than the query keeps 1."""
    if not check_at or not query_at:
        return 1.0
    try:
        age = (datetime.fromisoformat(str(query_at)).replace(tzinfo=None) - datetime.fromisoformat(str(check_at)).replace(tzinfo=None)).days
    except ValueError:
        return 1.0
    return float(np.exp(-max(age - 365, 0) / (5 * 365)))
