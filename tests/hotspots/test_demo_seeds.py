"""The demo town with other seeds, as its authors wrote it (topics and communes taken as written): every planted hot-spot, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest

from processing.db import Connection
from processing.hotspots import store
from processing.stack.demo.articles import Article, town
from processing.stack.demo.town import OUTLETS
from processing.zone import LOCAL
from tests.hotspots.town import Town, flags

LIVE = dt.date(2026, 3, 20)
PLANTED = {"topic_commune:environment_water:D0106", "topic_commune:transport:D0104"}
SEEDS = (2, 3, 5, 8)


def load(world: Town, articles: list[Article]) -> None:
    """Documents with their origin (one for a story of the wire), as extraction, annotation and comparison would leave them."""
    rows = []
    origins: dict[str, int] = {}
    for article in articles:
        if article.kind == "check":
            continue
        row = world._new(article.source, article.published.date(), article.topic, article.commune)
        row |= {"at": article.published, "seen": article.published + dt.timedelta(minutes=20), "province": "D01"}
        rows.append((article, row))
    world._write([row for _, row in rows])
    for article, row in rows:
        if article.story == "wire":
            first = origins.setdefault("wire", int(str(row["id"])))
            world.conn.execute("UPDATE document_copy SET origin_id = %s WHERE document_id = %s", [first, row["id"]])


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_hot_spots_and_no_other(db: Connection, seed: int) -> None:
    world = Town(db)
    db.execute("INSERT INTO unit SELECT code, name, 'commune', 'D01', 'x' FROM (VALUES ('D0104', 'a'), ('D0106', 'b')) v(code, name)")
    for outlet in OUTLETS:
        world.source(outlet.key, {"fact_check": "fact_check", "open311": "feedback", "wire": "wire"}.get(outlet.shape, "press"))
    load(world, list(town(LIVE, seed)))
    world.subscriber("immediate")
    store.run(db, limit=31, now=dt.datetime.combine(LIVE + dt.timedelta(days=1), dt.time(2), LOCAL))
    surges = {str(f["key"]) for f in flags(db) if f["kind"] == "surge"}
    assert surges == PLANTED
    mails = db.execute("SELECT count(*) AS n FROM outbox").fetchone()
    assert mails is not None and mails["n"] == 2
