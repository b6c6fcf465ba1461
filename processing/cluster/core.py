"""Online story clustering: each document joins a live story or opens one, decided from the documents before it.

Story ids are the id of the document that opened the story. Languages never mix. After 64, 128 and 256 documents of a language, then every
256, documents whose decision was close are looked at again (`again.reexamine`); what was answered stays answered, later answers and `final` follow.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from processing.cluster.again import Moved, reexamine
from processing.cluster.features import language, terms_of
from processing.cluster.live import Item
from processing.cluster.params import Params
from processing.cluster.shard import Shard
from processing.errors import LangNgheError

STATE_VERSION = 2


def seconds(published_at: str) -> float:
    """Unix seconds of an ISO 8601 time; a naive one or a bare day is taken as UTC. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(published_at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"published_at is not an ISO 8601 time: {published_at[:40]!r}") from None


class Clusterer:
    """Stories of a stream. Not thread-safe: one writer per shard."""

    def __init__(self, params: Params | None = None) -> None:
        self.params = params or Params()
        self._opened: Counter[str] = Counter()
        self.shards: dict[str, Shard] = {}
        self._shard_of: dict[str, str] = {}
        self._answered: dict[str, str] = {}
        self._merged: dict[str, str] = {}
        self._left: dict[str, str] = {}
        self._links: list[tuple[str, str, str]] = []

    def shard(self, lang: str) -> Shard:
        """Live stories of a language, made on first use."""
        if lang not in self.shards:
            shard = self.shards[lang] = Shard(self.params, self._open, lang)
            for kind, a, b in self._links:
                shard.link(kind, a, b)
        return self.shards[lang]

    def _open(self, item: Item) -> str:
        """A name for the story that a document opens, new at every call."""
        self._opened[item.id] += 1
        return item.id if self._opened[item.id] == 1 else f"{item.id}~{self._opened[item.id]}"

    def item(self, doc: Mapping[str, Any]) -> tuple[str, Item]:
        """Language and comparable form of a document {"id", "published_at", "title", "text", "lang"?, "places"?}. Raises ValueError, KeyError."""
        title, text = doc.get("title") or "", doc.get("text") or ""
        lang = doc.get("lang") or language(f"{title} {text[:400]}")
        return lang, Item(str(doc["id"]), seconds(doc["published_at"]), terms_of(title, text, lang, doc.get("places") or ()))

    def assign(self, doc: Mapping[str, Any]) -> str:
        """Story id of the next document of the stream; the same id again for a document seen before."""
        document = str(doc["id"])
        if document in self._answered:
            return self._answered[document]
        lang, item = self.item(doc)
        story, _, _ = self.place(lang, item)
        self._answered[document] = story
        return story

    def place(self, lang: str, item: Item) -> tuple[str, float, list[Moved]]:
        """Decide about one new document: its story, the score (1 for the first of a story), and what a re-examination changed."""
        shard = self.shard(lang)
        story, score = shard.decide(item)
        self.restore(lang, item, story)
        shard.seen += 1
        changes = reexamine(shard) if shard.due() else []
        for change in changes:
            if change.kind == "merged":
                self._merged[change.story] = change.other
        return shard.story_of.get(item.id, story), score, changes

    def restore(self, lang: str, item: Item, story: str) -> None:
        """Put a document where it is known to belong, without deciding."""
        self._shard_of[item.id] = lang
        left = self.shard(lang).add(item, story)
        self.shard(lang).release()
        if left is not None:
            self._left[left[0]] = left[1]
            del self._shard_of[left[0]]

    def constrain(self, kind: str, a: str, b: str) -> None:
        """An analyst's decision about two documents, obeyed from now on: kind "together" or "apart"."""
        if kind not in ("together", "apart"):
            raise ValueError(f"unknown constraint {kind!r}")
        self._links.append((kind, a, b))
        for shard in self.shards.values():
            shard.link(kind, a, b)

    def resolve(self, story: str) -> str:
        """The story an id stands for after merges."""
        while story in self._merged:
            story = self._merged[story]
        return story

    def final(self) -> dict[str, str]:
        """Story of every document answered so far, after a last re-examination."""
        for shard in self.shards.values():
            for change in reexamine(shard, whole=True):
                if change.kind == "merged":
                    self._merged[change.story] = change.other
        out = {}
        for document, story in self._answered.items():
            lang = self._shard_of.get(document)
            out[document] = self.shards[lang].story_of[document] if lang is not None else self.resolve(self._left.get(document, story))
        return out

    # ---- state on disk

    def dump(self, path: Path) -> None:
        """Write the state as JSON, whole or not at all."""
        state = {
            "version": STATE_VERSION,
            "answered": self._answered,
            "merged": self._merged,
            "links": self._links,
            "opened": self._opened,
            "shards": {
                lang: {
                    "seen": shard.seen,
                    "time_weights": shard.times.weights,
                    "doubts": [document for document in shard.doubts if document in shard.items],
                    "items": [[i.id, i.at, i.terms, shard.story_of[i.id]] for i in shard.items.values()],
                }
                for lang, shard in self.shards.items()
            },
        }
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        part.replace(path)

    def load(self, path: Path) -> None:
        """Take up a state written by `dump`. Raises LangNgheError when it is not one."""
        try:
            state = json.loads(path.read_bytes())
            if state["version"] != STATE_VERSION:
                raise KeyError("version")
            self._answered, self._merged = dict(state["answered"]), dict(state["merged"])
            self._links, self.shards, self._shard_of, self._opened = [], {}, {}, Counter(state["opened"])
            for kind, a, b in state["links"]:
                self.constrain(kind, a, b)
            for lang, saved in state["shards"].items():
                shard = self.shard(lang)
                for document, at, terms, story in saved["items"]:
                    self.restore(lang, Item(document, at, terms), story)
                for document in saved["doubts"]:
                    shard.doubt(shard.items[document])
                shard.seen = saved["seen"]
                shard.times.weights = list(saved["time_weights"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise LangNgheError(
                f"{path} is not a state of `langnghe cluster` ({type(error).__name__}: {error})", "delete it to start afresh"
            ) from None


def replay(docs: Iterable[Mapping[str, Any]], params: Params | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """Online and final story ids of a finite stream."""
    clusterer = Clusterer(params)
    online = {str(d["id"]): clusterer.assign(d) for d in docs}
    return online, clusterer.final()
