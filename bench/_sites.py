"""Web sites on loopback for the benches of crawling, served by a process of their own: one host or many, each with a feed and its pages."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SERVER = """
import asyncio, contextlib, json, random, signal, sys, time
hosts, pages, delay, paragraphs, links = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
dice = random.Random(7)
syllables = [a + b + c for a in "b c d đ g h k l m n ng nh ph qu s t th tr v x".split() for b in "a ă â e ê i o ô ơ u ư á à ả ạ ế ề ộ".split() for c in ("", "n", "ng", "t", "m")]
bodies = []
for _ in range(20):
    text = "".join("<p class='than-bai'>" + " ".join(dice.choices(syllables, k=80)) + ".</p>" for _ in range(paragraphs))
    menu = "".join(f"<li><a href='/muc/{n}'>Mục {n}</a></li>" for n in range(links))
    bodies.append(("<html><head><title>Tin %d</title><meta property='og:type' content='article'></head><body><ul>" + menu + "</ul><h1>Tin %d</h1>" + text + "</body></html>").encode())
last, shortest, asked = {}, {}, 0
async def serve(reader, writer):
    global asked
    with contextlib.suppress(ConnectionError):
        while line := await reader.readline():
            now = time.monotonic()
            while (await reader.readline()).strip():
                pass
            path, (host, port) = line.split()[1].decode(), writer.get_extra_info("sockname")[:2]
            asked += 1
            if host in last:
                shortest[host] = min(shortest.get(host, 9e9), now - last[host])
            last[host] = now
            status = "200 OK"
            if path == "/rss":
                items = "".join(f"<item><title>Tin {i}</title><link>http://{host}:{port}/{i}</link></item>" for i in range(pages))
                data = f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()
            elif path == "/robots.txt":
                data = f"User-agent: *\\nCrawl-delay: {delay}\\n".encode() if delay else b""
                status = "200 OK" if delay else "404 Not Found"
            else:
                data = bodies[int(path[1:]) % 20].replace(b"%d", path[1:].encode())
            writer.write(f"HTTP/1.1 {status}\\r\\nContent-Type: text/html; charset=utf-8\\r\\nContent-Length: {len(data)}\\r\\n\\r\\n".encode() + data)
            await writer.drain()
    writer.close()
async def main():
    first = await asyncio.start_server(serve, "127.1.0.1", 0)
    port = first.sockets[0].getsockname()[1]
    others = [await asyncio.start_server(serve, f"127.1.0.{n}", port) for n in range(2, hosts + 1)]
    print(port, flush=True)
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    await done.wait()
    print(json.dumps({"asked": asked, "hosts": len(last), "shortest": min(shortest.values(), default=0.0)}), flush=True)
asyncio.run(main())
"""


def address(number: int) -> str:
    """The host of that number, from 1 on."""
    return f"127.1.0.{number}"


@contextmanager
def sites(hosts: int, pages: int, *, delay_s: float = 0.0, paragraphs: int = 25, links: int = 120, report: dict[str, float] | None = None) -> Iterator[int]:
    """The port of all hosts; when it ends, `report` holds what they saw: requests, hosts asked, the shortest pause of any host in seconds."""
    command = [sys.executable, "-c", _SERVER, *map(str, (hosts, pages, delay_s, paragraphs, links))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.send_signal(signal.SIGTERM)
            seen = json.loads(server.stdout.readline() or "{}")
            if report is not None:
                report |= seen
