"""Rebuild data/relation.json: `python -m processing.claims.train_relation FOLDER`, FOLDER holding vifactcheck.jsonl (MIT).

Prints macro-F1 by 5-fold cross-validation over articles, with gold and with retrieved evidence, before fitting on all.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims import relation
from processing.claims.mask import mask
from processing.text import sentences

Rows = list[dict[str, Any]]
# kernel width and penalty
SETTINGS = {"whole": (0.02, 1.0), "chosen": (0.003, 10.0)}
Model = tuple[npt.NDArray[np.float64], ...]


def load(folder: Path) -> tuple[Rows, dict[str, str]]:
    """Claims, and the texts of their articles by id."""
    rows = [json.loads(line) for line in (folder / "vifactcheck.jsonl").read_text("utf-8").splitlines()]
    with gzip.open(folder / "vifactcheck_articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        articles = {a["id"]: a["text"] for a in map(json.loads, lines)}
    return rows, articles


def design(rows: Rows, articles: dict[str, str] | None) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Feature rows from the gold evidence, or from what is found in the article where `articles` is given."""
    if articles is None:
        out = [relation.features(mask(row["claim"]), " ".join(sentences(row["evidence"]))) for row in rows]
    else:
        out = [relation.wide(row["claim"], articles[row["article"]]) for row in rows]
    names = list(out[0])
    return np.array([[f[n] for n in names] for f in out]), names


def apart(claim: str, text: str) -> bool:
    """Does no sentence of the text come near the claim?"""
    quotes = relation.best_sentences(claim, text)
    return relation.nearness(claim, quotes) < relation.NEAR or relation.told(claim, quotes) < relation.TOLD


def strangers(rows: Rows, articles: dict[str, str]) -> float:
    """Share of claims for which `verify` says not_enough of another claim's article (the one 37 rows on, of another article)."""
    said: list[bool] = []
    for i, row in enumerate(rows):
        other = rows[(i + 37) % len(rows)]["article"]
        if other != row["article"]:
            said.append(relation.verify(row["claim"], articles[other])["relation"] == "not_enough")
    return sum(said) / len(said)


def fit(x: npt.NDArray[np.float64], y: npt.NDArray[np.int64], kind: str) -> Model:
    """Mean, scale, support rows, weights and bias."""
    from sklearn.linear_model import LogisticRegression

    gamma, penalty = SETTINGS[kind]
    mean, scale = x.mean(0), np.where(x.std(0) > 0, x.std(0), 1.0)
    support = np.clip((x - mean) / scale, -4, 4)
    model = LogisticRegression(C=penalty, max_iter=3000).fit(relation.kernel(support, support, gamma), y)
    return mean, scale, support, model.coef_, model.intercept_


def predict(model: Model, x: npt.NDArray[np.float64], kind: str) -> npt.NDArray[np.int64]:
    mean, scale, support, weights, bias = model
    near = relation.kernel(np.clip((x - mean) / scale, -4, 4), support, SETTINGS[kind][0])
    out: npt.NDArray[np.int64] = np.argmax(near @ weights.T + bias, axis=1)
    return out


def folds(groups: npt.NDArray[Any], seed: int | None) -> list[npt.NDArray[np.bool_]]:
    """Five parts of whole articles: those of scikit-learn's GroupKFold, or drawn by chance."""
    from sklearn.model_selection import GroupKFold

    if seed is None:
        return [np.isin(np.arange(len(groups)), test) for _, test in GroupKFold(5).split(groups, groups=groups)]
    ids = np.unique(groups)
    part = dict(zip(ids, np.random.default_rng(seed).permutation(len(ids)) % 5, strict=True))
    return [np.array([part[g] == k for g in groups]) for k in range(5)]


def cross_validated(rows: Rows, articles: dict[str, str] | None, seeds: Sequence[int | None] = (None,)) -> float:
    """Macro-F1 of 5-fold cross-validation by article, mean over the splits `seeds` (None: GroupKFold), with gold evidence or with what is found in
    `articles`; trained on the same kind. Texts too far apart count as not_enough, as in `verify`."""
    from sklearn.metrics import f1_score

    kind = "whole" if articles is None else "chosen"
    y = np.array([relation.LABELS.index(r["relation"]) for r in rows])
    groups = np.array([r["article"] for r in rows])
    x, _ = design(rows, articles)
    far = np.array([apart(r["claim"], r["evidence"] if articles is None else articles[r["article"]]) for r in rows])
    found = []
    for seed in seeds:
        guess = np.zeros(len(y), np.int64)
        for test in folds(groups, seed):
            guess[test] = predict(fit(x[~test], y[~test], kind), x[test], kind)
        guess[far] = relation.LABELS.index("not_enough")
        found.append(float(f1_score(y, guess, average="macro")))
    return float(np.mean(found))


def main() -> None:
    rows, articles = load(Path(sys.argv[1]))
    scores = {name: {"group_k_fold": cross_validated(rows, source), "ten_random": cross_validated(rows, source, range(10))} for name, source in (("gold", None), ("retrieved", articles))}
    sys.stdout.write(f"macro-F1 by article, 5-fold: {json.dumps(scores)}\n")
    y = np.array([relation.LABELS.index(r["relation"]) for r in rows])
    out: dict[str, Any] = {"version": "relation-5"}
    for kind, source in (("whole", None), ("chosen", articles)):
        x, names = design(rows, source)
        parts = zip(("mean", "scale", "support", "weights", "bias"), fit(x, y, kind), (6, 6, 3, 5, 5), strict=True)
        out[kind] = {"names": names, "gamma": SETTINGS[kind][0]} | {name: values.round(digits).tolist() for name, values, digits in parts}
    out["cross_validated"] = scores
    target = Path(str(files("processing.claims") / "data" / "relation.json"))
    target.write_text(json.dumps(out, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
