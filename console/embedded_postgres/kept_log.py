"""The server's log: for its owner alone, a day in the file and a day in the one before it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import BinaryIO

KEPT_SECONDS = 24 * 3600
MOST_BYTES = 10_000_000


def opened(path: Path) -> BinaryIO:
    """The log, emptied. Whoever holds it adds at its end, wherever that is by then, so that it may be emptied meanwhile."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    os.fchmod(descriptor, 0o600)  # one that was there already
    return os.fdopen(descriptor, "wb")


def shorten(path: Path, since: float) -> float:
    """Put the log aside when it is a day old or too long; since when what it holds was written, on the clock that never jumps."""
    now = time.monotonic()
    if now - since < KEPT_SECONDS and path.stat().st_size < MOST_BYTES:
        return since
    before = path.with_suffix(".before.log")
    with opened(before) as aside, path.open("rb") as log:
        shutil.copyfileobj(log, aside)
    os.truncate(path, 0)
    return now
