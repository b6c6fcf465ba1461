"""Commands that read lines and write lines, with no database: every analytic step of the pipeline can be tried, measured and used on its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from processing.errors import LangNgheError

filters_app = typer.Typer()
claims_app = typer.Typer(no_args_is_help=True, help="Match claims with published checks; relate them to evidence.")


def _filter(fn: Any, required: tuple[str, ...] = ("id", "text"), as_given: bool = False, optional: tuple[str, ...] = ()) -> int:
    from processing.filters import jsonl_filter

    return jsonl_filter(fn, sys.stdin, sys.stdout, required, as_given, optional)


@filters_app.command()
def extract(
    files: Annotated[list[str], typer.Argument(help="HTML files, or - for standard input")],
    url: Annotated[str | None, typer.Option(help="Address of the page; for a single file")] = None,
) -> None:
    """Title, text and publication time of HTML pages, one JSON line a file."""
    from processing.extract.cli import extract_files

    raise typer.Exit(extract_files(files, url, sys.stdout))


@filters_app.command()
def annotate() -> None:
    """Sentences, tokens, places, province, topic and checkable sentences of {"id", "text", "title"?, "published_at"?} lines."""
    from processing.annotate.core import Annotator
    from processing.settings import get_settings

    annotate_one = Annotator.load(get_settings().extra_gazetteer).annotate
    raise typer.Exit(_filter(annotate_one, optional=("title", "published_at")))


@filters_app.command()
def redact() -> None:
    """Personal data replaced in {"id", "text"} lines."""
    from processing.scrub.core import redact as scrub

    def one(record: dict[str, Any]) -> dict[str, Any]:
        result = scrub(record["text"])
        found = [{"kind": f.kind, "start": f.start, "end": f.end} for f in result.found]
        return {"id": record["id"], "text": result.text, "found": found}

    raise typer.Exit(_filter(one, as_given=True))


@filters_app.command()
def dedupe() -> None:
    """Near-identical texts of {"id", "text"} lines share a group."""
    from processing.dedupe.core import Deduper

    deduper = Deduper()
    raise typer.Exit(_filter(lambda record: {"id": record["id"], "group": deduper.add(record["id"], record["text"])}))


@filters_app.command()
def cluster(
    state: Annotated[Path | None, typer.Option(help="File to go on from and to leave the state in")] = None,
    final: Annotated[bool, typer.Option("--final", help="Write the ids after later merges, at the end")] = False,
) -> None:
    """Story of each document, decided online from the lines before it."""
    from processing.cluster.cli import cluster_lines

    raise typer.Exit(cluster_lines(sys.stdin, sys.stdout, state, final))


@filters_app.command()
def hotspots(period: Annotated[Literal["hour", "day", "week"], typer.Option(help="Length of one count")] = "day") -> None:
    """Unusual counts in CSV series,date,count[,coverage]; each row judged from its past and itself."""
    from processing.hotspots.core import detect_csv

    raise typer.Exit(detect_csv(sys.stdin, sys.stdout, period, sys.stderr))


@claims_app.command("match")
def claims_match(
    checks: Annotated[Path, typer.Option(help="JSON Lines of published checks; \"wordings\" is an optional list of texts known to state the same as \"claim\"")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many matches a line")] = 10,
) -> None:
    """The k nearest published checks of each {"id", "text", "published_at"?} line."""
    from processing.claims.collection import wordings_of
    from processing.claims.core import Matcher
    from processing.claims.semantics import configured
    from processing.filters import read_all

    loaded: dict[str, dict[str, Any]] = {}
    status = 0

    def left_out(reason: object) -> int:
        typer.echo(f"langnghe: {checks}: {reason}; this check is left out", err=True)
        return 1

    try:
        with checks.open(encoding="utf-8", errors="surrogateescape") as lines:
            for record in read_all(lines, ("id", "claim"), ("title", "text")):
                if isinstance(record, tuple):
                    status = left_out(record[1])
                    continue
                try:
                    wordings_of(record)
                except LangNgheError as error:
                    status = left_out(error.message)
                    continue
                if str(record["id"]) in loaded:
                    status = left_out(f"id {record['id']!r} stands there before, and the first counts")
                else:
                    loaded[str(record["id"])] = record
    except OSError as error:
        raise LangNgheError(f"cannot read the checks: {error}", "--checks names a JSON Lines file of published checks") from None
    matcher = Matcher(loaded.values(), embedder=configured())
    raise typer.Exit(_filter(lambda record: {"id": record["id"], "matches": matcher.match(record, k)}, optional=("published_at",)) or status)


@claims_app.command("verify")
def claims_verify() -> None:
    """How the evidence of {"id", "claim", "evidence"} lines relates to the claim. A score for ordering, never a verdict."""
    from processing.claims.relation import verify
    from processing.claims.semantics import pair_scorer

    scorer = pair_scorer()
    raise typer.Exit(_filter(lambda r: {"id": r["id"], **verify(r["claim"], r["evidence"], scorer)}, ("id", "claim", "evidence")))


@filters_app.command()
def figures() -> None:
    """Conflicting figures within stories of {"id", "story", "published_at", "source", "text"} lines, one line a finding."""
    from processing.claims.figures import conflicts
    from processing.filters import read_all, write

    documents, status = [], 0
    for record in read_all(sys.stdin, ("id", "story", "text"), ("published_at",)):
        if isinstance(record, tuple):
            write({"id": record[0], "error": record[1]}, sys.stdout)
            status = 1
        else:
            documents.append(record)
    for finding in conflicts(documents):
        write(finding, sys.stdout)
    raise typer.Exit(status)
