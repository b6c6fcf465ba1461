"""Incremental inverted index of hashed terms: a few segments of numpy arrays, each both term-major (to find) and document-major (to score).

BM25 as in Robertson & Zaragoza (2009), with tf/(tf + k1·norm) so that a term adds at most its idf. Candidates come from words, places and
character 4-grams in one accumulation; lists longer than a cap are skipped there (they are scored, not searched), which keeps the cost of a query
flat as the index grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
import numpy.typing as npt

from processing.claims.tokens import BI, CHARS, UNI, WORDS, Terms, unigram

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
K1, B = 0.9, 0.75
CHAR_SHARE = 0.5
# Set by hand, see MODEL_CARD.md: power of idf and share of a syllable pair's weight. Where the checks are whole articles (LONG terms on average)
# chance words abound and pairs count in full.
POWER, PAIR, POWER_LONG, PAIR_LONG, LONG = 1.5, 0.1, 1.0, 1.0, 300.0
# Postings read per query. With 80,000 checks 15,000 lose a hundredth of MAP@5. Of 200,000 checks, among many twins, 25,000 find 81 % of the ten that unlimited
# reading finds, 50,000 find 92 % and cost 0.4 ms more; unlimited costs 1.8 ms more, and grows with the index.
POSTINGS_BUDGET = 50_000
MAX_SEGMENTS = 6
CHUNK = 1_000_000  # postings
PLACES_FROM = UNI + BI  # place terms find candidates; the score sees places only as agreement or difference
IN_CLAIM = np.uint8(128)


def _norm(length: Floats, mean: float) -> Floats:
    out: Floats = (K1 * (1 - B + B * length / max(mean, 1e-6))).astype(np.float32)
    return out


@dataclass
class Stream:
    """One kind of term of a segment. `ptr`/`ids`/`tf` by document (bit 7 of tf: occurs in the claim field), `terms`/`heads`/`docs` by term.

    `impact` stands beside `docs`: tf/(tf + k1·norm) in 255ths, with the mean length of when the segment was made. Candidates are found by it, never scored.
    """

    ptr: Ints
    ids: npt.NDArray[np.uint32]
    tf: npt.NDArray[np.uint8]
    length: Floats
    terms: npt.NDArray[np.uint32]
    heads: Ints
    docs: npt.NDArray[np.int32]
    impact: npt.NDArray[np.uint8]

    @classmethod
    def build(cls, ptr: Ints, ids: npt.NDArray[np.uint32], tf: npt.NDArray[np.uint8], length: Floats, mean: float) -> Stream:
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, np.int64)
        owner = np.repeat(np.arange(len(ptr) - 1, dtype=np.int32), np.diff(ptr))
        docs, impact = owner[order], tf[order]
        terms, heads, norm = ordered[starts], np.r_[starts, len(ordered)], _norm(length, mean)
        for at in range(0, len(docs), CHUNK):  # in parts: whole columns of floats would be the peak of memory
            part = slice(at, at + CHUNK)
            times = (impact[part] & np.uint8(127)).astype(np.float32)
            impact[part] = 255 * (times / (times + norm[docs[part]]))
        return cls(ptr, ids, tf, length, terms, heads, docs, impact)

    def postings(self, wanted: npt.NDArray[np.uint32]) -> tuple[Ints, Ints]:
        """Start and end of the postings of each wanted term; equal where the term is unknown. All terms in one search, and of one type with
        them: a Python integer would make numpy copy the whole table for each."""
        at = np.searchsorted(self.terms, wanted)
        known = at < len(self.terms)
        known[known] = self.terms[at[known]] == wanted[known]
        at[~known] = 0
        start, end = (self.heads[at], self.heads[at + 1]) if len(self.terms) else (at, at)
        return np.where(known, start, 0), np.where(known, end, 0)

    def read(self, wanted: npt.NDArray[np.uint32], weight: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        """All postings of the wanted terms: document of the segment, and the term's weight times its impact there (in 255ths)."""
        start, end = self.postings(wanted)
        lists = [slice(a, b) for a, b in zip(start.tolist(), end.tolist(), strict=True) if b > a]
        if not lists:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        value = np.repeat(weight, end - start)
        value *= np.concatenate([self.impact[x] for x in lists])
        return np.concatenate([self.docs[x] for x in lists]), value


@dataclass
class Segment:
    """Documents `base` … `base + size` of the index."""

    base: int
    size: int
    words: Stream
    chars: Stream


def _stack(parts: Sequence[tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]], mean: float) -> Stream:
    lengths = np.array([len(ids) for ids, _ in parts], np.int64)
    ids = np.concatenate([p[0] for p in parts]) if parts else np.zeros(0, np.uint32)
    tf = np.concatenate([p[1] for p in parts]) if parts else np.zeros(0, np.uint8)
    total = np.array([float((t & 127).sum()) for _, t in parts], np.float32)
    return Stream.build(np.r_[0, np.cumsum(lengths)], ids, tf, total, mean)


