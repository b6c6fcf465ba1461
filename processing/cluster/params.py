"""Settings of the clusterer."""

from __future__ import annotations

from dataclasses import dataclass

METHOD = "explained-information 5, group average"
"""Name of the way of deciding. What another one decided stays where it is."""


@dataclass(frozen=True)
class Params:
    """Settings of the clusterer; times are seconds, the rest counts or shares. Chosen on the first half of one English stream of headlines, those of
    articles (`short_known`, `alike`, `nearest`, `likely`) on hand-made Vietnamese clusters."""

    join: float = 1.85  # a document joins at this many times what chance explains
    merge: float = 1.665  # a story joins another at this many times what a document does
    close: float = 0.7  # share of what joins from which a story is one to look at again
    chance_floor: float = 0.01516  # explained by chance per log of grown stories
    chance_cap: float = 0.4  # most that the chance of a story that may join another is
    wide: int = 30  # terms from which the rarer ones weigh more and more, in full from twice as many
    short: int = 45  # terms up to which a text is a headline; from twice as many it is an article
    short_known: int = 15  # the same in a language with a table of common terms
    early: float = 0.134  # added to chance at the start of a language without a background
    smoothing: float = 0.3  # share of the stream in a story's language model
    time_weight: float = 3.0
    bursts: float = 3.5  # how much more time weighs where stories come within minutes
    usual: float = 0.85  # of the timeliest story's evidence that is no merit
    sigma: float = 4 * 86400.0  # of the Gaussian decay with the gap to a story's nearest document
    learn_time: bool = True
    candidates: int = 12  # stories weighed with their time
    likely: float = 0.5  # share of the best story's explained information from which the documents of others are compared
    nearest: int = 8  # documents of a story that are compared, the nearest in time
    alike: float = 0.2  # mean cosine with them at which an article joins
    terms: int = 64  # of a text that decide
    crowd: int = 8  # stories needed to tell chance
    touches: int = 1000  # postings read for a headline, twice that for an article
    capacity: int = 50_000  # live documents
    first_check: int = 64
    check_every: int = 256
    again: int = 256  # doubtful documents looked at again at a time, the newest
