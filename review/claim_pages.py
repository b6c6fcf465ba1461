"""Claims beside what named publishers have published about them. The page quotes; it never says what is so (SCOPE S6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from psycopg.types.json import Jsonb

from processing.claims.ages import days_of
from processing.claims.differences import apart
from processing.claims.facts import extract
from processing.claims.mask import mask
from review import queries
from review.auth import CurrentUser, FormUser
from review.claim_spread import spread
from review.database import Database
from review.render import language_of, one_of, page, words_of
from review.words import _

router = APIRouter()

STATES = ("awaiting_review", "answered", "no_published_check")


@router.get("/claims", name="claims")
def claims(request: Request, user: CurrentUser, conn: Database, state: str | None = None) -> Response:
    state = one_of(state, STATES)
    rows = conn.execute(queries.CLAIMS, {"state": state}).fetchall()
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", "claims", Jsonb({"state": state or ""}), datetime.now(UTC)])
    return page(request, "claims.html", {"user": user, "here": "claims", "claims": rows, "chosen": state or "", "states": STATES})


@router.get("/claims/{public_id}", name="claim")
def claim(request: Request, user: CurrentUser, conn: Database, public_id: UUID) -> Response:
    row = conn.execute(queries.CLAIM, [public_id]).fetchone()
    if row is None:
        raise HTTPException(404, _("There is no such claim; it may have been removed on request."))
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", f"claim:{public_id}", Jsonb({}), datetime.now(UTC)])
    matches = conn.execute(queries.CLAIM_MATCHES, [row["id"]]).fetchall()
    earlier = conn.execute(queries.CHECK_VERSIONS, [row["id"]]).fetchall()
    publisher = {m["id"]: m["publisher"] for m in matches}
    decisions = conn.execute(queries.DECISIONS, ["match", list(publisher)]).fetchall()
    values = {
        "user": user,
        "here": "claims",
        "claim": row,
        "matches": [{**m, **_beside(row["text"], m), "earlier": [v for v in earlier if v["match"] == m["id"] and v["rating"] != m["rating"]]} for m in matches],
        **spread(conn, row["id"], words_of(request), language_of(request)),
        "decisions": [{**d, "about": publisher[d["subject_id"]] if len(publisher) > 1 else ""} for d in decisions],
    }
    return page(request, "claim.html", values)


def _beside(claim: str, match: dict[str, Any]) -> dict[str, Any]:
    """What to weigh before deciding: where the two texts differ, and the days where the check is older than the event; never a label."""
    late = next((found for text in match["features"].get("differences_text", ()) if (found := days_of(text))), None)
    return {"differs": apart(extract(mask(claim)), extract(mask(match["claim"]))), "late": {"check": late[0], "event": late[1]} if late else None}


@router.post("/claims/{public_id}/matches/{match_id}", name="decide_match")
def decide_match(
    request: Request,
    user: FormUser,
    conn: Database,
    public_id: UUID,
    match_id: UUID,
    decision: Annotated[str, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    from processing.claims.workflow import decide

    decide(conn, match_id, user.id, decision, reason, datetime.now(UTC))
    return RedirectResponse(request.url_for("claim", public_id=public_id).path, 303)
