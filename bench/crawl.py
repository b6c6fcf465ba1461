"""Crawl to landing without delays: pages per core-second of the crawling process, on a loopback site of its own.

The site runs in another process and the database is the embedded one without fsync; neither counts. Pages are 40 KB of
HTML around random syllables, which compress about as real articles do.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench._sites import address, sites

ROOT = Path(__file__).resolve().parent.parent
PAGES = 1500
SMALL = 50  # the day of an ordinary provincial paper


@contextmanager
def database(folder: Path) -> Iterator[str]:
    import psycopg

    from processing import db
    from processing.db.migrate import migrate
    from processing.stack.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(folder / "pg", fsync=False)
    with server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            for role in ("langnghe_owner", "langnghe_app", "analyst"):
                conn.execute(f"CREATE ROLE {role} LOGIN")
        server.create_database("bench", "langnghe_owner")
        with db.connect(server.dsn("langnghe_owner", "bench")) as conn:
            migrate(conn)
        yield server.dsn("langnghe_app", "bench")


def _crawl(folder: Path, dsn: str, pages: int) -> tuple[int, float, int]:
    """Pages landed, processor seconds of the child and its list reader, peak memory of the child in MB."""
    with sites(1, pages, paragraphs=80, links=0) as port:
        key = f"bench-{pages}"
        sources = folder / "config" / "sources"
        sources.mkdir(parents=True, exist_ok=True)
        (sources / f"{key}.toml").write_text(
            f'name = "Bench"\nkind = "press"\nowner = "Bench"\nbasis = "A site of the bench, on loopback."\nreviewed_on = 2026-11-22\nreview_due = 2027-11-22\n'
            f'home_url = "http://{address(1)}:{port}/"\n[[feeds]]\nurl = "http://{address(1)}:{port}/rss"\nmax_entries = {pages}\n',
            encoding="utf-8",
        )
        env = {**os.environ, "LANGNGHE_HOME": str(folder), "LANGNGHE_CONFIG_DIR": str(folder / "config"), "LANGNGHE_DSN": dsn}
        env |= {"LANGNGHE_GUARD_ALLOW": '["127.0.0.0/8"]', "LANGNGHE_MIN_DELAY_S": "0"}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "crawlers.child", key], stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        stats = json.loads(done.stdout.strip().splitlines()[-1])
        return int(stats["landed"]), spent, int(stats["peak_mb"])


def measure(pages: int = PAGES) -> dict[str, float]:
    """One small and one large crawl: what starting costs, and what a page costs beyond it."""
    from processing.db.landing import make_key

    with tempfile.TemporaryDirectory(prefix="lnb") as name:
        folder = Path(name)
        make_key(folder / "keys" / "landing.key")
        with database(folder) as dsn:
            few, start_s, _ = _crawl(folder, dsn, SMALL)
            many, all_s, peak = _crawl(folder, dsn, pages)
    assert (few, many) == (SMALL, pages)
    return {"whole": many / all_s, "marginal": (many - few) / (all_s - start_s), "start_s": start_s, "peak_mb": float(peak)}


def rows(shared: Path) -> list[tuple[str, str, str, str]]:
    """Name, ours, reference, target."""
    figures = measure()
    return [
        ("crawl to landing, pages per core-second", f"{figures['whole']:.0f}", "—", ">= 100"),
        ("… without the start of the process", f"{figures['marginal']:.0f}", "—", ""),
        (f"a source of {SMALL} pages, start of its process included, pages per core-second", f"{SMALL / figures['start_s']:.0f}", "—", ""),
        (f"peak memory of a crawl of {PAGES} pages, MB", f"{figures['peak_mb']:.0f}", "—", "< 300"),
    ]


if __name__ == "__main__":
    for row in rows(ROOT.parent / "shared" / "data"):
        print(" | ".join(row))
