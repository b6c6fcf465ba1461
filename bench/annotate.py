"""Annotation: places and topics on labelled texts, words against underthesea, the classifier on VNTC, and documents per second.

`python -m bench.annotate`. Real texts come from the development data and stay there; its figures are left out where it is absent.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

Row = tuple[str, str, str, str]
ROOT = Path(__file__).resolve().parent.parent


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _places() -> list[Row]:
    from processing.annotate.places import Places
    from tests.annotate import placedata

    places = Places()
    sets = {"": placedata.FILE, "second set: ": placedata.SECOND}
    scored = [(name, [row for row in placedata.read(places.gazetteer, file) if row.test]) for name, file in sets.items()]
    out = []
    for name, sentences, level, (precision, recall) in [(n, s, *item) for n, s in scored for item in placedata.score(places, s).items()]:
        target = "≥ .95 / .90" if level == "province" else "≥ .85 / .75"
        out.append(
            (
                f"places: {name}{level}, precision / recall ({len(sentences)} test sentences)",
                f"{precision:.3f} / {recall:.3f}",
                "epitweetr .30",
                target,
            )
        )
    return out


def _topics(shared: Path) -> list[Row]:
    from processing.annotate.topics import Topics
    from processing.annotate.train_topics import by_rules
    from tests.annotate import topicdata

    topics = Topics.load()
    sets = {"written leads": [(label, "", text) for label, text in topicdata.read()]}
    if (shared / "news").exists():
        sets["real articles"] = topicdata.read_real(shared)
        sets["both"] = sets["written leads"] + sets["real articles"]
    held = {"openings of news, development": topicdata.read_openings()}
    if (shared / "claims").exists():
        held["ViFactCheck articles, development"] = topicdata.read_development(shared, "vifact")
        held["VNTC articles in doubt, development"] = topicdata.read_development(shared, "vntc")
    out = []
    for name, rows in (sets | held).items():
        pairs = [(label, text) for label, _, text in rows]
        said = {text: topics.classify(title, text) for _, title, text in rows}
        model = topicdata.macro_f1(pairs, lambda text, said=said: said[text][0])  # type: ignore[misc]
        rules = topicdata.macro_f1(pairs, lambda text: by_rules(text)[0])
        error = topicdata.calibration_error([(said[text][1], said[text][0] == label) for label, text in pairs])
        out.append(
            (
                f"topics: macro-F1, {name} ({len(rows)})",
                f"{model:.3f}",
                f"keyword rules {rules:.3f}",
                "" if name in held else "≥ .80, rules + .10",
            )
        )
        out.append((f"topics: calibration error, {name}", f"{error:.3f}", "", "" if name in held else "≤ .05"))
    return out


def _vntc(shared: Path) -> list[Row]:
    """Five folds of the desks: the features of the topic model, over whole articles and more columns, under a linear classifier."""
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    from processing.annotate.topics import features

    whole = {"bits": 22, "lead": 5_000, "first": 5_000}
    rows = list(_lines(shared / "topics" / "vntc.jsonl.gz"))
    indptr, columns, values = [0], [], []
    for row in rows:
        found, counts = features("", row["text"], **whole)
        columns.append(found)
        values.append(counts)
        indptr.append(indptr[-1] + len(found))
    x = csr_matrix((np.concatenate(values), np.concatenate(columns), np.array(indptr)), shape=(len(rows), 1 << whole["bits"]))
    df = np.asarray((x > 0).sum(axis=0)).ravel()
    idf = np.where(df > 1, np.log((1 + len(rows)) / (1 + df)) + 1.0, 0.0)
    x = x.multiply(idf).tocsr()
    x = x.multiply(1 / np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())[:, None]).tocsr()
    y = np.array([row["topic"] for row in rows])
    folds = np.random.default_rng(7).integers(0, 5, len(rows))
    right = 0
    for fold in range(5):
        model = LinearSVC(C=1.0).fit(x[folds != fold], y[folds != fold])
        right += int((model.predict(x[folds == fold]) == y[folds == fold]).sum())
    return [("topics: VNTC desks, 5 folds, accuracy", f"{right / len(rows):.3f}", "linear SVM .93", "≥ .93")]


def _speed(shared: Path) -> list[Row]:
    from underthesea import word_tokenize

    from processing import search
    from processing.annotate import segment
    from processing.annotate.core import Annotator

    texts = []
    for row in _lines(shared / "news" / "vietnews.jsonl.gz"):
        texts.append((row["title"], " ".join(row["text"].split(" ")[:400])))
        if len(texts) == 250:
            break
    annotator = Annotator.load()
    warm, measured = texts[:50], texts[50:]
    for title, text in warm:
        annotator.analyse(text, title)

    def per_second(work: Callable[[str, str], object], some: list[tuple[str, str]]) -> float:
        begin = time.process_time()
        for title, text in some:
            work(title, text)
        return len(some) / (time.process_time() - begin)

    same = total = 0
    for _, text in measured[:30]:
        for sentence in segment.sentences(text):
            same += segment.words(sentence) == word_tokenize(sentence, use_token_normalize=False)
            total += 1
    under = per_second(lambda _, text: word_tokenize(text), measured[:40])
    ours = per_second(lambda _, text: segment.words_of(segment.sentences(text)), measured)
    everything = per_second(lambda title, text: annotator.analyse(text, title), measured)
    cut = per_second(search.vector, measured)
    return [
        ("words: sentences equal to underthesea's", f"{same}/{total}", "", "all"),
        ("words: documents of 400 words per core-second", f"{ours:.0f}", f"underthesea {under:.0f}", "faster"),
        ("annotate, everything: documents per core-second", f"{everything:.0f}", f"underthesea words alone {under:.0f}", "≥ 40"),
        ("search: a document cut for the index, ms", f"{1000 / cut:.2f}", "", ""),
    ]


def rows(shared: Path) -> list[Row]:
    """(name, ours, reference, target) of every figure."""
    out = _places() + _topics(shared)
    if (shared / "topics").exists():
        out += _vntc(shared) + _speed(shared)
    return out


def main() -> None:
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    for row in rows(shared):
        print(" | ".join(row))


if __name__ == "__main__":
    main()
