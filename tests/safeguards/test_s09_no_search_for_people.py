"""Rule S9: "No search for people. There is no person entity, facet or index; entities are places, organisations and quantities. Free-text
search answers on the screen only: it cannot be saved, mailed, subscribed to or exported; saved searches and alerts use place, topic,
source, state and date only."

Proof here: the schema and the forms have no room for a person, nor a subscription for words. (What a search answers: `tests/test_search.py`.)
"""

from __future__ import annotations

import re

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from processing.db import Connection
from review.app import create_app
from tests.review.town import furnish

PERSON = re.compile(r"person|author|byline|by_line|handle|avatar|follower|nickname|full_name|speaker|people|citizen", re.IGNORECASE)


def test_no_table_or_column_names_a_person(owner_db: Connection) -> None:
    rows = owner_db.execute(
        """SELECT c.relname || '.' || a.attname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition"""
    ).fetchall()
    assert rows
    assert [r["name"] for r in rows if PERSON.search(r["name"])] == []


def test_a_subscription_has_room_for_place_and_topic_only(owner_db: Connection) -> None:
    rows = owner_db.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'subscription'::regclass AND attnum > 0 AND NOT attisdropped"
    ).fetchall()
    assert {r["attname"] for r in rows} == {"id", "user_id", "kind", "area_id", "topic"}


def test_no_page_takes_free_text_to_search_by() -> None:
    taken = {
        parameter.name
        for route in create_app().routes
        if isinstance(route, APIRoute) and "GET" in route.methods
        for parameter in route.dependant.query_params
    }
    assert taken <= {"topic", "state", "next"}


def test_words_in_an_address_filter_nothing_and_are_not_kept(db: Connection) -> None:
    """The filters take values of their lists. Whatever else somebody writes into an address is no search, and does not reach the audit."""
    furnish(db)
    with TestClient(create_app()) as client:
        client.post("/sign-in", data={"login": "lan-analyst", "password": "a long password"})
        every = client.get("/").text
        for asked in ("/?topic=Nguyen+Van+A", "/?state=Nguyen+Van+A", "/claims?state=Nguyen+Van+A"):
            answer = client.get(asked)
            assert answer.status_code == 200 and "Nguyen" not in re.sub(r'value="/[^"]*"', "", answer.text), asked
        assert "Nước máy đục ở Suối Mây" in every and "Nước máy đục ở Suối Mây" in client.get("/?topic=Nguyen").text
        assert "Nước máy đục ở Suối Mây" not in client.get("/?topic=waste").text
    rows = [row["x"] for row in db.execute("SELECT x::text AS x FROM audit x")]
    assert rows and not [row for row in rows if "Nguyen" in row]
