"""Word segmentation with the CRF model that underthesea ships, decoded from cached scores instead of feature strings.

The model (VLSP 2013, two labels: B-W begins a word, I-W continues it) is linear: a token's score is a sum over features of the one, two or
three tokens around it. underthesea builds 43 strings a token and looks each up; here the summed score of every token, pair and triple is
kept once computed, so that a token costs a few look-ups. Same weights, same Viterbi search (Lafferty et al. 2001), same words out.
"""

from __future__ import annotations

import importlib.util
import itertools
import re
import struct
from collections import defaultdict
from functools import cache
from pathlib import Path

import joblib

from processing.errors import LangNgheError

_FEATURE = re.compile(r"(T\[[-\d,]+\](?:\.\w+)?)=(.*)", re.DOTALL)
_CACHE = 400_000
Scores = tuple[float, ...]


def _model_folder() -> Path:
    spec = importlib.util.find_spec("underthesea")
    if spec is None or not spec.submodule_search_locations:
        raise LangNgheError("the package underthesea is missing", "run `make install`: it is pinned in constraints.txt")
    return Path(spec.submodule_search_locations[0]) / "pipeline" / "word_tokenize" / "models" / "ws_crf_vlsp2013_20230727"


def _read(raw: bytes) -> tuple[dict[str, dict[str, float]], list[float]]:
    """(template → value → weight of I-W minus B-W, transitions [BB, BI, IB, II]) from a CRFsuite model file."""
    at_features, at_labels, at_attributes = struct.unpack_from("<3I", raw, 28)
    count, offset = struct.unpack_from("<2I", raw, at_attributes + 16)
    names: dict[int, str] = {}
    for record in struct.unpack_from(f"<{count}I", raw, at_attributes + offset):
        number, size = struct.unpack_from("<2I", raw, at_attributes + record)
        begin = at_attributes + record + 8
        names[number] = raw[begin : begin + size - 1].decode()
    # labels are numbered in the order of training: B-W is 0 in this model, which the length of the transition rows below relies on
    if raw.find(b"B-W\0", at_labels) > raw.find(b"I-W\0", at_labels):
        raise LangNgheError("the word segmentation model of underthesea has changed", "install the version pinned in constraints.txt")
    weights: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    moves = [0.0] * 4
    (features,) = struct.unpack_from("<I", raw, at_features + 8)
    for kind, source, target, weight in struct.iter_unpack("<IIId", raw[at_features + 12 : at_features + 12 + 20 * features]):
        if kind == 1:
            moves[source * 2 + target] = weight
            continue
        match = _FEATURE.fullmatch(names[source])
        if match is not None:
            weights[match.group(1)][match.group(2)] += weight if target == 1 else -weight
    return {template: dict(values) for template, values in weights.items()}, moves


def _title(token: str) -> bool:
    return not token[0].islower()


