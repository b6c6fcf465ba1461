"""A small world for fault drills: a database with the town's history, the town, a mail sink, and the real programs as processes.

What Airflow does in the real stack, deciding what runs next and running it again when it failed, is done here by `conductor`, a
process that can itself be killed. So a drill costs seconds instead of minutes, and everything below the scheduler is the real thing.
"""

from __future__ import annotations

import gzip
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from processing.db import Connection, connect
from processing.stack import ports
from processing.stack.demo.history import write_archive
from processing.stack.demo.render import render_config
from processing.stack.demo.town import CONTROL, OUTLETS, live_day
from processing.stack.mailsink import mails
from processing.stack.postgres import EmbeddedPostgres
from processing.stack.procs import die_with_parent, wait_until
from tests.loopback import free_port

ROOT = Path(__file__).resolve().parents[2]
HOSTS = (CONTROL, *(outlet.address for outlet in OUTLETS))
LANGNGHE = [sys.executable, "-m", "processing.cli"]
MARK = "FAULT_DRILL"


class World:
    """Everything that outlives one drill. ``days`` of history are imported once and copied for every drill."""

    def __init__(self, folder: Path, days: int, sources: Sequence[str] = ()) -> None:
        self.folder = folder
        self.days = days
        self.day: date = live_day()
        self.mark = secrets.token_hex(6)
        self.postgres = EmbeddedPostgres(folder / "pg", fsync=False)
        self.town_port = free_port(18811, *HOSTS)
        self.smtp_port = free_port(18825)
        self.web_port = free_port(18825)
        self.sources = list(sources) or [outlet.key for outlet in OUTLETS]
        self._servers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> World:
        self.postgres.start()
        for role in ("langnghe_owner", "langnghe_app", "analyst"):
            self.postgres.create_role(role)
        self.postgres.create_database("base", "langnghe_owner")
        self.gazetteer = render_config(self.folder / "config", self.town_port)
        town = [
            "-m",
            "processing.stack.demo.serve",
            "--port",
            str(self.town_port),
            "--state",
            str(self.folder / "town"),
            "--day",
            self.day.isoformat(),
        ]
        sink = [
            "-m",
            "processing.stack.mailsink",
            "--smtp",
            str(self.smtp_port),
            "--http",
            str(self.web_port),
            "--folder",
            str(self.folder / "mail"),
        ]
        for arguments in (town, sink):
            self._servers.append(
                subprocess.Popen(
                    [sys.executable, *arguments],
                    stdout=subprocess.DEVNULL,
                    cwd=ROOT,
                    preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509
                )
            )
        assert wait_until(lambda: all(ports.answers(self.town_port, host) for host in HOSTS) and ports.answers(self.smtp_port), 30)
        self._history()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.terminate()
            server.wait(10)
        self.postgres.stop()

    def environment(self, database: str) -> dict[str, str]:
        """Settings of every process of a drill."""
        return {key: value for key, value in os.environ.items() if not key.startswith("LANGNGHE_")} | {
            MARK: self.mark,
            "LANGNGHE_HOME": str(self.folder / "home"),
            "LANGNGHE_CONFIG_DIR": str(self.folder / "config"),
            "LANGNGHE_EXTRA_GAZETTEER": str(self.gazetteer),
            "LANGNGHE_DSN": self.postgres.dsn("langnghe_app", database),
            "LANGNGHE_MIGRATION_DSN": self.postgres.dsn("langnghe_owner", database),
            "LANGNGHE_GUARD_ALLOW": '["127.0.0.0/8"]',
            "LANGNGHE_MIN_DELAY_S": "0",
            "LANGNGHE_SESSION_SECRET": "a secret of a drill",
            "LANGNGHE_SMTP_HOST": "127.0.0.1",
            "LANGNGHE_SMTP_PORT": str(self.smtp_port),
            "LANGNGHE_SMTP_SECURITY": "none",
            "LANGNGHE_SMTP_FROM": "lang-nghe@board.example",
            "LANGNGHE_DEMO_DAY": self.day.isoformat(),
            "OMP_NUM_THREADS": "1",
        }

    def fresh(self, database: str) -> None:
        """Copy the base, empty the sink, put the town back to its first round."""
        with psycopg.connect(self.postgres.dsn(), autocommit=True) as conn:
            conn.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            conn.execute(f"CREATE DATABASE {database} TEMPLATE base OWNER langnghe_owner")
        for mail in (self.folder / "mail").glob("*"):
            mail.unlink()
        self.set_round(1)

    def set_round(self, number: int) -> None:
        """Move the town on."""
        urllib.request.urlopen(f"http://{CONTROL}:{self.town_port}/round/{number}", timeout=10).close()

    def connect(self, database: str) -> Connection:
        """As the owner of the schema."""
        return connect(self.postgres.dsn("langnghe_owner", database))

    def run(self, database: str, *arguments: str) -> None:
        """Run one `langnghe` command to its end; raises CalledProcessError with its messages shown."""
        subprocess.run([*LANGNGHE, *arguments], env=self.environment(database), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def _history(self) -> None:
        archive = self.folder / "history.jsonl.gz"
        write_archive(archive, self.day, self.town_port)
        if self.days < 60:
            _newest(archive, self.days)
        self.run("base", "db", "migrate")
        self.run("base", "sources", "sync")
        for login in ("analyst", "admin"):
            self.run(
                "base", "user", "add", login, "--email", f"{login}@board.example", "--password", "a password of a drill", "--role", login
            )
        subprocess.run(
            [sys.executable, "-m", "processing.stack.backlog", str(archive)],
            env=self.environment("base"), cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip


def _newest(archive: Path, days: int) -> None:
    """Keep the last ``days`` of an archive."""
    with gzip.open(archive, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    dates = sorted({row["fetched_at"][:10] for row in rows})
    keep = set(dates[-days:])
    with gzip.open(archive, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows if row["fetched_at"][:10] in keep)


@dataclass(frozen=True)
class Outcome:
    """What a cycle came to, by natural keys, so that two cycles can be compared; and what was delivered more than once."""

    rows: dict[str, Counter[str]]
    resent: int

    def differences(self, other: Outcome) -> list[str]:
        """Rows that only one of two cycles has: '+' only the other, '-' only this one."""
        found = []
        for kind in self.rows:
            found += [f"- {kind}: {row} ×{n}" for row, n in (self.rows[kind] - other.rows[kind]).items()]
            found += [f"+ {kind}: {row} ×{n}" for row, n in (other.rows[kind] - self.rows[kind]).items()]
        return found


QUERIES = {
    "document": """SELECT d.canonical_url, d.title, d.version, d.published_at, encode(v.text_sha256, 'hex') AS text
        FROM document d JOIN document_version v ON v.document_id = d.id AND v.version = d.version""",
    "annotation": "SELECT d.canonical_url, a.topic, a.province_code FROM annotation a JOIN document d ON d.id = a.document_id",
    "copy": """SELECT d.canonical_url, o.canonical_url AS origin, c.relation FROM document_copy c
        JOIN document d ON d.id = c.document_id JOIN document o ON o.id = c.origin_id""",
    "issue": """SELECT i.topic, i.state, array_agg(d.canonical_url ORDER BY d.canonical_url) AS documents FROM issue i
        JOIN issue_story x ON x.issue_id = i.id JOIN assignment a ON a.story_id = x.story_id JOIN document d ON d.id = a.document_id GROUP BY i.id""",
    "flag": "SELECT s.key, f.kind, f.first_day, f.last_day, f.card ->> 'observed' AS observed FROM flag f JOIN series s ON s.id = f.series_id WHERE s.kind <> 'issue'",
    "claim": "SELECT text_key, state, documents FROM claim",
    "match": "SELECT c.text_key, k.url, m.tier FROM match m JOIN claim c ON c.id = m.claim_id JOIN fact_check k ON k.id = m.fact_check_id",
    "feedback": "SELECT topic, unit_code, week, reports FROM feedback_count",
    "outbox": "SELECT kind, recipient, state FROM outbox",
    "unfinished": "SELECT stage, state, reason FROM work UNION ALL SELECT 'extract', state, reason FROM landing WHERE state <> 'done'",
}


def outcome(conn: Connection, mail_dir: Path) -> Outcome:
    """Everything that must be the same after any sequence of kills."""
    rows = {kind: Counter(_key(row) for row in conn.execute(query.encode())) for kind, query in QUERIES.items()}
    received = [mail for path, mail in mails(mail_dir) if "~" not in path.stem]
    rows["mail"] = Counter(f"{mail['To']} {mail['Subject']}" for mail in received)
    return Outcome(rows, len(list(mail_dir.glob("*~*.eml"))))


def _key(row: dict[str, Any]) -> str:
    return " | ".join(str(value) for value in row.values())


def forget(folder: Path) -> None:
    """Remove a world's folder."""
    shutil.rmtree(folder, ignore_errors=True)
