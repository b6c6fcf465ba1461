"""Removal of pages on request (SCOPE S14).

removal   find a page under whatever address it came, remove all that was made of it, leave a tombstone
requests  the desk: what was asked, by when it is to be answered, what was decided
holding   what is held of a page, for the answer to "what do you have of me?"
"""

from __future__ import annotations

from processing.erase.removal import erase, forget

__all__ = ["erase", "forget"]
