"""`langnghe issue …`: show, merge, split, take back. Each command imports what it needs when it runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

issue_app = typer.Typer(no_args_is_help=True, help="Look at issues, merge and split them, see how useful signals were.")


@issue_app.command("show")
def issue_show(public_id: str) -> None:
    """The score card of an issue, as JSON."""
    from processing.db import connect
    from processing.issue_card import issue_card

    with connect() as conn:
        typer.echo(json.dumps(issue_card(conn, public_id), ensure_ascii=False, indent=2, default=str))


@issue_app.command("merge")
def issue_merge(
    keep: str,
    other: str,
    user: Annotated[str, typer.Option(help="Login of who decides")],
    reason: Annotated[str, typer.Option(help="Why, for the record")] = "",
) -> None:
    """Make two issues one, for good or until taken back."""
    from processing.cluster.changes import merge_issues
    from processing.db import connect
    from processing.source_moves import person

    with connect() as conn:
        stays = merge_issues(conn, keep, other, user_id=person(conn, user), now=datetime.now(UTC), reason=reason)
        conn.commit()
    typer.echo(f"one issue: {stays}")


@issue_app.command("split")
def issue_split(
    issue: str,
    documents: Annotated[list[str], typer.Argument(help="Public ids of the documents to take out, as `issue show` lists them")],
    user: Annotated[str, typer.Option(help="Login of who decides")],
    reason: Annotated[str, typer.Option(help="Why, for the record")] = "",
) -> None:
    """Take documents out of an issue into a new one, kept apart for good or until taken back."""
    from processing.cluster.changes import documents_of, split_issue
    from processing.db import connect
    from processing.source_moves import person

    with connect() as conn:
        made = split_issue(conn, issue, documents_of(conn, documents), user_id=person(conn, user), now=datetime.now(UTC), reason=reason)
        conn.commit()
    typer.echo(f"new issue: {made}")


@issue_app.command("undo")
def issue_undo(
    change: Annotated[int, typer.Argument(help="Number of the merge or split, as `issue show` lists it")],
    user: Annotated[str, typer.Option(help="Login of who decides")],
) -> None:
    """Take a merge or a split back."""
    from processing.cluster.changes import undo_change
    from processing.db import connect
    from processing.source_moves import person

    with connect() as conn:
        stays = undo_change(conn, change, user_id=person(conn, user), now=datetime.now(UTC))
        conn.commit()
    typer.echo(f"taken back; see {stays}")
