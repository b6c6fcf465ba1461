"""Flagged issues: the list, one issue with its score card, and decisions on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from psycopg.types.json import Jsonb

from processing.db import Connection
from review import queries
from review.auth import CurrentUser, FormUser
from review.chart import counts_chart
from review.database import Database
from review.decisions import STATES, decide
from review.render import page

router = APIRouter()


@router.get("/", name="issues")
def issues(request: Request, user: CurrentUser, conn: Database, topic: str | None = None, state: str | None = None) -> Response:
    flags = conn.execute(queries.FLAGS, {"topic": topic or None, "state": state or None}).fetchall()
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", "issues", Jsonb({"topic": topic or "", "state": state or ""}), datetime.now(UTC)])
    topics = sorted({row["topic"] for row in flags if row["topic"]} | ({topic} if topic else set()))
    chosen = {"topic": topic or "", "state": state or ""}
    return page(
        request,
        "issues.html",
        {"user": user, "flags": flags, "topics": topics, "states": ["new", *list(STATES.values())[:-1]], "chosen": chosen},
    )


@router.get("/issues/{public_id}", name="issue")
def issue(request: Request, user: CurrentUser, conn: Database, public_id: UUID) -> Response:
    row = conn.execute(queries.ISSUE, {"id": public_id}).fetchone()
    if row is None:
        raise HTTPException(404, "There is no such issue; it may have been removed on request.")
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", f"issue:{row['public_id']}", Jsonb({}), datetime.now(UTC)])
    flags = conn.execute(queries.ISSUE_FLAGS, [row["id"]]).fetchall()
    values = {
        "user": user,
        "issue": row,
        "flags": [{**flag, "chart": _chart(conn, flag)} for flag in flags],
        "documents": conn.execute(queries.ISSUE_DOCUMENTS, {"issue": row["id"]}).fetchall(),
        "decisions": conn.execute(queries.DECISIONS, ["issue", [row["id"]]]).fetchall(),
        "services": conn.execute(queries.SERVICES).fetchall(),
    }
    return page(request, "issue.html", values)


def _chart(conn: Connection, flag: dict[str, Any]) -> str:
    return counts_chart(conn.execute(queries.SERIES_DAYS, {"series": flag["series_id"], "last": flag["last_day"]}).fetchall())


@router.post("/issues/{public_id}/decision", name="decide_issue")
def decide_issue(
    request: Request,
    user: FormUser,
    conn: Database,
    public_id: UUID,
    decision: Annotated[str, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
    service: Annotated[str, Form()] = "",
) -> Response:
    decide(conn, public_id, user.id, decision, reason, int(service) if service.isdigit() else None, datetime.now(UTC))
    return RedirectResponse(request.url_for("issue", public_id=public_id).path, 303)
