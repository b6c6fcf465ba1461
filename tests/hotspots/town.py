"""Rows as the earlier stages leave them, for tests of the hot-spot stage. Invented places and outlets."""

from __future__ import annotations

import datetime as dt
import itertools
import random

from processing.db import Connection
from processing.zone import LOCAL

TODAY = dt.date(2026, 3, 20)
NOW = dt.datetime(2026, 3, 20, 21, 0, tzinfo=LOCAL)
PROVINCE, COMMUNE, OTHER_COMMUNE = "x1", "x1-01", "x1-02"


class Town:
    """Writes sources, documents and stories straight into the database."""

    def __init__(self, conn: Connection, seed: int = 7) -> None:
        self.conn = conn
        self.random = random.Random(seed)
        self.numbers = itertools.count(1)
        self.ids = itertools.count(1)
        self.sources: dict[str, int] = {}
        for code, name in ((PROVINCE, "tỉnh Minh Hà"), (COMMUNE, "xã Suối Đá"), (OTHER_COMMUNE, "xã Bến Cát")):
            level = "province" if code == PROVINCE else "commune"
            conn.execute("INSERT INTO unit VALUES (%s, %s, %s, %s, %s)", [code, name, level, PROVINCE, "tỉnh Minh Hà"])

    def source(self, key: str, kind: str = "press", owner: str | None = None) -> int:
        row = self.conn.execute(
            """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url, enabled)
               VALUES (%s, %s, %s, %s, 'test', '2026-01-01', '2027-01-01', 'http://x.invalid/', true) RETURNING id""",
            [key, f"Báo {key}", kind, owner or f"owner of {key}"],
        ).fetchone()
        assert row is not None
        self.sources[key] = row["id"]
        return self.sources[key]

    def document(
        self, source: str, day: dt.date, topic: str = "transport", commune: str | None = COMMUNE, *, origin: int | None = None,
        story: int | None = None, seen: dt.datetime | None = None, precision: str = "minute", text: str = "Tin địa phương.", kind: str = "article",
    ) -> int:  # fmt: skip
        """One annotated document; returns its id."""
        return self._write([self._new(source, day, topic, commune, origin, story, seen, precision, text, kind)])[0]

    def _new(
        self, source: str, day: dt.date, topic: str, commune: str | None, origin: int | None = None, story: int | None = None,
        seen: dt.datetime | None = None, precision: str = "minute", text: str = "Tin địa phương.", kind: str = "article",
    ) -> dict[str, object]:  # fmt: skip
        moment = dt.datetime.combine(day, dt.time(8 + self.random.randrange(9), self.random.randrange(60)), LOCAL)
        n = next(self.numbers)
        return {
            "source": self.sources[source], "url": f"http://{source}.invalid/{n}", "kind": kind, "title": f"Bài {n}", "at": moment, "precision": precision,
            "seen": seen or moment + dt.timedelta(minutes=5), "text": text, "topic": topic, "commune": commune, "origin": origin, "story": story,
            "province": PROVINCE,
        }  # fmt: skip

    def _write(self, rows: list[dict[str, object]]) -> list[int]:
        ids = [next(self.ids) for _ in rows]
        for row, number in zip(rows, ids, strict=True):
            row["id"] = number
            row["relation"] = "same_text" if row["origin"] else "origin"
            row["origin"] = row["origin"] or number
        with self.conn.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO document (id, source_id, canonical_url, kind, title, language, published_at, published_precision, first_seen_at, last_seen_at)
                   OVERRIDING SYSTEM VALUE VALUES (%(id)s, %(source)s, %(url)s, %(kind)s, %(title)s, 'vi', %(at)s, %(precision)s, %(seen)s, %(seen)s)""",
                rows,
            )
            cursor.executemany(
                """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor)
                   VALUES (%(id)s, 1, %(seen)s, %(title)s, %(text)s, '', 't')""",
                rows,
            )
            cursor.executemany(
                """INSERT INTO annotation (document_id, version, first_seen_at, language, sentences, tokens, places, province_code, topic, topic_score,
                   checkable, method, annotated_at)
                   VALUES (%(id)s, 1, %(seen)s, 'vi', '{}', '{}', '[]', %(province)s, %(topic)s, 0.9, '[]', 'annotate test', %(seen)s)""",
                rows,
            )
            cursor.executemany("INSERT INTO document_place VALUES (%(id)s, %(commune)s, %(seen)s, 'commune', 0.9)", [r for r in rows if r["commune"]])
            cursor.executemany(
                """INSERT INTO document_copy (document_id, first_seen_at, group_id, origin_id, relation)
                   VALUES (%(id)s, %(seen)s, %(origin)s, %(origin)s, %(relation)s)""",
                rows,
            )
            cursor.executemany(
                "INSERT INTO assignment VALUES (%(id)s, %(seen)s, %(story)s, %(at)s, 0.8, 'cluster test', %(seen)s)", [r for r in rows if r["story"]]
            )
        return ids

    def story(self, title: str, topic: str = "transport") -> int:
        """A story with its issue; returns the story's id."""
        story = self.conn.execute(
            "INSERT INTO story (language, opened_at, last_published_at) VALUES ('vi', %s, %s) RETURNING id", [NOW, NOW]
        ).fetchone()
        issue = self.conn.execute(
            """INSERT INTO issue (title, topic, province_code, commune_codes, language, first_seen_at, last_published_at, updated_at)
               VALUES (%s, %s, %s, %s, 'vi', %s, %s, %s) RETURNING id""",
            [title, topic, PROVINCE, [COMMUNE], NOW, NOW, NOW],
        ).fetchone()
        assert story is not None and issue is not None
        self.conn.execute("INSERT INTO issue_story VALUES (%s, %s)", [story["id"], issue["id"]])
        return int(story["id"])

    def history(self, outlets: int = 6, days: int = 60, skip: dict[str, set[dt.date]] | None = None) -> None:
        """`days` quiet days before TODAY: each outlet publishes two to five documents a day on mixed topics, few on roads in the commune."""
        names = [f"bao{i}" for i in range(1, outlets + 1)]
        for name in names:
            if name not in self.sources:
                self.source(name)
        rows = []
        for back in range(days, 0, -1):
            day = TODAY - dt.timedelta(days=back)
            for name in names:
                if day in (skip or {}).get(name, set()):
                    continue
                for _ in range(self.random.randint(2, 5)):
                    topic = self.random.choice(["health", "education", "waste", "agriculture", "transport", "other", "other"])
                    commune = self.random.choice([COMMUNE, OTHER_COMMUNE, None, None, None])
                    rows.append(self._new(name, day, topic, commune))
        self._write(rows)

    def subscriber(self, kind: str, email: str = "ban.doc@board.invalid", language: str = "vi") -> None:
        row = self.conn.execute(
            """INSERT INTO app_user (login, display_name, email, password_hash, role, language) VALUES (%s, %s, %s, 'x', 'analyst', %s)
               ON CONFLICT (login) DO UPDATE SET email = excluded.email RETURNING id""",
            [email, email, email, language],
        ).fetchone()
        assert row is not None
        self.conn.execute("INSERT INTO subscription (user_id, kind) VALUES (%s, %s)", [row["id"], kind])

    def feed_log(self, source: str, day: dt.date, outcome: str) -> None:
        self.conn.execute(
            "INSERT INTO fetch_log (source_id, fetched_at, url, kind, robots_decision, outcome) VALUES (%s, %s, 'http://x.invalid/rss', 'feed', 'allowed', %s)",
            [self.sources[source], dt.datetime.combine(day, dt.time(9), LOCAL), outcome],
        )


def flags(conn: Connection) -> list[dict[str, object]]:
    return conn.execute("SELECT f.*, s.key, s.kind AS series_kind FROM flag f JOIN series s ON s.id = f.series_id ORDER BY f.id").fetchall()


__all__ = ["COMMUNE", "NOW", "OTHER_COMMUNE", "PROVINCE", "TODAY", "Town", "flags"]
