"""The state of a company that a page of the workbench shows."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for


def day_in_hand(request: HttpRequest, company: Company) -> AsOf:
    """The state that the address asks for, else the company's today. Free; with an instant one statement."""
    request.figures_of = timezone.now()  # type: ignore[attr-defined]
    request.today = company.day_of(request.figures_of)  # type: ignore[attr-defined]
    day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    return as_of
