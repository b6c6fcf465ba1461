"""The town with its history, made once: each test gets a copy of that database, a town in its first round and an empty mailbox."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from aiosmtpd.controller import Controller

from processing.settings import get_settings
from processing.stack.demo import serve
from processing.stack.demo.render import render_config
from processing.stack.demo.town import DAY_VARIABLE, live_day
from processing.stack.mailsink import Keeper
from processing.stack.postgres import EmbeddedPostgres
from tests.e2e.cycle import HOSTS, Cycle
from tests.loopback import free_port

_numbers = itertools.count(1)


@dataclass
class Ground:
    """What outlives one test. `settings` are environment variables without their prefix."""

    town: serve.Town
    keeper: Keeper
    database: str
    settings: dict[str, str]


def _point(monkeypatch: pytest.MonkeyPatch, postgres: EmbeddedPostgres, ground: Ground, database: str) -> None:
    named = {"DSN": postgres.dsn("langnghe_app", database), "MIGRATION_DSN": postgres.dsn("langnghe_owner", database)}
    for name, value in {**ground.settings, **named}.items():
        monkeypatch.setenv(f"LANGNGHE_{name}", value)
    monkeypatch.setenv(DAY_VARIABLE, ground.town.day.isoformat())
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def ground(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Serve the town and import its sixty days of history through every stage."""
    folder = tmp_path_factory.mktemp("town")
    port = free_port(18811, *HOSTS)
    keeper = Keeper(folder / "mail")
    sink = Controller(keeper, hostname="127.0.0.1", port=free_port(18825))
    gazetteer = render_config(folder / "config", port)
    settings = {
        "CONFIG_DIR": str(folder / "config"), "EXTRA_GAZETTEER": str(gazetteer), "GUARD_ALLOW": '["127.0.0.0/8"]', "MIN_DELAY_S": "0",
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(sink.port), "SMTP_SECURITY": "none", "SMTP_FROM": "lang-nghe@board.example",
    }  # fmt: skip
    with psycopg.connect(postgres.dsn(), autocommit=True) as conn:
        conn.execute("CREATE DATABASE town_history TEMPLATE template_langnghe OWNER langnghe_owner")
    town, servers = serve.start(port, folder, live_day())
    sink.start()
    made = Ground(town, keeper, "town_history", settings)
    try:
        with pytest.MonkeyPatch.context() as monkeypatch:
            _point(monkeypatch, postgres, made, made.database)
            cycle = Cycle(folder, town, keeper.folder)
            cycle.prepare()
            cycle.history()
        get_settings.cache_clear()
        yield made
    finally:
        sink.stop()
        serve.stop(servers)
        get_settings.cache_clear()


Fresh = Callable[[str], AbstractContextManager[Cycle]]


@pytest.fixture
def fresh(postgres: EmbeddedPostgres, ground: Ground, tmp_path: Path) -> Fresh:
    """Makes, under a name, the town on the morning of its live day."""

    @contextmanager
    def make(name: str) -> Iterator[Cycle]:
        database = f"town_{name}_{next(_numbers)}"  # a new name each time: stages keep what they know by the database's
        with psycopg.connect(postgres.dsn(), autocommit=True) as conn, pytest.MonkeyPatch.context() as monkeypatch:
            conn.execute(f"CREATE DATABASE {database} TEMPLATE {ground.database} OWNER langnghe_owner")
            _point(monkeypatch, postgres, ground, database)
            ground.keeper.folder = tmp_path / name
            ground.keeper.folder.mkdir()
            ground.town.set_round(1)
            try:
                yield Cycle(tmp_path, ground.town, ground.keeper.folder)
            finally:
                conn.execute(f"DROP DATABASE {database} WITH (FORCE)")
        get_settings.cache_clear()

    return make


@pytest.fixture
def cycle(fresh: Fresh) -> Iterator[Cycle]:
    """One town."""
    with fresh("cycle") as made:
        yield made
