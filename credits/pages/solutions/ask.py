"""Ask sales about an estimate: what is sent, words of one's own beside it, and the press that sends it."""

from __future__ import annotations

from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.exports.as_csv import csv_text
from console.exports.export_of import about_of
from console.forms.key_form import KeyForm
from console.models import Actor
from console.security.too_often import HOUR, too_often
from console.status_message import StatusMessage, tell
from console.vendor.held import vendors_own
from credits.acts.estimates.ask_sales import ask_sales, mailbox_of_sales
from credits.pages.solutions.asked_for import asked_for
from credits.pages.solutions.overview import overview
from credits.pages.solutions.worked_out import WorkedOut, worked_out
from credits.reading.annual_credits import annual_credits
from licensing.access import of_company
from licensing.models import Company

MOST_IN_AN_HOUR = 10


class AskForm(KeyForm):
    words = forms.CharField(
        label=gettext_lazy("What sales should know"),
        max_length=4_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control words"}),
        help_text=gettext_lazy("For example from when you need the credits, and for how many years."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_company()
def ask_about_estimate(request: HttpRequest, company: Company) -> HttpResponse:
    """The estimate is what the address, or the form that is sent, says; always at the rates of today."""
    day = request.today  # type: ignore[attr-defined]
    asked = asked_for(request.POST if request.method == "POST" else request.GET, shown_as={})
    found = worked_out(annual_credits(company, on=day), asked)
    if request.method != "POST":
        return _shown(request, company, AskForm(initial={"key": uuid4()}), found)
    form = AskForm(request.POST)
    if not form.is_valid():
        return _shown(request, company, form, found, status=422)
    if found.problems:
        form.add_error(None, _("Something in the estimate is no number. Nothing was sent; go back and mend it."))
        return _shown(request, company, form, found, status=422)
    if too_often(f"sales:{request.user.pk}", most=MOST_IN_AN_HOUR, in_a=HOUR):
        form.add_error(None, _("Many questions came from you in this hour. Nothing was sent; send this one in an hour."))
        return _shown(request, company, form, found, status=429)
    page = reverse("credits:estimate", args=[company.slug]) + asked.query()
    try:
        ask_sales(
            company,
            page=page,
            day=day,
            overview=csv_text(overview(found), about_of(request)) if found.lines else "",
            words=form.cleaned_data["words"],
            by=Actor.person(request.user),  # type: ignore[arg-type]
            key=form.cleaned_data["key"],
        )
    except DomainError as error:
        return _shown(request, company, form, found, status=form.refuse(error))
    email = request.user.email  # type: ignore[union-attr]
    tell(request, StatusMessage(_("Sent to sales"), _("they answer to %(email)s.") % {"email": email}))
    return redirect(page)


def _shown(request: HttpRequest, company: Company, form: AskForm, found: WorkedOut, status: int = 200) -> HttpResponse:
    sheet = overview(found)
    context = {
        "form": form,
        "by_mail": bool(mailbox_of_sales()),
        "contact": vendors_own().sales,
        "header": [each.label for each in sheet.columns],
        "rows": sheet.rows,
        "pairs": found.asked.pairs(),
        "page_url": reverse("credits:ask-sales", args=[company.slug]),
        "estimate_url": reverse("credits:estimate", args=[company.slug]) + found.asked.query(),
    }
    return render(request, "credits/solutions/ask_sales.html", context, status=status)
