"""`langnghe sources …`: check, discover, try and follow sources. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

sources_app = typer.Typer(no_args_is_help=True, help="Check, discover and try sources.")


@sources_app.command("check")
def sources_check() -> None:
    """Validate every file under config/sources."""
    from crawlers.check import check

    raise typer.Exit(check(sys.stdout))


@sources_app.command("discover")
def sources_discover(url: str) -> None:
    """Find feeds behind an address and propose a source file."""
    from crawlers.discover import discover

    raise typer.Exit(discover(url, sys.stdout))


@sources_app.command("test")
def sources_test(key: str) -> None:
    """Fetch a source live, show what would land, change nothing."""
    from crawlers.probe import probe

    raise typer.Exit(probe(key, sys.stdout))


@sources_app.command("report")
def sources_report() -> None:
    """The week's dead, moved and thin sources, and reviews coming due."""
    from crawlers.report import write
    from processing.db import connect

    with connect() as conn:
        write(conn, sys.stdout, datetime.now(UTC))


@sources_app.command("moves")
def sources_moves() -> None:
    """Sources whose feeds redirect for good to another host, and what was decided."""
    from processing.db import connect
    from processing.source_moves import moves

    with connect() as conn:
        found = moves(conn)
    for move in found:
        typer.echo(f"{move.decision:9} {move.key}: {move.from_host} -> {move.to_host} ({move.to_url}), seen {move.first_seen_at:%Y-%m-%d} to {move.last_seen_at:%Y-%m-%d}")
    typer.echo("" if found else "no source was seen moving")


@sources_app.command("follow")
def sources_follow(
    key: str,
    host: str,
    by: Annotated[str, typer.Option(help="Your login; the decision is recorded with it")],
    reason: Annotated[str, typer.Option(help="How you know that the new host is the same owner's")],
    refuse: Annotated[bool, typer.Option("--refuse", help="Do not follow it")] = False,
) -> None:
    """Let a source that moved for good be read at its new host, or refuse it; audited."""
    from processing.db import connect
    from processing.source_moves import decide, person

    with connect() as conn:
        decide(conn, key, host, person(conn, by), "refused" if refuse else "followed", reason, datetime.now(UTC))
        conn.commit()
    typer.echo(f"{key} is {'not followed' if refuse else 'followed'} to {host}" + ("" if refuse else f"; add {host} to hosts in config/sources/{key}.toml when you next edit it"))


@sources_app.command("sync")
def sources_sync() -> None:
    """Mirror config/sources into the database."""
    from crawlers.registry import sync_sources
    from crawlers.sources import load_sources
    from processing.db import connect
    from processing.settings import get_settings

    with connect() as conn:
        sources = load_sources(get_settings().config_dir)
        sync_sources(conn, sources)
        conn.commit()
    typer.echo(f"{len(sources)} sources, {sum(s.enabled for s in sources)} enabled")
