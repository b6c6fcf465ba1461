"""The stage in a real database: stories, issues, copies, analysts' decisions, and a process killed between batches."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from processing.cluster import store
from processing.cluster.again import reexamine
from processing.cluster.changes import merge_issues, split_issue
from processing.cluster.issues import find
from processing.db import Connection
from processing.db.work import enqueue
from processing.dedupe import store as dedupe
from processing.errors import LangNgheError
from processing.issue_card import issue_card
from processing.people import add_user
from tests.cluster.texts import ROADS, SCHOOL, WATER
from tests.documents import NOW

Add = Callable[..., int]


def drain(db: Connection, limit: int = 64) -> None:
    while dedupe.run(db, limit=limit, now=NOW).taken:
        db.commit()
    while store.run(db, limit=limit, now=NOW).taken:
        db.commit()
    db.commit()


def issues_of(db: Connection) -> dict[int, int]:
    rows = db.execute("SELECT a.document_id, x.issue_id FROM assignment a JOIN issue_story x ON x.story_id = a.story_id")
    return {r["document_id"]: r["issue_id"] for r in rows}


def fill(add: Add) -> dict[str, list[int]]:
    out: dict[str, list[int]] = {"water": [], "roads": [], "school": []}
    for i, (title, text) in enumerate(WATER):
        out["water"].append(add(title, text, outlet=f"bao-{i}", hours=i))
    for i, (title, text) in enumerate(ROADS):
        out["roads"].append(add(title, text, outlet=f"bao-{i}", hours=i + 0.5, topic="transport"))
    out["school"].append(add(*SCHOOL, outlet="bao-5", hours=3, topic="education"))
    return out


def test_documents_become_stories_and_issues(db: Connection, add: Add) -> None:
    ids = fill(add)
    drain(db)
    found = issues_of(db)
    assert len({found[d] for d in ids["water"]}) == 1
    assert len({found[d] for d in ids["roads"]}) == 1
    assert len(set(found.values())) == 3
    issue = db.execute("SELECT * FROM issue WHERE id = %s", [found[ids["water"][0]]]).fetchone()
    assert issue is not None
    assert issue["title"] in {t for t, _ in WATER}
    assert (issue["topic"], issue["documents"], issue["origins"]) == ("environment_water", 3, 3)
    assert issue["last_published_at"] - issue["first_seen_at"] == timedelta(hours=2)
    sources = [s["source"] for s in issue["summary"]["sentences"]]
    assert len(sources) == len(set(sources)) >= 2
    assert db.execute("SELECT count(*) AS n FROM work").fetchone() == {"n": 0}


def test_copies_follow_their_origin_and_count_once(db: Connection, add: Add) -> None:
    title, text = WATER[0]
    long = text + " " + " ".join(f"Đoạn {i} nói thêm về việc cấp nước bằng xe bồn cho thôn số {i}." for i in range(8))
    first = add(title, long, outlet="bao-a")
    same = add("Tít khác hẳn", long.upper(), outlet="bao-b", hours=1)
    part = add("Lại một tít khác", long[len(long) // 3 :], outlet="bao-c", hours=2)
    drain(db)
    rows = {r["document_id"]: r for r in db.execute("SELECT * FROM document_copy")}
    assert (rows[same]["group_id"], rows[same]["relation"]) == (first, "same_text")
    assert (rows[part]["group_id"], rows[part]["origin_id"], rows[part]["relation"]) == (part, first, "copied_from")
    assert len(set(issues_of(db).values())) == 1
    issue = db.execute("SELECT documents, origins, title FROM issue").fetchone()
    assert issue == {"documents": 3, "origins": 1, "title": title}


def test_one_owner_is_one_origin(db: Connection, add: Add) -> None:
    for i, (title, text) in enumerate(WATER):
        add(title, text, outlet=f"bao-{i}", owner="Tập đoàn báo chí" if i < 2 else "", hours=i)
    drain(db)
    assert db.execute("SELECT documents, origins FROM issue").fetchall() == [{"documents": 3, "origins": 2}]


def test_killed_between_batches_gives_the_same_rows(db: Connection, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_TOGETHER", 1)

    def rows() -> list[tuple[int, ...]]:
        found = db.execute("SELECT document_id, min(document_id) OVER (PARTITION BY story_id) AS first FROM assignment ORDER BY 1")
        return [(r["document_id"], r["first"]) for r in found]

    ids = fill(add)
    drain(db)
    undisturbed = rows()
    for table in ("assignment", "story_event", "issue_story", "issue", "story_alias", "story", "cluster_state"):
        db.execute(f"DELETE FROM {table}")  # constant names
    enqueue(db, "cluster", [d for part in ids.values() for d in part], NOW)
    db.commit()
    for turn in range(40):
        stats = store.run(db, limit=1, now=NOW)
        if turn % 3 == 2:
            db.rollback()  # killed before the commit
        else:
            db.commit()
        if turn % 4 == 1:
            store._indexes.clear()  # a new process
        if not stats.taken:
            break
    assert rows() == undisturbed


def test_what_an_earlier_method_decided_stays(db: Connection, add: Add) -> None:
    """After an upgrade the documents of the window keep their stories; new ones are decided as now."""
    ids = fill(add)
    drain(db)
    lone = ids["water"][2]
    row = db.execute("INSERT INTO story (language, opened_at, last_published_at) VALUES ('vi', %s, %s) RETURNING id", [NOW, NOW]).fetchone()
    assert row is not None
    db.execute("UPDATE assignment SET method = 'an earlier one'")
    db.execute("UPDATE assignment SET story_id = %s WHERE document_id = %s", [row["id"], lone])
    before = {r["document_id"]: r["story_id"] for r in db.execute("SELECT document_id, story_id FROM assignment")}
    db.commit()
    store._indexes.clear()
    new = add("Sách quý về thư viện trường Bản Mạ", "Nhà trường mở tủ sách cho học sinh.", outlet="bao-9", hours=-2)
    drain(db)
    after = {r["document_id"]: r["story_id"] for r in db.execute("SELECT document_id, story_id FROM assignment")}
    assert {d: s for d, s in after.items() if d != new} == before

    db.execute("UPDATE document_version SET text = text || ' Xe bồn đã tới.' WHERE document_id = %s", [lone])  # a new version, then a restart
    enqueue(db, "cluster", [lone], NOW)
    drain(db)
    store._indexes.clear()
    last = add("Đường tới trường Bản Mạ được sửa", "Con đường đất đã rải đá.", outlet="bao-9", hours=-1)
    drain(db)
    after = {r["document_id"]: r["story_id"] for r in db.execute("SELECT document_id, story_id FROM assignment")}
    assert {d: s for d, s in after.items() if d not in (new, last)} == before


def test_a_story_of_an_earlier_method_may_hold_documents_without_terms(db: Connection, add: Add) -> None:
    """A single word joined whichever story held it; such a document stays there, and new ones are still compared with the story."""
    ids = fill(add)
    lone = [add("Nước", "", outlet=f"bao-{i}", hours=1) for i in (6, 7)]
    drain(db)
    story = db.execute("SELECT story_id FROM assignment WHERE document_id = %s", [ids["water"][0]]).fetchone()
    assert story is not None
    db.execute("UPDATE assignment SET method = 'an earlier one'")
    db.execute("UPDATE assignment SET story_id = %s WHERE document_id = ANY(%s)", [story["story_id"], lone])
    db.commit()
    store._indexes.clear()
    new = add(WATER[1][0] + ", xe bồn đã tới", WATER[2][1], outlet="bao-9", hours=1.5)
    drain(db)
    found = issues_of(db)
    assert found[new] == found[lone[0]] == found[lone[1]] == found[ids["water"][0]]


def test_the_order_of_arrival_changes_nothing(db: Connection, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stories, and their issues' titles and counts; killed and restarted on the way."""
    monkeypatch.setattr(store, "_TOGETHER", 1)

    def found() -> list[tuple[object, ...]]:
        rows = db.execute(
            """SELECT a.document_id, i.title, i.documents FROM assignment a
               JOIN issue_story x ON x.story_id = a.story_id JOIN issue i ON i.id = x.issue_id ORDER BY 1"""
        )
        return [tuple(r.values()) for r in rows]

    ids = [d for part in fill(add).values() for d in part]
    drain(db)
    straight = found()
    for seed in range(4):
        for table in ("assignment", "story_event", "issue_story", "issue_alias", "issue", "story_alias", "story", "cluster_state"):
            db.execute(f"DELETE FROM {table}")  # constant names
        db.commit()
        store._indexes.clear()
        rng = random.Random(seed)
        rng.shuffle(ids)
        for start in range(0, len(ids), 2):
            enqueue(db, "cluster", ids[start : start + 2], NOW)
            if rng.random() < 0.5:
                store.run(db, limit=1, now=NOW)
                db.rollback()  # killed before the commit
                store._indexes.clear()
                enqueue(db, "cluster", ids[start : start + 2], NOW)
            while store.run(db, limit=1, now=NOW).taken:
                db.commit()
        assert found() == straight
    assert db.execute("SELECT count(*) AS n FROM story WHERE documents = 0 AND merged_into IS NULL").fetchone() == {"n": 0}


