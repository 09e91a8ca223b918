"""Where a checkout keeps its own, and how a start speaks to people. Standard library only: runs before anything is installed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


DATA = ROOT / ".data"


def stop(message: str) -> None:
    """End with a sentence that names the fix."""
    sys.stdout.flush()
    sys.exit(message)


def say(what: str, since: float) -> None:
    """One line per step, with its seconds: `  2.1 s  .venv with Python 3.13`."""
    print(f"{time.monotonic() - since:6.1f} s  {what}", flush=True)
