"""Search in documents. The words travel in a form's body, never in an address: addresses are kept in histories and logs (SCOPE S9, S12)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from psycopg.types.json import Jsonb

from processing import search as documents
from review import queries
from review.auth import CurrentUser, FormUser
from review.database import Database
from review.render import page

router = APIRouter()


@router.get("/search", name="search")
def search_form(request: Request, user: CurrentUser, conn: Database) -> Response:
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", "search", Jsonb({}), datetime.now(UTC)])
    return page(request, "search.html", {"user": user, "here": "search", "asked": "", "found": None, "any_accents": False, "most": documents.MOST})


@router.post("/search", name="search_answer")
def search(
    request: Request,
    user: FormUser,
    conn: Database,
    asked: Annotated[str, Form(max_length=documents.LONGEST)] = "",
    any_accents: Annotated[bool, Form()] = False,
) -> Response:
    """Documents that hold the words asked for. Who searched is in the audit, with keyed hashes of the words."""
    found = documents.find(conn, asked, actor=f"user:{user.id}", now=datetime.now(UTC), any_accents=any_accents) if asked.strip() else None
    values = {"user": user, "here": "search", "asked": asked, "found": found, "any_accents": any_accents, "most": documents.MOST}
    return page(request, "search.html", values)
