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


class Reserved:
    """Ports of one stack that are chosen, though perhaps not yet listened on, until `close`.

    Another stack that starts in the same second finds them free as well: a name in the kernel's abstract namespace, which leaves no file and
    ends with its process, keeps the two apart.
    """

    def __init__(self) -> None:
        self._held: dict[int, socket.socket] = {}

    def add(self, port: int) -> bool:
        """Reserve a port; False when this or another stack has it already."""
        if port in self._held:
            return False
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(f"\0lang-nghe-port-{port}")
        except OSError:
            name.close()
            return False
        self._held[port] = name
        return True

    def drop(self, port: int) -> None:
        """Give one back."""
        self._held.pop(port).close()

    def close(self) -> None:
        """Give all back."""
        for port in list(self._held):
            self.drop(port)


def choose(preferred: int, *hosts: str, taken: Reserved | None = None, tries: int = 200) -> int:
    """Return the first port from ``preferred`` upwards that is free on every host (default 127.0.0.1) and that ``taken`` can reserve.

    Reserved before it is looked at: two stacks cannot both find it free.
    """
    for port in range(preferred, preferred + tries):
        if taken is not None and not taken.add(port):
            continue
        if all(is_free(port, host) for host in hosts or (LOOPBACK,)):
            return port
        if taken is not None:
            taken.drop(port)
    raise OSError(f"no free port from {preferred} to {preferred + tries - 1}")
