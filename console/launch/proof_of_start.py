"""`make proof-of-start`: clone this checkout to an empty folder, with an empty home, and time both starts.

Fails when the first page takes longer than 90 s the first time or 10 s the second, or when a process is left after a
SIGTERM to `make` alone. What is not committed is not in the clone. Standard library only.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from console.launch.where_to_listen import first_answer

LIMITS = (90, 10)
ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="allotment proof ") as folder:
        home, clone = Path(folder, "home"), Path(folder, "clone")
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("XDG_", "UV_CACHE", "DATABASE", "MAKE", "MFLAGS"))
        }
        port = free_port()
        env = {**kept, "HOME": str(home), "PORT": str(port), "UV_CACHE_DIR": str(home / "cache"), "PIP_NO_CACHE_DIR": "1"}
        for number, limit in enumerate(LIMITS, 1):
            took = time_start(clone, env, port)
            print(f"Start {number}: the first page after {took:.1f} s (limit {limit} s)", flush=True)
            left = processes_in(clone)
            if left:
                print(f"Left running: {left}")
            if took > limit or left:
                return 1
    return 0


def time_start(clone: Path, env: dict[str, str], port: int) -> float:
    """Seconds from `make run` to the first page; ends it by a SIGTERM to `make` alone."""
    began = time.monotonic()
    make = subprocess.Popen(["make", "run"], cwd=clone, env=env, stdin=subprocess.DEVNULL)
    try:
        while True:
            if make.poll() is not None:
                sys.exit(f"make run ended with status {make.returncode}")
            if first_answer(f"http://127.0.0.1:{port}/", patience=30) == 200:
                return time.monotonic() - began
            time.sleep(0.1)
    finally:
        make.send_signal(signal.SIGTERM)
        make.wait()


def processes_in(folder: Path) -> list[str]:
    """Command lines that name the folder; looked at until none is left, for at most 10 s."""
    deadline = time.monotonic() + 10
    while True:
        left = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_bytes()
            except OSError:
                continue
            if os.fsencode(folder) in line:
                left.append(line.replace(b"\0", b" ").decode(errors="replace"))
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
