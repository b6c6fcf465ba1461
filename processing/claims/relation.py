"""How an evidence text relates to a claim: supports, contradicts or not enough. A triage score for ordering evidence, never shown as a verdict.

What a reviewer sees is `differences` ("number: 12 ↔ 2") and the quoted sentences. Features are overlap, alignment and stated differences; a
multinomial logistic model over a Gaussian kernel of them (Zhu and Hastie 2005), stored as plain arrays in data/relation.json (trained on ViFactCheck, MIT; rebuild with
`python -m processing.claims.train_relation FOLDER`).
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims.align import align
from processing.claims.differences import agreement, compare
from processing.claims.facts import extract
from processing.claims.mask import mask
from processing.claims.numbers import fold_keep
from processing.claims.opposites import FILLERS
from processing.claims.runs import runs
from processing.claims.semantics import PairScorer
from processing.claims.tokens import tokens
from processing.text import clean, sentences

LABELS = ("supports", "contradicts", "not_enough")
MAX_SENTENCES = 400
KEEP, SHOWN = 5, 3  # sentences laid beside the claim, and quoted of them
ALIGNED, ASKED, GAIN = 8, 15, 0.1  # sentences aligned one by one; asked for cover; the least share of the claim that a further one must add
# Nearness of the best single sentence (share of the claim's content words + of its pairs) below which the texts are not about one thing. Of claims laid beside
# an article of another story 96 % fall below, of claims beside their own article none that it supports or contradicts but 1 in 160.
NEAR = 0.4
# The same without names of places, bodies and persons: below it the text is about the same subject and another matter. Of gold evidence that supports or
# contradicts 3 in 100 fall below, of gold evidence that is not enough 7; of sentences written about the same subject 8 of 14.
TOLD = 0.25
REACH = 4  # content words that a denial governs
FEW = 2  # up to so many sentences are compared whole: three sentences retrieved are judged at .40 so, and at .63 as a longer text
MAX_CLAIM, MAX_EVIDENCE, MAX_COMPARED = 5_000, 100_000, 10_000  # characters read of each, and of the sentences laid beside the claim
MAX_QUOTE = 1_000
_FILLERS = frozenset(map(fold_keep, FILLERS))
KINDS = ("number", "unit", "date", "place", "organisation", "name", "negation", "opposite")


def _content(text: str) -> list[str]:
    return [t for t in tokens(fold_keep(text)) if t not in _FILLERS]


def _grams(text: str, n: int) -> set[str]:
    joined = " ".join(tokens(fold_keep(text)))
    return {joined[i : i + n] for i in range(max(len(joined) - n + 1, 1))}


def best_sentences(claim: str, evidence: str, keep: int = KEEP) -> list[str]:
    """The sentences of `evidence` nearest the claim, best first: rare shared words weigh more."""
    parts = sentences(evidence)[:MAX_SENTENCES]
    if len(parts) <= 1:
        return parts
    bags = [_weighted_tokens(p) for p in parts]
    df: dict[str, int] = {}
    for bag in bags:
        for term in bag:
            df[term] = df.get(term, 0) + 1
    want = _weighted_tokens(claim)
    n, mean = len(parts), sum(map(len, bags)) / len(parts)

    def value(i: int) -> float:
        shared = sum(np.log1p((n - df[t] + 0.5) / (df[t] + 0.5)) for t in want & bags[i])
        return float(shared / (0.4 + 0.6 * len(bags[i]) / mean) ** 0.4)

    order = sorted(range(n), key=lambda i: (-value(i), i))
    return [parts[i] for i in order[:keep]]


def covering(claim: str, candidates: list[str], keep: int = KEEP) -> list[str]:
    """The fewest of `candidates` (best first) that together hold what they all hold of the claim: each adds GAIN of its content words and their pairs."""
    words = _content(claim)
    want: set[Any] = {*words, *pairwise(words)}
    left = [(quote, want & {*held, *pairwise(held)}) for quote in candidates for held in [_content(quote)]]
    chosen: list[str] = []
    have: set[Any] = set()
    while left and len(chosen) < keep:
        quote, holds = max(left, key=lambda pair: len(pair[1] - have))  # of equals the first
        if chosen and len(holds - have) < GAIN * len(want):
            break
        chosen.append(quote)
        have |= holds
        left.remove((quote, holds))
    return chosen


def wide(claim: str, evidence: str) -> dict[str, float]:
    """Features of a claim beside a longer text: stretches over ALIGNED sentences, and `features` of the few that cover it and of the KEEP nearest."""
    parts, order = sentences(evidence), best_sentences(claim, evidence, ASKED)
    plain = mask(claim)
    out = {f"r_{name}": value for name, value in runs(plain, order[:ALIGNED]).items()}
    for prefix, quotes in (("c_", covering(claim, order)), ("", order[:KEEP])):
        joined = " ".join(q for q in parts if q in quotes)[:MAX_COMPARED]
        out |= {f"{prefix}{name}": value for name, value in features(plain, joined, scoped=False).items()}
    return out


def _weighted_tokens(text: str) -> set[str]:
    toks = tokens(fold_keep(text))
    return set(toks) | {f"{a} {b}" for a, b in pairwise(toks)} | _grams(text, 4)


def nearness(claim: str, quotes: list[str]) -> float:
    """How much of the claim the best single sentence holds: share of its content words plus share of its word pairs, 0 to 2."""
    words = _content(mask(claim))
    single, pairs = set(words), set(pairwise(words))
    best = 0.0
    for quote in quotes:
        other = _content(quote)
        best = max(best, len(single & set(other)) / max(len(single), 1) + len(pairs & set(pairwise(other))) / max(len(pairs), 1))
    return best


def told(claim: str, quotes: list[str]) -> float:
    """Share of the claim's content words, names left out, that the best single sentence holds; 1 for a claim that is names alone."""
    plain = mask(claim)
    names = {word for name in extract(plain).names for word in name.split()}
    words = set(_content(plain)) - names
    return max((len(words & set(_content(quote))) / len(words) for quote in quotes), default=0.0) if words else 1.0


