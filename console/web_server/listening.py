"""Where to listen: `LISTEN`, or the socket that systemd holds (socket activation), which outlasts a restart."""

from __future__ import annotations

import os
import socket
from typing import Any

WAITING = 1024
"""So many connections may wait to be taken by a process."""
AT_ONCE = 8
"""So many a process takes at a time, so that another one gets its share of many that come at once."""
UNSENT = 128 * 1024
"""Bytes that the system keeps for who does not read; by itself it takes megabytes."""
FIRST_PASSED = 3


class CannotListen(Exception):
    """A sentence with the fix."""


class Shared(socket.socket):
    """A listening socket of several processes. asyncio takes the length of the queue for the number taken at once: it is not."""

    def listen(self, backlog: int = 0, /) -> None:
        super().listen(WAITING)


def open_socket(listen: str) -> socket.socket:
    """Listening at "127.0.0.1:8000" or "[::1]:8000", or where systemd does. Raises CannotListen."""
    if (passed := _passed_by_systemd()) is not None:
        return passed
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise CannotListen(f'LISTEN: "{listen}" is not an address and a port. Set it to such, for example 127.0.0.1:8000.')
    try:
        family: Any = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.create_server((host, int(port)), family=family, backlog=WAITING)
    except OSError as error:
        raise CannotListen(f"LISTEN: cannot listen on {listen} ({error.strerror}). Stop what does, or name another.") from None
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # each connection takes it over from here
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
    return opened


def _passed_by_systemd() -> socket.socket | None:
    for_us = os.environ.pop("LISTEN_PID", "") == str(os.getpid())
    number = os.environ.pop("LISTEN_FDS", "0")
    os.environ.pop("LISTEN_FDNAMES", None)
    return socket.socket(fileno=FIRST_PASSED) if for_us and number.isdecimal() and int(number) >= 1 else None
