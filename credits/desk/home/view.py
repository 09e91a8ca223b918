"""The first page of support."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff
from credits.desk.frame import desk_page


@require_safe
@of_staff()
def home(request: HttpRequest) -> HttpResponse:
    return desk_page(request, "desk/home.html", section="home")
