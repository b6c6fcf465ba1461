"""Rebuild data/checkable_model.json from data/checkable.jsonl: `python -m processing.claims.train_checkable`.

Training families and test families are disjoint; the operating point is the lowest threshold with precision ≥ 0.97 on five-fold predictions over
training families, not below 0.5. Prints the figures on the unseen families.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims import checkable
from processing.claims.mask import mask
from processing.claims.numbers import fold_keep
from processing.text import clean

Row = dict[str, Any]


def rows() -> list[Row]:
    """The labelled sentences: {"text", "label" 1/0, "family", "split" train/test}."""
    raw = (files("processing.claims") / "data" / "checkable.jsonl").read_text("utf-8")
    return [json.loads(line) for line in raw.splitlines()]


def matrix(data: list[Row]) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Cue columns, then hashed n-grams scaled by the square root of their number."""
    names = list(checkable.cues("", ""))
    out = np.zeros((len(data), len(names) + checkable.BUCKETS))
    for i, row in enumerate(data):
        text = mask(clean(row["text"]))
        values = checkable.cues(text, fold_keep(text))
        out[i, : len(names)] = [values[n] for n in names]
        found = checkable.grams(text)
        out[i, len(names) + found] = 1 / max(np.sqrt(len(found)), 1.0)
    return out, names


def _veto(data: list[Row]) -> npt.NDArray[np.bool_]:
    return np.array([bool(checkable.vetoed(fold_keep(mask(clean(r["text"]))))) for r in data])


def figures(p: npt.NDArray[np.float64], y: npt.NDArray[np.int64], at: float) -> tuple[float, float]:
    """Precision and recall of p ≥ at."""
    hit = p >= at
    return float((hit & (y == 1)).sum() / max(hit.sum(), 1)), float((hit & (y == 1)).sum() / max((y == 1).sum(), 1))


def main() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    data = rows()
    train, test = ([r for r in data if r["split"] == s] for s in ("train", "test"))
    (x, names), (xt, _) = matrix(train), matrix(test)
    y, yt = (np.array([r["label"] for r in part]) for part in (train, test))
    groups = np.array([r["family"] for r in train])
    model = LogisticRegression(C=1.0, max_iter=2000)
    p = cross_val_predict(model, x, y, groups=groups, cv=GroupKFold(5), method="predict_proba")[:, 1]
    p[_veto(train)] = checkable.VETOED
    point = next((t for t in np.arange(0.5, 0.95, 0.01) if figures(p, y, t)[0] >= 0.97), 0.9)
    model.fit(x, y)
    pt = model.predict_proba(xt)[:, 1]
    pt[_veto(test)] = checkable.VETOED
    unseen, cross = figures(pt, yt, point), figures(p, y, point)
    weights = model.coef_[0][len(names) :]
    index = np.flatnonzero(np.abs(weights) > 1e-4)
    out = {
        "version": "checkable-1", "operating_point": round(float(point), 4), "bias": float(model.intercept_[0]),
        "cues": dict(zip(names, map(float, model.coef_[0][: len(names)]), strict=True)),
        "index": index.tolist(), "weight": [round(float(w), 5) for w in weights[index]],
        "sentences": len(data), "cross_validated": [round(v, 4) for v in cross], "unseen_families": [round(v, 4) for v in unseen],
    }  # fmt: skip
    target = Path(str(files("processing.claims") / "data" / "checkable_model.json"))
    target.write_text(json.dumps(out, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(f"operating point {point:.2f}; by family 5-fold P {cross[0]:.3f} R {cross[1]:.3f}; unseen families P {unseen[0]:.3f} R {unseen[1]:.3f}\n")


if __name__ == "__main__":
    main()
