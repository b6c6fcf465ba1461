"""What is left out for speed changes no answer: the best k are those of judging every check of the registry, one by one."""

from __future__ import annotations

import pytest

from processing.claims import core, train_fusion
from processing.claims.core import Candidate, Matcher


@pytest.fixture(scope="module")
def registry() -> list[dict[str, object]]:
    """Two hundred checks with their near twins, published over twelve years; every tenth has further wordings."""
    pairs = train_fusion.pairs()
    texts = list(dict.fromkeys(p["check"] for p in pairs))[:120] + [str(p["query"]) for p in pairs if not p["same"]][:80]
    said = [str(p["query"]) for p in pairs if p["same"]]
    return [
        {"id": str(n), "claim": text, "published_at": f"{2014 + n % 12}-05-01", "wordings": said[n : n + 3] if n % 10 == 0 else None} for n, text in enumerate(texts)
    ]


def _every(matcher: Matcher, text: str, when: str | None) -> list[Candidate]:
    """Every check judged without a pool, best first."""
    return sorted((matcher.pair(text, check, when) for check in matcher.held.position), key=lambda c: -c.score)


@pytest.mark.parametrize("when", [None, "2026-03-10"])
def test_the_best_k_are_those_of_judging_every_check(registry: list[dict[str, object]], when: str | None) -> None:
    matcher = Matcher({**check, "wordings": None} for check in registry)
    for pair in train_fusion.pairs()[5:245:30]:
        found, whole = matcher.search(pair["query"], when, 5), _every(matcher, pair["query"], when)
        assert [round(c.score, 9) for c in found] == [round(c.score, 9) for c in whole[:5]]
        for one, other in zip(found, whole, strict=False):
            if one.check == other.check and one.features["char_claim_cover"] >= core.NEAR:
                assert (one.tier, one.differences) == (other.tier, other.differences)
                assert one.features == other.features or one.differences  # what a difference has settled is not aligned word by word
        assert found[0].check == whole[0].check


@pytest.mark.parametrize("when", [None, "2026-03-10"])
def test_reading_all_candidates_at_once_gives_the_same(registry: list[dict[str, object]], when: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    matcher, asked = Matcher(registry), [p["query"] for p in train_fusion.pairs()[5:245:12]]
    few = [[(c.check, c.score, c.tier, c.wording) for c in matcher.search(text, when)] for text in asked]
    monkeypatch.setattr(core.heapq, "nlargest", lambda k, scores: [-1.0])  # nothing is ruled out
    monkeypatch.setattr(core, "SPARE", 1000)
    assert [[(c.check, c.score, c.tier, c.wording) for c in matcher.search(text, when)] for text in asked] == few
    assert any(wording is not None for found in few for *_, wording in found)
