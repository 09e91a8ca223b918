"""The console with production settings, its worker and a real proxy in front of them, configured as the shipped files say.

In those files only the host's name, ports, paths and certificates are replaced. All of it is gone when the blocks end.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import get_commands
from django.utils import timezone
from requests.adapters import HTTPAdapter

from console.embedded_postgres import EmbeddedServer
from console.launch import supervisor
from console.launch.proof_of_start import free_port

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "docs" / "operations"
PATIENCE = 120
PROGRAMS = {"nginx": "nginx", "caddy": "caddy"}
"""Program -> Debian's package."""


@dataclass
class Console:
    """Web and worker in production settings. `folder` holds every log, `secret_texts` what none of them may hold."""

    folder: Path
    port: int
    plain_port: int
    web_port: int
    environment: dict[str, str]
    web: subprocess.Popen[bytes] | None = None
    secret_texts: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        """Where people open it: at the proxy, whichever is there."""
        return f"https://localhost:{self.port}"

    @property
    def certificate(self) -> Path:
        return self.folder / "fullchain.pem"

    def ask(self, path: str, *, source: str = "127.0.0.1", method: str = "GET", **more: Any) -> requests.Response:
        """As a client at another address of this machine, who follows no redirect."""
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", _From(source))
            url = path if "://" in path else self.address + path
            return session.request(method, url, verify=str(self.certificate), allow_redirects=False, timeout=30, **more)

    def start_web(self) -> None:
        """It answers when this returns."""
        web = self.web = self.start("web", [sys.executable, "manage.py", "serve"])

        def answers() -> bool:
            assert web.poll() is None, self.logs()["web.log"]
            with contextlib.suppress(requests.RequestException):
                requests.get(f"http://127.0.0.1:{self.web_port}/healthz", timeout=20)
                return True
            return False

        until(answers, "an answer of the web server")

    def stop_web(self) -> None:
        if self.web is not None:
            end(self.web)
        self.web = None

    def start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def logs(self) -> dict[str, str]:
        """Everything that was logged by anybody, PostgreSQL included: name of the file -> text."""
        files = [*self.folder.glob("*.log"), *self.folder.glob("server/*.log")]
        return {path.name: path.read_text(errors="replace") for path in files}


class _From(HTTPAdapter):
    """Connections begin at `source`."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, source_address=(self.source, 0), **kwargs)


@contextlib.contextmanager
def console() -> Iterator[Console]:
    """The demo companies on a throw-away database, web and worker; nothing is in front of them yet."""
    with tempfile.TemporaryDirectory(prefix="allotment-proxies-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root, the server runs as somebody else, who must reach its data
        make_certificate(folder)
        server = EmbeddedServer(folder / "server", throwaway=True)
        made = Console(folder, free_port(), free_port(), free_port(), {})
        worker = None
        try:
            server.start()
            made.environment = settings_of(made, server)
            fill(made, server)
            made.start_web()
            command = ["manage.py", "work"] if "work" in get_commands() else supervisor.worker_command()[1:]
            worker = made.start("worker", [sys.executable, *command])
            yield made
        finally:
            made.stop_web()
            if worker is not None:
                end(worker)
            server.stop()


def settings_of(made: Console, server: EmbeddedServer) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"},
        "DJANGO_SETTINGS_MODULE": "console.settings.prod",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "localhost",
        "CONSOLE_URL": made.address,
        "DATABASE_URL": server.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{free_port()}",
        "EMAIL_FROM": "Allotment <allotment@example.com>",
        "SALES_CONTACT": "sales@example.com",
        "SUPPORT_CONTACT": "support@example.com",
        "TRUSTED_PROXIES": "1",
        "LISTEN": f"127.0.0.1:{made.web_port}",
        # Nothing here is real: the practice marketplace stands behind the proxy, too, and speaks through it.
        "DEMO": "1",
        "PRACTICE_MARKETPLACE": "1",
        "PRACTICE_MARKETPLACE_URL": f"{made.address}/practice-marketplace",
        "REQUESTS_CA_BUNDLE": str(made.certificate),
        "NO_PROXY": "localhost",
        "PYTHONUNBUFFERED": "1",
    }


def fill(made: Console, server: EmbeddedServer) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "console.launch.fill_database", "127.0.0.1", str(writing)]
    environment = {**made.environment, "DATABASE_OWNER_URL": server.owner_url}
    try:
        subprocess.run(command, cwd=ROOT, pass_fds=[writing], env=environment, check=True)
    finally:
        os.close(writing)
        os.close(reading)


def make_certificate(folder: Path) -> None:
    """Signed by itself, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


