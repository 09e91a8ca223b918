"""A connection: uvicorn's, with limits for what is sent and deadlines for whoever sends or reads slowly.

Nothing here sets a timer: `end_overdue` goes over all connections of a process, once a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import sys
import termios
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from console.web_server.limits import Limits

AT_ONCE = 256 * 1024
"""So much the loop reads of a connection at a time."""

logger = logging.getLogger("allotment.web")


class Closing(Exception):
    """Nothing more is read: it ends the reading of what had come already."""


class Connection(HttpToolsProtocol):
    """`Config` of the process carries the limits: see `with_limits`."""

    limits = Limits()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_since: float | None = time.monotonic()
        """None while no head is awaited that has to be there in time."""
        self._bare_bytes = 0
        """What came of a request since it began, or since there last was something of its body."""
        self._in_request = False
        """From the first byte of a request to the last of its body."""
        self._answered_since: float | None = None
        """Since when a body goes on that was answered already."""
        self._idle_since: float | None = None
        self._unread_since: float | None = None
        self._unread = 0
        """How much of the answer waited to be read then."""
        self._ending = False
        self._cycles: list[RequestResponseCycle] = []
        """Requests that are not answered yet: several where they were sent one after the other without waiting."""

    # --- What is sent to us

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._refuse(503, "Retry-After: 5\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        for each in self._cycles:  # uvicorn tells the last one alone
            each.disconnected = each.disconnected or not each.response_complete
            each.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._in_request:
            self._bare_bytes += len(data)
            # After the head: lengths of chunks with all they may carry, and trailers. The last of a body may come with them.
            more = 0 if self._head_since is not None else AT_ONCE
            if self._bare_bytes > self.limits.head_bytes + more:
                self._refuse(431)

    def on_message_begin(self) -> None:
        if self.transport.is_closing():
            raise Closing
        super().on_message_begin()
        self._in_request = True
        self._bare_bytes = 0
        if self._head_since is None:
            self._head_since = time.monotonic()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_since is not None:  # a trailer after a body in chunks is no header
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_since = None
        if self.transport.is_closing():
            return
        if len(self.url) > self.limits.address_bytes:
            self._refuse(414)
        elif len(self.headers) > self.limits.headers or self._size() > self.limits.head_bytes:
            self._refuse(431)
        elif len(self._unanswered()) >= self.limits.unanswered:
            self._refuse(429)
        else:
            super().on_headers_complete()
            self._cycles = [*self._unanswered(), self.cycle]
            if self._ending or self.parser.should_upgrade():  # what follows the latter is no HTTP to the parser
                self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._bare_bytes = 0
        if self.cycle is not None and not self.transport.is_closing():  # the body of what was refused is nobody's
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_request = False
        if self.cycle is not None and not self.transport.is_closing():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400)

    def _unanswered(self) -> list[RequestResponseCycle]:
        return [each for each in self._cycles if not each.response_complete]

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _refuse(self, status: int, header: str = "") -> None:
        phrase = HTTPStatus(status).phrase
        kind = "Content-Type: text/plain; charset=utf-8\r\n"
        head = f"HTTP/1.1 {status} {phrase}\r\n{header}{kind}Content-Length: {len(phrase) + 1}\r\n"
        if self.transport.is_closing():
            return
        if not any(each.response_started for each in self._unanswered()):  # it would pass for a piece of that answer
            self.transport.write(f"{head}Connection: close\r\n\r\n{phrase}\n".encode())
        self.transport.close()

    # --- Deadlines

    def end_if_overdue(self, now: float) -> None:
        """Cut off who sends a head, or reads an answer, too slowly."""
        limits = self.limits
        if self._head_since is not None and now - self._head_since > limits.head_seconds:
            self._refuse(408)
            self._head_since = None
        if self._in_request and self.cycle is not None and self.cycle.response_complete:
            self._answered_since = self._answered_since or now
            if now - self._answered_since > limits.discard_seconds:
                self.transport.abort()
        else:
            self._answered_since = None
        if self._in_request or self._head_since is not None or not (self.cycle and self.cycle.response_complete):
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since > limits.keep_alive_seconds:  # uvicorn's own wait ends with an empty line
            self.transport.close()
        unread = self._not_read_yet()
        if not unread:
            self._unread_since = None
        elif self._unread_since is None or self._unread - unread >= limits.stall_bytes:
            self._unread_since, self._unread = now, unread
        elif now - self._unread_since > limits.stall_seconds:
            self.transport.abort()

    def _not_read_yet(self) -> int:
        """Bytes of answers: ours, and where we have some, the system's. Of ours alone it takes a megabyte at a time."""
        ours = self.transport.get_write_buffer_size()
        if not ours:
            return 0
        with contextlib.suppress(OSError):
            asked = fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
            return ours + int.from_bytes(asked, sys.byteorder)
        return ours

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread_since = None  # enough was read that more is written

    # --- The end of the process

    def shutdown(self) -> None:
        """Answer what is under way, and what is on its way: a proxy may just have sent it over a connection it kept."""
        self._ending = True
        if self.cycle is None or self.cycle.response_complete:
            self._unset_keepalive_if_required()
            self.loop.call_later(self.limits.last_requests_seconds, self._close_if_idle)
        else:
            self.cycle.keep_alive = False

    def _close_if_idle(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def with_limits(limits: Limits) -> type[Connection]:
    return type("Connection", (Connection,), {"limits": limits})


async def end_overdue(connections: Iterable[Connection], every: float = 1) -> None:
    """Until it is cancelled."""
    while True:
        await asyncio.sleep(every)
        now = time.monotonic()
        for connection in list(connections):
            try:
                connection.end_if_overdue(now)
            except Exception:  # one must not keep the others from their deadlines
                logger.exception("A connection was not looked after.")
                connection.transport.abort()
