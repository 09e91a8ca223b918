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
from console.web_server.limits import Limits

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


class Ahead:
    """How much all streamed answers of a process have that nobody has read yet."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bytes = 0
        self.changed = threading.Condition()
        """Held for counting alone, never while a file is written: the loop waits for it, too."""


class Streamed:
    """What a thread has made of a streamed answer and nobody has read yet. The thread puts, the loop takes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ahead: Ahead) -> None:
        self.loop, self.ahead = loop, ahead
        self.gone = False
        self._unread = 0
        """Its part of `ahead.bytes`."""
        self._file = SpooledTemporaryFile(ahead.limits.ahead_in_memory)  # noqa: SIM115 (`let_go` closes it)
        self._made = self._taken = 0
        self._ended = False
        self._failed = False
        self._at_file = threading.Lock()
        self._more = asyncio.Event()

    def put(self, chunk: bytes) -> None:
        """In the thread. Waits where it is too far ahead; raises Gone when nobody reads any more."""
        with self.ahead.changed:
            self.ahead.changed.wait_for(lambda: self.gone or self._may_go_on())
            if self.gone:
                raise Gone
            self._unread += len(chunk)
            self.ahead.bytes += len(chunk)
        with self._at_file:
            if self.gone:
                raise Gone
            self._file.seek(self._made)
            self._file.write(chunk)
            self._made += len(chunk)
        tell(self.loop, self._more.set)

    def _may_go_on(self) -> bool:
        """Who reads as fast as it is made waits for nobody who does not."""
        limits = self.ahead.limits
        if self.ahead.bytes > limits.all_ahead_bytes:
            return self._unread <= min(limits.ahead_in_memory, limits.ahead_bytes)
        return self._unread <= limits.ahead_bytes

    def end(self, *, failed: bool) -> None:
        """In the thread: nothing more comes."""
        with self._at_file:
            self._ended, self._failed = True, failed
        tell(self.loop, self._more.set)

    async def take(self) -> bytes:
        """The next piece, empty at the end. Raises Gone after `let_go`, BrokenPipeError where it could not be made to its end."""
        while True:
            self._more.clear()
            with self._at_file:
                if self.gone:
                    raise Gone
                piece = self._piece()
                if not piece and self._failed:
                    raise BrokenPipeError
                ended = self._ended
            if piece or ended:
                self._count_down(len(piece))
                return piece
            await self._more.wait()

    def _piece(self) -> bytes:
        """Empty where all was taken that was made."""
        self._file.seek(self._taken)
        piece = self._file.read(min(PIECE, self._made - self._taken))
        self._taken += len(piece)
        if self._taken == self._made:  # begin anew, in memory where it was little
            self._taken = self._made = 0
            self._file.seek(0)
            self._file.truncate()
        return piece

    def let_go(self) -> None:
        """Nobody reads any more: the thread hears of it with its next chunk."""
        with self._at_file:
            self.gone = True
            self._file.close()
        self._count_down(0)
        tell(self.loop, self._more.set)

    def _count_down(self, number: int) -> None:
        """All that is left, where it is gone."""
        with self.ahead.changed:
            number = self._unread if self.gone else number
            self._unread -= number
            self.ahead.bytes -= number
            self.ahead.changed.notify_all()


def tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever would hear
        loop.call_soon_threadsafe(what)
