"""Analysts' merges and splits: recorded, audited, obeyed when everything is clustered anew, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from processing.cluster import store
from processing.cluster.changes import changes_of, merge_issues, obey, split_issue, undo_change
from processing.cluster.issues import find
from processing.db import Connection
from processing.db.work import enqueue
from processing.errors import LangNgheError
from processing.people import add_user
from tests.cluster.test_store import drain, fill, issues_of
from tests.cluster.texts import ROADS, WATER
from tests.documents import NOW

Add = Callable[..., int]


@pytest.fixture
def user(db: Connection) -> int:
    return add_user(db, "lan-analyst", "lan@example.org", "a long password", "analyst")


@pytest.fixture
def ids(db: Connection, add: Add) -> dict[str, list[int]]:
    found = fill(add)
    drain(db)
    return found


def public(db: Connection, document: int) -> str:
    row = db.execute(
        "SELECT i.public_id FROM assignment a JOIN issue_story x ON x.story_id = a.story_id JOIN issue i ON i.id = x.issue_id WHERE a.document_id = %s",
        [document],
    ).fetchone()
    assert row is not None
    return str(row["public_id"])


def groups(db: Connection) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for document, issue in issues_of(db).items():
        found.setdefault(issue, set()).add(document)
    return {frozenset(members) for members in found.values()}


def anew(db: Connection) -> None:
    """Cluster everything from nothing, as after a change of method."""
    documents = [r["document_id"] for r in db.execute("SELECT document_id FROM assignment")]
    db.execute("DELETE FROM assignment")
    db.execute("DELETE FROM cluster_state")
    db.execute("UPDATE story SET documents = 0")
    enqueue(db, "cluster", documents, NOW)
    db.commit()
    store._indexes.clear()
    drain(db)


def test_a_merge_is_one_issue_and_survives_clustering_anew(db: Connection, ids: dict[str, list[int]], user: int) -> None:
    water, roads = public(db, ids["water"][0]), public(db, ids["roads"][0])
    kept = merge_issues(db, water, roads, user_id=user, now=NOW, reason="cùng một công trình")
    db.commit()
    wanted = {frozenset(ids["water"] + ids["roads"]), frozenset(ids["school"])}
    assert groups(db) == wanted
    assert str(kept) == water
    assert str(find(db, roads)["public_id"]) == water
    assert changes_of(db, find(db, water)["id"])[0]["other_title"] in {title for title, _ in ROADS}
    left = db.execute("SELECT title, summary FROM issue WHERE public_id = %s", [roads]).fetchone()
    assert left == {"title": "—", "summary": {}}, "nothing stays quoted where no removal would look (SCOPE S14)"
    anew(db)
    assert groups(db) == wanted
    assert public(db, ids["roads"][0]) == water
    assert obey(db, NOW) == 0, "what stands as decided is left alone"


def test_a_merge_is_taken_back(db: Connection, ids: dict[str, list[int]], user: int) -> None:
    before = groups(db)
    water, roads = public(db, ids["water"][0]), public(db, ids["roads"][0])
    merge_issues(db, water, roads, user_id=user, now=NOW)
    change = changes_of(db, find(db, water)["id"])[0]
    assert (change["kind"], change["by"], change["can_undo"], change["documents"]) == ("merge", "lan-analyst", True, len(ids["roads"]))
    undo_change(db, change["id"], user_id=user, now=NOW + timedelta(hours=1))
    db.commit()
    assert groups(db) == before
    assert (public(db, ids["water"][0]), public(db, ids["roads"][0])) == (water, roads)
    assert str(find(db, roads)["public_id"]) == roads
    assert [r["action"] for r in db.execute("SELECT action FROM audit WHERE subject LIKE 'change:%' ORDER BY id")] == ["merge", "undo"]
    anew(db)
    assert groups(db) == before
    with pytest.raises(LangNgheError, match="does not stand"):
        undo_change(db, change["id"], user_id=user, now=NOW)


def test_a_split_survives_clustering_anew_and_is_taken_back(db: Connection, add: Add, ids: dict[str, list[int]], user: int) -> None:
    before, water, taken = groups(db), public(db, ids["water"][0]), ids["water"][2]
    new = split_issue(db, water, [taken], user_id=user, now=NOW)
    db.commit()
    apart = {frozenset(ids["water"][:2]), frozenset([taken]), frozenset(ids["roads"]), frozenset(ids["school"])}
    assert groups(db) == apart
    anew(db)
    assert groups(db) == apart
    assert public(db, taken) == str(new)
    late = add(WATER[0][0] + " sáng nay", WATER[0][1] + " Người dân vẫn chờ xe bồn.", outlet="bao-9", hours=5)
    drain(db)
    held = issues_of(db)
    assert held[late] in (held[taken], held[ids["water"][0]])
    assert held[taken] != held[ids["water"][0]]
    undo_change(db, changes_of(db, find(db, water)["id"])[0]["id"], user_id=user, now=NOW)
    db.commit()
    assert {d - {late} for d in groups(db)} == before
    assert str(find(db, new)["public_id"]) == water
    assert db.execute("SELECT count(*) AS n FROM story_constraint WHERE revoked_at IS NULL").fetchone() == {"n": 0}


def test_the_contrary_decision_takes_the_earlier_one_back(db: Connection, ids: dict[str, list[int]], user: int) -> None:
    water, roads = public(db, ids["water"][0]), public(db, ids["roads"][0])
    merge_issues(db, water, roads, user_id=user, now=NOW)
    split_issue(db, water, ids["roads"], user_id=user, now=NOW)
    assert [(c["kind"], c["undone_at"] is None) for c in changes_of(db, find(db, water)["id"])] == [("split", True), ("merge", False)]
    assert frozenset(ids["roads"]) in groups(db)
    assert obey(db, NOW) == 0


def test_a_decision_that_a_later_one_builds_on_stays(db: Connection, ids: dict[str, list[int]], user: int) -> None:
    water, roads, school = (public(db, ids[k][0]) for k in ("water", "roads", "school"))
    merge_issues(db, roads, school, user_id=user, now=NOW)
    merge_issues(db, water, roads, user_id=user, now=NOW)
    later, earlier = changes_of(db, find(db, roads)["id"])[0], db.execute("SELECT min(id) AS id FROM issue_change").fetchone()
    assert earlier is not None
    with pytest.raises(LangNgheError, match="later merge or split"):
        undo_change(db, earlier["id"], user_id=user, now=NOW)
    undo_change(db, later["id"], user_id=user, now=NOW)
    assert str(find(db, school)["public_id"]) == roads, "older links follow the issue they belong to"
    assert groups(db) == {frozenset(ids["water"]), frozenset(ids["roads"] + ids["school"])}


def test_what_an_analyst_cannot_do_is_said(db: Connection, ids: dict[str, list[int]], user: int) -> None:
    water = public(db, ids["water"][0])
    assert str(merge_issues(db, water, water, user_id=user, now=NOW)) == water
    with pytest.raises(LangNgheError, match="does not stand"):
        undo_change(db, 4711, user_id=user, now=NOW)
    with pytest.raises(LangNgheError, match="take some documents and leave some"):
        split_issue(db, water, ids["water"], user_id=user, now=NOW)
