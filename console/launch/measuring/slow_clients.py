"""Clients that send and read slowly, clients that ask meanwhile, and a crowd that asks for pages: asyncio and nothing else.

Every count is a number of clients, every time seconds. Addresses may be https; whose certificate it is does not matter here.

The slow ones are a process of their own, `python -m console.launch.measuring.slow_clients`: whoever asks meanwhile would else
measure them.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

type Kind = Callable[[Site, asyncio.Event], Awaitable[None]]

ROOT = Path(__file__).resolve().parents[3]

PATIENCE = 30.0
DRIP = 1.0
"""From one byte to the next."""
SOURCES = itertools.cycle(f"127.0.8.{number}" for number in range(1, 101))
"""Whoever asks this machine comes from as many of its addresses in turn, as people do: proxies limit what comes from one."""
BEGINNING = 60
"""So many slow clients begin in a second: all at once would be cut off, and come again, at once for ever."""


@functools.cache
def _believing_anybody() -> ssl.SSLContext:
    """One for all: to make it takes as long as some connections."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@dataclass(frozen=True)
class Site:
    """Where the console answers, and the cookie of somebody who has signed in (may be empty)."""

    address: str
    cookie: str = ""

    def tls(self) -> ssl.SSLContext | None:
        return _believing_anybody() if urlsplit(self.address).scheme == "https" else None

    async def connect(self, *, little: bool = False) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """`little`: this machine takes up a few KB that nobody reads, not the megabytes that it is used to."""
        parts, context = urlsplit(self.address), self.tls()
        host, port = str(parts.hostname), parts.port or (443 if context else 80)
        limit = 1024 if little else 2**16
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = next((each for each in found if each[0] == socket.AF_INET), found[0])
        mine = socket.socket(family, kind, protocol)
        try:
            if little:
                mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            if family == socket.AF_INET and str(address[0]).startswith("127."):
                mine.bind((next(SOURCES), 0))
            mine.setblocking(False)
            await asyncio.get_running_loop().sock_connect(mine, address)
            return await asyncio.open_connection(sock=mine, ssl=context, limit=limit, server_hostname=host if context else None)
        except BaseException:
            mine.close()
            raise

    def head(self, path: str, method: str = "GET", *more: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(self.address).netloc}", *more]
        if self.cookie:
            lines.append(f"Cookie: {self.cookie}")
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Answer:
    """`status` 0 where none came; `took` until its last byte."""

    status: int
    took: float
    headers: dict[str, str] = field(default_factory=dict)
    problem: str = ""


