"""Rebuild data/fusion.json from data/pairs.jsonl: `python -m processing.claims.train_fusion`.

Pairs were written before tuning: 40 families, half of them for test only. To the near misses come, as further negatives, each query's best checks of
other families. `confirm` is the lowest probability with precision ≥ 0.99 in cross-validation by family over the training half, `suggest` the one
that keeps 0.99 of the true matches. Prints tiers on the unseen half and a reliability table.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims.core import Candidate, Matcher
from processing.claims.fusion import FEATURES, MAX_MISSING, MAX_SWAPPED, MIN_COVER, Fusion

Pair = dict[str, Any]


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (files("processing.claims") / "data" / name).read_text("utf-8").splitlines()]


def pairs() -> list[Pair]:
    """{"id","query","check","same","change","family","split"}: does `query` state the same as `check`?"""
    return _lines("pairs.jsonl")


def matcher(data: list[Pair]) -> Matcher:
    """A matcher over the pairs' checks, with the checkable sentences as background so that word weights are those of a real registry."""
    checks = [{"id": text, "claim": text} for text in dict.fromkeys(p["check"] for p in data)]
    background = [{"id": f"background-{i}", "claim": r["text"]} for i, r in enumerate(_lines("checkable.jsonl")) if r["label"] == 1]
    return Matcher(checks + background)


def judged(engine: Matcher, data: list[Pair]) -> list[Candidate]:
    """Every pair as the matcher judges it."""
    return [engine.pair(p["query"], p["check"]) for p in data]


def _strangers(engine: Matcher, data: list[Pair]) -> tuple[list[Candidate], list[str]]:
    """The best checks of other families for each query: what a match must also be told from."""
    own = {p["check"]: p["family"] for p in data}
    out, families = [], []
    for p in data:
        for c in engine.search(p["query"], k=10):
            if own.get(c.check, p["family"]) != p["family"]:  # a background sentence may happen to say the same
                out.append(c)
                families.append(p["family"])
    return out, families


def tiers(found: list[Candidate], data: list[Pair]) -> dict[str, float]:
    """Precision and recall of the confirmable tier, recall of confirmable or suggested, and confirmed near misses by kind of change."""
    confirmed = [c.tier == "confirmable" for c in found]
    same = [bool(p["same"]) for p in data]
    hits = sum(a and b for a, b in zip(confirmed, same, strict=True))
    out = {
        "confirm_precision": hits / max(sum(confirmed), 1), "confirm_recall": hits / max(sum(same), 1),
        "suggest_recall": sum(c.tier != "related" and s for c, s in zip(found, same, strict=True)) / max(sum(same), 1),
    }  # fmt: skip
    for kind in ("number", "date", "place", "negation", "polarity", "subject"):
        out[f"confirmed_{kind}"] = float(sum(a and p["change"] == kind for a, p in zip(confirmed, data, strict=True)))
    return out


def rows(found: list[Candidate]) -> npt.NDArray[np.float64]:
    """Features of candidates, one row each, in the order of FEATURES."""
    return np.array([[c.features[n] for n in FEATURES] for c in found]).reshape(-1, len(FEATURES))


def training() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], list[str]]:
    """Features, labels and families of the training half and of each query's best checks of other families."""
    data = pairs()
    engine = matcher(data)
    train = [p for p in data if p["split"] == "train"]
    others, other_families = _strangers(engine, train)
    labels = np.array([int(p["same"]) for p in train] + [0] * len(others), np.int64)
    return rows([*judged(engine, train), *others]), labels, [p["family"] for p in train] + other_families


def fit(x: npt.NDArray[np.float64], y: npt.NDArray[np.int64], groups: list[str], version: str) -> Fusion:
    """A model from features and labels, thresholds from cross-validation by group. Needs at least five groups and both labels."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    model = LogisticRegression(C=3.0, max_iter=5000)
    p = cross_val_predict(model, x, y, groups=np.array(groups), cv=GroupKFold(5), method="predict_proba")[:, 1]
    at = {name: x[:, FEATURES.index(name)] for name in ("differences", "swapped", "missing", "places", "numbers", "dates", "char_claim_cover")}
    stated = (at["places"] == 1) & (at["numbers"] == 1) & (at["dates"] == 1)
    open_ = (at["differences"] == 0) & (at["swapped"] <= MAX_SWAPPED) & (at["missing"] <= MAX_MISSING) & stated & (at["char_claim_cover"] >= MIN_COVER)
    grid = np.arange(0.3, 0.99, 0.01)
    confirm = next((t for t in grid if ((p >= t) & open_).any() and y[(p >= t) & open_].mean() >= 0.985), 0.95)
    suggest = max((t for t in np.arange(0.02, confirm, 0.01) if (p[(y == 1)] >= t).mean() >= 0.99), default=0.05)
    model.fit(x, y)
    weights = np.array([round(float(w), 5) for w in model.coef_[0]])
    return Fusion(weights, round(float(model.intercept_[0]), 5), round(float(confirm), 3), round(float(suggest), 3), version)


def main() -> None:
    data = pairs()
    train, test = ([p for p in data if p["split"] == s] for s in ("train", "test"))
    fusion = fit(*training(), "fusion-2")
    out: dict[str, Any] = {"version": fusion.version, "features": list(FEATURES), "weights": fusion.weights.tolist(), "bias": fusion.bias,
                           "confirm": fusion.confirm, "suggest": fusion.suggest}  # fmt: skip
    engine = matcher(data)
    engine._fusion = fusion
    found = judged(engine, test)
    out["unseen_families"] = {k: round(v, 4) for k, v in tiers(found, test).items()}
    out["reliability"] = reliability([c.probability for c in found], [bool(p["same"]) for p in test])
    Path(str(files("processing.claims") / "data" / "fusion.json")).write_text(json.dumps(out, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(json.dumps({**out, "train": tiers(judged(engine, train), train)}, indent=1) + "\n")


def reliability(p: list[float], same: list[bool]) -> list[list[float]]:
    """[mean predicted, share same, count] in five bins of probability."""
    out = []
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = [(a, b) for a, b in zip(p, same, strict=True) if low <= a < low + 0.2 or (low == 0.8 and a == 1.0)]
        if inside:
            out.append([round(sum(a for a, _ in inside) / len(inside), 3), round(sum(b for _, b in inside) / len(inside), 3), len(inside)])
    return out


if __name__ == "__main__":
    main()