def test_a_late_document_joins_by_its_publication_time(db: Connection, add: Add) -> None:
    ids = fill(add)
    drain(db)
    late = add(WATER[1][0] + ", xe bồn đã tới", WATER[2][1], outlet="bao-9", hours=1.5)
    drain(db)
    found = issues_of(db)
    assert found[late] == found[ids["water"][0]]


def test_languages_stay_apart(db: Connection, add: Add) -> None:
    vietnamese = add(*WATER[0], outlet="bao-a")
    english = add(
        WATER[0][0] + " (English edition)", "Residents of Lũng Vân report cloudy tap water.", outlet="bao-b", language="en", hours=1
    )
    drain(db)
    found = issues_of(db)
    assert found[vietnamese] != found[english]


def test_checks_and_feedback_never_enter_a_story(db: Connection, add: Add) -> None:
    add(*WATER[0], outlet="kiem-chung", kind="fact_check", document_kind="fact_check", stage="cluster")
    add(*WATER[1], outlet="phan-anh", kind="feedback", stage="cluster")
    drain(db)
    assert issues_of(db) == {}
    assert db.execute("SELECT count(*) AS n FROM work").fetchone() == {"n": 0}


def test_a_split_is_obeyed_for_good_and_can_be_taken_back(db: Connection, add: Add) -> None:
    ids = fill(add)
    drain(db)
    public = db.execute("SELECT i.public_id FROM issue i WHERE i.documents = 3").fetchone()
    assert public is not None
    taken = ids["water"][2]
    user = add_user(db, "lan-analyst", "lan@example.org", "a long password", "analyst")
    new = split_issue(db, public["public_id"], [taken], user_id=user, now=NOW)
    db.commit()
    found = issues_of(db)
    assert found[taken] != found[ids["water"][0]]
    store._indexes.clear()
    sequel = "Người dân Lũng Vân tiếp tục phản ánh nước máy đục, có mùi; mong sớm biết mẫu nước xét nghiệm ra sao để yên tâm dùng."
    newcomer = add("Nước đục ở Lũng Vân: dân chờ kết quả", sequel, outlet="bao-8", hours=4)
    drain(db)
    index = store._indexes[db.info.dsn]["vi"]
    for _ in range(3):
        reexamine(index.timeline.shard, whole=True)
    story = {row.id: index.timeline.shard.story_of[name] for name, row in index.rows.items()}
    assert story[taken] != story[ids["water"][0]]
    assert issues_of(db)[newcomer] in (found[taken], found[ids["water"][0]])
    kept = merge_issues(db, public["public_id"], new, user_id=user, now=NOW)
    db.commit()
    assert kept == public["public_id"]
    found = issues_of(db)
    assert found[taken] == found[ids["water"][0]]
    assert find(db, new)["public_id"] == kept
    assert db.execute("SELECT count(*) AS n FROM story_constraint WHERE revoked_at IS NULL").fetchone() == {"n": 0}


