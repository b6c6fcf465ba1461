"""Text as the patterns read it, with the way back: composed letters, plain digits and spaces, nothing invisible between them."""

from __future__ import annotations

import unicodedata
from functools import cache

_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# letters of other scripts that pass for ours, and for a digit
_LOOKS = dict(zip("аеорсухіѕјАВЕКМНОРСТХІЅЈОоΟοΑΒΕΗΙΚΜΝΡΤΧЗ", "aeopcyxisjABEKMHOPCTXISJOoOoABEHIKMNPTX3", strict=True))


def plain(text: str) -> tuple[str, list[int] | None]:
    """`text` composed (NFC), with full-width and other digits as ASCII, letters that pass for ours as ours, odd spaces and dashes as plain ones, invisible characters gone.

    The list maps each index of the result (and its end) to the index in `text`; None where both are the same string.
    """
    if text.isascii() or (unicodedata.is_normalized("NFC", text) and not any(_odd(c) for c in set(text))):
        return text, None
    out: list[str] = []
    back: list[int] = []
    i = 0
    while i < len(text):
        j = i + 1
        while j < len(text) and unicodedata.combining(text[j]):
            j += 1
        if text[i] not in _INVISIBLE:
            for char in unicodedata.normalize("NFC", text[i:j]) if j > i + 1 else _plain_char(text[i]):
                out.append(char)
                back.append(i)
        i = j
    back.append(len(text))
    return "".join(out), back


@cache
def _odd(char: str) -> bool:
    return char in _INVISIBLE or _plain_char(char) != char


def _plain_char(char: str) -> str:
    if char in _LOOKS:
        return _LOOKS[char]
    if char < "\x80" or (char.isalpha() and not "\uff00" <= char <= "\uffef"):
        return char
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if (digit := unicodedata.digit(char, None)) is not None:  # circled, superscript
        return str(digit)
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category == "Pd":
        return "-"
    if "\uff00" <= char <= "\uffef":
        wide = unicodedata.normalize("NFKC", char)
        return wide if len(wide) == 1 else char
    return "." if char in "·•․‧" else char
