"""The state of sources and stages, one source with its charts, and feedback in aggregate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from psycopg.types.json import Jsonb

from processing import source_moves
from processing.db import Connection
from processing.zone import LOCAL
from review import queries
from review.auth import CurrentUser, FormUser
from review.chart import Plot, weeks_chart
from review.database import Database
from review.render import language_of, page, words_of
from review.source_charts import DAYS, answers_chart, documents_chart, lag_chart, states_chart
from review.words import _

router = APIRouter()

STATES = {
    "OK": _("read as expected"),
    "QUIET": _("quieter than usual"),
    "EMPTY": _("its feed is empty"),
    "STALE": _("nothing new for too long"),
    "BLOCKED": _("it does not want to be read"),
    "BROKEN": _("cannot be read"),
    "DISABLED": _("switched off"),
}
KINDS = {
    "press": _("press"),
    "wire": _("news agency"),
    "institution": _("institution"),
    "channel": _("channel of an institution"),
    "feedback": _("reports to services"),
    "fact_check": _("publisher of checks"),
}
STAGES = {
    "extract": _("extraction"),
    "annotate": _("places and topics"),
    "dedupe": _("copies"),
    "cluster": _("stories"),
    "claims": _("claims"),
}


def _named(request: Request, names: dict[str, str]) -> dict[str, str]:
    known = words_of(request)
    return {key: known.gettext(name) for key, name in names.items()}


@router.get("/sources", name="sources")
def sources(request: Request, user: CurrentUser, conn: Database) -> Response:
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", "sources", Jsonb({}), datetime.now(UTC)])
    values = {
        "user": user,
        "here": "sources",
        "states": _named(request, STATES),
        "kinds": _named(request, KINDS),
        "stages": _named(request, STAGES),
        "sources": conn.execute(queries.SOURCES).fetchall(),
        "artefacts": conn.execute(queries.ARTEFACTS).fetchall(),
        "lag": conn.execute(queries.LAG).fetchall(),
        "quarantined": conn.execute(queries.QUARANTINED).fetchall(),
    }
    return page(request, "sources.html", values)


@router.get("/sources/{key}", name="source")
def source(request: Request, user: CurrentUser, conn: Database, key: str) -> Response:
    row = conn.execute(queries.SOURCE, [key]).fetchone()
    if row is None:
        raise HTTPException(404, _("There is no such source."))
    now = datetime.now(UTC)
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", f"source:{key}", Jsonb({}), now])
    since = datetime.combine((now.astimezone(LOCAL) - timedelta(days=DAYS - 1)).date(), datetime.min.time(), LOCAL)
    values = {
        "user": user,
        "here": "sources",
        "source": row,
        "states": _named(request, STATES),
        "kinds": _named(request, KINDS),
        "plots": _plots(request, conn, row, since, now),
        "moves": [m for m in source_moves.moves(conn) if m.key == key],
        "failures": conn.execute(queries.SOURCE_FAILURES, {"source": row["id"], "since": now - timedelta(days=7)}).fetchall(),
    }
    return page(request, "source.html", values)


@router.post("/sources/{key}/move", name="decide_move")
def decide_move(
    request: Request,
    user: FormUser,
    conn: Database,
    key: str,
    to_host: Annotated[str, Form(max_length=300)],
    decision: Annotated[str, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Follow or refuse the permanent move of a source to a new host. Administrators only."""
    if user.role != "admin":
        raise HTTPException(403, _("Your account may not do this; ask an administrator."))
    if decision not in ("followed", "refused"):
        raise HTTPException(400, _("choose one of those the page offers"))
    source_moves.decide(conn, key, to_host, user.id, cast(source_moves.Decision, decision), reason, datetime.now(UTC))
    return RedirectResponse(request.url_for("source", key=key).path, 303)


def _plots(request: Request, conn: Connection, row: dict[str, Any], since: datetime, now: datetime) -> list[Plot]:
    words, language, today = words_of(request), language_of(request), now.astimezone(LOCAL).date()
    asked = {"source": row["id"], "since": since}
    changes = conn.execute(queries.SOURCE_STATES, {**asked, "since": now - timedelta(days=DAYS)}).fetchall()
    plots = [states_chart(changes, _named(request, STATES), now, words)] if changes else []
    if row["kind"] != "feedback":  # single reports are no documents; their counts stand, from five on, on the page of reports (SCOPE S8)
        usual = conn.execute(queries.SOURCE_USUAL, asked).fetchone()
        a_week = row["expected_per_week"] or (float(usual["a_week"]) if usual and usual["a_week"] else None)
        plots.append(
            documents_chart(conn.execute(queries.SOURCE_DAYS, asked).fetchall(), a_week / 7 if a_week else None, today, words, language)
        )
        plots.append(lag_chart(conn.execute(queries.SOURCE_LAG, asked).fetchall(), today, words, language))
    plots.append(answers_chart(conn.execute(queries.SOURCE_ANSWERS, asked).fetchall(), today, words, language))
    return plots


@router.get("/feedback", name="feedback")
def feedback(request: Request, user: CurrentUser, conn: Database) -> Response:
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", "feedback", Jsonb({}), datetime.now(UTC)])
    counts = conn.execute(queries.FEEDBACK).fetchall()
    plot = weeks_chart(counts, words_of(request), language_of(request))
    return page(request, "feedback.html", {"user": user, "here": "feedback", "counts": counts, "plot": plot})