def test_split_says_what_is_wrong(db: Connection, add: Add) -> None:
    ids = fill(add)
    drain(db)
    public = db.execute("SELECT public_id FROM issue WHERE documents = 3").fetchone()
    assert public is not None
    with pytest.raises(LangNgheError, match="leave some"):
        split_issue(db, public["public_id"], ids["water"], user_id=1, now=NOW)
    with pytest.raises(LangNgheError, match="not documents of this issue"):
        split_issue(db, public["public_id"], ids["roads"], user_id=1, now=NOW)


def test_issue_card_shows_what_is_stored(db: Connection, add: Add) -> None:
    fill(add)
    drain(db)
    public = db.execute("SELECT public_id FROM issue WHERE documents = 3").fetchone()
    assert public is not None
    card = issue_card(db, str(public["public_id"]))
    assert card["origins"] == 3 and len(card["members"]) == 3 and card["flags"] == []
    with pytest.raises(LangNgheError, match="not the id of an issue"):
        issue_card(db, "17")


def test_an_erased_document_is_set_aside_with_a_reason(db: Connection) -> None:
    enqueue(db, "cluster", [4711], NOW)
    assert store.run(db, limit=8, now=NOW).quarantine == 1
    row = db.execute("SELECT state, reason FROM work").fetchone()
    assert row is not None and row["state"] == "quarantine" and "erased" in row["reason"]


def test_documents_older_than_a_full_window_are_stories_of_their_own(db: Connection, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old texts that come when the live window is full: each has its story and issue, and a copy follows its origin."""
    monkeypatch.setattr(store, "PARAMS", replace(store.PARAMS, capacity=4))
    for i, (title, text) in enumerate([*WATER, *ROADS][:6]):
        add(title, text, outlet=f"bao-{i}", hours=i)
    drain(db)
    old = [add(*SCHOOL, outlet="bao-8", hours=5), add(*SCHOOL, outlet="bao-9", hours=6), add(*ROADS[-1], outlet="bao-7", hours=7)]
    db.execute("UPDATE document SET published_at = published_at - interval '400 days' WHERE id = ANY(%s)", [old])
    drain(db)
    found = issues_of(db)
    assert set(old) <= set(found)
    assert found[old[0]] == found[old[1]]
    assert db.execute("SELECT 1 FROM work WHERE stage = 'cluster'").fetchall() == []
