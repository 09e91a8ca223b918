"""Every line that is logged while a request is answered has its person; and a limit that was reached leaves one."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from console.logs.request_answered import answered
from console.logs.sign_ins import note_limit


class WhoAsksMiddleware:
    """Before everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = answered.set(request)
        try:
            response = self.get_response(request)
            if response.status_code == 429:
                note_limit()
            return response
        finally:
            answered.reset(before)
