"""The chooser: the companies a person is a member of."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from licensing.access import memberships_of, of_person


@require_safe
@of_person
def companies(request: HttpRequest) -> HttpResponse:
    request.memberships = memberships_of(request.user)  # type: ignore[attr-defined, arg-type]
    empty = not request.memberships  # type: ignore[attr-defined]
    return render(request, "licensing/no_company.html" if empty else "licensing/company_chooser.html")
