"""`make mutants` after `prepare`: plant the slips of tests/slips/ one at a time, and see that a test notices each.

    make mutants                     those whose outcome is not known for the code and tests as they are now
    make mutants ARGS=NAME           only this slip (or several), known or not
    make mutants ARGS=--again        all of them anew
    make mutants ARGS=-j4            four at a time; without it as many as there are processors

Nothing is planted in the checkout: copies of it are made in a temporary folder, and one throw-away server serves all runs. It is
measured, once, which tests run which functions; a file of tests that is new or has changed is measured again. First each slip is
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
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from console.embedded_postgres import PostgresProblem
from console.launch.folders_and_words import ROOT
from console.launch.planted_slips.slip_runs import KEPT, Copy, Interrupted, Tree, copies_with_server, interrupt_all
from console.launch.planted_slips.slips import Slip, WrongSlip, find_tests, near_files, planted, read_slips

SLIPS = ROOT / "tests" / "slips"
LONGEST = 1800
"""Seconds that the tests of one slip may take."""

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
    KEPT.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        try:
            at_once, again, names = read_arguments(arguments)
            slips = chosen_slips(read_slips(SLIPS), names)
            fcntl.flock(stack.enter_context((KEPT / "lock").open("w")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            copies = stack.enter_context(copies_with_server(at_once))
        except BlockingIOError:
            print("`make mutants` runs here already: wait for it, or stop it first.", file=sys.stderr)
            return 1
        except (WrongSlip, PostgresProblem) as problem:
            print(problem, file=sys.stderr)
            return 1
        try:
            run_all(copies, slips, anew=again or bool(names))
        except Interrupted as problem:
            print(problem, file=sys.stderr)
            return 1
    return summary(slips, read_outcomes())


def read_arguments(arguments: Sequence[str]) -> tuple[int, bool, list[str]]:
    """(how many at once, all anew, names of slips)."""
    at_once = next((int(found[1]) for each in arguments if (found := re.fullmatch(r"-j([1-9][0-9]?)", each))), 0)
    names = [each for each in arguments if not each.startswith("-")]
    return at_once or os.cpu_count() or 1, "--again" in arguments, names


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


# --- Two rounds: with the tests near the file; then, for what they did not notice, with all others that touch it


@dataclass(frozen=True)
class Try:
    """A slip with the tests to ask; without any, those that the slip itself names."""

    slip: Slip
    nodes: Sequence[str]
    near: str
    digest: str = ""


def run_all(copies: list[Copy], slips: list[Slip], *, anew: bool) -> None:
    tree = Tree.of(copies[0])
    slips = [slip for slip in slips if not slip.without_effect]
    run_round(copies, tries_nearby(tree, slips, {} if anew else read_outcomes()))
    known = read_outcomes()
    left = [slip for slip in slips if not slip.tests and known[slip.name].outcome in (OPEN, SURVIVED)]
    if left:
        run_round(copies, tries_elsewhere(tree, left, known))


def tries_nearby(tree: Tree, slips: list[Slip], known: dict[str, Outcome]) -> list[Try]:
    wanted: list[tuple[Slip, list[str], str]] = []
    for slip in slips:
        near = [] if slip.tests else near_files(slip, tree.tests)
        try:
            planted(slip, tree.copy.text(slip))
        except WrongSlip as problem:
            keep(slip, Outcome(UNPLANTED, str(problem)), "        ")
            continue
        digest = digest_of(tree, slip, near)
        if slip.name not in known or known[slip.name].near != digest:
            wanted.append((slip, near, digest))
    tree.measure({file for _slip, near, _digest in wanted for file in near})
    return [Try(slip, nodes_of(tree, slip, near), digest) for slip, near, digest in wanted]


def tries_elsewhere(tree: Tree, left: list[Slip], known: dict[str, Outcome]) -> list[Try]:
    tree.measure(tree.tests)
    for node in sorted(tree.touched(tree.tests).red):
        print(f"Red without any slip, so it is not asked: {node}")
    tries = []
    for slip in left:
        near = near_files(slip, tree.tests)
        asked = set(nodes_of(tree, slip, near))
        nodes = [node for node in nodes_of(tree, slip, list(tree.tests)) if node not in asked]
        digest = digest_of(tree, slip, [*near, *nodes])
        if known[slip.name].outcome != SURVIVED or known[slip.name].digest != digest:
            tries.append(Try(slip, nodes, known[slip.name].near, digest))
    return tries


def nodes_of(tree: Tree, slip: Slip, files: Sequence[str]) -> list[str]:
    return find_tests(slip, tree.copy.text(slip), tree.touched(files), tree.importers.get(slip.file, ())) if files else []


def run_round(copies: list[Copy], tries: list[Try]) -> None:
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def run(number: int, each: Try) -> None:
        copy = free.get()
        try:
            found = outcome_of(copy, each)
        finally:
            free.put(copy)
        if found.outcome == SURVIVED and not each.digest and not each.slip.tests:
            found = replace(found, outcome=OPEN)
        keep(each.slip, replace(found, near=each.near, digest=each.digest), f"{number:3} of {len(tries)}")

    with ThreadPoolExecutor(len(copies)) as pool:
        try:
            for done in [pool.submit(run, number, each) for number, each in enumerate(tries, 1)]:
                done.result()
        except BaseException:  # a signal, too: nobody waits for what has not begun
            pool.shutdown(wait=False, cancel_futures=True)
            interrupt_all()
            raise


def outcome_of(copy: Copy, each: Try) -> Outcome:
    slip = each.slip
    if not (each.nodes or slip.tests):
        return Outcome(SURVIVED)
    began = time.monotonic()
    chosen, first_red = copy.folder / "chosen.json", copy.folder / "first-red"
    first_red.unlink(missing_ok=True)
    chosen.write_text(json.dumps([*each.nodes]))
    env = {"FIRST_RED_INTO": str(first_red), **({} if slip.tests else {"CHOSEN_TESTS": str(chosen)})}
    arguments = slip.tests or tuple(dict.fromkeys(node.partition("::")[0] for node in each.nodes))
    words = [word for argument in arguments for word in (argument.split(" ", 1) if argument.startswith("-") else [argument])]
    with copy.slipped(slip):
        status = copy.run(["-x", *words], env, log=KEPT / f"{copy.folder.name}.log", seconds=LONGEST)
    took = round(time.monotonic() - began, 1)
    if status is None:
        return Outcome(TIMED_OUT, f"after {LONGEST} s", took)
    if status in (0, 5):  # 5: there was no test to run
        return Outcome(SURVIVED, f"{len(each.nodes)} tests" if each.nodes else "", took)
    return Outcome(NOTICED, first_red.read_text() if first_red.exists() else f"pytest ended with {status}", took)


# --- What is known


def digest_of(tree: Tree, slip: Slip, nodes: Sequence[str]) -> str:
    """Changes with the slip, the file it is planted in, and the files of the tests that could notice it."""
    root = tree.copy.folder
    files = sorted({node.partition("::")[0] for node in [*nodes, *slip.tests] if not node.startswith("-")})
    contents = [(root / file).read_text() for file in files if (root / file).is_file()]
    whole = json.dumps([asdict(slip), tree.copy.text(slip), [*nodes], contents])
    return hashlib.sha256(whole.encode()).hexdigest()


def read_outcomes() -> dict[str, Outcome]:
    try:
        found = json.loads((KEPT / "outcomes.json").read_text())
    except (OSError, ValueError):
        return {}
    return {name: Outcome(**each) for name, each in found.items()}


_keeping = threading.Lock()


def keep(slip: Slip, found: Outcome, place: str) -> None:
    """The file as a whole, so that a run that is killed leaves no half."""
    with _keeping:
        outcomes = {**read_outcomes(), slip.name: found}
        making = KEPT / "outcomes.making"
        making.write_text(json.dumps({name: asdict(each) for name, each in outcomes.items()}, indent=1))
        making.replace(KEPT / "outcomes.json")
        print(f"{place}  {found.seconds:6.1f} s  {found.outcome}  {slip.name}  {found.by}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
