"""Who asks and how: the address and the scheme of a request, as far as proxies that are trusted tell them. One place for both.

Each proxy that TRUSTED_PROXIES counts adds to `X-Forwarded-For` whom it was asked by; what stands before their entries is
whatever the visitor wrote. `X-Forwarded-Host` and `X-Forwarded-Port` are never believed: proxies pass the host on as it is.
"""

from __future__ import annotations

import ipaddress
import logging

from django.conf import settings
from django.http import HttpRequest

logger = logging.getLogger("allotment.proxies")

UNKNOWN = "0.0.0.0"
"""Of a request over a socket file that no proxy speaks for. An address, so that everything that keeps one can keep it."""
_warned: set[str] = set()


def client_address(request: HttpRequest) -> str:
    """The network address that limits, logs and metrics count by. Never raises, and asks nothing.

    Where the header of a trusted proxy is missing, too short or no address, it is the proxy's own: nobody is refused for what a
    proxy does, but all who come through it are counted as one, so the log says once what to set right.
    """
    peer = _address(request.META.get("REMOTE_ADDR", "")) or UNKNOWN
    count = settings.TRUSTED_PROXIES
    if not count:
        return peer
    said = request.META.get("HTTP_X_FORWARDED_FOR", "")
    hops = [each for each in said.split(",") if each.strip()]
    if len(hops) < count:
        found = "is missing" if not hops else f"names {len(hops)}"
        _warn(f"X-Forwarded-For {found}, though TRUSTED_PROXIES is {count}: each of them has to add the address that asked it.")
        return peer
    address = _address(hops[-count])
    if address is None:
        _warn("X-Forwarded-For has something that is no address in the place that TRUSTED_PROXIES names.")
        return peer
    return address


def read_scheme(request: HttpRequest) -> None:
    """Leave in X-Forwarded-Proto what the outermost trusted proxy said, in small letters, for `request.scheme` to read.

    Proxies replace this header or add to it; where fewer entries than proxies are there, the first one is the outermost's.
    """
    count = settings.TRUSTED_PROXIES
    said = [each.strip().lower() for each in request.META.get("HTTP_X_FORWARDED_PROTO", "").split(",") if each.strip()]
    if count and said:
        request.META["HTTP_X_FORWARDED_PROTO"] = said[max(len(said) - count, 0)]


def say_what_proxies_must_send() -> None:
    """At the start of a process that answers requests."""
    if count := settings.TRUSTED_PROXIES:
        logger.info(
            "%s trusted: it must set X-Forwarded-Proto, and add the address that asked to X-Forwarded-For.",
            "One proxy is" if count == 1 else f"{count} proxies are",
        )


def _address(said: str) -> str | None:
    """As it is counted: without a port or zone, IPv4 within IPv6 as IPv4. None where it is no address."""
    said = said.strip()
    if said.startswith("[") and "]" in said:
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        address = ipaddress.ip_address(said.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def _warn(what: str) -> None:
    """Once in a process."""
    if what not in _warned:
        _warned.add(what)
        logger.warning("%s Meanwhile all who come through the proxy count as one. See TRUSTED_PROXIES in the README.", what)


def network_of(address: str, prefix: int = 64) -> str:
    """What one subscriber has: an IPv4 address, 2^64 addresses of IPv6; else the text as it is."""
    found = _address(address)
    if found is None:
        return address.strip()
    return str(ipaddress.ip_network(f"{found}/{prefix}", strict=False)) if ":" in found else found
