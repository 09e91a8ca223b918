"""A refusal that no form was there to show becomes a page with its sentence and status."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.errors import DomainError, NotAllowed


class RefusalMiddleware:
    """Turns a refusal that no form was there to show into a page with its sentence and status, never a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        said = {"message": str(exception), "not_allowed": isinstance(exception, NotAllowed)}
        return render(request, "refused.html", said, status=exception.status)
