"""Where a checkout keeps its own, and how a start speaks to people. Standard library only: runs before anything is installed."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


DATA = ROOT / ".data"


def stop(message: str) -> None:
    """End with a sentence that names the fix."""
    sys.stdout.flush()
    sys.exit(message)


@contextlib.contextmanager
def begin(what: str) -> Iterator[Step]:
    """One line per step: `runtime packages ...` as it begins, `  2.1 s  runtime packages` in its place when it has ended.

    Where no terminal shows it, the first line stays, so that a log tells as much. A step may be `named` anew before it ends.
    """
    step = Step(what)
    began = time.monotonic()
    in_place = sys.stdout.isatty()
    print(f"     ...  {what}", end="" if in_place else "\n", flush=True)
    try:
        yield step
    except BaseException:
        if in_place:
            print(flush=True)
        raise
    print(f"{chr(13) if in_place else ''}{time.monotonic() - began:6.1f} s  {step.named}{ERASE if in_place else ''}", flush=True)


@dataclass
class Step:
    named: str


ERASE = "\x1b[K"
"""To the end of the line, on a terminal."""
