"""The network guard: which addresses the crawler may connect to, judged on the address connected to and at that moment.

Names are not judged: a name can resolve to anything, and to something else a second later. `install` wraps the reactor's `connectTCP`, which every
hop passes (redirects, feed links, sitemap entries) with the numeric address chosen for it, and puts a second wall behind it at the socket's own
connect call, so that a fault in the first still reaches nothing.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterable
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Ranges in which an IPv4 address is wrapped; what is inside is judged.
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_NEVER = (
    ipaddress.ip_network("100.64.0.0/10"),  # carrier-grade NAT
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("fec0::/10"),  # site-local, deprecated yet routed in places
    ipaddress.ip_network("2001::/32"),  # Teredo
    ipaddress.ip_network("2002::/16"),  # 6to4
)


class ForbiddenAddress(OSError):
    """The crawler was about to connect to `address`, which is not a public one."""

    def __init__(self, message: str, address: str = "") -> None:
        super().__init__(message)
        self.address = address


def parse_allow(networks: Iterable[str]) -> tuple[Network, ...]:
    """Loopback networks let through by the operator's explicit setting. Raises ValueError for any other network."""
    allowed = tuple(ipaddress.ip_network(network, strict=False) for network in networks)
    for network in allowed:
        if not network.is_loopback:
            raise ValueError(f"{network} is not a loopback network; only loopback can be let through the guard")
    return allowed


def _inner(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address an IPv6 address stands for: mapped, compatible, NAT64."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if any(address in network for network in _NAT64) or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def forbidden(host: str, allow: tuple[Network, ...] = ()) -> str | None:
    """Why this numeric address may not be connected to, or None. A name instead of a number is refused: it has not been resolved yet."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return f"{host!r} is not a numeric address"
    if inner := _inner(address):
        return f"{host} wraps an IPv4 address" if forbidden(str(inner)) is None else forbidden(str(inner))
    if any(address in network for network in allow if network.version == address.version):
        return None
    for kind in ("is_loopback", "is_link_local", "is_multicast", "is_unspecified", "is_private", "is_reserved"):
        if getattr(address, kind):
            return f"{host} is a {kind.removeprefix('is_').replace('_', '-')} address"
    if any(address in network for network in _NEVER if network.version == address.version) or not address.is_global:
        return f"{host} is not a public address"
    return None


def check(host: str, allow: tuple[Network, ...]) -> None:
    """Raise ForbiddenAddress unless the address may be connected to."""
    if why := forbidden(host, allow):
        raise ForbiddenAddress(f"the network guard refused a connection: {why}", host)


def install(reactor: Any, allow: tuple[Network, ...]) -> None:
    """Put the guard into this process: before Twisted connects, and again at the socket's connect call. Cannot be undone."""
    connect = reactor.connectTCP

    def guarded(host: str, *args: Any, **kwargs: Any) -> Any:
        check(host, allow)
        return connect(host, *args, **kwargs)

    reactor.connectTCP = guarded
    for other in ("connectUDP", "connectUNIX", "connectSSL"):
        if hasattr(reactor, other):
            setattr(reactor, other, _never)
    sys.addaudithook(_Wall(allow))


def _never(*_: Any, **__: Any) -> None:
    raise ForbiddenAddress("the crawler connects by TCP through the guard only")


class _Wall:
    """An audit hook on every socket connect of the process. Local sockets (the database's) pass; numeric Internet addresses are judged again."""

    def __init__(self, allow: tuple[Network, ...]) -> None:
        self.allow = allow

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(args[1], tuple):
            check(str(args[1][0]), self.allow)
