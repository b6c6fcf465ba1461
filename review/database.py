"""One database connection a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends

from processing.db import Connection, connect


def connection() -> Iterator[Connection]:
    """Committed when the page was made, rolled back when it failed."""
    with connect() as conn:
        yield conn


Database = Annotated[Connection, Depends(connection)]
