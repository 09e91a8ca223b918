"""What the launcher decides, without a process: what has to be installed, and whether a child is started once more."""

from __future__ import annotations

import itertools
import re
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from console.launch import prepare, where_to_listen
from console.launch import supervisor as room
from console.launch.folders_and_words import begin
from console.launch.supervisor import Child, Failed, Supervisor

# --- Preparing the environment


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two sets of requirements, both installed as they are."""
    monkeypatch.setattr(prepare, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(prepare, "REQUIREMENTS", tmp_path / "requirements")
    (tmp_path / "requirements").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    for name in ("runtime", "test"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==1.0 --hash=sha256:1\n")
        monkeypatch.setattr(prepare, "run", lambda command, extra=None: None)
        prepare.install("uv", name)
    return tmp_path


def changed(folder: Path) -> None:
    (folder / "requirements" / "runtime.txt").write_text("runtime==1.1 --hash=sha256:2\n")


def rehashed(folder: Path) -> None:
    """The same versions, other files."""
    (folder / "requirements" / "runtime.txt").write_text("runtime==1.0 --hash=sha256:2\n")


def never_installed(folder: Path) -> None:
    (folder / ".venv" / ".installed-runtime").unlink()


def broken_off(folder: Path) -> None:
    (folder / ".venv" / ".installed-runtime").write_text("")


def of_another_set(folder: Path) -> None:
    (folder / ".venv" / ".installed-runtime").write_text((folder / ".venv" / ".installed-test").read_text())


@pytest.mark.parametrize(
    ("happened", "needed"),
    [
        (None, []),
        (changed, ["runtime"]),
        (rehashed, ["runtime"]),
        (never_installed, ["runtime"]),
        (broken_off, ["runtime"]),
        (of_another_set, ["runtime"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_installed_is_what_the_requirements_say_now(happened: Any, needed: list[str], folder: Path) -> None:
    if happened:
        happened(folder)
    assert [name for name in ("runtime", "test") if not prepare.is_installed(name)] == needed


@pytest.mark.parametrize(
    ("happened", "installs"),
    [(None, []), (changed, ["runtime"]), (never_installed, ["runtime"])],
    ids=["nothing", "changed", "never installed"],
)
def test_a_start_installs_what_is_wanting_and_nothing_else_before_it_becomes_the_command(
    happened: Any, installs: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if happened:
        happened(folder)
    steps: list[Any] = []
    becomes = SimpleNamespace(
        chdir=lambda path: None, environ={}, getppid=lambda: 1, execv=lambda python, words: steps.append(words[1:])
    )
    monkeypatch.setattr(prepare, "os", becomes)
    monkeypatch.setattr(prepare, "signal", SimpleNamespace(signal=lambda *arguments: None, SIGTERM=15, SIGINT=2))
    monkeypatch.setattr(prepare, "find_uv", lambda: "uv")
    monkeypatch.setattr(prepare, "make_venv", lambda uv: None)
    monkeypatch.setattr(prepare, "run", lambda command, extra=None: steps.append(Path(command[-1]).stem))

    prepare.main(["runtime,test", "-m", "console.launch.tests"])
    assert steps == [*installs, ["-m", "console.launch.tests"]]
    assert prepare.is_installed("runtime")


def test_requirements_that_could_not_be_installed_are_wanting_still(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(command: list[str], extra: dict[str, str] | None = None) -> None:
        raise prepare.subprocess.CalledProcessError(1, command, "no such package")

    changed(folder)
    monkeypatch.setattr(prepare, "run", fails)
    with pytest.raises(SystemExit):
        prepare.install("uv", "runtime")
    assert not prepare.is_installed("runtime")


def test_a_port_in_use_is_said_before_anything_is_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(folder)
    monkeypatch.setattr(prepare, "hold_lock_if_serving", lambda command: None)
    monkeypatch.setattr(where_to_listen, "end_marked", lambda mark: None)
    monkeypatch.setattr(prepare, "find_uv", lambda: pytest.fail("Looks for what installs packages."))
    monkeypatch.setattr(prepare.signal, "signal", lambda *arguments: None)
    monkeypatch.setattr(prepare.os, "chdir", lambda path: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        with pytest.raises(SystemExit, match="is in use by another program: stop that one, or choose another port"):
            prepare.main(["runtime", "-m", "console.launch.serve"])
    monkeypatch.setenv("PORT", "http")
    with pytest.raises(SystemExit, match='PORT: "http" is not a whole number'):
        prepare.main(["runtime", "-m", "console.launch.serve"])


def test_a_step_is_named_before_it_begins_and_timed_when_it_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    with begin("runtime packages") as step:
        assert capsys.readouterr().out == "     ...  runtime packages\n"
        step.named = "runtime packages, 41 of them"
    assert re.fullmatch(r" +\d+\.\d s  runtime packages, 41 of them\n", capsys.readouterr().out)


def test_on_a_terminal_a_step_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with begin("migrations"):
        pass
    with pytest.raises(KeyError), begin("demo companies"):
        raise KeyError
    first, second = capsys.readouterr().out.split("\n")[:2]
    assert re.fullmatch(r" +\.\.\.  migrations\r +\d+\.\d s  migrations\x1b\[K", first)
    assert second == "     ...  demo companies", "what follows has a line of its own"


# --- The supervisor


class Ended:
    """A child's process: `status` None while it runs."""

    def __init__(self, status: int | None) -> None:
        self.returncode = status

    def poll(self) -> int | None:
        return self.returncode


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(room, "parent_at_start", room.os.getppid)
    return Supervisor("127.0.0.1", 8000)