def denials(text: str, other: str) -> int:
    """Denials of `text` that govern a word of `other`, or a whole report ("bác bỏ tin …"): "phần lớn chưa tiêm" denies nothing of a claim that no one is vaccinated in."""
    words, facts = set(_content(other)), extract(text)
    if not facts.negations:
        return 0
    toks, found = tokens(facts.folded), 0
    for at, token in enumerate(toks):
        if " ".join(toks[at : at + 2]) in _REFUSALS or " ".join(toks[at : at + 3]) in _REFUSALS:
            found += 1
        elif token in _DENIALS:
            governed = [t for t in toks[at + 1 : at + 1 + 2 * REACH] if t not in _FILLERS][:REACH]
            found += any(t in words for t in governed)
    return min(found, facts.negations)


_DENIALS = frozenset({"khong", "chua", "chang", "not", "no", "never", "ko"})
_REFUSALS = frozenset({"bac bo", "phu nhan", "dinh chinh", "khong co chuyen", "khong co viec"})


def features(claim: str, evidence: str, scoped: bool = True) -> dict[str, float]:
    """Named features of a pair of NFC texts. `scoped`: only denials that govern words of the claim count; among many sentences every one does."""
    left, right = extract(claim), extract(evidence)
    a, b = _content(claim), _content(evidence)
    sa, sb = set(a), set(b)
    pa, pb = set(pairwise(a)), set(pairwise(b))
    ca, cb = _grams(claim, 4), _grams(evidence, 4)
    novel = [t for t in a if t not in sb]
    runs, longest = 0, 0
    for t in a:
        runs = 0 if t in sb else runs + 1
        longest = max(longest, runs)
    changed = align(claim, evidence)
    differences = compare(left, right)
    mine, theirs = left.negations, denials(evidence, claim) if scoped else right.negations
    agree = agreement(right, left)
    out = {
        "cover1": len(sa & sb) / max(len(sa), 1), "cover2": len(pa & pb) / max(len(pa), 1), "cover_c4": len(ca & cb) / max(len(ca), 1),
        "back1": len(sa & sb) / max(len(sb), 1), "back2": len(pa & pb) / max(len(pb), 1), "back_c4": len(ca & cb) / max(len(cb), 1),
        "novel": min(len(novel), 20) / 10, "novel_share": len(novel) / max(len(a), 1), "longest_novel": min(longest, 12) / 6,
        "len_claim": np.log1p(len(a)), "len_ratio": np.log((len(a) + 1) / (len(b) + 1)), "replaced": changed.replaced, "one_sided": changed.one_sided,
        "edit": changed.ratio, "agree_numbers": agree["numbers"], "agree_dates": agree["dates"], "agree_places": agree["places"],
        "agree_names": agree["names"], "novel_numbers": float(sum(t.isdigit() and t not in sb for t in a)),
        "negations": float(min(abs(mine - theirs), 3)), "claim_negated": float(mine > 0), "only_claim_negated": float(mine > 0 and theirs == 0),
        "numbers_claim": float(min(len(left.quantities) + len(left.moments), 4)),
    }  # fmt: skip
    out |= {f"d_{kind}": float(min(sum(d.kind == kind for d in differences), 2)) for kind in KINDS}
    folded = f" {fold_keep(claim)} "
    out |= {f"w_{i}": float(any(f" {w} " in folded for w in words)) for i, words in enumerate(_CUES)}
    return {name: float(v) for name, v in out.items()}


