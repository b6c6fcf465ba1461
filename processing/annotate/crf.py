"""Word segmentation with the CRF model that underthesea ships, decoded from cached scores instead of feature strings.

The model (VLSP 2013, two labels: B-W begins a word, I-W continues it) is linear: a token's score is a sum over features of the one, two or
three tokens around it. underthesea builds 43 strings a token and looks each up; here tokens are numbered, the pairs and triples that have
features of their own are known by the numbers of their tokens, and a whole document is looked up and summed at once. Same weights, same
Viterbi search (Lafferty et al. 2001), same words out.
"""

from __future__ import annotations

import importlib.util
import re
import struct
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from processing.errors import LangNgheError

_FEATURE = re.compile(r"(T\[[-\d,]+\](?:\.\w+)?)=(.*)", re.DOTALL)
_CACHE = 200_000

_ONES = ("-2", "-1", "0", "1", "2")
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


class _Place:
    """Weights of the features of runs of `size` tokens at each of several places: as a run stands, in small letters, begun by capitals, in the dictionary.

    Few runs have features of their own. They are numbered by the numbers of their tokens, so that all runs of a document are looked up at once.
    """

    def __init__(self, size: int, tables: list[_Tables], words: frozenset[str]) -> None:
        self.width = len(tables)
        raw = sorted({run for table, *_ in tables for run in table if run.count(" ") == size - 1})
        low = sorted({run for _, table, *_ in tables for run in table if run.count(" ") == size - 1} | {w for w in words if w.count(" ") == size - 1})
        self.raw, self.low = _Runs(raw), _Runs(low)
        # the last row is that of runs without features
        self.of_raw, self.of_low = self.raw.filled([t[0] for t in tables]), self.low.filled([t[1] for t in tables])
        self.known = np.array([run in words for run in low] + [False], dtype=np.intp)
        self.of_title, self.of_known, self.of_digits = (np.array(list(kind)).T for kind in zip(*(t[2:] for t in tables), strict=True))
        none = np.full(2, -1)
        self.plain = self.scores(none, none, np.arange(2), 0)

    def scores(self, raw: NDArray[Any], low: NDArray[Any], title: NDArray[Any], digits: int) -> NDArray[np.float64]:
        """One row a run, one column a place; the arguments give each run's row in `of_raw` and `of_low` and its flags."""
        out: NDArray[np.float64] = self.of_raw[raw] + self.of_low[low]
        out += self.of_title[title]
        out += self.of_known[self.known[low]]
        out += self.of_digits[digits]
        return out

    def of(self, raw: list[NDArray[np.int64]], low: list[NDArray[np.int64]], title: NDArray[np.int64]) -> NDArray[np.float64]:
        """`scores` of the runs whose tokens have these numbers."""
        out: NDArray[np.float64] = self.plain[title]
        rows, lows = self.raw.find(raw), self.low.find(low)
        own = np.flatnonzero((rows >= 0) | (lows >= 0))
        out[own] = self.scores(rows[own], lows[own], title[own], 0)
        return out


class _Runs:
    """Rows of runs of tokens: of one token by its text, of several by the numbers of their tokens."""

    def __init__(self, runs: list[str]) -> None:
        parts = [run.split(" ") for run in runs]
        self.tokens = {token: number for number, token in enumerate(sorted({token for part in parts for token in part}), 1)}
        self.row = {run: row for row, run in enumerate(runs)}
        codes = np.array([self._code(part) for part in parts], np.int64)
        self.order = np.append(np.argsort(codes), -1)
        self.codes = np.append(np.sort(codes), -1)

    def _code(self, part: list[str]) -> int:
        code = 0
        for token in part:
            code = code * (len(self.tokens) + 1) + self.tokens[token]
        return code

    def filled(self, tables: list[dict[str, float]]) -> NDArray[np.float64]:
        """A row for each run and one of zeros, a column for each table."""
        out = np.zeros((len(self.row) + 1, len(tables)))
        for column, table in enumerate(tables):
            for run in table.keys() & self.row.keys():
                out[self.row[run], column] = table[run]
        return out

    def find(self, numbers: list[NDArray[np.int64]]) -> NDArray[Any]:
        """The row of each run whose tokens have these numbers (0: in no run); -1 where there is none."""
        code = numbers[0]
        for more in numbers[1:]:
            code = code * (len(self.tokens) + 1) + more
        at = np.searchsorted(self.codes[:-1], code)
        return np.where(self.codes[at] == code, self.order[at], -1)


class _Tokens(dict[str, int]):
    """Number of a token, 0 of none. `columns` holds its numbers in pairs and triples and whether it is begun by a capital, `scores` its own scores."""

    def __init__(self, one: _Place, several: list[_Place]) -> None:
        super().__init__()
        self.one, self.several = one, several
        self.forget()

    def forget(self) -> None:
        self.clear()
        self.columns = np.zeros((1024, 1 + 2 * len(self.several)), np.int64)
        self.scores = np.zeros((1024, self.one.width))
        self[""] = 0

    def __missing__(self, token: str) -> int:
        number = len(self)
        if number == len(self.columns):
            self.columns, self.scores = (np.concatenate([table, np.zeros_like(table)]) for table in (self.columns, self.scores))
        low, title = token.lower(), int(_title(token))
        several = [number for place in self.several for number in (place.raw.tokens.get(token, 0), place.low.tokens.get(low, 0))]
        self.columns[number] = [title, *several]
        rows, lows = (np.array([table.row.get(text, -1)]) for table, text in ((self.one.raw, token), (self.one.low, low)))
        self.scores[number] = self.one.scores(rows, lows, np.array([title]), int(token.isascii() and token.isdigit()))[0]
        self[token] = number
        return number


class Crf:
    """Scores and labels for sentences of tokens."""

    def __init__(self, folder: Path) -> None:
        self.weights, (self.stay_b, self.b_to_i, self.i_to_b, self.stay_i) = _read((folder / "models.bin").read_bytes())
        self.words: frozenset[str] = frozenset(joblib.load(folder / "dictionary.bin"))
        self.ones, self.twos, self.threes = (
            _Place(size, [self._tables(place) for place in places], self.words) for size, places in ((1, _ONES), (2, _PAIRS), (3, _TRIPLES))
        )
        self.tokens = _Tokens(self.ones, [self.twos, self.threes])
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
        if len(self.tokens) > _CACHE:
            self.tokens.forget()
        size = len(line)
        numbers = np.fromiter(map(self.tokens.__getitem__, line), np.intp, size)
        title, raw2, low2, raw3, low3 = np.ascontiguousarray(self.tokens.columns[numbers].T)
        there = numbers > 0
        scores = np.zeros(size + 4)

        def add(rows: NDArray[np.float64], shifts: tuple[tuple[int, int], ...]) -> None:
            for column, shift in shifts:
                scores[2 + shift : 2 + shift + len(rows)] += rows[:, column]

        add(self.tokens.scores[numbers], ((2, 0), (0, 2), (1, 1), (3, -1), (4, -2)))
        whole, titles = there[:-1] & there[1:], title[:-1] & title[1:]  # nothing is added where a run reaches beyond a sentence's end
        add(self.twos.of([raw2[:-1], raw2[1:]], [low2[:-1], low2[1:]], titles) * whole[:, None], ((0, 2), (1, 1), (2, 0), (3, -1)))
        raw_runs, low_runs = ([column[:-2], column[1:-1], column[2:]] for column in (raw3, low3))
        add(self.threes.of(raw_runs, low_runs, titles[:-1] & title[2:]) * (whole[:-1] & there[2:])[:, None], ((0, 2), (1, 1), (2, 0)))
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
