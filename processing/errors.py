"""Errors a person can act on.

LangNgheError            base: what is wrong, and the cure
  ConfigError            a setting or a file under config/; names file and field
  DatabaseError          the database cannot be reached, is too old, or was migrated by other files
Outcome                  how one record ended when it is not done
  Retry                  try again later
  Quarantine             set aside, with a reason a person can act on
"""

from __future__ import annotations

import traceback
from pathlib import Path


class LangNgheError(Exception):
    """Something the operator can put right. `cure` says how."""

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(f"{message}\n  cure: {cure}" if cure else message)
        self.message = message
        self.cure = cure


class ConfigError(LangNgheError):
    """A setting or a file under config/ is wrong."""


class DatabaseError(LangNgheError):
    """The database cannot be reached, is too old, or was migrated by other files."""


class Outcome(Exception):
    """One record could not be finished; the others of its batch go on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Retry(Outcome):
    """Try the record again after `after_s` seconds."""

    def __init__(self, reason: str, after_s: int = 300) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Quarantine(Outcome):
    """Set the record aside for a person."""


def fault(error: BaseException) -> str:
    """What to keep of an error nobody foresaw: its type and our line it came from. Never its message, which may quote a text or a row (SCOPE S2, S3)."""
    root = Path(__file__).resolve().parent.parent
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(root)) and "site-packages" not in frame.filename]
    return type(error).__name__ + (f" at {Path(ours[-1].filename).relative_to(root)}:{ours[-1].lineno}" if ours else "")
