"""What is settled before any page: how a request came, whether a machine asks, under which host, and whether TLS was told of."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port
from django.middleware.security import SecurityMiddleware
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

from console.security.arriving.unreadable import OTHER_HOST, WITHOUT_TLS, cut, refuse
from console.security.arriving.who_and_how import client_address, read_scheme, say_what_proxies_must_send
from console.settings.parts.encrypted_ways_out import is_local

logger = logging.getLogger("allotment.proxies")

SAID_EVERY = 60
"""Seconds between two lines about a proxy that hides TLS."""
LED_TO_TLS = ("GET", "HEAD")
"""What people type. A form, or a machine that is set up with http, would send on unnoticed what everybody on the way reads."""
DEFAULT_PORTS = {"https": ":443", "http": ":80"}


class ArrivalMiddleware:
    """Just outside the middleware that redirects to TLS and asks for the host.

    Machines ask for MACHINE_PATHS by whatever name and scheme they reach the process: those are answered at once. They tell
    nothing that is secret. A host that is none of ours is refused with a page and one line in the log.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # What stands on every answer stands on those that never pass further in.
        self.shielded: Callable[[HttpRequest, Any], Any] = SecurityMiddleware(get_response).process_response
        self.said_at = -float(SAID_EVERY)
        say_what_proxies_must_send()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        read_scheme(request)
        if request.path_info in settings.MACHINE_PATHS and (answer := _for_machines(request)) is not None:
            return self.shielded(request, answer)
        try:
            host = request.get_host()
        except DisallowedHost:
            named = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")
            why = f"Refused the host {cut(named)}, asked from {client_address(request)}:"
            why += " ALLOWED_HOSTS does not name it."
            return self.shielded(request, refuse(request, OTHER_HOST, why))
        if request.META.get("HTTP_HOST") and host.endswith(port := DEFAULT_PORTS.get(str(request.scheme), "-")):
            request.META["HTTP_HOST"] = host.removesuffix(port)  # as browsers write it, who leave it out
        response = self.get_response(request)
        if response.status_code == HTTPStatus.MOVED_PERMANENTLY and _leads_to_tls(request, response):
            if _leads_to_itself(request):
                return self._tls_is_hidden(request, response)
            if request.method not in LED_TO_TLS:
                why = f"Refused a {cut(request.method or '')} without TLS, from {client_address(request)}."
                return self.shielded(request, refuse(request, WITHOUT_TLS, why))
        return response

    def _tls_is_hidden(self, request: HttpRequest, redirect: HttpResponse) -> HttpResponse:
        """In the place of a redirect that would come back for ever: a page that names the setting."""
        fix = _what_to_set(request)
        if time.monotonic() - self.said_at >= SAID_EVERY:
            self.said_at = time.monotonic()
            logger.error("TLS ends before this process, which is not told so: redirects to https would never end. %s", fix)
        page = HttpResponse(render_to_string("500_tls_hidden.html", {"fix": fix}), status=500)
        for name, value in redirect.headers.items():
            if name not in ("Location", "Content-Type", "Content-Length"):
                page.headers[name] = value
        page._has_been_logged = True  # type: ignore[attr-defined]
        return page


def _for_machines(request: HttpRequest) -> HttpResponseBase | None:
    """Without session, person or cookies. None where there is no such page."""
    try:
        request.resolver_match = match = resolve(request.path_info)
    except Resolver404:
        return None
    answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return answer


def _leads_to_tls(request: HttpRequest, response: HttpResponse) -> bool:
    if request.is_secure() or not settings.SECURE_SSL_REDIRECT:
        return False
    return urlsplit(response.headers["Location"]).scheme == "https"


def _leads_to_itself(request: HttpRequest) -> bool:
    """Whether a request that is redirected to https came by https already, as something in it tells.

    By the proxy's header, believed or not; by a cookie or header that browsers send over TLS alone. Who makes them up sees this
    page instead of a redirect. A proxy that is stated and says no scheme at all is set up wrongly in any case.
    """
    said = request.META.get("HTTP_X_FORWARDED_PROTO", "").lower()
    if settings.TRUSTED_PROXIES and not said:
        return True
    if "https" in said or request.META.get("HTTP_X_FORWARDED_SSL", "").lower() == "on":
        return True
    if is_local(split_domain_port(request.get_host())[0].strip("[]")):  # browsers take the machine itself for as good as TLS
        return False
    return "HTTP_SEC_FETCH_MODE" in request.META or any(name.startswith("__Host-") for name in request.COOKIES)


def _what_to_set(request: HttpRequest) -> str:
    if not settings.TRUSTED_PROXIES:
        return "Let the proxy set X-Forwarded-Proto and X-Forwarded-For, and set TRUSTED_PROXIES to the number of proxies."
    said = request.META.get("HTTP_X_FORWARDED_PROTO", "")
    return f"Let the proxy that ends TLS set X-Forwarded-Proto: https. It sent {cut(said) if said else 'none'}."
