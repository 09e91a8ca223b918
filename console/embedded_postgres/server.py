"""The server: `EmbeddedServer` starts, adopts and stops it; Django's settings of one that runs."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from console.embedded_postgres import kept_log
from console.embedded_postgres.processes import end_with_parent, is_alive, read_pid_file
from console.embedded_postgres.programs import Binaries, PostgresProblem, find_binaries, refuse_other_major
from console.embedded_postgres.socket_folder import SOCKETS, socket_folder
from console.embedded_postgres.unprivileged_runner import Runner, choose_runner

OWNER = "allotment"  # made with the cluster: owns all of it, and migrates
SERVING = "allotment_web"  # the console itself: owns nothing
DATABASE = "allotment"
START_SECONDS = 120  # a start after a crash replays the log
STOP_SECONDS = 30


@dataclass
class EmbeddedServer:
    """A server whose data lies in `data`/postgres-<major>; `start` it, use `settings` or `url`, `stop` it.

    A `throwaway` server forgets its data after a crash of the machine (no fsync): for tests. `binaries` are those to use where
    it is not for the server to choose.
    """

    data: Path
    throwaway: bool = False
    binaries: Binaries | None = None
    runner_name: str = ""
    version: str = ""
    adopted: bool = False
    pid: int | None = None
    sockets: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    log_since: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Start the server, or adopt the one a killed start has left. Raises `PostgresProblem`."""
        self.data.mkdir(mode=0o755, parents=True, exist_ok=True)
        binaries = self.binaries or find_binaries()
        self.version = binaries.version
        if self.binaries is None:
            refuse_other_major(self.data, binaries.major)
        cluster = self.data / f"postgres-{binaries.major}"
        if self.adopt(cluster):
            return
        self.remove_left_sockets()
        runner, binaries = choose_runner(binaries, cluster)
        self.runner_name = runner.name
        real = cluster.resolve()
        if not (real / "PG_VERSION").exists():
            self.initialize(runner, binaries, real)
        self.sockets = socket_folder(runner.owner)
        try:
            (self.data / "sockets").write_text(str(self.sockets))
            self.configure(real, runner.owner)
            self.launch(runner, binaries, real)
            self.make_database()
        except BaseException:
            self.stop()
            raise

    def remove_left_sockets(self) -> None:
        """Remove the socket folder of an earlier start that was killed."""
        with contextlib.suppress(OSError):
            left = Path((self.data / "sockets").read_text())
            if left.name.startswith(SOCKETS):
                shutil.rmtree(left, ignore_errors=True)

    def initialize(self, runner: Runner, binaries: Binaries, cluster: Path) -> None:
        """`initdb` into a folder beside, renamed when complete: one that was killed leaves no half cluster."""
        making = cluster / "making"
        shutil.rmtree(making, ignore_errors=True)
        command = ["initdb", "--username", OWNER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        done = runner.run(binaries.folder / command[0], *command[1:], *(["--no-sync"] if self.throwaway else []), "-D", making)
        if done.returncode != 0:
            reason = last_line(done.stdout)
            raise PostgresProblem(
                f"PostgreSQL could not make its data folder in {cluster} ({reason}): mend that, or name a server in DATABASE_URL."
            )
        # PG_VERSION moves last: only with it the folder counts as a cluster.
        for path in sorted(making.iterdir(), key=lambda path: path.name == "PG_VERSION"):
            path.rename(cluster / path.name)
        making.rmdir()

    def configure(self, cluster: Path, owner: tuple[int, int]) -> None:
        """Write the whole configuration; paths stand here since a command line would cut them at spaces."""
        lines = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            # Statements come with their values, and details with rows: addresses of people, sealed tokens, texts of mails.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if self.throwaway:
            lines |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        text = "".join(f"{name} = '{value.replace("'", "''")}'\n" for name, value in lines.items())
        path = cluster / "postgresql.conf"
        path.write_text(f"# Written at each start by console/embedded_postgres.\n{text}")
        os.chown(path, *owner)

    def launch(self, runner: Runner, binaries: Binaries, cluster: Path) -> None:
        """Start the process and wait until it answers."""
        log_path = self.log_path
        arguments = runner.popen_arguments()
        started = time.monotonic()
        while True:
            with kept_log.opened(log_path) as log:
                self.process = subprocess.Popen(
                    [*runner.prefix, str(binaries.folder / "postgres"), "-D", str(cluster)],
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C reaches whoever started us, who stops the server in order
                    preexec_fn=end_with_parent(signal.SIGINT),
                    **arguments,
                )
            self.pid = self.process.pid
            while self.process.poll() is None:
                if self.answers():
                    return
                if time.monotonic() > started + START_SECONDS:
                    raise PostgresProblem(f"PostgreSQL did not answer for {START_SECONDS} s: see {log_path}.")
                time.sleep(0.05)
            log_text = log_path.read_text(errors="replace")
            # A killed server leaves helpers for a moment, which end by themselves, and a file with its process id,
            # which PostgreSQL believes when another program, or a zombie, has that id by now.
            waited = time.monotonic() - started
            if waited > 20 or not ("pre-existing shared memory block" in log_text or "lock file" in log_text):
                break
            if waited > 3 and "lock file" in log_text and read_pid_file(cluster) is None:
                (cluster / "postmaster.pid").unlink(missing_ok=True)
            time.sleep(0.25)
        reason = next((line for line in reversed(log_text.splitlines()) if "FATAL" in line), last_line(log_text))
        raise PostgresProblem(f"PostgreSQL ended while starting ({reason.strip()}): see {log_path}; nothing was lost.")

    def adopt(self, cluster: Path) -> bool:
        """Use the server that still runs on `cluster`, if it answers; end one that does not."""
        found = read_pid_file(cluster)
        if found is None:
            return False
        self.pid, self.sockets = found
        deadline = time.monotonic() + 10
        while is_alive(self.pid) and time.monotonic() < deadline:
            if self.answers():
                self.adopted = True
                self.make_database()
                return True
            time.sleep(0.1)
        self.stop()
        return False

    def end_left(self, cluster: Path) -> None:
        """End the server that a killed start has left on `cluster`, if one runs."""
        if found := read_pid_file(cluster):
            self.pid, self.sockets = found
            self.stop()

    def answers(self) -> bool:
        try:
            with self.connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, database: str, role: str = OWNER) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.sockets), port=5432, user=role, dbname=database, autocommit=True, connect_timeout=5)

    def make_database(self) -> None:
        """The database, and the role that serves: also in a folder of an earlier version, which had one role."""
        with self.connect("postgres") as connection:
            there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [SERVING]).fetchone()
            rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
            connection.execute(f"{'ALTER' if there else 'CREATE'} ROLE {SERVING} {rights}")
            for role in (OWNER, SERVING):
                connection.execute(f"ALTER ROLE {role} SET {kept_log.ERRORS_OF_STATEMENTS} = 'log'")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    @property
    def url(self) -> str:
        """For DATABASE_URL."""
        return self.url_of(SERVING)

    @property
    def owner_url(self) -> str:
        """For DATABASE_OWNER_URL."""
        return self.url_of(OWNER)

    def url_of(self, role: str) -> str:
        return f"postgresql://{role}@/{DATABASE}?host={self.sockets}&port=5432"

    @property
    def log_path(self) -> Path:
        return self.data / "postgres.log"

    def shorten_log(self) -> None:
        """To be called now and then."""
        with contextlib.suppress(OSError):  # a full disk must not end the server
            self.log_since = kept_log.shorten(self.log_path, self.log_since)

    def is_alive(self) -> bool:
        if self.process is not None:
            return self.process.poll() is None
        return self.pid is not None and is_alive(self.pid)

    def stop(self) -> None:
        """Stop it: open transactions are rolled back; harder the longer it takes."""
        for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
            if self.pid is None or not self.is_alive():
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            deadline = time.monotonic() + seconds
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(0.02)
        if self.sockets is not None:
            shutil.rmtree(self.sockets, ignore_errors=True)
        self.pid = self.process = self.sockets = None


def settings_of_running_server(data: Path, role: str = SERVING) -> dict[str, Any] | None:
    """Django's settings of the server that runs on `data` now, for one of its two roles; None where none does."""
    for cluster in sorted(data.glob("postgres-*")):
        if found := read_pid_file(cluster):
            return {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": DATABASE,
                "USER": role,
                "HOST": str(found[1]),
                "PORT": "5432",
            }
    return None


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
