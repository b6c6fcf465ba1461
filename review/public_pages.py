"""Pages anybody may read: signing in, what the system does not do, how to reach the operator."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from markdown_it import MarkdownIt
from markupsafe import Markup
from psycopg.types.json import Jsonb

from processing.people import check_password
from processing.settings import ROOT, get_settings
from review import queries, throttle
from review.auth import COOKIE, LIFETIME_S, FormUser, session_ended, session_for
from review.database import Database
from review.render import LANGUAGE_COOKIE, language_of, page

router = APIRouter()
_IN_VIETNAMESE = "## Những điều hệ thống không làm"
_OUR_FILES = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")  # links that lead to files of the project, which this site does not serve


def _local_path(target: str) -> str:
    """Only a path of this site: a link must not send a signed-in reader elsewhere."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


@router.get("/sign-in", name="sign_in_form")
def sign_in_form(request: Request, next: str = "/") -> Response:
    return page(request, "sign_in.html", {"next": _local_path(next), "failed": False, "wait": 0, "ended": session_ended(request)})


@router.post("/sign-in", name="sign_in")
def sign_in(
    request: Request,
    conn: Database,
    login: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form()] = "/",
) -> Response:
    now = datetime.now(UTC)
    key = throttle.pair(login, request.client.host if request.client else "")
    values = {"next": _local_path(next), "failed": True, "wait": throttle.wait_s(conn, key, now), "ended": False}
    if values["wait"]:
        answer = page(request, "sign_in.html", values, status=429)
        answer.headers["Retry-After"] = str(values["wait"])
        return answer
    user_id = check_password(conn, login, password)
    if user_id is None:
        account = conn.execute(queries.ACCOUNT, [login]).fetchone()
        throttle.failed(conn, key, account["id"] if account else None, now)
        return page(request, "sign_in.html", values, status=401)
    conn.execute(queries.FORGET_FAILURES, [key])
    conn.execute(queries.AUDIT, [f"user:{user_id}", "sign_in", "session", Jsonb({}), now])
    response = RedirectResponse(_local_path(next), 303)
    secure = get_settings().public_url.startswith("https://")
    response.set_cookie(COOKIE, session_for(user_id), max_age=LIFETIME_S, httponly=True, samesite="lax", secure=secure)
    return response


@router.post("/sign-out", name="sign_out")
def sign_out(request: Request, user: FormUser) -> Response:
    response = RedirectResponse(request.url_for("sign_in_form").path, 303)
    response.delete_cookie(COOKIE)
    return response


@router.post("/language", name="set_language")
def set_language(to: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    response = RedirectResponse(_local_path(back), 303)
    response.set_cookie(LANGUAGE_COOKIE, "en" if to == "en" else "vi", max_age=365 * 86400, samesite="lax")
    return response


@router.get("/scope", name="scope")
def scope(request: Request) -> Response:
    return page(request, "scope.html", {})


@router.get("/scope/text", name="scope_text")
def scope_text(request: Request) -> Response:
    """docs/scope.md whole: every rule, why, and how to verify it, in both languages, the reader's first."""
    chapters = re.split(r"^(?=## )", (ROOT / "docs" / "scope.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    if language_of(request) == "vi":
        chapters.sort(key=lambda chapter: not chapter.startswith(_IN_VIETNAMESE))
    plain = _OUR_FILES.sub(r"\1", "".join(chapters))
    return page(request, "scope_text.html", {"text": Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(plain))})  # noqa: S704  # our own file


@router.get("/healthz", name="healthz")
def healthz(conn: Database) -> Response:
    conn.execute("SELECT 1")
    return PlainTextResponse("ok")
