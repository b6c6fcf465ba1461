"""The state of sources and stages, and feedback in aggregate."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from review import queries
from review.auth import CurrentUser
from review.database import Database
from review.render import page

router = APIRouter()


@router.get("/sources", name="sources")
def sources(request: Request, user: CurrentUser, conn: Database) -> Response:
    values = {
        "user": user,
        "sources": conn.execute(queries.SOURCES).fetchall(),
        "artefacts": conn.execute(queries.ARTEFACTS).fetchall(),
        "lag": conn.execute(queries.LAG).fetchall(),
        "quarantined": conn.execute(queries.QUARANTINED).fetchall(),
    }
    return page(request, "sources.html", values)


@router.get("/feedback", name="feedback")
def feedback(request: Request, user: CurrentUser, conn: Database) -> Response:
    return page(request, "feedback.html", {"user": user, "counts": conn.execute(queries.FEEDBACK).fetchall()})
