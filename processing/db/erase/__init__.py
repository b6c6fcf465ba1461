"""Removal of pages on request (SCOPE S14).

core      find a page under whatever address it came, remove all that was made of it, leave a tombstone
requests  the desk: what was asked, by when it is to be answered, what was decided
holding   what is held of a page, for the answer to "what do you have of me?"
"""

from __future__ import annotations

from processing.db.erase.core import beside_removals, buried, erase, forget, url_hash

__all__ = ["beside_removals", "buried", "erase", "forget", "url_hash"]
