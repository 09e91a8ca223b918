"""`make mutants` after `prepare`: plant the slips of tests/slips/ one at a time, and see that a test notices each.

    make mutants                     those whose outcome is not known for the code and tests as they are now
    make mutants ARGS=NAME           only this slip (or several), known or not
    make mutants ARGS=--again        all of them anew

Nothing is planted in the checkout: a copy of it is made in a temporary folder, and one throw-away server serves all runs. It
measures, once, which tests run which functions; a file of tests that is new or has changed is measured again. First each slip is
tried with the tests near its file; whatever they do not notice, with all that touch it. Killed, it goes on where it was: what is
known stands in .data/mutants/. Exits with 1 when a slip survives.

Tests of the browser are left out, since each takes as long as a hundred others; a slip may name one in its `tests`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from console.embedded_postgres import EmbeddedServer, PostgresProblem, end_with_parent
from console.launch.prepare import DATA, ROOT
from console.launch.slips import Slip, Touched, WrongSlip, find_tests, importers_of, near_files, planted, read_slips

KEPT = DATA / "mutants"
SLIPS = ROOT / "tests" / "slips"
LONGEST = 1800
"""Seconds that the tests of one slip may take."""
MEASURED_AT_ONCE = 12
OURS = ("console", "licensing", "credits")
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "console.launch.touched_by_tests", "-p", "no:cacheprovider"]

NOTICED, SURVIVED, UNPLANTED, TIMED_OUT = "noticed", "survived", "could not be planted", "timed out"
OPEN = "not noticed nearby"


@dataclass(frozen=True)
class Outcome:
    """What became of a slip. `near` and `digest` tell of which slip, code and tests that is true: those near it, and all."""

    outcome: str
    by: str = ""
    seconds: float = 0.0
    near: str = ""
    digest: str = ""


def main(arguments: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    again, names = "--again" in arguments, [each for each in arguments if each != "--again"]
    KEPT.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context((KEPT / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            slips = chosen_slips(read_slips(SLIPS), names)
        except OSError:
            print("`make mutants` runs here already: wait for it, or stop it first.", file=sys.stderr)
            return 1
        except WrongSlip as problem:
            print(problem, file=sys.stderr)
            return 1
        try:
            copy = stack.enter_context(copy_with_server())
        except PostgresProblem as problem:
            print(problem, file=sys.stderr)
            return 1
        run_all(copy, slips, anew=again or bool(names))
    return summary(slips, read_outcomes())


def chosen_slips(slips: list[Slip], names: Sequence[str]) -> list[Slip]:
    """Those named, or all. Raises WrongSlip for a name that there is not."""
    if unknown := sorted(set(names) - {slip.name for slip in slips}):
        raise WrongSlip(f"There is no slip {', '.join(unknown)} in {SLIPS.relative_to(ROOT)}.")
    return [slip for slip in slips if slip.name in names or not names]


def summary(slips: list[Slip], outcomes: dict[str, Outcome]) -> int:
    """Print the scores, by room, and what was not noticed; 1 where something has to be done."""
    tried = [slip for slip in slips if not slip.without_effect and slip.name in outcomes]
    rooms: dict[str, Counter[str]] = {}
    for slip in tried:
        rooms.setdefault(room_of(slip.file), Counter())[outcomes[slip.name].outcome] += 1
    print()
    for room, counts in sorted(rooms.items()):
        print(f"{counts[NOTICED]:4} of {counts.total():3}  {room}")
    noticed = sum(counts[NOTICED] for counts in rooms.values())
    print(f"{noticed:4} of {len(tried):3}  in all; {sum(bool(slip.without_effect) for slip in slips)} more have no effect.")
    left = [slip for slip in tried if outcomes[slip.name].outcome != NOTICED]
    for slip in left:
        print(f"\n{slip.name} {outcomes[slip.name].outcome} {outcomes[slip.name].by}\n  {slip.file}: {slip.matters}")
    return 1 if left else 0


def room_of(file: str) -> str:
    parts = Path(file).parts
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


# --- The copy, and its server


@contextlib.contextmanager
def copy_with_server() -> Iterator[Path]:
    """A copy of the checkout as it is now, what is not committed included, and a server for its tests."""
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
        copy = folder / "tree"
        copy_checkout(copy)
        if "TEST_DATABASE_URL" not in os.environ:
            server.start()
            os.environ["TEST_DATABASE_URL"] = server.url
        yield copy
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
    """The copy as it was made, without any slip."""

    copy: Path
    tests: dict[str, set[str]]
    """Each file of tests, with the files of the project that it imports."""
    importers: dict[str, set[str]]

    @classmethod
    def of(cls, copy: Path) -> Tree:
        paths = [path for name in (*OURS, "tests") for path in sorted((copy / name).rglob("*.py"))]
        importers = importers_of({path.relative_to(copy).as_posix(): path.read_text() for path in paths})
        tests = {
            path.relative_to(copy).as_posix(): set[str]()
            for path in sorted((copy / "tests").rglob("test_*.py"))
            if "browser" not in path.parts
        }
        for file, found in importers.items():
            for test in found & tests.keys():
                tests[test].add(file)
        return cls(copy, tests, importers)

    def touched(self, files: Collection[str]) -> Touched:
        """Which functions the tests of these files run; what is not known of them as they are is measured first."""
        kept = KEPT / "touched"
        kept.mkdir(exist_ok=True)
        stale = [file for file in files if touched_by(kept, file).get("digest") != self.digest(file)]
        for number in range(0, len(stale), MEASURED_AT_ONCE):
            began, some = time.monotonic(), stale[number : number + MEASURED_AT_ONCE]
            command = [*PYTEST, "-n", str(os.cpu_count() or 1), "--dist", "loadfile", "--reuse-db", *some]
            run_tests(self.copy, command, KEPT / "measuring.log", {"TOUCHED_INTO": str(kept)}, seconds=None)
            done = number + len(some)
            print(f"{time.monotonic() - began:22.1f} s  measured {done} of {len(stale)} files of tests", flush=True)
        return Touched.of([known for file in files if (known := touched_by(kept, file))])

    def digest(self, file: str) -> str:
        return hashlib.sha256((self.copy / file).read_bytes()).hexdigest()


def touched_by(kept: Path, file: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((kept / f"{file.replace('/', '__')}.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


# --- Planting


def run_all(copy: Path, slips: list[Slip], *, anew: bool) -> None:
    """Two rounds: with the tests near the file; then, for what they did not notice, with all others that touch it."""
    tree = Tree.of(copy)
    slips = [slip for slip in slips if not slip.without_effect]
    for number, slip in enumerate(slips, 1):
        near = [] if slip.tests else near_files(slip, tree.tests)
        known = None if anew else read_outcomes().get(slip.name)
        try:
            slipped, text = read_and_plant(copy, slip)
            digest = digest_of(copy, slip, text, near)
            if known is not None and known.near == digest:
                continue
            nodes = find_near(slip, text, tree, near)
            found = replace(outcome_of(copy, slip, slipped, text, nodes), near=digest)
        except WrongSlip as problem:
            found = Outcome(UNPLANTED, str(problem))
        if found.outcome == SURVIVED and not slip.tests:
            found = replace(found, outcome=OPEN)
        keep(slip, found, f"{number:3} of {len(slips)}")
    left = [slip for slip in slips if read_outcomes()[slip.name].outcome in (OPEN, SURVIVED) and not slip.tests]
    if not left:
        return
    touched = tree.touched(list(tree.tests))
    for node in sorted(touched.red):
        print(f"Red without any slip, so it is not asked: {node}")
    for number, slip in enumerate(left, 1):
        known = read_outcomes()[slip.name]
        slipped, text = read_and_plant(copy, slip)
        near = near_files(slip, tree.tests)
        asked = set(find_near(slip, text, tree, near))
        nodes = [node for node in find_tests(slip, text, touched, tree.importers[slip.file]) if node not in asked]
        digest = digest_of(copy, slip, text, [*near, *nodes])
        if known.outcome == SURVIVED and known.digest == digest:
            continue
        found = outcome_of(copy, slip, slipped, text, nodes)
        keep(slip, replace(found, near=known.near, digest=digest), f"{number:3} of {len(left)} left")


def find_near(slip: Slip, text: str, tree: Tree, near: Collection[str]) -> list[str]:
    return find_tests(slip, text, tree.touched(near), tree.importers.get(slip.file, ())) if near else []


def read_and_plant(copy: Path, slip: Slip) -> tuple[str, str]:
    """(with the slip, without it). Raises WrongSlip."""
    path = copy / slip.file
    text = path.read_text() if path.is_file() else ""
    return planted(slip, text), text


def keep(slip: Slip, found: Outcome, place: str) -> None:
    write_outcomes({**read_outcomes(), slip.name: found})
    print(f"{place}  {found.seconds:6.1f} s  {found.outcome}  {slip.name}  {found.by}", flush=True)


def digest_of(copy: Path, slip: Slip, text: str, nodes: Sequence[str]) -> str:
    """Changes with the slip, the file it is planted in, and the files of the tests that could notice it."""
    files = sorted({node.partition("::")[0] for node in [*nodes, *slip.tests] if not node.startswith("-")})
    contents = [(copy / file).read_text() for file in files if (copy / file).is_file()]
    whole = json.dumps([asdict(slip), text, [*nodes], contents])
    return hashlib.sha256(whole.encode()).hexdigest()


def outcome_of(copy: Path, slip: Slip, slipped: str, text: str, nodes: Sequence[str]) -> Outcome:
    if not (nodes or slip.tests):
        return Outcome(SURVIVED)
    began = time.monotonic()
    chosen, first_red = KEPT / "chosen.json", KEPT / "first-red"
    first_red.unlink(missing_ok=True)
    chosen.write_text(json.dumps([*nodes]))
    env = {"FIRST_RED_INTO": str(first_red), **({} if slip.tests else {"CHOSEN_TESTS": str(chosen)})}
    arguments = slip.tests or tuple(dict.fromkeys(node.partition("::")[0] for node in nodes))
    words = [word for each in arguments for word in (each.split(" ", 1) if each.startswith("-") else [each])]
    plant(copy / slip.file, slipped)
    try:
        status = run_tests(copy, [*PYTEST, "-x", *database_of(copy), *words], KEPT / "last.log", env, seconds=LONGEST)
    finally:
        plant(copy / slip.file, text)
    took = round(time.monotonic() - began, 1)
    if status is None:
        (copy / "dirty").touch()
        return Outcome(TIMED_OUT, f"after {LONGEST} s", took)
    if status in (0, 5):  # 5: there was no test to run
        return Outcome(SURVIVED, f"{len(nodes)} tests" if nodes else "", took)
    return Outcome(NOTICED, first_red.read_text() if first_red.exists() else f"pytest ended with {status}", took)


def database_of(copy: Path) -> list[str]:
    """The database of the run before, unless that was killed in the middle of something."""
    dirty = copy / "dirty"
    options = ["--reuse-db", *(["--create-db"] if dirty.exists() else [])]
    dirty.unlink(missing_ok=True)
    return options


def plant(path: Path, text: str) -> None:
    path.write_text(text)
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):  # it would pass for this text's, written in the same second
        compiled.unlink()


def run_tests(copy: Path, command: list[str], log: Path, env: dict[str, str], *, seconds: float | None) -> int | None:
    """The status pytest ended with, None where it took too long. Ends with us."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=copy,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "console.settings.test", **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGKILL),
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


# --- What is known


def read_outcomes() -> dict[str, Outcome]:
    try:
        found = json.loads((KEPT / "outcomes.json").read_text())
    except (OSError, ValueError):
        return {}
    return {name: Outcome(**each) for name, each in found.items()}


def write_outcomes(outcomes: dict[str, Outcome]) -> None:
    """As a whole, so that a run that is killed leaves no half."""
    making = KEPT / "outcomes.making"
    making.write_text(json.dumps({name: asdict(each) for name, each in outcomes.items()}, indent=1))
    making.replace(KEPT / "outcomes.json")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
