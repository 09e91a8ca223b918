"""Staff pages ask for all companies; no other page can."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from console.company_in_hand import for_all


class StaffMiddleware:
    """All companies are in hand below the admin's address, for staff who are signed in: to the end of the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not (request.path.startswith(reverse("admin:index")) and request.user.is_staff):
            return self.get_response(request)
        with for_all("staff"):
            return self.get_response(request)
