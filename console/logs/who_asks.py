"""Every request leaves a line and is counted; every line that is logged meanwhile has its id and person.

The id is the one that a proxy or client sent as `X-Request-ID`, where it looks like one; the answer carries it, error pages too.
The line names the route, never the address: that holds what people typed, and may hold what opens something.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest, HttpResponse

from console.logs.lines import fields
from console.logs.request_answered import answered, person_asking
from console.logs.sign_ins import note_limit
from console.logs.under_way import UnderWay, under_way
from console.metrics.counted import count_request

logger = logging.getLogger("allotment.requests")

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", re.ASCII)


class WhoAsksMiddleware:
    """Before everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        asked = UnderWay(id_of(request))
        before, outer = answered.set(request), under_way.set(asked)
        try:
            response = self.get_response(request)
            response.headers[HEADER] = asked.id
            if response.status_code == 429:
                note_limit()
            _tell(request, response.status_code, perf_counter() - began, asked)
            return response
        finally:
            under_way.reset(outer)
            answered.reset(before)


def id_of(request: HttpRequest) -> str:
    said = request.META.get("HTTP_X_REQUEST_ID", "")
    return said if WELL_FORMED.fullmatch(said) else os.urandom(16).hex()


def route_of(request: HttpRequest) -> str:
    """The name of the view, which says the page and not whose: `licensing:license`. `-` where no address fits."""
    match = request.resolver_match
    return (match.view_name or "-") if match else "-"


def _tell(request: HttpRequest, status: int, seconds: float, asked: UnderWay) -> None:
    route, method = route_of(request), request.method or "-"
    count_request(route, method, status, seconds, asked.statements)
    if logger.isEnabledFor(logging.INFO):
        said = fields(
            request=asked.id,
            person=person_asking(),
            company=asked.company,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            statements=asked.statements,
        )
        # As `logger.info` does, which first looks for the line of code that logs: a fifth of what all this costs.
        logger.handle(logger.makeRecord(logger.name, logging.INFO, __file__, 0, "answered", (), None, extra=said))
