"""The learned part of matching: a fixed lexical rank, a logistic model over pair features for the tier, stored as plain arrays.

Rebuild with `python -m processing.claims.train_fusion`; weights in data/fusion.json, with their training figures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from math import exp
from operator import itemgetter, mul
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims.index import LONG

FEATURES = ("word_bm25", "char_bm25", "word_claim_cover", "char_claim_cover", "word_cosine", "char_cosine", "numbers", "dates", "places", "names",
            "differences", "replaced", "one_side", "edit", "swapped", "missing")  # fmt: skip
_VALUES = itemgetter(*FEATURES)
# Fixed by hand: character n-grams carry most of the rank, words break ties, a stated difference moves a candidate behind its near twins.
MAX_SWAPPED, MAX_MISSING, MIN_COVER = 0.05, 0.6, 0.4
CHAR, WORD, DIFFER = 1.0, 0.6, 0.02
MOST_DIFFER = 3  # differences; further ones move a candidate no more
WORD_LONG = 3.0  # where the checks are whole articles chance n-grams abound, and words count for more


@dataclass(frozen=True)
class Fusion:
    """Weights over FEATURES. `confirm` and `suggest` are thresholds on the probability of same truth conditions."""

    weights: npt.NDArray[np.float64]
    bias: float
    confirm: float
    suggest: float
    version: str

    @classmethod
    def load(cls) -> Fusion:
        """The shipped model."""
        raw: dict[str, Any] = json.loads((files("processing.claims") / "data" / "fusion.json").read_text("utf-8"))
        if tuple(raw["features"]) != FEATURES:
            raise ValueError("data/fusion.json was trained on other features; rebuild it with python -m processing.claims.train_fusion")
        return cls(np.array(raw["weights"]), float(raw["bias"]), float(raw["confirm"]), float(raw["suggest"]), str(raw["version"]))

    def lexical(self, features: dict[str, npt.NDArray[np.float32]], mean_length: float) -> npt.NDArray[np.float64]:
        """First rank of the candidates, from the index alone. `mean_length`: terms of a check on average."""
        word = WORD_LONG if mean_length >= LONG else WORD
        out: npt.NDArray[np.float64] = (CHAR * features["char_bm25"].astype(np.float64) + word * features["word_bm25"]) / (CHAR + word)
        return out

    def rank(self, raw: float, features: dict[str, float]) -> float:
        """Final rank, 0 to 1: `raw` less a little for stated differences; decays with the age of the check where both dates are known."""
        near = max(0.0, min(1.0, (features["char_claim_cover"] - 0.4) / 0.4))
        return max(0.0, min(1.0, raw)) * (1 - DIFFER * min(features["differences"], MOST_DIFFER) * near) * features["decay"]

    def probability(self, features: dict[str, float]) -> float:
        """Probability that query and check state the same."""
        logit = self.bias + sum(map(mul, self.weights.tolist(), _VALUES(features)))
        return 1 / (1 + exp(-max(-50.0, min(50.0, logit))))

    def tier(self, probability: float, differs: bool, short: bool, features: dict[str, float]) -> str:
        """confirmable, suggested or related. A stated difference is always related; a short or an old match is at most suggested.

        Confirmable besides asks that nothing is exchanged for something else and that every number, date and place of the check is there.
        """
        if differs or probability < self.suggest:
            return "related"
        stated = min(features["places"], features["numbers"], features["dates"]) == 1
        whole = stated and features["swapped"] <= MAX_SWAPPED and features["missing"] <= MAX_MISSING and features["char_claim_cover"] >= MIN_COVER
        if probability < self.confirm or short or features["decay"] < 0.6 or not whole:
            return "suggested"
        return "confirmable"