def _merge(streams: Sequence[Stream], mean: float) -> Stream:
    counts = np.concatenate([np.diff(s.ptr) for s in streams])
    return Stream.build(
        np.r_[0, np.cumsum(counts)],
        np.concatenate([s.ids for s in streams]),
        np.concatenate([s.tf for s in streams]),
        np.concatenate([s.length for s in streams]),
        mean,
    )


class Index:
    """Add documents at any time; they are searchable from the next query on."""

    def __init__(self) -> None:
        self.size = 0
        self._segments: list[Segment] = []
        self._pending: list[tuple[Terms, Terms]] = []
        self._df = (np.zeros(WORDS, np.int32), np.zeros(CHARS, np.int32))
        self._sum = [0.0, 0.0]
        self._rare: dict[str, float] = {}
        self._rare_at = 0
        self._withdrawn: list[int] = []
        self._slot = (np.zeros(WORDS, np.uint16), np.zeros(CHARS, np.uint16))  # place of a term among the query's, from 1; small, so that it stays near

    def add(self, whole: Terms, claim: Terms) -> None:
        """Append one document: the terms of all its fields, and of its claim field."""
        self._pending.append((whole, claim))
        self._df[0][whole.words] += 1
        self._df[1][whole.chars] += 1
        self._sum[0] += float(whole.word_tf.sum())
        self._sum[1] += float(whole.char_tf.sum())
        self.size += 1
        if len(self._pending) >= 20_000:
            self._flush()

    def withdraw(self, place: int) -> None:
        """The document at a position is no candidate any more; how rare its terms are it still tells."""
        self._withdrawn.append(place)

    @property
    def withdrawn(self) -> Ints:
        """Positions of withdrawn documents."""
        return np.array(self._withdrawn, np.int64)

    def _flush(self) -> None:
        if not self._pending:
            return
        words, chars = [], []
        for whole, claim in self._pending:
            words.append((whole.words, whole.word_tf | np.where(np.isin(whole.words, claim.words, assume_unique=True), IN_CLAIM, np.uint8(0))))
            chars.append((whole.chars, whole.char_tf | np.where(np.isin(whole.chars, claim.chars, assume_unique=True), IN_CLAIM, np.uint8(0))))
        self._segments.append(Segment(self.size - len(words), len(words), _stack(words, self._mean(0)), _stack(chars, self._mean(1))))
        self._pending = []
        while len(self._segments) > 1 and (len(self._segments) > MAX_SEGMENTS or self._segments[-2].size <= 2 * self._segments[-1].size):
            last, before = self._segments.pop(), self._segments.pop()
            words_, chars_ = _merge([before.words, last.words], self._mean(0)), _merge([before.chars, last.chars], self._mean(1))
            merged = Segment(before.base, before.size + last.size, words_, chars_)
            self._segments.append(merged)

    def idf(self, stream: int, ids: npt.NDArray[np.uint32]) -> Floats:
        df = self._df[stream][ids]
        out: Floats = np.log1p((self.size - df + 0.5) / (df + 0.5)).astype(np.float32)
        return out

    def weight(self, stream: int, ids: npt.NDArray[np.uint32]) -> Floats:
        """What a match of each term adds to the rank at most: a power of idf, less for syllable pairs, which repeat what their halves say."""
        power, pair = (POWER_LONG, PAIR_LONG) if self.mean_length >= LONG else (POWER, PAIR)
        out: Floats = self.idf(stream, ids) ** np.float32(power)
        if stream == 0:
            out[(ids >= UNI) & (ids < PLACES_FROM)] *= np.float32(pair)
        return out

    @property
    def mean_length(self) -> float:
        """Words and word pairs of a document on average."""
        return self._sum[0] / max(self.size, 1)

    def rarity(self, token: str) -> float:
        """idf of one folded syllable as a share of the largest possible, 0 to 1."""
        if self._rare_at != self.size:
            self._rare, self._rare_at = {}, self.size
        found = self._rare.get(token)
        if found is None:
            df = int(self._df[0][unigram(token)])
            found = self._rare[token] = log1p((self.size - df + 0.5) / (df + 0.5)) / log1p((self.size + 0.5) / 0.5)
        return found

    def _mean(self, stream: int) -> float:
        return self._sum[stream] / max(self.size, 1)

    def candidates(self, query: Terms, limit: int) -> Ints:
        """Positions of up to `limit` documents that share rare enough terms with the query, best first. Lists are read from the weightiest term on until
        POSTINGS_BUDGET postings have been read."""
        self._flush()
        if not self.size:
            return np.zeros(0, np.int64)
        cap = max(4000, self.size // 50)
        ids, weights, streams, lengths = [], [], [], []
        for stream, terms, share in ((0, query.words, 1.0), (1, query.chars, CHAR_SHARE)):
            df = self._df[stream][terms]
            kept = (df > 0) & (df <= cap)
            keep = terms[kept]
            ids.append(keep)
            weights.append(self.weight(stream, keep) * np.float32(share))
            streams.append(np.full(len(keep), stream))
            lengths.append(df[kept].astype(np.int64))
        weight, length = np.concatenate(weights), np.concatenate(lengths)
        order = np.argsort(-weight, kind="stable")
        order = order[np.cumsum(length[order]) - length[order] <= POSTINGS_BUDGET]
        sought, of, weight = np.concatenate(ids)[order], np.concatenate(streams)[order], weight[order]
        docs, sums = [], []
        for segment in self._segments:
            for stream, part in enumerate((segment.words, segment.chars)):
                mine = of == stream
                who, value = part.read(sought[mine], weight[mine])
                docs.append(who + segment.base)
                sums.append(value)
        acc = np.bincount(np.concatenate(docs), np.concatenate(sums), minlength=self.size)
        if self._withdrawn:  # before the best are taken: copies of what is asked for would leave no room for anything else
            acc[self._withdrawn] = 0.0
        best, top = float(acc.max()), np.zeros(0, np.int64)
        for share in (0.5, 0.25, 0.0):  # those above a share of the best are nearly always enough, and far fewer to sort than all that share a term
            top = np.flatnonzero(acc > share * best)
            if len(top) >= limit:
                break
        score = acc[top]
        if len(top) > limit:
            floor = np.partition(score, len(score) - limit)[len(score) - limit]
            top, score = top[score >= floor], score[score >= floor]
        return top[np.lexsort((top, -score))[:limit]]

    def rank(self, query: Terms, where: Ints) -> dict[str, Floats]:
        """BM25 of the documents `where` over words and over n-grams, each as a share of its maximum: what orders candidates."""
        return self._read(query, where, False)

    def score(self, query: Terms, where: Ints) -> dict[str, Floats]:
        """Lexical features of the documents `where`: BM25 as in `rank`, idf-weighted share of the claim found in the query, cosine with the claim."""
        return self._read(query, where, True)

    def _read(self, query: Terms, where: Ints, whole: bool) -> dict[str, Floats]:
        self._flush()
        out: dict[str, Floats] = {}
        plain = query.words[query.words < PLACES_FROM]
        for stream, ids, name in ((0, plain, "word"), (1, query.chars, "char")):
            slot = self._slot[stream]
            slot[ids] = np.arange(1, len(ids) + 1)
            out |= self._stream_features(stream, name, where, self.idf(stream, ids), self.weight(stream, ids), whole)
            slot[ids] = 0
        return out

    def _stream_features(self, stream: int, name: str, where: Ints, rare: Floats, weight: Floats, whole: bool) -> dict[str, Floats]:
        """`rare` and `weight`: idf and weight of the query's terms, in the order of their slots; unless `whole`, BM25 alone is asked for."""
        bm, claim_cover, cosine = (np.zeros(len(where), np.float32) for _ in range(3))
        total, square = float(weight.sum()), float(np.square(rare).sum())
        for segment in self._segments:
            mine = np.flatnonzero((where >= segment.base) & (where < segment.base + segment.size))
            if not len(mine):
                continue
            part = segment.words if stream == 0 else segment.chars
            local, n = where[mine] - segment.base, len(mine)
            counts = part.ptr[local + 1] - part.ptr[local]
            owner = np.repeat(np.arange(n), counts)
            flat = np.arange(int(counts.sum())) + np.repeat(part.ptr[local] - np.cumsum(counts) + counts, counts)
            ids = part.ids[flat]
            slot = self._slot[stream][ids]
            hits = np.flatnonzero(slot)
            held, raw, who = slot[hits] - 1, part.tf[flat[hits]], owner[hits]
            tf = (raw & np.uint8(127)).astype(np.float32)
            bm[mine] = np.bincount(who, weight[held] * tf / (tf + _norm(part.length[local], self._mean(stream))[who]), n) / max(total, 1e-6)
            if not whole:
                continue
            said = np.flatnonzero(part.tf[flat] >= IN_CLAIM)
            if stream == 0:
                said = said[ids[said] < PLACES_FROM]
            idf, of = self.idf(stream, ids[said]), owner[said]
            hit, by = rare[held[raw >= IN_CLAIM]], who[raw >= IN_CLAIM]
            claim_cover[mine] = np.bincount(by, hit, n) / np.maximum(np.bincount(of, idf, n), 1e-6)
            size = np.bincount(of, idf * idf, n)
            cosine[mine] = np.bincount(by, hit * hit, n) / np.sqrt(np.maximum(size * square, 1e-9))
        if not whole:
            return {f"{name}_bm25": bm}
        return {f"{name}_bm25": bm, f"{name}_claim_cover": claim_cover, f"{name}_cosine": cosine}
