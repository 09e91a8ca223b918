"""`make proof-of-upgrade`: an earlier commit serves, this code migrates beside it and takes its place, and no request fails.

Real processes on a database of their own. OLD=COMMIT says which code was before; by itself, the one before the newest migration.
As systemd does (docs/operations/systemd/allotment-web.socket), this process holds the listening socket: who asks while one web
server ends and the next one starts waits in its queue. Where there is no `manage.py serve`, a small server of threads stands in.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from console.embedded_postgres import EmbeddedServer, end_with_parent
from console.launch.backup_and_upgrade.visitors import Visitors
from console.launch.folders_and_words import ROOT, begin
from console.launch.where_to_listen import first_answer

SECONDS = float(os.environ.get("SECONDS", "5"))
"""How long each state is looked at."""

PATIENCE = 300
STAND_IN = """
import os, signal, socket, threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from console.wsgi import application

class Handler(WSGIRequestHandler):
    def log_message(self, *args): pass

class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = socket.socket(fileno=3)
        self.server_name, self.server_port = self.socket.getsockname()
        self.setup_environ()

server = Server()
server.set_app(application)
signal.signal(signal.SIGTERM, lambda number, frame: threading.Thread(target=server.shutdown).start())
server.serve_forever(0.05)
server.server_close()
"""


@dataclass(frozen=True)
class Code:
    """A tree of files that serves the console."""

    tree: Path
    database: EmbeddedServer
    port: int

    @property
    def env(self) -> dict[str, str]:
        serves_as_lesser = (self.tree / "console" / "database_roles").is_dir()
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ALLOTMENT_", "PYTHONPATH"))},
            "DJANGO_SETTINGS_MODULE": "console.settings.dev",
            "DATABASE_URL": self.database.url if serves_as_lesser else self.database.owner_url,
            "DATABASE_OWNER_URL": self.database.owner_url,
            "PORT": str(self.port),
            "DATABASE_POOL_SIZE": "8",
            "WEB_PROCESSES": "2",
        }

    def command(self, *words: str) -> str:
        """One of manage.py's, to its end; what it said."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=self.tree,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{self.tree}: manage.py {' '.join(words)} ended with status {done.returncode}:\n{done.stdout}")
        return done.stdout

    def serve(self, listening: socket.socket) -> subprocess.Popen[bytes]:
        """Its web server, on a socket that stays open when it ends: file 3, as systemd hands it over."""
        own = (self.tree / "console" / "management" / "commands" / "serve.py").exists()
        program = [sys.executable, *(["manage.py", "serve"] if own else ["-c", STAND_IN])]
        hand_over = 'exec 3<&"$1"; shift; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
        return subprocess.Popen(
            ["bash", "-c", hand_over, "bash", str(listening.fileno()), *program],
            cwd=self.tree,
            env=self.env,
            stdin=subprocess.DEVNULL,
            pass_fds=[listening.fileno()],
            preexec_fn=end_with_parent(signal.SIGTERM),
        )


def main() -> int:
    commit = os.environ.get("OLD") or before_the_newest_migration()
    with tempfile.TemporaryDirectory(prefix="allotment-upgrade-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        tree = folder / "old"
        with begin(f"the code of {commit[:12]}"):
            tree.mkdir()
            archive = subprocess.run(["git", "-C", str(ROOT), "archive", commit], stdout=subprocess.PIPE, check=True)
            subprocess.run(["tar", "--extract", "--directory", str(tree)], input=archive.stdout, check=True)
        database = EmbeddedServer(folder / "server", throwaway=True)
        with begin("PostgreSQL"):
            database.start()
        try:
            return upgrade(tree, database)
        finally:
            database.stop()


def upgrade(tree: Path, database: EmbeddedServer) -> int:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        port = listening.getsockname()[1]
        old, new = Code(tree, database, port), Code(ROOT, database, port)
        with begin("its migrations, catalogue, demo"):
            old.command("migrate", "--verbosity=0")
            old.command("createcachetable")
            old.command("load_catalogue", "--reference", "--verbosity=0")
            old.command("seed_demo", "--verbosity=0")
        to_come = new.command("migrate", "--plan").count("\n    ")
        web = old.serve(listening)
        visitors = Visitors(f"http://127.0.0.1:{port}")
        try:
            with begin("its first page"):
                wait_for_page(f"{visitors.address}/accounts/login/", web)
            visitors.come()
            marks = [("old code, old tables", time.monotonic())]
            time.sleep(SECONDS)
            marks.append((f"migrate beside it ({to_come} operations)", time.monotonic()))
            with begin("migrations of this code, while the old one serves"):
                new.command("migrate", "--verbosity=0")
            marks.append(("old code, new tables", time.monotonic()))
            time.sleep(SECONDS)
            marks.append(("one ends, the next one starts", time.monotonic()))
            with begin("this code in its place"):
                web.send_signal(signal.SIGTERM)
                web.wait(PATIENCE)
                web = new.serve(listening)
                wait_for_page(f"{visitors.address}/accounts/login/", web)
            marks.append(("new code", time.monotonic()))
            time.sleep(SECONDS)
            visitors.leave()
        finally:
            web.send_signal(signal.SIGTERM)
            web.wait(PATIENCE)
        verified = new.command("verify_ledger").strip().splitlines()[-1]
    return tell(visitors, marks, verified)


def tell(visitors: Visitors, marks: list[tuple[str, float]], verified: str) -> int:
    print(f"\n{'':34}{'requests':>9}{'failed':>8}{'slowest':>10}")
    for place, (what, since) in enumerate(marks):
        until = marks[place + 1][1] if place + 1 < len(marks) else float("inf")
        asked = [each for each in visitors.asked if since <= each.at < until]
        failed = sum(bool(each.problem) for each in asked)
        print(f"{what:34}{len(asked):>9}{failed:>8}{max((each.seconds for each in asked), default=0):>8.1f} s")
    print(f"\n{visitors.saved} allocations saved; {visitors.signed_out} times somebody had to sign in again. {verified}")
    failed_ones = [each for each in visitors.asked if each.problem]
    for each in failed_ones[:10]:
        print(f"failed: {each.what}: {each.problem[:200]}")
    return 1 if failed_ones or not visitors.saved else 0


def wait_for_page(address: str, web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while first_answer(address, patience=30) != 200:
        if web.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"The web server shows no page (status {web.poll()}).")
        time.sleep(0.1)


def before_the_newest_migration() -> str:
    """The commit before the latest one that added a migration."""
    log = ["git", "-C", str(ROOT), "log", "-1", "--format=%H", "--diff-filter=A", "--", "*/migrations/0*.py"]
    added = subprocess.run(log, capture_output=True, text=True, check=True).stdout.strip()
    parent = ["git", "-C", str(ROOT), "rev-parse", f"{added}^"]
    return subprocess.run(parent, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
