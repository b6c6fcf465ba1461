"""A database of our own for a bench: an embedded server, the whole schema, and the settings that lead to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processing.db import Connection, connect
from processing.db.landing import make_key
from processing.db.migrate import migrate
from processing.settings import get_settings
from processing.stack.postgres import EmbeddedPostgres


@contextmanager
def database(home: Path, *, fsync: bool = True) -> Iterator[tuple[EmbeddedPostgres, Connection]]:
    """The server and an open connection to its migrated database, all of it in the empty folder `home`."""
    os.environ["LANGNGHE_HOME"] = str(home)
    with EmbeddedPostgres(home / "pg", fsync=fsync) as server:
        for role in ("langnghe_app", "analyst"):
            server.create_role(role)
        server.create_database("langnghe", "langnghe_owner")
        os.environ["LANGNGHE_DSN"] = server.dsn("langnghe_owner", "langnghe")
        get_settings.cache_clear()
        make_key(get_settings().key_file)
        with connect() as conn:
            migrate(conn)
            yield server, conn
