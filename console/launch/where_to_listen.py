"""Where `make run` listens, asked before anything is installed, and whether it answers. Standard library only, as `prepare`."""

from __future__ import annotations

import errno
import os
import socket
import urllib.error
import urllib.request

from console.launch.folders_and_words import stop
from console.launch.one_start_at_a_time import read_state
from console.launch.what_an_earlier_start_left import end_marked


class CannotListen(Exception):
    """The address cannot be had; a sentence with the fix."""


def refuse_used_port(host: str, port: int) -> None:
    """Raise `CannotListen` when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotListen(
                    f"Port {port} on {host} is in use by another program: stop that one, or choose another port, for"
                    f" example PORT={port + 1 if port < 65535 else 8000} make run."
                ) from None
            raise CannotListen(f"Cannot listen on {host}, port {port} ({error.strerror}): set HOST and PORT to others.") from None


def ask_for_port_if_serving(command: list[str]) -> None:
    """End with a sentence where the server that `command` starts could not listen; a later start would find the packages."""
    if "console.launch.serve" not in command:
        return
    host, port = os.environ.get("HOST", "").strip() or "127.0.0.1", os.environ.get("PORT", "").strip() or "8000"
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        stop(f'PORT: "{port}" is not a whole number from 1 to 65535. Set it to such a number, for example PORT=8000.')
    end_marked(read_state().get("mark"))  # it may hold the port
    try:
        refuse_used_port(host, int(port))
    except CannotListen as problem:
        stop(str(problem))


def first_answer(url: str, *, patience: float = 20) -> int | None:
    """The status of the answer, read to its end; None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=patience) as page:
            page.read()
            return int(page.status)
    except urllib.error.HTTPError as refused:
        with refused:
            refused.read()
        return refused.code
    except OSError:
        return None