def ends_at_once(monkeypatch: pytest.MonkeyPatch, *, status: int, every: int) -> None:
    """Each process that is started has ended already; from one look at the clock to the next `every` seconds pass."""
    clock = itertools.count(step=every)
    monkeypatch.setattr(room, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    monkeypatch.setattr(room, "end_with_parent", lambda number: None)
    monkeypatch.setattr(room.Child, "signal", lambda child, number: None)
    monkeypatch.setattr(room, "subprocess", SimpleNamespace(Popen=lambda *arguments, **rest: Ended(status), DEVNULL=None))


def started(child: Child, *seconds: float) -> Child:
    child.started = list(seconds)
    return child


@pytest.mark.parametrize(
    ("starts", "keeps_ending"),
    [
        ([0], False),
        ([0, 1, 2, 3], False),
        ([0, 1, 2, 3, 4], True),
        ([0, 15, 30, 45, 59.9], True),
        ([0, 15, 30, 45, 60], False),
        ([0, 1, 2, 3, 3600], False),
        ([0, 3600, 3601, 3602, 3603, 3604], True),
        ([0, 1, 2, 3, 70, 71, 72], False),
    ],
)
def test_a_child_keeps_ending_when_it_was_started_five_times_within_a_minute(starts: list[float], keeps_ending: bool) -> None:
    assert started(Child("worker", []), *starts).keeps_ending is keeps_ending


def test_a_worker_that_keeps_ending_is_not_started_for_ever(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_at_once(monkeypatch, status=-9, every=1)
    supervisor.start_child("worker", ["worker"], starts_again=True)

    for _ in range(4):
        supervisor.check()
    with pytest.raises(Failed, match=r"The worker process keeps ending \(status -9\): see above, then start again"):
        supervisor.check()
    assert len(supervisor.children[0].started) == 5


def test_a_worker_that_ends_now_and_then_is_started_again_each_time(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_at_once(monkeypatch, status=1, every=20)
    supervisor.start_child("worker", ["worker"], starts_again=True)

    for _ in range(50):
        supervisor.check()
    assert len(supervisor.children[0].started) == 51


def test_a_child_that_runs_is_left_alone_and_one_that_must_not_end_ends_all(supervisor: Supervisor) -> None:
    for name, starts_again in (("web", False), ("worker", True)):
        child = started(Child(name, [], starts_again), 0)
        child.process = Ended(None)  # type: ignore[assignment]
        supervisor.children.append(child)
    supervisor.check()
    assert [len(each.started) for each in supervisor.children] == [1, 1]

    supervisor.children[0].process = Ended(0)  # type: ignore[assignment]
    with pytest.raises(Failed, match="The web process has ended"):
        supervisor.check()


def test_a_database_that_ended_ends_all(supervisor: Supervisor) -> None:
    supervisor.server = SimpleNamespace(is_alive=lambda: False)  # type: ignore[assignment]
    with pytest.raises(Failed, match="PostgreSQL has ended"):
        supervisor.check()
