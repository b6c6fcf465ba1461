"""Search in documents and the files they link to, with accents and without, in the database (`search_documents`, migrations 0011 and 0017) and for the review page.

What is stored of a text is its syllables without accents and their places; words typed with accents are looked for, as written, in the texts that
the index finds. Answers are for the screen only (SCOPE S9), and the audit keeps who searched and keyed hashes of the words (S12).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.db.landing import keyed_digest
from processing.text import clean, fold, syllables

MOST = 100
LONGEST = 200
"""Characters of a question; what is longer is cut."""
_READ = 100_000  # characters of a text that are indexed, as in the annotator
_SYLLABLE = 60
_AROUND = (70, 150)  # characters shown before and after the place found


def vector(title: str, text: str) -> str:
    """Syllables of title and text without accents, each with its places, as the input form of a tsvector; equal to SQL's `search_vector`."""
    places: dict[str, str] = {}
    for place, syllable in enumerate(syllables(fold(f"{title}\n{text}"[:_READ])), 1):
        if syllable in places:
            places[syllable] += f",{place}"
        else:
            places[syllable] = f"'{syllable[:_SYLLABLE]}':{place}"
    return " ".join(places.values())


def find(conn: Connection, asked: str, *, actor: str, now: datetime, any_accents: bool = False, most: int = MOST) -> list[dict[str, Any]]:
    """Documents that hold the words, newest first, those with the words side by side before others; each with `around`, some words about it.

    `attachment` is the address of the linked file that holds them, and `around` is of its text; None where the page itself does.
    Writes one row of the audit in the caller's transaction: `actor`, how many were found, and a keyed hash of each syllable.
    """
    asked = clean(asked)[:LONGEST]
    words = sorted(set(syllables(fold(asked))))
    rows = conn.execute("SELECT * FROM search_documents(%s, %s, most => %s)", [asked, False if any_accents else None, most]).fetchall() if words else []
    detail = {"words": [keyed_digest(word.encode())[:8].hex() for word in words], "found": len(rows)}
    conn.execute("SELECT audit_append(%s, 'search', 'documents', %s, %s)", [actor, Jsonb(detail), now])
    return [{**row, "around": around(row.pop("text"), asked)} for row in rows]


def around(text: str, asked: str) -> tuple[str, str, str]:
    """What stands before, at and after the first place of `text` where the words stand side by side, or else the first of them."""
    plain = fold(text)
    if len(plain) != len(text):  # letters that fold to several: places would be wrong
        plain = text.lower()
    at, end = _place(plain, syllables(fold(asked)))
    begin, stop = max(0, at - _AROUND[0]), min(len(text), end + _AROUND[1])
    before, after = text[begin:at], text[end:stop]
    if begin:
        before = "… " + before.partition(" ")[2]
    if stop < len(text):
        after = after.rpartition(" ")[0] + " …"
    return before.replace("\n", " "), text[at:end].replace("\n", " "), after.replace("\n", " ")


def _place(plain: str, words: list[str]) -> tuple[int, int]:
    """Start and end of the words in a text without accents; (0, 0) where none is there (they stand in the title)."""
    for some in [words, *([word] for word in words)]:
        pattern = r"\W+".join(re.escape(word) for word in some)
        found = re.search(rf"(?<!\w){pattern}(?!\w)", plain) if some else None
        if found:
            return found.span()
    return 0, 0
