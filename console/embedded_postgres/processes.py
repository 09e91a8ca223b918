"""Processes of a server: which one runs on a folder of data, whether it is alive, and that it ends with its parent."""

import contextlib
import ctypes
import ctypes.util
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path


def read_pid_file(cluster: Path) -> tuple[int, Path] | None:
    """Process id and socket folder of the server that runs on `cluster`; None where none does."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        pid, sockets = int(lines[0]), Path(lines[4])
    except (OSError, ValueError, IndexError):
        return None
    if not is_alive(pid):
        return None
    with contextlib.suppress(OSError):
        if os.fsencode(cluster.resolve()) not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return None  # the id is another program's by now
    return pid, sockets


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends the signal when the parent dies, killed or not. Linux only, else None."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(ctypes.util.find_library("c")).prctl
    set_parent_death_signal = 1

    def ask_the_kernel() -> None:
        prctl(set_parent_death_signal, int(number))

    return ask_the_kernel


def is_alive(pid: int) -> bool:
    """Does the process exist and is not merely waiting to be reaped?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return True
