"""`langnghe issue show`: everything stored about an issue, with its score card computed again."""

from __future__ import annotations

from processing.db import Connection
from processing.hotspots import store
from processing.issue_card import issue_card
from tests.hotspots.town import COMMUNE, NOW, TODAY, Town


def test_the_card_comes_out_the_same_from_stored_rows_and_a_changed_row_shows(db: Connection) -> None:
    town = Town(db)
    town.history()
    story = town.story("Sạt lở chia cắt đường vào xã Suối Đá")
    for i in range(1, 6):
        town.document(f"bao{i}", TODAY, "transport", COMMUNE, story=story, text="Đường bị chia cắt, 12 hộ phải sơ tán.")
    store.run(db, limit=31, now=NOW)
    row = db.execute("SELECT i.public_id FROM flag f JOIN issue i ON i.id = f.issue_id").fetchone()
    assert row is not None
    card = issue_card(db, row["public_id"])
    assert [flag["recomputed"] for flag in card["flags"]] == ["same"]
    db.execute("UPDATE observation SET origins = origins + 1 WHERE day = %s", [TODAY])
    changed = issue_card(db, row["public_id"])["flags"][0]["recomputed"]
    assert {"observed", "total_observed"} <= set(changed["differs"])
