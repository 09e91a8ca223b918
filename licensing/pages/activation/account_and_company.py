"""Beside the wizard's path: an account and a company for who has none, and looking again."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.errors import DomainError
from console.models import Actor, User
from console.people.who_may_sign_in import MAY_SIGN_UP
from console.status_message import StatusMessage, tell
from licensing.access import of_person
from licensing.acts.companies.register_company import register_own_company
from licensing.marketplaces.contract import MarketplaceError
from licensing.models import Activation
from licensing.models.company_time_zone import time_zones
from licensing.pages.activation.companies.who_may_create_a_company import may_create_company
from licensing.pages.activation.steps import steps
from licensing.pages.activation.who_may_open_an_activation import (
    activation_for,
    in_this_browser,
    remember_memberships,
)
from licensing.pages.activation.wizard import not_found_yet
from licensing.purchases.activation import resume_activation
from licensing.purchases.activation.exchange_token import look_up


@login_not_required
@require_safe
def sign_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Opens sign-up for a browser that brought a purchase which exists: its token is exchanged first."""
    activation = Activation.objects.filter(pk=pk, person=None).first()
    if activation is None or not in_this_browser(request, pk):
        raise Http404
    try:
        look_up(activation)
    except MarketplaceError as error:
        return not_found_yet(request, activation, error)
    request.session[MAY_SIGN_UP] = str(pk)
    return redirect(f"{reverse('account_signup')}?{urlencode({'next': reverse('activation:step', args=[pk])})}")


# --- A company of one's own


class CompanyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the business"), max_length=150)
    business_id = forms.CharField(
        label=gettext_lazy("Business ID"),
        max_length=60,
        help_text=gettext_lazy("The registration or tax number that identifies your business."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("License periods are counted in days of this zone."),
        choices=lambda: [(each, each.replace("_", " ")) for each in sorted(time_zones())],
        initial="UTC",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=200)


@require_http_methods(["GET", "HEAD", "POST"])
@of_person
def new_company(request: HttpRequest, pk: UUID) -> HttpResponse:
    """For a person who may activate nowhere yet and has a purchase. Registers the business and goes back to the review."""
    activation = activation_for(request, pk)
    if activation.state == Activation.State.BROUGHT:  # it may not exist
        return redirect("activation:step", pk=pk)
    assert isinstance(request.user, User)
    form = CompanyForm(request.POST if request.method == "POST" else None, initial={"key": uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            company = register_own_company(request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            return redirect(f"{reverse('activation:review', args=[pk])}?{urlencode({'company': company.slug})}")
    elif request.method != "POST" and not may_create_company(remember_memberships(request)):
        return redirect("activation:review", pk=pk)
    context = {"steps": steps(activation, at=2), "activation": activation, "form": form}
    return render(request, "licensing/activation/company.html", context, status=422 if form.errors else 200)


# --- Looking again

LOOKS_APART = 15
"""Seconds between two looks at one activation that people may ask for."""


@require_POST
@of_person
def look_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask the marketplace now instead of in a few minutes; not more often than makes sense."""
    activation = activation_for(request, pk)
    assert isinstance(request.user, User)
    if cache.add(f"look-again:{pk}", 1, LOOKS_APART):
        resume_activation.look_again(activation, by=Actor.person(request.user))
    else:
        said = _("we asked a moment ago. Wait a few seconds before you look again.")
        tell(request, StatusMessage(_("Not looked up"), said, refused=True))
    return redirect("activation:status", pk=pk)