class Crf:
    """Scores and labels for sentences of tokens."""

    def __init__(self, folder: Path) -> None:
        self.weights, self.moves = _read((folder / "models.bin").read_bytes())
        self.words: frozenset[str] = frozenset(joblib.load(folder / "dictionary.bin"))
        self.ones: dict[str, Scores] = {}
        self.twos: dict[tuple[str, str], Scores] = {}
        self.threes: dict[tuple[str, str, str], Scores] = {}
        self.edges = {
            (where, edge): sum(self.weights.get(where + suffix, {}).get(edge, 0.0) for suffix in ("", ".lower", ".isdigit", ".istitle", ".is_in_dict"))
            for edge in ("BOS", "EOS")
            for where in ("T[-2]", "T[-1]", "T[1]", "T[2]", "T[-2,-1]", "T[-1,0]", "T[0,1]", "T[1,2]", "T[-2,0]", "T[-1,1]", "T[0,2]")
        }  # fmt: skip

    def _sum(self, where: str, text: str, title: bool, digits: bool) -> float:
        low = text.lower()
        parts = ((where, text), (where + ".lower", low), (where + ".istitle", str(title)), (where + ".is_in_dict", str(low in self.words)),
                 (where + ".isdigit", str(digits)))  # fmt: skip
        return sum(self.weights[name].get(value, 0.0) for name, value in parts if name in self.weights)

    def _one(self, token: str) -> Scores:
        digits = token.isascii() and token.isdigit()
        found = tuple(self._sum(f"T[{k}]", token, _title(token), digits) for k in (-2, -1, 0, 1, 2))
        if len(self.ones) > _CACHE:
            self.ones.clear()
        self.ones[token] = found
        return found

    def _two(self, key: tuple[str, str]) -> Scores:
        text, title = " ".join(key), all(map(_title, key))
        found = tuple(self._sum(f"T[{k}]", text, title, False) for k in ("-2,-1", "-1,0", "0,1", "1,2"))
        if len(self.twos) > _CACHE:
            self.twos.clear()
        self.twos[key] = found
        return found

    def _three(self, key: tuple[str, str, str]) -> Scores:
        text, title = " ".join(key), all(map(_title, key))
        found = tuple(self._sum(f"T[{k}]", text, title, False) for k in ("-2,0", "-1,1", "0,2"))
        if len(self.threes) > _CACHE:
            self.threes.clear()
        self.threes[key] = found
        return found

    def _scores(self, tokens: list[str]) -> list[float]:
        """Score of I-W over B-W for each token."""
        size, edges = len(tokens), self.edges
        scores = [0.0] * size
        for i, token in enumerate(tokens):
            one = self.ones.get(token) or self._one(token)
            scores[i] += one[2]
            for k, index in ((2, 0), (1, 1), (-1, 3), (-2, 4)):
                if 0 <= i + k < size:
                    scores[i + k] += one[index]
        for i, two in enumerate(itertools.pairwise(tokens)):
            pair = self.twos.get(two) or self._two(two)
            for k, value in zip((2, 1, 0, -1), pair, strict=True):
                if 0 <= i + k < size:
                    scores[i + k] += value
        for i, three in enumerate(zip(tokens, tokens[1:], tokens[2:], strict=False)):
            a, b, c = self.threes.get(three) or self._three(three)
            scores[i + 2] += a
            scores[i + 1] += b
            scores[i] += c
        # what reaches over an end of the sentence counts as BOS (looked at first) or EOS
        for i in {0, 1, size - 2, size - 1} & set(range(size)):
            for where, first, last in _REACH:
                if i + first < 0:
                    scores[i] += edges[where, "BOS"]
                elif i + last >= size:
                    scores[i] += edges[where, "EOS"]
        return scores

    def inside(self, tokens: list[str]) -> list[bool]:
        """For each token of one sentence: does it continue the word before it?"""
        if not tokens:
            return []
        stay_b, b_to_i, i_to_b, stay_i = self.moves
        scores = self._scores(tokens)
        best_b, best_i = 0.0, scores[0]
        back: list[tuple[bool, bool]] = []
        for score in scores[1:]:
            from_b = best_i + i_to_b > best_b + stay_b
            from_i = best_i + stay_i > best_b + b_to_i
            back.append((from_b, from_i))
            best_b, best_i = (best_i + i_to_b if from_b else best_b + stay_b), (best_i + stay_i if from_i else best_b + b_to_i) + score
        out = [best_i > best_b]
        for from_b, from_i in reversed(back):
            out.append(from_i if out[-1] else from_b)
        return out[::-1]


_REACH = (
    ("T[-2]", -2, -2), ("T[-1]", -1, -1), ("T[1]", 1, 1), ("T[2]", 2, 2), ("T[-2,-1]", -2, -1), ("T[-1,0]", -1, 0), ("T[0,1]", 0, 1),
    ("T[1,2]", 1, 2), ("T[-2,0]", -2, 0), ("T[-1,1]", -1, 1), ("T[0,2]", 0, 2),
)  # fmt: skip


@cache
def load() -> Crf:
    """The model, read once a process (0.4 s)."""
    return Crf(_model_folder())
