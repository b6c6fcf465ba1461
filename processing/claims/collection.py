"""The checks that a matcher searches: their words in an index, their vectors where there is an embedder, and the further wordings of each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims import facts
from processing.claims.index import Index
from processing.claims.mask import mask
from processing.claims.semantics import MAX_EMBEDDED, Dense, Embedder, passage_of
from processing.claims.tokens import Terms, terms
from processing.errors import LangNgheError
from processing.text import clean

MAX_CHARS = 20_000  # of a claim or a query; a longer text is not a claim and is cut
FACT_CACHE = 20_000
WORDED = 60  # candidates more where checks have wordings: several of one check are still one
Longs = npt.NDArray[np.int64]


@dataclass(slots=True)
class Check:
    """A check, or a further wording of the one at position `of`. `masked` is the claim as it is compared; the same object where nothing is masked."""

    id: str
    masked: str
    published_at: str | None
    of: int = -1
    number: int = 0


def wordings_of(check: Mapping[str, Any]) -> list[str]:
    """The field `wordings` of a check, NFC: further texts that state the same as its claim. Raises LangNgheError where it is no list of texts."""
    given = check.get("wordings")
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        wrong = type(given).__name__ if not isinstance(given, list) else next(type(text).__name__ for text in given if not isinstance(text, str))
        raise LangNgheError(f"field 'wordings' of check {check.get('id')!r} must be a list of texts, got {wrong}", 'write "wordings": ["…", "…"], or leave the field out')
    return [clean(text)[:MAX_CHARS] for text in given]


class Collection:
    """Checks {"id","claim","title"?,"text"?,"published_at"?,"wordings"?} by their position, which grows; a further wording has a position of its own."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        self.dense = Dense(embedder) if embedder is not None else None
        self.index = Index()
        self.position: dict[str, int] = {}
        self.of: dict[int, int] = {}
        """Position of a wording → that of its check."""
        self.checks: list[Check] = []
        self._wordings: dict[str, tuple[str, ...]] = {}
        self._told: dict[str, list[int]] = {}
        self._facts: OrderedDict[int, facts.Facts] = OrderedDict()

    def __len__(self) -> int:
        return len(self.position)

    def add(self, checks: Iterable[dict[str, Any]]) -> None:
        """As `Matcher.add`."""
        read: list[str] = []
        worded: dict[str, list[str]] = {}
        try:
            for check in checks:
                said, claim, title = wordings_of(check), clean(str(check.get("claim") or "")), clean(str(check.get("title") or ""))
                text = clean(str(check.get("text") or ""))
                claim = claim or title or text
                self.withdraw(str(check["id"]))
                self.position[str(check["id"])] = len(self.checks)
                self.checks.append(Check(check["id"], _masked(claim[:MAX_CHARS]), check.get("published_at")))
                self.index.add(terms("\n".join(part for part in (claim, title, text) if part)), terms(claim))
                if self.dense is not None:
                    read.append(passage_of(claim, title))
                if said:
                    worded[str(check["id"])] = said
        finally:
            if self.dense is not None:
                self.dense.add(read)
        for check_id, said in worded.items():
            self._say(check_id, said)

    def know(self, wordings: Mapping[str, Sequence[str]]) -> None:
        """As `Matcher.know`."""
        for check_id in self._wordings.keys() | wordings.keys():
            said = [clean(text)[:MAX_CHARS] for text in wordings.get(check_id, ())]
            if check_id in self.position and self._wordings.get(check_id, ()) != tuple(said):
                self._say(check_id, said)
        if self.dense is not None:
            self.dense.keep(self.checks[at].masked[:MAX_EMBEDDED] for told in self._told.values() for at in told)

    def _say(self, check_id: str, said: Sequence[str]) -> None:
        """Replace a check's further wordings. An empty one and one said before keep their place in the list and are not indexed.

        What was there before stays where it is: one more confirmed each hour would otherwise leave copies behind that make its words look common.
        """
        before = {self.checks[at].masked: at for at in self._told.pop(check_id, ())}
        self._wordings.pop(check_id, None)
        told: dict[str, int] = {}
        read: list[str] = []
        for number, text in enumerate(said):
            masked = _masked(text)
            if not masked or masked in told:
                continue
            at = before.pop(masked, None)
            if at is None:
                told[masked] = self._put(check_id, masked, number, terms(text))
                read.append(masked[:MAX_EMBEDDED])
            else:
                told[masked], self.checks[at].number = at, number
        self._forget(before.values())
        if said:
            self._wordings[check_id], self._told[check_id] = tuple(said), list(told.values())
        if self.dense is not None:
            self.dense.add(read, wordings=True)

    def _put(self, check_id: str, masked: str, number: int, found: Terms) -> int:
        at, own = len(self.checks), self.position[check_id]
        self.of[at] = own
        self.checks.append(Check(check_id, masked, None, own, number))
        self.index.add(found, found)
        return at

    def withdraw(self, check_id: str) -> None:
        """Forget a check and its wordings; unknown ids are ignored."""
        at = self.position.pop(check_id, None)
        if at is not None:
            self._forget([at, *self._told.pop(check_id, ())])
            self._wordings.pop(check_id, None)

    def _forget(self, places: Iterable[int]) -> None:
        for at in places:
            self.index.withdraw(at)
            self._facts.pop(at, None)
            self.of.pop(at, None)
            self.checks[at].masked = ""  # its words are no longer kept

    def candidates(self, query: Terms, masked: str, limit: int) -> tuple[Longs, npt.NDArray[np.float32] | None]:
        """Positions of checks and wordings that may answer the query, by words and by vectors, and the cosine of each where there is an embedder."""
        limit += min(len(self.of), WORDED)
        where = self.index.candidates(query, limit)
        cosines = self.dense.cosines(masked) if self.dense is not None else None
        if cosines is not None:
            gone = self.index.withdrawn
            cosines[gone] = -1.0
            where = np.union1d(where, np.argpartition(-cosines, min(limit, len(cosines) - 1))[:limit])
            where = where[~np.isin(where, gone)]
        if self.of:  # a check is known by its own words, too, whichever wording found it
            where = np.union1d(where, np.array([self.of[at] for at in where.tolist() if at in self.of], np.int64))
        return where, None if cosines is None else cosines[where]

    def owners(self, where: Longs) -> Longs:
        """The check's position for each position of a check or wording."""
        return np.array([self.of.get(at, at) for at in where.tolist()], np.int64)

    def facts_of(self, at: int) -> facts.Facts:
        """What the check or wording at a position commits itself to; lately asked ones are remembered."""
        found = self._facts.get(at)
        if found is None:
            found = self._facts[at] = facts.extract(self.checks[at].masked)
            if len(self._facts) > FACT_CACHE:
                self._facts.popitem(last=False)
        else:
            self._facts.move_to_end(at)
        return found


def _masked(text: str) -> str:
    """`text` as it is compared, and the same object where nothing is taken out: two hundred thousand copies are not kept."""
    found = mask(text)
    return text if found == text else found
