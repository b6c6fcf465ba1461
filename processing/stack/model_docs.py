"""Write docs/data-model.md from a freshly migrated, throw-away database: `make docs`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg

from processing.db import connect
from processing.db.describe import describe
from processing.db.migrate import migrate
from processing.settings import ROOT
from processing.stack.postgres import EmbeddedPostgres


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "data", fsync=False) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            conn.execute("CREATE ROLE langnghe_app LOGIN")
            conn.execute("CREATE ROLE analyst LOGIN")
        server.create_database("langnghe", "langnghe_owner")
        with connect(server.dsn("langnghe_owner", "langnghe")) as conn:
            migrate(conn)
            (ROOT / "docs" / "data-model.md").write_text(describe(conn), encoding="utf-8")


if __name__ == "__main__":
    main()
