"""Stories: quality, density, arrival order and speed on the labelled streams, and a threshold on TF-IDF cosines for comparison."""

from __future__ import annotations

import gzip
import json
import math
import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from processing.cluster.core import Clusterer, replay, seconds
from processing.cluster.features import terms_of
from processing.cluster.live import Item
from processing.cluster.params import Params
from processing.cluster.timeline import Entry, Timeline

Row = tuple[str, str, str, str]
Doc = dict[str, Any]


class Quality(NamedTuple):
    """BCubed precision, recall and F1, pairwise precision and F1, normalised mutual information, size of the largest story; per cent."""

    bp: float
    br: float
    b: float
    pair_precision: float
    f1: float
    nmi: float
    largest: int


def quality(found: Mapping[str, str], truth: Mapping[str, str]) -> Quality:
    """Agreement of story ids with the truth, on the documents of `truth`."""
    n = len(truth)
    sizes, true = Counter(found[d] for d in truth), Counter(truth.values())
    both = Counter((found[d], t) for d, t in truth.items())
    bp = sum(c * c / sizes[s] for (s, _), c in both.items()) / n
    br = sum(c * c / true[t] for (_, t), c in both.items()) / n

    def pairs(counts: Counter[Any]) -> float:
        return sum(c * (c - 1) / 2 for c in counts.values())

    pp, pr = pairs(both) / max(1.0, pairs(sizes)), pairs(both) / max(1.0, pairs(true))
    shared = sum(c / n * math.log(c * n / (sizes[s] * true[t])) for (s, t), c in both.items())
    entropy = -sum(c / n * math.log(c / n) for counts in (sizes, true) for c in counts.values())
    return Quality(100 * bp, 100 * br, 200 * bp * br / (bp + br), 100 * pp, 200 * pp * pr / max(1e-9, pp + pr), 200 * shared / max(1e-9, entropy),
                   max(Counter(found.values()).values()))  # fmt: skip


