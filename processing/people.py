"""Staff accounts: who signs in, and which mails fit a role. Nobody who is written about is ever here."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from processing.db import Connection
from processing.errors import LangNgheError

ROLES = {"analyst": ("immediate", "digest"), "officer": ("immediate", "digest", "claims"), "admin": ("sources",)}
"""Role → subscriptions a new account starts with."""
DECIDERS = ("officer", "admin")
"""Roles that decide on requests for removal."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody signs in with this")


def add_user(conn: Connection, login: str, email: str, password: str, role: str, language: str = "vi") -> int:
    """Create an account and its subscriptions; an existing login gets the new password, role and address. Returns its id. Does not commit."""
    if role not in ROLES:
        raise LangNgheError(f"unknown role {role!r}", f"one of {', '.join(ROLES)}")
    if len(password) < 8:
        raise LangNgheError("the password is too short", "use at least 8 characters")
    if "@" not in email:
        raise LangNgheError(f"{email!r} is not a mail address", "write it as office@example.org")
    row = conn.execute(
        """INSERT INTO app_user (login, display_name, email, password_hash, role, language) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (login) DO UPDATE SET email = excluded.email, password_hash = excluded.password_hash, role = excluded.role,
               language = excluded.language, active = true RETURNING id""",
        [login, login, email, _hasher.hash(password), role, language],
    ).fetchone()
    assert row is not None
    for kind in ROLES[role]:
        conn.execute("INSERT INTO subscription (user_id, kind) VALUES (%s, %s) ON CONFLICT DO NOTHING", [row["id"], kind])
    user_id: int = row["id"]
    return user_id


def check_password(conn: Connection, login: str, password: str) -> int | None:
    """Id of the active account with this login and password, else None. Takes the same time for an unknown login."""
    row = conn.execute("SELECT id, password_hash FROM app_user WHERE login = %s AND active", [login]).fetchone()
    try:
        _hasher.verify(row["password_hash"] if row else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return row["id"] if row else None
