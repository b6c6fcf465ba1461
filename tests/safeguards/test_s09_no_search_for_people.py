"""Rule S9: "No search for people. There is no person entity, facet or index; entities are places, organisations and quantities. Free-text
search answers on the screen only: it cannot be saved, mailed, subscribed to or exported; saved searches and alerts use place, topic,
source, state and date only."

Proof here: the schema and the forms have no room for a person, nor a subscription for words. (What a search answers: `tests/test_search.py`.)
"""

from __future__ import annotations

import re

from fastapi.routing import APIRoute

from processing.db import Connection
from review.app import create_app

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
