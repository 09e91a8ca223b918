"""The arrow: who may import whom; and what runs with a company in hand. Read from the source and the table of addresses."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
APPS = ("console", "licensing", "credits")
MOST_LINES = 400

MOST_FILES = 12
"""Side by side in one room; `__init__.py` does not count."""

ROOF = "console.roof"
"""Addresses and what stands around the apps' own pages: imported by nobody below it."""

ABOVE_THE_APPS = {
    "console/launch/fill_database.py",  # says who can sign in to the demo
}
"""Files of the foundation that know the apps."""

PURE_ROOMS = ("licensing/rules/", "credits/rules/")
PURE_FILES = {"licensing/codes/code_format.py"}
"""Arithmetic over dates and whole numbers: importable, and testable, without Django."""

ACTS = ("licensing/acts/", "credits/acts/", "licensing/purchases/", "licensing/codes/")
PAGES = ("licensing/pages/", "credits/pages/", "licensing/admin/", "credits/admin/", "console/admin/", "console/roof/")
WRITING = {"save", "create", "bulk_create", "update_or_create", "get_or_create", "bulk_update", "asave", "acreate"}
"""Calls that write rows. `update` and `delete` belong to dictionaries and sets too: they count where they follow a queryset."""

PRACTICE = "licensing/marketplaces/practice"

MAY_WRITE = {"console/admin/people.py"}
"""People and their sign-in are no facts: Django's admin edits them in place."""

MAY_RECORD_IN_THE_PAST = ("credits/demo/", "tests/")


