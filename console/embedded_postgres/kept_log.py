"""The server's log: for its owner alone, a day in the file and a day in the one before it."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

ERRORS_OF_STATEMENTS = "log_min_messages"
"""Set to `log` for a role, the errors of its statements stay out of the log: who asked is told of them, and they repeat values
("invalid input syntax for type integer: …"). What the server does by itself is logged as ever.
"""
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


LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC \[\d+\] (?P<level>[A-Z]+[1-5]?):  (?P<words>.*)")
OF_THE_SERVER = ("LOG", "WARNING", "FATAL", "PANIC")
STATEMENTS = re.compile(r"(statement|execute|parse|bind|duration|fastpath)\b.*:")
"""How lines begin that the server writes where it is told to log statements, or slow ones."""


def with_values(lines: Iterable[str]) -> list[str]:
    """The lines that may hold a statement or a value of one: errors of statements, details, what goes on from another line."""
    found = []
    for line in lines:
        said = LINE.fullmatch(line)
        if said is None or said["level"] not in OF_THE_SERVER or (said["level"] == "LOG" and STATEMENTS.match(said["words"])):
            found.append(line)
    return found
