"""Sentences and words. The language of a text is guessed from its own letters and commonest words; nothing is downloaded."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from underthesea.pipeline.text_normalize.character_normalize import normalize_characters_in_text
from underthesea.pipeline.word_tokenize import regex_tokenize

from processing.annotate import crf
from processing.text import sentences as split_sentences
from processing.text import syllables

_VI = frozenset(
    [
        "va",
        "cua",
        "la",
        "cac",
        "cho",
        "khong",
        "duoc",
        "trong",
        "nguoi",
        "co",
        "voi",
        "tai",
        "da",
        "nay",
        "mot",
        "nhung",
        "den",
        "khi",
        "tu",
        "den",
        "ve",
        "tren",
        "do",
        "se",
        "phai",
        "xa",
        "huyen",
        "tinh",
    ]
)
_EN = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "in",
        "is",
        "was",
        "for",
        "on",
        "with",
        "that",
        "as",
        "by",
        "at",
        "from",
        "it",
        "are",
        "be",
        "this",
        "have",
        "has",
        "were",
        "which",
    ]
)
_LETTERS = frozenset("ăâđêôơưàảãạằắẳẵặầấẩẫậẻẽẹềếểễệìỉĩịòỏõọồốổỗộờớởỡợùủũụừứửữựỳỷỹỵ")
_LONG = 2_000
_REMEMBERED = 200_000
"""Stretches without blanks whose tokens are kept."""
_SHORT = 60
"""Characters of a stretch up to which they are: addresses and the like do not come again, and 200,000 of them would fill the memory."""
_PIECE = re.compile(r"\S+")
_BLANK_POINT = re.compile(r"Th\s[sS]")
# "Th.s" among the rules of underthesea also matches "This"
_PLAIN = r"(?<!\S)(?!Th.[sS])[^\W\d_]+(?=[\s,]|$)|(?<!\S)(?!Đ)[a-zà-ỹ][^\W\d_]*(?=\.(?:\s|$))"
_TOKEN = re.compile(f"{_PLAIN}|{regex_tokenize.regex_patterns_combine}", re.VERBOSE)


def words(sentence: str) -> list[str]:
    """Words of one sentence in order, a word's syllables joined by a blank. Numbers, dates and marks are words of their own."""
    return words_of([sentence])


def words_of(some: Sequence[str]) -> list[str]:
    """Words of sentences in order, as `words` of each."""
    parts = [(index, _tokens(part)) for index, sentence in enumerate(some) for part in _parts(sentence)]
    out: list[str] = []
    last = -1
    for (index, tokens), inside in zip(parts, crf.load().inside([tokens for _, tokens in parts]), strict=True):
        for token, continues in zip(tokens, inside, strict=True):
            if continues and index == last:
                out[-1] = f"{out[-1]} {token}"
            else:
                out.append(token)
                last = index
    return out


class _Chunks(dict[str, tuple[str, ...]]):
    """Tokens of a stretch without blanks where `after` follows it; what was asked for is remembered where it is short."""

    def __init__(self, after: str) -> None:
        super().__init__()
        self.after = after

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        if len(self) > _REMEMBERED:
            self.clear()
        found = _read(f"{chunk}{self.after}")
        if len(chunk) <= _SHORT:
            self[chunk] = found
        return found


def _read(text: str) -> tuple[str, ...]:
    return tuple(match[0] for match in _TOKEN.finditer(normalize_characters_in_text(text)))


# no rule reads beyond a blank, but "dot at the end of word" is no token of its own at the end of a text
_inner, _last = _Chunks(" "), _Chunks("")


def _tokens(part: str) -> list[str]:
    """What underthesea's `tokenize` yields. A run of letters between blanks, commas or the final stop is one token whatever its rules say."""
    chunks = part.split()
    if not chunks or part[-1].isspace() or ("Th" in part and _BLANK_POINT.search(part)):  # "Th.s" among its rules reads a blank for its point
        return list(_read(part))
    end = _last[chunks.pop()]
    return [*itertools.chain.from_iterable(map(_inner.__getitem__, chunks)), *end]


def _parts(sentence: str) -> list[str]:
    """A table or list without full stops comes as one endless sentence: cut it at blanks so that time stays linear."""
    if len(sentence) <= _LONG:
        return [sentence]
    parts: list[str] = []
    begin = 0
    for match in _PIECE.finditer(sentence):
        if match.end() - begin > _LONG:
            parts.append(sentence[begin : match.start()])
            begin = match.start()
    parts.append(sentence[begin:])
    return [piece[at : at + 4 * _LONG] for piece in parts for at in range(0, len(piece), 4 * _LONG)]


def sentences(text: str) -> list[str]:
    """Sentences in order, none empty."""
    return split_sentences(text)


def language(text: str) -> str:
    """ "vi", "en", "und" (too short or neither). Vietnamese without accents is recognised by its commonest syllables."""
    found = syllables(text[:5_000])
    if not found:
        return "und"
    marked = sum(not _LETTERS.isdisjoint(s) for s in found) / len(found)
    if marked >= 0.25 or (marked >= 0.1 and len(found) < 12):
        return "vi"
    vi = sum(s in _VI for s in found) / len(found)
    en = sum(s in _EN for s in found) / len(found)
    if en >= 0.12 and en > vi:
        return "en"
    return "vi" if vi >= 0.12 or marked >= 0.12 else "und"