async def ask(site: Site, path: str, patience: float = PATIENCE) -> Answer:
    """Over a connection of its own."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(patience):
            reader, writer = await site.connect()
            try:
                writer.write(site.head(path, "GET", "Connection: close"))
                status, headers = await _read_head(reader)
                await reader.read()
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError, ValueError) as problem:
        return Answer(0, time.monotonic() - began, problem=repr(problem))
    return Answer(status, time.monotonic() - began, headers)


# --- Slow ones. Each begins anew where it is cut off, until it is cancelled.


async def slow_heads(site: Site, begun: asyncio.Event) -> None:
    """A head that never ends."""
    async with _connected(site, begun) as (_, writer):
        writer.write(site.head("/accounts/login/")[:-2])
        while not writer.is_closing():
            await asyncio.sleep(DRIP)
            writer.write(b"X-More: 1\r\n")
            await writer.drain()


async def slow_bodies(site: Site, begun: asyncio.Event) -> None:
    """A sign-in that is sent byte by byte, with what it takes to be read."""
    kind = "application/x-www-form-urlencoded"
    async with _connected(site, begun) as (_, writer):
        cookie = "Cookie: csrftoken=abcdefghijklmnopqrstuvwxyzABCDEF"
        writer.write(
            Site(site.address).head("/accounts/login/", "POST", f"Content-Type: {kind}", "Content-Length: 10000", cookie)
        )
        while not writer.is_closing():
            await asyncio.sleep(DRIP)
            writer.write(b"a")
            await writer.drain()


def slow_readers(path: str) -> Kind:
    """Asks for what is large, again and again, and reads a few bytes now and then."""

    async def slow_reader(site: Site, begun: asyncio.Event) -> None:
        async with _connected(site, begun) as (reader, writer):
            writer.write(site.head(path) * 4)
            while data := await reader.read(100):
                assert data
                await asyncio.sleep(DRIP)

    return slow_reader


@contextlib.contextmanager
def slowed(site: Site, number: int, large: str) -> Iterator[None]:
    """`number` slow clients of each kind, as long as the block lasts; each has been connected when it begins, or tried to be."""
    command = [sys.executable, "-m", "console.launch.measuring.slow_clients"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(json.dumps([site.address, site.cookie, number, large]) + "\n")
            process.stdin.flush()
            if not process.stdout.readline():
                raise RuntimeError("There are no slow clients: see above.")
            yield
        finally:
            process.stdin.close()  # it ends with that


async def _slow_ones(site: Site, number: int, large: str) -> None:
    """Until standard input ends."""
    kinds = [slow_heads, slow_bodies, slow_readers(large)] * number
    begun, clients = [asyncio.Event() for _ in kinds], []
    for kind, event in zip(kinds, begun, strict=True):
        clients.append(asyncio.create_task(_again_and_again(kind, event, site)))
        await asyncio.sleep(1 / BEGINNING)
    for event in begun:
        await event.wait()
    print("begun", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for client in clients:
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)


async def _again_and_again(kind: Kind, begun: asyncio.Event, site: Site) -> None:
    while True:
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            await kind(site, begun)
        begun.set()
        await asyncio.sleep(DRIP)


# --- Those who ask meanwhile


async def asking(by_path: dict[str, Site], seconds: float, every: float = 0.25) -> dict[str, list[Answer]]:
    """Each path in turn, a question every `every` seconds, however long the answers take."""
    asked: dict[str, list[asyncio.Task[Answer]]] = {path: [] for path in by_path}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for path, site in by_path.items():
            asked[path].append(asyncio.create_task(ask(site, path)))
            await asyncio.sleep(every)
    return {path: list(await asyncio.gather(*tasks)) for path, tasks in asked.items()}


class Lateness:
    """By how much the process that asks comes late itself, where others have its processor: no answer is told to be quicker."""

    def __init__(self) -> None:
        self.most = 0.0

    async def watch(self, every: float = 0.05) -> None:
        """Until it is cancelled."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(every)
            self.most = max(self.most, time.monotonic() - began - every)


@dataclass
class Crowd:
    """What came of it: answers of 200, of 503 with `Retry-After`, and all others by what they were."""

    seconds: float
    served: int = 0
    told_to_wait: int = 0
    others: dict[str, int] = field(default_factory=dict)

    @property
    def a_second(self) -> float:
        return self.served / self.seconds


async def crowd(site: Site, number: int, path: str, seconds: float) -> Crowd:
    """`number` clients that ask for a page again and again; one that is told to wait waits as long as it is told."""
    found = Crowd(seconds)
    until = time.monotonic() + seconds

    async def client() -> None:
        while time.monotonic() < until:
            answer = await ask(site, path, 60)
            if answer.status == 200:
                found.served += time.monotonic() < until
            elif answer.status == 503 and answer.headers.get("retry-after", "").isdecimal():
                found.told_to_wait += 1
                await asyncio.sleep(int(answer.headers["retry-after"]))
            else:
                said = answer.problem or str(answer.status)
                found.others[said] = found.others.get(said, 0) + 1

    await asyncio.gather(*(client() for _ in range(number)))
    return found


# --- HTTP, as much as is needed


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    return int(head[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


@contextlib.asynccontextmanager
async def _connected(site: Site, begun: asyncio.Event) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await site.connect(little=True)
    begun.set()
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


if __name__ == "__main__":
    address, cookie, number, large = json.loads(sys.stdin.readline())
    asyncio.run(_slow_ones(Site(address, cookie), number, large))
