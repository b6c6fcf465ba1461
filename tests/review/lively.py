"""A fuller town than `town.furnish`: several issues, sources in every state with their requests, reports to services, every kind of mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from psycopg.types.json import Jsonb

from processing.db import Connection
from tests.review.town import NOW, one

MATTERS = [
    ("transport", "D2", "Đường tránh đèo Sương Gió sụt lún sau mưa lớn, xe tải phải quay đầu", "Xã Sương Gió"),
    ("waste", "D3", "Rác chất đống ba tuần ở chợ Bến Lau vì xe thu gom hỏng, người dân phải bịt mũi khi đi qua", "Xã Bến Lau"),
    ("health", "D1", "Nhiều học sinh Trường Tiểu học Suối Mây đau bụng sau bữa trưa", "Xã Suối Mây"),
]
STATES = [
    ("bao-tinh", "Báo Tỉnh Mẫu", "press", "OK", "read"),
    ("dai-huyen", "Đài Phát thanh – Truyền hình vùng cao tỉnh Mẫu", "press", "QUIET", "nothing new for 2 days, where 5 would be usual"),
    ("cong-xa", "Cổng thông tin xã Bến Lau", "institution", "STALE", "nothing new for 9 days, where 12 would be usual"),
    ("so-y-te", "Sở Y tế tỉnh Mẫu", "institution", "BLOCKED", "robots.txt does not allow it (robots.txt: Disallow: /)"),
    ("hang-tin", "Hãng tin Vùng Cao", "wire", "BROKEN", "its server cannot be reached (connection refused); last read 2026-11-20 02:10 UTC"),
    ("phan-anh", "Cổng phản ánh tỉnh Mẫu", "feedback", "OK", "read"),
]


def enliven(conn: Connection) -> None:
    """Add to a furnished database. Times follow the clock, so that what the pages call recent is recent. The caller commits."""
    for code, name in (("D2", "Xã Sương Gió"), ("D3", "Xã Bến Lau")):
        conn.execute("INSERT INTO unit VALUES (%s, %s, 'commune', 'D', 'Tỉnh Mẫu')", [code, name])
    today = datetime.now(UTC)
    sources = [_source(conn, today, *row) for row in STATES]
    for n, (topic, unit, title, place) in enumerate(MATTERS):
        _issue(conn, sources, n, topic, unit, title, place)
    _aside(conn, today)
    for week in range(8):
        monday = (today - timedelta(days=today.weekday() + 7 * week)).date()
        for topic, unit, reports in (("waste", "D3", 23 - 2 * week), ("transport", "D2", 9 + week), ("health", "D1", 3)):
            conn.execute("INSERT INTO feedback_count VALUES (%s, %s, %s, %s, %s)", [sources[-1], topic, unit, monday, reports])


def _source(conn: Connection, today: datetime, key: str, name: str, kind: str, state: str, reason: str) -> int:
    source = one(
        conn,
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url, enabled, expected_per_week, state, state_reason, state_since, first_fetched_at)
           VALUES (%s, %s, %s, %s, 'press licence', '2026-01-01', '2027-01-01', %s, true, 14, %s, %s, %s, %s) RETURNING id""",
        key, name, kind, name, f"http://{key}.example/", state, reason, today - timedelta(days=3), today - timedelta(days=80),
    )  # fmt: skip
    for at, was in ((40, "OK"), (21, "BROKEN"), (18, "OK"), (3, state)):
        conn.execute("INSERT INTO source_state VALUES (%s, %s, %s, %s)", [source, today - timedelta(days=at), was, "read" if was == "OK" else reason])
    requests = [
        (source, today - timedelta(days=back, hours=h), f"http://{key}.example/{back}-{h}", *_answer(back, h, state), 200 + 30 * h)
        for back in range(42)
        for h in range(4)
    ]
    with conn.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO fetch_log (source_id, fetched_at, url, kind, robots_decision, outcome, http_status, failure_class, elapsed_ms)
               VALUES (%s, %s, %s, 'page', 'allowed', %s, %s, %s, %s)""",
            requests,
        )
        if kind != "feedback":
            pages = [
                (source, f"http://{key}.example/d{back}-{n}", f"Tin ngày {back} số {n}", published := today - timedelta(days=back, hours=n + 2),
                 published + timedelta(minutes=25 + 40 * n + 5 * back), today)
                for back in range(3 if state in ("BROKEN", "STALE", "BLOCKED") else 0, 42)
                if not 18 <= back < 21
                for n in range((back * 7 + len(key)) % 4 + (6 if back == 11 else 0))
            ]  # fmt: skip
            cursor.executemany(
                """INSERT INTO document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
                   VALUES (%s, %s, %s, 'vi', %s, 'minute', %s, %s)""",
                pages,
            )
    return source


def _answer(back: int, hour: int, state: str) -> tuple[str, int | None, str | None]:
    if 18 <= back < 21 or (back < 3 and state == "BROKEN"):
        return "retry", None, "refused"
    if (back + hour) % 9 == 0:
        return "retry", 503, "http_5xx"
    if (back + hour) % 13 == 0:
        return "quarantine", 404, "http_4xx"
    return ("unchanged", 304, None) if hour % 2 else ("done", 200, None)


def _issue(conn: Connection, sources: list[int], n: int, topic: str, unit: str, title: str, place: str) -> None:
    at = NOW - timedelta(hours=5 * n + 1)
    story = one(conn, "INSERT INTO story (language, opened_at, last_published_at, documents) VALUES ('vi', %s, %s, 3) RETURNING id", at, at)
    summary = {
        "sentences": [
            {"text": f"{title}, theo ghi nhận tại {place} sáng nay.", "source": "Báo Tỉnh Mẫu"},
            {"text": f"Chính quyền {place} cho biết đã cử đoàn kiểm tra xuống hiện trường và sẽ trả lời trong hai ngày.", "source": "Cổng thông tin xã Bến Lau"},
            {"text": "Khoảng 120 hộ dân bị ảnh hưởng, trong đó 35 hộ phải dùng nước và lối đi tạm.", "source": "Hãng tin Vùng Cao"},
        ],
        "phrases": ["người dân", "kiểm tra", "khắc phục", "đơn vị thi công"],
    }
    state = ["new", "confirmed", "dismissed"][n]
    issue = one(
        conn,
        """INSERT INTO issue (title, topic, province_code, commune_codes, language, first_seen_at, last_published_at, documents, origins, summary, state, updated_at)
           VALUES (%s, %s, 'D', %s, 'vi', %s, %s, 3, 3, %s, %s, %s) RETURNING id""",
        title, topic, [unit], at - timedelta(days=1), at, Jsonb(summary), state, NOW,
    )  # fmt: skip
    conn.execute("INSERT INTO issue_story VALUES (%s, %s)", [story, issue])
    for k, source in enumerate(sources[:3]):
        document = one(
            conn,
            """INSERT INTO document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
               VALUES (%s, %s, %s, 'vi', %s, 'minute', %s, %s) RETURNING id""",
            source, f"http://matter{n}-{k}.example/", title if k == 0 else f"{title} ({k})", at - timedelta(hours=k), NOW, NOW,
        )  # fmt: skip
        conn.execute(
            "INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor) VALUES (%s, 1, %s, %s, %s, %s, 'test')",
            [document, NOW, title, summary["sentences"][k]["text"], bytes([n, k])],  # type: ignore[index]
        )
        conn.execute("INSERT INTO assignment VALUES (%s, %s, %s, %s, 1, 'test', %s)", [document, NOW, story, at - timedelta(hours=k), NOW])
    _flag(conn, issue, topic, unit, n, state)


def _flag(conn: Connection, issue: int, topic: str, unit: str, n: int, state: str) -> None:
    series = one(
        conn,
        "INSERT INTO series (key, kind, topic, unit_code) VALUES (%s, 'topic_commune', %s, %s) RETURNING id",
        f"topic_commune:{topic}:{unit}", topic, unit,
    )  # fmt: skip
    last = NOW.date()
    for back in range(42):
        origins = [7, 4][back] + n if back < 2 else (back * 5 + n) % 3
        conn.execute(
            "INSERT INTO observation (series_id, day, origins, documents, coverage, expected, upper, counted_at) VALUES (%s, %s, %s, %s, 1, 1.1, 4, %s)",
            [series, last - timedelta(days=back), origins, origins, NOW],
        )
    card = {"observed": 7 + n, "expected": 1.104, "upper": 4, "p_value": 3.2e-5, "coverage": 0.83, "outlets": 3, "origins": 3, "day": last.isoformat(),
            "score": 4.21, "growth": 1.6, "persistence_days": 2, "spread": 1, "total_observed": 11 + 2 * n, "total_expected": 2.2, "copies": 1, "topic": topic,
            "harm": {"injured": 2} if topic == "health" else {}, "documents": [], "places": [{"code": unit, "name": unit, "origins": 3}]}  # fmt: skip
    conn.execute(
        """INSERT INTO flag (series_id, issue_id, kind, first_day, last_day, score, rank, card, method, raised_at, updated_at)
           VALUES (%s, %s, 'surge', %s, %s, 4.21, %s, %s, 'nb-hmm 1', %s, %s)""",
        [series, issue, last - timedelta(days=1), last, 5.5 - n, Jsonb(card), NOW, NOW],
    )
    if state in ("confirmed", "dismissed"):
        conn.execute(
            """INSERT INTO review_decision (at, user_id, subject_kind, subject_id, decision, reason)
               SELECT %s, min(id), 'issue', %s, %s, %s FROM app_user""",
            [NOW, issue, "confirm" if state == "confirmed" else "dismiss", "" if state == "confirmed" else "một vụ đơn lẻ, nhà trường đã trả lời"],
        )


def _aside(conn: Connection, today: datetime) -> None:
    """Counts set aside, a record waiting and one in quarantine."""
    for n, kind in enumerate(("source_artefact", "insufficient_coverage")):
        series = one(conn, "INSERT INTO series (key, kind, topic, unit_code) VALUES (%s, 'topic_commune', 'waste', 'D2') RETURNING id", f"x{n}")
        conn.execute(
            """INSERT INTO flag (series_id, kind, first_day, last_day, score, card, method, raised_at, updated_at)
               VALUES (%s, %s, '2026-11-20', '2026-11-21', 3, '{}', 'nb-hmm 1', %s, %s)""",
            [series, kind, today, today],
        )
    conn.execute("INSERT INTO work VALUES ('annotate', 1, 'pending', 0, %s, %s, NULL)", [today, today - timedelta(minutes=12)])
    conn.execute("INSERT INTO work VALUES ('annotate', 2, 'quarantine', 3, %s, %s, 'the page took longer than 5 s')", [today, today - timedelta(hours=3)])
