"""Views by support: for owners, each view of their company by staff with the pages seen, and the tables that staff exported."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from licensing.access import of_company
from licensing.models import Company, Permission
from licensing.viewing.record import exports_by_staff, views_of


@require_safe
@of_company(Permission.PEOPLE)
def support_views(request: HttpRequest, company: Company) -> HttpResponse:
    """Four statements beside the frame's."""
    return render(request, "licensing/support_views.html", {"views": views_of(company), "exports": exports_by_staff(company)})