def load(shared: Path, name: str) -> list[Doc]:
    with (shared / f"stories/{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def orders(docs: Sequence[Doc], count: int = 5) -> list[list[Doc]]:
    """The stream as it came and shuffled arrivals of it; every document keeps its publication time."""
    out = [list(docs)]
    for seed in range(1, count):
        shuffled = list(docs)
        random.Random(seed).shuffle(shuffled)
        out.append(shuffled)
    return out


def mixed(shared: Path, background: int = 1565) -> list[Doc]:
    """The hand-made Vietnamese clusters among five times as many other articles, at times drawn from theirs."""
    labelled = [{**d, "id": f"v{d['id']}"} for d in load(shared, "vimds")]
    times = [d["published_at"] for d in labelled]
    rng = random.Random(0)
    with gzip.open(shared / "news/vietnews.jsonl.gz", "rt", encoding="utf-8") as lines:
        others = [json.loads(line) for line, _ in zip(lines, range(background), strict=False)]
    docs = labelled + [{**d, "id": f"b{d['id']}", "lang": "vi", "published_at": rng.choice(times)} for d in others]
    return sorted(docs, key=lambda d: (datetime.fromisoformat(d["published_at"]), d["id"]))


def measure(docs: Sequence[Doc]) -> tuple[Quality, Quality, float]:
    """Quality of the online answers and of the final ones, and documents a core-second."""
    truth = {d["id"]: d["story"] for d in docs if "story" in d}
    started = time.process_time()
    online, final = replay(docs)
    speed = len(docs) / (time.process_time() - started)
    return quality(online, truth), quality(final, truth), speed


def mean(of: Sequence[Quality]) -> Quality:
    return Quality(*(float(np.mean(column)) for column in zip(*of, strict=True)))  # type: ignore[arg-type]


def threshold_tfidf(docs: Sequence[Doc], least: float) -> Quality:
    """Reference: join the story of the nearest earlier document when the cosine of their TF-IDF vectors reaches `least`."""
    rows = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform([f"{d['title']} {d['text'][:1500]}" for d in docs])
    found: dict[str, str] = {}
    for i, doc in enumerate(docs):
        near = (rows[:i] @ rows[i].T).toarray().ravel() if i else np.zeros(1)
        best = int(near.argmax())
        found[doc["id"]] = found[docs[best]["id"]] if i and near[best] >= least else doc["id"]
    return quality(found, {d["id"]: d["story"] for d in docs if "story" in d})


def density(docs: Sequence[Doc], whole: Quality) -> list[list[Quality]]:
    """Quality where a quarter, half and all of the documents arrive: of each of the four quarters and the two halves of the stream; `whole` is that of all.

    One quarter alone says little: its pair precision hangs on whether its two or three largest stories run together.
    """
    return [*([measure(docs[part::parts])[0] for part in range(parts)] for parts in (4, 2)), [whole]]


def headlines(stories: int, probes: int) -> tuple[list[Doc], list[Doc]]:
    """Invented headlines of so many stories, a seventh of them with three documents, the rest with one; and probes, half of which continue one.

    A headline has six words of its story, of 300,000, and six as common as words are.
    """
    rng = random.Random(5)

    def headline(own: list[int], n: int, story: int) -> Doc:
        words = [f"r{w}" for w in rng.sample(own, 6)] + [f"w{int(rng.paretovariate(0.7)) % 40_000}" for _ in range(6)]
        return {"id": str(n), "published_at": "2026-01-01T00:00:00Z", "title": " ".join(words), "lang": "vi", "story": str(story)}

    own = [[rng.randrange(300_000) for _ in range(8)] for _ in range(stories + probes)]
    live = [s for s in range(stories) for _ in range(3 if s % 7 == 0 else 1)]
    known = [headline(own[s], n, s) for n, s in enumerate(live)]
    asked = [n if n % 2 else 7 * n for n in range(stories, stories + probes)]
    return known, [headline(own[s % len(own)], len(known) + n, s % len(own)) for n, s in enumerate(asked)]


def stories_speed(stories: int = 100_000, probes: int = 1024) -> tuple[float, float, float, int]:
    """Documents a core-second among so many live stories of invented headlines, between re-examinations and with those that fall due; core-seconds to
    take up a stored state; the number of live stories."""
    known, asked = headlines(stories, probes)
    clusterer = Clusterer(Params(capacity=2 * len(known)))
    first: dict[str, str] = {}
    for doc in known:
        lang, item = clusterer.item(doc)
        clusterer.restore(lang, item, first.setdefault(doc["story"], item.id))
    clusterer.shard("vi").seen = 1024 * (len(known) // 1024)
    with tempfile.TemporaryDirectory() as folder:
        clusterer.dump(Path(folder) / "state.json")
        started = time.process_time()
        clusterer = Clusterer(Params(capacity=2 * len(known)))
        clusterer.load(Path(folder) / "state.json")
        ready = time.process_time() - started
    started = time.process_time()
    for doc in asked[:255]:
        clusterer.assign(doc)
    alone = time.process_time() - started
    for doc in asked[255:]:
        clusterer.assign(doc)
    return 255 / alone, probes / (time.process_time() - started), ready, len(clusterer.shard("vi").members)


def out_of_order(docs: Sequence[Doc], late: float = 0.2) -> tuple[float, bool]:
    """A fifth of a stream comes up to two hundred places late, in batches of 64: decisions made per document, and whether the stories are those of the
    stream in order."""
    entries = []
    for doc in docs:
        at = seconds(doc["published_at"])
        entries.append(Entry((int(at * 1e6), doc["id"]), Item(doc["id"], at, terms_of(doc["title"], doc["text"], doc.get("lang") or "en"))))
    entries.sort(key=lambda e: e.order)
    straight = Timeline(Params(), "en")
    straight.update(entries)
    rng = random.Random(1)
    place = {e.order: n + (rng.uniform(0, 200) if rng.random() < late else 0) for n, e in enumerate(entries)}
    arrived = sorted(entries, key=lambda e: place[e.order])
    timeline = Timeline(Params(), "en")
    for start in range(0, len(arrived), 64):
        timeline.update(arrived[start : start + 64])
        timeline.settle()
    return timeline.decided / len(arrived), timeline.shard.story_of == straight.shard.story_of


def rows(shared: Path) -> list[Row]:
    """Bench rows: name, ours, reference, target."""
    uci = load(shared, "uci")
    runs = [measure(order) for order in orders(uci)]
    online, final = mean([r[0] for r in runs]), mean([r[1] for r in runs])
    first = runs[0]
    out: list[Row] = [
        (
            "uci as it came, BCubed / pair F1, online",
            f"{first[0].b:.1f} / {first[0].f1:.1f}",
            "River TextClust 82.7 / 85.6",
            "80, then 87 / 89",
        ),
        ("uci, five arrival orders, online", f"{online.b:.1f} / {online.f1:.1f}", "82.7 / 85.6", "87 / 89"),
        ("uci, five arrival orders, after later merges", f"{final.b:.1f} / {final.f1:.1f}", "82.7 / 85.6", "87 / 89"),
        ("uci, documents a core-second", f"{first[2]:.0f}", "112", "1000"),
    ]
    news = load(shared, "news_t")
    online, final, speed = measure(news)
    out.append(("news_t untuned, BCubed / NMI, online", f"{online.b:.1f} / {online.nmi:.1f}", "MStreamF 72.8 / 87.8", "77 / 89.5"))
    out.append(("news_t untuned, after later merges", f"{final.b:.1f} / {final.nmi:.1f}", "72.8 / 87.8", "77 / 89.5"))
    out.append(("news_t, documents a core-second", f"{speed:.0f}", "", "1000"))
    for name, docs, whole in (("uci", uci, first[0]), ("news_t", news, online)):
        thin = density(docs, whole)
        shown = " → ".join(f"{mean(parts).pair_precision:.0f}" for parts in thin)
        single = "; ".join(" ".join(f"{q.pair_precision:.0f}" for q in parts) for parts in thin[:2])
        out.append((f"{name}, pair precision at 1×, 2×, 4× density, mean of all parts (single ones)", f"{shown} ({single})", "66 → 41 → 31", "loss ≤ 5"))
        out.append((f"{name}, largest story at 1×, 2×, 4×", " → ".join(str(max(q.largest for q in parts)) for parts in thin), "", ""))
    mix = mixed(shared)
    online, final, speed = measure(mix)
    reference = max(threshold_tfidf(mix, t).b for t in (0.15, 0.2, 0.25, 0.3))
    out.append(("vimds among vietnews, BCubed F1 online", f"{online.b:.1f}", f"best TF-IDF threshold {reference:.1f}", "93"))
    out.append(("vimds among vietnews, after later merges", f"{final.b:.1f}", "", "93"))
    out.append(("vimds among vietnews, largest story, online / final", f"{online.largest} / {final.largest}", "", "≤ 20"))
    out.append(("vimds among vietnews, documents a core-second", f"{speed:.0f}", "", ""))
    bare = measure([{**d, "text": ""} for d in mix])[0]
    out.append(("vimds among vietnews, headlines alone: BCubed F1 online; largest story", f"{bare.b:.1f}; {bare.largest}", "", ""))
    alone, steady, ready, live = stories_speed()
    out.append((f"assign among {live} live stories, documents a core-second", f"{alone:.0f}", "", "500"))
    out.append((f"assign among {live} live stories, with the re-examinations due", f"{steady:.0f}", "", "500"))
    out.append((f"restart among {live} live stories, core-seconds", f"{ready:.1f}", "", "15"))
    decisions, same = out_of_order(uci)
    out.append(("uci, a fifth up to 200 places late: same stories as in order", "yes" if same else "no", "", "yes"))
    out.append(("uci, a fifth up to 200 places late: decisions a document", f"{decisions:.1f}", "", ""))
    return out


if __name__ == "__main__":
    for row in rows(Path(__file__).resolve().parents[2] / "shared" / "data"):
        print(*row, sep=" | ")
