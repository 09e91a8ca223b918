"""Who may read the metrics: who holds the token; where none is set, who asks from this machine itself, by way of no proxy."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

PASSED_ON = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
    "HTTP_VIA",
)
"""One of these headers, whatever it says, means that somebody passes on what somebody else asked. A proxy that set none would
lead everybody in circles in production, since without the second no request counts as encrypted."""


def may_ask(request: HttpRequest) -> bool:
    """A proxy or tunnel on this machine that sets no header looks as who is here: where a token is set, all must have it."""
    return has_token(request) if settings.METRICS_TOKEN else asks_from_this_machine(request)


def asks_from_this_machine(request: HttpRequest) -> bool:
    """By its network address alone: the host that is asked for proves nothing."""
    if any(name in request.META for name in PASSED_ON):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # none: by a socket, behind which a proxy may stand
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def has_token(request: HttpRequest) -> bool:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and scheme.lower() == "bearer" and constant_time_compare(token.strip(), wanted)
