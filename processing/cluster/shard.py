"""One language's stories: which one a document joins, decided from what is live (`live`).

Which stories come into question, and where a headline belongs, goes by the share of the document's information that a story explains:

    Σ w·log(1 + κ·e^idf·c/n) + time   over   Σ w·idf

with c of the story's n documents holding the term, w the term's field weight and `time` the evidence of `timing`. It is the log-likelihood
ratio of a story's language model (Jelinek-Mercer smoothing) against the stream's, so a story with a wide vocabulary is not punished as it
is under cosine similarity. The inverse document frequency stands half on documents and half on live stories: documents alone make the
words of a big story look common, live stories alone let one story swallow the rest.

Two affairs of one matter share their matter's words, and a story's model cannot tell them apart. An article has words enough to be compared with single
articles: of the stories that explain it nearly best it joins the one whose documents are most like it on average (group-average linkage, Sokal and
Michener 1958). Between headline and article both count, as a geometric mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import nsmallest
from statistics import fmean
from typing import NamedTuple

import numpy as np

from processing.cluster.background import PSEUDO_DOCUMENTS, PSEUDO_STORIES
from processing.cluster.live import Item, Live
from processing.cluster.postings import Rows
from processing.cluster.timing import Moment

FEW = 4
"""Documents up to which a story's own are looked at again when another came close to it."""


class Match(NamedTuple):
    """Best story for a document, None where no story shares a term. `score` says how well it fits, `bar` what joining takes, `joins` whether that is
    reached. `near` are other stories that came close."""

    story: str | None
    score: float
    bar: float
    joins: bool
    near: tuple[str, ...] = ()


def _over(least: int, terms: int) -> float:
    """0 up to so many terms, 1 from twice as many."""
    return min(1.0, max(0.0, (terms - least) / least))


