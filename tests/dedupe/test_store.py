"""The stage in a real database: origins follow from publication, whatever the order of arrival and however often it is killed."""

from __future__ import annotations

import random
from collections.abc import Callable

from processing.db import Connection
from processing.db.work import enqueue
from processing.dedupe import store
from tests.dedupe.test_core import text
from tests.documents import NOW

Add = Callable[..., int]
Found = dict[int, tuple[int, int, str, float]]


def drain(db: Connection, limit: int = 64) -> None:
    while store.run(db, limit=limit, now=NOW).taken:
        db.commit()


def copies(db: Connection) -> Found:
    rows = db.execute("SELECT * FROM document_copy")
    return {r["document_id"]: (r["origin_id"], r["group_id"], r["relation"], round(r["containment"], 4)) for r in rows}


def fill(add: Add) -> list[int]:
    """A wire story, whole and trimmed copies of it and a copy of a copy; a press release in four papers; one site's boilerplate; news of its own."""
    wire, release, frame = text(1, 240), text(9, 96), text(10, 64)
    ids = [add("tin gốc", wire, outlet="hang-tin", kind="wire", hours=1)]
    ids += [add(f"đăng lại {i}", wire.upper() if i % 2 else wire, outlet=f"bao-{i}", hours=1.5 + i) for i in range(4)]
    ids += [add(f"trích {i}", wire[len(wire) // 3 * (i % 2) :][:700], outlet=f"bao-{i}", hours=3 + i) for i in range(3)]
    ids += [add(f"thông cáo {i}", f"{text(30 + i, 160)} {release}", outlet=f"bao-{i}", hours=5 + i / 2) for i in range(4)]
    ids += [add(f"khung {i}", f"{text(50 + i, 160)} {frame}", outlet="bao-9", hours=2 + i) for i in range(7)]
    ids += [add(f"riêng {i}", text(70 + i), outlet=f"bao-{i % 3}", hours=4 + i) for i in range(4)]
    return ids


def test_the_order_of_arrival_changes_nothing(db: Connection, add: Add) -> None:
    ids = fill(add)
    drain(db)
    straight = copies(db)
    assert [straight[d][:3] for d in ids[1:5]] == [(ids[0], ids[0], "same_text")] * 4
    assert {straight[d][0] for d in ids[5:8]} == {ids[0]}
    assert {straight[d][2] for d in ids[9:12]} == {"shared_release"}
    assert all(straight[d][2] == "origin" for d in ids[-4:])
    for seed in range(5):
        db.execute("DELETE FROM document_copy")
        db.execute("DELETE FROM fingerprint")
        db.commit()
        store._prints.clear()
        rng = random.Random(seed)
        order = list(ids)
        rng.shuffle(order)
        while order:
            arrived, order = order[:3], order[3:]
            enqueue(db, "dedupe", arrived, NOW)
            db.commit()
            if rng.random() < 0.3:
                store.run(db, limit=2, now=NOW)
                db.rollback()  # killed before the commit
            drain(db, limit=rng.choice([1, 2, 64]))
        assert copies(db) == straight


def test_an_earlier_publication_that_comes_late_becomes_the_origin(db: Connection, add: Add) -> None:
    second = add("đăng lại", text(1), outlet="bao-b", hours=2)
    drain(db)
    db.execute("DELETE FROM work")
    first = add("tin gốc", text(1), outlet="bao-a", hours=1)
    drain(db)
    found = copies(db)
    assert found[second][:3] == (first, first, "same_text")
    assert found[first][:3] == (first, first, "origin")
    waiting = {r["subject_id"] for r in db.execute("SELECT subject_id FROM work WHERE stage = 'cluster'")}
    assert waiting == {first, second}


def test_a_new_text_lets_its_copies_go(db: Connection, add: Add) -> None:
    first, second, third = (add(f"tin {i}", text(1), outlet=f"bao-{i}", hours=i) for i in range(3))
    drain(db)
    assert {v[0] for v in copies(db).values()} == {first}
    db.execute("UPDATE document SET version = 2 WHERE id = %s", [first])
    db.execute(
        """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor)
           SELECT document_id, 2, seen_at, title, %s, '', 'test' FROM document_version WHERE document_id = %s""",
        [text(2), first],
    )
    enqueue(db, "dedupe", [first], NOW)
    drain(db)
    found = copies(db)
    assert found[first][2] == "origin"
    assert (found[second][0], found[third][:3]) == (second, (second, second, "same_text"))


def test_a_bare_day_does_not_come_before_its_minutes(db: Connection, add: Add) -> None:
    wire = add("tin gốc", text(1), outlet="hang-tin", hours=5)
    dated = add("đăng lại", text(1), outlet="bao-a", hours=0)
    db.execute("UPDATE document SET published_precision = 'day', first_seen_at = first_seen_at + interval '6 hours' WHERE id = %s", [dated])
    drain(db)
    assert copies(db)[dated][:3] == (wire, wire, "same_text")


def test_a_text_that_is_gone_is_set_aside_alone(db: Connection, add: Add) -> None:
    gone, here = add("tin", text(1)), add("tin khác", text(2))
    db.execute("DELETE FROM document_version WHERE document_id = %s", [gone])
    stats = store.run(db, limit=64, now=NOW)
    assert (stats.done, stats.quarantine) == (1, 1)
    assert set(copies(db)) == {here}
