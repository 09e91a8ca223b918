"""When a second person confirms what somebody allocates: a page of settings, for owners."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.forms.key_form import KeyForm
from console.status_message import StatusMessage, tell
from credits.acts.approvals.second_person import who_may_allocate
from credits.acts.approvals.state_approvals import state_approvals
from credits.pages.allocation.form import CreditsField
from credits.pages.allocation.person_and_feature import person_of
from credits.reading.approvals.requests import rule_known
from credits.rules.second_person import NEVER, WhenAsked
from licensing.access import of_company
from licensing.models import Company, Permission


class ApprovalsForm(KeyForm):
    from_credits = CreditsField(
        required=False,
        label=gettext_lazy("From how many credits on"),
        help_text=gettext_lazy("Added by one person in a day, small steps together. Empty: credits alone never ask for it."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    below_zero = forms.BooleanField(required=False, label=gettext_lazy("Whenever the balance goes below zero"))


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.PEOPLE)
def approvals(request: HttpRequest, company: Company) -> HttpResponse:
    """POST states it anew, or with `off` that nobody confirms. One statement more than every page."""
    rule = rule_known(request.membership)  # type: ignore[attr-defined]
    first: dict[str, Any] = {
        "from_credits": f"{rule.from_credits:,}" if rule.from_credits else "",
        "below_zero": rule.below_zero,
        "key": uuid4(),
    }
    if request.method != "POST":
        return _page(request, company, ApprovalsForm(initial=first), rule)
    off = "off" in request.POST
    form = ApprovalsForm({**first, "key": request.POST.get("key", "")} if off else request.POST)
    if not form.is_valid():
        return _page(request, company, form, rule, status=422)
    when = NEVER if off else WhenAsked(form.cleaned_data["from_credits"], form.cleaned_data["below_zero"])
    try:
        state_approvals(company, when=when, by=person_of(request), key=form.cleaned_data["key"])
    except DomainError as error:
        return _page(request, company, form, rule, status=form.refuse(error))
    words = _("From now on a second person confirms.") if when.ever else _("Nobody has to confirm from now on.")
    tell(request, StatusMessage(_("Saved"), _("%(words)s All owners are told.") % {"words": words}))
    return redirect("credits:approvals", company.slug)


def _page(request: HttpRequest, company: Company, form: ApprovalsForm, rule: WhenAsked, *, status: int = 200) -> HttpResponse:
    people = who_may_allocate(company)
    context = {
        "form": form,
        "rule": rule,
        "people": people,
        "too_few": people < 2,
        "page_url": reverse("credits:approvals", args=[company.slug]),
    }
    return render(request, "credits/requests/approvals.html", context, status=status)
