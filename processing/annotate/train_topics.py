"""Rebuild the topic model: `python -m processing.annotate.train_topics [--corpora FOLDER]`.

Learns from our own labelled leads (data/topics_train.txt) and from sentences of two MIT corpora (VNTC, ViFactCheck articles) that the phrases
of data/seeds.toml label: a sentence pair counts when at least two phrases speak for one topic and hardly any for another. Half of the time
the phrases themselves are taken out, so that the model learns the words around them instead of the rules (weak supervision in the manner of
Ratner et al. 2017, with drop-out of the rule's words). Multinomial logistic regression; sharpness (temperature, Guo et al. 2017) and the
threshold below which a text is `other` are set on the own leads by cross-validation. Deterministic.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from processing.annotate.chars import exact
from processing.annotate.topics import BITS, MODEL, OTHER, features, phrase_points, phrases, taxonomy
from processing.text import sentences

DATA = Path(__file__).parent / "data"
CORPORA = Path(__file__).resolve().parents[3] / "shared" / "data"
SEED = 7
PER_TOPIC = 1_200
OWN_WEIGHT = 6.0
PHRASE_SCALE = 0.5
"""Size of the phrase columns beside n-gram rows of length 1: smaller is trusted less."""
_DESKS = {
    "The thao": 300,
    "Van hoa": 300,
    "The gioi": 500,
    "Vi tinh": 150,
    "Khoa hoc": 150,
    "Phap luat": 300,
    "Doi song": 300,
    "Suc khoe": 300,
}
_FOREIGN = {"The thao", "Van hoa", "The gioi"}

Example = tuple[str, str, float]  # label, text, weight


def by_rules(text: str) -> tuple[str, float, float]:
    """(topic, points, points of the second) by counting distinct phrases; (`other`, 0, 0) without any. The baseline."""
    ranked = sorted(phrase_points("", text).items(), key=lambda item: -item[1])
    if not ranked:
        return OTHER, 0.0, 0.0
    return ranked[0][0], ranked[0][1], ranked[1][1] if len(ranked) > 1 else 0.0


def without_phrases(text: str, topic: str) -> str:
    """The text without the topic's phrases, in the form of `exact`."""
    forms = sorted((re.escape(form) for form, topics in phrases().items() if topic in topics), key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", " ", exact(text))


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def weak(corpora: Path) -> list[Example]:
    """Pairs of sentences labelled by the phrases, and whole articles of desks that hold no service or hazard of ours."""
    found: dict[str, list[Example]] = {topic: [] for topic in taxonomy()}
    rows = [*_lines(corpora / "topics" / "vntc.jsonl.gz"), *_lines(corpora / "claims" / "vifactcheck_articles.jsonl.gz")]
    pick = random.Random(SEED)  # noqa: S311
    pick.shuffle(rows)
    left = dict(_DESKS)
    hand = set(by_hand())
    for row in rows:
        desk = row.get("topic", "")
        if row["id"] in hand:
            continue
        if left.get(desk, 0) > 0:
            left[desk] -= 1
            label = by_rules(row["text"])[0] if desk == "Suc khoe" else OTHER
            if desk != "Suc khoe" or label in ("health", "food_safety"):
                found[label].append((label, row["text"], 1.0))
            continue
        if desk in _FOREIGN:
            continue
        parts = sentences(row["text"])[:8]
        for at in range(0, len(parts) - 1, 2):
            pair = f"{parts[at]} {parts[at + 1]}"
            if not 60 < len(pair) < 900:
                continue
            label, points, second = by_rules(pair)
            if label == OTHER:
                if len(found[OTHER]) < 2 * PER_TOPIC and pick.random() < 0.5:
                    found[OTHER].append((OTHER, pair, 1.0))
            elif points >= 1.7 and points - second >= 1.0 and len(found[label]) < PER_TOPIC:
                found[label].append((label, pair, 1.0))
                found[label].append((label, without_phrases(pair, label), 0.5))
    return [example for examples in found.values() for example in examples]


def by_hand() -> dict[str, str]:
    """Article id → label of the corpus articles that were labelled by hand."""
    lines = (DATA / "topics_vntc.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def own(corpora: Path) -> list[Example]:
    """Our own leads, and the corpus articles labelled by hand."""
    out = []
    for line in (DATA / "topics_train.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            label, text = line.split("|", 1)
            out.append((label, text, OWN_WEIGHT))
    hand = by_hand()
    out.extend((hand[row["id"]], row["text"], OWN_WEIGHT) for row in _lines(corpora / "topics" / "vntc.jsonl.gz") if row["id"] in hand)
    return out


def matrix(examples: list[Example]) -> csr_matrix:
    """Sublinear counts, one row an example."""
    indptr, indices, data = [0], [], []
    for _, text, _ in examples:
        columns, values = features("", text)
        indices.append(columns)
        data.append(values)
        indptr.append(indptr[-1] + len(columns))
    return csr_matrix((np.concatenate(data), np.concatenate(indices), np.array(indptr)), shape=(len(examples), 1 << BITS))


def _scaled(counts: csr_matrix, idf: NDArray[np.float64]) -> csr_matrix:
    scaled = counts.multiply(idf).tocsr()
    norms = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
    norms[norms == 0] = 1.0
    return scaled.multiply(1.0 / norms[:, None]).tocsr()


def _balanced(labels: list[str], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights scaled so that every label weighs the same in all, `other` three times as much."""
    kinds, index = np.unique(labels, return_inverse=True)
    total = np.bincount(index, weights=weight)
    goal = np.where(kinds == OTHER, 3.0, 1.0) * weight.sum() / (len(kinds) + 2)
    return np.asarray(weight * (goal / total)[index])


def fit(x: csr_matrix, y: list[str], weight: NDArray[np.float64]) -> LogisticRegression:
    model = LogisticRegression(C=12.0, max_iter=60, tol=1e-3)
    model.fit(x, y, sample_weight=weight)
    return model


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def calibrate(scores: NDArray[np.float64], truth: NDArray[np.int64], other: int) -> tuple[NDArray[np.float64], float]:
    """([sharpness, bias of `other`] with the least log loss, threshold with the best macro-F1), on held-out scores."""

    def mixed(mix: NDArray[np.float64]) -> NDArray[np.float64]:
        total = mix[0] * scores
        total[:, other] += mix[1]
        return _softmax(total)

    def loss(mix: NDArray[np.float64]) -> float:
        return float(-np.log(mixed(mix)[np.arange(len(truth)), truth] + 1e-9).mean())

    mix = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    chances = mixed(mix)

    def macro(threshold: float) -> float:
        said = chances.argmax(axis=1)
        said[chances.max(axis=1) < threshold] = other
        f1 = []
        for label in set(truth.tolist()):
            hit = int(((said == label) & (truth == label)).sum())
            f1.append(2 * hit / max(1, int((said == label).sum() + (truth == label).sum())))
        return float(np.mean(f1))

    return mix, float(max(np.arange(0.3, 0.7, 0.02), key=macro))


def with_phrases(x: csr_matrix, examples: list[Example], labels: list[str]) -> csr_matrix:
    """`x` with one more column a topic: the points of its phrases."""
    points = np.zeros((len(examples), len(labels)))
    for row, (_, text, _) in enumerate(examples):
        for topic, some in phrase_points("", text).items():
            points[row, labels.index(topic)] = PHRASE_SCALE * np.log1p(some)
    return hstack([x, csr_matrix(points)]).tocsr()


def train(corpora: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of the model file."""
    mine, theirs = own(corpora), weak(corpora)
    examples, names = mine + theirs, sorted(taxonomy())
    counts = matrix(examples)
    df = np.asarray((counts > 0).sum(axis=0)).ravel()
    idf = np.log((1 + len(examples)) / (1 + df)) + 1.0
    idf[df < 2] = 0.0
    x, y = with_phrases(_scaled(counts, idf), examples, names), [label for label, _, _ in examples]
    weight = _balanced(y, np.array([w for _, _, w in examples]))
    held: list[NDArray[np.float64]] = []
    order: list[int] = []
    folds = np.random.default_rng(SEED).integers(0, 3, len(mine))
    for fold in range(3):
        test = np.flatnonzero(folds == fold)
        keep = np.setdiff1d(np.arange(len(examples)), test)
        model = fit(x[keep], [y[i] for i in keep], weight[keep])
        held.append(model.decision_function(x[test]))
        order.extend(test.tolist())
    model = fit(x, y, weight)
    labels = model.classes_.tolist()
    truth = np.array([labels.index(y[i]) for i in order])
    mix, threshold = calibrate(np.vstack(held), truth, labels.index(OTHER))
    ngrams, points = model.coef_[:, : 1 << BITS], model.coef_[:, 1 << BITS :] * PHRASE_SCALE
    return {
        "labels": np.array(labels), "idf": idf.astype(np.float16), "weights": ngrams.astype(np.float16), "phrase_weights": points,
        "bias": model.intercept_.astype(np.float32), "mix": mix, "threshold": np.array(threshold), "examples": np.array([len(mine), len(theirs)]),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="rebuild the topic model")
    parser.add_argument(
        "--corpora", type=Path, default=CORPORA, help="folder with topics/vntc.jsonl.gz and claims/vifactcheck_articles.jsonl.gz"
    )
    parser.add_argument("--out", type=Path, default=MODEL)
    args = parser.parse_args()
    arrays = train(args.corpora)
    with args.out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    mine, theirs = arrays["examples"]
    said = (
        f"{mine} own leads, {theirs} weakly labelled; mix {np.round(arrays['mix'].astype(float), 2)}, threshold {arrays['threshold']:.2f}"
    )
    print(f"{args.out.name}: {said}")  # noqa: T201


if __name__ == "__main__":
    main()
