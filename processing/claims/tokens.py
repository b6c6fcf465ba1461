"""Text → hashed terms for the index: syllable 1–2-grams and character 4-grams of the folded, masked, place-neutral text.

Places are taken out of both and kept as terms of their own in a reserved range: they help to find candidates, but the score sees them only as
agreement or difference, so swapping a place on both sides changes no score.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from processing.claims.lexicon import PLACE_HEADS, PROVINCES, TARGETS
from processing.claims.mask import mask
from processing.claims.numbers import COUNTED, UNITS, Moment, Quantity, fold_keep, stated
from processing.claims.opposites import COLLIDING, SYNONYMS
from processing.claims.watched import Watched
from processing.text import tone

Ids = npt.NDArray[np.uint32]
UNI = 1 << 20  # unigrams hash into [0, UNI)
BI = 1 << 22  # bigrams into [UNI, UNI + BI)
PLACE = 1 << 18  # places into the range after
WORDS = UNI + BI + PLACE
CHARS = 1 << 22
STAND_IN = "zplace"  # for a place
_TOKEN = re.compile(r"[^\W\d_]+|\d+|%")
_JOIN = re.compile(r"[.,](?<=\d.)(?=\d{3}\b)")  # the mark first: a scan for one of two characters is fast
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UPPER = "".join(c for c in map(chr, range(0x41, 0x1EFA)) if c.isupper() and (ord(c) < 0x1B1 or ord(c) >= 0x1EA0))
_CAPS = re.compile(rf"[{_UPPER}]\w*(?:[ \-]+[{_UPPER}]\w*)*")
_HEAD = Watched(r"\b(?:" + "|".join(sorted(PLACE_HEADS, key=len, reverse=True)) + r")\s(?=\S)")
_MARKED = re.compile(r"[À-ỹ]")
_PROVINCE = Watched(r"\b(?:" + "|".join(sorted(map(re.escape, PROVINCES), key=len, reverse=True)) + r")\b")


def _offices(fold: bool) -> re.Pattern[str]:
    forms = [fold_keep(t) if fold else tone(t) for t in TARGETS if not (fold and t == "công nhân")]  # "công nhận", to recognise, folds alike
    before = ("pho", "nguyen", "cuu") if fold else ("phó", "nguyên", "cựu")
    return re.compile(rf"(?<!\w)(?:(?:{'|'.join(before)}) )*(?:{'|'.join(sorted(forms, key=len, reverse=True))})(?!\w)")


_OFFICE, _OFFICE_FOLDED = _offices(False), _offices(True)
_CALLED = Watched(rf"(?<!\w)(?:{'|'.join(map(fold_keep, TARGETS))})(?!\w)")
_ARTICLE = re.compile(r"\b(?:(?:mot|vi|ong|nguyen|cuu)\s)+$")
_RANK = re.compile(r"(?:\s(?:ubnd|hdnd|uy ban nhan dan|hoi dong nhan dan|xa|phuong|huyen|quan|tinh|thi tran|thi xa|thanh pho|so|cuc|bo|thon|ap|khu pho|uy|hoi))+(?!\w)")


def _synonyms(fold: bool) -> tuple[dict[str, str], re.Pattern[str]]:
    pairs = {form: group[0] for group in SYNONYMS for form in group[1:]}
    # a first form of several words stands for itself, so that no shorter form is replaced inside it
    pairs |= {group[0]: group[0] for group in SYNONYMS if " " in group[0]}
    if fold:
        pairs = {fold_keep(f): fold_keep(to) for f, to in pairs.items() if fold_keep(f) not in COLLIDING }
    return pairs, re.compile(r"(?<!\w)(?:" + "|".join(sorted(map(re.escape, pairs), key=len, reverse=True)) + r")(?!\w)")


_COUNTED_NOUN = re.compile(r"\s(?:" + "|".join(sorted((re.escape(noun) for noun, (unit, _) in UNITS.items() if unit in COUNTED), key=len, reverse=True)) + r")$")
_SYN, _SYN_RE = _synonyms(False)
_SYN_FOLDED, _SYN_FOLDED_RE = _synonyms(True)
# English words that carry no content. The second list holds those that are also Vietnamese syllables written without diacritics.
_ENGLISH = frozenset(
    ["about", "above", "after", "again", "all", "and", "any", "are", "as", "because", "been", "before", "being", "below", "between", "both", "by", "could", "did", "does", "doing", "during", "each", "few", "for", "from", "further", "had", "has", "have", "having", "her", "hers", "here", "his", "how", "if", "into", "is", "its", "just", "more", "most", "nor", "of", "off", "once", "only", "or", "other", "our", "ours", "out", "over", "own", "same", "she", "should", "some", "such", "their", "theirs", "there", "these", "they", "this", "those", "through", "under", "until", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom", "why", "will", "with", "would", "you", "your", "yours"]
)
_ENGLISH_TOO = _ENGLISH | frozenset(["a", "an", "am", "at", "be", "but", "can", "do", "down", "he", "him", "i", "in", "it", "me", "my", "no", "not", "now", "on", "so", "than", "that", "the", "them", "then", "to", "too", "up", "us"])
_UNI_CACHE: dict[str, int] = {}


@dataclass(frozen=True)
class Terms:
    """Unique hashed terms of one text and how often each occurs. `words` holds unigrams, bigrams and places in their ranges."""

    words: Ids
    word_tf: npt.NDArray[np.uint8]
    chars: Ids
    char_tf: npt.NDArray[np.uint8]
    syllables: int


def stem(token: str) -> str:
    """English plural, -ed, -ing and -ly cut off. No Vietnamese syllable of five letters or more ends so."""
    if len(token) >= 5:
        for ending in ("ing", "ed", "ly", "es", "s"):
            if token.endswith(ending) and len(token) - len(ending) >= 3:
                return token[: -len(ending)]
    return token


def telling(toks: list[str]) -> list[str]:
    """`toks` without English function words; those spelt like Vietnamese syllables go only where one word in twelve is surely English."""
    sure = sum(t in _ENGLISH for t in toks)
    if not sure:
        return toks
    stop = _ENGLISH_TOO if 12 * sure >= len(toks) else _ENGLISH
    return [t for t in toks if t not in stop]


def marked(text: str) -> bool:
    """Does the text bear Vietnamese letters?"""
    return _MARKED.search(text) is not None


def english(text: str) -> bool:
    """Is the text English, as far as one sure function word and the lack of Vietnamese letters tell?"""
    return not marked(text) and any(t in _ENGLISH for t in _TOKEN.findall(text.lower()))


def unigram(token: str) -> int:
    """Hashed id of one folded syllable."""
    found = _UNI_CACHE.get(token)
    if found is None:
        found = crc32(stem(token).encode()) & (UNI - 1)
        if len(_UNI_CACHE) < 200_000:
            _UNI_CACHE[token] = found
    return found


def _cuts(masked: str, folded: str) -> list[tuple[int, int, str]]:
    """Spans of places and their folded names. In an English text no word heads a place: "ban", "song" and "cap" are English words, too."""
    cuts = [(m.start(), m.end(), PROVINCES[m[0]]) for m in _PROVINCE.finditer(folded)]
    for m in () if english(masked) else _HEAD.finditer(folded):
        found = _CAPS.match(masked, m.end())
        if found:
            cuts.append((found.start(), found.end(), folded[found.start() : found.end()]))
    return sorted(cuts)


def targets(masked: str, folded: str) -> list[tuple[int, int, str]]:
    """Spans of offices and callings in a text with their article and rank ("một … xã"), and their folded names. A name after the rank is a place and stays."""
    if not _CALLED.may(folded):
        return []
    lowered = tone(masked.lower())
    pattern, read = (_OFFICE, lowered) if marked(masked) and len(lowered) == len(folded) else (_OFFICE_FOLDED, folded)
    out = []
    for m in pattern.finditer(read):
        before, rank = _ARTICLE.search(folded, max(0, m.start() - 12), m.start()), _RANK.match(folded, m.end())
        named = rank is not None and masked[rank.end() : rank.end() + 2].strip()[:1].isupper()
        out.append((before.start() if before else m.start(), rank.end() if rank and not named else m.end(), folded[m.start() : m.end()]))
    return out


def _untargeted(masked: str, folded: str) -> list[tuple[int, int, str]]:
    """What is cut for comparison: places leave a stand-in, whom it is about leaves nothing."""
    return [*_cuts(masked, folded), *((start, end, "") for start, end, _ in targets(masked, folded))]


def _without(text: str, cuts: list[tuple[int, int, str]]) -> tuple[str, list[str]]:
    out, at, places = [], 0, []
    for start, end, name in cuts:
        if start >= at:
            out += [text[at:start], f" {STAND_IN} " if name else " "]
            places += [name] if name else []
            at = end
    out.append(text[at:])
    return "".join(out), places


def neutral(text: str) -> tuple[str, list[str]]:
    """Folded text without masked groups and speakers, places replaced by one stand-in word; and the folded places."""
    masked = _spoken(text)
    folded = fold_keep(masked)
    return _without(folded, _cuts(masked, folded))


def _spoken(text: str) -> str:
    return _CAMEL.sub(" ", mask(text)) if "#" in text else mask(text)


def worded(masked: str) -> tuple[str, list[str]]:
    """Lower-case text with its diacritics: places give way to one stand-in word, whom it is about to nothing; and the folded places."""
    folded = fold_keep(masked)
    lowered = tone(masked.lower())
    cuts = sorted(_untargeted(masked, folded))
    return _without(lowered if len(lowered) == len(folded) else folded, cuts)


def _measured(masked: str, folded: str) -> tuple[list[tuple[int, int, str]], list[Moment], list[Quantity]]:
    """Dates, numbers, and the spans of both with units of measure; a counted noun ("24 học sinh") stays, it says what is counted."""
    moments, numbers = stated(masked)
    cuts = [(m.start, m.end, "") for m in moments if not m.rel]
    for q in numbers:
        noun = _COUNTED_NOUN.search(folded, q.start, q.end) if q.unit in COUNTED else None
        cuts.append((q.start, noun.start() if noun else q.end, ""))
    return cuts, list(moments), list(numbers)


def parted(masked: str, fold: bool) -> tuple[str, list[str], list[Moment], list[Quantity]]:
    """`content` of a text, and what was taken out of it: folded places, dates and numbers."""
    folded = fold_keep(masked)
    lowered = tone(masked.lower())
    same = len(lowered) == len(masked)
    measured, moments, numbers = _measured(masked, folded)
    plain, places = _without(folded if fold or not same else lowered, sorted([*_untargeted(masked, folded), *measured]))
    pairs, pattern = (_SYN_FOLDED, _SYN_FOLDED_RE) if fold else (_SYN, _SYN_RE)
    return pattern.sub(lambda m: pairs[m[0]], plain), places, moments, numbers


def content(masked: str, fold: bool) -> str:
    """Lower-case text for word-by-word comparison: places out, words of one meaning as one; with diacritics unless `fold`."""
    return parted(masked, fold)[0]


def tokens(folded: str) -> list[str]:
    """Syllables and numbers; 1.200 is one token."""
    return _TOKEN.findall(_JOIN.sub("", folded.replace("'", "")))


def _counted(ids: npt.NDArray[np.uint32]) -> tuple[Ids, npt.NDArray[np.uint8]]:
    unique, counts = np.unique(ids, return_counts=True)
    return unique.astype(np.uint32), np.minimum(counts, 127).astype(np.uint8)


def terms(text: str) -> Terms:
    """Hashed terms of NFC `text`."""
    masked = _spoken(text)
    whole = fold_keep(masked)
    folded, places = _without(whole, sorted(_untargeted(masked, whole)))
    toks = tokens(folded)
    content_words = telling(toks)
    uni = np.fromiter((unigram(t) for t in content_words), np.uint64, len(content_words))
    bi = UNI + ((uni[:-1] * np.uint64(0x9E3779B1) + uni[1:] * np.uint64(0x85EBCA6B)) >> np.uint64(7)) % np.uint64(BI)
    place = np.array([UNI + BI + crc32(p.encode()) % PLACE for p in places], np.uint64)
    raw = np.frombuffer((" " + " ".join(toks) + " ").encode(), np.uint8).astype(np.uint64)
    if len(raw) >= 4:
        grams = raw[:-3] | raw[1:-2] << np.uint64(8) | raw[2:-1] << np.uint64(16) | raw[3:] << np.uint64(24)
        chars = (grams * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)) % np.uint64(CHARS)
    else:
        chars = np.zeros(0, np.uint64)
    words, word_tf = _counted(np.concatenate([uni, bi, place]).astype(np.uint32))
    grams4, char_tf = _counted(chars.astype(np.uint32))
    return Terms(words, word_tf, grams4, char_tf, len(toks))
