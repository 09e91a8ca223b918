"""What the web server makes of a request, as good and bad clients send it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from django.http import FileResponse
from uvicorn.server import ServerState

from console.web_server.connection import Connection
from tests.processes import elsewhere, until
from tests.web_servers import PATIENCE, Pieces, Served, Start, Whole, read_answer, served

BODY = 1000
"""What a body may have in these tests."""


def told(environ: dict[str, Any], start: Start) -> Whole:
    """What the application is told, as JSON; `read` is the body."""
    start("200 OK", [("Content-Type", "application/json")])
    kept = {name: value for name, value in environ.items() if not name.startswith("wsgi.")}
    return Whole(json.dumps({**kept, "read": environ["wsgi.input"].read().decode()}).encode())


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with served(told, body_bytes=BODY) as found:
        yield found


def request(*lines: str, body: str = "") -> bytes:
    return "\r\n".join([*lines, "", body]).encode("latin-1")


def body_of(answer: bytes) -> dict[str, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), answer
    found: dict[str, str] = json.loads(body)
    return found


def test_the_application_is_told_what_was_asked(site: Served) -> None:
    found = body_of(
        site.send(request("POST /a%2Fb/%ff/%C3%A4//x;y?q=%20 HTTP/1.1", "Host: a:80", "Content-Length: 3", body="a=1"))
    )
    assert found["PATH_INFO"] == "/a/b/\xff/\xc3\xa4//x;y"
    assert (found["QUERY_STRING"], found["REQUEST_METHOD"], found["HTTP_HOST"]) == ("q=%20", "POST", "a:80")
    assert (found["CONTENT_LENGTH"], found["read"], found["REMOTE_ADDR"]) == ("3", "a=1", "127.0.0.1")
    assert "SECRET_KEY" not in found
    assert "PATH" not in found


def test_headers_that_come_several_times_are_one_and_two_hosts_are_none(site: Served) -> None:
    headers = ["Cookie: a=1", "Cookie: b=2", "X-A: 1", "X-A: 2", "Host: b"]
    found = body_of(site.send(request("GET / HTTP/1.1", "Host: a", *headers)))
    assert (found["HTTP_COOKIE"], found["HTTP_X_A"], found["HTTP_HOST"]) == ("a=1; b=2", "1,2", "a,b")


@pytest.mark.parametrize("name", ["X_Forwarded_For", "X_Forwarded-Proto", "Proxy", "Content_Length", "REMOTE_ADDR"])
def test_no_header_passes_for_another_or_for_a_setting(site: Served, name: str) -> None:
    found = body_of(site.send(request("GET / HTTP/1.1", "Host: a", f"{name}: 6.6.6.6")))
    assert "6.6.6.6" not in str(found)


def test_forwarded_headers_are_the_applications_to_believe(site: Served) -> None:
    found = body_of(site.send(request("GET / HTTP/1.1", "Host: a", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https")))
    assert found["REMOTE_ADDR"] == "127.0.0.1"
    assert found["HTTP_X_FORWARDED_FOR"] == "6.6.6.6"


# --- Bodies


def test_a_body_in_chunks_comes_as_a_whole(site: Served) -> None:
    chunks = "3\r\na=1\r\n4;x=y\r\n&b=2\r\n0\r\nTrailer: a\r\n\r\n"
    found = body_of(site.send(request("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body=chunks)))
    assert (found["read"], found["CONTENT_LENGTH"], "HTTP_TRANSFER_ENCODING" in found) == ("a=1&b=2", "7", False)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "Host", "Authorization", "Cookie", "X-New"])
def test_a_trailer_is_no_header(site: Served, name: str) -> None:
    lines = ["POST / HTTP/1.1", "Host: a", "X-Forwarded-For: 192.0.2.1", "Transfer-Encoding: chunked", f"Trailer: {name}"]
    with site.connect() as connection:
        for pause in (False, True):
            connection.sendall(request(*lines, body="3\r\na=1\r\n0\r\n"))
            if pause:
                until(lambda: site.front.bodies.bytes == 3, "the body")
            connection.sendall(f"{name}: 6.6.6.6\r\n\r\n".encode())
            found = body_of(read_answer(connection))
            assert "6.6.6.6" not in str(found)
            assert (found["read"], found["HTTP_HOST"], found["HTTP_X_FORWARDED_FOR"]) == ("a=1", "a", "192.0.2.1")


@pytest.mark.parametrize("after", ["0\r\nX: ", "0\r\n", "1;x="])
@pytest.mark.parametrize("piece", ["a" * 1000, "X: a\r\n" * 200])
def test_what_goes_on_without_end_after_a_body_is_cut_off(site: Served, after: str, piece: str) -> None:
    with site.connect() as connection:
        connection.sendall(request("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body=f"3\r\na=1\r\n{after}"))
        until(lambda: site.front.bodies.bytes == 3, "the body")
        connection.settimeout(5)
        sent, answer = 0, b""
        with contextlib.suppress(ConnectionError):
            while sent < 8_000_000:
                connection.sendall(piece.encode())
                sent += len(piece)
            answer = read_answer(connection)
    assert sent < 8_000_000 or answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
    until(lambda: site.front.bodies.bytes == 0 and not site.server.server_state.connections, "the end of the connection")


@pytest.mark.parametrize("chunk", [1, 7, 1000, 65_536, 2_000_000])
def test_however_small_its_chunks_a_body_is_read(chunk: int) -> None:
    size = 2_000_000 if chunk > 7 else 200_000
    body = f"{chunk:x}\r\n{'a' * chunk}\r\n" * (size // chunk) + "0\r\nX-Sum: 1\r\n\r\n"
    with served(told, body_bytes=2_621_440) as site:
        found = body_of(site.send(request("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body=body)))
        assert len(found["read"]) == size // chunk * chunk


def test_a_body_as_large_as_may_be_is_read_and_more_is_told_by_its_length(site: Served) -> None:
    found = body_of(site.send(request("POST / HTTP/1.1", "Host: a", f"Content-Length: {BODY}", body="a" * BODY)))
    assert len(found["read"]) == BODY
    found = body_of(site.send(request("POST / HTTP/1.1", "Host: a", f"Content-Length: {BODY + 1}", body="a" * (BODY + 1))))
    assert (found["read"], found["CONTENT_LENGTH"]) == ("", str(BODY + 1))


def test_chunks_without_an_end_are_read_to_a_little_more_than_may_be(site: Served) -> None:
    with site.connect() as connection:
        connection.sendall(request("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body=f"800\r\n{'a' * 0x800}\r\n"))
        assert BODY < int(body_of(read_answer(connection))["CONTENT_LENGTH"]) <= 0x800


def test_who_asks_first_whether_to_send_is_told_so(site: Served) -> None:
    with site.connect() as connection:
        connection.sendall(request("POST / HTTP/1.1", "Host: a", "Content-Length: 3", "Expect: 100-continue"))
        assert read_answer(connection).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"a=1")
        assert body_of(read_answer(connection))["read"] == "a=1"
    with site.connect() as connection:
        connection.sendall(request("POST / HTTP/1.1", "Host: a", f"Content-Length: {BODY + 1}", "Expect: 100-continue"))
        assert body_of(read_answer(connection))["read"] == ""


# --- What is refused


@pytest.mark.parametrize(
    "lines",
    [
        ["POST / HTTP/1.1", "Host: a", "Content-Length: 3", "Transfer-Encoding: chunked"],
        ["POST / HTTP/1.1", "Host: a", "Content-Length: 3", "Content-Length: 4"],
        ["POST / HTTP/1.1", "Host: a", "Content-Length: +3"],
        ["POST / HTTP/1.1", "Host: a", "Content-Length: -3"],
        ["POST / HTTP/1.1", "Host: a", "Content-Length: 3,3"],
        ["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip"],
        ["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked, gzip"],
        ["POST / HTTP/1.1", "Host: a", "Transfer-Encoding : chunked"],
        ["POST / HTTP/1.1", "Host: a", " Transfer-Encoding: chunked"],
        ["GET / HTTP/1.1", "Host: a", "X: a\0b"],
        ["GET /a b HTTP/1.1", "Host: a"],
        ["GET / HTTP/3.1", "Host: a"],
        ["GE\tT / HTTP/1.1", "Host: a"],
        ["CONNECT a:443 HTTP/1.1", "Host: a"],
        ["PRI * HTTP/2.0"],
        ["\x16\x03\x01\x02\x00\x01\x00"],
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(site: Served, lines: list[str]) -> None:
    with site.connect() as connection:
        connection.sendall(request(*lines, body="0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"))
        answers = b""
        while data := connection.recv(65536):
            answers += data
    assert answers.startswith(b"HTTP/1.1 400 "), answers
    assert b"smuggled" not in answers


@pytest.mark.parametrize("line", ["\n", "\r"])
def test_a_chunk_that_ends_otherwise_smuggles_nothing(site: Served, line: str) -> None:
    with site.connect() as connection:
        chunks = f"1{line}a\r\n0\r\n\r\n"
        connection.sendall(request("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body=chunks))
        assert read_answer(connection).startswith(b"HTTP/1.1 400 ")


def test_an_upgrade_is_not_made_and_smuggles_nothing(site: Served) -> None:
    upgrade = request("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    with site.connect() as connection:
        connection.sendall(upgrade + request("GET /smuggled HTTP/1.1", "Host: a"))
        assert body_of(read_answer(connection))["PATH_INFO"] == "/"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request(f"GET /{'a' * 40_000} HTTP/1.1", "Host: a"), 414),
        (request("GET / HTTP/1.1", "Host: a", f"X: {'a' * 100_000}"), 431),
        (request("GET / HTTP/1.1", "Host: a", *(f"X-{number}: a" for number in range(5000))), 431),
        (request("GET / HTTP/1.1", "Host: a", *(f"X-{number}: a" for number in range(250))), 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 2_000_000, 431),
    ],
)
def test_a_head_has_limits(site: Served, asked: bytes, status: int) -> None:
    with site.connect() as connection:
        try:
            connection.sendall(asked)
        except ConnectionError:
            return  # it was ended while we sent
        try:
            answer = read_answer(connection)
        except ConnectionError:
            return
    assert answer.startswith(b"HTTP/1.1 %d " % status)


# --- Answers


def test_a_connection_is_kept_and_requests_may_come_one_after_the_other(site: Served) -> None:
    with site.connect() as connection:
        connection.sendall(request("GET /1 HTTP/1.1", "Host: a") + request("GET /2 HTTP/1.1", "Host: a"))
        answers = b""
        while answers.count(b"HTTP/1.1 200 ") < 2 or not answers.endswith(b"}"):
            answers += connection.recv(65536)
        assert 0 < answers.index(b'"PATH_INFO": "/1"') < answers.index(b'"PATH_INFO": "/2"')
        connection.sendall(request("GET /3 HTTP/1.1", "Host: a", "Connection: close"))
        assert b"connection: close" in read_answer(connection)
        assert connection.recv(1) == b""


def test_no_more_than_a_few_requests_wait_on_a_connection() -> None:
    """However many come at once, it takes no time to speak of."""
    goes_on = threading.Event()

    def waiting(environ: dict[str, Any], start: Start) -> Whole:
        goes_on.wait(PATIENCE)
        start("200 OK", [])
        return Whole(b"a")

    with served(waiting) as site:
        with site.connect() as connection:
            connection.sendall(request("GET / HTTP/1.1", "Host: a") * 16)
            connection.settimeout(0.5)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.settimeout(PATIENCE)
            connection.sendall(request("GET / HTTP/1.1", "Host: a"))
            assert read_answer(connection).startswith(b"HTTP/1.1 429 ")
            assert connection.recv(1) == b""
        goes_on.set()
        with site.connect() as connection:
            connection.sendall(request("GET / HTTP/1.1", "Host: a") * 16)
            answers = b""
            while answers.count(b"HTTP/1.1 200 ") < 16:
                answers += connection.recv(65536)


def test_a_heap_of_requests_costs_the_loop_nothing() -> None:
    with served(told) as site:
        parsed = 0
        heap = b"GET / HTTP/1.1\r\n\r\n" * 13_000

        class Counting(Connection):
            def on_url(self, url: bytes) -> None:
                nonlocal parsed
                parsed += 1
                super().on_url(url)

        fed(Counting, site.server.config, heap)
        assert parsed < 20


def fed(kind: type[Connection], config: uvicorn.Config, data: bytes) -> Connection:
    """A connection that this came over at once; nothing is answered to it."""
    made: list[Connection] = []

    async def feed() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            loop = asyncio.get_running_loop()
            _, found = await loop.connect_accepted_socket(lambda: kind(config, ServerState(), {}), ours)
            found.data_received(data)
            assert found.transport.is_closing()
            made.append(found)

    elsewhere(lambda: asyncio.run(feed()))
    return made[0]


def test_nothing_is_refused_in_the_middle_of_an_answer() -> None:
    goes_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        goes_on.wait(PATIENCE)

    def streaming(environ: dict[str, Any], start: Start) -> Pieces:
        start("200 OK", [])
        return Pieces(pieces())

    with served(streaming) as site, site.connect() as connection:
        connection.sendall(request("GET / HTTP/1.1", "Host: a"))
        found = b""
        while b"first" not in found:
            found += connection.recv(65536)
        connection.sendall(b"no HTTP\r\n\r\n")
        while data := connection.recv(65536):
            found += data
        goes_on.set()
    assert found.count(b"HTTP/1.1 ") == 1
    assert found.endswith(b"first\r\n")


def test_a_body_of_what_is_refused_is_no_part_of_what_came_before() -> None:
    read: list[bytes] = []

    def reading(environ: dict[str, Any], start: Start) -> Whole:
        read.append(environ["wsgi.input"].read())
        start("200 OK", [])
        return Whole(b"")

    chunked = ["Host: a", "Transfer-Encoding: chunked"]
    one = request("POST /one HTTP/1.1", *chunked, body="3\r\na=1\r\n0\r\n\r\n")
    other = request("POST /other HTTP/1.1", *chunked, *["X: a"] * 250, body="3\r\nb=2\r\n0\r\n\r\n")
    with served(reading) as site:
        site.send(one + other)
        until(lambda: len(read) == 1, "the first request")
    assert read == [b"a=1"]


def test_an_older_client_is_answered_and_its_connection_ended(site: Served) -> None:
    with site.connect() as connection:
        connection.sendall(request("GET / HTTP/1.0"))
        assert b"connection: close" in read_answer(connection)
        assert connection.recv(1) == b""


def test_a_head_that_is_asked_for_has_the_length_and_no_body(site: Served) -> None:
    with site.connect() as connection:
        connection.sendall(request("HEAD / HTTP/1.1", "Host: a"))
        answer = read_answer(connection, to_head=True)
        connection.sendall(request("GET / HTTP/1.1", "Host: a"))
        assert body_of(read_answer(connection))["REQUEST_METHOD"] == "GET"
    assert b"content-length: " in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("status", ["304 Not Modified", "204 No Content"])
def test_an_answer_without_a_body_leaves_the_connection_as_it_should_be(status: str) -> None:
    def bare(environ: dict[str, Any], start: Start) -> Whole:
        start(status, [("Content-Length", "5"), ("X-A", "1")])
        return Whole(b"")

    with served(bare) as site, site.connect() as connection:
        for _ in range(2):
            connection.sendall(request("GET / HTTP/1.1", "Host: a"))
            assert b"x-a: 1" in read_answer(connection)


def test_a_file_is_sent_without_a_thread_and_what_the_answer_opened_is_closed() -> None:
    closed: list[bool] = []

    class Sent(FileResponse):
        def close(self) -> None:
            closed.append(True)
            super().close()

    with tempfile.NamedTemporaryFile() as file:
        file.write(b"a" * 300_000)
        file.flush()

        def sending(environ: dict[str, Any], start: Start) -> Any:
            start("200 OK", [("Content-Length", "300000")])
            return Sent(Path(file.name).open("rb"))

        with served(sending) as site:
            assert len(site.get().partition(b"\r\n\r\n")[2]) == 300_000
            until(lambda: closed == [True], "the end of the answer")


def test_an_application_that_breaks_is_answered_with_a_sentence() -> None:
    def broken(environ: dict[str, Any], start: Start) -> Whole:
        raise ZeroDivisionError

    with served(broken) as site:
        answer = site.get()
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b"Traceback" not in answer
