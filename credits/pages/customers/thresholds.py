"""The threshold of a customer: what holds, what was stated of it, and the form that states another."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.forms.key_form import KeyForm
from console.models import Actor
from console.status_message import StatusMessage, tell
from console.templatetags.formats import credits as written
from console.templatetags.formats import day as day_in_words
from credits.acts.customers.state_threshold import state_threshold
from credits.models import ThresholdStatement
from credits.pages.allocation.form import CreditsField
from credits.pages.customers.rows import keeps_out
from credits.reading.customers.customers import Customer, customers_of, read_customers
from licensing.access import of_company
from licensing.models import Company, Permission

STATED_AT_MOST = 50


class ThresholdForm(KeyForm):
    """`credits` are asked for where `kind` is manual, and left aside otherwise."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ThresholdStatement.Kind.choices, widget=forms.RadioSelect)
    credits = CreditsField(
        label=gettext_lazy("Credits"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("For a threshold of credits: you are told when more than so many are allocated."),
    )
    on = forms.DateField(
        label=gettext_lazy("Holds from"),
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Enter a day such as 2026-11-20.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == ThresholdStatement.Kind.MANUAL and "credits" not in self.errors:
            if cleaned.get("credits") is None:
                self.add_error("credits", _("Say from how many credits on, in whole credits from 0."))
        elif "credits" in self.errors and cleaned.get("kind") != ThresholdStatement.Kind.MANUAL:
            del self.errors["credits"]
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.CUSTOMERS)
def threshold(request: HttpRequest, company: Company, customer: str) -> HttpResponse:
    """`customer` is the address name of one that is open to the company and to who asks: any other is 404. Eight statements."""
    named = next((each for each in customers_of(company) if each.slug == customer and not each.closed_to_provider), None)
    if named is None or keeps_out(named, request):
        raise Http404
    if request.method != "POST":
        return _page(request, company, named)
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        return _page(request, company, named, form, status=422)
    said = form.cleaned_data
    try:
        row = state_threshold(
            company,
            customer=named,
            kind=said["kind"],
            credits=said["credits"] if said["kind"] == ThresholdStatement.Kind.MANUAL else None,
            on=said["on"],
            today=_day_of(named, request),
            by=Actor.person(request.user),  # type: ignore[arg-type]
            key=said["key"],
        )
    except DomainError as error:
        return _page(request, company, named, form, status=form.refuse(error))
    tell(request, StatusMessage(_("Saved"), _in_words(row, named)))
    return redirect("credits:customers", company.slug)


def _day_of(customer: Company, request: Any) -> date:
    """The customer's own day, by which its thresholds are read: that of the provider may be ahead of it or behind."""
    return customer.day_of(request.figures_of)


def _in_words(row: ThresholdStatement, customer: Company) -> str:
    values = {"company": customer, "day": day_in_words(row.effective_on), "credits": written(row.credits or 0)}
    if row.kind == ThresholdStatement.Kind.MANUAL:
        return _("threshold of %(company)s: %(credits)s credits from %(day)s.") % values
    if row.kind == ThresholdStatement.Kind.DYNAMIC:
        return _("threshold of %(company)s: the average of three months, from %(day)s.") % values
    return _("%(company)s has no threshold from %(day)s.") % values


def _page(
    request: HttpRequest, company: Company, named: Company, form: ThresholdForm | None = None, status: int = 200
) -> HttpResponse:
    (shown,) = read_customers(company, [named], {named.pk: _day_of(named, request)})
    rows = ThresholdStatement.objects.for_company(company).filter(customer=named).select_related("act__actor")
    context = {
        "form": form or ThresholdForm(initial=_as_it_is(shown)),
        "customer": shown,
        "stated": list(rows.order_by("-recorded_at", "-id")[:STATED_AT_MOST]),
    }
    return render(request, "credits/threshold.html", context, status=status)


def _as_it_is(shown: Customer) -> dict[str, Any]:
    held = shown.threshold
    credits = written(held.credits) if held and held.credits is not None else ""
    kind = held.kind if held else ThresholdStatement.Kind.NONE.value
    return {"key": str(uuid4()), "kind": kind, "credits": credits, "on": shown.day}
