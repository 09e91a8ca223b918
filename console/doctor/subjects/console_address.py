"""CONSOLE_URL, asked as a visitor would: whether we answer there, by which certificate, and what the proxies in front add."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.http.request import validate_host

from console.doctor.as_seen import HEADER, proxies_stated, static_files_in_use, token
from console.doctor.findings import Finding, Severity, subject

SECONDS = 10
CLAIMED = "192.0.2.1"
"""An address that nobody has: what a visitor claims to be passed on for."""
SOON = timedelta(days=21)
HEADERS = {
    "for": "nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "proto": "nginx: proxy_set_header X-Forwarded-Proto $scheme; (Caddy does so by itself); TRUSTED_PROXIES=<their number>",
}


class NoAnswer(Exception):
    """Why, in a few words; `certificate` where that is what was refused."""

    def __init__(self, why: str, *, certificate: bool = False) -> None:
        super().__init__(why)
        self.certificate = certificate


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    said: dict[str, Any] = field(default_factory=dict)
    tls_is_hidden: bool = False
    ends: datetime | None = None
    lasts: timedelta | None = None


@subject("Address of the console")
def console_address() -> Iterator[Finding]:
    url = settings.CONSOLE_URL
    host = urlsplit(url).hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield Finding(
            "address.host-not-allowed",
            f"ALLOWED_HOSTS does not hold {host}, the host of CONSOLE_URL.",
            "Whoever follows a link in a mail is refused.",
            f"ALLOWED_HOSTS={','.join([*settings.ALLOWED_HOSTS, host])}",
        )
        return
    try:
        answer = ask(url, proto="https")
    except NoAnswer as error:
        yield _certificate_refused(url, error) if error.certificate else _silent(url, str(error))
        return
    if answer.ends and answer.lasts:
        yield from _certificate_ends(answer.ends, answer.lasts)
    if not answer.said:
        yield _other_answer(url, answer)
        return
    if url.startswith("https://") and not answer.said["secure"]:
        yield _not_told_that_encrypted(url)
    else:
        yield from _believes_a_claim(url)
    yield from _hops([each.strip() for each in answer.said["forwarded_for"].split(",") if each.strip()])
    ours = static_files_in_use()
    if ours and answer.said["static_files"] != ours:
        yield Finding(
            "address.process-of-another-version",
            "The web processes were started before static files were collected last.",
            "Their pages name files that are no longer there, or former ones.",
            "Restart the web processes: systemctl restart allotment-web",
        )


def ask(url: str, *, proto: str) -> Answer:
    """One request, without following; claims to have come by `proto` and to be passed on for somebody. Raises NoAnswer."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    headers = {HEADER: token(), "X-Forwarded-For": CLAIMED, "X-Forwarded-Proto": proto, "User-Agent": "allotment-doctor"}
    try:
        connection.request("GET", f"{parts.path}/as-seen", headers=headers)
        certificate = getattr(connection.sock, "getpeercert", lambda **_: None)(binary_form=True)
        answer = connection.getresponse()
        body = answer.read(10_000)
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(error.verify_message, certificate=True) from error
    except ssl.SSLError as error:
        raise NoAnswer(f"no TLS there ({error.reason or 'broken off'})") from error
    except TimeoutError as error:
        raise NoAnswer(f"no answer within {SECONDS} s") from error
    except socket.gaierror as error:
        raise NoAnswer(f"no address is known for {parts.hostname}") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(getattr(error, "strerror", None) or type(error).__name__) from error
    finally:
        connection.close()
    found = x509.load_der_x509_certificate(certificate) if certificate else None
    return Answer(
        answer.status,
        answer.getheader("Location") or "",
        _read(body) if answer.status == 200 else {},
        answer.status == 500 and b"X-Forwarded-Proto" in body,
        found.not_valid_after_utc if found else None,
        found.not_valid_after_utc - found.not_valid_before_utc if found else None,
    )


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) and {"secure", "forwarded_for", "static_files"} <= set(said) else {}


