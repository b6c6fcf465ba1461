"""Neither the order documents arrive in nor where a process was stopped changes the stories; what an analyst decided stands."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from processing.cluster import timeline as module
from processing.cluster.again import reexamine
from processing.cluster.core import seconds
from processing.cluster.features import terms_of
from processing.cluster.index import entry as entry_of
from processing.cluster.index import microseconds, moment
from processing.cluster.live import Item
from processing.cluster.params import Params
from processing.cluster.timeline import Base, Entry, Settled, Timeline
from tests.cluster.test_core import stream


def entries(count: int, params_seed: int = 1) -> list[Entry]:
    docs = stream(count // 8, 8, seed=params_seed)
    made = []
    for doc in docs:
        at = seconds(doc["published_at"])
        made.append(Entry((int(at * 1e6), doc["id"]), Item(doc["id"], at, terms_of(doc["title"], "", "xx"))))
    return made


def stories(timeline: Timeline) -> dict[str, str]:
    return dict(timeline.shard.story_of)


def batches(order: list[Entry], rng: random.Random) -> list[list[Entry]]:
    out, rest = [], list(order)
    while rest:
        size = rng.choice([2, 17, 40, 64])
        out.append(rest[:size])
        rest = rest[size:]
    return out


@pytest.mark.parametrize(("capacity", "orders"), [(50_000, 10), (50, 3)])
def test_shuffled_orders_give_the_same_stories(capacity: int, orders: int) -> None:
    """Names, moves by re-examination and what the windows of time have learned included."""
    made = entries(136)
    params = Params(capacity=capacity)
    straight = Timeline(params, "xx")
    straight.update(made)
    assert 5 < len(set(stories(straight).values())) < 60
    for seed in range(orders):
        rng = random.Random(seed)
        shuffled = list(made)
        rng.shuffle(shuffled)
        timeline = Timeline(params, "xx")
        for batch in batches(shuffled, rng):
            timeline.update(batch)
        assert stories(timeline) == stories(straight)
        assert timeline.shard.times.weights == straight.shard.times.weights
        assert timeline.shard.seen == straight.shard.seen


def test_touched_names_every_change() -> None:
    made = entries(160)
    random.Random(3).shuffle(made)
    timeline = Timeline(Params(), "xx")
    for batch in batches(made, random.Random(4)):
        before = stories(timeline)
        touched = timeline.update(batch)
        after = stories(timeline)
        assert {d for d in after if before.get(d) != after[d]} <= touched


def test_taking_out_leaves_what_would_be_without() -> None:
    made = entries(160)
    gone = {e.item.id for e in made[20:140:9]}
    without = Timeline(Params(), "xx")
    without.update([e for e in made if e.item.id not in gone])
    timeline = Timeline(Params(), "xx")
    timeline.update(made)
    timeline.update([], gone)
    assert stories(timeline) == stories(without)


def test_a_new_version_counts_from_its_own_place() -> None:
    made = entries(160)
    changed = made[40]._replace(item=Item(made[40].item.id, made[40].item.at, made[90].item.terms))
    straight = Timeline(Params(), "xx")
    straight.update([changed if e.item.id == changed.item.id else e for e in made])
    timeline = Timeline(Params(), "xx")
    timeline.update(made)
    timeline.update([changed])
    assert stories(timeline) == stories(straight)


class Restarted:
    """A timeline that is stored and read again after every batch, as a process killed between batches leaves it."""

    def __init__(self, params: Params | None = None) -> None:
        self.params = params or Params()
        self.base: Base | None = None
        self.settled: dict[str, str] = {}
        self.all: dict[str, Entry] = {}

    def batch(self, add: list[Entry]) -> Timeline:
        timeline = Timeline(self.params, "xx", self.base)
        until = self.base.until if self.base else None
        ordered = sorted(self.all.values(), key=lambda e: e.order)
        for entry in ordered:
            if until and entry.order <= until:
                timeline.restore(entry.item, self.settled[entry.item.id])
        timeline.update([e for e in ordered if not until or e.order > until])
        timeline.update(add)
        for entry in add:
            place = timeline.place(entry.item.id)
            assert place is not None
            self.all[entry.item.id] = entry._replace(order=place)
        found: Settled | None = timeline.settle()
        if found:
            self.base = found.base
            self.settled |= found.stories
        return timeline


def test_settling_and_restarting_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP", 60)
    made = entries(240)
    straight = Timeline(Params(), "xx")
    straight.update(made)
    rng = random.Random(5)
    near = sorted(made, key=lambda e: (e.order[0] + rng.uniform(0, 50 * 600e6), e.order[1]))  # fifty places out of order at most
    kept, restarted = Timeline(Params(), "xx"), Restarted()
    for batch in batches(near, rng):
        kept.update(batch)
        kept.settle()
        last = restarted.batch(batch)
    assert kept.base.seen > 100
    assert stories(kept) == stories(straight)
    assert stories(last) == stories(straight)


@pytest.mark.parametrize("seed", range(3))
def test_looking_again_often_gives_what_a_full_computation_does(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Doubts outlive settling and restarts: what is looked at again, and what comes of it, is as if everything had been decided at once."""
    monkeypatch.setattr(module, "KEEP", 30)
    params = Params(check_every=16, close=0.3)
    made = entries(200, seed)
    straight = Timeline(params, "xx")
    straight.update(made)
    rng = random.Random(seed)
    near = sorted(made, key=lambda e: (e.order[0] + rng.uniform(0, 25 * 600e6), e.order[1]))  # twenty-five places out of order at most
    kept, restarted, doubted = Timeline(params, "xx"), Restarted(params), 0
    for batch in (near[n : n + 11] for n in range(0, len(near), 11)):
        kept.update(batch)
        kept.settle()
        last = restarted.batch(batch)
        doubted += len(restarted.base.doubts) if restarted.base else 0
    assert doubted
    for timeline in (kept, last):
        assert stories(timeline) == stories(straight)
        assert timeline.shard.doubts.keys() == straight.shard.doubts.keys()


