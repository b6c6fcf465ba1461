"""Which stretches of a claim stand in the evidence word for word, and what stands in the place of the others: nothing, other words, a number, a name, a denial.

Each sentence of the evidence is aligned with the claim on its own (Ratcliff and Metzener 1988, as in difflib), so that a claim told over several sentences is
covered by several. A stretch that no sentence has is read in the sentence that holds its neighbour: there it is *put in* (the neighbours adjoin) or stands
*in the place of* something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from processing.claims.align import VALUE
from processing.claims.numbers import fold_keep
from processing.claims.opposites import FILLERS
from processing.claims.tokens import tokens

MAX_TOKENS = 200  # of a claim and of a sentence
_FILLERS = frozenset(map(fold_keep, FILLERS))
_DENIALS = frozenset({"khong", "chua", "chang"})
# words that say how many, how much or when: exchanged or put in they change a claim more than others
_DEGREES = frozenset(("tat", "ca", "moi", "toan", "chi", "duy", "nhat", "luon", "hon", "it", "nhieu", "tang", "giam", "cao", "thap", "truoc", "sau", "dau", "cuoi"))
_NAMES = ("put_in", "put_in_runs", "put_in_longest", "put_in_names", "put_in_numbers", "put_in_degrees", "exchanged", "exchanged_runs", "exchanged_longest",
          "exchanged_names", "exchanged_numbers", "exchanged_degrees", "exchanged_alike", "moved", "denied_in_claim", "denied_in_evidence", "left_out", "left_out_runs")  # fmt: skip
Opcode = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class _Aligned:
    words: list[str]
    codes: Sequence[Opcode]

    @property
    def equal(self) -> int:
        return sum(i2 - i1 for tag, i1, i2, _, _ in self.codes if tag == "equal")


def _words(text: str) -> list[str]:
    return tokens(fold_keep(text))[:MAX_TOKENS]


def _told(words: Sequence[str]) -> list[str]:
    return [w for w in words if w not in _FILLERS]


def _number(words: Sequence[str]) -> bool:
    return any(w.isdigit() or w in VALUE for w in words)


def runs(claim: str, quotes: Sequence[str]) -> dict[str, float]:
    """Named features of the claim beside the sentences `quotes`, all NFC. Without words or sentences all are 0."""
    words, names = _words(claim), {fold_keep(w) for w in re.findall(r"\w+", claim)[1:] if w[:1].isupper()}
    sides = []
    for quote in quotes:
        other = _words(quote)
        sides.append(_Aligned(other, SequenceMatcher(None, words, other, autojunk=False).get_opcodes()))
    block, holder = [0] * len(words), [0] * len(words)  # the longest equal stretch that holds each word, and the sentence it is in
    for at, side in enumerate(sides):
        for tag, i1, i2, _, _ in side.codes:
            for i in range(i1, i2) if tag == "equal" else ():
                if i2 - i1 > block[i]:
                    block[i], holder[i] = i2 - i1, at
    out = dict.fromkeys(_NAMES, 0.0)
    start = 0
    while start < len(words):
        end = start + 1
        if not block[start]:
            while end < len(words) and not block[end]:
                end += 1
            beside = [i for i in (start - 1, end) if 0 <= i < len(words)]
            if beside:
                _read(out, words, start, end, sides[holder[max(beside, key=lambda i: (block[i], holder[i]))]], names)
        start = end
    main = max(sides, key=lambda s: s.equal, default=_Aligned([], []))
    _omissions(out, words, main)
    n, held = max(len(words), 1), main.equal
    return out | {
        "main_cover": held / n, "main_ratio": 2 * held / max(len(words) + len(main.words), 1), "runs_cover": sum(b > 0 for b in block) / n,
        "mean_block": sum(min(b, 10) for b in block) / 10 / n, "lone_words": sum(b == 1 for b in block) / n, "long_blocks": sum(b >= 4 for b in block) / n,
        "longest_block": min(max(block, default=0), 25) / 25,
    }  # fmt: skip


def _read(out: dict[str, float], words: list[str], start: int, end: int, side: _Aligned, names: set[str]) -> None:
    """What the sentence that holds a neighbour has in the place of words[start:end]."""
    run = words[start:end]
    told = _told(run)
    out["denied_in_claim"] += bool(_DENIALS & set(run))
    if not told:
        return
    instead = next((side.words[j1:j2] for tag, i1, i2, j1, j2 in side.codes if tag == "replace" and i1 <= start < i2), [])
    fresh = [w for w in instead if w not in words]
    length = float(min(len(told), 6))
    if not instead:
        kind = "put_in"
    elif fresh:
        kind = "exchanged"
        out["exchanged_numbers"] += _number(run) and _number(fresh)
        out["exchanged_alike"] += SequenceMatcher(None, " ".join(told), " ".join(fresh)).ratio()
    else:  # only words that the claim has elsewhere
        out["moved"] += 1
        return
    out[kind] += length
    out[f"{kind}_runs"] += 1
    out[f"{kind}_longest"] = max(out[f"{kind}_longest"], length)
    out[f"{kind}_names"] += any(w in names for w in told)
    out[f"{kind}_degrees"] += bool(_DEGREES & set(run)) + bool(_DEGREES & set(fresh))
    if kind == "put_in":
        out["put_in_numbers"] += any(w.isdigit() for w in told)


def _omissions(out: dict[str, float], words: list[str], main: _Aligned) -> None:
    """What the sentence nearest the claim says between two stretches of it."""
    for tag, i1, i2, j1, j2 in main.codes[1:-1]:
        said = main.words[j1:j2]
        if tag != "equal" and _DENIALS & set(said) and not _DENIALS & set(words[max(0, i1 - 2) : i2 + 2]):
            out["denied_in_evidence"] += 1
        if tag == "insert" and (told := _told(said)):
            out["left_out"] += min(len(told), 8)
            out["left_out_runs"] += 1
