"""Backends of `semantics` on a model in a local folder in Hugging Face's format (extra [transformers]). Never a download: a folder is asked for.

The embedder is the mean of the last hidden states, as e5 and most sentence models are used; the pair model is a sequence classifier whose labels name
the relation (entailment, contradiction, neutral, or supports, contradicts, not_enough).
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.errors import LangNgheError

CURE = "uv pip install 'langnghe[transformers]', and name the folder that holds config.json, the tokenizer and the weights"
LABEL_WORDS = (("support", "entail"), ("contradict", "refute"), ("not_enough", "not enough", "neutral", "nei"))
LONGEST = 512  # word pieces


def _load(folder: Path, kind: str) -> tuple[Any, Any, Any]:
    """torch, tokenizer, model."""
    if not (folder / "config.json").is_file():
        raise LangNgheError(f"{folder} holds no model: config.json is missing", CURE)
    try:
        torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
    except ImportError as error:
        raise LangNgheError(f"the local model needs {error.name}", CURE) from None
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model = getattr(transformers, kind).from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError) as error:
        raise LangNgheError(f"the model in {folder} cannot be loaded: {error}", CURE) from None
    return torch, tokenizer, model.eval()


class LocalEmbedder:
    """Mean of the last hidden states, length 1. Models of the e5 family get the prefixes they were trained with."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._torch, self._tokenizer, self._model = _load(folder, "AutoModel")
        self._prefixes = ("query: ", "passage: ") if "e5" in folder.name.lower() else ("", "")

    def _rows(self, texts: Sequence[str], prefix: str) -> npt.NDArray[np.float32]:
        fed = self._tokenizer([prefix + t for t in texts], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        with self._torch.inference_mode():
            hidden = self._model(**fed).last_hidden_state
        mask = fed["attention_mask"].unsqueeze(-1)
        rows = np.asarray(((hidden * mask).sum(1) / mask.sum(1).clamp(min=1)).numpy(), np.float32)
        out: npt.NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return out

    def queries(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self._rows(texts, self._prefixes[0])

    def passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self._rows(texts, self._prefixes[1])


def label_order(names: dict[int, str]) -> list[int]:
    """Positions of supports, contradicts, not_enough among a classifier's labels. LangNgheError where they cannot be told."""
    found = [[i for i, name in names.items() if any(w in str(name).lower() for w in words)] for words in LABEL_WORDS]
    if [len(f) for f in found] != [1, 1, 1]:
        raise LangNgheError(f"labels {sorted(names.values())} do not name supports, contradicts and not_enough", "set id2label in the model's config.json")
    return [f[0] for f in found]


class LocalPairs:
    """A sequence classifier over (evidence, claim), the order of natural-language-inference sets."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._torch, self._tokenizer, self._model = _load(folder, "AutoModelForSequenceClassification")
        self._order = label_order(dict(self._model.config.id2label))

    def relate(self, claim: str, evidence: str) -> npt.NDArray[np.float64]:
        fed = self._tokenizer(evidence, claim, truncation="only_first", max_length=LONGEST, return_tensors="pt")
        with self._torch.inference_mode():
            logits = np.asarray(self._model(**fed).logits[0].numpy(), np.float64)[self._order]
        p = np.exp(logits - logits.max())
        out: npt.NDArray[np.float64] = p / p.sum()
        return out
