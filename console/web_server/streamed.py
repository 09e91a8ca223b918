"""Answers that do not come as a whole: made ahead of whoever reads them, or lying in a file."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

from console.web_server.body import Gone

PIECE = 64 * 1024
AT_LEAST_EVERY = 0.2
"""Seconds after which what was made goes out, however little it is."""


def in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces, for each costs a turn of the loop; the first at once."""
    kept: list[bytes] = []
    size, since = PIECE, 0.0
    for chunk in chunks:
        kept.append(chunk)
        size += len(chunk)
        if size >= PIECE or time.monotonic() - since > AT_LEAST_EVERY:
            yield b"".join(kept)
            kept, size, since = [], 0, time.monotonic()
    if kept:
        yield b"".join(kept)


class OpenFile:
    """A file as an answer: no thread is needed to read it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.gone = False

    async def take(self) -> bytes:
        """The next piece, empty at the end."""
        return b"" if self.gone else self._file.read(PIECE)

    def let_go(self) -> None:
        self.gone = True
        self._file.close()


class Streamed:
    """What a thread has made of a streamed answer and nobody has read yet. The thread puts, the loop takes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, in_memory: int, ahead: int) -> None:
        self.loop, self.ahead = loop, ahead
        self.gone = False
        self._file = SpooledTemporaryFile(in_memory)  # noqa: SIM115 (`let_go` closes it)
        self._made = self._taken = 0
        self._ended = False
        self._failed = False
        self._changed = threading.Condition()
        self._more = asyncio.Event()

    def put(self, chunk: bytes) -> None:
        """In the thread. Waits where it is too far ahead; raises Gone when nobody reads any more."""
        with self._changed:
            while self._made - self._taken > self.ahead and not self.gone:
                self._changed.wait()
            if self.gone:
                raise Gone
            self._file.seek(self._made)
            self._file.write(chunk)
            self._made += len(chunk)
        tell(self.loop, self._more.set)

    def end(self, *, failed: bool) -> None:
        """In the thread: nothing more comes."""
        with self._changed:
            self._ended, self._failed = True, failed
        tell(self.loop, self._more.set)

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
        tell(self.loop, self._more.set)


def tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever would hear
        loop.call_soon_threadsafe(what)
