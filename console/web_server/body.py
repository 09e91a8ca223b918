"""The body of a request, read to its end before anybody works on it: in the loop, with deadlines, beyond some KB into a file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from console.web_server.limits import Limits

type Receive = Callable[[], Awaitable[dict[str, Any]]]


class Refused(Exception):
    """Not read to its end: the status to answer, with a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Gone(Exception):
    """Whoever asked has closed the connection."""


class Bodies:
    """All bodies of a process, and how much they are together."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bytes = 0

    @contextmanager
    def body_of(self) -> Iterator[Body]:
        """Room for one body, given back at the end."""
        body = Body(self)
        try:
            yield body
        finally:
            self.bytes -= body.read
            body.file.close()


class Body:
    def __init__(self, bodies: Bodies) -> None:
        self.bodies = bodies
        self.read = 0
        self.file: IO[bytes] = SpooledTemporaryFile(bodies.limits.body_in_memory)  # noqa: SIM115 (Bodies closes it)
        self.length: int | None = None
        """As it is told to the application; None where there is no body."""

    async def read_from(self, receive: Receive, headers: list[tuple[bytes, bytes]]) -> None:
        """Until its end, or a little over what is allowed, so that the application says so. Raises Refused or Gone."""
        limits = self.bodies.limits
        declared = next((value for name, value in headers if name == b"content-length"), None)
        chunked = any(name == b"transfer-encoding" for name, _ in headers)
        if declared is None and not chunked:
            return
        if declared is not None and int(declared) > limits.body_bytes:
            self.length = int(declared)  # unread: by its length alone it is too much
            return
        try:
            async with asyncio.timeout(limits.body_seconds):
                while await self._one_part(receive):
                    if self.read > limits.body_bytes:
                        break
        except TimeoutError:
            raise Refused(408, "The request did not arrive in time. Send it again.") from None
        self.length = self.read
        self.file.seek(0)

    async def _one_part(self, receive: Receive) -> bool:
        """Whether more is to come."""
        async with asyncio.timeout(self.bodies.limits.body_idle_seconds):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        self.read += len(part)
        self.bodies.bytes += len(part)
        if self.bodies.bytes > self.bodies.limits.bodies_bytes:
            raise Refused(503, "Too much is being sent at the moment. Try again in a few seconds.")
        self.file.write(part)
        return bool(message.get("more_body", False))
