"""Signing in: a signed cookie that names the user and expires; every form carries a token bound to that cookie."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Form, HTTPException, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from processing.db import Connection
from processing.settings import get_settings
from review.database import Database
from review.words import _

COOKIE = "langnghe_session"
LIFETIME_S = 12 * 3600


@dataclass(frozen=True)
class User:
    """Who is signed in."""

    id: int
    login: str
    role: str
    token: str  # goes into every form, so that another site cannot post one


class SignInNeeded(Exception):
    """The page is for staff; the application answers with the sign-in page."""


@lru_cache(maxsize=1)
def secret() -> str:
    """The key of sessions: from .env, else made once and kept beside the landing key."""
    settings = get_settings()
    if settings.session_secret.get_secret_value():
        return settings.session_secret.get_secret_value()
    path = settings.home / "keys" / "session.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as out:
        key = secrets.token_hex(32)
        out.write(key)
    return key


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret(), salt="review session")


def session_for(user_id: int) -> str:
    """Value of the session cookie."""
    return _serializer().dumps({"user": user_id, "nonce": secrets.token_hex(8)})


def _form_token(cookie: str) -> str:
    return hmac.new(secret().encode(), cookie.encode(), hashlib.sha256).hexdigest()


def _load(conn: Connection, cookie: str) -> User:
    try:
        user_id = _serializer().loads(cookie, max_age=LIFETIME_S)["user"]
    except BadSignature:
        raise SignInNeeded from None
    row = conn.execute("SELECT id, login, role FROM app_user WHERE id = %s AND active", [user_id]).fetchone()
    if row is None:
        raise SignInNeeded
    return User(row["id"], row["login"], row["role"], _form_token(cookie))


def session_ended(request: Request) -> bool:
    """Did this browser have a session that is over now?"""
    cookie = request.cookies.get(COOKIE)
    try:
        return bool(cookie and not _serializer().loads(cookie, max_age=LIFETIME_S))
    except BadSignature:
        return True


def signed_in(request: Request, conn: Database) -> User:
    """The user of this request. Raises SignInNeeded."""
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise SignInNeeded
    return _load(conn, cookie)


CurrentUser = Annotated[User, Depends(signed_in)]


def checked_form(user: CurrentUser, token: Annotated[str, Form()]) -> User:
    """The user who posted a form of ours. Raises 403 for a form that is not."""
    if not hmac.compare_digest(token, user.token):
        raise HTTPException(403, _("This form is not from your session; reload the page and try again."))
    return user


FormUser = Annotated[User, Depends(checked_form)]
