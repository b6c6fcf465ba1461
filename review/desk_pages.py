"""The desk where anyone asks for a page's removal, or what is held of it, and where officers answer (SCOPE S14).

Asking needs no account and leaves no name: the number shown is how the answer is read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.erase import holding, removal, requests
from processing.errors import LangNgheError
from processing.people import DECIDERS
from processing.settings import get_settings
from review import queries, throttle
from review.auth import CurrentUser, FormUser, User
from review.database import Database
from review.render import page
from review.words import _

router = APIRouter()

_SHOWN = 20  # open requests whose page is looked up on the desk


def _contact(request: Request, status: int = 200, **more: Any) -> Response:
    settings = get_settings()
    values = {
        "operator": settings.operator_name, "address": settings.operator_contact, "agent": settings.user_agent,
        "kinds": requests.KINDS, "grounds": requests.GROUNDS, "given": {}, "problem": "", **more,
    }  # fmt: skip
    return page(request, "contact.html", values, status=status)


@router.get("/contact", name="contact")
def contact(request: Request) -> Response:
    return _contact(request)


@router.get("/requests", name="requests")
def requests_form(request: Request) -> Response:
    return RedirectResponse(request.url_for("contact").path, 303)


@router.post("/requests", name="ask")
def ask(
    request: Request,
    conn: Database,
    url: Annotated[str, Form(max_length=2000)],
    kind: Annotated[str, Form()] = "erase",
    ground: Annotated[str, Form()] = "other",
    details: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Log a request and lead to the page under its number."""
    now = datetime.now(UTC)
    given = {"url": url, "kind": kind, "ground": ground, "details": details}
    key = throttle.pair("request", request.client.host if request.client else "")
    if not throttle.may_ask(conn, key, now):
        return _contact(request, 429, given=given, problem="often")
    try:
        requests.page_address(url)
    except LangNgheError:
        return _contact(request, 400, given=given, problem="address")
    number = requests.log_request(conn, url, kind, ground, details, now)
    conn.execute(queries.REMEMBER_FAILURE, {"key": key, "at": now, "old": now - throttle.WINDOW})
    return RedirectResponse(request.url_for("request_status", number=str(number)).path, 303)


@router.post("/requests/find", name="find_request")
def find_request(request: Request, number: Annotated[str, Form(max_length=100)] = "") -> Response:
    """From the field of the contact page to the request of that number."""
    return RedirectResponse(request.url_for("request_status", number=number.strip() or "-").path, 303)


@router.get("/requests/{number}", name="request_status")
def request_status(request: Request, conn: Database, number: str) -> Response:
    found = requests.request_status(conn, number)
    if found is None:
        raise HTTPException(404, _("There is no request of this number. Check it letter by letter."))
    return page(request, "request.html", {"found": found, "number": number, "address": get_settings().operator_contact})


def _may(user: User, *roles: str) -> None:
    if user.role not in roles:
        raise HTTPException(403, _("Your account may not do this; ask an administrator."))


@router.get("/desk", name="desk")
def desk(request: Request, user: CurrentUser, conn: Database) -> Response:
    return _desk(request, user, conn, "")


@router.get("/desk/after/{said}", name="desk_after")
def desk_after(request: Request, user: CurrentUser, conn: Database, said: str) -> Response:
    """The desk with what was just done."""
    return _desk(request, user, conn, said)


def _desk(request: Request, user: User, conn: Connection, said: str) -> Response:
    _may(user, *DECIDERS)
    now = datetime.now(UTC)
    conn.execute(queries.AUDIT, [f"user:{user.id}", "read", "requests", Jsonb({}), now])
    waiting = requests.open_requests(conn, now)
    values = {
        "user": user,
        "here": "desk",
        "waiting": [{**row, "held": holding.held(conn, row["url"]) if n < _SHOWN else None} for n, row in enumerate(waiting)],
        "decided": requests.decided_requests(conn),
        "said": said,
    }
    return page(request, "desk.html", values)


@router.post("/desk/requests/{number}", name="decide_request")
def decide_request(
    request: Request,
    user: FormUser,
    conn: Database,
    number: UUID,
    decision: Annotated[str, Form()],
    answer: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    done = requests.decide_request(conn, number, user.id, decision, answer, datetime.now(UTC))
    return _to_desk(request, done)


@router.post("/desk/erase", name="erase_page")
def erase_page(
    request: Request,
    user: FormUser,
    conn: Database,
    url: Annotated[str, Form(max_length=2000)],
    reason: Annotated[str, Form(max_length=1000)] = "",
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Remove a page that nobody asked for through the desk (a letter, a call, an order). Administrators only."""
    _may(user, "admin")
    if not reason.strip() or not sure:
        raise LangNgheError(_("a removal needs a reason and your confirmation"), _("it cannot be taken back: check the address first"))
    return _to_desk(request, removal.erase(conn, requests.page_address(url), reason.strip(), datetime.now(UTC), actor=f"user:{user.id}"))


def _to_desk(request: Request, done: str) -> Response:
    said = {removal.REMOVED: "removed", removal.KEPT_OUT: "kept_out"}.get(done, done)
    return RedirectResponse(request.url_for("desk_after", said=said).path, 303)
