"""Processes that an earlier start has left behind, since it was killed: known by a mark, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "ALLOTMENT_RUN"


STOP_SECONDS = 10


def processes_marked(mark: str) -> Iterator[int]:
    """Processes whose environment holds the mark; none where the system has no /proc."""
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)


def end_marked(mark: object, but: int = 0) -> None:
    """End what an earlier start has left: asked first, killed after `STOP_SECONDS`."""
    if not isinstance(mark, str) or not mark:
        return
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
        left = [pid for pid in processes_marked(mark) if pid != but]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = [pid for pid in processes_marked(mark) if pid != but]
        if not left:
            return
