"""Rule S14: "Kept briefly. Raw ≤ 7 days, article text ≤ 180 days, aggregates ≤ 3 years, backups ≤ 30 days, and a desk where anyone can ask
for a page's removal by URL; removals (hashed URLs) are applied again after a restore."

Proof here: a removal takes the page's part out of everything made of it. What others told as well is made anew from what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from psycopg import sql

from processing.alerts import outbox
from processing.claims import semantics
from processing.claims.circulation import claim_key
from processing.db import Connection
from processing.erase import erase
from processing.erase.removal import holders
from processing.hotspots import store
from processing.settings import get_settings
from tests.hotspots.town import COMMUNE, NOW, TODAY, Town

GONE = "http://bao1.invalid/gone"
HEARD = "Theo lời một cán bộ, đập Suối Đá đã vỡ đêm qua."
PLAIN = "Đập Suối Đá đã vỡ đêm qua."


@pytest.fixture
def town(db: Connection) -> tuple[Town, dict[str, int]]:
    """A surge of five outlets; the first one's page carries a claim that the second carries, too, a check, and is copied by the third."""
    town = Town(db)
    town.history()
    story = town.story("Sạt lở cắt đường vào xã Suối Đá")
    documents = [town.document(f"bao{n}", TODAY, "transport", COMMUNE, story=story, text=f"Đường bị chia cắt, {n} hộ phải sơ tán.") for n in range(1, 6)]
    db.execute("UPDATE document SET canonical_url = %s, title = 'Chỉ bài này nói thế' WHERE id = %s", [GONE, documents[0]])
    store.run(db, limit=64, now=NOW)
    claim = db.execute(
        """INSERT INTO claim (text, text_key, topic, checkable, first_seen_at, last_seen_at, documents, origins)
           VALUES (%s, %s, 'disaster_weather', 0.9, %s, %s, 2, 2) RETURNING id""",
        [HEARD, claim_key(PLAIN), NOW, NOW],
    ).fetchone()
    assert claim is not None
    for document, sentence in zip(documents, (HEARD, PLAIN), strict=False):
        db.execute("INSERT INTO claim_sighting VALUES (%s, %s, %s)", [claim["id"], document, sentence])
    db.execute(
        """WITH k AS (INSERT INTO fact_check (publisher, publisher_kind, claim, published_at, url, claim_key, capture_sha256, first_seen_at, updated_at)
               VALUES ('Sở', 'official_statement', %s, %s, 'http://so.invalid/1', 'k', '', %s, %s) RETURNING id)
           INSERT INTO match (claim_id, fact_check_id, fact_check_version, score, tier, features, model, created_at)
           SELECT %s, id, 1, 0.9, 'confirmable', '{}', 't', %s FROM k""",
        [PLAIN, NOW, NOW, NOW, claim["id"], NOW],
    )
    db.execute(
        """INSERT INTO document_copy AS c (document_id, first_seen_at, group_id, origin_id, relation, containment)
           SELECT id, first_seen_at, %(a)s, %(a)s, CASE WHEN id = %(a)s THEN 'origin' ELSE 'copied_from' END, 0.9 FROM document WHERE id = ANY(%(ids)s)
           ON CONFLICT (document_id, first_seen_at) DO UPDATE SET group_id = excluded.group_id, origin_id = excluded.origin_id, relation = excluded.relation""",
        {"a": documents[0], "ids": [documents[0], documents[2]]},
    )
    db.commit()
    return town, {"document": documents[0], "second": documents[1], "heir": documents[2], "claim": claim["id"]}


def one(db: Connection, query: str, *values: object) -> dict[str, object]:
    row = db.execute(query, values).fetchone()
    assert row is not None
    return row


def test_every_table_that_knows_documents_is_emptied_of_it(town: tuple[Town, dict[str, int]], db: Connection, owner_db: Connection) -> None:
    ids = town[1]
    tables = holders(db)
    assert {"document_version", "annotation", "fingerprint", "assignment", "claim_sighting", "flag_document"} <= set(tables)
    erase(db, GONE, "asked", NOW)
    for table in [*tables, "story_event", "fact_check", "document_address"]:
        found = one(owner_db, sql.SQL("SELECT count(*) AS n FROM {} WHERE document_id = %s").format(sql.Identifier(table)), ids["document"])  # type: ignore[arg-type]
        assert found == {"n": 0}, table


def test_counts_cards_and_titles_are_made_anew(town: tuple[Town, dict[str, int]], db: Connection) -> None:
    query = """SELECT o.origins, f.card ->> 'origins' AS card, i.documents, i.title, jsonb_array_length(f.card -> 'documents') AS listed
               FROM flag f JOIN observation o ON o.series_id = f.series_id AND o.day = f.last_day JOIN issue i ON i.id = f.issue_id"""
    before = one(db, query)
    erase(db, GONE, "asked", NOW)
    after = one(db, query)
    assert before["listed"] == 5
    # the third outlet had copied the first: it counts in its place
    assert after == {"origins": 4, "card": "4", "documents": 4, "title": after["title"], "listed": 4}
    assert after["title"] != "Chỉ bài này nói thế"


def test_a_claim_that_others_carry_is_told_in_their_words(town: tuple[Town, dict[str, int]], db: Connection) -> None:
    ids = town[1]
    erase(db, GONE, "asked", NOW)
    assert one(db, "SELECT text, documents, origins FROM claim WHERE id = %s", ids["claim"]) == {"text": PLAIN, "documents": 1, "origins": 1}
    erase(db, str(one(db, "SELECT canonical_url AS u FROM document WHERE id = %s", ids["second"])["u"]), "asked", NOW)
    assert one(db, "SELECT count(*) AS n FROM claim") == {"n": 0}


