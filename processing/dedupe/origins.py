"""How many independent origins stand behind documents: copies, one owner's papers and one wire agency's credit count once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_TAIL = 160  # characters at the end of a text where agencies are credited


class Voice(NamedTuple):
    """A document for counting: the document its text stems from, the owner of its source, the credited agency or ""."""

    origin: int
    owner: str
    credit: str = ""


def wire_credit(text: str, agencies: Sequence[str]) -> str:
    """The agency of `agencies` credited at the end of a text as a line, in brackets or after "Theo"/"Nguồn", else ""."""
    tail = text[-_TAIL:].casefold()
    for agency in agencies:
        name = re.escape(agency.casefold())
        if re.search(rf"(?:\(|\btheo |\bnguồn:? |\n|[-–—/]\s*){name}\W*$", tail):
            return agency
    return ""


def independent_groups(voices: Iterable[Voice]) -> list[int]:
    """Number of each voice's group, numbered by first appearance: voices that share origin, owner or credit are one group."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(key: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    listed = list(voices)
    for voice in listed:
        first = root(("origin", str(voice.origin)))
        for key in (("owner", voice.owner), ("credit", voice.credit)):
            if key[1]:
                parent[root(key)] = first
                first = root(first)
    numbers: dict[tuple[str, str], int] = {}
    return [numbers.setdefault(root(("origin", str(v.origin))), len(numbers)) for v in listed]
