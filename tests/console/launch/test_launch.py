"""`make run`, by real processes in a copy of the checkout: a folder of mode 0700 with spaces in its name."""

import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from console.launch.fill_database import CannotUse, refuse_old
from console.launch.proof_of_start import free_port, processes_in
from tests.processes import until

# All in one worker: they share the copy, and a start takes both cores as it is.
pytestmark = pytest.mark.xdist_group("launch")

ROOT = Path(__file__).resolve().parents[3]
NEEDED = ["Makefile", "manage.py", ".python-version", "requirements", "console", "licensing", "credits", "templates", "static"]
FIRST_PAGE_SECONDS = 90


def copy_checkout(folder: Path) -> Path:
    """A checkout as a clone would make it, with what is compiled of its code, which each start would else begin with."""
    folder.mkdir(mode=0o700)
    for name in NEEDED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name)
        elif path.exists():
            shutil.copy(path, folder / name)
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy whose packages are this checkout's, so that nothing is downloaded."""
    folder = copy_checkout(tmp_path_factory.mktemp("launch") / "a clone, with spaces")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    yield folder
    for _ in range(50):  # a failed test leaves processes, and they leave files
        for pid in pids_in(folder):
            os.kill(pid, signal.SIGKILL)
        if not processes_in(folder):
            break


def pids_in(folder: Path) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(folder) in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def make_run(folder: Path, port: int, log: Path | None = None, **changes: str) -> subprocess.Popen[str]:
    """Start `make run`; everything it says goes to `log`, else to its `stdout`."""
    dropped = ("DJANGO_", "DATABASE_", "TEST_DATABASE_URL", "PYTEST", "MAKE", "MFLAGS")
    env = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    env |= {"PYTHON": sys.executable, "PORT": str(port), **changes}
    with log.open("w") if log else nullcontext(subprocess.PIPE) as output:
        return subprocess.Popen(
            ["make", "run"], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, text=True
        )


def refused(folder: Path, port: int, **changes: str) -> str:
    """What a start says that must not succeed: asserts that it failed, with a sentence and without a traceback."""
    make = make_run(folder, port, None, **changes)
    said = make.communicate(timeout=60)[0]
    assert make.returncode != 0
    assert "Traceback" not in said
    return said


def wait_until_up(make: subprocess.Popen[str], log: Path) -> None:
    until(lambda: "Allotment runs at" in log.read_text() or make.poll() is not None, log.read_text, FIRST_PAGE_SECONDS)
    assert make.poll() is None, log.read_text()