def _silent(url: str, why: str) -> Finding:
    return Finding(
        "address.not-answering",
        f"{url} does not answer: {why}.",
        "Nobody reaches the console, and links in mails lead nowhere.",
        "systemctl status allotment-web; then the proxy's log; then the name in DNS and the firewall",
    )


def _certificate_refused(url: str, error: NoAnswer) -> Finding:
    return Finding(
        "address.certificate-refused",
        f"The certificate of {url} is not accepted: {error}.",
        "Browsers warn everybody off, and marketplaces send nothing.",
        "Renew it in the proxy, with its whole chain and for this very name (certbot renew; Caddy does so by itself)",
    )


def _certificate_ends(ends: datetime, lasts: timedelta) -> Iterator[Finding]:
    left = ends - datetime.now(UTC)
    if left < min(SOON, lasts / 4):
        yield Finding(
            "address.certificate-ends",
            f"The certificate of CONSOLE_URL ends on {ends:%Y-%m-%d}, in {left.days} days.",
            "Browsers and marketplaces turn away from then on; it should have been renewed by now.",
            "certbot renew --dry-run says what holds it up; with Caddy its log does",
            Severity.WRONG if left < min(timedelta(days=7), lasts / 8) else Severity.WARN,
        )


def _other_answer(url: str, answer: Answer) -> Finding:
    if answer.location.rstrip("/") == f"{url}/as-seen" or answer.tls_is_hidden:
        return _not_told_that_encrypted(url)
    if answer.status in (502, 503, 504):
        return _silent(url, f"the proxy answers {answer.status}")
    if answer.status in (301, 302, 307, 308):
        said = f"leads on to {urlsplit(answer.location).netloc or answer.location}"
    else:
        said = f"answers {answer.status}"
    return Finding(
        "address.another-console",
        f"{url} is answered by something else: it {said}.",
        "Links in mails lead to a console with another SECRET_KEY, to another version, or to none.",
        "CONSOLE_URL=<address of this console>, and one SECRET_KEY for all its processes",
    )


def _not_told_that_encrypted(url: str) -> Finding:
    return Finding(
        "proxy.no-forwarded-proto",
        "The console is not told that visitors come encrypted: X-Forwarded-Proto is missing or not believed.",
        f"{url} leads to itself for ever, or forms and sign-ins are refused.",
        HEADERS["proto"],
    )


def _believes_a_claim(url: str) -> Iterator[Finding]:
    """Nothing in front is to pass on what a visitor says of the scheme."""
    if not url.startswith("https://"):
        return
    try:
        answer = ask(url, proto="http")
    except NoAnswer:
        return
    if not answer.said.get("secure"):
        yield Finding(
            "proxy.passes-on-claims",
            "The proxy passes on X-Forwarded-Proto as the visitor sends it.",
            "Whoever comes in clear may claim to be encrypted: cookies and forms then travel in clear.",
            HEADERS["proto"],
        )


def _hops(addresses: list[str]) -> Iterator[Finding]:
    """`addresses` as they came, the nearest last."""
    stated = proxies_stated()
    passed_on = CLAIMED in addresses
    hops = len(addresses) - (addresses.index(CLAIMED) + 1 if passed_on else 0)
    if hops == stated:
        return
    if not hops:
        yield Finding(
            "proxy.no-forwarded-for",
            f"TRUSTED_PROXIES states {stated}, and none sets X-Forwarded-For.",
            "Whoever claims an address is believed: limits on attempts hold nobody, and the log names wrong sources.",
            f"{HEADERS['for']} (Caddy does so by itself); or TRUSTED_PROXIES=0 where there is no proxy",
        )
        return
    if hops > stated:
        why = "The address of a proxy is taken for everybody's: one who guesses passwords locks all others out."
    else:
        why = "An address that a visitor claims is believed: limits on attempts hold nobody."
    yield Finding(
        "proxy.hops",
        f"{hops} {'proxy sets' if hops == 1 else 'proxies set'} X-Forwarded-For, and TRUSTED_PROXIES states {stated}.",
        why,
        f"TRUSTED_PROXIES={hops}",
    )
