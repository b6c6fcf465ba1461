"""The console script `langnghe`. The one file that may import every room; each command imports what it needs when it runs."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from processing.errors import LangNgheError
from processing.filter_commands import claims_app, filters_app
from processing.stack.issue_commands import issue_app
from processing.stack.source_commands import sources_app

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Lắng Nghe: listen, group, flag, answer."
)
db_app = typer.Typer(no_args_is_help=True, help="Migrate, back up, restore and erase.")
audit_app = typer.Typer(no_args_is_help=True, help="The append-only audit table.")
user_app = typer.Typer(no_args_is_help=True, help="Staff who sign in or receive mail.")
app.add_typer(filters_app)
app.add_typer(claims_app, name="claims")
app.add_typer(sources_app, name="sources")
app.add_typer(db_app, name="db")
app.add_typer(issue_app, name="issue")
app.add_typer(audit_app, name="audit")
app.add_typer(user_app, name="user")


def _say(line: str) -> None:
    typer.echo(line)


# ---- the registry of checks ---------------------------------------------------------------------------------------------------------


@claims_app.command("import")
def claims_import(file: Annotated[Path, typer.Argument(help="CSV of published checks that analysts keep")]) -> None:
    """Bring published checks into the registry; rows without date or address are set aside with the reason."""
    from processing.claims.desk import import_csv
    from processing.db import connect

    with connect() as conn:
        result = import_csv(conn, file, datetime.now(UTC))
        conn.commit()
    for line in result.lines():
        _say(line)
    raise typer.Exit(1 if result.quarantined else 0)


@claims_app.command("learn")
def claims_learn() -> None:
    """Learn from what reviewers decided; a new model is used only if it is better on the frozen test pairs."""
    from processing.claims.learn import night
    from processing.db import connect

    with connect() as conn:
        _say(night(conn, datetime.now(UTC)))


# ---- the pipeline -------------------------------------------------------------------------------------------------------------------


@app.command()
def process(stage: Annotated[str | None, typer.Argument(help="One stage; all in order when left out")] = None) -> None:
    """Run the stages until nothing is due."""
    from processing.pipeline import STAGES, drain

    for name in [stage] if stage else STAGES:
        stats = drain(name)
        _say(f"{name:10} done {stats.done}  retry {stats.retry}  quarantine {stats.quarantine}")


@app.command()
def replay(
    archive: Annotated[Path | None, typer.Option(help="JSON Lines archive, or the folder of the raw archive, to bring in through every stage")] = None,
    start: Annotated[datetime | None, typer.Option("--from", help="Re-run detection from this day")] = None,
    end: Annotated[datetime | None, typer.Option("--to", help="… up to this day")] = None,
    days: Annotated[int, typer.Option(help="Days over which undated archive lines are spread")] = 60,
    settings: Annotated[Path | None, typer.Option(help="Re-run detection with this file instead of config/detection.toml")] = None,
) -> None:
    """Bring an archive in through every stage (--archive), or re-run detection over stored history (--from, --to, --settings)."""
    from processing.db import connect

    if archive is None and (start is None or end is None):
        raise LangNgheError("nothing to replay", "give --archive FILE, or --from and --to")
    with connect() as conn:
        if archive is not None:
            from processing.pipeline import run_all
            from processing.replay import import_archive

            now = datetime.now(UTC)
            landed = import_archive(conn, archive, now, days)
            _say(f"landed {landed.landed}, known already {landed.known}, left out {len(landed.faults)}")
            for fault in landed.faults:
                typer.echo(fault, err=True)
            for name, stats in run_all(conn=conn).items():
                _say(f"{name:10} done {stats.done}  retry {stats.retry}  quarantine {stats.quarantine}")
        if start is not None and end is not None:
            from processing.hotspots.backtest import backtest
            from processing.hotspots.options import load_detection

            chosen = load_detection(settings) if settings is not None else None
            for line in backtest(conn, start.date(), end.date(), chosen):
                _say(line)
    if archive is not None and landed.faults:
        raise typer.Exit(1)


@app.command()
def send() -> None:
    """Send the mails that are due."""
    from processing.alerts.sender import run as send_due
    from processing.db import connect

    with connect() as conn:
        _say(str(send_due(conn, datetime.now(UTC))))


@issue_app.command("precision")
def issue_precision(language: Annotated[Literal["vi", "en"], typer.Option("--language", help="vi or en")] = "vi") -> None:
    """Of the hot-spots analysts decided on, which share was worth attention, by topic, and what the alarm budget became."""
    from processing.db import connect
    from review.usefulness import lines

    with connect() as conn:
        for line in lines(conn, datetime.now(UTC), language):
            _say(line)


# ---- database -----------------------------------------------------------------------------------------------------------------------


@db_app.command("migrate")
def db_migrate() -> None:
    """Apply missing migrations, mirror config into the database, make the landing key on first use."""
    from processing import reference
    from processing.db import connect
    from processing.db.landing import make_key
    from processing.db.migrate import migrate
    from processing.settings import get_settings

    settings = get_settings()
    with connect(settings.migration_dsn or settings.dsn) as conn:
        applied = migrate(conn)
    make_key(settings.key_file)
    with connect() as conn:
        reference.sync(conn)
    _say(f"applied {len(applied)} migrations" + "".join(f"\n  {name}" for name in applied))


@db_app.command("describe")
def db_describe() -> None:
    """The data model as Markdown, as docs/data-model.md holds it."""
    from processing.db import connect
    from processing.db.describe import describe

    with connect() as conn:
        typer.echo(describe(conn), nl=False)


@db_app.command("backup")
def db_backup(file: Path) -> None:
    """Write a dump without the landing area and without search fingerprints; into a folder, and its dumps older than 30 days go."""
    from processing.db.backup import backup

    _say(backup(file))


@db_app.command("restore")
def db_restore(file: Path) -> None:
    """Restore a dump into an empty database and apply removals again."""
    from processing.db.backup import restore

    _say(restore(file))


@app.command("erase")
@db_app.command("erase")
def db_erase(url: str, reason: Annotated[str, typer.Option(help="Why, for the request log")] = "removal request") -> None:
    """Remove a page and all that was made of it, and never collect it again (SCOPE S14)."""
    from processing.db import connect
    from processing.erase import erase, requests

    with connect() as conn:
        _say(erase(conn, requests.page_address(url), reason, datetime.now(UTC)))


@app.command("held")
def db_held(url: str) -> None:
    """What is held of a page, in words: the answer to a request for access (SCOPE S14)."""
    from processing.db import connect
    from processing.erase.holding import in_words

    with connect() as conn:
        _say("\n".join(in_words(conn, url)))


@db_app.command("housekeeping")
def db_housekeeping() -> None:
    """Make coming months, drop what is past its time (SCOPE S14)."""
    from processing.db import connect
    from processing.db.retention import housekeeping

    with connect() as conn:
        for line in housekeeping(conn, datetime.now(UTC)):
            _say(line)


@audit_app.command("verify")
def audit_verify() -> None:
    """Check the hash chain of the audit table, its sealed months, and that the end noted at the last check is still there."""
    from processing.db import connect
    from processing.db.audit import verify

    with connect() as conn:
        wrong = verify(conn)
    _say("\n".join([*wrong, "the audit chain is broken" if wrong else "the audit chain holds"]))
    raise typer.Exit(1 if wrong else 0)


@user_app.command("add")
def user_add(
    login: str,
    email: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    role: Annotated[str, typer.Option(help="analyst, officer or admin")] = "analyst",
    language: Annotated[str, typer.Option(help="vi or en")] = "vi",
) -> None:
    """Add a person who signs in, with the mails that fit the role."""
    from processing.db import connect
    from processing.people import add_user

    with connect() as conn:
        add_user(conn, login, email, password, role, language)
        conn.commit()
    _say(f"added {login} ({role})")


# ---- the stack ----------------------------------------------------------------------------------------------------------------------


@app.command()
def run(once: Annotated[bool, typer.Option("--once", help="Exit after the first full cycle")] = False) -> None:
    """The demo town: everything, from crawl to mail, on this machine."""
    from processing.stack.run import run_demo

    raise typer.Exit(run_demo(once=once))


@app.command()
def serve() -> None:
    """The operator's own sources, with the settings of .env."""
    from processing.stack.run import run_serve

    raise typer.Exit(run_serve())


@app.command()
def doctor() -> None:
    """Check every dependency, port, permission and source; each finding comes with its cure."""
    from processing.stack.doctor import doctor as examine

    raise typer.Exit(examine(sys.stdout))


def main() -> None:
    """Entry point: an error the operator can put right is shown without a traceback."""
    # A byte that is no UTF-8 spoils its own line only (processing.filters); a file name of such bytes is written as a JSON escape.
    for stream, errors in ((sys.stdin, "surrogateescape"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace")):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors=errors)
    try:
        app()
    except BrokenPipeError:
        # whoever read has seen enough (`| head`); Python must not try to write the rest once more on its way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except LangNgheError as error:
        typer.echo(f"langnghe: {error}", err=True)
        sys.exit(1)
    except Exception as error:
        # psycopg takes a while to import; a filter that never touches the database does without it.
        if type(error).__module__.startswith("psycopg"):
            import psycopg

            from processing.db import explain

            if isinstance(error, psycopg.OperationalError):
                typer.echo(f"langnghe: {explain(error)}", err=True)
                sys.exit(1)
        raise


if __name__ == "__main__":
    main()
