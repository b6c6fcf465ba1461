"""The review page: what was flagged, why, and what was decided. Free of Airflow; the plug-in beside it mounts it there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from processing.errors import DatabaseError, LangNgheError
from review import claim_pages, issue_pages, public_pages, source_pages
from review.auth import SignInNeeded
from review.render import page

HERE = Path(__file__).parent
# The pages hold no script at all: nothing in an article's title can ever run.
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"


async def _headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _sign_in(request: Request, _error: Exception) -> Response:
    return RedirectResponse(f"{request.url_for('sign_in_form').path}?next={request.url.path}", 303)


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException | StarletteHTTPException) else 400
    detail = str(error.detail) if isinstance(error, HTTPException | StarletteHTTPException) else ""
    return page(request, "error.html", {"status": status, "detail": detail}, status=status)


def _our_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LangNgheError)
    status = 503 if isinstance(error, DatabaseError) else 400
    return page(request, "error.html", {"status": status, "detail": f"{error.message}. {error.cure}"}, status=status)


def create_app() -> FastAPI:
    """The application, without interactive API documents: they load scripts from elsewhere."""
    app = FastAPI(title="Lắng Nghe", docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_headers)
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _http_error)
    app.add_exception_handler(LangNgheError, _our_error)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for room in (public_pages, issue_pages, claim_pages, source_pages):
        app.include_router(room.router)
    return app


app = create_app()
