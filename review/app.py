"""The review page: what was flagged, why, and what was decided. Free of Airflow; the plug-in beside it mounts it there."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from processing.errors import DatabaseError, LangNgheError, fault
from processing.settings import get_settings
from review import claim_pages, desk_pages, issue_pages, public_pages, search_pages, source_pages
from review.auth import SignInNeeded
from review.render import language_of, page, page_of, words_of
from review.words import _

HERE = Path(__file__).parent
_log = logging.getLogger(__name__)
# The pages hold no script at all: nothing in an article's title can ever run.
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"


async def _headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        response = await call_next(request)
    except Exception as error:
        # caught here, not further out: the server would log the error's words, which may quote a text or a row (SCOPE S3)
        _log.error("%s: %s", request.scope.get("route") and request.scope["route"].path, fault(error))
        response = _unforeseen(request, error)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    response.headers.setdefault("Cache-Control", "no-store")
    if get_settings().public_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _sign_in(request: Request, _error: Exception) -> Response:
    return RedirectResponse(f"{request.url_for('sign_in_form').path}?next={quote(page_of(request))}", 303)


_HEADINGS = {404: _("Not found"), 403: _("That is not allowed"), 429: _("Please wait"), 503: _("The database cannot be reached")}
_OTHERWISE = _("That did not work")
_COMMON = {
    400: _("The address or the form is not complete."),
    404: _("There is no page at this address; it may have moved, or been removed on request."),
    405: _("This address takes a form only; open the page it stands on."),
}


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, StarletteHTTPException) else 400
    detail = str(error.detail) if isinstance(error, StarletteHTTPException) else ""
    if detail == HTTPStatus(status).phrase or not detail:
        detail = _COMMON.get(status, _("The server could not answer this."))
    return _explained(request, status, [detail])


def _our_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LangNgheError)
    return _explained(request, 503 if isinstance(error, DatabaseError) else 400, [error.message, error.cure])


def _unforeseen(request: Request, _error: Exception) -> Response:
    """A fault of ours: the log has it, the reader gets a page that says so, with the headers of every other."""
    response = _explained(request, 500, [_("The server could not answer this."), _("It is noted in the log; try again, or tell the administrator.")])
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def _explained(request: Request, status: int, lines: list[str]) -> Response:
    """A page that says in the reader's language what went wrong and what to do; words without a translation stand in English, marked so."""
    language, known = language_of(request), words_of(request)
    said = [(_sentence(known.gettext(line)), language == "en" or known.gettext(line) != line) for line in lines if line]
    heading = known.gettext(_HEADINGS.get(status, _OTHERWISE))
    again = page_of(request) if request.method == "POST" else ""
    return page(request, "error.html", {"heading": heading, "lines": said, "again": again}, status=status)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def create_app() -> FastAPI:
    """The application, without interactive API documents: they load scripts from elsewhere."""
    app = FastAPI(title="Lắng Nghe", docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_headers)
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _http_error)
    app.add_exception_handler(LangNgheError, _our_error)
    app.add_exception_handler(Exception, _unforeseen)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for room in (public_pages, issue_pages, claim_pages, source_pages, search_pages, desk_pages):
        app.include_router(room.router)
    return app


app = create_app()
