"""Rule S14: "Kept briefly. Raw ≤ 7 days, article text ≤ 180 days, aggregates ≤ 3 years, backups ≤ 30 days, and a desk where anyone can ask
for a page's removal by URL; removals (hashed URLs) are applied again after a restore."

Proof here: the clock is moved past each period; a dump is restored after a removal.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processing.db import Connection, retention
from processing.db.audit import verify
from processing.db.backup import backup, restore
from processing.db.retention import housekeeping
from processing.db.tombstones import buried, url_hash
from processing.erase import erase
from processing.errors import DatabaseError
from tests.review.town import NOW, furnish

URL = "http://bao.example/0.html"
TITLE = "Nước máy đục ở Suối Mây"
QUOTE = "giếng ở Suối Mây nhiễm chì"  # the claim as this page worded it; publishers word it otherwise


def _everything(conn: Connection) -> str:
    """Every value of every table, as text."""
    names = conn.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
    ).fetchall()
    parts = []
    for row in names:
        for record in conn.execute(f'SELECT t::text AS line FROM "{row["relname"]}" t'.encode()):
            parts.append(f"{row['relname']}: {record['line']}")
    return "\n".join(parts)


def _text_rows(conn: Connection) -> None:
    document = conn.execute("SELECT id FROM document WHERE canonical_url = %s", [URL]).fetchone()
    source = conn.execute("SELECT id FROM source").fetchone()
    assert document and source
    conn.execute(
        "INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor) VALUES (%s, 1, %s, %s, 'Toàn văn bài', '', 'test')",
        [document["id"], NOW, TITLE],
    )
    conn.execute(
        "INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, 'page', %s, '', '', %s)",
        [source["id"], URL, NOW],
    )
    conn.execute(
        "INSERT INTO fetch_log (source_id, fetched_at, url, kind, robots_decision, outcome) VALUES (%s, %s, %s, 'page', 'allowed', 'done')",
        [source["id"], NOW, URL],
    )
    conn.commit()


def _counts(conn: Connection) -> dict[str, int]:
    query = """SELECT (SELECT count(*) FROM landing) AS raw, (SELECT count(*) FROM document_version) AS text, (SELECT count(*) FROM claim) AS quotes,
        (SELECT count(*) FROM observation) AS aggregates, (SELECT count(*) FROM issue WHERE summary <> '{}') AS summaries"""
    row = conn.execute(query).fetchone()
    assert row is not None
    return dict(row)


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (6, {"raw": 1, "text": 1, "quotes": 1, "aggregates": 20, "summaries": 1}),
        (6.1, {"raw": 0, "text": 1, "quotes": 1, "aggregates": 20, "summaries": 1}),
        (181, {"raw": 0, "text": 0, "quotes": 0, "aggregates": 20, "summaries": 0}),
        (3 * 365 + 40, {"raw": 0, "text": 0, "quotes": 0, "aggregates": 0, "summaries": 0}),
    ],
)
def test_each_kind_goes_when_its_time_is_over(db: Connection, days: float, left: dict[str, int]) -> None:
    furnish(db)
    _text_rows(db)
    housekeeping(db, NOW + timedelta(days=days))
    assert _counts(db) == left


def test_checks_that_were_set_aside_go_with_the_texts(db: Connection) -> None:
    db.execute("INSERT INTO fact_check_set_aside (url, claim, claim_key, publisher, reason, since) VALUES ('http://a.invalid/', 'a', 'a', 'b', 'c', %s)", [NOW])
    db.commit()
    for days, left in ((179, 1), (181, 0)):
        housekeeping(db, NOW + timedelta(days=days))
        assert db.execute("SELECT count(*) AS n FROM fact_check_set_aside").fetchone() == {"n": left}


def test_titles_and_addresses_go_with_the_counts_after_three_years(db: Connection) -> None:
    furnish(db)
    _text_rows(db)
    db.execute("INSERT INTO outbox (message_key, kind, recipient, language, thread_key, payload, not_before, created_at) VALUES ('k', 'digest', 'x', 'vi', 't', '{}', %s, %s)",
               [NOW, NOW])  # fmt: skip
    db.commit()
    housekeeping(db, NOW + timedelta(days=3 * 365 - 5))
    query = "SELECT (SELECT count(*) FROM document) AS d, (SELECT count(*) FROM flag) AS f, (SELECT count(*) FROM outbox) AS m, (SELECT title FROM issue) AS t"
    assert db.execute(query).fetchone() == {"d": 2, "f": 1, "m": 1, "t": TITLE}
    housekeeping(db, NOW + timedelta(days=3 * 365 + 5))
    assert db.execute(query).fetchone() == {"d": 0, "f": 0, "m": 0, "t": "—"}
    assert TITLE not in _everything(db)


STAY = {
    **dict.fromkeys(("app_user", "api_token", "subscription", "area", "service"), "staff and what they set: until an administrator takes it away"),
    **dict.fromkeys(("source", "feed", "unit", "schema_migration"), "mirrors of the operator's files and of the program"),
    **dict.fromkeys(("fact_check", "fact_check_version"), "published checks: until their publisher withdraws them, or on request"),
    **dict.fromkeys(("story", "story_alias", "issue_story", "issue_alias", "series"), "numbers and dates without a word of any page, so that old links still lead somewhere"),
    **dict.fromkeys(("cluster_state", "hotspot_state", "match_model"), "one row of figures, replaced as the stage goes on"),
    "review_decision": "who decided what and when; the words go by forget_reasons",
    "audit_seal": "hashes of months that were dropped",
    "robots_txt": "a site's rules, replaced daily",
}
"""Tables that housekeeping leaves alone, and why they may stay."""


def test_no_table_is_forgotten(owner_db: Connection) -> None:
    """Each table is named by housekeeping, goes with one that is (by its foreign key), or is listed here with its reason: a table made later is one of them, too."""
    tables = {r["t"] for r in owner_db.execute("SELECT relname AS t FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition")}
    named = {table for table in tables if re.search(rf"\b{table}\b", Path(retention.__file__).read_text(encoding="utf-8"))}
    going = set(named)
    while True:
        rows = owner_db.execute(
            """SELECT DISTINCT conrelid::regclass::text AS t FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'c' AND confrelid::regclass::text = ANY(%s)""", [sorted(going)]
        )
        more = {r["t"] for r in rows} - going
        if not more:
            break
        going |= more
    assert sorted(tables - going - STAY.keys()) == []
    assert sorted(STAY.keys() & named) == [] and all(STAY.values())


def test_counts_of_reports_go_after_three_years(db: Connection) -> None:
    source = db.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url)
           VALUES ('board', 'Board', 'feedback', 'Board', 'public service', '2026-01-01', '2027-01-01', 'http://b.example/') RETURNING id"""
    ).fetchone()
    assert source is not None
    db.execute("INSERT INTO feedback_count VALUES (%s, 'waste', 'D1', %s, 7)", [source["id"], NOW.date()])
    db.execute("INSERT INTO feedback_seen VALUES (%s, 'x', %s)", [source["id"], NOW.date()])
    db.commit()
    for days, left in ((3 * 365 - 5, 1), (3 * 365 + 5, 0)):
        housekeeping(db, NOW + timedelta(days=days))
        for table in ("feedback_count", "feedback_seen"):
            assert db.execute(f"SELECT count(*) AS n FROM {table}".encode()).fetchone() == {"n": left}, table