def test_its_copies_go_on_without_it(town: tuple[Town, dict[str, int]], db: Connection) -> None:
    ids = town[1]
    erase(db, GONE, "asked", NOW)
    row = one(db, "SELECT origin_id, group_id, relation FROM document_copy WHERE document_id = %s", ids["heir"])
    assert row == {"origin_id": ids["heir"], "group_id": ids["heir"], "relation": "origin"}


def test_a_check_that_was_sent_out_is_taken_back(town: tuple[Town, dict[str, int]], db: Connection) -> None:
    """Who was sent the page's words as an answer learns that they no longer stand (SCOPE S12)."""
    t, ids = town
    t.subscriber("claims", "officer@board.invalid")
    check = one(
        db,
        """INSERT INTO fact_check (document_id, publisher, publisher_kind, claim, published_at, url, claim_key, capture_sha256, first_seen_at, updated_at)
           VALUES (%s, 'Báo', 'press_correction', %s, %s, %s, 'k', '', %s, %s) RETURNING id""",
        ids["document"], PLAIN, NOW, GONE, NOW, NOW,
    )  # fmt: skip
    match = one(
        db,
        """INSERT INTO match (claim_id, fact_check_id, fact_check_version, score, tier, features, model, state, decided_by, decided_at, created_at)
           VALUES (%s, %s, 1, 0.9, 'confirmable', '{}', 't', 'confirmed', (SELECT min(id) FROM app_user), %s, %s) RETURNING id""",
        ids["claim"], check["id"], NOW, NOW,
    )  # fmt: skip
    assert outbox.enqueue_claim_answer(db, int(str(match["id"])), NOW) == 1
    db.execute("UPDATE outbox SET state = 'sent'")
    erase(db, GONE, "asked", NOW)
    assert one(db, "SELECT count(*) AS n FROM fact_check WHERE url = %s", GONE) == {"n": 0}
    mail = one(db, "SELECT recipient, payload ->> 'reason' AS why FROM outbox WHERE kind = 'correction'")
    assert mail == {"recipient": "officer@board.invalid", "why": "the page it stood on was removed on request"}


def test_figures_of_the_issue_and_checks_set_aside_go_with_the_page(town: tuple[Town, dict[str, int]], db: Connection) -> None:
    db.execute(
        """INSERT INTO issue_corroboration SELECT id, 5, 5, 0, 0, 0, 1, 0, '{"alone": [{"quantity": "evacuated", "value": 1}]}', 'test', %s
           FROM issue WHERE documents > 0""",
        [NOW],
    )
    db.execute("INSERT INTO fact_check_set_aside (url, claim, claim_key, publisher, reason, since) VALUES (%s, 'a', 'a', 'b', 'c', %s)", [GONE, NOW])
    erase(db, GONE, "asked", NOW)
    assert one(db, "SELECT count(*) AS n FROM issue_corroboration") == {"n": 0}
    assert one(db, "SELECT count(*) AS n FROM fact_check_set_aside") == {"n": 0}


def test_the_next_count_still_sees_what_came_before_the_removal(town: tuple[Town, dict[str, int]], db: Connection) -> None:
    """A removal recounts one day; documents of another day that wait to be counted must not look counted by it."""
    t, _ = town
    old = TODAY - timedelta(days=9)
    late = t.document("bao5", old, "transport", COMMUNE, text="Đường bị chia cắt từ hôm qua.")
    db.execute("UPDATE annotation SET annotated_at = %s WHERE document_id = %s", [NOW + timedelta(minutes=1), late])
    db.commit()
    erase(db, GONE, "asked", NOW + timedelta(hours=5))
    store.run(db, limit=64, now=NOW + timedelta(hours=6))
    counted = one(db, "SELECT max(o.origins) AS n FROM observation o JOIN series s ON s.id = o.series_id WHERE s.key = %s AND o.day = %s",
                  f"topic_commune:transport:{COMMUNE}", old)  # fmt: skip
    assert counted["n"] is not None and int(str(counted["n"])) >= 1


class Counted:
    """An embedder of one dimension."""

    name = "counted"

    def queries(self, texts: Sequence[str]) -> semantics.Floats:
        return np.array([[float(len(text))] for text in texts], np.float32)

    passages = queries


def test_vectors_of_its_checks_go_from_the_file_beside_the_database_and_stay_away(town: tuple[Town, dict[str, int]], db: Connection) -> None:
    """Of every wording the check had; also where a process that runs on still has them in memory and writes its file anew."""
    _, ids = town
    db.execute(
        """WITH k AS (INSERT INTO fact_check (document_id, publisher, publisher_kind, claim, title, published_at, url, claim_key, capture_sha256, first_seen_at, updated_at)
               VALUES (%s, 'Báo', 'press_correction', 'Đập không vỡ', 'Về con đập', %s, %s, 'k', '', %s, %s) RETURNING id)
           INSERT INTO fact_check_version SELECT id, 1, %s, 'Đập chưa vỡ', '', '', '' FROM k""",
        [ids["document"], NOW, GONE, NOW, NOW, NOW],
    )
    db.commit()
    folder = get_settings().home / "embeddings"
    gone = [semantics.passage_of("Đập không vỡ", "Về con đập"), semantics.passage_of("Đập chưa vỡ", "")]
    process = semantics.Remembered(Counted(), folder)
    process.passages([*gone, *(f"đoạn {n}" for n in range(semantics.FEW))])
    process.save()

    def kept() -> int:
        with np.load(folder / "counted.npz") as file:
            return len(file["keys"])

    assert kept() == semantics.FEW + 2
    erase(db, GONE, "asked", NOW)
    assert kept() == semantics.FEW
    process.passages([f"đoạn khác {n}" for n in range(semantics.FEW)])
    process.save()
    assert kept() == 2 * semantics.FEW
