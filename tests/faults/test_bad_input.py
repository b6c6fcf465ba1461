"""Trouble that an operator meets: each ends with a clear message and a cure, and nothing already stored is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from processing.alerts import digest
from processing.db import Connection
from processing.people import add_user
from processing.stack import mailsink
from processing.stack.postgres import EmbeddedPostgres
from processing.stack.postgres_env import PostgresError
from tests.loopback import free_port

ROOT = Path(__file__).resolve().parents[2]


def langnghe(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with the settings of the test and these on top."""
    environment = dict(os.environ) | {f"LANGNGHE_{key.upper()}": value for key, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "processing.cli", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
        timeout=120,
    )


def assert_told(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Status 1, the words, a cure, no traceback."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in (*words, "cure:"):
        assert word in done.stderr, done.stderr


def test_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    done = langnghe("process", "dedupe", dsn=f"postgresql://langnghe_app@/langnghe?host={tmp_path}")
    assert_told(done, "cannot reach the database", "LANGNGHE_DSN")


def test_no_database_at_all() -> None:
    assert_told(langnghe("process", "dedupe", dsn=""), "no database is configured")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_wrong_smtp_password_keeps_the_mail(db: Connection, tmp_path: Path) -> None:
    add_user(db, "analyst", "analyst@board.example", "a password", "analyst")
    assert digest.run(db, datetime.now(UTC)) == 1
    smtp, web = free_port(20400), free_port(20400)
    controller, browser = mailsink.start(tmp_path / "mail", smtp, web, login=("board", "right"))
    server = {"smtp_host": "127.0.0.1", "smtp_port": str(smtp), "smtp_security": "none", "smtp_user": "board"}
    try:
        done = langnghe("send", **server, smtp_password="wrong")
        doctor = langnghe("doctor", **server, smtp_password="wrong")
    finally:
        controller.stop()
        browser.shutdown()
        browser.server_close()
    assert_told(done, "refused the user 'board'", "LANGNGHE_SMTP_PASSWORD")
    row = db.execute("SELECT state FROM outbox").fetchone()
    assert row is not None
    assert row["state"] in ("pending", "retry")
    assert doctor.returncode == 1
    assert "FAIL mail" in doctor.stdout


def test_a_migration_edited_after_it_ran(owner_db: Connection, tmp_path: Path) -> None:
    from processing.db.migrate import MIGRATIONS, migrate
    from processing.errors import DatabaseError

    shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    first = min((tmp_path / "migrations").glob("*.sql"))
    first.write_text(first.read_text() + "\n-- edited\n")
    with pytest.raises(DatabaseError, match="was edited after it was applied") as refused:
        migrate(owner_db, tmp_path / "migrations")
    assert first.name in refused.value.message
    assert "new, higher-numbered file" in refused.value.cure


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MB: a tmpfs where we may mount one, else a folder of /dev/shm with a file that leaves little of it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=0777", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_loses_nothing_and_is_told(small_disk: Path) -> None:
    from processing.db import explain

    server = EmbeddedPostgres(small_disk / "pg", log_path=small_disk.parent / "pg.log", max_connections=10)
    with server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            conn.execute("CREATE TABLE kept (word text)")
            conn.execute("INSERT INTO kept SELECT 'nghe' FROM generate_series(1, 1000)")
            filler = small_disk / "filler"
            filler.write_bytes(b"\0" * (shutil.disk_usage(small_disk).free - 2_000_000))
            with pytest.raises(psycopg.OperationalError) as full:
                conn.execute("INSERT INTO kept SELECT repeat('x', 2000) FROM generate_series(1, 100000)")
        told = explain(full.value)
        assert "run again; nothing that was stored is lost" in told.cure
        if isinstance(full.value, psycopg.errors.DiskFull):
            assert "disk is full" in told.message
        server.kill()
        filler.unlink()
        server.start()
        with psycopg.connect(server.dsn()) as conn:
            assert conn.execute("SELECT count(*) FROM kept WHERE word = 'nghe'").fetchone() == (1000,)


def test_a_disk_that_is_full_from_the_start_is_told(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"\0" * (shutil.disk_usage(small_disk).free - 1_000_000))
    with pytest.raises(PostgresError, match="No space left") as refused:
        EmbeddedPostgres(small_disk / "pg", log_path=small_disk.parent / "pg.log").start()
    assert "free space" in refused.value.cure


@pytest.mark.parametrize(("shift", "word"), [("+1h", "ahead of"), ("-1h", "behind")])
def test_a_clock_an_hour_off_is_refused_before_anything_is_dated_wrongly(db: Connection, db_dsn: str, shift: str, word: str) -> None:
    faketime = shutil.which("faketime")
    if faketime is None:
        pytest.skip("Debian's faketime is not installed")
    environment = dict(os.environ)
    command = [faketime, "-f", shift, sys.executable, "-m", "processing.cli", "process", "dedupe"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False, timeout=120)
    assert_told(done, "clock is 36", word, "timedatectl")
    assert db.execute("SELECT count(*) AS n FROM run").fetchone() == {"n": 0}
    doctor = subprocess.run([*command[:-2], "doctor"], capture_output=True, text=True, env=environment, cwd=ROOT, check=False, timeout=120)
    assert "FAIL clock" in doctor.stdout


def test_a_source_file_with_an_unknown_key(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "paper.toml").write_text('name = "Paper"\nkind = "press"\nonwer = "An organisation"\n')
    done = langnghe("sources", "sync", config_dir=str(tmp_path), dsn="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 1
    doctor = langnghe("doctor", config_dir=str(tmp_path))
    assert "FAIL sources: paper.toml" in doctor.stdout
    assert "onwer: unknown key, did you mean owner?" in doctor.stdout
