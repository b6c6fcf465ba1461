"""Rebuild data/checkable_model.json: `python -m processing.claims.train_checkable FOLDER` (the folder of the development data).

Learned from the training families of data/checkable.jsonl, and from statements in the wild that no rule rules out: the claims of ViFactCheck and one sentence of
every sixth VNTC article (both MIT; only weights of hashed n-grams are kept). The latter are taken as checkable unread; what was written by hand to be not
checkable weighs more, so that news prose teaches form and not topic. Test families are disjoint from training. The operating point is set high by
hand, so that nothing of the opinion suite passes. Prints the figures on the unseen families.
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

from processing.claims import checkable
from processing.claims.mask import mask
from processing.claims.numbers import fold_keep
from processing.text import clean, sentences

OPERATING_POINT = 0.75
WEIGHTS = {"n_single": 5.0}  # of a family; else 2 for what is not checkable, 1 for what is

Row = dict[str, Any]


def rows() -> list[Row]:
    """The labelled sentences: {"text", "label" 1/0, "family", "split" train/test}."""
    raw = (files("processing.claims") / "data" / "checkable.jsonl").read_text("utf-8")
    return [json.loads(line) for line in raw.splitlines()]


def real(folder: Path) -> list[Row]:
    """Statements of published claims and news: sentences of 8 to 45 syllables in the third person that no rule rules out."""
    with (folder / "claims" / "vifactcheck.jsonl").open(encoding="utf-8") as lines:
        found = [str(json.loads(line)["claim"]) for line in lines]
    with gzip.open(folder / "topics" / "vntc.jsonl.gz", "rt", encoding="utf-8") as lines:
        for i, line in enumerate(lines):
            if i % 6 == 0:
                found += [s for s in sentences(json.loads(line)["text"])[:6] if 8 <= len(s.split()) <= 45 and not set(s) & set('"“!?')][1:2]
    return [{"text": s, "label": 1, "family": f"real {i % 5}", "split": "train"} for i, s in enumerate(found) if len(s.split()) < 60 and _impersonal(s)]


def _impersonal(sentence: str) -> bool:
    text = mask(clean(sentence))
    folded = fold_keep(text)
    return not checkable.vetoed(folded) and not checkable.cues(text, folded)["first"]


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
    wild = real(Path(sys.argv[1]))
    (x, names), (xw, _), (xt, _) = matrix(train), matrix(wild), matrix(test)
    y, yt = (np.array([r["label"] for r in part]) for part in (train, test))
    weight = np.array([WEIGHTS.get(r["family"], 1.0 if r["label"] else 2.0) for r in train])
    groups = np.array([r["family"] for r in [*train, *wild]])
    whole, labels, weights = np.vstack([x, xw]), np.concatenate([y, np.ones(len(wild), int)]), np.concatenate([weight, np.ones(len(wild))])
    model = LogisticRegression(C=1.0, max_iter=2000)
    p = cross_val_predict(model, whole, labels, groups=groups, cv=GroupKFold(5), method="predict_proba", params={"sample_weight": weights})[: len(train), 1]
    p[_veto(train)] = checkable.VETOED
    point = OPERATING_POINT
    model.fit(whole, labels, sample_weight=weights)
    pt = model.predict_proba(xt)[:, 1]
    pt[_veto(test)] = checkable.VETOED
    unseen, cross = figures(pt, yt, point), figures(p, y, point)
    grams = model.coef_[0][len(names) :]
    index = np.flatnonzero(np.abs(grams) > 1e-4)
    out = {
        "version": "checkable-2", "operating_point": round(float(point), 4), "bias": float(model.intercept_[0]),
        "cues": dict(zip(names, map(float, model.coef_[0][: len(names)]), strict=True)),
        "index": index.tolist(), "weight": [round(float(w), 5) for w in grams[index]],
        "sentences": len(data), "in_the_wild": len(wild), "cross_validated": [round(v, 4) for v in cross], "unseen_families": [round(v, 4) for v in unseen],
    }  # fmt: skip
    target = Path(str(files("processing.claims") / "data" / "checkable_model.json"))
    target.write_text(json.dumps(out, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(f"operating point {point:.2f}; by family 5-fold P {cross[0]:.3f} R {cross[1]:.3f}; unseen families P {unseen[0]:.3f} R {unseen[1]:.3f}\n")


if __name__ == "__main__":
    main()
