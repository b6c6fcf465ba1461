"""The rows that the stage before leaves."""

from __future__ import annotations

from tests.documents import add

__all__ = ["add"]
