"""A pytest plugin of `make mutants`: notes which functions and templates each test runs, or runs only chosen tests.

    TOUCHED_INTO=folder    a JSON file per file of tests: what each test ran, what its shared fixtures ran, which failed
    CHOSEN_TESTS=file      JSON: the node ids to run, in their order
    FIRST_RED_INTO=file    the node id of the first test that failed, or of the file that could not be read

Measured by `sys.monitoring`, which tells of a function once per test and then costs nothing; threads are seen, processes not.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

TOOL = 4
ROOT = Path(__file__).resolve().parent.parent.parent.parent
OURS = tuple(str(ROOT / name) + os.sep for name in ("console", "licensing", "credits", "templates"))


class Measuring:
    """What runs, as `file:name.of.the.function`, or for a template its file alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: set[str] = set()
        self.found: dict[str, dict[str, Any]] = {}
        """Per file of tests: `nodes` (node id -> what it ran), `shared`, `red` (node ids)."""
        sys.monitoring.use_tool_id(TOOL, "make mutants")
        sys.monitoring.register_callback(TOOL, sys.monitoring.events.PY_START, self.note_function)
        sys.monitoring.set_events(TOOL, sys.monitoring.events.PY_START)

    def note_function(self, code: CodeType, offset: int) -> Any:
        if code.co_filename.startswith(OURS):
            self.seen.add(f"{os.path.relpath(code.co_filename, ROOT)}:{code.co_qualname}")
        return sys.monitoring.DISABLE

    def note_template(self, template: Any, **kwargs: Any) -> None:
        name = str(getattr(template.origin, "name", ""))
        if name.startswith(OURS):
            self.seen.add(os.path.relpath(name, ROOT))

    def file_of(self, node_id: str) -> dict[str, Any]:
        return self.found.setdefault(node_id.partition("::")[0], {"nodes": {}, "shared": set(), "red": []})

    def pytest_sessionstart(self) -> None:
        from django.test.signals import template_rendered

        template_rendered.connect(self.note_template)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: pytest.FixtureRequest) -> Iterator[None]:
        """What a fixture that several tests share runs counts for every test of the file."""
        if fixturedef.scope == "function":
            return (yield)
        outside, self.seen = self.seen, set()
        sys.monitoring.restart_events()
        try:
            return (yield)
        finally:
            self.file_of(request.node.nodeid or "")["shared"] |= self.seen
            self.seen |= outside
            sys.monitoring.restart_events()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.seen = set()
        sys.monitoring.restart_events()
        result = yield
        self.file_of(item.nodeid)["nodes"][item.nodeid] = self.seen
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.file_of(report.nodeid)["red"].append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        # Giving the tool back stops no event, and the names of the last test are open: what follows is nothing it ran.
        sys.monitoring.set_events(TOOL, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.free_tool_id(TOOL)
        for file, found in self.found.items():
            if (ROOT / file).is_file() and found["nodes"]:
                write_touched(self.folder, file, found)


def write_touched(folder: Path, file: str, found: dict[str, Any]) -> None:
    """One list of all names, since each stands in many tests; the digest tells when the file has to be measured anew."""
    names = sorted(set().union(found["shared"], *found["nodes"].values()))
    place = {name: number for number, name in enumerate(names)}
    written = {
        "digest": hashlib.sha256((ROOT / file).read_bytes()).hexdigest(),
        "names": names,
        "shared": sorted(place[name] for name in found["shared"]),
        "nodes": {node: sorted(place[name] for name in ran) for node, ran in found["nodes"].items()},
        "red": sorted(set(found["red"])),
    }
    making = folder / f"{os.getpid()}.making"
    making.write_text(json.dumps(written))
    making.replace(folder / f"{file.replace('/', '__')}.json")


class Choosing:
    """Only the tests named, in their order; the first that fails is written down."""

    def __init__(self, chosen: str | None, first_red: str | None) -> None:
        self.places = {node: place for place, node in enumerate(json.loads(Path(chosen).read_text()))} if chosen else None
        self.first_red = Path(first_red) if first_red else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if self.places is None:
            return
        places = self.places
        left_out = [item for item in items if item.nodeid not in places]
        items[:] = sorted((item for item in items if item.nodeid in places), key=lambda item: places[item.nodeid])
        config.hook.pytest_deselected(items=left_out)

    def note_red(self, node_id: str) -> None:
        if self.first_red and not self.first_red.exists():
            self.first_red.write_text(node_id)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.note_red(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.note_red(report.nodeid or "the tests cannot be collected")


def pytest_configure(config: pytest.Config) -> None:
    if folder := os.environ.get("TOUCHED_INTO"):
        config.pluginmanager.register(Measuring(Path(folder)))
    elif "CHOSEN_TESTS" in os.environ or "FIRST_RED_INTO" in os.environ:
        config.pluginmanager.register(Choosing(os.environ.get("CHOSEN_TESTS"), os.environ.get("FIRST_RED_INTO")))
