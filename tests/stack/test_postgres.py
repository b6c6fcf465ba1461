"""The embedded server: starts, survives kills, clears what a killed owner left, and refuses a living one's folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from processing.stack.postgres import EmbeddedPostgres
from processing.stack.postgres_env import PostgresError

ROOT = Path(__file__).resolve().parents[2]

OWNER = """
import sys, time
from pathlib import Path
from processing.stack.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1])).start()
print(server.pid, flush=True)
time.sleep(120)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path / "data") as running:
        yield running


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs a server on the same folder."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path / "data")], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert int(process.stdout.readline()) > 0
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_unicode_order_and_no_network(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn()) as conn:
        assert conn.execute("SHOW listen_addresses").fetchone() == ("",)
        assert conn.execute("SHOW fsync").fetchone() == ("on",)
        assert conn.execute("SELECT lower('ĐƯỜNG')").fetchone() == ("đường",)
        locale = conn.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'postgres'").fetchone()
    assert locale == ("b", "C.UTF-8")
    assert server.socket_dir.stat().st_mode & 0o777 == 0o700


def test_committed_rows_survive_kill_9(server: EmbeddedPostgres) -> None:
    server.create_database("work", "somebody")
    with psycopg.connect(server.dsn("somebody", "work")) as conn:
        conn.execute("CREATE TABLE kept (word text)")
        conn.execute("INSERT INTO kept VALUES ('nghe')")
    server.kill()
    server.start()
    assert not server.create_database("work", "somebody")
    with psycopg.connect(server.dsn("somebody", "work")) as conn:
        assert conn.execute("SELECT word FROM kept").fetchone() == ("nghe",)


def test_a_server_killed_again_while_it_recovers_is_started_once_more(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, kills = EmbeddedPostgres._answers, iter([True, True, False])

    def killed(self: EmbeddedPostgres) -> bool:
        if next(kills, False) and self._process is not None:
            self._process.kill()
            self._process.wait(10)
        return answers(self)

    monkeypatch.setattr(EmbeddedPostgres, "_answers", killed)
    server.kill()
    server.restart()
    with psycopg.connect(server.dsn()) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    server.kill()
    monkeypatch.setattr(EmbeddedPostgres, "_answers", lambda self: (self._process.kill(), self._process.wait(10), answers(self))[2])
    with pytest.raises(PostgresError, match="status -9"):
        server.restart()


def test_stop_is_clean_and_repeatable(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data").start()
    server.stop()
    server.stop()
    assert server.pid is None
    assert not server.socket_dir.exists()
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_a_living_owner_is_respected(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    with pytest.raises(PostgresError, match="in use by process") as refused:
        EmbeddedPostgres(tmp_path / "data").start()
    assert str(owner.pid) in refused.value.message
    assert "stop that run first" in refused.value.cure
    with psycopg.connect(EmbeddedPostgres(tmp_path / "data").dsn()) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_a_killed_owner_leaves_nothing_in_the_way(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.wait()
    began = time.monotonic()
    with EmbeddedPostgres(tmp_path / "data") as server, psycopg.connect(server.dsn()) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - began < 15


def test_a_pid_file_that_names_another_program_is_stale(tmp_path: Path) -> None:
    EmbeddedPostgres(tmp_path / "data").start().stop()
    (tmp_path / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path / 'data'}\n0\n5432\n\n\n\n")
    with EmbeddedPostgres(tmp_path / "data") as server:
        assert server.pid is not None
    os.kill(os.getpid(), 0)  # and the program so named lives on


def test_an_interrupted_initdb_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "half").write_text("")
    with EmbeddedPostgres(tmp_path / "data") as server:
        assert (server.data_dir / "PG_VERSION").read_text().strip() == "18"


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "letter.txt").write_text("keep me")
    with pytest.raises(PostgresError, match="neither empty nor"):
        EmbeddedPostgres(tmp_path / "data").start()
    assert (tmp_path / "data" / "letter.txt").read_text() == "keep me"


def test_a_server_that_ends_says_why(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data")
    server.start().stop()
    (tmp_path / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(PostgresError, match="no_such_setting") as failed:
        server.start()
    assert "full log" in failed.value.cure


def test_two_folders_run_side_by_side(tmp_path: Path, server: EmbeddedPostgres) -> None:
    with EmbeddedPostgres(tmp_path / "other") as other:
        assert other.socket_dir != server.socket_dir
        assert other.pid != server.pid


def test_backends_of_a_killed_postmaster_are_cleared(server: EmbeddedPostgres) -> None:
    conn = psycopg.connect(server.dsn(), autocommit=True)
    row = conn.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGSTOP)  # an orphan that cannot notice that its postmaster died
    server.kill()
    conn.close()
    server.start()
    with psycopg.connect(server.dsn()) as again:
        assert again.execute("SELECT 1").fetchone() == (1,)
