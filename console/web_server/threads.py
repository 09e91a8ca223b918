"""The threads that work on requests, the line before them, and the answer that one makes.

A thread runs the WSGI application on a request that is there as a whole. An answer that is whole is handed to the loop at once;
one that is streamed is made ahead of whoever reads it, into memory and then a file (`Streamed`), so that its thread is free
when it is made, not when it is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from tempfile import SpooledTemporaryFile
from typing import Any

from console.web_server.body import Gone
from console.web_server.limits import Limits

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
type Headers = list[tuple[bytes, bytes]]

logger = logging.getLogger("allotment.web")
PIECE = 64 * 1024


class Streamed:
    """What a thread has made of a streamed answer and nobody has read yet. The thread puts, the loop takes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        self.loop, self.limits = loop, limits
        self.gone = False
        self._file = SpooledTemporaryFile(limits.ahead_in_memory)  # noqa: SIM115 (`let_go` closes it)
        self._made = self._taken = 0
        self._ended = False
        self._failed = False
        self._changed = threading.Condition()
        self._more = asyncio.Event()

    def put(self, chunk: bytes) -> None:
        """In the thread. Waits where it is too far ahead; raises Gone when nobody reads any more."""
        with self._changed:
            while self._made - self._taken > self.limits.ahead_bytes and not self.gone:
                self._changed.wait()
            if self.gone:
                raise Gone
            self._file.seek(self._made)
            self._file.write(chunk)
            self._made += len(chunk)
        _tell(self.loop, self._more.set)

    def end(self, *, failed: bool) -> None:
        """In the thread: nothing more comes."""
        with self._changed:
            self._ended, self._failed = True, failed
        _tell(self.loop, self._more.set)

    async def take(self) -> bytes:
        """The next piece, empty at the end. Raises Gone after `let_go`, BrokenPipeError where it could not be made to its end."""
        while True:
            self._more.clear()
            with self._changed:
                if self.gone:
                    raise Gone
                if self._taken < self._made:
                    return self._piece()
                if self._failed:
                    raise BrokenPipeError
                if self._ended:
                    return b""
            await self._more.wait()

    def _piece(self) -> bytes:
        self._file.seek(self._taken)
        piece = self._file.read(PIECE)
        self._taken += len(piece)
        if self._taken == self._made:  # begin anew, in memory where it was little
            self._taken = self._made = 0
            self._file.seek(0)
            self._file.truncate()
        self._changed.notify()
        return piece

    def let_go(self) -> None:
        """Nobody reads any more: the thread hears of it with its next chunk."""
        with self._changed:
            self.gone = True
            self._file.close()
            self._changed.notify()
        _tell(self.loop, self._more.set)


class Job:
    """A request and the answer to it. `begun` is set in the loop once the fields below it stand."""

    def __init__(self, environ: dict[str, Any], limits: Limits) -> None:
        self.environ, self.limits = environ, limits
        self.loop = asyncio.get_running_loop()
        self.asked_at = time.monotonic()
        self.dropped = False
        """Nobody waits for the answer: a thread that comes upon it passes on to the next."""
        self.begun = asyncio.Event()
        self.status = 0
        """0 where the request waited too long for a thread."""
        self.headers: Headers = []
        self.content = b""
        self.streamed: Streamed | None = None
        self._interrupt: Callable[[], None] | None = None
        self._interrupting = threading.Lock()

    def run(self, application: Application, interrupt: Callable[[], None]) -> None:
        """In a thread: the whole work on it. Raises nothing."""
        if self.dropped or time.monotonic() - self.asked_at > self.limits.line_seconds:
            _tell(self.loop, self.begun.set)
            return
        self._interrupt = interrupt
        try:
            # In a context of its own: what one request states is nothing to the next.
            contextvars.Context().run(self._answer, application)
        except Gone:
            pass
        except BaseException:
            logger.exception("A request was not answered.")
            self._begin(500, [(b"content-type", b"text/plain")], b"Something went wrong. Try again.\n")
        finally:
            with self._interrupting:
                self._interrupt = None

    def _answer(self, application: Application) -> None:
        said: list[tuple[str, list[tuple[str, str]]]] = []
        answer: Any = application(self.environ, lambda status, headers, error=None: said.append((status, headers)))
        try:
            status = int(said[-1][0].partition(" ")[0])
            headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in said[-1][1]]
            if getattr(answer, "streaming", True):
                self._stream(status, headers, answer)
            else:
                self._begin(status, headers, b"".join(answer))
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def _begin(self, status: int, headers: Headers, content: bytes) -> None:
        if not self.status:
            self.status, self.headers, self.content = status, headers, content
            _tell(self.loop, self.begun.set)

    def _stream(self, status: int, headers: Headers, chunks: Iterable[bytes]) -> None:
        self.streamed = streamed = Streamed(self.loop, self.limits)
        if self.dropped:  # looked at once it stands: `drop` looks the other way around
            streamed.let_go()
            raise Gone
        self._begin(status, headers, b"")
        try:
            for chunk in chunks:
                streamed.put(chunk)
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
        self._threads = [threading.Thread(target=self._work, name=f"web-{n + 1}", daemon=True) for n in range(number)]
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


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever would hear
        loop.call_soon_threadsafe(what)
