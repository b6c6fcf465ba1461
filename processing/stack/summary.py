"""The table at the end of `make run`: what came of the cycle, where to look, how to sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from processing.db import Connection

COUNTS = (
    ("sources", "SELECT count(*) AS n FROM source WHERE enabled"),
    ("documents", "SELECT count(*) AS n FROM document"),
    ("stories", "SELECT count(*) AS n FROM story WHERE merged_into IS NULL"),
    ("issues", "SELECT count(*) AS n FROM issue"),
    ("flags: hot-spots", "SELECT count(*) AS n FROM flag WHERE kind = 'surge'"),
    ("flags: source artefacts and missing data", "SELECT count(*) AS n FROM flag WHERE kind <> 'surge'"),
    (
        "claims with a published check, awaiting review",
        "SELECT count(DISTINCT claim) AS n FROM flagged_claim WHERE state = 'awaiting_review'",
    ),
    ("mails sent", "SELECT count(*) AS n FROM outbox WHERE state = 'sent'"),
    ("mails waiting", "SELECT count(*) AS n FROM outbox WHERE state IN ('pending', 'retry')"),
    ("records set aside", "SELECT count(*) AS n FROM quarantined"),
)


def counts(conn: Connection) -> dict[str, int]:
    """What is stored now."""
    found = {}
    for name, query in COUNTS:
        row = conn.execute(query.encode()).fetchone()
        found[name] = int(row["n"]) if row else 0
    return found


def show(
    console: Console, conn: Connection, addresses: Mapping[str, str], sign_in: Sequence[tuple[str, str, str]], mail_dir: Path | None
) -> None:
    """Print the summary. ``sign_in`` holds (page, user, password)."""
    table = Table(title="Lắng Nghe", show_header=False, title_justify="left", min_width=60)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=not console.is_terminal, overflow="fold")  # an address in a log must stay in one piece
    for name, number in counts(conn).items():
        table.add_row(name, f"{number:,}")
    if mail_dir is not None:
        table.add_row("mails in the sink", f"{len(list(mail_dir.glob('*.eml'))):,}")
    for place in conn.execute("SELECT title, coalesce(place, province, '') AS place FROM flagged_issue ORDER BY rank DESC LIMIT 5"):
        table.add_row("hot-spot (statistical signal, not verified)", f"{place['title'] or ''} ({place['place']})")
    table.add_section()
    for name, address in addresses.items():
        table.add_row(name, address)
    for page, user, password in sign_in:
        table.add_row(f"sign in to {page}", f"{user} / {password}")
    console.print()
    console.print(table)
