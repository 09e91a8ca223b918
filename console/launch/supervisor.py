"""The processes that were started together, watched: one that ends is started again, unless it keeps ending at once."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

from console.embedded_postgres import EmbeddedServer, end_with_parent
from console.launch.folders_and_words import DATA, ROOT, begin
from console.launch.one_start_at_a_time import read_state, write_state
from console.launch.what_an_earlier_start_left import MARK, STOP_SECONDS, end_marked
from console.launch.where_to_listen import first_answer, refuse_used_port

FIRST_PAGE_SECONDS = 60


class Stopped(BaseException):
    """A signal asked for the end."""


class Failed(Exception):
    """Cannot go on; the message is a sentence for people, with the fix. Empty when a child has said it already."""


@dataclass
class Child:
    """A process that runs as long as we do; its group takes in the workers that it starts.

    `starts_again`: if it ends, another takes its place, unless it keeps ending at once.
    """

    name: str
    command: list[str]
    starts_again: bool = False
    started: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.started.append(time.monotonic())
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )

    @property
    def keeps_ending(self) -> bool:
        return len(self.started) >= 5 and self.started[-1] - self.started[-5] < 60

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


@dataclass
class Supervisor:
    """Starts the processes in order, watches them, and ends them in reverse order."""

    host: str
    port: int
    mark: str = field(default_factory=lambda: secrets.token_hex(16))
    server: EmbeddedServer | None = None
    children: list[Child] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"

    def start(self) -> None:
        """All steps up to the first page. Raises `Failed` or `PostgresProblem`."""
        end_marked(read_state().get("mark"))
        refuse_used_port(self.host, self.port)
        os.environ[MARK] = self.mark
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings.dev")
        self.note()
        if not (os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE")):
            self.start_database()
        demo = self.fill_database()
        for name in ("DATABASE_OWNER_URL", "DATABASE_OWNER_URL_FILE"):  # who serves need not know it
            os.environ.pop(name, None)
        with begin("web server, first page"):
            web = self.start_child("web", web_command(self.host, self.port))
            self.start_child("worker", worker_command(), starts_again=True)
            self.wait_for_first_page()
        web.starts_again = True  # before that, whatever ended it would end the next one as well
        self.note(address=self.address)
        started = float(os.environ.get("ALLOTMENT_STARTED", time.time()))
        print(f"\nAllotment runs at {self.address} (after {time.time() - started:.1f} s; Ctrl-C ends it)\n{demo}", flush=True)

    def note(self, **more: object) -> None:
        write_state({"pid": os.getpid(), "parent": parent_at_start(), "mark": self.mark, "address": self.address, **more})

    def start_database(self) -> None:
        with begin("PostgreSQL") as step:
            self.server = EmbeddedServer(DATA)
            self.server.start()
            os.environ |= {"DATABASE_URL": self.server.url, "DATABASE_OWNER_URL": self.server.owner_url}
            how = "already running, taken over" if self.server.adopted else "started"
            step.named = f"PostgreSQL {self.server.version} {how}"

    def fill_database(self) -> str:
        """Migrations, catalogue, demo, each with its time; returns what to print about signing in."""
        reading, writing = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", "console.launch.fill_database", self.host, str(writing)],
            pass_fds=[writing],
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )
        os.close(writing)
        try:
            self.wait(process)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        with os.fdopen(reading) as answer:
            if process.returncode != 0:
                raise Failed("")
            return answer.read()

    def start_child(self, name: str, command: list[str], *, starts_again: bool = False) -> Child:
        child = Child(name, command, starts_again)
        child.start()
        self.children.append(child)
        return child

    def wait_for_first_page(self) -> None:
        """Ask for the first page, as a browser would, until it is there."""
        began = time.monotonic()
        host = f"[{self.host}]" if ":" in self.host else {"0.0.0.0": "127.0.0.1"}.get(self.host, self.host)
        while True:
            self.check()
            status = first_answer(f"http://{host}:{self.port}/")
            if status is not None:
                if status >= 500:
                    print(f"The first page answered {status}; what was wrong stands above.", flush=True)
                break
            if time.monotonic() - began > FIRST_PAGE_SECONDS:
                raise Failed(f"The web server showed no page for {FIRST_PAGE_SECONDS} s: see above.")
            time.sleep(0.05)

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Until the process ends."""
        while process.poll() is None:
            self.check()
            time.sleep(0.05)

    def check(self) -> None:
        """Raises when something that must live has died."""
        if parent_at_start() != os.getppid():
            raise Stopped
        if self.server is not None and not self.server.is_alive():
            raise Failed("PostgreSQL has ended, see .data/postgres.log: start again, nothing was lost.")
        for child in self.children:
            if child.process.poll() is None:
                continue
            if child.starts_again and not child.keeps_ending:
                status = child.process.returncode
                print(f"The {child.name} process has ended (status {status}); another takes its place.", flush=True)
                child.signal(signal.SIGKILL)  # what it had started, which may hold the port
                child.start()
            elif child.starts_again:
                raise Failed(
                    f"The {child.name} process keeps ending (status {child.process.returncode}): see above, then start again."
                )
            else:
                raise Failed(f"The {child.name} process has ended (status {child.process.returncode}): start again.")

    def watch(self) -> None:
        while True:
            self.check()
            if self.server is not None:
                self.server.shorten_log()
            time.sleep(0.25)

    def stop(self) -> None:
        """End everything, in order; whoever does not obey is killed."""
        with contextlib.suppress(OSError):
            self.note(ending=True)
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            child.signal(signal.SIGKILL)  # workers whose own parent was killed
            child.process.wait()
        end_marked(self.mark, but=os.getpid())
        if self.server is not None:
            self.server.stop()


def parent_at_start() -> int:
    return int(os.environ.get("ALLOTMENT_PARENT", os.getppid()))


def stop_on(number: int, frame: FrameType | None) -> None:
    """The first signal starts the end, which a second one must not interrupt."""
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    raise Stopped


def web_command(host: str, port: int) -> list[str]:
    """What `manage.py serve` runs; two processes do for one person and a browser."""
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return [sys.executable, "-m", "console.web_server", "--listen", listen, "--processes", str(min(2, os.cpu_count() or 1))]


def worker_command() -> list[str]:
    """The worker of production; jobs have less time to finish here than the start gives each process."""
    return [sys.executable, str(ROOT / "manage.py"), "work", "--grace=5"]
