"""Health is answered, who waits too long is told to come again, and what was sent to be written is carried out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from console.web_server import front
from tests.processes import until
from tests.web_servers import PATIENCE, Start, Whole, read_answer, served

GET = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n"


class Held:
    """An application whose pages wait until they are let go; `asked` has those that a thread took."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Start) -> Whole:
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        if environ["PATH_INFO"] != "/readyz":
            assert self.free.wait(PATIENCE)
        start("200 OK", [])
        return Whole(b"page")

    def cancel(self) -> Callable[[], None]:
        return self.free.set


@pytest.fixture
def held() -> Iterator[Held]:
    found = Held()
    yield found
    found.free.set()


def test_health_and_readiness_are_answered(held: Held) -> None:
    with served(held, threads=1) as site, site.connect() as waiting:
        waiting.sendall(GET % b"page")
        until(lambda: held.asked == ["GET /page"], "a busy thread")
        assert site.get("/healthz").endswith(b"\r\n\r\nok\n")
        assert site.send(b"HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        assert site.get("/readyz").endswith(b"\r\n\r\npage")
        held.free.set()
        assert read_answer(waiting).endswith(b"page")


def test_who_finds_the_line_full_is_told_to_come_again(held: Held) -> None:
    with served(held, threads=1, line=2) as site, ExitStack() as stack:
        waiting = [stack.enter_context(site.connect()) for _ in range(3)]
        for number, each in enumerate(waiting):
            each.sendall(GET % b"page")
            until(lambda number=number: site.front.pages._line.qsize() == number, "a place in the line")  # type: ignore[misc]
        answer = site.get("/page")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in answer
        assert b"x-frame-options: DENY" in answer
        assert b"Try again in a few seconds." in answer
        held.free.set()
        assert all(read_answer(each).endswith(b"page") for each in waiting)


def test_who_waited_too_long_in_the_line_is_told_so_and_no_thread_works_on_it(held: Held) -> None:
    with served(held, threads=1, line_seconds=0.2) as site, site.connect() as first, site.connect() as second:
        first.sendall(GET % b"first")
        until(lambda: held.asked == ["GET /first"], "a busy thread")
        second.sendall(GET % b"second")
        threading.Timer(0.5, held.free.set).start()
        assert read_answer(second).startswith(b"HTTP/1.1 503 ")
        assert read_answer(first).endswith(b"page")
        assert held.asked == ["GET /first"]


def test_what_a_page_waits_for_is_cancelled_after_a_while(held: Held) -> None:
    with served(held, threads=1, answer_seconds=0.2, each=held.cancel) as site:
        assert site.get("/page").endswith(b"page")  # the application's own answer to that


def test_a_page_that_still_waits_then_is_answered_all_the_same(held: Held) -> None:
    with served(held, threads=1, answer_seconds=0.2) as site:
        assert site.get("/page").startswith(b"HTTP/1.1 503 ")


@contextmanager
def somebody_gone(site: Any, held: Held, request: bytes) -> Iterator[None]:
    """Somebody has sent a request behind one that holds the only thread, and gone."""
    with site.connect() as first:
        first.sendall(GET % b"first")
        until(lambda: held.asked == ["GET /first"], "a busy thread")
        with site.connect() as second:
            second.sendall(request)
            until(lambda: site.front.pages._line.qsize() == 1, "a place in the line")
            until(lambda: len(site.server.server_state.tasks) == 2, "a task for each")
        until(lambda: len(site.server.server_state.connections) == 1, "the end of a connection")
        yield
        held.free.set()
        assert read_answer(first).endswith(b"page")


def test_nobody_works_on_a_page_for_who_has_gone(held: Held) -> None:
    with served(held, threads=1) as site, somebody_gone(site, held, GET % b"second"):
        until(lambda: len(site.server.server_state.tasks) == 1, "that it is noticed")
        held.free.set()
        site.get("/third")
    assert held.asked == ["GET /first", "GET /third"]


def test_what_was_sent_to_be_written_is_carried_out_for_who_has_gone(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "SOON", 0)  # whether somebody has gone would be watched from the beginning
    with (
        served(held, threads=1) as site,
        somebody_gone(site, held, b"POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"),
    ):
        assert site.get("/healthz")  # the loop has been at everything by then
        assert site.get("/healthz")
        held.free.set()
        site.get("/third")
    assert held.asked == ["GET /first", "POST /second", "GET /third"]


def test_too_many_connections_are_refused() -> None:
    with served(Held(), connections=3) as site, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(site.connect())
        until(lambda: len(site.server.server_state.connections) == 3, "three connections")
        answer = site.get("/healthz")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 5" in answer


# --- The end


def test_at_the_end_what_is_under_way_is_answered_and_what_is_on_its_way(held: Held) -> None:
    with served(held, threads=2, last_requests_seconds=PATIENCE) as site, site.connect() as under_way, site.connect() as kept:
        kept.sendall(GET % b"healthz")
        assert read_answer(kept).startswith(b"HTTP/1.1 200 ")
        under_way.sendall(GET % b"page")
        until(lambda: held.asked == ["GET /page"], "a busy thread")
        site.server.should_exit = True
        until(lambda: all(not server.is_serving() for server in site.server.servers), "that nobody is taken any more")
        kept.sendall(GET % b"healthz")
        assert b"connection: close" in read_answer(kept)
        held.free.set()
        assert read_answer(under_way).endswith(b"page")
        assert under_way.recv(1) == b""
        assert site.ended.wait(PATIENCE)
