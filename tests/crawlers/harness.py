"""The crawl child under watch: every connect to anything but loopback is recorded and refused at the socket's own connect call.

So no packet leaves the machine while testing, even where a test takes the guard away on purpose. Names resolve from TEST_NAMES (JSON: name → list of
addresses, one per look-up, the last for ever; an empty one does not resolve), TEST_TIMEOUT shortens the time limit, TEST_NO_GUARD=1 takes the guard away,
TEST_ORIGINS (JSON: kind of feed → origin) lets a server of the test stand for a platform's interface.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer

from crawlers import child, fetcher, guard, keyed, session

_RECORD = Path(os.environ["TEST_CONNECTS"])


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple) and not str(args[1][0]).startswith("127."):
        with _RECORD.open("a") as out:
            out.write(f"{args[1][0]}\n")
        raise ConnectionRefusedError("refused by the test")


@implementer(IHostnameResolver)
class Names:
    """A resolver that knows the test's names only."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = json.loads(os.environ.get("TEST_NAMES", "{}"))
        self.asked: dict[str, int] = defaultdict(int)

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Names:
        names = cls()
        names.reactor = reactor
        names.system = reactor.nameResolver
        return names

    def install_on_reactor(self) -> None:
        self.reactor.installNameResolver(self)

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, addressTypes: Any = None, transportSemantics: str = "TCP") -> Any:
        if hostName not in self.names and all(c in "0123456789abcdefx.:" for c in hostName.lower()):
            return self.system.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)  # a number in disguise: no look-up
        receiver.resolutionBegan(self)
        found = self.names.get(hostName, [])
        if found:
            address = found[min(self.asked[hostName], len(found) - 1)]
            self.asked[hostName] += 1
            if address:
                kind = IPv6Address if ":" in address else IPv4Address
                receiver.addressResolved(kind("TCP", address, portNumber))
        receiver.resolutionComplete()
        return self


def main() -> int:
    sys.addaudithook(_watch)
    if os.environ.get("TEST_NO_GUARD"):
        guard.check = lambda host, allow: None
    for name, origin in json.loads(os.environ.get("TEST_ORIGINS", "{}")).items():
        keyed.INTERFACES[name] = replace(keyed.INTERFACES[name], origin=origin)
    fetcher.TIMEOUT_S = float(os.environ.get("TEST_TIMEOUT", fetcher.TIMEOUT_S))
    plain = session.scrapy_settings
    session.scrapy_settings = lambda *args, **kwargs: {**plain(*args, **kwargs), "TWISTED_DNS_RESOLVER": "tests.crawlers.harness.Names"}
    return child.main()


if __name__ == "__main__":
    sys.exit(main())
