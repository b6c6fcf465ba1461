"""Texts with each character put for another, so that places in the text stay places: lower case, without diacritics, one kind of dash."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_SHORT = 160
"""Characters below which Python's own translation is as fast."""
_TABLED = 0x2600
"""Codes below this (letters, punctuation, signs of money and arrows) have their row in the table; a text with others (emoji) goes the slower way."""


class Letters(dict[int, str]):
    """`form` gives one character for one; what it gave is kept. Call it with a text: the same length comes back."""

    def __init__(self, form: Callable[[str], str]) -> None:
        super().__init__()
        self._form = form
        self._table: NDArray[np.uint32] | None = None

    def __missing__(self, code: int) -> str:
        found = self[code] = self._form(chr(code))
        return found

    def __call__(self, text: str) -> str:
        if len(text) < _SHORT:
            return text.translate(self)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        if int(codes.max()) >= _TABLED:
            return text.translate(self)
        if self._table is None:
            self._table = np.array([ord(self[code]) for code in range(_TABLED)], np.uint32)
        return self._table[codes].tobytes().decode("utf-32-le", "surrogatepass")
