"""What the readers of lists raise."""

from __future__ import annotations

from crawlers.words import Said


class NotAList(ValueError):
    """The answer is not the kind of list it should be; `said` says what it is."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said
