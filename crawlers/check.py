"""`langnghe sources check`: every file under config/sources, all that is wrong at once, and what is stopped today and why."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from crawlers import keyed
from crawlers.failures import FetchFailure
from crawlers.sources import load_source, load_sources
from processing.errors import ConfigError
from processing.settings import get_settings
from processing.zone import local_day

_SOON = timedelta(days=30)


def check(out: TextIO, config_dir: Path | None = None) -> int:
    """Write the findings; exit status 1 when a file is wrong. Reads files only."""
    folder = config_dir or get_settings().config_dir
    today = local_day(datetime.now(UTC))
    wrong: list[ConfigError] = []
    sources = []
    for path in sorted((folder / "sources").glob("*.toml")):
        try:
            sources.append(load_source(path))
        except ConfigError as error:
            wrong.append(error)
    if not wrong:
        try:
            load_sources(folder)
        except ConfigError as error:
            wrong.append(error)
    out.writelines(f"WRONG  {finding}\n" for finding in wrong)
    for source in sources:
        if stopped := source.stopped(today):
            out.write(f"off    {source.key}: {stopped}\n")
        elif source.review_due - today < _SOON:
            out.write(f"soon   {source.key}: its review is due on {source.review_due}\n")
        if source.tls_exception and source.tls_exception.until < today:
            out.write(f"note   {source.key}: its TLS exception ended on {source.tls_exception.until}\n")
        for kind in {feed.kind for feed in source.feeds} & set(keyed.INTERFACES):
            try:
                keyed.headers(kind, get_settings())
            except FetchFailure as failure:
                out.write(f"note   {source.key}: {failure.reason}\n")
    kinds = Counter(source.kind for source in sources)
    out.write(f"{len(sources)} sources ({', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}), ")
    out.write(f"{sum(source.stopped(today) is None for source in sources)} are read, {len(wrong)} files are wrong\n")
    return 1 if wrong else 0
