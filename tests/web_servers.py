"""A web process's loop in a thread of the test, around a small application of its own, with limits as small as a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import uvicorn

from console.web_server.front import Front
from console.web_server.limits import Limits
from console.web_server.listening import Shared
from console.web_server.process import serve, server_of

PATIENCE = 30
type Start = Callable[[str, list[tuple[str, str]]], None]


class Whole:
    """An answer that is there as a whole, as Django makes most."""

    streaming = False

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        return iter([self.content])

    def close(self) -> None:
        pass


class Pieces:
    """A streamed one; `closed` is set once nobody makes any more of it."""

    streaming = True

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = iter(pieces)
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces

    def close(self) -> None:
        self.closed.set()


@dataclass
class Served:
    port: int
    front: Front
    server: uvicorn.Server
    ended: threading.Event

    def connect(self) -> socket.socket:
        found = socket.create_connection(("127.0.0.1", self.port))
        found.settimeout(PATIENCE)
        return found

    def send(self, request: bytes) -> bytes:
        """Send it over a connection of its own, and read until the server ends that, or has answered it."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_answer(connection, to_head=request.startswith(b"HEAD"))

    def get(self, path: str = "/", *more: str) -> bytes:
        return self.send("\r\n".join([f"GET {path} HTTP/1.1", "Host: a", *more, "", ""]).encode())


def read_answer(connection: socket.socket, *, to_head: bool = False) -> bytes:
    """One answer, by its own length; empty where the server ended the connection."""
    found = b""
    while b"\r\n\r\n" not in found:
        if not (data := connection.recv(65536)):
            return found
        found += data
    head, _, body = found.partition(b"\r\n\r\n")
    names = {line.partition(b":")[0].lower(): line.partition(b":")[2].strip() for line in head.split(b"\r\n")[1:]}
    length = 0 if to_head else int(names.get(b"content-length", b"0"))
    chunked, parts, size, tail = b"transfer-encoding" in names and not to_head, [body], len(body), body[-5:]
    while tail != b"0\r\n\r\n" if chunked else size < length:
        if not (data := connection.recv(2**20)):
            break
        parts.append(data)
        size, tail = size + len(data), (tail + data)[-5:]
    return b"".join([head, b"\r\n\r\n", *parts])


@contextlib.contextmanager
def served(
    application: Callable[[dict[str, Any], Start], Iterable[bytes]],
    *,
    threads: int = 2,
    each: Callable[[], Callable[[], None]] = lambda: lambda: None,
    every: float = 0.05,
    **limits: float,
) -> Iterator[Served]:
    small: Any = {"refusal_seconds": 0, "last_requests_seconds": 0.1, **limits}
    granted = replace(Limits(), **small)
    health = (200, [(b"content-type", b"text/plain"), (b"x-frame-options", b"DENY")], b"ok\n")
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port, listening = opened.getsockname()[1], Shared(fileno=socket.dup(opened.fileno()))
    front = Front(application, threads=threads, limits=granted, health=health, each=each)
    server, ready, ended = server_of(front, granted), threading.Event(), threading.Event()

    def run() -> None:
        asyncio.run(serve(server, listening, ready.set, every))
        ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield Served(port, front, server, ended)
    finally:
        server.should_exit = server.force_exit = True
        thread.join(PATIENCE)
        front.pages.stop()
        front.probes.stop()
