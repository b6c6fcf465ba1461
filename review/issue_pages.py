"""Flagged issues: the list, one issue with its score card, and decisions on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from psycopg.types.json import Jsonb

from processing.cluster import changes
from processing.db import Connection
from review import queries, usefulness
from review.auth import CurrentUser, FormUser
from review.chart import Plot, counts_chart
from review.database import Database
from review.decisions import STATES, decide
from review.render import language_of, one_of, page, topics, words_of
from review.words import _

router = APIRouter()


@router.get("/", name="issues")
def issues(request: Request, user: CurrentUser, conn: Database, topic: str | None = None, state: str | None = None) -> Response:
    now = datetime.now(UTC)
    topic, state = one_of(topic, topics()), one_of(state, STATES.values())
    flags = conn.execute(queries.FLAGS, {"topic": topic, "state": state}).fetchall()
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", "issues", Jsonb({"topic": topic or "", "state": state or ""}), now])
    have = usefulness.budget(conn, now)
    values = {
        "user": user,
        "here": "issues",
        "flags": flags,
        "topics": sorted({row["topic"] for row in flags if row["topic"]} | ({topic} if topic else set())),
        "states": ["new", *list(STATES.values())[:-1]],
        "chosen": {"topic": topic or "", "state": state or ""},
        "precision": usefulness.by_topic(conn),
        "budget": have,
        "budget_said": usefulness.said(have, language_of(request)),
        "days": usefulness.DAYS,
    }
    return page(request, "issues.html", values)


@router.get("/issues/{public_id}", name="issue")
def issue(request: Request, user: CurrentUser, conn: Database, public_id: UUID) -> Response:
    row = conn.execute(queries.ISSUE, {"id": public_id}).fetchone()
    if row is None:
        raise HTTPException(404, _("There is no such issue; it may have been removed on request."))
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", f"issue:{row['public_id']}", Jsonb({}), datetime.now(UTC)])
    merged = [r["id"] for r in conn.execute(queries.ISSUE_MERGED, [row["id"]])]
    near = {
        "issue": row["id"], "language": row["language"], "communes": row["commune_codes"], "province": row["province_code"],
        "topic": row["topic"], "at": row["last_published_at"],
    }  # fmt: skip
    values = {
        "user": user,
        "here": "issues",
        "issue": row,
        "flags": [{**flag, "plot": _plot(request, conn, flag)} for flag in conn.execute(queries.ISSUE_FLAGS, {"issue": row["id"]}).fetchall()],
        "documents": conn.execute(queries.ISSUE_DOCUMENTS, {"issue": row["id"]}).fetchall(),
        "files": conn.execute(queries.ISSUE_FILES, {"issue": row["id"]}).fetchall(),
        "decisions": conn.execute(queries.DECISIONS, ["issue", [row["id"], *merged]]).fetchall(),
        "behind": conn.execute(queries.ISSUE_ORIGINS, [row["id"]]).fetchone(),
        "services": conn.execute(queries.SERVICES).fetchall(),
        "changes": changes.changes_of(conn, row["id"]),
        "candidates": conn.execute(queries.ISSUE_CANDIDATES, near).fetchall(),
    }
    return page(request, "issue.html", values)


def _plot(request: Request, conn: Connection, flag: dict[str, Any]) -> Plot | None:
    days = conn.execute(queries.SERIES_DAYS, {"series": flag["series_id"], "last": flag["last_day"]}).fetchall()
    return counts_chart(days, words_of(request), language_of(request))


@router.post("/issues/{public_id}/merge", name="merge_issue")
def merge_issue(
    request: Request,
    user: FormUser,
    conn: Database,
    public_id: UUID,
    other: Annotated[UUID, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Join another issue to this one."""
    stays = changes.merge_issues(conn, public_id, other, user_id=user.id, now=datetime.now(UTC), reason=reason)
    return RedirectResponse(request.url_for("issue", public_id=stays).path, 303)


@router.post("/issues/{public_id}/split", name="split_issue")
def split_issue(
    request: Request,
    user: FormUser,
    conn: Database,
    public_id: UUID,
    document: Annotated[list[UUID] | None, Form()] = None,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take the chosen documents out into a new issue, and show that."""
    chosen = changes.documents_of(conn, map(str, document or []))
    made = changes.split_issue(conn, public_id, chosen, user_id=user.id, now=datetime.now(UTC), reason=reason)
    return RedirectResponse(request.url_for("issue", public_id=made).path, 303)


@router.post("/issues/{public_id}/undo", name="undo_change")
def undo_change(request: Request, user: FormUser, conn: Database, public_id: UUID, change: Annotated[int, Form()]) -> Response:
    """Take a merge or split back."""
    stays = changes.undo_change(conn, change, user_id=user.id, now=datetime.now(UTC))
    return RedirectResponse(request.url_for("issue", public_id=stays).path, 303)


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
