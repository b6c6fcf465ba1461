"""What several proofs begin with."""

from __future__ import annotations

import pytest

from processing.db import Connection
from processing.people import add_user
from tests.review.town import furnish


@pytest.fixture
def officer(db: Connection) -> int:
    furnish(db)
    found = add_user(db, "can-bo", "officer@example.org", "a long password", "officer")
    db.commit()
    return found
