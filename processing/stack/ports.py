"""Loopback ports: take the usual one, or the next free one when somebody else has it."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """True when a server could listen on ``host:port`` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(port: int, host: str = LOOPBACK) -> bool:
    """True when something accepts connections on ``host:port``."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def choose(preferred: int, *hosts: str, taken: set[int] | None = None, tries: int = 200) -> int:
    """Return the first port from ``preferred`` upwards that is free on every host (default 127.0.0.1) and not in ``taken``.

    The choice is added to ``taken``, so that services chosen for but not yet started keep their ports apart.
    """
    reserved = taken if taken is not None else set()
    for port in range(preferred, preferred + tries):
        if port not in reserved and all(is_free(port, host) for host in hosts or (LOOPBACK,)):
            reserved.add(port)
            return port
    raise OSError(f"no free port from {preferred} to {preferred + tries - 1}")
