"""`make carry-data-over`: what a PostgreSQL of an older major version kept, into the one that is here now.

The new cluster is made beside, in a folder of its own, and moved to its place when it is complete and the ledger is verified: one
that was killed has changed nothing, and begins anew. The old folder stays as it is until somebody deletes it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from console.embedded_postgres import Binaries, EmbeddedServer, PostgresProblem, end_with_parent, find_binaries, programs_for
from console.embedded_postgres.server import DATABASE
from console.launch.folders_and_words import DATA, ROOT, begin
from console.launch.one_start_at_a_time import hold_lock_if_serving

MAKING = "carrying-over"
"""Below the data: where the new cluster grows."""

TABLES = """
SELECT nspname::text, relname::text FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg\\_%' ORDER BY 1, 2
"""

Check = Callable[[EmbeddedServer], None]


def older(data: Path, major: int) -> tuple[int, Path] | None:
    """The newest older version that has data here, and its folder; None where ours is there already, or none is."""
    if (data / f"postgres-{major}" / "PG_VERSION").exists():
        return None
    found = [(int(path.read_text()), path.parent) for path in data.glob("postgres-*/PG_VERSION")]
    return max(((held, folder) for held, folder in found if held < major), default=None)


def carry_over(data: Path, check: Check, *, old: Binaries | None = None, new: Binaries | None = None) -> Path:
    """Copy the database of an older version into the new one's folder, and return the old folder. Raises `PostgresProblem`."""
    new = new or find_binaries()
    found = older(data, new.major)
    if found is None:
        raise PostgresProblem(f"There is nothing to carry over: {data} holds no data older than PostgreSQL {new.major}.")
    held, folder = found
    old = old or programs_for(held, data)
    making = data / MAKING
    with begin("what an attempt before left"):
        remove(making)
    source, target = EmbeddedServer(data, binaries=old), EmbeddedServer(making, binaries=new)
    try:
        with begin(f"PostgreSQL {old.version} with the data in {folder}"):
            source.start()
        with begin(f"PostgreSQL {new.version}, empty"):
            target.start()
        copy(source, target, new, making)
        with begin("rows counted on both sides"):
            compare(rows_of(source), rows_of(target))
        check(target)
    finally:
        source.stop()
        target.stop()
    with begin("put in place"):
        (making / f"postgres-{new.major}").rename(data / f"postgres-{new.major}")
        remove(making)
    return folder


def remove(making: Path) -> None:
    """The folder of an attempt, its server's copies elsewhere too, after ending a server that still runs on it."""
    for cluster in making.glob("postgres-*"):
        EmbeddedServer(making).end_left(cluster)
        if cluster.is_symlink() and cluster.resolve().parent.name.startswith("allotment-"):
            shutil.rmtree(cluster.resolve().parent, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(making)


def copy(source: EmbeddedServer, target: EmbeddedServer, new: Binaries, making: Path) -> None:
    """With the newer version's programs, as PostgreSQL's manual advises; says now and then how far it is."""
    dump = making / "dump"
    os.close(os.open(dump, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # whatever the umask is: it holds everything
    with begin(f"{size_of(source)} written to {dump}"):
        work(new, ["pg_dump", "--format=custom", "--compress=1", f"--file={dump}", "--dbname", source.owner_url])
    with begin("loaded"):
        load = ["pg_restore", "--exit-on-error", "--dbname", target.owner_url, str(dump)]
        work(new, load, lambda: print(f"          {size_of(target)} of about {size_of(source)}", flush=True))
    dump.unlink()


def work(programs: Binaries, command: list[str], tell: Callable[[], object] = lambda: None) -> None:
    """Run one of PostgreSQL's programs; `tell` every five seconds meanwhile."""
    process = subprocess.Popen(
        [programs.folder / command[0], *command[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    while True:
        try:
            said, _ = process.communicate(timeout=5)
            break
        except subprocess.TimeoutExpired:
            tell()
        except BaseException:
            process.kill()
            process.wait()
            raise
    if process.returncode:
        reason = " ".join(said.split())[-300:]
        raise PostgresProblem(f"{command[0]} ended with status {process.returncode} ({reason}); nothing was changed.")


def size_of(server: EmbeddedServer) -> str:
    with server.connect(DATABASE) as connection:
        found = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()
    return str(found[0]) if found else "nothing"


def rows_of(server: EmbeddedServer) -> dict[str, int]:
    """Table -> how many rows, as the owner of all."""
    found = {}
    with server.connect(DATABASE) as connection:
        for schema, table in connection.execute(TABLES).fetchall():
            counted = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(schema, table))).fetchone()
            found[table] = counted[0] if counted else 0
    return found


def compare(before: dict[str, int], after: dict[str, int]) -> None:
    for table, rows in before.items():
        if after.get(table) != rows:
            raise PostgresProblem(
                f"The table {table} has {rows} rows in the old data and {after.get(table, 'none')} in the new; nothing was"
                " changed."
            )


def migrate_and_verify(server: EmbeddedServer) -> None:
    """What `make run` would do next, and the ledger recomputed."""
    env = {**os.environ, "DATABASE_URL": server.url, "DATABASE_OWNER_URL": server.owner_url}
    env.setdefault("DJANGO_SETTINGS_MODULE", "console.settings.dev")
    for what, command in {"migrations": ["migrate", "--verbosity=0"], "ledger verified": ["verify_ledger"]}.items():
        with begin(what):
            done = subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), *command],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )
        if done.returncode:
            raise PostgresProblem(f"{done.stdout.strip()}\nThe new data was not put in place; the old data is as it was.")


def main() -> int:
    def end(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    began = time.monotonic()
    hold_lock_if_serving(["console.launch.serve"])  # nobody starts it meanwhile
    try:
        folder = carry_over(DATA, migrate_and_verify)
    except (PostgresProblem, psycopg.Error, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nEnded before it was done; nothing was changed.", file=sys.stderr)
        return 1
    print(
        f"\nDone after {time.monotonic() - began:.0f} s: start with make run. The old data stays in {folder};"
        f" when all is well, delete it:\n  rm -r {folder}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
