"""Word segmentation with the CRF model that underthesea ships, decoded from cached scores instead of feature strings.

The model (VLSP 2013, two labels: B-W begins a word, I-W continues it) is linear: a token's score is a sum over features of the one, two or
three tokens around it. underthesea builds 43 strings a token and looks each up; here the summed score of every token, pair and triple is
kept as a row of a table once computed, so that a token costs three look-ups and a whole document is summed at once. Same weights, same
Viterbi search (Lafferty et al. 2001), same words out.
"""

from __future__ import annotations

import importlib.util
import itertools
import re
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from processing.errors import LangNgheError

_FEATURE = re.compile(r"(T\[[-\d,]+\](?:\.\w+)?)=(.*)", re.DOTALL)
_CACHE = 400_000


_PAIRS = ("-2,-1", "-1,0", "0,1", "1,2")
_TRIPLES = ("-2,0", "-1,1", "0,2")
_Tables = tuple[dict[str, float], dict[str, float], tuple[float, float], tuple[float, float], tuple[float, float]]


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


class _Rows(dict[Any, int]):
    """Number of a key's row in `table`, found when the key is first asked for. Most keys share one of few rows. Row 0 is all zeros: beyond a sentence's end."""

    def __init__(self, width: int, compute: Callable[[Any], tuple[float, ...]]) -> None:
        super().__init__()
        self.compute = compute
        self.table = np.zeros((1024, width))
        self.same = {(0.0,) * width: 0}

    def __missing__(self, key: Any) -> int:
        values = self.compute(key)
        row = self.same.get(values)
        if row is None:
            row = self.same[values] = len(self.same)
            if row == len(self.table):
                self.table = np.concatenate([self.table, np.zeros_like(self.table)])
            self.table[row] = values
        self[key] = row
        return row

    def rows(self, keys: Iterable[Any]) -> NDArray[np.float64]:
        """The rows of `keys`, one below the other."""
        if len(self) > _CACHE:
            self.clear()
        numbers = list(map(self.__getitem__, keys))
        return self.table[numbers] if numbers else self.table[:0]


class _Sums:
    """Weights of the features of a text at each of several places: as it stands, in small letters, begun by a capital, in the dictionary, a number."""

    def __init__(self, words: frozenset[str], tables: list[_Tables]) -> None:
        self.words, self.tables = words, tables
        self.raw = frozenset().union(*(raw for raw, *_ in tables))
        self.lower = frozenset().union(*(lower for _, lower, *_ in tables))
        # what a text without features of its own weighs: by far the most pairs and triples are such
        self.plain = {
            (title, known): tuple(titles[title] + listed[known] + numbers[False] for _, _, titles, listed, numbers in tables)
            for title in (False, True) for known in (False, True)
        }  # fmt: skip
        self.beyond = (0.0,) * len(tables)

    def one(self, token: str) -> tuple[float, ...]:
        return self._of(token, _title(token), token.isascii() and token.isdigit()) if token else self.beyond

    def several(self, key: tuple[str, ...]) -> tuple[float, ...]:
        return self._of(" ".join(key), all(map(_title, key)), False) if all(key) else self.beyond

    def _of(self, text: str, title: bool, digits: bool) -> tuple[float, ...]:
        low = text.lower()
        known = low in self.words
        if not digits and text not in self.raw and low not in self.lower:
            return self.plain[title, known]
        return tuple(
            raw.get(text, 0.0) + lower.get(low, 0.0) + titles[title] + listed[known] + numbers[digits] for raw, lower, titles, listed, numbers in self.tables
        )


