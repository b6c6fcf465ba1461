"""How much the publication time says about a story: a mixture of windows from seconds to days, weighed by what the stream shows.

After the temporal kernels of the Dirichlet-Hawkes process (Du et al., KDD 2015): the share of a story's documents within w seconds of the
time in question, divided by the share of all documents there, is how much likelier the story is at that time at scale w. Dividing by all
documents keeps a busy hour from favouring any story, and by the story's own size keeps large stories from growing for being large. The
weights of the windows are learned by expectation-maximisation from joins that the text alone made sure of.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort

WINDOWS = (10.0, 300.0, 3600.0, 21600.0, 86400.0, 259200.0)  # seconds
BURST = 300.0  # seconds
_FLAT = 0.1  # share always left to "time says nothing"
_CLIP = 3.0  # nats


class Times:
    """Publication times (seconds) of the live documents and of each story."""

    def __init__(self) -> None:
        self.all: list[float] = []
        self.of: dict[str, list[float]] = {}
        self.weights = [5.0 / (len(WINDOWS) + 1)] * (len(WINDOWS) + 1)

    def add(self, story: str, at: float) -> None:
        insort(self.of.setdefault(story, []), at)

    def remove(self, story: str, at: float) -> None:
        times = self.of[story]
        del times[bisect_left(times, at)]
        if not times:
            del self.of[story]

    def arrive(self, at: float) -> None:
        insort(self.all, at)

    def leave(self, at: float) -> None:
        del self.all[bisect_left(self.all, at)]

    def background(self, at: float) -> list[float]:
        """Share of all live documents within each window of `at`."""
        n = len(self.all) + 1
        return [(bisect_right(self.all, at + w) - bisect_left(self.all, at - w) + 1) / n for w in WINDOWS]

    def moment(self, at: float) -> Moment:
        """All that is asked about one publication time."""
        return Moment(self, at, self.background(at))

    def learn(self, story: str, moment: Moment) -> None:
        """One online step of expectation-maximisation on a join that is certain from its text."""
        parts = [w * r for w, r in zip(self.weights, moment.ratios(self.of[story]), strict=True)]
        whole = sum(parts)
        self.weights = [w + p / whole for w, p in zip(self.weights, parts, strict=True)]

    def burst(self) -> float:
        """How far stories were seen to come within minutes: 0 where at most half of what was learned lies in the windows up to `BURST`, 1 where all does."""
        within = sum(weight for window, weight in zip(WINDOWS, self.weights[1:], strict=True) if window <= BURST)
        return max(0.0, 2 * within / sum(self.weights) - 1)

    def gap(self, story: str, at: float) -> float:
        """Seconds to the story's nearest document."""
        times = self.of[story]
        i = bisect_left(times, at)
        after = times[i] - at if i < len(times) else math.inf
        return min(after, at - times[i - 1]) if i else after


class Moment:
    """Stories' evidence at one time. Most stories have one document: for those only the number of windows it lies outside of counts."""

    def __init__(self, times: Times, at: float, background: list[float]) -> None:
        self.times = times
        self.at = at
        self._shares = background
        self._windows = [(at - w, at + w, share) for w, share in zip(WINDOWS, background, strict=True)]
        self._single: dict[int, float] = {}

    def ratios(self, times: list[float]) -> list[float]:
        """How much likelier a story of these times is here than at any time, for each scale after "time says nothing"."""
        n = len(times) + 1
        return [1.0] + [(bisect_right(times, high) - bisect_left(times, low) + share) / n / share for low, high, share in self._windows]

    def evidence(self, story: str) -> float:
        """Log-likelihood ratio (nats, clipped) that a document of this story appears at this time."""
        times = self.times.of[story]
        if len(times) > 1:
            return self._mixed(times)
        outside = bisect_left(WINDOWS, abs(times[0] - self.at))
        if outside not in self._single:
            self._single[outside] = self._mixed(times)
        return self._single[outside]

    def _mixed(self, times: list[float]) -> float:
        weights = self.times.weights
        mixed = sum(w * r for w, r in zip(weights, self.ratios(times), strict=True)) / sum(weights)
        return max(-_CLIP, min(_CLIP, math.log(_FLAT + (1 - _FLAT) * mixed)))
