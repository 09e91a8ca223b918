"""The front door, refusals as pages, and the health of the house."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from licensing.access import memberships_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """One company: its Annual credits; several: a chooser; none: what to do next."""
    memberships = request.memberships = memberships_of(request.user)  # type: ignore[attr-defined, arg-type]
    if len(memberships) == 1:
        return redirect("credits:annual-credits", memberships[0].company.slug)
    if memberships:
        return redirect("licensing:companies")
    if request.user.is_staff:
        return redirect("admin:index")
    return render(request, "licensing/no_company.html")


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process answers and reaches its database; 503 without details otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("not ready\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