def test_housekeeping_makes_the_months_ahead(db: Connection) -> None:
    housekeeping(db, datetime(2031, 5, 20, tzinfo=UTC))
    for child in ("annotation_203105", "annotation_203107", "audit_203106"):
        assert db.execute("SELECT to_regclass(%s) IS NOT NULL AS there", [child]).fetchone() == {"there": True}


def test_a_removed_page_is_nowhere_and_stays_away(db: Connection, owner_db: Connection) -> None:
    furnish(db)
    _text_rows(db)
    db.execute("UPDATE document SET title = 'Đã sửa' WHERE canonical_url <> %s", [URL])
    db.execute("UPDATE issue SET summary = %s", ['{"sentences": [{"text": "' + QUOTE + '"}]}'])
    db.commit()
    assert erase(db, URL, "asked by the reader", NOW).startswith("removed")
    left = _everything(owner_db)
    for trace in (URL, TITLE, QUOTE, "Toàn văn bài"):
        assert trace not in left, trace
    assert buried(db, URL)
    assert "asked by the reader" in left  # the request log keeps why, not what


def test_a_page_never_collected_can_be_kept_out(db: Connection) -> None:
    assert "will not be collected" in erase(db, "http://bao.example/never.html", "asked", NOW)
    assert buried(db, "http://bao.example/never.html")


def test_a_removal_survives_a_restore(db: Connection, owner_db: Connection, tmp_path: Path) -> None:
    furnish(db)
    _text_rows(db)
    dump = tmp_path / "town.dump"
    backup(dump)
    erase(db, URL, "asked", NOW)
    db.commit()
    assert "1 removed pages" in restore(dump)
    last = owner_db.execute("SELECT action, detail -> 'end_before' ->> 'hash' AS hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    assert last is not None and last["action"] == "restore" and len(last["hash"]) == 64, "the audit says that it was replaced, and where it ended"
    assert verify(owner_db) == []
    left = _everything(owner_db)
    assert URL not in left
    assert url_hash(URL).hex() in left
    assert TITLE not in left


def test_a_damaged_dump_costs_nothing(db: Connection, tmp_path: Path) -> None:
    furnish(db)
    dump = tmp_path / "town.dump"
    backup(dump)
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    db.commit()
    with pytest.raises(DatabaseError, match="the restore failed"):
        restore(dump)
    assert db.execute("SELECT count(*) AS n FROM document").fetchone() == {"n": 2}


def test_a_dump_holds_no_raw_page(db: Connection, owner_db: Connection, tmp_path: Path) -> None:
    furnish(db)
    _text_rows(db)
    dump = tmp_path / "town.dump"
    backup(dump)
    db.commit()
    restore(dump)
    assert owner_db.execute("SELECT count(*) AS n FROM landing").fetchone() == {"n": 0}


def test_dumps_in_a_folder_are_kept_for_thirty_days(db: Connection, tmp_path: Path) -> None:
    mine = tmp_path / "other.dump"
    mine.write_text("not ours to remove")
    backup(tmp_path, NOW)
    backup(tmp_path, NOW + timedelta(days=29))
    assert len(list(tmp_path.glob("langnghe-*.dump"))) == 2
    assert "removed 1 older than 30 days" in backup(tmp_path, NOW + timedelta(days=31))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["langnghe-20261221T030000Z.dump", "langnghe-20261223T030000Z.dump", "other.dump"]
