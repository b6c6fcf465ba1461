"""What a document is compared by: syllable 1- and 2-grams and cheap entity cues of its title, lead and the start of its body.

Three fields with weights of their own: single syllables, pairs, and entity cues (runs of capitalised words, numbers, place codes). A term
is a string whose shape names its field: "nước", "nước sạch" (a space), "#lũng vân" (a hash). A term counts once a document; a term of
the title weighs more than one first seen in the body. Runs at several thousand articles a second on one core.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice, pairwise

from processing.text import clean, tone

UNIGRAM, BIGRAM, ENTITY = 1.0, 0.2, 0.3
TITLE, LEAD, BODY = 1.0, 0.5, 0.25
_FEWEST = 2  # different words, beside the commonest
_LEAD_WORDS, _BODY_WORDS = 50, 70
_TITLE_CHARS, _TEXT_CHARS = 400, 2000
_WORD = re.compile(r"\w+(?:[.,]\d+)*(?:['’]\w+)?")
_ENGLISH = (
    "a an the of to in on for and or is are was were be been has have had with at by from as it its this that these those will not but his "
    "her their he she they we you i after over up out new about into than more says say said how what why who when could may can"
)
# The commonest grammatical syllables; the rest are left to the inverse document frequency.
_VIETNAMESE = (
    "và của là có được trong cho với các những một này đó khi đã sẽ đang từ tại ở về đến ra vào như để do bị thì mà cũng nhiều theo trên "
    "sau trước người năm ngày không còn lại nên rằng hay hoặc vì nếu"
)
_ENGLISH_STOP, _VIETNAMESE_STOP = frozenset(_ENGLISH.split()), frozenset(_VIETNAMESE.split())
_VIETNAMESE_LETTER = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


def language(text: str) -> str:
    """ "vi" where the text has letters that only Vietnamese uses, else "und" (undetermined)."""
    return "vi" if _VIETNAMESE_LETTER.search(text) else "und"


def _stem(word: str) -> str:
    """English word without possessive and the commonest inflections: headlines vary little else."""
    word = word.replace("’", "'").removesuffix("'s")
    if len(word) > 4 and not word.endswith("ss"):
        for suffix in ("ing", "ed", "es", "s"):
            if word.endswith(suffix) and len(word) - len(suffix) >= 3:
                return word[: -len(suffix)]
    return word


def _runs(words: list[str], keys: list[str], stop: frozenset[str]) -> Iterable[str]:
    """Entity cues: runs of capitalised words and, where a run is longer, its words. Nothing from Title Case or ALL CAPS lines."""
    capitals = sum(w[0].isupper() for w in words)
    if capitals > 0.7 * len(words):
        return
    run: list[str] = []
    for word, key in zip([*words, "."], [*keys, ""], strict=True):
        if word[0].isupper() and key not in stop:
            run.append(key)
            continue
        if run:
            yield "#" + " ".join(run)
            if len(run) > 1:
                yield from ("#" + k for k in run)
        run = []


def _add(terms: dict[str, float], text: str, weight: float, lang: str, limit: int) -> None:
    words = [found.group() for found in islice(_WORD.finditer(text), limit)]
    if not words:
        return
    lower = [w.lower() for w in words]
    english = lang == "en"
    stop = _ENGLISH_STOP if english else _VIETNAMESE_STOP
    keys = [_stem(w) for w in lower] if english else lower
    for key, word in zip(keys, lower, strict=True):
        if word not in stop:
            terms.setdefault(key, weight * UNIGRAM)
        if word[0].isdigit():
            terms.setdefault("#" + word, weight * ENTITY)
    for a, b in pairwise(keys) if weight > BODY else ():
        terms.setdefault(f"{a} {b}", weight * BIGRAM)
    for cue in _runs(words, keys, stop):
        terms.setdefault(cue, weight * ENTITY)


def terms_of(title: str, text: str, lang: str, places: Iterable[str] = ()) -> dict[str, float]:
    """Terms of one document with their weights, title first. `places` are unit codes where the annotation knows them.

    Only the start of the text is read, so that an article of a megabyte costs what a short one does. A single word says nothing of an event: it would join
    whichever story holds it, so it has no terms and stays alone.
    """
    terms: dict[str, float] = {}
    _add(terms, tone(clean(title[:_TITLE_CHARS])), TITLE, lang, 60)
    start = tone(clean(text[:_TEXT_CHARS]))
    lead, _, body = start.partition("\n")
    _add(terms, lead, LEAD, lang, _LEAD_WORDS)
    _add(terms, body, BODY, lang, _BODY_WORDS)
    for code in places:
        terms.setdefault(f"#@{code}", ENTITY)
    return terms if sum(term[0] != "#" and " " not in term for term in terms) >= _FEWEST else {}
