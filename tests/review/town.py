"""A few known rows for the pages to show."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.people import add_user

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CARD = {"observed": 9, "expected": 0.8, "upper": 4.0, "p_value": 1e-6, "coverage": 1.0, "outlets": 5, "origins": 9}


def one(conn: Connection, query: str, *values: object) -> int:
    row = conn.execute(query, values).fetchone()
    assert row is not None
    found: int = row["id"]
    return found


def furnish(conn: Connection) -> dict[str, str]:
    """A source, an issue with a flag and two documents, a claim with two matches by publishers who disagree. Returns public ids."""
    add_user(conn, "lan-analyst", "analyst@example.org", "a long password", "analyst")
    conn.execute(
        "INSERT INTO unit VALUES ('D', 'Tỉnh Mẫu', 'province', 'D', 'Tỉnh Mẫu'), ('D1', 'Xã Suối Mây', 'commune', 'D', 'Tỉnh Mẫu')"
    )
    conn.execute("INSERT INTO service (key, kind, name_vi, name_en) VALUES ('water', 'water', 'Công ty cấp nước', 'Water company')")
    source = one(
        conn,
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url, enabled)
           VALUES ('bao-mau', 'Báo Mẫu', 'press', 'Báo Mẫu', 'press licence', '2026-01-01', '2027-01-01', 'http://bao.example/', true) RETURNING id""",
    )
    documents = [
        one(
            conn,
            """INSERT INTO document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
               VALUES (%s, %s, %s, 'vi', %s, 'minute', %s, %s) RETURNING id""",
            source, f"http://bao.example/{n}.html", title, NOW - timedelta(hours=n), NOW, NOW,
        )
        for n, title in enumerate(["Nước máy đục ở Suối Mây", "<script>alert('x')</script> =1+1 Nước có mùi lạ"])
    ]  # fmt: skip
    story = one(
        conn, "INSERT INTO story (language, opened_at, last_published_at, documents) VALUES ('vi', %s, %s, 2) RETURNING id", NOW, NOW
    )
    issue = one(
        conn,
        """INSERT INTO issue (title, topic, province_code, commune_codes, language, first_seen_at, last_published_at, documents, origins, summary, updated_at)
           VALUES ('Nước máy đục ở Suối Mây', 'environment_water', 'D', '{D1}', 'vi', %s, %s, 2, 2, %s, %s) RETURNING id""",
        NOW, NOW, Jsonb({"sentences": [{"text": "Nước chảy ra có màu vàng.", "source": "Báo Mẫu"}]}), NOW,
    )  # fmt: skip
    conn.execute("INSERT INTO issue_story VALUES (%s, %s)", [story, issue])
    for document in documents:
        conn.execute("INSERT INTO assignment VALUES (%s, %s, %s, %s, 1, 'test', %s)", [document, NOW, story, NOW, NOW])
    series = one(
        conn,
        "INSERT INTO series (key, kind, topic, unit_code) VALUES ('topic_commune:environment_water:D1', 'topic_commune', 'environment_water', 'D1') RETURNING id",
    )
    for back in range(20):
        conn.execute(
            "INSERT INTO observation (series_id, day, origins, documents, coverage, expected, upper, counted_at) VALUES (%s, %s, %s, %s, 1, 0.8, 4, %s)",
            [series, date(2026, 11, 22) - timedelta(days=back), 9 if back == 0 else 1, 9, NOW],
        )
    flag = one(
        conn,
        """INSERT INTO flag (series_id, issue_id, kind, first_day, last_day, score, rank, card, method, raised_at, updated_at)
           VALUES (%s, %s, 'surge', '2026-11-22', '2026-11-22', 6, 7.5, %s, 'nb-hmm 1', %s, %s) RETURNING id""",
        series, issue, Jsonb(CARD), NOW, NOW,
    )  # fmt: skip
    conn.execute("INSERT INTO flag_document VALUES (%s, %s)", [flag, documents[0]])
    claim = one(
        conn,
        """INSERT INTO claim (text, text_key, topic, checkable, first_seen_at, last_seen_at, documents, origins)
           VALUES ('Nước giếng ở Suối Mây nhiễm chì gấp 10 lần.', 'k', 'environment_water', 0.9, %s, %s, 3, 2) RETURNING id""",
        NOW, NOW,
    )  # fmt: skip
    conn.execute("INSERT INTO claim_sighting VALUES (%s, %s, 'Nước giếng ở Suối Mây nhiễm chì gấp 10 lần.')", [claim, documents[0]])
    ratings = [("Kiểm Tin Mẫu", "independent_fact_check", "Sai sự thật"), ("Sở Y tế tỉnh Mẫu", "official_statement", "")]
    for n, (publisher, kind, rating) in enumerate(ratings):
        check = one(
            conn,
            """INSERT INTO fact_check (publisher, publisher_kind, claim, title, rating, published_at, url, claim_key, capture_sha256, first_seen_at, updated_at)
               VALUES (%s, %s, 'Nước giếng nhiễm chì gấp 10 lần', 'Kết quả xét nghiệm nước', %s, %s, %s, 'k', '\\x00', %s, %s) RETURNING id""",
            publisher, kind, rating, NOW, f"http://check{n}.example/", NOW, NOW,
        )  # fmt: skip
        conn.execute(
            """INSERT INTO match (claim_id, fact_check_id, fact_check_version, score, tier, features, model, created_at)
               VALUES (%s, %s, 1, 0.9, %s, '{}', 'test', %s)""",
            [claim, check, "confirmable" if n == 0 else "related", NOW],
        )
    conn.commit()
    ids = conn.execute("SELECT (SELECT public_id FROM issue)::text AS issue, (SELECT public_id FROM claim)::text AS claim").fetchone()
    assert ids is not None
    return {"issue": ids["issue"], "claim": ids["claim"]}