def test_what_comes_after_the_window_joins_without_deciding_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP", 60)
    made = entries(400)
    late = made.pop(10)
    timeline = Timeline(Params(), "xx")
    timeline.update(made)
    assert timeline.settle()
    before = stories(timeline)
    assert timeline.update([late]) == {late.item.id}
    assert {d: s for d, s in stories(timeline).items() if d != late.item.id} == before
    assert timeline.place(late.item.id) > made[-1].order  # type: ignore[operator]


def test_two_years_backwards_cost_no_deciding_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP", 60)
    made = entries(240)
    timeline = Timeline(Params(), "xx")
    decided = 0
    for n, entry in enumerate(reversed(made)):
        back = entry._replace(order=(entry.order[0] - n * 86_400_000_000, entry.item.id))  # a day apart
        decided += len(timeline.update([back]))
        timeline.settle()
    assert len(timeline.shard.items) == 240
    assert decided < 8 * 240


def test_a_pinned_document_stays() -> None:
    made = entries(80)
    timeline = Timeline(Params(), "xx")
    timeline.update([*made[:40], made[40]._replace(pin="=7"), *made[41:]])
    assert timeline.shard.story_of[made[40].item.id] == "=7"
    timeline.update([made[40]])
    assert timeline.shard.story_of[made[40].item.id] == "=7"


def test_a_date_in_the_future_counts_from_the_first_sight() -> None:
    """A page may name any year; its document must not stand after all that is still to come."""
    seen = datetime(2026, 5, 20, 8, tzinfo=UTC)
    row = {"canonical_url": "https://example.org/1", "title": "Nước đục", "text": "", "language": "vi", "places": [], "first_seen_at": seen}
    future = entry_of({**row, "published_at": seen.replace(year=2999)})
    assert future.order[0] == microseconds(seen)
    assert future.item.at == seen.timestamp()
    assert moment(future.order[0]) == seen
    assert entry_of({**row, "published_at": seen.replace(year=2024)}).order < future.order


def test_a_story_of_documents_without_terms_is_taken_apart_when_it_is_looked_at_again() -> None:
    timeline = Timeline(Params(), "vi", Base((3, ""), 2, [1.0, 1.0], ("a", "b")))
    for n, name in enumerate("ab"):
        timeline.restore(Item(name, float(n), {}), "=7")
    reexamine(timeline.shard, whole=True)
    assert stories(timeline) == {"a": "a", "b": "=7"}