# Words whose presence in a claim tells on the relation: absolute, negative, restricting, adding, hedging.
_CUES = (
    ("tat ca", "toan bo", "hoan toan", "luon", "moi nguoi", "duy nhat", "chi", "chi co"),
    ("khong", "chua", "khong he", "chang"),
    ("ngoai ra", "ben canh do", "dong thoi", "ngoai viec", "cung"),
    ("co the", "du kien", "se", "mong muon", "hy vong"),
    ("nhat", "dau tien", "lon nhat", "cao nhat"),
    ("vi", "do", "boi", "nham", "de"),
    ("giam", "it", "thap", "kem", "cham"), ("tang", "nhieu", "cao", "manh", "nhanh"),
)  # fmt: skip


@cache
def _model(kind: str) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads((files("processing.claims") / "data" / "relation.json").read_text("utf-8"))[kind]
    return {name: np.array(value) if isinstance(value, list) and name != "names" else value for name, value in raw.items()}


def kernel(x: npt.NDArray[np.float64], support: npt.NDArray[np.float64], gamma: float) -> npt.NDArray[np.float64]:
    """Gaussian kernel of standardised feature rows with the model's support rows."""
    square = np.square(x).sum(1)[:, None] + np.square(support).sum(1)[None, :] - 2 * x @ support.T
    out: npt.NDArray[np.float64] = np.exp(-gamma * square)
    return out


def probabilities(values: dict[str, float], kind: str) -> npt.NDArray[np.float64]:
    """Probability of each of LABELS. `kind`: "whole" for `features` of all sentences of the evidence, "chosen" for `wide`."""
    model = _model(kind)
    x = (np.array([[values[n] for n in model["names"]]]) - model["mean"]) / model["scale"]
    logits = kernel(np.clip(x, -4, 4), model["support"], float(model["gamma"])) @ model["weights"].T + model["bias"]
    out = np.exp(logits - logits.max())
    found: npt.NDArray[np.float64] = (out / out.sum())[0]
    return found


class Lexical:
    """The built-in `PairScorer`: the kernel model over overlap, alignment and stated differences."""

    name = "relation-5"

    def relate(self, claim: str, evidence: str) -> npt.NDArray[np.float64]:
        if len(sentences(evidence)) > FEW:
            return probabilities(wide(claim, evidence), "chosen")
        return probabilities(features(mask(claim), evidence[:MAX_COMPARED]), "whole")


def verify(claim: str, evidence: str, scorer: PairScorer | None = None) -> dict[str, Any]:
    """Contract of `langnghe claims verify`: {"relation","score","quotes","differences"}.

    `quotes` are up to three sentences of the evidence that decided, best first; `score` is the probability of the relation. Evidence none of whose sentences
    comes near the claim is not_enough, with the distance as its score and no differences: texts about two things differ in everything. A claim or evidence
    without words is not_enough with score 0. `scorer` replaces the built-in model; it is given the chosen sentences.
    """
    claim, evidence = clean(claim)[:MAX_CLAIM], clean(evidence)[:MAX_EVIDENCE]
    parts = sentences(evidence)
    quotes = best_sentences(claim, evidence)
    if not tokens(claim) or not tokens(" ".join(quotes)):
        return {"relation": "not_enough", "score": 0.0, "quotes": [], "differences": []}
    near, held = nearness(claim, quotes), told(claim, quotes)
    if near < NEAR or held < TOLD:
        return {"relation": "not_enough", "score": round(1 - min(near, held), 4), "quotes": [_short(q) for q in quotes[:SHOWN]], "differences": []}
    if len(parts) == 1 and tokens(fold_keep(mask(claim))) == tokens(fold_keep(mask(parts[0]))):  # word for word
        return {"relation": "supports", "score": 1.0, "quotes": [_short(parts[0])], "differences": []}
    joined = " ".join(q for q in parts if q in quotes)[:MAX_COMPARED]
    p = Lexical().relate(claim, evidence) if scorer is None else scorer.relate(claim, joined)
    best = int(np.argmax(p))
    left = extract(claim)
    beside = (left.negations - denials(joined, claim)) % 2 == 0  # what is denied is something else
    differences = [str(d) for d in compare(left, extract(joined)) if d.left and d.right and not (d.kind == "negation" and beside)]
    return {"relation": LABELS[best], "score": round(float(p[best]), 4), "quotes": [_short(q) for q in quotes[:SHOWN]], "differences": differences}


def _short(quote: str) -> str:
    """A sentence as quoted; one without end (a table, a list) is cut."""
    return quote if len(quote) <= MAX_QUOTE else f"{quote[:MAX_QUOTE]} …"
