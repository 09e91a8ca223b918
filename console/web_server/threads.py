"""The threads that work on requests, the line before them, and the answer that one makes.

A thread runs the WSGI application on a request that is there as a whole, and is free once the answer is made, not when it is
read: see `streamed.py` for one that does not come as a whole.
"""

from __future__ import annotations

import asyncio
import contextvars
import io
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Any

from console.serving.room_for_calls import with_room_for_calls
from console.web_server.body import Gone
from console.web_server.limits import Limits
from console.web_server.streamed import Ahead, OpenFile, Streamed, in_pieces, tell

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
type Headers = list[tuple[bytes, bytes]]

logger = logging.getLogger("allotment.web")


class Job:
    """A request and the answer to it. `begun` is set in the loop once the fields below it stand."""

    def __init__(self, environ: dict[str, Any], limits: Limits, ahead: Ahead) -> None:
        self.environ, self.limits, self.ahead = environ, limits, ahead
        self.loop = asyncio.get_running_loop()
        self.asked_at = time.monotonic()
        self.dropped = False
        """Nobody waits for the answer: a thread that comes upon it passes on to the next."""
        self.begun = asyncio.Event()
        self.status = 0
        """0 where the request waited too long for a thread."""
        self.headers: Headers = []
        self.content = b""
        self.streamed: Streamed | OpenFile | None = None
        self._interrupt: Callable[[], None] | None = None
        self._interrupting = threading.Lock()

    def run(self, application: Application, interrupt: Callable[[], None]) -> None:
        """In a thread: the whole work on it. Raises nothing."""
        if self.dropped or time.monotonic() - self.asked_at > self.limits.line_seconds:
            tell(self.loop, self.begun.set)
            return
        self._interrupt = interrupt
        try:
            # In a context of its own: what one request states is nothing to the next.
            contextvars.Context().run(self._answer, application)
        except Gone:
            pass
        except BaseException:
            logger.exception("A request was not answered.")
            self._begin(500, [(b"content-type", b"text/plain; charset=utf-8")], b"Something went wrong. Try again.\n")
        finally:
            with self._interrupting:
                self._interrupt = None

    def _answer(self, application: Application) -> None:
        said: list[tuple[str, list[tuple[str, str]]]] = []
        answer: Any = application(self.environ, lambda status, headers, error=None: said.append((status, headers)))
        try:
            status = int(said[-1][0].partition(" ")[0])
            headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in said[-1][1]]
            file = getattr(answer, "file_to_stream", None)
            if isinstance(file, io.BufferedReader):
                self.streamed = OpenFile(os.fdopen(os.dup(file.fileno()), "rb"))  # its own, since `answer` closes it
                self._begin(status, headers, b"")
            elif getattr(answer, "streaming", True):
                self._stream(status, headers, answer)
            else:
                self._begin(status, headers, b"".join(answer))
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def _begin(self, status: int, headers: Headers, content: bytes) -> None:
        if not self.status:
            self.status, self.headers, self.content = status, headers, content
            tell(self.loop, self.begun.set)

    def _stream(self, status: int, headers: Headers, chunks: Iterable[bytes]) -> None:
        self.streamed = streamed = Streamed(self.loop, self.ahead)
        if self.dropped:  # looked at once it stands: `drop` looks the other way around
            streamed.let_go()
            raise Gone
        self._begin(status, headers, b"")
        try:
            for piece in in_pieces(chunks):
                streamed.put(piece)
        except Gone:
            raise
        except BaseException:
            streamed.end(failed=True)
            raise
        streamed.end(failed=False)

    def drop(self) -> None:
        self.dropped = True
        if self.streamed is not None:
            self.streamed.let_go()

    def interrupt(self) -> None:
        """Cancel what a thread waits for on its behalf, if one works on it. May take seconds."""
        with self._interrupting:
            if self._interrupt is not None:
                self._interrupt()


class Threads:
    """`number` threads with a line of at most `line` requests before them.

    `each` is called once in each thread; what it returns cancels whatever that thread waits for, from another one.
    """

    def __init__(self, application: Application, number: int, line: int, each: Callable[[], Callable[[], None]]) -> None:
        self.application, self.line, self.each = application, line, each
        self._line: SimpleQueue[Job | None] = SimpleQueue()
        work = with_room_for_calls(self._work)
        self._threads = [threading.Thread(target=work, name=f"web-{n + 1}", daemon=True) for n in range(number)]
        for thread in self._threads:
            thread.start()

    def offer(self, job: Job) -> bool:
        """Whether there was room in the line."""
        if self._line.qsize() >= self.line:
            return False
        self._line.put(job)
        return True

    def stop(self) -> None:
        for _ in self._threads:
            self._line.put(None)

    def _work(self) -> None:
        interrupt = self.each()
        while (job := self._line.get()) is not None:
            job.run(self.application, interrupt)
            del job  # what it holds goes now, not when the next one comes
