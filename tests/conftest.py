"""Fixtures shared by every room: a real Postgres, one fresh database a test, and the folder of development data."""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from processing import db as database
from processing.db import Connection
from processing.db.landing import make_key
from processing.db.migrate import migrate
from processing.settings import get_settings
from processing.stack.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent
FIRST = ("tests/faults/test_kills.py", "tests/e2e/", "tests/crawlers/", "tests/safeguards/", "tests/stack/", "tests/annotate/")
"""What takes longest is begun first, so that no worker of a parallel run is left alone with it at the end."""
_numbers = itertools.count(1)


def _together(nodeid: str) -> str:
    """Tests that share costly fixtures go to one worker: those of a file, and all of the demo town's."""
    return "tests/e2e/" if nodeid.startswith("tests/e2e/") else nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of files; within one the tests keep theirs."""
    items.sort(key=lambda item: next((n for n, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """With `-n`: whole groups of `_together`, in our order."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _together(nodeid)

    config.option.loadscopereorder = False
    return ByGroup(config, log)


@pytest.fixture(scope="session", autouse=True)
def _state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads the developer's .env keys or writes to the checkout's var/."""
    home = tmp_path_factory.mktemp("state")
    for key in [k for k in os.environ if k.startswith("LANGNGHE_")]:
        del os.environ[key]
    os.environ["LANGNGHE_HOME"] = str(home)
    os.environ["LANGNGHE_SESSION_SECRET"] = secrets.token_hex(16)
    get_settings.cache_clear()
    make_key(get_settings().key_file)
    yield home


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One server for the whole run. Without fsync: it is thrown away."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("pg") / "data", fsync=False)
    with server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            for role in ("langnghe_owner", "langnghe_app", "analyst"):
                conn.execute(f"CREATE ROLE {role} LOGIN")
        server.create_database("template_langnghe", "langnghe_owner")
        with database.connect(server.dsn("langnghe_owner", "template_langnghe")) as conn:
            migrate(conn)
        yield server


@pytest.fixture
def database_name(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Name of a fresh migrated database, dropped after the test."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(postgres.dsn(), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE template_langnghe OWNER langnghe_owner")
        yield name
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db_dsn(postgres: EmbeddedPostgres, database_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """DSN of the fresh database as the application role; also the DSN of the settings while the test runs."""
    dsn = postgres.dsn("langnghe_app", database_name)
    monkeypatch.setenv("LANGNGHE_DSN", dsn)
    monkeypatch.setenv("LANGNGHE_MIGRATION_DSN", postgres.dsn("langnghe_owner", database_name))
    get_settings.cache_clear()
    yield dsn
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.fixture
def db(db_dsn: str) -> Iterator[Connection]:
    """Connection as the application role."""
    with database.connect(db_dsn) as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def owner_db(postgres: EmbeddedPostgres, database_name: str) -> Iterator[Connection]:
    """Connection as the owner of the schema, for looking at everything."""
    with database.connect(postgres.dsn("langnghe_owner", database_name)) as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def analyst_db(postgres: EmbeddedPostgres, database_name: str) -> Iterator[Connection]:
    """Connection as the read-only role."""
    with database.connect(postgres.dsn("analyst", database_name)) as conn:
        yield conn
        conn.rollback()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the development data sets; tests that need it skip, saying so, when it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the development data sets (../shared/data) are not on this machine")
    return folder
