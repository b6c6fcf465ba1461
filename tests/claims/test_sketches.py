"""The index of sketches in memory answers as a plain comparison of all pairs does, however its rows came in."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
import pytest

from processing.claims import sketches as module
from processing.claims import store
from processing.claims.circulation import BANDS, METHOD, SHARED_KEYS
from processing.claims.sketches import Near, Sketch, Sketches
from processing.claims.spread import catch_up, remember, renew
from processing.db import Connection
from tests.claims.rows import LATER, NOW, document, source

DAY = 86_400.0


def _sketch(chance: random.Random, row: int, document: int) -> Sketch:
    sentences = sorted(chance.sample(range(40), chance.randint(0, 4)))
    return Sketch(row, document, chance.uniform(0, 40 * DAY), sentences, np.asarray([chance.randrange(60) for _ in range(BANDS * len(sentences))], np.int64))


def _plain(held: list[Sketch], asked: Sketch, window: float) -> list[Near]:
    latest = {s.document: s for s in held}
    found = []
    for other in latest.values():
        apart = abs(other.at - asked.at)
        for n, mine in enumerate(asked.sentences):
            for m, theirs in enumerate(other.sentences):
                left, right = asked.keys[n * BANDS : (n + 1) * BANDS].tolist(), other.keys[m * BANDS : (m + 1) * BANDS].tolist()
                shared = sum(a == b for a in left for b in right)
                if shared >= SHARED_KEYS and other.document != asked.document and apart <= window:
                    found.append(Near(mine, other.document, theirs, apart))
    return sorted(found, key=lambda n: (n.apart, n.document, n.sentence, n.mine))


@pytest.mark.parametrize("tail", [0, 50, 100_000])
def test_answers_as_a_comparison_of_all_pairs(tail: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TAIL", tail)
    chance = random.Random(5)
    index, held = Sketches(), []
    for row in range(1, 60):
        fresh = [_sketch(chance, row * 3 + n, chance.randrange(1, 40)) for n in range(chance.choice([0, 1, 3]))]
        index.add(fresh)
        held += fresh
        asked = _sketch(chance, 0, chance.randrange(1, 45))
        assert index.near(asked.document, asked.at, asked.sentences, asked.keys, 14 * DAY) == _plain(held, asked, 14 * DAY)
    index.forget(20 * DAY)
    kept = [s for s in {s.document: s for s in held}.values() if s.at >= 20 * DAY]
    asked = _sketch(chance, 0, 100)
    assert len(index) == len(kept) and index.near(100, 25 * DAY, asked.sentences, asked.keys, 30 * DAY) == _plain(kept, asked._replace(at=25 * DAY), 30 * DAY)


def test_two_processes_see_each_others_rows_and_a_rolled_back_row_is_nobodys(db: Connection) -> None:
    said = "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi."
    ids = [document(db, source(db, f"s{n}"), "a", said, at=NOW + timedelta(hours=n)) for n in range(3)]
    here, there = Sketches(), Sketches()
    assert remember(db, here, ids[0], NOW, [said]) == [[]]
    assert remember(db, there, ids[1], NOW, [said]) == [[(ids[0], said)]]
    db.commit()
    with pytest.raises(RuntimeError), db.transaction():
        remember(db, here, ids[2], NOW, [said])
        catch_up(db, here)
        raise RuntimeError
    assert [d for d, _ in remember(db, there, ids[2], NOW, ["Chưa ai nói một câu nào như câu dài này cả."])[0]] == []
    assert sorted(d for d, _ in remember(db, here, ids[0], NOW, [said])[0]) == [ids[1]]


def test_rows_restored_with_lower_numbers_are_read_again(db: Connection) -> None:
    said = "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi."
    document(db, source(db, "s0"), "a", said)
    store.run(db, limit=10, now=LATER)
    db.execute("UPDATE claim_sketch SET seq = DEFAULT")
    store.run(db, limit=10, now=LATER)
    held = store._cache(db).sketches
    row = db.execute("SELECT max(seq) AS n FROM claim_sketch").fetchone()
    catch_up(db, held)
    assert row and held.last == row["n"] and len(held) == 1
    db.execute("DELETE FROM claim_sketch")  # as a backup from before would leave it
    assert store._cache(db).sketches.last == 0


def test_a_document_that_is_no_voice_any_more_is_nobodys_echo_in_a_process_that_remembers_it(db: Connection) -> None:
    """A page that turned out to be a check, or lost its sentences: a process that starts afresh does not know it either."""
    said = "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi."
    first, second = [document(db, source(db, f"s{n}"), "a", said, at=NOW + timedelta(hours=n)) for n in range(2)]
    here = Sketches()
    remember(db, here, first, NOW, [said])
    assert remember(db, here, second, NOW, [said]) == [[(first, said)]]
    remember(db, here, first, NOW, [""])
    assert len(here) == 2
    assert remember(db, here, second, NOW, [said]) == remember(db, Sketches(), second, NOW, [said]) == [[]]


def test_sketches_of_an_older_method_are_made_anew_before_any_is_compared(db: Connection) -> None:
    said = "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi."
    first, second, silent = [document(db, source(db, f"s{n}"), "a", text, at=NOW) for n, text in enumerate([said, said, "Đường ngập."])]
    db.execute("DELETE FROM work WHERE subject_id <> %s", [second])
    old = "INSERT INTO claim_sketch (document_id, published_at, sentences, keys, method) VALUES (%s, %s, '{0}', decode(repeat('00', 64), 'hex'), 1)"
    for made in (first, silent):
        db.execute(old, [made, NOW])
    store._caches.clear()
    here = Sketches()
    catch_up(db, here)
    assert len(here) == 0
    store.run(db, limit=10, now=LATER)
    rows = db.execute("SELECT document_id, method, octet_length(keys) AS bytes FROM claim_sketch ORDER BY 1").fetchall()
    assert rows == [{"document_id": made, "method": METHOD, "bytes": 8 * BANDS} for made in (first, second)]
    catch_up(db, here)
    assert [d for d, _ in remember(db, here, second, NOW, [said])[0]] == [first]
    assert renew(db) == 0
