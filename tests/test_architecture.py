"""The arrow: who may import whom. Read from the import statements; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("console", "licensing", "credits")
MOST_LINES = 400

ROOF = {"console.roof.urls", "console.roof.navigation", "console.roof.front_door", "console.roof.every_page"}
"""Pages around the apps' own: imported by nobody."""

PURE = {
    "licensing/rules/units_times_rate.py",
    "licensing/rules/license_profile.py",
    "licensing/rules/license_status.py",
    "licensing/rules/company_day.py",
    "licensing/codes/code_format.py",
    "credits/rules/line_profile.py",
    "credits/rules/balance_over_days.py",
}
"""Arithmetic over dates and whole numbers: importable, and testable, without Django."""

PRACTICE = "licensing/marketplaces/practice"

MAY_RECORD_IN_THE_PAST = ("credits/demo/", "tests/")


def source_files(*folders: str) -> list[str]:
    """Python files below the folders, relative to the repository."""
    return sorted(str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(file: str, *, when_running: bool = False) -> Iterator[str]:
    """What a file imports: modules, and `module.name` for each name taken from one, which may be a module too.

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
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
            module = base if node.level else str(node.module)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


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


def test_the_foundation_imports_no_app() -> None:
    foundation = [
        file
        for file in source_files("console")
        if file.startswith(("console/models/", "console/migrations/", "console/settings/", "console/embedded_postgres/"))
        or file in ("console/errors.py", "console/env.py", "console/htmx.py")
    ]
    assert offenders(foundation, {"licensing", "credits"}) == []


@pytest.mark.parametrize("app", ["licensing", "credits"])
def test_nobody_imports_the_roof(app: str) -> None:
    assert offenders(source_files(app), ROOF) == []


def test_marketplace_adapters_touch_no_model() -> None:
    adapters = [file for file in source_files("licensing/marketplaces") if not file.startswith(PRACTICE)]
    assert offenders(adapters, {"licensing.models", "console.models", "credits"}) == []


def test_the_practice_marketplace_is_a_stranger_to_the_console() -> None:
    ours = {f"licensing.{path.stem}" for path in (ROOT / "licensing").iterdir() if path.stem != "marketplaces"}
    others = {"licensing.marketplaces.azure.client", "licensing.marketplaces.contract", "credits"}
    assert offenders(source_files(PRACTICE), ours | others) == []


@pytest.mark.parametrize("file", sorted(PURE))
def test_pure_modules_import_no_django_and_no_models(file: str) -> None:
    for module in imports(file, when_running=True):
        assert not is_in(module, {"django", "console"}), f"{file} imports {module}"
        assert ".models" not in module, f"{file} imports {module}"
        if is_in(module, {"licensing", "credits"}):
            assert any(is_in(module, {pure.removesuffix(".py").replace("/", ".")}) for pure in PURE), f"{file} imports {module}"


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
    users -= {"console/models/__init__.py", "console/models/act.py"}
    assert [file for file in sorted(users) if not file.startswith(MAY_RECORD_IN_THE_PAST)] == []


def test_no_file_outgrows_its_name() -> None:
    long = {
        file: lines
        for file in source_files(*APPS)
        if "/migrations/" not in file and (lines := len((ROOT / file).read_text().splitlines())) > MOST_LINES
    }
    assert long == {}, f"Split these, by what they are about: {long}"
