"""Letter-by-letter forms of a text that keep its length, so that a match in the form is a match in the text."""

from __future__ import annotations

import unicodedata

from processing.letters import Letters
from processing.text import tone

_DASH = "‐‑‒–—−"
_QUOTE = "’‘ʼ`´"
# i and y are written for each other after a consonant (Mỹ/Mĩ, Quy/Qui): compared as one letter
_Y_TO_I = str.maketrans("yýỳỷỹỵ", "iíìỉĩị")


def _one(char: str) -> str:
    """The char to compare: same letter in lower case, one kind of dash, apostrophe and blank. Always one character."""
    if char in _DASH:
        return "-"
    if char in _QUOTE:
        return "'"
    if char.isspace():
        return " "
    low = char.lower()
    return (low if len(low) == 1 else char).translate(_Y_TO_I)


def _bare(char: str) -> str:
    low = _one(char)
    if low == "đ":
        return "d"
    base = unicodedata.normalize("NFD", low)[0]
    return base if base.isalnum() or base == low else low


_EXACT, _FOLDED = Letters(_one), Letters(_bare)


def exact(text: str) -> str:
    """Lower case with accents, tone mark in one place, i for y, one dash and blank. Same length as `text` (NFC)."""
    return _EXACT(tone(text))


def folded(text: str) -> str:
    """As `exact`, without accents and with d for đ. Same length as `text` (NFC)."""
    return _FOLDED(text)


def accented(text: str) -> bool:
    """Does the text hold any Vietnamese diacritic?"""
    return not text.isascii() and any(_bare(c) != _one(c) for c in text if c.isalpha())


def composed(text: str) -> tuple[str, list[int] | None]:
    """NFC of `text` and, when that changes it, the index in `text` at which each of its characters (and its end) lies."""
    if unicodedata.is_normalized("NFC", text):
        return text, None
    out: list[str] = []
    starts: list[int] = []
    begin = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and unicodedata.combining(text[end]):
            continue
        cluster = unicodedata.normalize("NFC", text[begin:end])
        out.append(cluster)
        starts.extend([begin] * len(cluster))
        begin = end
    return "".join(out), [*starts, len(text)]