class Shard(Live):
    """Live documents and stories of one language, and the decision about the next document."""

    def decide(self, item: Item) -> tuple[str, float]:
        """The story a new document belongs to, opened for it where none explains it, and the score (1 for the first of a story)."""
        bound = self.bound(item.id)
        match = self.match(item, learn=self.p.learn_time)
        if bound is not None:
            return bound, 1.0
        for story in match.near:
            if len(self.members[story]) <= FEW:
                for document in self.members[story]:
                    self.doubt(self.items[document])
        if match.near:
            self.doubt(item)
        if match.story is not None and match.joins:
            return match.story, match.score
        return self.open_story(item), 1.0

    def _known(self) -> float:
        """Inverse document frequency of a term that nobody holds."""
        extra, more = (PSEUDO_DOCUMENTS, PSEUDO_STORIES) if self.common else (0, 0)
        return 0.5 * math.log(len(self.items) + extra + 2) + 0.5 * math.log(len(self.members) + more + 2)

    def _floor(self) -> float:
        """What the best of the grown stories explains by chance at the least: the greatest of n exponential scores grows as log n."""
        return self.p.chance_floor * max(2.5, math.log(self.grown + 1))

    def _trust(self, terms: int) -> float:
        """0 for a headline, 1 for an article: how far its cosines with single documents tell what it is about. Words of a known language tell it sooner."""
        return _over(self.p.short_known if self.common else self.p.short, terms)

    def _candidates(self, rows: Rows, wide: float, crowd: bool) -> tuple[list[tuple[float, str]], float]:
        """Stories with their explained information, best first; and, where the `crowd` is asked, what chance would explain, else 0."""
        # what common terms cannot lift to the top may go, unless chance is read off it
        found, sums = self.postings.explained(rows, self.p.touches * (1 + wide), 0 if crowd else 8 * self.p.candidates, self.p.candidates)
        n = len(found)
        # Among few stories nothing tells what chance would explain. Assuming the most keeps the first story from swallowing a province's news.
        chance = math.inf if crowd else 0.0
        if crowd and n >= self.p.crowd:
            # the body of the scores, which few fragments of the right story reach, foretells the best that chance would give among n
            parted = np.partition(sums, (n - 1 - n // 2, n - 1 - n // 4))
            middle, upper = float(parted[n - 1 - n // 2]), float(parted[n - 1 - n // 4])
            chance = middle + (upper - middle) * math.log2(n / 2)
        return self.postings.best(found, sums, self.p.candidates), chance

    def match(self, item: Item, ban: str | None = None, learn: bool = False, of: Sequence[Item] = ()) -> Match:
        """The live story that a document fits best, none that an analyst keeps it apart from.

        `of`: the documents, of story `ban`, that `item` stands for.
        """
        wide, trust = _over(self.p.wide, len(item.terms)), fmean(self._trust(len(one.terms)) for one in of or [item])
        # where nothing is known of the language yet, a shared common word looks like a sign; what this splits, re-examination merges
        new = 0.0 if self.common else self.p.early * max(0.0, 1 - len(self.items) / self.p.first_check)
        rows, whole = self.postings.weigh(self._vector(item), self._known(), wide, self.p.smoothing, self.p.terms)
        if not len(rows.ids) or whole <= 0:
            return Match(None, 0.0, math.inf, False)
        candidates, chance = self._candidates(rows, wide, bool(of))
        moment = self.times.moment(item.at)
        if learn and candidates and candidates[0][0] >= 2 * self.p.join * self._floor() * whole and len(self.members) > 3:
            self.times.learn(candidates[0][1], moment)
        shares = self._shares(candidates, moment, whole) if trust < 1 else {}
        banned = {ban, *(self.story_of.get(d) for d in self.apart.get(item.id, ()))}
        allowed = [(value, story) for value, story in candidates if story not in banned]
        likely = [story for value, story in allowed if trust == 0 or value >= self.p.likely * allowed[0][0]]
        alike = self._alike(of or [item], item.at, likely) if trust > 0 else {}
        least = self.p.join * (max(self._floor(), min(chance / whole, self.p.chance_cap * wide)) + new)
        bar = least ** (1 - trust) * (self.p.alike + new) ** trust
        scores: dict[str, float] = {}
        for story in likely:
            score = shares.get(story, 1.0) ** (1 - trust) * alike.get(story, 1.0) ** trust
            scores[story] = score * math.exp(-0.5 * (self.times.gap(story, item.at) / self.p.sigma) ** 2)
        best = max(scores, key=scores.__getitem__, default=None)
        top = scores[best] if best is not None else 0.0
        near = tuple(s for s, score in scores.items() if score >= self.p.close * bar and (s != best or top < bar))
        return Match(best if top else None, top, bar, top >= bar, near)

    def _shares(self, candidates: Sequence[tuple[float, str]], moment: Moment, whole: float) -> dict[str, float]:
        """What each story explains of a document, the time of its publication included."""
        timely = {story: moment.evidence(story) for _, story in candidates}
        usual = self.p.usual * max(timely.values(), default=0.0)
        weight = self.p.time_weight * (1 + self.p.bursts * self.times.burst())
        return {story: max(0.0, value + weight * (timely[story] - usual)) / whole for value, story in candidates}

    def _alike(self, ones: Sequence[Item], at: float, stories: Sequence[str]) -> dict[str, float]:
        """Mean cosine of documents with the documents of each story, of a large one with those nearest in time."""
        near: list[list[str]] = []
        for story in stories:
            members = [d for d in self.members[story] if self.items[d].terms]  # one without terms is like none, whatever the story tells
            if len(members) <= self.p.nearest:
                near.append(sorted(members))
            else:
                near.append([d for _, d in nsmallest(self.p.nearest, ((abs(self.items[d].at - at), d) for d in members))])
        if not near:
            return {}
        cosines = self.postings.cosines([self._vector(one) for one in ones], [self.vectors[d] for some in near for d in some], self._known()).tolist()
        means, begin = {}, 0
        for story, some in zip(stories, near, strict=True):
            means[story] = max(0.0, sum(cosines[begin : begin + len(some)]) / len(some))
            begin += len(some)
        return means

    def due(self) -> bool:
        """True at 2ⁿ documents from `first_check` on, then every `check_every`."""
        n = self.seen
        return n >= self.p.first_check and (n % self.p.check_every == 0 or (n < self.p.check_every and n & (n - 1) == 0))