# --- The proxies, as shipped


@contextlib.contextmanager
def behind(made: Console, program: str) -> Iterator[None]:
    """The proxy stands in front of the console until the block ends."""
    assert shutil.which(program), missing(program)
    command = {"nginx": nginx, "caddy": caddy}[program](made)
    process = made.start(program, command)
    try:
        until(lambda: process.poll() is not None or tls_answers(made), f"an answer of {program}")
        assert process.poll() is None, (made.folder / f"{program}.log").read_text()
        yield
    finally:
        end(process)


def missing(program: str) -> str:
    return f"{program} is missing: install it, on Debian: apt-get install --no-install-recommends {PROGRAMS[program]}"


def replaced(text: str, values: dict[str, str]) -> str:
    """Each of them stands in the shipped file."""
    for before, after in values.items():
        assert before in text, f"The shipped file lacks {before!r}"
        text = text.replace(before, after)
    return text


def nginx(made: Console) -> list[str]:
    """Debian's main file, in short, around the shipped one."""
    shipped = replaced(
        (SHIPPED / "nginx.conf").read_text(),
        {
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": f"listen 127.0.0.1:{made.plain_port};",
            "listen 443 ssl": f"listen 127.0.0.1:{made.port} ssl",
            "server_name allotment.example.com": "server_name localhost",
            "https://allotment.example.com": made.address,
            "/etc/allotment/tls": str(made.folder),
            "/var/log/nginx/allotment": f"{made.folder}/nginx",
            "127.0.0.1:8000": f"127.0.0.1:{made.web_port}",
        },
    )
    temporary = "".join(
        f"    {kind}_temp_path {made.folder}/nginx-{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (made.folder / "allotment").write_text(shipped)
    main = (
        f"daemon off;\npid {made.folder}/nginx.pid;\nworker_processes auto;\n"
        f"error_log {made.folder}/nginx.main.log;\nevents {{ worker_connections 768; }}\n"
        f"http {{\n{temporary}    access_log {made.folder}/nginx.default.log;\n    sendfile on;\n"
        f"    include {made.folder}/allotment;\n}}\n"
    )
    if os.geteuid() == 0:
        main = f"user root;\n{main}"
    (made.folder / "nginx.conf").write_text(main)
    return ["nginx", "-c", str(made.folder / "nginx.conf"), "-e", str(made.folder / "nginx.main.log")]


def caddy(made: Console) -> list[str]:
    shipped = replaced(
        (SHIPPED / "Caddyfile").read_text(),
        {
            "http://allotment.example.com {": f"http://localhost:{made.plain_port} {{",
            "\nallotment.example.com {": f"\nhttps://localhost:{made.port} {{\n"
            f"\ttls {made.folder}/fullchain.pem {made.folder}/privkey.pem",
            "https://allotment.example.com": made.address,
            "\n{\n": f"\n{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\tstorage file_system {made.folder}/caddy\n",
            "127.0.0.1:8000": f"127.0.0.1:{made.web_port}",
        },
    )
    (made.folder / "Caddyfile").write_text(shipped)
    return ["caddy", "run", "--config", str(made.folder / "Caddyfile"), "--adapter", "caddyfile"]


def tls_answers(made: Console) -> bool:
    context = ssl.create_default_context(cafile=str(made.certificate))
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", made.port), 5) as opened,
        context.wrap_socket(opened, server_hostname="localhost"),
    ):
        return True
    return False


@dataclass(frozen=True)
class Answered:
    """A line of a proxy's log."""

    path: str
    status: int
    source: str


def access_log(made: Console, program: str) -> list[Answered]:
    """What the proxy's log says of requests, in whichever words."""
    lines = []
    for name in ("nginx.access.log", "caddy.log"):
        path = made.folder / name
        if not name.startswith(program) or not path.exists():
            continue
        for line in path.read_text().splitlines():
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if "path" in said:
                    lines.append(Answered(said["path"], said["status"], said["from"]))
                elif "request" in said and "status" in said:
                    lines.append(Answered(said["request"]["uri"], said["status"], said["request"]["remote_ip"]))
    return lines


# --- Waiting


def until(holds: Any, what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:.0f} s"
        time.sleep(0.1)


def end(process: subprocess.Popen[bytes]) -> None:
    """In order, with what it started; then by force."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
