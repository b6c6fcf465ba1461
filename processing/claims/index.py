"""Incremental inverted index of hashed terms: a few segments of numpy arrays, each both term-major (to find) and document-major (to score).

BM25 as in Robertson & Zaragoza (2009), with tf/(tf + k1·norm) so that a term adds at most its idf. Candidates come from words, places and
character 4-grams in one accumulation; lists longer than a cap are skipped there (they are scored, not searched), which keeps the cost of a query
flat as the index grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processing.claims.tokens import BI, CHARS, UNI, WORDS, Terms, unigram

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
K1, B = 0.9, 0.75
POSTINGS_BUDGET = 120_000  # postings touched per query and segment
MAX_SEGMENTS = 6
PLACES_FROM = UNI + BI  # place terms find candidates; the score sees places only as agreement or difference
IN_CLAIM = np.uint8(128)


@dataclass
class Stream:
    """One kind of term of a segment. `ptr`/`ids`/`tf` by document (bit 7 of tf: occurs in the claim field), `terms`/`heads`/`docs` by term."""

    ptr: Ints
    ids: npt.NDArray[np.uint32]
    tf: npt.NDArray[np.uint8]
    length: Floats
    terms: npt.NDArray[np.uint32]
    heads: Ints
    docs: npt.NDArray[np.int32]
    post_tf: npt.NDArray[np.uint8]

    @classmethod
    def build(cls, ptr: Ints, ids: npt.NDArray[np.uint32], tf: npt.NDArray[np.uint8], length: Floats) -> Stream:
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, np.int64)
        owner = np.repeat(np.arange(len(ptr) - 1, dtype=np.int32), np.diff(ptr))
        return cls(ptr, ids, tf, length, ordered[starts], np.r_[starts, len(ordered)], owner[order], tf[order] & np.uint8(127))

    def postings(self, term: int) -> slice:
        at = int(np.searchsorted(self.terms, term))
        if at == len(self.terms) or self.terms[at] != term:
            return slice(0, 0)
        return slice(int(self.heads[at]), int(self.heads[at + 1]))


@dataclass
class Segment:
    """Documents `base` … `base + size` of the index."""

    base: int
    size: int
    words: Stream
    chars: Stream


def _stack(parts: Sequence[tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]]) -> Stream:
    lengths = np.array([len(ids) for ids, _ in parts], np.int64)
    ids = np.concatenate([p[0] for p in parts]) if parts else np.zeros(0, np.uint32)
    tf = np.concatenate([p[1] for p in parts]) if parts else np.zeros(0, np.uint8)
    total = np.array([float((t & 127).sum()) for _, t in parts], np.float32)
    return Stream.build(np.r_[0, np.cumsum(lengths)], ids, tf, total)


def _merge(streams: Sequence[Stream]) -> Stream:
    counts = np.concatenate([np.diff(s.ptr) for s in streams])
    return Stream.build(
        np.r_[0, np.cumsum(counts)],
        np.concatenate([s.ids for s in streams]),
        np.concatenate([s.tf for s in streams]),
        np.concatenate([s.length for s in streams]),
    )


class Index:
    """Add documents at any time; they are searchable from the next query on."""

    def __init__(self) -> None:
        self.size = 0
        self._segments: list[Segment] = []
        self._pending: list[tuple[Terms, Terms]] = []
        self._df = (np.zeros(WORDS, np.int32), np.zeros(CHARS, np.int32))
        self._sum = [0.0, 0.0]
        self._scratch = (np.zeros(WORDS, np.float32), np.zeros(CHARS, np.float32))

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

    def _flush(self) -> None:
        if not self._pending:
            return
        words, chars = [], []
        for whole, claim in self._pending:
            words.append((whole.words, whole.word_tf | np.where(np.isin(whole.words, claim.words, assume_unique=True), IN_CLAIM, np.uint8(0))))
            chars.append((whole.chars, whole.char_tf | np.where(np.isin(whole.chars, claim.chars, assume_unique=True), IN_CLAIM, np.uint8(0))))
        self._segments.append(Segment(self.size - len(words), len(words), _stack(words), _stack(chars)))
        self._pending = []
        while len(self._segments) > 1 and (len(self._segments) > MAX_SEGMENTS or self._segments[-2].size <= 2 * self._segments[-1].size):
            last, before = self._segments.pop(), self._segments.pop()
            merged = Segment(before.base, before.size + last.size, _merge([before.words, last.words]), _merge([before.chars, last.chars]))
            self._segments.append(merged)

    def idf(self, stream: int, ids: npt.NDArray[np.uint32]) -> Floats:
        df = self._df[stream][ids]
        out: Floats = np.log1p((self.size - df + 0.5) / (df + 0.5)).astype(np.float32)
        return out

    @property
    def mean_length(self) -> float:
        """Words and word pairs of a document on average."""
        return self._sum[0] / max(self.size, 1)

    def rarity(self, token: str) -> float:
        """idf of one folded syllable as a share of the largest possible, 0 to 1."""
        df = int(self._df[0][unigram(token)])
        return float(np.log1p((self.size - df + 0.5) / (df + 0.5)) / np.log1p((self.size + 0.5) / 0.5))

    def _norm(self, stream: int, length: Floats) -> Floats:
        mean = max(self._sum[stream] / max(self.size, 1), 1e-6)
        out: Floats = (K1 * (1 - B + B * length / mean)).astype(np.float32)
        return out

    def candidates(self, query: Terms, limit: int) -> Ints:
        """Positions of up to `limit` documents that share rare enough terms with the query, best first."""
        self._flush()
        if not self.size:
            return np.zeros(0, np.int64)
        cap = max(4000, self.size // 50)
        weighted: list[tuple[float, int, int]] = []
        for stream, ids, share in ((0, query.words, 1.0), (1, query.chars, 0.5)):
            df = self._df[stream][ids]
            keep = (df > 0) & (df <= cap)
            idf = self.idf(stream, ids[keep]) * share
            weighted += [(float(w), stream, int(t)) for w, t in zip(idf, ids[keep], strict=True)]
        weighted.sort(reverse=True)
        found: list[tuple[Floats, Ints]] = []
        for segment in self._segments:
            acc = self._accumulate(segment, weighted)
            top = np.argpartition(-acc, limit)[:limit] if len(acc) > limit else np.arange(len(acc))
            top = top[acc[top] > 0]
            found.append((acc[top], top + segment.base))
        scores = np.concatenate([f[0] for f in found])
        where = np.concatenate([f[1] for f in found])
        order = np.lexsort((where, -scores))[:limit]
        return where[order]

    def _accumulate(self, segment: Segment, weighted: list[tuple[float, int, int]]) -> Floats:
        docs, weights, touched = [], [], 0
        for weight, stream, term in weighted:
            part = segment.words if stream == 0 else segment.chars
            where = part.postings(term)
            if where.stop == where.start:
                continue
            who = part.docs[where]
            tf = part.post_tf[where].astype(np.float32)
            docs.append(who)
            weights.append(weight * tf / (tf + self._norm(stream, part.length[who])))
            touched += len(who)
            if touched > POSTINGS_BUDGET:
                break
        if not docs:
            return np.zeros(segment.size, np.float32)
        out: Floats = np.bincount(np.concatenate(docs), np.concatenate(weights), minlength=segment.size).astype(np.float32)
        return out

    def score(self, query: Terms, where: Ints) -> dict[str, Floats]:
        """Lexical features of the documents `where`: BM25 as a share of its maximum, idf-weighted share of the claim found in the query, cosine with the claim."""
        self._flush()
        out: dict[str, Floats] = {}
        plain = query.words[query.words < PLACES_FROM]
        for stream, ids, name in ((0, plain, "word"), (1, query.chars, "char")):
            scratch = self._scratch[stream]
            idf = self.idf(stream, ids)
            scratch[ids] = idf
            out |= self._stream_features(stream, name, where, float(idf.sum()), float(np.square(idf).sum()), scratch)
            scratch[ids] = 0
        return out

    def _stream_features(self, stream: int, name: str, where: Ints, total: float, square: float, scratch: Floats) -> dict[str, Floats]:
        bm, claim_cover, cosine = (np.zeros(len(where), np.float32) for _ in range(3))
        for segment in self._segments:
            mine = np.flatnonzero((where >= segment.base) & (where < segment.base + segment.size))
            if not len(mine):
                continue
            part = segment.words if stream == 0 else segment.chars
            local = where[mine] - segment.base
            counts = part.ptr[local + 1] - part.ptr[local]
            owner = np.repeat(np.arange(len(local)), counts)
            flat = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(part.ptr[local], counts)
            ids, raw = part.ids[flat], part.tf[flat]
            tf = (raw & np.uint8(127)).astype(np.float32)
            idf, in_claim, hit = self.idf(stream, ids), raw >= IN_CLAIM, scratch[ids]
            if stream == 0:
                idf[ids >= PLACES_FROM] = 0.0
            norm = self._norm(stream, part.length[local])[owner]
            n = len(local)
            bm[mine] = np.bincount(owner, hit * tf / (tf + norm), n) / max(total, 1e-6)
            claim_hit = np.bincount(owner, np.where(in_claim, hit, 0), n)
            claim_cover[mine] = claim_hit / np.maximum(np.bincount(owner, np.where(in_claim, idf, 0), n), 1e-6)
            dot = np.bincount(owner, np.where(in_claim, hit * idf, 0), n)
            size = np.bincount(owner, np.where(in_claim, idf * idf, 0), n)
            cosine[mine] = dot / np.sqrt(np.maximum(size * square, 1e-9))
        return {f"{name}_bm25": bm, f"{name}_claim_cover": claim_cover, f"{name}_cosine": cosine}
