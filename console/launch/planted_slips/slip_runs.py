"""Where `make mutants` runs tests: copies of the checkout, each with a database of its own on one throw-away server."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.embedded_postgres import EmbeddedServer, end_with_parent
from console.launch.folders_and_words import DATA, ROOT
from console.launch.planted_slips.slips import Slip, Touched, importers_of, planted

KEPT = DATA / "mutants"
OURS = ("console", "licensing", "credits")
NOT_ASKED = ("tests/browser/", "tests/console/launch/test_mutants.py")
"""Tests of the browser take as long as a hundred others each; those of the slips tell of any that is planted."""
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "console.launch.planted_slips.touched_by_tests", "-p", "no:cacheprovider"]
MEASURED_AT_ONCE = 12
"""Files of tests; after each so many what was measured is kept."""


class Interrupted(Exception):
    """The tests were killed before they could tell."""


_running: set[int] = set()
"""Process groups of tests that run now."""


def interrupt_all() -> None:
    """Kill whatever tests run; who waits for them gets Interrupted."""
    for group in [*_running]:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


@dataclass(frozen=True)
class Copy:
    """One copy of the checkout, in which one slip at a time is planted."""

    folder: Path
    database_url: str

    def text(self, slip: Slip) -> str:
        path = self.folder / slip.file
        return path.read_text() if path.is_file() else ""

    @contextlib.contextmanager
    def slipped(self, slip: Slip) -> Iterator[None]:
        """With the slip in it. Raises WrongSlip."""
        path, text = self.folder / slip.file, self.text(slip)
        write(path, planted(slip, text))
        try:
            yield
        finally:
            write(path, text)

    def run(self, words: Sequence[str], env: Mapping[str, str], *, log: Path, seconds: float | None = None) -> int | None:
        """The status pytest ended with, None where it took too long. Ends with us. Raises Interrupted.

        The database of the run before is used, unless that one did not end by itself.
        """
        dirty = self.folder / "dirty"
        command = [*PYTEST, "--reuse-db", *(["--create-db"] if dirty.exists() else []), *words]
        dirty.touch()
        settings = {"DJANGO_SETTINGS_MODULE": "console.settings.test", "TEST_DATABASE_URL": self.database_url}
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, **settings, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGKILL),
            )
            _running.add(process.pid)
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                return None
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                _running.discard(process.pid)
        if status < 0:
            raise Interrupted(f"The tests were killed by signal {-status}: see {log}.")
        dirty.unlink()
        return status


def write(path: Path, text: str) -> None:
    path.write_text(text)
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):  # it would pass for this text's, written in the same second
        compiled.unlink()


@contextlib.contextmanager
def copies_with_server(number: int) -> Iterator[list[Copy]]:
    """So many copies of the checkout as it is now, what is not committed included, and a server for their tests."""
    note = KEPT / "folder"
    with contextlib.suppress(OSError):  # of a run that was killed
        left = Path(note.read_text())
        if left.name.startswith("allotment-mutants-"):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="allotment-mutants-"))
    note.write_text(str(folder))
    folder.chmod(0o711)  # as root, the server runs as somebody else, who must reach its data
    server = EmbeddedServer(folder / "server", throwaway=True)
    try:
        server.start()
        found = []
        for each in range(1, number + 1):
            copy_checkout(folder / f"copy-{each}")
            found.append(Copy(folder / f"copy-{each}", server.owner_url.replace("/allotment?", f"/slips_{each}?")))
        yield found
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def copy_checkout(copy: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (copy / ".venv").symlink_to(ROOT / ".venv")  # for the tests that start a copy by themselves


# --- What the tests touch


@dataclass(frozen=True)
class Tree:
    """The checkout as it was copied, without any slip: who imports what, and what its tests touch."""

    copy: Copy
    tests: dict[str, set[str]]
    """Each file of tests, with the files of the project that it imports."""
    importers: dict[str, set[str]]

    @classmethod
    def of(cls, copy: Copy) -> Tree:
        root = copy.folder
        paths = [path for name in (*OURS, "tests") for path in sorted((root / name).rglob("*.py"))]
        importers = importers_of({path.relative_to(root).as_posix(): path.read_text() for path in paths})
        tests = {
            path.relative_to(root).as_posix(): set[str]()
            for path in sorted((root / "tests").rglob("test_*.py"))
            if not path.relative_to(root).as_posix().startswith(NOT_ASKED)
        }
        for file, found in importers.items():
            for test in found & tests.keys():
                tests[test].add(file)
        return cls(copy, tests, importers)

    def measure(self, files: Collection[str]) -> None:
        """Let the tests of these files run once, where it is not known of them as they are which functions they run.

        A file with a test that was red is measured again: what failed by chance may be asked the next time.
        """
        (KEPT / "touched").mkdir(exist_ok=True)
        stale = []
        for file in sorted(files):
            known = touched_by(KEPT / "touched", file)
            if known.get("digest") != self.digest(file) or known["red"]:
                stale.append(file)
        for number in range(0, len(stale), MEASURED_AT_ONCE):
            began, some = time.monotonic(), stale[number : number + MEASURED_AT_ONCE]
            words = ["-n", str(os.cpu_count() or 1), "--dist", "loadfile", *some]
            self.copy.run(words, {"TOUCHED_INTO": str(KEPT / "touched")}, log=KEPT / "measuring.log")
            done = number + len(some)
            print(f"{time.monotonic() - began:24.1f} s  measured {done} of {len(stale)} files of tests", flush=True)

    def touched(self, files: Collection[str]) -> Touched:
        """Which functions the tests of these files run, as far as it was measured."""
        return Touched.of([known for file in sorted(files) if (known := touched_by(KEPT / "touched", file))])

    def digest(self, file: str) -> str:
        return hashlib.sha256((self.copy.folder / file).read_bytes()).hexdigest()


def touched_by(kept: Path, file: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((kept / f"{file.replace('/', '__')}.json").read_text())
    except (OSError, ValueError):
        return {}
    return found
