"""Rebuild data/checkable_model.json: `python -m processing.claims.train_checkable FOLDER` (the folder of the development data).

A logistic model over cues and the mean vector of a sentence's words (`word_vectors.py`, VNTC). Learned from the training part of data/checkable.jsonl, and from
some statements in the wild that no rule rules out: claims of ViFactCheck and sentences of VNTC (both MIT), taken as checkable unread, at half weight.
What is kept is one weight a word, under a hash, with diacritics and without. Test families are disjoint from training. The operating point is set by
hand, so that nothing of the opinion suite passes. Prints the figures on the unseen families.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims import checkable, word_vectors
from processing.claims.mask import mask
from processing.claims.numbers import fold_keep
from processing.text import clean, sentences

OPERATING_POINT = 0.65
SINGLE = ("n_single", "s_prose", "h_news", "h_mix", "h_rumour")  # written one by one: a template family says one thing many times
WEIGHT_SINGLE, WEIGHT_WILD = 5.0, 0.5
PENALTY, VECTORS, CUES = 0.3, 3.0, 0.7  # of the logistic model; what the columns are multiplied by before
CLAIMS, NEWS = 150, 300  # statements in the wild that are learned from

Row = dict[str, Any]


def rows() -> list[Row]:
    """The labelled sentences: {"text", "label" 1/0, "family", "split" train/test}."""
    raw = (files("processing.claims") / "data" / "checkable.jsonl").read_text("utf-8")
    return [json.loads(line) for line in raw.splitlines()]


def wild(folder: Path) -> list[Row]:
    """Statements of published claims and news: sentences of 8 to 45 syllables in the third person that no rule rules out."""
    with (folder / "claims" / "vifactcheck.jsonl").open(encoding="utf-8") as lines:
        claims = [str(json.loads(line)["claim"]) for line in lines]
    news = []
    with gzip.open(folder / "topics" / "vntc.jsonl.gz", "rt", encoding="utf-8") as lines:
        for i, line in enumerate(lines):
            if i % 6 == 0:
                news += [s for s in sentences(json.loads(line)["text"])[:6] if 8 <= len(s.split()) <= 45 and not set(s) & set('"“!?')][1:2]
    kept = [[s for s in found if len(s.split()) < 60 and _impersonal(s)] for found in (claims, news)]
    chosen = [found[:: max(len(found) // most, 1)][:most] for found, most in zip(kept, (CLAIMS, NEWS), strict=True)]
    return [{"text": s, "label": 1, "family": "wild", "split": "train"} for found in chosen for s in found]


def _impersonal(sentence: str) -> bool:
    masked, plain, places = checkable.read(sentence)
    return not checkable.vetoed(masked) and not checkable.cues(fold_keep(plain), places)["first"]


class Columns:
    """Turns sentences into rows: cues, then the mean vector of the words that have one."""

    def __init__(self, vectors: dict[str, npt.NDArray[np.float64]]) -> None:
        self._vectors = vectors
        self.names = list(checkable.cues("", 0))

    def of(self, data: list[Row]) -> npt.NDArray[np.float64]:
        out = np.zeros((len(data), len(self.names) + word_vectors.DIMENSIONS))
        for i, row in enumerate(data):
            _, plain, places = checkable.read(row["text"])
            values = checkable.cues(fold_keep(plain), places)
            out[i, : len(self.names)] = [CUES * values[n] for n in self.names]
            found = [self._vectors[w] for w in checkable.words(plain, self._vectors.get) if w in self._vectors]
            if found:
                out[i, len(self.names) :] = VECTORS * np.mean(found, axis=0)
        return out


def tables(vectors: dict[str, npt.NDArray[np.float64]], often: Counter[str], weights: npt.NDArray[np.float64]) -> dict[str, dict[str, list[Any]]]:
    """The weight of every word, and of every folded form the mean of the words that fold to it, by how often they occur."""
    marked = {w: VECTORS * float(v @ weights) for w, v in vectors.items()}
    mass: Counter[str] = Counter()
    total: dict[str, float] = {}
    for word, weight in marked.items():
        form = fold_keep(word)
        mass[form] += often[word]
        total[form] = total.get(form, 0.0) + weight * often[word]
    folded = {form: total[form] / mass[form] for form in total}
    return {
        name: {"key": [checkable.key(w) for w in sorted(table)], "weight": [round(table[w], 3) for w in sorted(table)]}
        for name, table in (("marked", marked), ("folded", folded))
    }


def _veto(data: list[Row]) -> npt.NDArray[np.bool_]:
    return np.array([bool(checkable.vetoed(mask(clean(r["text"])))) for r in data])


def figures(p: npt.NDArray[np.float64], y: npt.NDArray[np.int64], at: float) -> tuple[float, float]:
    """Precision and recall of p ≥ at."""
    hit = p >= at
    return float((hit & (y == 1)).sum() / max(hit.sum(), 1)), float((hit & (y == 1)).sum() / max((y == 1).sum(), 1))


def main() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    folder, data = Path(sys.argv[1]), rows()
    vectors, often = word_vectors.learn(folder / "topics" / "vntc.jsonl.gz")
    columns = Columns(vectors)
    train, test = ([r for r in data if r["split"] == s] for s in ("train", "test"))
    whole = [*train, *wild(folder)]
    x, y = columns.of(whole), np.array([r["label"] for r in whole])
    weight = np.array([WEIGHT_WILD if r["family"] == "wild" else WEIGHT_SINGLE if r["family"] in SINGLE else 1.0 for r in whole])
    groups = [f"{r['family']} {i % 10}" if r["family"] in (*SINGLE, "wild") else r["family"] for i, r in enumerate(whole)]
    model = LogisticRegression(C=PENALTY, max_iter=3000)
    p = cross_val_predict(model, x, y, groups=groups, cv=GroupKFold(5), method="predict_proba", params={"sample_weight": weight})[: len(train), 1]
    p[_veto(train)] = checkable.VETOED
    model.fit(x, y, sample_weight=weight)
    pt, yt = model.predict_proba(columns.of(test))[:, 1], np.array([r["label"] for r in test])
    pt[_veto(test)] = checkable.VETOED
    cross, unseen = figures(p, y[: len(train)], OPERATING_POINT), figures(pt, yt, OPERATING_POINT)
    out = {
        "version": "checkable-3", "operating_point": OPERATING_POINT, "bias": float(model.intercept_[0]),
        "cues": {n: CUES * float(w) for n, w in zip(columns.names, model.coef_[0], strict=False)},
        **tables(vectors, often, model.coef_[0][len(columns.names) :]),
        "sentences": len(data), "in_the_wild": len(whole) - len(train), "cross_validated": [round(v, 4) for v in cross], "unseen_families": [round(v, 4) for v in unseen],
    }  # fmt: skip
    target = Path(str(files("processing.claims") / "data" / "checkable_model.json"))
    target.write_text(json.dumps(out, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(f"by family 5-fold P {cross[0]:.3f} R {cross[1]:.3f}; unseen families P {unseen[0]:.3f} R {unseen[1]:.3f}\n")


if __name__ == "__main__":
    main()
