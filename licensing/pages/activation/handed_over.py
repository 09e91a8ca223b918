"""Handing an activation to somebody who may: the link, and the page of whoever opens it.

The secret of a link stands in its query, from which `console.security.secret_out_of_address` takes it, and goes on in the session
alone: neither the page's address nor sign-in's `next` holds it.
"""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from console.errors import NotAllowed
from console.models import User
from console.people.who_may_sign_in import SECONDS_OF_STRANGERS
from console.security.sealing import Secret
from licensing.access import of_person
from licensing.models import Permission
from licensing.pages.activation.companies.who_may_create_a_company import may_create_company
from licensing.pages.activation.offer import offer_of
from licensing.pages.activation.steps import steps
from licensing.pages.activation.who_may_open_an_activation import (
    activation_for,
    remember_memberships,
    show_company,
    today_of,
)
from licensing.purchases.activation.hand_over import hand_over, handed_over, take_over

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
    return _shielded(render(request, "licensing/activation/link.html", context))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("secret")
def open_link(request: HttpRequest) -> HttpResponse:
    """Keep the secret of the link and go on without it. Only what can still be taken is kept: strangers fill nothing."""
    secret: Secret | None = getattr(request, "secret_parameter", None)
    found = handed_over(secret.reveal()) if secret else None
    if secret is None or found is None:
        return _used(request)
    if request.method != "HEAD":
        kept = request.session.get(OPENED_HERE, {})
        kept.pop(str(found.pk), None)
        request.session[OPENED_HERE] = dict([*kept.items(), (str(found.pk), secret.reveal())][-KEPT_PER_BROWSER:])
        if not request.user.is_authenticated:
            request.session.set_expiry(SECONDS_OF_STRANGERS)
    return _shielded(redirect("activation:handed-over", pk=found.pk))


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
        return _shielded(redirect("activation:step", pk=activation.pk))
    found = handed_over(secret) if secret else None
    show_company(request, None)
    if found is None or found.pk != pk:
        return _used(request, again=not secret)
    if found.person_id == request.user.pk:
        return _shielded(redirect("activation:step", pk=found.pk))
    offer = offer_of(found, today_of(request)) if found.subscription or found.order else None
    context = {"steps": steps(found, at=1), "activation": found, "offer": offer, "by": found.person or _("Somebody")}
    context["useful"] = useful
    return _shielded(render(request, "licensing/activation/handed.html", context))


def _used(request: HttpRequest, *, again: bool = False) -> HttpResponse:
    """A link that gives nothing; `again`: this browser has not opened the link, or has forgotten it since."""
    context = {"steps": steps(None, at=1), "again": again}
    return _shielded(render(request, "licensing/activation/link_used.html", context, status=404))


def _shielded(response: HttpResponse) -> HttpResponse:
    """Where it goes on to learns nothing of the address."""
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
