"""Ports for the servers of tests: each worker of a parallel run looks in a range of its own, so that two never take the same one."""

from __future__ import annotations

import os

from processing.stack import ports

APART = 1000
RESERVED = ports.Reserved()
"""All that this worker chose: a server that ended may leave its port waiting, and two fixtures never meet."""


def free_port(preferred: int, *hosts: str) -> int:
    """As `ports.choose`, in this worker's range."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return ports.choose(preferred + APART * (worker + 1), *hosts, taken=RESERVED)
