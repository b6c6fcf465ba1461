"""Where two sentences differ, word by word: a single replaced word in an otherwise equal sentence usually changes what is claimed."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from processing.claims.lexicon import FILLERS
from processing.claims.tokens import neutral, tokens

MAX_TOKENS = 80
NUMBER_WORDS = frozenset(("mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi", *map(str, range(1, 32))))


@dataclass(frozen=True)
class Alignment:
    """`replaced`: content syllables replaced in place, as a share of the shorter text; `one_sided`: found on one side only; `ratio`: equal share.

    `numbers`: number words or digits that stand in one another's place, whatever they count ("ba quỹ" ↔ "năm quỹ").
    """

    replaced: float
    one_sided: float
    ratio: float
    numbers: tuple[tuple[str, str], ...] = ()


def align(left: str, right: str) -> Alignment:
    """Align the folded syllables of two masked sentences; fillers and order changes do not count as replaced."""
    a = [t for t in tokens(neutral(left)[0]) if t not in FILLERS][:MAX_TOKENS]
    b = [t for t in tokens(neutral(right)[0]) if t not in FILLERS][:MAX_TOKENS]
    if not a or not b:
        return Alignment(1.0, 1.0, 0.0)
    in_a, in_b = set(a), set(b)
    replaced = alone = equal = 0
    numbers = []
    for op, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        # a word that merely moved is in the other text too and counts as nothing
        gone, came = sum(t not in in_b for t in a[i1:i2]), sum(t not in in_a for t in b[j1:j2])
        if op == "equal":
            equal += i2 - i1
            continue
        if op == "replace" and i2 - i1 == j2 - j1 == 1 and a[i1] in NUMBER_WORDS and b[j1] in NUMBER_WORDS:
            numbers.append((a[i1], b[j1]))
        if op == "replace" and gone and came:
            replaced += min(gone, came)
            alone += abs(gone - came)
        else:
            alone += gone + came
    short = min(len(a), len(b))
    return Alignment(replaced / short, alone / (len(a) + len(b)), 2 * equal / (len(a) + len(b)), tuple(numbers))
