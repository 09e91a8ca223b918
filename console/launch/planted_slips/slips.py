"""Slips that a tired developer makes: how they are written down, where they are planted, and which tests could notice one.

A slip is a `[[slip]]` in a TOML file of tests/slips/:

    name = "a-few-words"           unique
    file = "credits/rules/x.py"    where it is planted
    before = "a < b"               text that stands there exactly once
    after = "a <= b"               what stands there instead
    matters = "…"                  optional: what goes wrong for somebody, where the name does not say it
    kind = "boundary of days"      optional
    tests = ["tests/x.py"]         optional: paths, node ids or "-k words" to run in place of those that were found
    without_effect = "…"           optional: why nobody could ever notice it; it is then not run
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

RUN_AS_PROCESSES = ("console/launch/", "console/embedded_postgres/")
"""What runs mostly in processes of its own, where nothing is measured: the tests of the room count as touching it."""


class WrongSlip(Exception):
    """A slip cannot be read or planted; a sentence that names it."""


@dataclass(frozen=True)
class Slip:
    name: str
    file: str
    before: str
    after: str
    matters: str = ""
    kind: str = ""
    tests: tuple[str, ...] = ()
    without_effect: str = ""


def read_slips(folder: Path) -> list[Slip]:
    """All slips of the folder's files, by the files' names. Raises WrongSlip."""
    found: dict[str, Slip] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            entries = tomllib.loads(path.read_text())["slip"]
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise WrongSlip(f"{path.name} cannot be read: {error}.") from error
        for entry in entries:
            slip = _slip_of(entry, path.name)
            if slip.name in found:
                raise WrongSlip(f"{path.name}: a slip {slip.name} was named before.")
            found[slip.name] = slip
    return list(found.values())


def _slip_of(entry: Mapping[str, Any], where: str) -> Slip:
    known = {each.name for each in fields(Slip)}
    needed = {"name", "file", "before", "after"}
    if wrong := sorted((set(entry) - known) | (needed - set(entry))):
        raise WrongSlip(f"{where}: slip {entry.get('name', '?')} has an unknown or missing field: {', '.join(wrong)}.")
    return Slip(**{**entry, "tests": tuple(entry.get("tests", ()))})


def planted(slip: Slip, text: str) -> str:
    """The file with the slip in it. Raises WrongSlip unless the text to replace stands there exactly once."""
    times = text.count(slip.before)
    if times != 1:
        raise WrongSlip(f"the text to replace stands {times} times in {slip.file}")
    if slip.before == slip.after:
        raise WrongSlip("nothing would change")
    return text.replace(slip.before, slip.after)


# --- Which tests could notice it


@dataclass(frozen=True)
class Touched:
    """What each test ran: names such as `file:function`, or a template's file. Red ones failed without any slip."""

    nodes: Mapping[str, frozenset[str]]
    red: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, measured: Iterable[Mapping[str, Any]]) -> Touched:
        """From what `touched_by_tests` has written, a mapping for each file of tests."""
        nodes: dict[str, frozenset[str]] = {}
        red: set[str] = set()
        for each in measured:
            names = each["names"]
            shared = [names[place] for place in each["shared"]]
            for node, places in each["nodes"].items():
                nodes[node] = frozenset([*shared, *(names[place] for place in places)])
            red |= set(each["red"])
        return cls(nodes, frozenset(red))


def function_around(source: str, text: str) -> str | None:
    """The qualified name of the innermost function that holds all of `text`; None where it stands outside of any.

    A decorator and a default value stand outside: they run when the module is read.
    """
    begins = source.index(text)
    ends = begins + len(text.rstrip("\n"))
    first, last = (source.count("\n", 0, place) + 1 for place in (begins, max(begins, ends - 1)))
    found: str | None = None

    def look(node: ast.AST, prefix: str) -> None:
        nonlocal found
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{prefix}{child.name}"
                if child.body[0].lineno <= first and last <= (child.end_lineno or 0):
                    found = name
                look(child, f"{name}.<locals>.")
            else:
                look(child, f"{prefix}{child.name}." if isinstance(child, ast.ClassDef) else prefix)

    look(ast.parse(source), "")
    return found


def near_files(slip: Slip, tests: Mapping[str, set[str]]) -> list[str]:
    """The files of tests to ask first: those of the mirrored folder, and those that import the file themselves.

    `tests` is each file of tests with the files of the project that it imports. The mirror of a folder without tests of its own
    is that of the folder around it; tests/ itself, with what concerns everything, mirrors nothing.
    """
    folders = {str(Path(file).parent) for file in tests}
    mirror = Path("tests", slip.file).parent
    while str(mirror) not in folders and len(mirror.parts) > 1:
        mirror = mirror.parent
    room = [file for file in tests if len(mirror.parts) > 1 and Path(file).parent == mirror]
    return sorted({*room, *(file for file, imported in tests.items() if slip.file in imported)})


def find_tests(slip: Slip, source: str, touched: Touched, importers: Iterable[str]) -> list[str]:
    """Node ids of the tests that could notice the slip, the nearest first.

    Those that run the function it stands in; outside of any function, those that run any function of the file, or of one that
    imports it (`importers`). Where none does: those of the mirrored folder, else all.
    """
    usable = {node: ran for node, ran in touched.nodes.items() if node not in touched.red}
    prefixes: tuple[str, ...] = ()
    if slip.file.endswith(".py"):
        function = function_around(source, slip.before)
        files = [slip.file, *importers]
        prefixes = (f"{slip.file}:{function}.<locals>.",) if function else tuple(f"{each}:" for each in files)
        exact = f"{slip.file}:{function}"
    else:
        exact = slip.file
    room = [node for node in usable if _nearness(node, slip.file) == _depth(slip.file)]
    found = [node for node, ran in usable.items() if exact in ran or any(name.startswith(prefixes) for name in ran if prefixes)]
    if slip.file.startswith(RUN_AS_PROCESSES):
        found = list(dict.fromkeys([*found, *room]))
    return sorted(found or room or usable, key=lambda node: (*_rank(node, slip.file), len(usable[node])))


def _rank(node: str, file: str) -> tuple[bool, int, str]:
    """The nearest file first; of its tests those that run least, which are about little else and take least time."""
    path = node.partition("::")[0]
    named_after_it = Path(path).stem == f"test_{Path(file).stem}"
    return not named_after_it, -_nearness(node, file), path


def _nearness(node: str, file: str) -> int:
    """How many folders the path of a test, below tests/, shares with that of the file."""
    of_test, of_file = Path(node.partition("::")[0]).parts[1:-1], Path(file).parts[:-1]
    shared = 0
    while shared < min(len(of_test), len(of_file)) and of_test[shared] == of_file[shared]:
        shared += 1
    return shared


def _depth(file: str) -> int:
    return len(Path(file).parts) - 1 or -1


def importers_of(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Per file the files that import it, or a name from it, directly. `sources` is path -> text of Python files."""
    module_of = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in sources}
    found: dict[str, set[str]] = {path: set() for path in sources}
    for path, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
            else:
                continue
            for name in names:
                if name in module_of and module_of[name] != path:
                    found[module_of[name]].add(path)
    return found
