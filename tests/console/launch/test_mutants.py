"""What `make mutants` decides: how slips are read and planted, and which tests could notice one. No process is started."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from console.launch.planted_slips import mutants, slip_runs, touched_by_tests
from console.launch.planted_slips.slips import (
    Slip,
    Touched,
    WrongSlip,
    find_tests,
    function_around,
    importers_of,
    near_files,
    planted,
    read_slips,
)

SOURCE = """
LIMIT = 10


class Shop:
    opens_at = 8

    def sells(self, units=LIMIT):
        def enough(stock):
            return stock >= units
        return enough


def closes():
    return max(
        17,
        20,
    )
"""


def make_slip(**overrides: Any) -> Slip:
    return Slip(**{"name": "a", "file": "licensing/codes/x.py", "before": "1", "after": "2", "matters": "It does.", **overrides})


def written(**overrides: str) -> str:
    fields = {"name": "a", "file": "x.py", "before": "1", "after": "2", "matters": "It does.", **overrides}
    return "[[slip]]\n" + "\n".join(f"{name} = {json.dumps(value)}" for name, value in fields.items())


def touched(**functions: list[str]) -> Touched:
    return Touched({f"tests/{name.replace('__', '/')}": frozenset(ran) for name, ran in functions.items()})


# --- Reading and planting


def test_slips_are_read_by_the_names_of_their_files(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(written(name="second", kind="sign"))
    (tmp_path / "a.toml").write_text(written(name="first") + '\ntests = ["tests/x.py", "-k word"]')
    first, second = read_slips(tmp_path)
    assert (first.name, first.tests) == ("first", ("tests/x.py", "-k word"))
    assert (second.name, second.kind, second.without_effect) == ("second", "sign", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (written() + "\n" + written(), "a slip a was named before"),
        (written(mattres="It does."), "slip a has an unknown or missing field: mattres"),
        ('[[slip]]\nname = "a"', "missing field: after, before, file"),
        ("[[slip]", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_slips_that_make_no_sense_are_refused_by_name(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "slips.toml").write_text(text)
    with pytest.raises(WrongSlip, match=said):
        read_slips(tmp_path)


def test_a_slip_is_planted_where_its_text_stands_once() -> None:
    assert planted(make_slip(before="a < b", after="a <= b"), "if a < b:") == "if a <= b:"
    for text in ("if a:", "a < b or a < b"):
        with pytest.raises(WrongSlip, match=r"stands [02] times"):
            planted(make_slip(before="a < b", after="a <= b"), text)
    with pytest.raises(WrongSlip, match="nothing would change"):
        planted(make_slip(after="1"), "1")


def test_every_slip_of_the_project_can_be_planted() -> None:
    slips = read_slips(mutants.SLIPS)
    for slip in slips:
        path = mutants.ROOT / slip.file
        changed = planted(slip, path.read_text())
        if path.suffix == ".py":
            compile(changed, slip.file, "exec")


# --- Which tests could notice it


@pytest.mark.parametrize(
    ("file", "near"),
    [
        ("licensing/codes/x.py", ["tests/licensing/codes/test_a.py", "tests/test_b.py"]),
        ("licensing/codes/deeper/y.py", ["tests/licensing/codes/test_a.py"]),
        ("licensing/access.py", []),
        ("templates/base.html", []),
    ],
)
def test_near_are_the_mirrored_folder_and_who_imports_the_file(file: str, near: list[str]) -> None:
    tests: dict[str, set[str]] = {
        "tests/licensing/codes/test_a.py": set(),
        "tests/licensing/pages/test_c.py": {"licensing/codes/z.py"},
        "tests/test_b.py": {"licensing/codes/x.py"},
    }
    assert near_files(make_slip(file=file), tests) == near


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("stock >= units", "Shop.sells.<locals>.enough"),
        ("return enough", "Shop.sells"),
        ("units=LIMIT", None),
        ("opens_at = 8", None),
        ("LIMIT = 10\n", None),
        ("        17,\n        20,\n", "closes"),
        ("return enough\n\n\ndef closes", None),
    ],
)
def test_a_slip_stands_in_the_innermost_function_that_holds_all_of_it(text: str, function: str | None) -> None:
    assert function_around(SOURCE, text) == function


def test_tests_that_run_the_function_are_asked_and_the_nearest_first() -> None:
    file = "licensing/codes/x.py"
    known = touched(
        **{
            "test_far.py::a": [f"{file}:f"],
            "licensing__codes__test_near.py::b": [f"{file}:f"],
            "licensing__codes__test_x.py::c": [f"{file}:f.<locals>.<lambda>"],
            "licensing__pages__test_page.py::d": [f"{file}:f"],
            "licensing__codes__test_other.py::e": [f"{file}:g", f"{file}:fine"],
        }
    )
    asked = find_tests(make_slip(before="1"), "def f():\n    return 1\n", known, [])
    assert [node.rpartition("::")[2] for node in asked] == ["c", "b", "d", "a"]


def test_outside_of_any_function_tests_of_the_file_and_of_its_importers_are_asked() -> None:
    known = touched(
        **{
            "test_a.py::a": ["licensing/codes/x.py:f"],
            "test_b.py::b": ["licensing/y.py:g"],
            "test_c.py::c": ["licensing/z.py:h"],
        }
    )
    assert find_tests(make_slip(), "LIMIT = 1\n", known, ["licensing/y.py"]) == ["tests/test_a.py::a", "tests/test_b.py::b"]


def test_a_template_is_noticed_by_who_renders_it() -> None:
    known = touched(**{"test_a.py::a": ["templates/base.html"], "test_b.py::b": []})
    assert find_tests(make_slip(file="templates/base.html"), "1", known, []) == ["tests/test_a.py::a"]


def test_what_nothing_runs_is_left_to_the_mirrored_folder_and_else_to_all() -> None:
    known = touched(**{"licensing__codes__test_a.py::a": [], "licensing__pages__test_b.py::b": [], "test_c.py::c": []})
    assert find_tests(make_slip(), "def f():\n    return 1\n", known, []) == ["tests/licensing/codes/test_a.py::a"]
    assert len(find_tests(make_slip(file="docs/x.md"), "1", known, [])) == 3


def test_what_runs_in_processes_is_left_to_its_room_too() -> None:
    file = "console/launch/serve.py"
    known = touched(**{"console__launch__test_launch.py::a": [], "test_b.py::b": [f"{file}:f"], "console__test_htmx.py::c": []})
    asked = find_tests(make_slip(file=file), "def f():\n    return 1\n", known, [])
    assert asked == ["tests/console/launch/test_launch.py::a", "tests/test_b.py::b"]


def test_a_test_that_is_red_without_any_slip_is_not_asked() -> None:
    file = "licensing/codes/x.py"
    known = Touched(
        {"tests/a.py::a": frozenset([f"{file}:f"]), "tests/a.py::b": frozenset([f"{file}:f"])}, frozenset({"tests/a.py::b"})
    )
    assert find_tests(make_slip(), "def f():\n    return 1\n", known, []) == ["tests/a.py::a"]


def test_importers_are_found_whatever_way_they_import() -> None:
    sources = {
        "credits/a.py": "",
        "credits/b.py": "from credits import a",
        "credits/c.py": "def f():\n    import credits.a",
        "credits/d.py": "from credits.a import x",
        "credits/e.py": "import datetime",
        "credits/__init__.py": "",
    }
    assert importers_of(sources)["credits/a.py"] == {"credits/b.py", "credits/c.py", "credits/d.py"}


# --- What is known


def test_what_was_measured_is_read_back_with_what_fixtures_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touched_by_tests, "ROOT", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("")
    found: Mapping[str, Any] = {"nodes": {"n": {"x:f"}, "m": {"x:g"}}, "shared": {"x:made"}, "red": ["m", "m"]}
    touched_by_tests.write_touched(tmp_path, "tests/test_a.py", dict(found))
    read = Touched.of([slip_runs.touched_by(tmp_path, "tests/test_a.py")])
    assert read.nodes == {"n": {"x:f", "x:made"}, "m": {"x:g", "x:made"}}
    assert read.red == {"m"}
    assert slip_runs.touched_by(tmp_path, "tests/test_b.py") == {}


def test_what_the_last_test_ran_is_written_too(tmp_path: Path) -> None:
    node = "tests/console/launch/test_mutants.py::test_the_last_one"
    measuring = touched_by_tests.Measuring(tmp_path)
    measuring.file_of(node)["nodes"][node] = measuring.seen
    planted(make_slip(file="x.py", before="a", after="b"), "a")
    measuring.pytest_sessionfinish()
    (ran,) = Touched.of([slip_runs.touched_by(tmp_path, "tests/console/launch/test_mutants.py")]).nodes.values()
    assert "console/launch/planted_slips/slips.py:planted" in ran
    assert not [name for name in ran if name.startswith("console/launch/planted_slips/touched_by_tests.py:write")]


def test_an_outcome_holds_until_slip_code_or_tests_change(tmp_path: Path) -> None:
    def digest(nodes: list[str], **overrides: str) -> str:
        return mutants.digest_of(tree, make_slip(file="x.py", **overrides), nodes)

    tree = slip_runs.Tree(slip_runs.Copy(tmp_path, ""), {}, {})
    code, test, nodes = tmp_path / "x.py", tmp_path / "test_a.py", ["test_a.py::a"]
    code.write_text("code")
    test.write_text("one")
    known = digest(nodes)
    assert digest(nodes) == known
    assert digest(nodes, after="3") != known
    assert digest([*nodes, "test_a.py::b"]) != known
    test.write_text("another")
    assert digest(nodes) != known
    test.write_text("one")
    code.write_text("other code")
    assert digest(nodes) != known


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        (["-j3"], (3, False, [])),
        (["--again", "a", "b", "-j1"], (1, True, ["a", "b"])),
    ],
)
def test_the_arguments_say_how_many_at_once_which_and_whether_anew(
    arguments: list[str], read: tuple[int, bool, list[str]]
) -> None:
    assert mutants.read_arguments(arguments) == read


def test_only_the_slips_named_are_chosen_and_unknown_ones_refused() -> None:
    slips = [make_slip(name="a"), make_slip(name="b")]
    assert mutants.chosen_slips(slips, []) == slips
    assert mutants.chosen_slips(slips, ["b"]) == slips[1:]
    with pytest.raises(WrongSlip, match="no slip c in tests/slips"):
        mutants.chosen_slips(slips, ["b", "c"])


@pytest.mark.parametrize("outcome", [mutants.SURVIVED, mutants.OPEN, mutants.UNPLANTED, mutants.TIMED_OUT])
def test_whatever_is_not_noticed_is_told_and_fails(outcome: str, capsys: pytest.CaptureFixture[str]) -> None:
    slips = [make_slip(name="a"), make_slip(name="b", file="console/htmx.py"), make_slip(name="c", without_effect="It has none.")]
    good = mutants.Outcome(mutants.NOTICED)
    assert mutants.summary(slips, {"a": good, "b": good}) == 0
    assert "2 of   2  in all; 1 more have no effect." in capsys.readouterr().out
    assert mutants.summary(slips, {"a": good, "b": mutants.Outcome(outcome)}) == 1
    said = capsys.readouterr().out
    assert "1 of   1  licensing/codes" in said
    assert "0 of   1  console" in said
    assert f"b {outcome}" in said


def test_a_slip_stands_in_its_copy_only_as_long_as_its_tests_run(tmp_path: Path) -> None:
    path, compiled = tmp_path / "x.py", tmp_path / "__pycache__" / "x.cpython-313.pyc"
    another = tmp_path / "__pycache__" / "xy.cpython-313.pyc"
    path.write_text("limit = 1")
    compiled.parent.mkdir()
    compiled.touch()
    another.touch()
    with slip_runs.Copy(tmp_path, "").slipped(make_slip(file="x.py")):
        assert path.read_text() == "limit = 2"
        assert not compiled.exists()  # it would pass for the slip's
        compiled.touch()
    assert path.read_text() == "limit = 1"
    assert not compiled.exists()
    assert another.exists()
