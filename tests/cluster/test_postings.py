"""Weights that are kept between comparisons are those a fresh computation gives."""

from __future__ import annotations

import math
import random

import numpy as np

from processing.cluster.postings import Postings, Vector

KNOWN = 4.0


def cosine(a: dict[str, float], b: dict[str, float], documents: list[dict[str, float]], stories: list[set[str]], common: dict[str, float]) -> float:
    """As defined: terms weigh by how few documents and stories hold them."""

    def weigh(terms: dict[str, float]) -> dict[str, float]:
        out = {}
        for term, weight in terms.items():
            held, told, share = sum(term in d for d in documents), sum(term in s for s in stories), common.get(term, 0.0)
            out[term] = weight * max(0.0, KNOWN - 0.5 * math.log((held + 200 * share + 1) * (told + 60 * share + 1)))
        return out

    x, y = weigh(a), weigh(b)
    return sum(w * y.get(t, 0.0) for t, w in x.items()) / math.sqrt(sum(w * w for w in x.values()) * sum(w * w for w in y.values()))


def test_cosines_follow_documents_that_come_move_and_go() -> None:
    rng = random.Random(2)
    common = {f"t{n}": 0.3 / (n + 1) for n in range(5)}
    postings = Postings(common)
    live: dict[int, tuple[dict[str, float], Vector, str]] = {}
    for turn in range(120):
        if len(live) > 12 and rng.random() < 0.5:
            gone = rng.choice(sorted(live))
            terms, vector, story = live.pop(gone)
            postings.leave(vector, story)
            if rng.random() < 0.5:
                story = f"s{rng.randrange(5)}"
                postings.join(vector, story)
                live[gone] = terms, vector, story
            else:
                postings.depart(vector)
                postings.release(vector)
        else:
            terms = {f"t{rng.randrange(40)}": rng.choice([0.25, 0.5, 1.0]) for _ in range(9)}
            vector = postings.vector(terms)
            postings.arrive(vector)
            story = f"s{rng.randrange(5)}"
            postings.join(vector, story)
            live[turn] = terms, vector, story
        rows = list(live.values())
        documents = [terms for terms, _, _ in rows]
        stories = [{t for terms, _, story in rows if story == name for t in terms} for name in {story for _, _, story in rows}]
        found = postings.cosines([v for _, v, _ in rows[:2]], [v for _, v, _ in rows], KNOWN)
        wanted = [np.mean([cosine(d, one, documents, stories, common) for one in documents[:2]]) for d in documents]
        assert np.allclose(found, wanted)


def test_a_document_without_terms_is_like_none() -> None:
    postings = Postings({})
    full, empty = postings.vector({"lũ": 1.0, "cầu": 0.5, "đê": 0.5}), postings.vector({})
    for vector in (full, empty):
        postings.arrive(vector)
        postings.join(vector, "s")
    for others in ([full, empty], [empty, full], [empty, empty]):
        found = postings.cosines([full], others, KNOWN)
        assert np.allclose(found, [1.0 if one is full else 0.0 for one in others])
    assert np.allclose(postings.cosines([full, empty], [full, empty], KNOWN), [0.5, 0.0])
