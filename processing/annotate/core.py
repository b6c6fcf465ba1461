"""Annotate one document: sentences, words, places, province, topic, checkable sentences. Pure: no database, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from processing.annotate import formats, segment
from processing.annotate.places import Places
from processing.annotate.topics import OTHER, Topics
from processing.zone import LOCAL

METHOD = "crf-vlsp2013; gazetteer-2026-07; places-3; topics-1"
"""Names and versions of models and gazetteer; stored with every annotation."""

MAX_CHARS = 100_000
"""Only this much of a text is read (about 20,000 words, 40 times a usual article)."""



@dataclass(frozen=True, slots=True)
class Annotation:
    """What a document is about. `places` as in the contract, `province` today's, with `province_confidence` in 0–1."""

    language: str
    sentences: list[str]
    tokens: list[str]
    places: list[dict[str, Any]]
    province: dict[str, str] | None
    province_confidence: float
    topic: str
    topic_score: float
    checkable: list[dict[str, Any]]


class Annotator:
    """Holds the models; one per process. `annotate` for the contract's records, `analyse` for the stage."""

    def __init__(self, places: Places, topics: Topics) -> None:
        self.places, self.topics = places, topics

    @classmethod
    def load(cls, extra_gazetteer: Path | None = None) -> Annotator:
        """Read gazetteer and models (about 1 s). Raises LangNgheError when a package or file is missing."""
        return cls(Places(extra_gazetteer), Topics.load())

    def analyse(self, text: str, title: str = "", published: date | None = None, area: str | None = None) -> Annotation:
        """`published`: local day of publication; `area`: code of the source's own province of today, a hint for ambiguous names."""
        text = text[:MAX_CHARS]
        language = segment.language(f"{title} {text}")
        sentences = segment.sentences(text)
        tokens = segment.words_of(sentences)
        if language != "vi":
            # kept and marked; gazetteer, topics and claims speak Vietnamese only
            found, province = self.places.find(text, title, published, area) if language == "und" else ([], None)
            return Annotation(language, sentences, tokens, found, _plain(province), _confidence(province), OTHER, 0.0, [])
        found, province = self.places.find(text, title, published, area)
        if formats.pastime(title, text):
            return Annotation(language, sentences, tokens, found, _plain(province), _confidence(province), OTHER, 1.0, [])
        topic, score = self.topics.classify(title, text)
        stated = _checkable([sentence for sentence in sentences if not formats.table_row(sentence)])
        return Annotation(language, sentences, tokens, found, _plain(province), _confidence(province), topic, score, stated)

    def annotate(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record with the fields of the contract and `language` added. Raises ValueError for a bad `published_at`."""
        found = self.analyse(record["text"], record.get("title") or "", local_day(record.get("published_at")), record.get("area"))
        return record | {
            "language": found.language, "sentences": found.sentences, "tokens": found.tokens, "places": found.places,
            "province": found.province, "topic": found.topic, "topic_score": found.topic_score, "checkable": found.checkable,
        }  # fmt: skip


def local_day(value: str | None) -> date | None:
    """The day in Viet Nam of an ISO 8601 time or bare date; a time without offset is local. None stays None. Raises ValueError."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.date() if moment.tzinfo is None else moment.astimezone(LOCAL).date()
    except (ValueError, OverflowError):
        raise ValueError(f"published_at is not an ISO 8601 time: {value[:40]!r}") from None


def _plain(province: dict[str, Any] | None) -> dict[str, str] | None:
    return {"code": province["code"], "name": province["name"]} if province else None


def _confidence(province: dict[str, Any] | None) -> float:
    return float(province["confidence"]) if province else 0.0


def _checkable(sentences: list[str]) -> list[dict[str, Any]]:
    """Sentences past the operating point of the claims part."""
    from processing.claims import checkable

    return [{"sentence": sentence, "score": round(score, 4)} for sentence, score in checkable.past(sentences)]
