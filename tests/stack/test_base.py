"""What both stacks share: one owner per folder, ports that avoid each other, settings that do not leak, an orderly end."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from processing.db import Connection
from processing.errors import LangNgheError
from processing.stack import airflow_env, base, ports
from processing.stack.base import Stack, say_error
from processing.stack.postgres import EmbeddedPostgres
from processing.stack.rounds import Round
from processing.stack.services import MARKER, Service
from processing.stack.steps import Steps

ROOT = Path(__file__).resolve().parents[2]

HOLDER = """
import sys, time
from pathlib import Path
from processing.stack.base import Stack, Stopped, raise_on_signals
from processing.stack.services import Service
from processing.stack.steps import Steps
raise_on_signals()
stack = Stack(Path(sys.argv[1]), Steps())
try:
    stack.hold()
    stack.start_postgres()
    stack.children.start(Service("sleeper", [sys.executable, "-c", "import time; time.sleep(90)"]))
    print("up", flush=True)
    while True:
        stack.children.pause(0.1)
except Stopped:
    print("stopped", flush=True)
finally:
    stack.stop()
"""


def _holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    while (line := process.stdout.readline()) != "up\n":
        assert line, "the holder ended before it was up"
    return process


def _marked(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_within_fifteen_seconds(tmp_path: Path, signum: signal.Signals) -> None:
    holder = _holder(tmp_path)
    assert len(_marked(tmp_path)) == 1
    began = time.monotonic()
    holder.send_signal(signum)
    assert holder.wait(15) == 0
    assert time.monotonic() - began < 15
    assert _marked(tmp_path) == []
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
    assert holder.stdout is not None
    holder.stdout.close()


def test_a_second_start_is_refused_and_one_after_kill_9_is_not(tmp_path: Path) -> None:
    holder = _holder(tmp_path)
    with pytest.raises(LangNgheError, match=f"already in use by process {holder.pid}"):
        Stack(tmp_path, Steps(Console(quiet=True))).hold()
    holder.kill()
    holder.wait()
    assert holder.stdout is not None
    holder.stdout.close()
    again = _holder(tmp_path)
    again.send_signal(signal.SIGTERM)
    assert again.wait(15) == 0
    assert again.stdout is not None
    again.stdout.close()


def test_a_taken_port_is_replaced_and_two_services_never_get_the_same(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        console = Console(record=True, width=120, quiet=False, file=(tmp_path / "screen").open("w"))
        stack = Stack(tmp_path, Steps(console))
        first, second = stack.port(taken, "the review page"), stack.port(taken, "Airflow")
        assert taken not in (first, second)
        assert first != second
        assert f"port {taken} is taken; the review page uses {first}" in console.export_text()
        stack.taken_ports.close()
        console.file.close()


def test_two_stacks_that_start_in_the_same_second_choose_different_ports() -> None:
    one, other = ports.Reserved(), ports.Reserved()
    try:
        first, second = ports.choose(18900, taken=one), ports.choose(18900, taken=other)
        assert first != second  # nobody listens on the first yet
        one.close()
        assert ports.choose(first, taken=other) == first
    finally:
        one.close()
        other.close()


def test_a_port_must_be_free_on_every_address() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.12", 0))
        other.listen()
        port = other.getsockname()[1]
        assert ports.choose(port, "127.0.0.11", "127.0.0.12") > port
        assert ports.choose(port, "127.0.0.11") == port


def test_airflow_listens_on_loopback_and_writes_below_home(tmp_path: Path) -> None:
    values = airflow_env.environment(tmp_path, "postgresql://airflow@/airflow?host=%2Ftmp%2Fx", 8080, fast=True)
    assert values["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert values["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == values["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"]
    assert values["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith("postgresql+psycopg://airflow@/airflow?host=")
    for key in ("AIRFLOW_HOME", "AIRFLOW__LOGGING__BASE_LOG_FOLDER", "AIRFLOW__CORE__PLUGINS_FOLDER"):
        assert values[key].startswith(str(tmp_path))
    assert values == airflow_env.environment(tmp_path, "postgresql://airflow@/airflow?host=%2Ftmp%2Fx", 8080, fast=True)
    for name in ("keys/airflow.json", "airflow/passwords.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_dsn_that_is_no_uri_is_refused() -> None:
    with pytest.raises(ValueError, match="URI"):
        airflow_env.sqlalchemy_url("host=db dbname=airflow")


def test_homes_of_libraries_lie_below_home(tmp_path: Path) -> None:
    environment = Stack(tmp_path, Steps(Console(quiet=True))).children.environment
    for key in ("HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR", "TMPDIR", "LANGNGHE_HOME"):
        assert Path(environment[key]).is_relative_to(tmp_path)


def test_an_error_is_shown_with_its_cure(tmp_path: Path) -> None:
    console = Console(record=True, width=100, file=(tmp_path / "screen").open("w"))
    say_error(console, LangNgheError("the [disk] is full", "free some space"))
    text = console.export_text()
    console.file.close()
    assert "the [disk] is full" in text
    assert "cure: free some space" in text


def test_a_round_survives_a_database_that_is_away(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    this = Round(datetime.now(UTC))
    assert this.follow(f"postgresql://airflow@/airflow?host={tmp_path}") is False
    assert not this.complete


def test_a_scheduler_that_lives_and_does_nothing_is_started_again(tmp_path: Path, owner_db: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    owner_db.execute("CREATE TABLE job (job_type text, latest_heartbeat timestamptz)")
    owner_db.execute("INSERT INTO job VALUES ('SchedulerJob', now() - interval '10 minutes')")
    owner_db.commit()
    monkeypatch.setattr(base, "HEARTBEAT_LOST_S", 0.3)
    monkeypatch.setattr(base, "HEARTBEAT_EVERY_S", 0.1)
    console = Console(record=True, width=120, file=(tmp_path / "screen").open("w"))
    stack = Stack(tmp_path, Steps(console))
    monkeypatch.setattr(stack, "airflow_dsn", lambda: owner_db.info.dsn)
    monkeypatch.setattr(EmbeddedPostgres, "pid", property(lambda _: 1))
    try:
        stack.children.start(Service("scheduler", [sys.executable, "-c", "import time; time.sleep(60)"]))
        first = stack.children.pid("scheduler")
        stack.watching = True
        assert stack.wait(lambda: stack.children.pid("scheduler") not in (None, first), 20)
        owner_db.execute("UPDATE job SET latest_heartbeat = now() + interval '1 minute'")
        owner_db.commit()
        second = stack.children.pid("scheduler")
        assert not stack.wait(lambda: stack.children.pid("scheduler") != second, 1.5), "one that beats is left alone"
        assert "no sign of life" in console.export_text()
    finally:
        stack.children.stop()
        console.file.close()
