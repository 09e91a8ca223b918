"""What stands between the connections and the threads, in the loop of a web process: an ASGI application around a WSGI one.

Reads the request to its end, then lets a thread work on it; answers `/healthz` without one, lets `/readyz` have one of its own,
and says 503 with `Retry-After` when all threads are busy and the line before them is full.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from console.web_server.body import Bodies, Gone, Receive, Refused
from console.web_server.environ import environ_of
from console.web_server.limits import Limits
from console.web_server.streamed import Ahead, OpenFile, Streamed
from console.web_server.threads import Application, Headers, Job, Threads

type Send = Callable[[dict[str, Any]], Awaitable[None]]
type Answer = tuple[int, Headers, bytes]

HEALTH, READINESS = "/healthz", "/readyz"
SAFE = ("GET", "HEAD")
SOON = 0.5
"""Seconds. Most answers are there by then, and nobody need watch whether who asked is still there."""
RETRY_AFTER = 5
TOLD_SLOWLY = 500
"""At most so many wait at a time to hear that they should come again."""
TOLD_OF_EVERY = 10
"""Seconds. So often a line says how many were told to come again."""
OF_ONE_ANSWER = {b"content-type", b"content-length", b"content-encoding", b"content-language", b"etag", b"x-request-id"}

logger = logging.getLogger("allotment.web")


class Front:
    """`health` and `busy` are answers made beforehand; see `made_beforehand`."""

    def __init__(
        self,
        application: Application,
        *,
        threads: int,
        limits: Limits,
        health: Answer,
        busy: bytes = b"Everybody is being served. Try again in a few seconds.\n",
        each: Callable[[], Callable[[], None]] = lambda: lambda: None,
    ) -> None:
        self.limits = limits
        self.pages = Threads(application, threads, limits.line, each)
        self.probes = Threads(application, 1, limits.line, each)
        self.bodies = Bodies(limits)
        self.ahead = Ahead(limits)
        self.health = health
        self.busy = busy
        self._told_slowly = self._told = 0
        self._told_since: float | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path, safe = scope["path"], scope["method"] in SAFE
        if path == HEALTH and safe:
            await _send_whole(send, *self.health)
            return
        threads = self.probes if path == READINESS and safe else self.pages
        try:
            with self.bodies.body_of() as body:
                await body.read_from(receive, scope["headers"])
                job = Job(environ_of(scope, body.file, body.length), self.limits, self.ahead)
                if threads.offer(job):
                    await self._answered(job, receive)
                if job.status and job.streamed is None:
                    await _send_whole(send, job.status, job.headers, job.content)
                elif job.streamed is not None:
                    await self._send_streamed(scope, job, job.streamed, receive, send)
                else:
                    await self._send_busy(send)
        except Refused as refused:
            await self._send_sentence(send, refused.status, str(refused))
        except Gone:
            pass

    # --- Waiting for a thread's answer

    async def _answered(self, job: Job, receive: Receive) -> None:
        """Until the answer has begun, or it is given up: `job.status` is 0 then. Raises Gone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SOON):
                await job.begun.wait()
                return
        begun = asyncio.ensure_future(job.begun.wait())
        # What is sent to be written is carried out, whether or not somebody waits to hear of it.
        gone = asyncio.ensure_future(_gone(receive)) if job.environ["REQUEST_METHOD"] in SAFE else None
        try:
            waiting = {each for each in (begun, gone) if each}
            await asyncio.wait(waiting, timeout=self.limits.answer_seconds, return_when=asyncio.FIRST_COMPLETED)
            if job.begun.is_set():
                return
            job.drop()
            if gone is not None and gone.done():
                raise Gone
            await asyncio.to_thread(job.interrupt)
            with contextlib.suppress(TimeoutError):  # what the application says to that
                async with asyncio.timeout(SOON * 4):
                    await job.begun.wait()
        finally:
            begun.cancel()
            if gone is not None:
                gone.cancel()

    # --- Sending

    async def _send_streamed(
        self, scope: dict[str, Any], job: Job, streamed: Streamed | OpenFile, receive: Receive, send: Send
    ) -> None:
        """Piece by piece, as fast as it is read: whoever reads too slowly is cut off by the connection."""
        gone = asyncio.ensure_future(_gone(receive))
        gone.add_done_callback(lambda _: job.drop())
        try:
            headers = job.headers
            if scope["http_version"] == "1.0" and all(name.lower() != b"content-length" for name, _ in headers):
                content = await self._whole(job, streamed)  # it knows no pieces
                await _send_whole(send, job.status, [*headers, (b"content-length", b"%d" % len(content))], content)
                return
            await send({"type": "http.response.start", "status": job.status, "headers": headers})
            if scope["method"] != "HEAD":
                while piece := await self._next(job, streamed):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    if streamed.gone:
                        raise Gone
            await send({"type": "http.response.body", "body": b""})
        finally:
            job.drop()
            gone.cancel()

    async def _next(self, job: Job, streamed: Streamed | OpenFile) -> bytes:
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                return await streamed.take()
        except TimeoutError:
            await asyncio.to_thread(job.interrupt)
            raise

    async def _whole(self, job: Job, streamed: Streamed | OpenFile) -> bytes:
        found = io.BytesIO()
        while piece := await self._next(job, streamed):
            found.write(piece)
            if found.tell() > self.limits.ahead_bytes // 4:
                raise Gone
        return found.getvalue()

    async def _send_busy(self, send: Send) -> None:
        self._count_busy()
        if self._told_slowly < TOLD_SLOWLY:
            self._told_slowly += 1
            try:
                await asyncio.sleep(self.limits.refusal_seconds)
            finally:
                self._told_slowly -= 1
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"retry-after", b"%d" % RETRY_AFTER)]
        await _send_whole(send, 503, [*self._headers(), *headers], self.busy)

    def _count_busy(self) -> None:
        self._told += 1
        now = time.monotonic()
        if self._told_since is None or now - self._told_since > TOLD_OF_EVERY:
            logger.warning(
                "All threads are busy and the line before them is full: told to come again since the last such line: %d",
                self._told,
            )
            self._told, self._told_since = 0, now

    async def _send_sentence(self, send: Send, status: int, sentence: str) -> None:
        """The rest of the body is not read: the connection ends with it."""
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        if status == 503:
            headers.append((b"retry-after", b"%d" % RETRY_AFTER))
        await _send_whole(send, status, [*self._headers(), *headers], f"{sentence}\n".encode())

    def _headers(self) -> Headers:
        """What every answer says to browsers, as the answer about health has it."""
        return [(name, value) for name, value in self.health[1] if name.lower() not in OF_ONE_ANSWER]


async def _gone(receive: Receive) -> None:
    """Ends when who asked has closed the connection. Only once the body was read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_whole(send: Send, status: int, headers: Headers, content: bytes) -> None:
    names = {name.lower() for name, _ in headers}
    if status in (204, 304):
        headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        content = b""
    elif b"content-length" not in names:
        headers = [*headers, (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def made_beforehand(application: Application, path: str, host: str) -> Answer:
    """The answer of the application to a question that comes from this machine, over TLS."""
    scope = {
        "method": "GET",
        "raw_path": path.encode(),
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "https",
        "server": (host, 443),
        "client": ("127.0.0.1", 0),
        "headers": [(b"host", host.encode())],
    }
    said: list[tuple[str, list[tuple[str, str]]]] = []
    answer: Any = application(environ_of(scope, io.BytesIO(), None), lambda status, headers: said.append((status, headers)))
    try:
        content = b"".join(answer)
    finally:
        answer.close()
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in said[-1][1] if name.lower() != "x-request-id"]
    return int(said[-1][0].partition(" ")[0]), headers, content
