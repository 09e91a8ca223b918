"""Beside the wizard's path: an account and a company for who has none, looking again, and handing it to somebody who may.

The secret of a link stands in its query, from which `console.security.secret_out_of_address` takes it, and goes on in the session
alone: neither the page's address nor sign-in's `next` holds it.
"""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.errors import DomainError, NotAllowed
from console.forms.key_form import refuse
from console.models import Actor, User
from console.people.who_may_sign_in import MAY_SIGN_UP, SECONDS_OF_STRANGERS
from console.security.sealing import Secret
from console.status_message import StatusMessage, tell
from licensing.access import of_person
from licensing.acts.companies.register_company import register_own_company
from licensing.marketplaces.contract import MarketplaceError
from licensing.models import Activation, Permission
from licensing.models.company_time_zone import time_zones
from licensing.pages.activation.companies.who_may_create_a_company import may_create_company
from licensing.pages.activation.offer import offer_of
from licensing.pages.activation.steps import steps
from licensing.pages.activation.who_may_open_an_activation import (
    activation_for,
    in_this_browser,
    remember_memberships,
    show_company,
    today_of,
)
from licensing.pages.activation.wizard import not_found_yet
from licensing.purchases.activation import resume_activation
from licensing.purchases.activation.exchange_token import look_up
from licensing.purchases.activation.hand_over import hand_over, handed_over, take_over


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
            refuse(form, error)
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


# --- Somebody else

OPENED_HERE = "handed_over"
"""In the session: the secrets of the links that this browser opened, by their activations, the latest last."""
KEPT_PER_BROWSER = 20


@require_POST
@of_person
@sensitive_variables("secret", "address", "context")
def make_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make the link that hands the activation over, and show it, once."""
    activation = activation_for(request, pk)
    secret = hand_over(activation)
    address = f"{settings.CONSOLE_URL}{reverse('activation:handed-over-link')}?{urlencode({'link': secret})}"
    context = {"steps": steps(activation, at=2), "activation": activation, "address": address}
    return _not_kept(render(request, "licensing/activation/link.html", context))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("secret")
def open_link(request: HttpRequest) -> HttpResponse:
    """Keep the secret of the link and go on without it. Only what can still be taken is kept: strangers fill nothing."""
    secret: Secret | None = getattr(request, "secret_parameter", None)
    if secret is None:
        return _used(request)
    found = handed_over(secret.reveal())
    if found is None:
        return _without_referrer(redirect("activation:handed-over-link"))
    if request.method != "HEAD":
        kept = request.session.get(OPENED_HERE, {})
        kept.pop(str(found.pk), None)
        request.session[OPENED_HERE] = dict([*kept.items(), (str(found.pk), secret.reveal())][-KEPT_PER_BROWSER:])
        if not request.user.is_authenticated:
            request.session.set_expiry(SECONDS_OF_STRANGERS)
    return _without_referrer(redirect("activation:handed-over", pk=found.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@of_person
@sensitive_variables("secret")
def handed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was handed over, and by whom; taking it is a press of a button, so that opening a link by itself changes nothing."""
    assert isinstance(request.user, User)
    secret = request.session.get(OPENED_HERE, {}).get(str(pk), "")
    held = remember_memberships(request)
    # Somebody of no company may be given a role for it yet; who has one that does not do would only use the link up.
    useful = not held or may_create_company(held) or any(Permission.LICENSING.allowed_to(each.roles) for each in held)
    if request.method == "POST" and secret and not useful:
        raise NotAllowed(_("Your roles do not include the licensing permission. The link was not used: pass it on."))
    if request.method == "POST":
        activation = take_over(secret, request.user)
        return redirect("activation:step", pk=activation.pk)
    found = handed_over(secret) if secret else None
    show_company(request, None)
    if found is None or found.pk != pk:
        return _used(request, again=not secret)
    if found.person_id == request.user.pk:
        return redirect("activation:step", pk=found.pk)
    offer = offer_of(found, today_of(request)) if found.subscription or found.order else None
    context = {"steps": steps(found, at=1), "activation": found, "offer": offer, "by": found.person or _("Somebody")}
    context["useful"] = useful
    return _not_kept(render(request, "licensing/activation/handed.html", context))


def _used(request: HttpRequest, *, again: bool = False) -> HttpResponse:
    """A link that gives nothing; `again`: this browser has not opened the link, or has forgotten it since."""
    context = {"steps": steps(None, at=1), "again": again}
    return _not_kept(render(request, "licensing/activation/link_used.html", context, status=404))


def _without_referrer(response: HttpResponse) -> HttpResponse:
    """Where it goes on to learns nothing of the address. For redirects alone: forms of a page would come without their origin."""
    response["Referrer-Policy"] = "no-referrer"
    return _not_kept(response)


def _not_kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
