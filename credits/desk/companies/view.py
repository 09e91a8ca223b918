"""One company, as support sees it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff
from licensing.models import Company


@require_safe
@of_staff()
def company(request: HttpRequest, slug: str) -> HttpResponse:
    return redirect("admin:licensing_company_change", get_object_or_404(Company, slug=slug).pk)
