"""Rule S4: "No viewpoint. No sentiment towards the state, stance, loyalty, "hostile" or "sensitive" label, nor a proxy for one (keyword
list, person list, protest or assembly topic). The taxonomy lists public services and hazards only; what fits none is `other` and never
alerts. Criticism counts only as what it is about: a reader's letter on uncollected rubbish counts for waste; political comment fits no
topic and counts for nothing."

Proof here: political criticism, satire, demands and opinion count for nothing: printed beside the news, they leave every flag and count
as it was.
"""

from __future__ import annotations

from processing.annotate import store as annotate
from processing.db import Connection, work
from processing.hotspots import store
from tests.hotspots.town import COMMUNE, NOW, TODAY, Town
from tests.safeguards.opinion import rows


def _judged(db: Connection) -> list[dict[str, object]]:
    """What the stage says of every series and day with anything in it, and the flags it raised."""
    store.run(db, limit=64, now=NOW)
    flags = db.execute("SELECT s.key, f.kind, f.first_day, f.last_day, f.score, f.rank, f.card FROM flag f JOIN series s ON s.id = f.series_id ORDER BY 1, 3")
    days = db.execute(
        """SELECT s.key, o.day, o.origins, o.documents, round(o.expected::numeric, 6) AS expected, round(o.upper::numeric, 6) AS upper
           FROM observation o JOIN series s ON s.id = o.series_id WHERE o.origins > 0 ORDER BY 1, 2"""
    )
    return [*flags.fetchall(), *days.fetchall()]


def test_columns_of_opinion_change_no_flag_and_no_count(db: Connection) -> None:
    town = Town(db)
    town.history()
    story = town.story("Sạt lở cắt đường vào xã Suối Đá")
    for outlet in range(1, 6):
        town.document(f"bao{outlet}", TODAY, "transport", COMMUNE, story=story, text="Đường bị chia cắt, 12 hộ phải sơ tán.")
    before = _judged(db)
    assert any(row.get("kind") == "surge" for row in before)

    columns = [town.document(f"bao{n % 5 + 1}", TODAY, "other", None, text=row["text"]) for n, row in enumerate(rows("column"))]
    db.execute("DELETE FROM annotation WHERE document_id = ANY(%s)", [columns])
    work.enqueue(db, "annotate", columns, NOW)
    assert annotate.run(db, limit=100, now=NOW).done == len(columns) >= 40
    # even where all of them are about one small place
    placed = db.execute(
        """INSERT INTO document_place SELECT document_id, %s, first_seen_at, 'commune', 0.9 FROM annotation
           WHERE document_id = ANY(%s) AND topic = 'other'""",
        [COMMUNE, columns],
    ).rowcount
    assert placed >= 0.95 * len(columns)
    assert _judged(db) == before