class Crf:
    """Scores and labels for sentences of tokens."""

    def __init__(self, folder: Path) -> None:
        self.weights, (self.stay_b, self.b_to_i, self.i_to_b, self.stay_i) = _read((folder / "models.bin").read_bytes())
        self.words: frozenset[str] = frozenset(joblib.load(folder / "dictionary.bin"))
        self.tables = {place: self._tables(place) for place in (*(str(k) for k in range(-2, 3)), *_PAIRS, *_TRIPLES)}
        self.ones = _Rows(5, _Sums(self.words, [self.tables[k] for k in ("-2", "-1", "0", "1", "2")]).one)
        self.twos = _Rows(4, _Sums(self.words, [self.tables[k] for k in _PAIRS]).several)
        self.threes = _Rows(3, _Sums(self.words, [self.tables[k] for k in _TRIPLES]).several)
        self.ends = {(before, after): self._end(before, after) for before in range(3) for after in range(3)}

    def _tables(self, place: str) -> _Tables:
        def flags(name: str) -> tuple[float, float]:
            table = self.weights.get(f"T[{place}].{name}", {})
            return table.get("False", 0.0), table.get("True", 0.0)

        where = f"T[{place}]"
        return self.weights.get(where, {}), self.weights.get(f"{where}.lower", {}), flags("istitle"), flags("is_in_dict"), flags("isdigit")

    def _end(self, before: int, after: int) -> float:
        """What is added to a token with so many before and after it: what reaches over an end counts as BOS (looked at first) or EOS."""
        found = 0.0
        for where, first, last in _REACH:
            edge = "BOS" if before + first < 0 else "EOS" if last > after else ""
            if edge:
                found += sum(self.weights.get(where + suffix, {}).get(edge, 0.0) for suffix in _SUFFIXES)
        return found

    def _scores(self, sentences: Sequence[Sequence[str]]) -> list[float]:
        """Score of I-W over B-W for each token of all sentences, with two zeros before each sentence and after the last."""
        line = ["", ""]
        for tokens in sentences:
            line += tokens
            line += ("", "")
        size = len(line)
        scores = np.zeros(size + 4)
        ones = self.ones.rows(line)
        for column, shift in ((2, 0), (0, 2), (1, 1), (3, -1), (4, -2)):
            scores[2 + shift : 2 + shift + size] += ones[:, column]
        twos = self.twos.rows(itertools.pairwise(line))
        for column, shift in ((0, 2), (1, 1), (2, 0), (3, -1)):
            scores[2 + shift : 1 + shift + size] += twos[:, column]
        threes = self.threes.rows(zip(line, line[1:], line[2:], strict=False))
        for column, shift in ((0, 2), (1, 1), (2, 0)):
            scores[2 + shift : shift + size] += threes[:, column]
        out: list[float] = scores[2 : 2 + size].tolist()
        return out

    def inside(self, sentences: Sequence[Sequence[str]]) -> list[list[bool]]:
        """For each token of each sentence: does it continue the word before it?"""
        scores = self._scores(sentences)
        found, at = [], 2
        for tokens in sentences:
            found.append(self._best(scores[at : at + len(tokens)]))
            at += len(tokens) + 2
        return found

    def _best(self, scores: list[float]) -> list[bool]:
        """The best labels of one sentence. Only the lead of I-W over B-W is carried along: it alone decides."""
        size = len(scores)
        if not size:
            return []
        for i in {0, 1, size - 2, size - 1} & set(range(size)):
            scores[i] += self.ends[min(i, 2), min(size - 1 - i, 2)]
        stay_b, b_to_i, i_to_b, stay_i = self.stay_b, self.b_to_i, self.i_to_b, self.stay_i
        to_b, to_i = stay_b - i_to_b, b_to_i - stay_i
        lead = scores[0]
        leads = [lead]
        for score in scores[1:]:
            lead = (lead + stay_i if lead > to_i else b_to_i) + score - (lead + i_to_b if lead > to_b else stay_b)
            leads.append(lead)
        label = leads.pop() > 0
        out = [label]
        for lead in reversed(leads):
            label = lead > (to_i if label else to_b)
            out.append(label)
        out.reverse()
        return out


_SUFFIXES = ("", ".lower", ".isdigit", ".istitle", ".is_in_dict")
_REACH = (
    ("T[-2]", -2, -2), ("T[-1]", -1, -1), ("T[1]", 1, 1), ("T[2]", 2, 2), ("T[-2,-1]", -2, -1), ("T[-1,0]", -1, 0), ("T[0,1]", 0, 1),
    ("T[1,2]", 1, 2), ("T[-2,0]", -2, 0), ("T[-1,1]", -1, 1), ("T[0,2]", 0, 2),
)  # fmt: skip


@cache
def load() -> Crf:
    """The model, read once a process (0.4 s)."""
    return Crf(_model_folder())
