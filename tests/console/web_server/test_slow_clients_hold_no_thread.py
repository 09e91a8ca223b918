"""Whoever sends or reads slowly holds a connection, never a thread, and not for long."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from console.web_server.limits import Limits
from tests.processes import until
from tests.web_servers import PATIENCE, Pieces, Start, Whole, read_answer, served

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
LARGE = 64 * 1024 * 1024


def echo(environ: dict[str, Any], start: Start) -> Whole:
    """How long the body is, as it was told and as it is."""
    start("200 OK", [])
    return Whole(f"{environ.get('CONTENT_LENGTH')} {len(environ['wsgi.input'].read())}".encode())


def is_ended(connection: socket.socket) -> bool:
    """Whether the server takes nothing more, after one more byte."""
    try:
        connection.sendall(b"a")
    except ConnectionError:
        return True
    return False


def test_bodies_that_do_not_come_stop_nobody() -> None:
    with served(echo, threads=1) as site, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(site.connect()).sendall(POST % 1000 + b"a")
        assert site.get().endswith(b"None 0")


@pytest.mark.parametrize("limits", [{"body_seconds": 0.3}, {"body_idle_seconds": 0.3}])
def test_a_body_has_a_deadline_and_an_idle_limit(limits: dict[str, float]) -> None:
    with served(echo, **limits) as site:
        answer = site.send(POST % 1000 + b"a")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"x-frame-options: DENY" in answer
        assert b"Send it again." in answer
        assert site.front.bodies.bytes == 0


def test_a_head_has_a_deadline() -> None:
    with served(echo, head_seconds=0.3) as site:
        assert site.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-More").startswith(b"HTTP/1.1 408 ")
        assert site.send(b"").startswith(b"HTTP/1.1 408 ")


def test_a_second_head_over_a_kept_connection_has_one_too() -> None:
    with served(echo, head_seconds=0.3) as site, site.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET")
        assert read_answer(connection).startswith(b"HTTP/1.1 408 ")


def test_a_kept_connection_ends_after_a_while_whatever_empty_lines_come() -> None:
    with served(echo, keep_alive_seconds=1) as site, site.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"\r\n")
        assert read_answer(connection) == b""


def test_a_body_that_was_answered_unread_does_not_go_on_for_ever() -> None:
    with served(echo, body_bytes=10, discard_seconds=0.3) as site, site.connect() as connection:
        connection.sendall(POST % LARGE)
        assert read_answer(connection).endswith(b"%d 0" % LARGE)
        until(lambda: is_ended(connection), "the end of the connection")


def test_all_bodies_together_have_a_limit() -> None:
    with served(echo, bodies_bytes=1000) as site, site.connect() as one:
        one.sendall(POST % 1000 + b"a" * 900)
        until(lambda: site.front.bodies.bytes == 900, "the body's beginning")
        answer = site.send(POST % 200 + b"a" * 199)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in answer
        one.sendall(b"a" * 100)
        assert read_answer(one).endswith(b"1000 1000")


def test_an_answer_that_nobody_reads_holds_no_thread_and_is_cut_off() -> None:
    def large(environ: dict[str, Any], start: Start) -> Whole:
        start("200 OK", [])
        return Whole(b"a" * LARGE if environ["PATH_INFO"] == "/large" else b"small")

    with served(large, threads=1, stall_seconds=0.5) as site, site.connect() as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        assert site.get().endswith(b"small")
        until(lambda: not site.server.server_state.connections, "the end of the connection")
        assert len(read_answer(connection)) < LARGE


def test_whoever_reads_fast_enough_gets_all_of_it() -> None:
    def large(environ: dict[str, Any], start: Start) -> Whole:
        start("200 OK", [])
        return Whole(b"a" * LARGE)

    with served(large, stall_seconds=0.5) as site:
        assert len(site.get().partition(b"\r\n\r\n")[2]) == LARGE


# --- Streamed answers


def test_a_streamed_answer_arrives_as_it_is_made() -> None:
    more = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        assert more.wait(PATIENCE)
        yield b"second"

    def streaming(environ: dict[str, Any], start: Start) -> Pieces:
        start("200 OK", [])
        return Pieces(pieces())

    with served(streaming) as site, site.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        found = b""
        while b"first" not in found:
            found += connection.recv(1024)
        assert b"second" not in found
        more.set()
        while b"0\r\n\r\n" not in found:
            found += connection.recv(1024)
        assert b"second" in found


def test_a_streamed_answer_is_made_to_its_end_though_nobody_reads_it() -> None:
    made = Pieces(b"a" * 65536 for _ in range(LARGE // 65536))

    def streaming(environ: dict[str, Any], start: Start) -> Any:
        start("200 OK", [])
        return made if environ["PATH_INFO"] == "/export" else Whole(b"small")

    with served(streaming, threads=1) as site, site.connect() as connection:
        connection.sendall(b"GET /export HTTP/1.1\r\nHost: a\r\n\r\n")
        assert made.closed.wait(PATIENCE)
        assert site.get().endswith(b"small")
        assert len(read_answer(connection)) > LARGE


def test_no_more_is_made_than_a_file_may_hold_nor_for_who_has_gone() -> None:
    number = 0

    def endless() -> Iterator[bytes]:
        nonlocal number
        while True:
            number += 1
            yield b"a" * 65536

    made = Pieces(endless())

    def streaming(environ: dict[str, Any], start: Start) -> Pieces:
        start("200 OK", [])
        return made

    with served(streaming, ahead_bytes=4 * 1024 * 1024) as site:
        with site.connect() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            until(lambda: number > 64, "a file full of it")
            assert not made.closed.is_set()
        assert made.closed.wait(PATIENCE)


def test_all_streamed_answers_together_have_a_limit_and_who_reads_is_not_held_up_by_who_does_not() -> None:
    most = 8 * 1024 * 1024
    number = 0

    def endless() -> Iterator[bytes]:
        nonlocal number
        while True:
            number += 1
            yield b"a" * 65536

    def streaming(environ: dict[str, Any], start: Start) -> Pieces:
        start("200 OK", [])
        return Pieces(endless() if environ["PATH_INFO"] == "/endless" else (b"a" * 65536 for _ in range(LARGE // 65536)))

    looked: list[int] = []

    def stands_still() -> bool:
        looked.append(number)
        return len(set(looked[-6:])) == 1 and len(looked) > 6 and site.front.ahead.bytes > most

    alone, ever = most - 100_000, 10 * PATIENCE
    server = served(streaming, threads=3, all_ahead_bytes=most, ahead_bytes=alone, stall_seconds=ever)
    with server as site, ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(site.connect()).sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        until(stands_still, "both wait")
        assert site.front.ahead.bytes <= most + 2 * (Limits().ahead_in_memory + 65536)
        assert len(site.get("/large")) > LARGE
        stack.close()
        until(lambda: site.front.ahead.bytes == 0, "that all is given back")


def test_a_streamed_answer_that_breaks_is_not_taken_for_whole() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"first"
        raise ZeroDivisionError

    def streaming(environ: dict[str, Any], start: Start) -> Pieces:
        start("200 OK", [])
        return Pieces(pieces())

    with served(streaming) as site:
        answer = site.get()
        assert b"first" in answer
        assert not answer.endswith(b"0\r\n\r\n")


def test_who_knows_no_pieces_gets_a_streamed_answer_as_a_whole() -> None:
    def streaming(environ: dict[str, Any], start: Start) -> Pieces:
        start("200 OK", [])
        return Pieces([b"first", b"second"])

    with served(streaming) as site:
        answer = site.send(b"GET / HTTP/1.0\r\n\r\n")
        assert b"content-length: 11\r\n" in answer
        assert answer.endswith(b"\r\n\r\nfirstsecond")
