"""A mail server that takes every mail and keeps none; or that never answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer


class Sink(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    taken = 0
    silent = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class Talk(StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        if self.server.silent:
            self.server.ended.wait()
            return
        self.say("220 sink")
        while line := self.rfile.readline():
            word = line.split(b" ")[0].strip().upper()
            if word == b"DATA":
                self.say("354 go on")
                while self.rfile.readline().rstrip(b"\r\n") != b".":
                    pass
                self.server.taken += 1
            self.say("221 bye" if word == b"QUIT" else "250 fine")
            if word == b"QUIT":
                return

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mail_sink() -> Iterator[Sink]:
    with Sink() as sink:
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        yield sink
        sink.ended.set()
        sink.shutdown()
