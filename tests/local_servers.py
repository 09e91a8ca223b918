"""Servers with TLS on this machine: the console behind proxies, and a mail server; each may be made to misbehave."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import Client

# --- Certificates


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(folder: Path, *, host: str = "localhost", days: float = 60, lasts: float = 90) -> Path:
    """A file with key and certificate for `host`, its own authority, which ends in `days`."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    ends = datetime.now(UTC) + timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=lasts))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(_key(), hashes.SHA256())
    )
    path = folder / f"{host}-{days}.pem"
    encoding = serialization.Encoding.PEM
    key = _key().private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key + made.public_bytes(encoding))
    return path


def context_of(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


# --- The console behind proxies


@dataclass
class Proxies:
    """What stands in front of the console. `hops` of them set X-Forwarded-For, the first of which `replaces` it or adds to it."""

    hops: int = 1
    replaces: bool = False
    proto: str = "https"
    """What X-Forwarded-Proto says; "claimed" passes on what the visitor says, "" sets none."""
    answers: tuple[int, dict[str, str], bytes] | None = None
    """In the place of the console."""
    url: str = ""
    seen: list[dict[str, str]] = field(default_factory=list)

    def headers(self, request: BaseHTTPRequestHandler) -> dict[str, str]:
        found = {name: value for name, value in request.headers.items() if name.lower() not in ("host", "connection")}
        claimed = [each for each in [found.pop("X-Forwarded-For", "")] if each]
        added = [*([] if self.replaces and self.hops else claimed), *(["203.0.113.7", "10.0.0.2", "10.0.0.3"][: self.hops])]
        proto = found.pop("X-Forwarded-Proto", "")
        if added:
            found["X-Forwarded-For"] = ", ".join(added)
        if said := {"claimed": proto}.get(self.proto, self.proto):
            found["X-Forwarded-Proto"] = said
        return found


def console_behind(proxies: Proxies, pem: Path | None) -> ThreadingHTTPServer:
    """A server that asks the console of this process; `pem` None serves in clear."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            proxies.seen.append(dict(self.headers.items()))
            if proxies.answers:
                status, headers, body = proxies.answers
            else:
                host = self.headers.get("Host", "")
                answer: Any = Client().get(self.path, headers={**proxies.headers(self), "Host": host})
                status, body = answer.status_code, answer.content
                headers = {"Location": answer["Location"]} if answer.has_header("Location") else {}
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if pem:
        server.socket = context_of(pem).wrap_socket(server.socket, server_side=True)
    proxies.url = f"{'https' if pem else 'http'}://localhost:{server.server_address[1]}"
    return server


# --- A mail server


@dataclass
class MailServer:
    """Offers STARTTLS where it has a certificate; takes the account where `takes` is set. Keeps nothing."""

    pem: Path | None
    takes: bool = True
    breaks_off: bool = False

    def server(self) -> socketserver.ThreadingTCPServer:
        ours = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, *lines: str) -> None:
                self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

            def finish(self) -> None:
                super().finish()
                self.request.close()  # also the one that was wrapped meanwhile

            def handle(self) -> None:
                if ours.breaks_off:
                    return
                self.say("220 localhost")
                while words := self.rfile.readline().decode().split():
                    verb = words[0].upper()
                    if verb == "EHLO":
                        self.say("250-localhost", *(["250-STARTTLS"] if ours.pem else []), "250 AUTH PLAIN")
                    elif verb == "STARTTLS" and ours.pem:
                        self.say("220 go on")
                        try:
                            self.request = context_of(ours.pem).wrap_socket(self.request, server_side=True)
                        except OSError:
                            return
                        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)
                    elif verb == "AUTH":
                        self.say("235 yes" if ours.takes else "535 no")
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("502 no")

        socketserver.ThreadingTCPServer.daemon_threads = True
        return socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
