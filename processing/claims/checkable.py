"""Is a sentence a checkable statement of fact? Rules of SCOPE S5 and a small linear model over cues and syllable n-grams.

Question, demand, wish, advice, hypothesis, forecast, opinion and satire are not checkable; a rumoured or announced act is. Unsure is not
checkable. Speakers and groups are masked before anything is computed (S7), so who says it changes nothing.
Rebuild: `python -m processing.claims.train_checkable FOLDER`. Guide: ANNOTATION.md. Card: MODEL_CARD.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import exp, log, sqrt
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from processing.claims.mask import mask
from processing.claims.numbers import dates, fold_keep, quantities
from processing.claims.tokens import neutral, tokens, unplaced
from processing.text import clean

BUCKETS = 1 << 13
VETOED = 0.05  # score of a sentence that a rule of S5 rules out
MAX_SYLLABLES = 120

_QUESTION = re.compile(
    r"\?|^(?:bao gio|tai sao|vi sao|lieu|phai chang|co phai|ai|sao|lam sao|thu hoi|chang le|co nen|co ai|xin hoi)\b|\b(?:hay khong|khong nhi|hay sao)\W*$"
)
_DEMAND = re.compile(
    r"^\W*(?:de nghi|kinh de nghi|yeu cau|kien nghi|kinh mong|mong|xin|hay|dung|moi (?:moi nguoi|ba con|quy|ban|cac)|keu goi|cung nhau|cung den|cung len|chung ta (?:hay|can|nen)|"
    r"ba con hay|moi nguoi (?:hay|nen|cung)|can (?:bai bo|trao|phai|co)|phai (?:cong bo|xem|thay|co|bao ve)|da den luc|hen gap|ba con (?:nho|oi)|nen)\b"
    r"|\b(?:de nghi|yeu cau) (?:quan|ong|ba|cac (?:cap|ong|vi)|lanh dao|chinh quyen|so|bo|uy ban|xa|phuong|tinh|cong ty) .{0,40}\b(?:som|ngay|giai quyet|tra loi|xem xet|boi thuong|cong khai)\b"
)
_HYPOTHESIS = re.compile(r"^\W*(?:neu|gia (?:nhu|ma|su)|uoc (?:gi|chi)|phai chi|thu tuong tuong|da la|dang le|biet dau|le ra|cau mong|cau troi|hy vong|chuc)\b")
_FORECAST = re.compile(
    r"\b(?:co le|chac (?:se|chan se|la|la)|som muon|truoc sau gi|du bao trong|nhieu kha nang|e rang|trong tuong lai|thoi gian toi|vai nam nua|roi .{0,30} cung se|"
    r"mot ngay nao do|chang may choc|mai nay|tuong lai cua|se (?:con|lai|chang|tro thanh|y nhu))\b"
)
_OPINION = re.compile(
    r"\b(?:theo toi|toi (?:nghi|thay|cho rang|tin|doan|mong|uoc|ung ho|phan doi|khong dong y|that vong|hoan nghenh|tu hao|thuong|ghet|dinh|chan)|voi toi|ca nhan toi|"
    r"theo cam nhan|noi that|that (?:dang|xung dang|buon|khong|ho then|nhan van|su)|nuc cuoi|khong the (?:chap nhan|tin)|vo cam|dang khen|dang buon|cam on|xau ho|"
    r"thieu (?:trach nhiem|tinh nguoi|nhan van|ton trong)|dung dan|tu te|ngao ngan|chan (?:canh|ngay)|xot xa|tu hao qua|gian qua|buon cho|nen (?:tu soi|bot|mo|uu tien|thuoc)|"
    r"dang duoc|xung dang|qua cham|te hon|kha hon|dung la|ghe|la lang phi)\b"
)
# a call to come, and what an actor ought to do; an evaluation that has the grammar of a statement; a joke that says so
_CALL = re.compile(
    r"^\W*(?:hen (?:ba con|moi nguoi|anh em|anh chi em|cac ban|ca nha|nhau)|ru nhau|moi nguoi oi|ai ranh)\b|\b(?:ba con|moi nguoi|anh em|cac ban) .{0,60}\b(?:nhe|nha)\W*$|"
    r"^\W*(?:chinh phu|nha nuoc|quoc hoi|tinh|thanh pho|chinh quyen|lanh dao|uy ban)(?: \w+){0,4} (?:nen|phai) "
    r"(?:tu bo|bo|dung|ngung|xem|thay|bau|giai tan|tu chuc|xin loi|cong khai|sua|rut|huy|giai trinh|chiu trach nhiem)\b"
)
_JUDGEMENT = re.compile(
    r"\bla (?:mot )?(?:sai lam|tham hoa|that bai|tro he|noi nhuc|su si nhuc|man kich|con roi|tro dua)\b|\bchi (?:co loi cho|biet hua|gioi hua|biet lo cho)\b|\bmat het (?:niem|long) tin\b|"
    r"\bthoi nat\b|\bai cung (?:thay|biet)\b|\bai chang biet\b|\bchac (?:de|chi de) (?:ngam|lam canh|khoe|trung)\b|^\W*chuyen (?:la|vui|cuoi|that nhu dua)\s?:"
)
_CUES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("hearsay", re.compile(r"\b(?:nghe noi|nghe don|nghe tin|co tin|tin don|don rang|dan mang|mang xa hoi|lan truyen|nguoi ta (?:bao|don|noi)|thay bao|ri tai|truyen nhau)\b")),
    ("announced", re.compile(r"\bse (?:dong|mo|cat|thu|cam|tang|giam|nghi|sap nhap|giai toa|xa|di doi|bi|phai|duoc|khoa|doi|bo|dung|ngung|cap|phat)\b")),
    ("done", re.compile(r"\b(?:da|vua|moi|bi|duoc|khien|lam|ghi nhan|xay ra|phat hien|xu phat|thu hoi|ban hanh|cong bo|vo|sap|chay|chet|ngap|mat|nhiem|vuot|do bo|thong xe|dong cua)\b")),
    ("first", re.compile(r"\b(?:toi|chung toi|minh|chung ta)\b")),
    ("exclaim", re.compile(r"!")),
    ("modal", re.compile(r"\b(?:nen|can|phai|khong the|dung|hay)\b")),
    ("agency", re.compile(r"\b(?:so|bo|ubnd|uy ban|cong ty|benh vien|truong|tram|ngan hang|co quan|chi cuc|ban quan ly)\b")),
    ("abstract", re.compile(r"\b(?:cong ly|tu do|dan chu|niem tin|long tin|luong tam|yeu nuoc|cong bang|minh bach|long dan|cai cach|nhiem ky|khau hieu|cong tac|tinh hinh)\b")),
    ("degree", re.compile(r"\b(?:qua|lam|that|rat|hon han|cuc ky|vo cung|den muc|den noi|ghe|the nay|nhu the)\b")),
    ("substance", re.compile(r"\b(?:asen|chi|amoni|thuy ngan|vi khuan|ham luong|nong do|thach tin|phong xa|vac xin|ung thu|vo sinh|chua khoi|ngo doc)\b")),
    ("only_talk", re.compile(r"\b(?:lanh dao|quan chuc|can bo|chinh quyen|chinh sach|chu truong|nghi quyet|quy hoach)\b")),
)  # fmt: skip

_RULES = (("question", _QUESTION), ("demand", _DEMAND), ("demand", _CALL), ("hypothesis", _HYPOTHESIS), ("opinion", _OPINION), ("opinion", _JUDGEMENT), ("forecast", _FORECAST))


def cues(text: str, folded: str, places: int | None = None) -> dict[str, float]:
    """Named features of one masked sentence; counts are capped. `places`: how many it names, where that is known already."""
    moments, count = dates(folded), len(folded.split())
    numbers = quantities(folded, moments)
    out = {name: float(min(len(pattern.findall(folded)), 2)) for name, pattern in _CUES}
    out |= {
        "numbers": float(min(len(numbers), 3)),
        "units": float(min(sum(bool(q.unit) for q in numbers), 3)),
        "dates": float(min(len(moments), 2)),
        "places": float(min(len(neutral(text)[1]) if places is None else places, 2)),
        "short": float(count < 5),
        "opinion": float(bool(_OPINION.search(folded))),
        "forecast": float(bool(_FORECAST.search(folded))),
    }
    return out


def vetoed(folded: str) -> str:
    """Name of the rule of S5 that rules the sentence out, or ''."""
    for name, pattern in _RULES:
        if pattern.search(folded):
            return name
    return "fragment" if len(folded.split()) < 4 else ""


def _buckets(plain: str) -> set[int]:
    toks = ["#" if t[0].isdigit() else t for t in tokens(plain)][:MAX_SYLLABLES]
    return {crc32(k.encode()) % BUCKETS for k in (*toks, *(f"{a} {b}" for a, b in pairwise(toks)))}


def grams(text: str) -> npt.NDArray[np.int64]:
    """Hashed syllable 1–2-grams of the masked, place-neutral sentence; numbers are one token."""
    return np.array(sorted(_buckets(neutral(text)[0])), np.int64)


@cache
def _model() -> tuple[list[float], dict[str, float], float, float]:
    folder = files("processing.claims") / "data"
    raw: dict[str, Any] = json.loads((folder / "checkable_model.json").read_text("utf-8"))
    weights = [0.0] * BUCKETS
    for index, weight in zip(raw["index"], raw["weight"], strict=True):
        weights[index] = weight
    return weights, raw["cues"], float(raw["bias"]), float(raw["operating_point"])


@cache
def _most() -> float:
    """The most that all cues together can add to a logit."""
    return sum(max(0.0, weight) * (3.0 if name in ("numbers", "units") else 2.0) for name, weight in _model()[1].items())


def _score(sentence: str, least: float) -> float:
    """The score, or VETOED where no cues could lift it to `least`: then they are not looked for."""
    text = mask(clean(sentence))
    folded = fold_keep(text)
    if vetoed(folded):
        return VETOED
    weights, named, bias, _ = _model()
    # taking out one attribution may uncover another; where nothing was taken out there is none
    plain, places = unplaced(text) if text == sentence and "#" not in text else neutral(text)
    found = _buckets(plain)
    logit = bias + sum(weights[k] for k in found) / max(sqrt(len(found)), 1.0)
    if least and logit + _most() < log(least / (1 - least)):
        return VETOED
    logit += sum(named[name] * value for name, value in cues(text, folded, len(places)).items())
    return 1 / (1 + exp(-max(-30.0, min(30.0, logit))))


def score(sentence: str) -> float:
    """How surely `sentence` states something that can be checked, 0 to 1. Compare with OPERATING_POINT."""
    return _score(sentence, 0.0)


def past(sentences: Iterable[str]) -> list[tuple[str, float]]:
    """The sentences past the operating point with their scores, in order; a repeated sentence as often as it comes."""
    point = _model()[3]
    scored = ((sentence, _score(sentence, point)) for sentence in sentences)
    return [(sentence, value) for sentence, value in scored if value >= point]


def __getattr__(name: str) -> float:
    # read from the model file on first use, so that importing costs nothing and retraining moves it
    if name == "OPERATING_POINT":
        return _model()[3]
    raise AttributeError(name)
