"""Asking for units from the panel of a feature: for whoever may see an allocation and not change it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from console.errors import DomainError
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.feature_in_hand import feature_in_hand
from credits.pages.allocation.form import AllocationForm
from credits.pages.allocation.panel import allocation_panel, form_for
from credits.pages.allocation.person_and_feature import feature_of, person_of, today_of
from credits.pages.allocation.what_came_of_it import answer
from credits.pages.requests.what_came_of_it import asked_for
from licensing.access import of_company
from licensing.models import Company
from licensing.pages.day_shown import day_known_asked_for, require_today


@require_POST
@of_company()
def ask(request: HttpRequest, company: Company, feature: str) -> HttpResponse:
    """The note of the form says what they are for. What is wrong is said beside its field, and nothing is lost."""
    day_known_asked_for(request, company, page=reverse("credits:allocation", args=[company.slug, feature]))
    require_today(request)
    found = feature_of(feature)
    form = AllocationForm.sent(request.POST, today=today_of(request))
    refused: DomainError | None = None
    if form.is_valid():
        try:
            asked = ask_for_units(
                company,
                units=form.units_stated(),
                today=form.today,
                on=form.day_stated,
                words=form.cleaned_data["note"],
                by=person_of(request),
                key=form.cleaned_data["key"],
            )
        except DomainError as error:
            refused = error
        else:
            return answer(request, company, feature, asked_for(company, asked))
    held = feature_in_hand(company, found)
    form = form_for(held, today_of(request), request.POST)
    form.is_valid()
    if refused is not None:
        form.refuse(refused)
    return allocation_panel(request, company, held, form, status=refused.status if refused else 422)
