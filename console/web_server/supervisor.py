"""Keeps the web processes: starts them, replaces one that dies, renews them one by one, ends them in order."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType

from console.embedded_postgres import end_with_parent
from console.web_server.limits import Limits

READY_SECONDS = 120
"""Until a process takes requests; on a busy machine reading the code takes some of them."""
END_SECONDS = Limits().end_seconds + 5
PAUSE_SECONDS = 2
"""Before the next try, where a process ended before it took requests."""
MOST_TRIES = 5
OPEN_FILES = 65_536


class KeepsEnding(Exception):
    """No process gets as far as taking requests; why stands above."""


class WebProcess:
    """One that runs, and whether it takes requests by now."""

    def __init__(self, listening: socket.socket, threads: int) -> None:
        self.started = time.monotonic()
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self._pipe = reading
        self._ready = False
        command = [sys.executable, "-m", "console.web_server.process", str(listening.fileno()), str(writing), str(threads)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            pass_fds=[listening.fileno(), writing],
            preexec_fn=end_with_parent(signal.SIGTERM),
        )
        os.close(writing)

    @property
    def ready(self) -> bool:
        if not self._ready:
            with contextlib.suppress(BlockingIOError):
                self._ready = bool(os.read(self._pipe, 1))
        return self._ready

    @property
    def status(self) -> int | None:
        """None while it runs."""
        return self.process.poll()

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def end(self, seconds: float) -> None:
        """Wait for it, at most so long, then kill it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, seconds))
        if self.status is None:
            print(f"Web process {self.process.pid} did not end in time and is killed.", file=sys.stderr, flush=True)
            self.signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._pipe)


class Supervisor:
    def __init__(self, listening: socket.socket, number: int, threads: int) -> None:
        self.listening, self.number, self.threads = listening, number, threads
        self.processes: list[WebProcess] = []
        self.retired: list[tuple[float, WebProcess]] = []
        """Asked to end, and when."""
        self.tries = 0
        """So many processes in a row ended before they took requests."""
        self.ending = self.renewing = False
        self._woken = threading.Event()

    def run(self) -> None:
        """Until a signal ends it. Raises KeepsEnding."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hear)
        _allow_many_files()
        try:
            self.processes = [self._start() for _ in range(self.number)]
            while not self.ending:
                self._look()
                if self.renewing:
                    self.renewing = False
                    self._renew()
                self._woken.wait(0.2)
                self._woken.clear()
        finally:
            self._end()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self.renewing = True
        else:
            self.ending = True
        self._woken.set()

    def _start(self) -> WebProcess:
        return WebProcess(self.listening, self.threads)

    def _look(self) -> None:
        """Replace what died; forget what ended as it was asked to."""
        for place, each in enumerate(self.processes):
            if each.status is None:
                if each.ready:
                    self.tries = 0
                elif time.monotonic() - each.started > READY_SECONDS:
                    each.signal(signal.SIGKILL)
                continue
            if not each.ready:
                self.tries += 1
                if self.tries >= MOST_TRIES or not any(other.ready for other in self.processes):
                    raise KeepsEnding("No web process gets as far as taking requests; why stands above.")
                self._woken.wait(PAUSE_SECONDS)
            if self.ending:
                return
            said = f"Web process {each.process.pid} has ended (status {each.status}); another takes its place."
            print(said, file=sys.stderr, flush=True)
            each.end(0)
            self.processes[place] = self._start()
        for since, each in list(self.retired):
            if each.status is not None or time.monotonic() - since > END_SECONDS:
                each.end(0)
                self.retired.remove((since, each))

    def _renew(self) -> None:
        """New processes in the place of those that run, one after the other; one that does not come to serve changes nothing."""
        for place, old in enumerate(self.processes):
            new = self._start()
            while not new.ready and new.status is None and not self.ending and time.monotonic() - new.started < READY_SECONDS:
                time.sleep(0.05)
            if self.ending or not new.ready:
                if not self.ending:
                    print("A new web process takes no requests, see above: those that run stay.", file=sys.stderr, flush=True)
                new.signal(signal.SIGTERM)
                self.retired.append((time.monotonic(), new))
                return
            self.processes[place] = new
            old.signal(signal.SIGTERM)
            self.retired.append((time.monotonic(), old))

    def _end(self) -> None:
        """Nobody is taken any more; what is under way is answered."""
        self.listening.close()
        left = [*self.processes, *(each for _, each in self.retired)]
        for each in left:
            each.signal(signal.SIGTERM)
        deadline = time.monotonic() + END_SECONDS
        for each in left:
            each.end(deadline - time.monotonic())


def _allow_many_files() -> None:
    """Each connection is a file; a shell allows 1,024."""
    lowest, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if highest == resource.RLIM_INFINITY else min(highest, OPEN_FILES)
    if lowest < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, highest))