def state(folder: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads((folder / ".data" / "run.json").read_text())
    return found


def workers_in(folder: Path) -> list[int]:
    return [pid for pid in pids_in(folder) if b"manage.py\0work" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def web_in(folder: Path) -> int:
    """The process that the others of the web server come from; 0 where there is none."""
    found = state(folder)["pid"]
    for pid in pids_in(folder):
        try:
            status, words = (Path(f"/proc/{pid}/{name}").read_bytes() for name in ("status", "cmdline"))
        except OSError:
            continue
        if b"console.web_server\0" in words and f"PPid:\t{found}\n".encode() in status:
            return pid
    return 0


def answers(port: int) -> bool:
    try:
        return bool(ask(port, "/healthz").status == 200)
    except OSError:
        return False


def ask(port: int, address: str, **headers: str) -> Any:
    """The answer, also one of 400 and more, read to its end: a connection that nobody closes is warned of in another test."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{address}", headers=headers)
    try:
        answer: Any = urllib.request.urlopen(asked, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        body = answer.read()
    return SimpleNamespace(status=answer.status, headers=answer.headers, read=lambda: body)


def finished_errors(port: int) -> None:
    """Visitors meet our pages, never the framework's."""
    missing = ask(port, "/companies/nowhere.php")
    assert missing.status in (302, 404)
    for address, status in (("/help/nowhere", 404), ("/accounts/nowhere", 404)):
        page = ask(port, address)
        text = page.read().decode()
        assert (page.status, "This page does not exist" in text, "DEBUG" in text) == (status, True, False), address
    wrong_host = ask(port, "/accounts/login/", Host="elsewhere.example")
    assert wrong_host.status == 400
    assert "This is not the address of the console" in wrong_host.read().decode()


def light_files(port: int) -> None:
    """Texts are compressed; static files are named by their content and kept."""
    page = ask(port, "/accounts/login/", **{"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    text = gzip.decompress(page.read()).decode()
    style = re.search(r'href="(/static/css/console\.[0-9a-f]{12}\.css)"', text)
    assert style, text[:2000]
    sheet = ask(port, style[1], **{"Accept-Encoding": "gzip"})
    assert (sheet.headers["Content-Encoding"], "immutable" in sheet.headers["Cache-Control"]) == ("gzip", True)
    assert "/*" not in gzip.decompress(sheet.read()).decode()


def test_it_starts_replaces_what_died_starts_again_after_any_process_was_killed_and_ends_with_make(
    checkout: Path, tmp_path: Path
) -> None:
    """One life, as each start takes long: the first says where it is, and whoever is killed at its end, the next one works."""
    port = free_port()
    for victim in ("make", "supervisor", "postgres", None):
        log = tmp_path / f"until {victim} is killed"
        make = make_run(checkout, port, log)
        wait_until_up(make, log)
        if victim == "make":
            look_at_the_first_start(checkout, make, port, log)
        pids = {
            "make": make.pid,
            "supervisor": state(checkout)["pid"],
            "postgres": int(next(checkout.glob(".data/postgres-*/postmaster.pid")).read_text().split()[0]),
        }
        os.kill(pids[victim] if victim else make.pid, signal.SIGKILL if victim else signal.SIGTERM)
        make.wait(timeout=30 if victim else 20)
    assert processes_in(checkout) == []


def look_at_the_first_start(checkout: Path, make: subprocess.Popen[str], port: int, log: Path) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
        assert page.status == 200
    assert "viewer@aster.example" in log.read_text()
    assert log.read_text().index("...  migrations") < log.read_text().index(" s  migrations")
    finished_errors(port)
    light_files(port)

    said = refused(checkout, free_port())
    assert f"already runs from this folder, at http://127.0.0.1:{port}/" in said

    (worker,) = workers_in(checkout)
    os.kill(worker, signal.SIGKILL)
    until(lambda: workers_in(checkout) not in ([], [worker]), log.read_text, 30)
    assert make.poll() is None
    assert "The worker process has ended (status -9); another takes its place." in log.read_text()

    web = web_in(checkout)
    os.kill(web, signal.SIGKILL)
    until(lambda: answers(port) and web_in(checkout) not in (0, web), log.read_text, 30)
    assert make.poll() is None
    assert "The web process has ended (status -9); another takes its place." in log.read_text()


def test_a_port_in_use_is_refused_with_the_fix(checkout: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(checkout, port)
    assert f"Port {port} on 127.0.0.1 is in use by another program: stop that one, or choose another port" in said


@pytest.mark.parametrize(
    "url",
    ["postgresql://someone:hush@127.0.0.1:1/x", "postgresql://someone:hush@/x?host=/nowhere", "mysql://someone:hush@host/x"],
)
def test_a_broken_database_url_is_refused_with_the_fix_and_without_its_password(url: str, checkout: Path) -> None:
    said = refused(checkout, free_port(), DATABASE_URL=url)
    assert "DATABASE_URL" in said
    assert "hush" not in said


def test_a_wrong_port_is_refused_with_the_fix(checkout: Path) -> None:
    assert "PORT=8000" in refused(checkout, free_port(), PORT="http")


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    folder = copy_checkout(tmp_path / "other data")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    old = folder / ".data" / "postgres-14"
    old.mkdir(parents=True)
    (old / "PG_VERSION").write_text("14\n")
    assert "belongs to PostgreSQL 14" in refused(folder, free_port())
    assert list(folder.glob(".data/postgres-*")) == [old]


def test_an_unreachable_package_index_is_said_with_the_fix(tmp_path: Path) -> None:
    folder = copy_checkout(tmp_path / "no packages")
    nowhere = "http://127.0.0.1:1/simple"
    said = refused(
        folder,
        free_port(),
        HOME=str(tmp_path),
        UV_CACHE_DIR=str(tmp_path / "cache"),
        UV_DEFAULT_INDEX=nowhere,
        UV_HTTP_RETRIES="0",
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL=nowhere,
        PIP_NO_CACHE_DIR="1",
        PIP_RETRIES="0",
    )
    assert "check the network and the package index" in said


def test_a_server_older_than_15_is_refused_with_the_fix() -> None:
    with pytest.raises(CannotUse, match="is PostgreSQL 14, too old: name a server of version 15 or newer"):
        refuse_old(140012)
    refuse_old(150000)
