"""Is a sentence a checkable statement of fact? Rules of SCOPE S5 and a small linear model over cues and the words of the sentence.

A word (or compound) weighs what its neighbours in meaning taught: the model is linear in vectors of words (`word_vectors.py`), so all that is kept of them is one
weight a word, under a hash; without diacritics the mean of the words that are then spelt alike.

Question, demand, wish, advice, hypothesis, forecast, opinion and satire are not checkable; a rumoured or announced act is. Unsure is not
checkable. Speakers and groups are masked before anything is computed (S7), so who says it changes nothing.
Rebuild: `python -m processing.claims.train_checkable FOLDER`. Guide: ANNOTATION.md. Card: MODEL_CARD.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from math import exp, log
from typing import Any, NamedTuple
from zlib import crc32

from processing.claims.diacritics import restored
from processing.claims.lexicon import PLACE_HEADS, PROVINCES, TARGETS
from processing.claims.mask import mask
from processing.claims.numbers import dates, fold_keep, fold_together, quantities
from processing.claims.tokens import STAND_IN, marked, tokens, worded
from processing.claims.vetoes import vetoed
from processing.claims.watched import Watched
from processing.text import clean, tone

VETOED = 0.05  # score of a sentence that a rule of S5 rules out
MAX_SYLLABLES = 120
KNOWN = 0.58  # share of known words below which it is no Vietnamese: of 1,522 sentences none has less than 0.60, of 197 English posts none more than 0.58
REMEMBERED = 200_000  # words and pairs of syllables

_CUES = {
    "hearsay": "nghe noi, nghe don, nghe tin, co tin, tin don, don rang, dan mang, mang xa hoi, lan truyen, nguoi ta bao, nguoi ta don, nguoi ta "
    "noi, thay bao, ri tai, truyen nhau",
    "announced": "se dong, se mo, se cat, se thu, se cam, se tang, se giam, se nghi, se sap nhap, se giai toa, se xa, se di doi, se bi, se phai, se "
    "duoc, se khoa, se doi, se bo, se dung, se ngung, se cap, se phat",
    "done": "da, vua, moi, bi, duoc, khien, lam, ghi nhan, xay ra, phat hien, xu phat, thu hoi, ban hanh, cong bo, vo, sap, chay, chet, ngap, "
    "mat, nhiem, vuot, do bo, thong xe, dong cua",
    "first": "toi, chung toi, minh, chung ta",
    "modal": "nen, can, phai, khong the, dung, hay",
    "agency": "so, bo, ubnd, uy ban, cong ty, benh vien, truong, tram, ngan hang, co quan, chi cuc, ban quan ly",
    "abstract": "cong ly, tu do, dan chu, niem tin, long tin, luong tam, yeu nuoc, cong bang, minh bach, long dan, cai cach, nhiem ky, khau hieu, "
    "cong tac, tinh hinh",
    "degree": "qua, lam, that, rat, hon han, cuc ky, vo cung, den muc, den noi, ghe, the nay, nhu the",
    "substance": "asen, chi, amoni, thuy ngan, vi khuan, ham luong, nong do, thach tin, phong xa, vac xin, ung thu, vo sinh, chua khoi, ngo doc",
    "only_talk": "lanh dao, quan chuc, can bo, chinh quyen, chinh sach, chu truong, nghi quyet, quy hoach",
}  # fmt: skip


# how posts shorten frequent words; a letter after a number is a unit
SHORT = {
    "ko": "khong", "k": "khong", "kh": "khong", "hok": "khong", "khg": "khong", "dc": "duoc", "ng": "nguoi", "ngta": "nguoi ta", "nc": "nuoc", "vs": "voi", "trc": "truoc",
    "mn": "moi nguoi", "mng": "moi nguoi", "hs": "hoc sinh", "sv": "sinh vien", "bv": "benh vien", "cty": "cong ty", "r": "roi", "j": "gi", "lm": "lam", "nhg": "nhung",
    "thg": "thang", "dg": "dang", "tgian": "thoi gian", "hnay": "hom nay", "hqua": "hom qua", "gd": "gia dinh", "xk": "xuat khau", "ntn": "nhu the nao", "wa": "qua",
}  # fmt: skip
_SHORT = Watched(rf"(?<!\w)(?<!\d )(?:{'|'.join(sorted(SHORT, key=len, reverse=True))})(?!\w)")
_SHORTENED = re.compile(_SHORT.regex.pattern, re.IGNORECASE)
# what `worded` takes out: a province, whom the sentence is about, a name after what heads one
_CUT = Watched(rf"\b(?:{'|'.join(map(re.escape, [*PROVINCES, *map(fold_keep, TARGETS)]))})\b")
_HEADED = Watched(rf"\b(?:{'|'.join(PLACE_HEADS)})\s")
_UPPER = "".join(c for c in map(chr, range(0x41, 0x1EFA)) if c.isupper())
_INITIAL = re.compile(rf"\s[{_UPPER}]")


def _by_first() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """For each word that begins a phrase of a cue: the cue and the words that must follow."""
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for name, phrases in _CUES.items():
        for first, *rest in map(str.split, phrases.split(", ")):
            found.setdefault(first, []).append((name, tuple(rest)))
    return found


_BEGINS = _by_first()


class _Folded(dict[str, str]):
    """Words without diacritics; what was asked for is remembered."""

    def __missing__(self, word: str) -> str:
        if len(self) > REMEMBERED:
            self.clear()
        found = self[word] = fold_keep(word)
        return found


_folded = _Folded()


def cues(folded: str, places: int, spelt: list[str] | None = None) -> dict[str, float]:
    """Named features of the folded words of one sentence that names so many places; counts are capped. `spelt`: its words where they are known already."""
    toks = list(map(_folded.__getitem__, spelt)) if spelt is not None and "'" not in folded else tokens(folded)
    moments = dates(folded)
    numbers = quantities(folded, moments)
    out = dict.fromkeys(_CUES, 0.0)
    for at, token in enumerate(toks):
        for name, rest in _BEGINS.get(token, ()):
            if not rest or tuple(toks[at + 1 : at + 1 + len(rest)]) == rest:
                out[name] = min(out[name] + 1, 2.0)
    out |= {
        "exclaim": float(min(folded.count("!"), 2)),
        "numbers": float(min(len(numbers), 3)),
        "units": float(min(sum(bool(q.unit) for q in numbers), 3)),
        "dates": float(min(len(moments), 2)),
        "places": float(min(places, 2)),
        "short": float(len(toks) < 5),
    }
    return out


def key(word: str) -> int:
    """Hash of a word or compound."""
    return crc32(word.encode())


class Weights(dict[str, float | None]):
    """Weight of a word or compound, None of one that is not known; what was asked for is remembered."""

    def __init__(self, keys: list[int], weights: list[float]) -> None:
        super().__init__()
        self._hashed = dict(zip(keys, weights, strict=True))

    def __missing__(self, word: str) -> float | None:
        if len(self) > REMEMBERED:
            self.clear()
        found = self[word] = self._hashed.get(key(word))
        return found


def words(plain: str, known: Callable[[str], object]) -> list[str]:
    """Words of a lower-case sentence; two syllables are one word where `known` gives more than None for the pair. Numbers are left out."""
    return _joined(tokens(plain), known)


def _joined(syllables: list[str], known: Callable[[str], object]) -> list[str]:
    out: list[str] = []
    before = ""  # the syllable that may still join the next
    for token in syllables[:MAX_SYLLABLES]:
        if before and known(pair := f"{before} {token}") is not None:
            out[-1] = pair
            before = ""
        else:
            out.append(token)
            before = token
    return [w for w in out if not w[0].isdigit()]


def spelled_out(sentence: str) -> str:
    """A sentence without diacritics with the short forms of posts ("ko", "dc", "ng") written as words; any other stays as it is."""
    if marked(sentence) or not _SHORT.may(fold_keep(sentence)):
        return sentence
    return _SHORTENED.sub(lambda m: SHORT[m[0].lower()], sentence)


def read(sentence: str, cleaned: bool = False) -> tuple[str, str, int]:
    """The masked sentence; its words in lower case with places and offices taken out; how many places it names. `cleaned`: it has gone through `clean`."""
    sentence = spelled_out(sentence if cleaned else clean(sentence))
    masked = text = mask(sentence)
    if text != sentence:  # taking out one attribution may uncover another; where nothing was taken out there is none
        text = mask(text)
    if _names(text):
        plain, places = worded(text)
        return masked, plain, len(places)
    return masked, _lower(text), 0


def _names(masked: str) -> bool:
    """May `worded` take anything out? Else the sentence stays whole."""
    folded = fold_keep(masked)
    return _CUT.may(folded) or (_HEADED.may(folded) and any(folded.endswith(PLACE_HEADS, 0, m.start()) for m in _INITIAL.finditer(masked)))


def _lower(masked: str) -> str:
    lowered = tone(masked.lower())
    return lowered if len(lowered) == len(masked) else fold_keep(masked)


class View(NamedTuple):
    """The weights for sentences with diacritics, or for those without."""

    words: Weights
    restored: Weights | None
    """Of the words with the diacritics put back that they most likely lack."""
    cues: dict[str, float]
    bias: float
    most: float
    """The most that all cues together can add to a logit."""


@cache
def _model() -> tuple[View, View, float]:
    """The view of sentences with diacritics, the one of those without, and the operating point."""
    raw: dict[str, Any] = json.loads((files("processing.claims") / "data" / "checkable_model.json").read_text("utf-8"))
    return _view(raw["marked"]), _view(raw["folded"]), float(raw["operating_point"])


def _view(raw: dict[str, Any]) -> View:
    most = sum(max(0.0, weight) * (3.0 if name in ("numbers", "units") else 2.0) for name, weight in raw["cues"].items())
    words, again = (Weights(raw[name]["key"], raw[name]["weight"]) if name in raw else None for name in ("words", "restored"))
    assert words is not None
    return View(words, again, raw["cues"], float(raw["bias"]), most)


def _score(sentence: str, least: float, cleaned: bool = False) -> float:
    """The score, or VETOED where no cues could lift it to `least`: then they are not looked for."""
    masked, plain, places = read(sentence, cleaned)
    if vetoed(masked):
        return VETOED
    spelt, bare, _ = _model()
    view = spelt if marked(plain) else bare
    table = view.words
    syllables = tokens(plain)
    told = [w for w in _joined(syllables, table.__getitem__) if w != STAND_IN]
    found = [weight for weight in map(table.__getitem__, told) if weight is not None]
    if len(found) < KNOWN * len(told):
        return VETOED
    logit = view.bias + sum(found) / max(len(found), 1)
    if view.restored is not None:
        again = [weight for word in words(restored(plain), view.restored.__getitem__) if (weight := view.restored[word]) is not None]
        logit += sum(again) / max(len(again), 1)
    if least and logit + view.most < log(least / (1 - least)):
        return VETOED
    logit += sum(view.cues[name] * value for name, value in cues(fold_keep(plain), places, syllables).items() if value)
    return 1 / (1 + exp(-max(-30.0, min(30.0, logit))))


def score(sentence: str) -> float:
    """How surely `sentence` states something that can be checked, 0 to 1. Compare with OPERATING_POINT."""
    return _score(sentence, 0.0)


def past(sentences: Iterable[str]) -> list[tuple[str, float]]:
    """The sentences past the operating point with their scores, in order; a repeated sentence as often as it comes."""
    point = _model()[2]
    all_of = list(sentences)
    whole = "\n".join(all_of)
    if cleaned := clean(whole) == whole:
        fold_together(all_of)
    scored = ((sentence, _score(sentence, point, cleaned)) for sentence in all_of)
    return [(sentence, value) for sentence, value in scored if value >= point]


def __getattr__(name: str) -> float:
    # read from the model file on first use, so that importing costs nothing and retraining moves it
    if name == "OPERATING_POINT":
        return _model()[2]
    raise AttributeError(name)
