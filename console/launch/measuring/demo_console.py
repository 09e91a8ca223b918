"""A console with the demo companies, served as `make run` serves it, on a throw-away database; gone when the block ends."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console.embedded_postgres import EmbeddedServer
from console.launch.proof_of_start import free_port
from console.launch.supervisor import web_command
from console.launch.what_an_earlier_start_left import MARK
from console.launch.where_to_listen import first_answer

PATIENCE = 60


@dataclass(frozen=True)
class DemoConsole:
    """Where it answers; `session_of` signs somebody in without the form."""

    url: str

    def session_of(self, email: str) -> str:
        """The value of the cookie `sessionid` of a person who has signed in."""
        from django.test import Client

        from console.models import User

        client = Client()
        client.force_login(User.objects.get(email=email))
        return client.cookies["sessionid"].value


@contextmanager
def demo_console() -> Iterator[DemoConsole]:
    """Takes some seconds to fill the database. The first page was shown when the block begins."""
    with tempfile.TemporaryDirectory(prefix="allotment-demo-") as folder:
        server = EmbeddedServer(Path(folder) / "server", throwaway=True)
        Path(folder).chmod(0o711)  # as root, the server runs as somebody else, who must reach its data
        web = None
        try:
            server.start()
            port = free_port()
            os.environ |= {
                "DATABASE_URL": server.url,
                "PORT": str(port),
                "DJANGO_SETTINGS_MODULE": "console.settings.dev",
                MARK: secrets.token_hex(16),
            }
            _fill(server.owner_url)
            web = subprocess.Popen(web_command("127.0.0.1", port), stdin=subprocess.DEVNULL, start_new_session=True)
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/", web)
            import django

            django.setup()
            yield DemoConsole(url)
        finally:
            if web is not None:
                os.killpg(web.pid, signal.SIGTERM)
                web.wait()
            server.stop()


def _fill(owner_url: str) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "console.launch.fill_database", "127.0.0.1", str(writing)]
    filling = subprocess.run(command, pass_fds=[writing], env={**os.environ, "DATABASE_OWNER_URL": owner_url}, check=False)
    os.close(writing)
    os.close(reading)
    if filling.returncode:
        sys.exit(filling.returncode)


def _wait_for(url: str, web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while first_answer(url) is None:
        if web.poll() is not None or time.monotonic() > deadline:
            sys.exit("The web server showed no page; what was wrong stands above.")
        time.sleep(0.1)