def source_files(*folders: str) -> list[str]:
    """Python files below the folders, relative to the repository."""
    return sorted(str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported_names(file: str, *, when_running: bool = False) -> Iterator[tuple[str, str]]:
    """(module, name taken from it) of each import of a file; the name is empty where the module itself is imported.

    `when_running` leaves out what is imported for type hints only.
    """
    tree = ast.parse((ROOT / file).read_text())
    for_hints = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    package = Path(file).with_suffix("").parts[:-1]
    for node in ast.walk(tree):
        if when_running and id(node) in for_hints:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
            yield from ((base if node.level else str(node.module), alias.name) for alias in node.names)


def imports(file: str, *, when_running: bool = False) -> Iterator[str]:
    """What a file imports: modules, and `module.name` for each name taken from one, which may be a module too."""
    for module, name in imported_names(file, when_running=when_running):
        yield module
        if name:
            yield f"{module}.{name}"


def files_by_module() -> dict[str, str]:
    """Each file of the apps, by the name under which it is imported; a package by that of its `__init__.py`."""
    files = [file for file in source_files(*APPS) if "/migrations/" not in file]
    return {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in files}


def imported_files(file: str, known: Mapping[str, str]) -> set[str]:
    """The files that a file names. What a package offers counts as the package: its `__init__.py`."""
    found = {known.get(f"{module}.{name}") or known.get(module) for module, name in imported_names(file, when_running=True)}
    return {other for other in found if other} - {file}


def is_pure(file: str) -> bool:
    return file.startswith(PURE_ROOMS) or file in PURE_FILES


def is_in(module: str, packages: set[str]) -> bool:
    """Whether a module is one of the packages or lies in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def offenders(files: list[str], packages: set[str]) -> list[str]:
    return [f"{file} imports {module}" for file in files for module in imports(file) if is_in(module, packages)]


def test_the_reader_of_imports_sees_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "module.py").write_text(
        "import one.two\nfrom three import four\nfrom . import five\nfrom .six import seven\nfrom ..eight import nine\n"
        "def later():\n    import ten\nif TYPE_CHECKING:\n    import eleven\n"
    )
    monkeypatch.setattr("tests.test_architecture.ROOT", tmp_path)
    found = set(imports("app/module.py"))
    assert {"one.two", "three.four", "app.five", "app.six", "app.six.seven", "eight.nine", "ten", "eleven"} <= found
    assert "eleven" not in set(imports("app/module.py", when_running=True))


def test_licensing_imports_nothing_from_credits() -> None:
    assert offenders(source_files("licensing"), {"credits"}) == []


def test_no_imports_run_in_a_circle() -> None:
    known = files_by_module()
    try:
        TopologicalSorter({file: imported_files(file, known) for file in known.values()}).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(reversed(circle.args[1])))


def test_the_foundation_imports_no_app() -> None:
    foundation = [file for file in source_files("console") if not file.startswith("console/roof/")]
    assert offenders([file for file in foundation if file not in ABOVE_THE_APPS], {"licensing", "credits"}) == []


@pytest.mark.parametrize("app", ["licensing", "credits"])
def test_nobody_imports_the_roof(app: str) -> None:
    assert offenders(source_files(app), {ROOF}) == []


def test_acts_import_no_pages() -> None:
    acts = [file for file in source_files(*APPS) if file.startswith(ACTS)]
    assert offenders(acts, {file.strip("/").replace("/", ".") for file in PAGES}) == []


def test_pages_write_only_through_acts() -> None:
    """They call no method that writes a row, and begin no act of their own."""
    found = []
    for file in (each for each in source_files(*APPS) if each.startswith(PAGES) and each not in MAY_WRITE):
        for node in ast.walk(ast.parse((ROOT / file).read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            method, of = node.func.attr, ast.unparse(node.func.value)
            of_rows = "objects" in of or method in WRITING
            if (
                (method in WRITING and of_rows)
                or (method in ("update", "delete") and "objects" in of)
                or (method, of) == ("begin", "Act")
            ):
                found.append(f"{file}:{node.lineno}: {ast.unparse(node.func)}")
    assert found == []


def test_no_room_is_crowded() -> None:
    rooms = {str(path.relative_to(ROOT)) for app in APPS for path in (ROOT / app).rglob("*") if path.is_dir()}
    crowded = {
        room: number
        for room in sorted(rooms)
        if "migrations" not in room
        and (number := len([path for path in (ROOT / room).glob("*.py") if path.name != "__init__.py"])) > MOST_FILES
    }
    assert crowded == {}, f"Give what belongs together a room of its own: {crowded}"


def test_marketplace_adapters_touch_no_model() -> None:
    adapters = [file for file in source_files("licensing/marketplaces") if not file.startswith(PRACTICE)]
    assert offenders(adapters, {"licensing.models", "console.models", "credits"}) == []


def test_the_practice_marketplace_is_a_stranger_to_the_console() -> None:
    ours = {f"licensing.{path.stem}" for path in (ROOT / "licensing").iterdir() if path.stem != "marketplaces"}
    others = {"licensing.marketplaces.azure.client", "licensing.marketplaces.contract", "credits"}
    assert offenders(source_files(PRACTICE), ours | others) == []


@pytest.mark.parametrize("file", [file for file in source_files(*APPS) if is_pure(file)])
def test_pure_modules_import_no_django_and_no_models(file: str) -> None:
    for module in imports(file, when_running=True):
        assert not is_in(module, {"django", "console"}), f"{file} imports {module}"
        assert ".models" not in module, f"{file} imports {module}"
        if is_in(module, {"licensing", "credits"}):
            assert any(is_pure(known) for name, known in files_by_module().items() if is_in(module, {name})), (
                f"{file} imports {module}"
            )


def test_the_auditor_imports_models_only() -> None:
    allowed = {"console.models", "licensing.models", "credits.models", "credits.verification"}
    for file in source_files("credits/verification"):
        for module in imports(file):
            if is_in(module, set(APPS)):
                assert is_in(module, allowed), f"{file} imports {module}"
            assert not module.endswith(("recording_at", ".Actor", ".hold_still")), f"{file} imports {module}"


def test_only_the_demo_and_the_import_of_history_record_in_the_past() -> None:
    users = {
        file
        for file in source_files(*APPS, "tests")
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.Name | ast.alias | ast.Attribute)
        and "recording_at" in (getattr(node, "id", ""), getattr(node, "name", ""), getattr(node, "attr", ""))
    }
    users -= {"console/models/__init__.py", "console/models/instant_of_recording.py"}
    assert [file for file in sorted(users) if not file.startswith(MAY_RECORD_IN_THE_PAST)] == []


def test_no_file_outgrows_its_name() -> None:
    long = {
        file: lines
        for file in source_files(*APPS)
        if "/migrations/" not in file and (lines := len((ROOT / file).read_text().splitlines())) > MOST_LINES
    }
    assert long == {}, f"Split these, by what they are about: {long}"


# --- The company in hand: `console.company_in_hand`


def functions(file: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a file."""
    tree = ast.parse((ROOT / file).read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def calls(function: ast.AST) -> set[str]:
    """What a function calls, as it is written there."""
    return {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}


def is_decorated(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    return any(ast.unparse(each).partition("(")[0] == name for each in function.decorator_list)


def test_every_act_is_decorated_as_one() -> None:
    """A private helper may begin an act where only acts call it."""
    found = []
    for file in source_files(*APPS):
        known = functions(file)
        for function in known:
            if "Act.begin" not in calls(function) or is_decorated(function, "as_act"):
                continue
            callers = [each for each in known if function.name in calls(each)]
            if not (function.name.startswith("_") and callers and all(is_decorated(each, "as_act") for each in callers)):
                found.append(f"{file}: {function.name}")
    assert found == []


def test_every_job_and_every_command_states_that_it_asks_for_all() -> None:
    stating, silent = [], []
    for file in source_files(*APPS):
        if file.startswith(PRACTICE):  # has no tenant row, and knows nothing of ours
            continue
        for function in functions(file):
            is_command = "/management/commands/" in file and function.name == "handle"
            if not (is_command or is_decorated(function, "app.task")):
                continue
            states = is_decorated(function, "for_all") or (
                isinstance(function, ast.AsyncFunctionDef) and "for_all" in calls(function)
            )
            (stating if states else silent).append(f"{file}: {function.name}")
    assert silent == []
    assert len(stating) > 15


def addresses(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each address with its view."""
    for each in resolver.url_patterns:
        address = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each, address)
        else:
            yield address, each


def test_every_page_of_a_company_runs_with_it_in_hand_and_every_other_with_the_persons() -> None:
    found: dict[str, set[str]] = {"company": set(), "person": set(), "": set()}
    for address, each in addresses(get_resolver()):
        if each.callback.__module__.startswith(("licensing.pages.", "credits.pages.", "console.roof.")):
            found[getattr(each.callback, "asks_for", "")].add(address)
            assert ("<slug:slug>" in address) == (getattr(each.callback, "asks_for", "") == "company"), address
            if not hasattr(each.callback, "asks_for"):
                assert each.callback.login_required is False, f"{address} says neither @of_company nor @of_person"
    assert len(found["company"]) >= 12
    assert "companies/" in found["person"]
    assert {address.partition("/")[0] for address in found[""]} <= {
        "healthz",
        "readyz",
        "metrics",
        "robots.txt",
        "marketplace",
        "activate",
        "invitations",
        "help",
    }


def test_pages_find_their_company_by_decorator_alone() -> None:
    users = [file for file in source_files(*APPS) if any("company_for" in calls(each) for each in functions(file))]
    assert users == ["licensing/access.py"]
