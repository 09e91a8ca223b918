"""What is answered when a request cannot be read, or met what nobody foresaw: the database away for a moment, a fault of ours."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.defaults import server_error

from console.security.arriving.unreadable import cause_of, unreadable
from console.vendor.held import held_in_memory

A_MINUTE = 60
RETRY_AFTER = 5
"""Seconds. A server that ended takes up its work again within them."""


def not_read(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """With the sentence of its cause; 413 where it was too large, as only reading a body without a length tells."""
    return unreadable(cause_of(exception))


def too_often(request: HttpRequest) -> HttpResponse:
    """A limit that no page of ours was there to tell of."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = str(A_MINUTE)
    return response


def out_of_order(request: HttpRequest) -> HttpResponse:
    """503 with a sentence where the database could not be asked, be it away, full or busy; 500 otherwise.

    Called while the exception is handled, wherever it was raised: the session is looked up before every view. Asks nothing.
    """
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        return server_error(request)
    page = loader.get_template("503.html").render({"vendor": held_in_memory()})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})
