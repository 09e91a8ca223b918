"""The supervisor and its processes as they run: replaced, renewed and ended without a request lost, and slow clients in front."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from django.db import connection
from pytest_django import DjangoDbBlocker

from console.launch.measuring.proof_of_slow_clients import SIGN_IN, large_file
from console.launch.measuring.slow_clients import Site, asking, crowd, slowed
from console.launch.proof_of_start import free_port
from tests import processes
from tests.processes import ROOT, environment, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("web processes")]

LISTEN = {"WEB_PROCESSES": "2", "WEB_THREADS": "3"}


class Running:
    """`manage.py serve`, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "said"
        env = {**environment(self.port), "LISTEN": f"127.0.0.1:{self.port}", **LISTEN}
        with self.log.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self.address = f"http://127.0.0.1:{self.port}"

    @property
    def children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.address}/healthz", timeout=20).status_code == 200
        except (requests.ConnectionError, requests.Timeout):
            return False


@pytest.fixture(scope="module")
def running(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with django_db_blocker.unblock():
        found = Running(tmp_path_factory.mktemp("web"))
        try:
            until(found.answers, "the first page")
            yield found
        finally:
            processes.end(found.process)
        connection.close()


def test_slow_clients_and_a_crowd_stop_nobody(running: Running) -> None:
    """The short form of `make proof-of-slow-clients`."""

    def look() -> None:
        site = Site(running.address)
        with slowed(site, 30, large_file(site, SIGN_IN)):
            answers = asyncio.run(asking({"/healthz": site, SIGN_IN: site, "/help/": site}, 3, every=0.2))
        for path, found in answers.items():
            assert {each.status for each in found} == {200}, (path, [each.problem for each in found])
            assert max(each.took for each in found) < 5, path
        many = asyncio.run(crowd(site, 150, "/help/", 2))
        assert many.others == {}
        assert many.served

    processes.elsewhere(look)


def asked_while(running: Running, holds: threading.Event) -> list[str]:
    """One page after the other, over a connection that is kept, until `holds`: what was answered otherwise than 200."""
    wrong = []
    with requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=0))
        while not holds.is_set():
            try:
                status = session.get(f"{running.address}/help/", timeout=60).status_code
                wrong += [] if status == 200 else [str(status)]
            except requests.ConnectionError as problem:
                wrong.append(repr(problem))
    return wrong


def test_a_process_that_is_killed_is_replaced_and_the_other_serves_meanwhile(running: Running) -> None:
    until(lambda: len(running.children) == 2, "two processes")
    killed, other = running.children
    os.kill(killed, signal.SIGKILL)
    assert running.answers()
    until(lambda: len(running.children) == 2 and killed not in running.children, running.log.read_text)
    assert other in running.children
    assert f"Web process {killed} has ended (status -9); another takes its place." in running.log.read_text()


def test_processes_are_renewed_one_by_one_and_no_request_is_lost(running: Running) -> None:
    until(lambda: len(running.children) == 2, "two processes")
    before, renewed = set(running.children), threading.Event()
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(asked_while, running, renewed) for _ in range(2)]
        try:
            running.process.send_signal(signal.SIGHUP)
            until(lambda: len(running.children) == 2 and not before & set(running.children), running.log.read_text)
        finally:
            renewed.set()
        assert [each.result() for each in asked] == [[], []]


def test_a_signal_ends_all_of_it_once_what_is_under_way_is_answered(running: Running, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as threads, requests.Session() as session:
        session.get(f"{running.address}/healthz", timeout=20)  # a connection that is kept
        under_way = threads.submit(requests.post, f"{running.address}{SIGN_IN}", data=slowly(running), timeout=60)
        until(lambda: running.process.poll() is not None or under_way.done(), running.log.read_text)
        assert under_way.result().status_code == 403  # whole, but without its token
    assert running.process.wait(30) == 0
    assert not running.answers()


def slowly(running: Running) -> Iterator[bytes]:
    """A form; the signal is sent in the middle of it."""
    yield b"login="
    running.process.send_signal(signal.SIGTERM)
    until(lambda: not is_listening(running.port), "that nobody is taken any more")
    yield b"somebody"


def is_listening(port: int) -> bool:
    """Whether any process listens there."""
    wanted = f":{port:04X} 00000000:0000 0A "
    return wanted in Path("/proc/net/tcp").read_text()


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("LISTEN", "8000", "Set it to such, for example 127.0.0.1:8000."),
        ("LISTEN", "127.0.0.1:http", "Set it to such, for example 127.0.0.1:8000."),
        ("LISTEN", "192.0.2.1:8000", "cannot listen on 192.0.2.1:8000"),
        ("WEB_THREADS", "0", "WEB_THREADS"),
        ("WEB_PROCESSES", "many", "WEB_PROCESSES"),
    ],
)
def test_what_is_set_wrong_is_said_with_the_fix(setting: str, value: str, said: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "console.web_server"],
        cwd=ROOT,
        env={**os.environ, setting: value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_where_no_process_comes_to_serve_the_reason_is_said_and_it_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "console.web_server", "--listen", f"127.0.0.1:{free_port()}", "--processes", "1"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "console.settings.prod", "SECRET_KEY": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    assert "SECRET_KEY" in ended.stderr
    assert "No web process gets as far as taking requests" in ended.stderr
    assert "Traceback" not in ended.stderr
