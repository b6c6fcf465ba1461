"""A polite crawl of many hosts on loopback, each with its own Crawl-delay: pages per core-second, and the shortest pause any host saw.

python -m bench.polite            40 hosts × 50 pages, as `make bench` runs it
python -m bench.polite --full     200 hosts × 50 pages

The reference is news-please, which this project does not install: make an environment of its own for it (`pip install news-please==1.6.16`) and name its
Python in NEWSPLEASE_PYTHON. It crawls four of the hosts (its cost is linear in hosts), each an entry of its list of sites as it is meant to be used, with the
same delay, its check of certificates off and its heuristics let through; once storing pages only, once with its extraction, as it does by default.

Processor time is that of the crawling processes; the web server and the database run in others and count for neither side.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench._sites import address, sites
from bench.crawl import ROOT, database

NEEDS_SHARED = False
PAGES = 50
DELAY_S = 0.2
HOSTS, ALL_HOSTS, THEIR_HOSTS, EXTRACTED = 40, 200, 4, 200
_EXTRACT = """
import sys
from datetime import UTC, datetime
from processing.db import connect
from processing.extract import store
with connect() as conn:
    print(store.run(conn, limit=int(sys.argv[1]), now=datetime.now(UTC)).done)
"""


def _spent(command: list[str], env: dict[str, str], cwd: Path = ROOT) -> tuple[float, float, str]:
    """Processor seconds of a command and its children, seconds by the clock, its output."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env, cwd=cwd, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.monotonic() - began, done.stdout


def ours(hosts: int) -> dict[str, float]:
    """Crawl every host in one process, then extract a sample of what landed. Figures per core-second."""
    from processing.db.landing import make_key

    report: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="lnb") as name:
        folder = Path(name)
        make_key(folder / "keys" / "landing.key")
        with database(folder) as dsn, sites(hosts, PAGES, delay_s=DELAY_S, report=report) as port:
            sources = folder / "config" / "sources"
            sources.mkdir(parents=True)
            keys = [f"host-{number}" for number in range(1, hosts + 1)]
            for number, key in enumerate(keys, 1):
                url = f"http://{address(number)}:{port}"
                (sources / f"{key}.toml").write_text(
                    f'name = "Bench"\nkind = "press"\nowner = "Bench"\nbasis = "A site of the bench, on loopback."\nreviewed_on = 2026-11-22\n'
                    f'review_due = 2027-11-22\nhome_url = "{url}/"\n[[feeds]]\nurl = "{url}/rss"\n',
                    encoding="utf-8",
                )
            env = {**os.environ, "LANGNGHE_HOME": name, "LANGNGHE_CONFIG_DIR": str(folder / "config"), "LANGNGHE_DSN": dsn}
            env |= {"LANGNGHE_GUARD_ALLOW": '["127.0.0.0/8"]', "LANGNGHE_MIN_DELAY_S": "0"}
            crawl_s, wall_s, printed = _spent([sys.executable, "-m", "crawlers.child", *keys], env)
            extract_s, _, extracted = _spent([sys.executable, "-c", _EXTRACT, str(EXTRACTED)], env)
    stats = [json.loads(line) for line in printed.splitlines()]
    landed = sum(one["landed"] for one in stats)
    crawl_page_s, extract_page_s = crawl_s / landed, extract_s / int(extracted)
    return {
        "landed": landed, "wall_s": wall_s, "crawl": 1 / crawl_page_s, "both": 1 / (crawl_page_s + extract_page_s), "peak_mb": max(one["peak_mb"] for one in stats),
        "shortest": report["shortest"],
    }  # fmt: skip


def theirs(python: str, *, extract: bool, together: bool = False) -> tuple[float, float]:
    """news-please on four of the same hosts: pages per core-second and the shortest pause of any host.

    `together`: all their pages as one entry of its list of sites, which spares it a process a host.
    """
    report: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="lnb") as name, sites(THEIR_HOSTS, PAGES, delay_s=DELAY_S, report=report) as port:
        folder = Path(name)
        found = subprocess.run(
            [python, "-c", "import newsplease; print(newsplease.__path__[0])"], capture_output=True, text=True, check=True
        ).stdout.splitlines()[-1]
        config = (Path(found) / "config" / "config.cfg").read_text(encoding="utf-8")
        config = config.replace("working_path = ~/news-please-repo/", f"working_path = {folder}/repo/").replace("check_certificate = True", "check_certificate = False")
        config = config.replace("CONCURRENT_REQUESTS_PER_DOMAIN=4", f"CONCURRENT_REQUESTS_PER_DOMAIN=1\nDOWNLOAD_DELAY = {DELAY_S}\nRANDOMIZE_DOWNLOAD_DELAY=False")
        config = config.replace("LOG_LEVEL = INFO", "LOG_LEVEL = WARNING")
        if not extract:
            config = config.replace("'newsplease.pipeline.pipelines.ArticleMasterExtractor':100,", "").replace("'newsplease.pipeline.pipelines.JsonFileStorage':300", "")
        (folder / "config.cfg").write_text(config, encoding="utf-8")
        off = {"og_type": False, "linked_headlines": False, "self_linked_headlines": False}
        listed: list[dict[str, Any]] = [
            {"crawler": "Download", "url": [f"http://{address(number)}:{port}/{page}" for page in range(PAGES)], "overwrite_heuristics": off}
            for number in range(1, THEIR_HOSTS + 1)
        ]
        if together:
            listed = [{**listed[0], "url": [url for entry in listed for url in entry["url"]]}]
        (folder / "sitelist.hjson").write_text(json.dumps({"base_urls": listed}), encoding="utf-8")
        command = str(Path(python).with_name("news-please"))
        spent_s, _, _ = _spent([command, "-c", str(folder)], dict(os.environ), folder)
        pages = len(list(folder.rglob("*.html")))
        shutil.rmtree(folder / "repo", ignore_errors=True)
    return pages / spent_s, report["shortest"]


def rows(shared: Path, hosts: int = HOSTS) -> list[tuple[str, str, str, str]]:
    """Name, ours, reference, target."""
    python = os.environ.get("NEWSPLEASE_PYTHON", "")
    figures = ours(hosts)
    stored, pause = theirs(python, extract=False) if python else (0.0, 0.0)
    extracted = theirs(python, extract=True)[0] if python else 0.0
    in_one = theirs(python, extract=False, together=True)[0] if python else 0.0
    absent = "news-please not installed"
    work = f"polite crawl of {hosts} hosts × {PAGES} pages"
    return [
        (f"{work} to landing, pages per core-second", f"{figures['crawl']:.0f}", f"{stored:.1f} storing pages only; {in_one:.1f} all hosts in one process" if python else absent, f">= {5 * in_one:.0f}" if python else ">= 5 times"),
        ("… and extraction, metadata included", f"{figures['both']:.0f}", f"{extracted:.1f} as it comes" if python else absent, f">= {5 * extracted:.0f}" if python else ">= 5 times"),
        (f"… shortest pause of any host, s (its delay: {DELAY_S})", f"{figures['shortest']:.3f}", f"{pause:.3f}" if python else absent, f">= {DELAY_S}"),
        ("… landed pages; seconds by the clock; peak memory, MB", f"{figures['landed']:.0f}; {figures['wall_s']:.0f}; {figures['peak_mb']:.0f}", "—", "all; < 300 MB"),
    ]


if __name__ == "__main__":
    for row in rows(ROOT.parent / "shared" / "data", ALL_HOSTS if "--full" in sys.argv[1:] else HOSTS):
        print(" | ".join(row))
