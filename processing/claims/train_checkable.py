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
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims import checkable, word_vectors
from processing.claims.diacritics import count, restored
from processing.claims.numbers import fold_keep
from processing.claims.vetoes import vetoed
from processing.text import fold, sentences

OPERATING_POINT = 0.65
BARE = 0.35  # taken from the logit of a sentence without diacritics: its words tell less, and unsure is not checkable
SINGLE = ("n_single", "s_prose", "h_news", "h_mix", "h_rumour", "w_post", "w_value")  # written one by one: a template family says one thing many times
WEIGHT_SINGLE, WEIGHT_WILD = 5.0, 0.5
PENALTY, PENALTY_BARE, VECTORS, CUES = 0.3, 0.2, 3.0, 0.7  # of the logistic models; what the columns are multiplied by before
CLAIMS, NEWS = 150, 300  # statements in the wild that are learned from

Row = dict[str, Any]
Vectors = dict[str, npt.NDArray[np.float64]]


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
    return not vetoed(masked) and not checkable.cues(fold_keep(plain), places)["first"]


class Columns:
    """Turns sentences into rows: cues, then the mean vector of the words that have one."""

    def __init__(self, *vectors: Vectors) -> None:
        """`vectors` of words as they are spelt; of those without diacritics and of those restored."""
        self._vectors = vectors
        self.names = list(checkable.cues("", 0))

    def of(self, texts: list[str]) -> npt.NDArray[np.float64]:
        size = word_vectors.DIMENSIONS
        out = np.zeros((len(texts), len(self.names) + size * len(self._vectors)))
        for i, text in enumerate(texts):
            _, plain, places = checkable.read(text)
            values = checkable.cues(fold_keep(plain), places)
            out[i, : len(self.names)] = [CUES * values[n] for n in self.names]
            for at, vectors in enumerate(self._vectors):
                found = [vectors[w] for w in checkable.words(restored(plain) if at else plain, vectors.get) if w in vectors]
                if found:
                    out[i, len(self.names) + at * size :][:size] = VECTORS * np.mean(found, axis=0)
        return out


def _veto(texts: list[str]) -> npt.NDArray[np.bool_]:
    return np.array([bool(vetoed(checkable.read(text)[0])) for text in texts])


def figures(p: npt.NDArray[np.float64], y: npt.NDArray[np.int64], at: float) -> tuple[float, float]:
    """Precision and recall of p ≥ at."""
    hit = p >= at
    return float((hit & (y == 1)).sum() / max(hit.sum(), 1)), float((hit & (y == 1)).sum() / max((y == 1).sum(), 1))


def view(folder: Path, data: list[Row], spelt: Vectors, folded: Vectors | None = None) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """The weights for sentences with diacritics or, where there are vectors of words without (`folded`), for sentences without: learned from the same ones
    without them and from posts written so. And figures."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    bare = folded is not None
    tables = [folded, spelt] if folded is not None else [spelt]
    columns = Columns(*tables)
    train = [r for r in data if r["split"] == "train" and (bare or not r["text"].isascii())]
    test = [r for r in data if r["split"] == "test"]
    whole = [*train, *wild(folder)]
    told, asked = ([fold(r["text"]) if bare else r["text"] for r in some] for some in (whole, test))
    x, y, yt = columns.of(told), np.array([r["label"] for r in whole]), np.array([r["label"] for r in test])
    weight = np.array([WEIGHT_WILD if r["family"] == "wild" else WEIGHT_SINGLE if r["family"] in SINGLE else 1.0 for r in whole])
    groups = [f"{r['family']} {i % 10}" if r["family"] in (*SINGLE, "wild") else r["family"] for i, r in enumerate(whole)]
    shift = BARE if bare else 0.0
    model = LogisticRegression(C=PENALTY_BARE if bare else PENALTY, max_iter=3000)
    p = cross_val_predict(model, x, y, groups=groups, cv=GroupKFold(5), method="decision_function", params={"sample_weight": weight})[: len(train)] - shift
    p[_veto(told[: len(train)])] = -np.inf
    model.fit(x, y, sample_weight=weight)
    pt = model.decision_function(columns.of(asked)) - shift
    pt[_veto(asked)] = -np.inf
    at = float(np.log(OPERATING_POINT / (1 - OPERATING_POINT)))
    kept = {"cross_validated": figures(p, y[: len(train)], at), "unseen_families": figures(pt, yt, at)}
    out: dict[str, Any] = {"bias": float(model.intercept_[0]) - shift, "cues": {n: CUES * float(w) for n, w in zip(columns.names, model.coef_[0], strict=False)}}
    for name, vectors, weights in zip(("words", "restored"), tables, np.split(model.coef_[0][len(columns.names) :], len(tables)), strict=False):
        found = {w: round(VECTORS * float(v @ weights), 3) for w, v in sorted(vectors.items())}
        out[name] = {"key": [checkable.key(w) for w in found], "weight": list(found.values())}
    return out, {name: [round(v, 4) for v in pair] for name, pair in kept.items()}


def main() -> None:
    folder, data = Path(sys.argv[1]), rows()
    target, articles = Path(str(files("processing.claims") / "data")), folder / "topics" / "vntc.jsonl.gz"
    count(articles, target / "syllables.npz")
    spelt, folded = word_vectors.learn(articles), word_vectors.learn(articles, fold=True)
    out: dict[str, Any] = {"version": "checkable-4", "operating_point": OPERATING_POINT, "sentences": len(data)}
    for name, vectors in (("marked", [spelt]), ("folded", [spelt, folded])):
        out[name], out[f"figures_{name}"] = view(folder, data, *vectors)
        sys.stdout.write(f"{name}: precision and recall {out[f'figures_{name}']}\n")
    (target / "checkable_model.json").write_text(json.dumps(out, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
