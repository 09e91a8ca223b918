"""The landing page: where a marketplace sends a buyer, with a token for the purchase."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from console.models import User
from console.people.who_may_sign_in import SECONDS_OF_STRANGERS
from console.security.arriving.who_and_how import client_address, network_of
from console.security.sealing import Secret
from console.security.too_often import HOUR, too_often
from licensing.marketplaces import marketplace
from licensing.pages.activation.who_may_open_an_activation import BROUGHT_HERE
from licensing.purchases.activation.exchange_token import NoToken, TooManyBrought, bring

KEPT_PER_BROWSER = 20


BROUGHT_PER_MINUTE, BROUGHT_PER_HOUR = 60, 120
"""From one address, or network of IPv6, and by one person who is signed in, wherever they are; a person needs one or two."""


@login_not_required
@require_safe
def landing(request: HttpRequest, channel: str) -> HttpResponse:
    """Seal the token and go on without it; the same address explains itself to whoever opens it without one.

    The token was taken out of the address before anything else saw it, by `console.security.secret_out_of_address`.
    """
    _sold_here(channel)
    token: Secret | None = getattr(request, "secret_parameter", None)
    if token is None or request.method == "HEAD":
        return _shielded(render(request, "licensing/activation/landing.html", {"channel": channel}))
    if _too_many(request):
        return _busy(request, channel)
    try:
        activation = bring(channel, token, person=_signed_in(request), address=client_address(request))
    except TooManyBrought:
        return _busy(request, channel)
    except NoToken:
        return _shielded(render(request, "licensing/activation/landing.html", {"channel": channel, "damaged": True}, status=400))
    request.session[BROUGHT_HERE] = [*request.session.get(BROUGHT_HERE, []), str(activation.pk)][-KEPT_PER_BROWSER:]
    if not request.user.is_authenticated:
        request.session.set_expiry(SECONDS_OF_STRANGERS)
    return _shielded(redirect("activation:step", pk=activation.pk))


def _sold_here(channel: str) -> None:
    if marketplace(channel) is None:
        raise Http404


def _signed_in(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _too_many(request: HttpRequest) -> bool:
    person = _signed_in(request)
    who = f"landing:{network_of(client_address(request))}" if person is None else f"landing:person:{person.pk}"
    return too_often(who, most=BROUGHT_PER_MINUTE) or too_often(f"{who}:hour", most=BROUGHT_PER_HOUR, in_a=HOUR)


def _busy(request: HttpRequest, channel: str) -> HttpResponse:
    said = {"channel": channel, "busy": True, "stranger": _signed_in(request) is None}
    return _shielded(render(request, "licensing/activation/landing.html", said, status=429))


def _shielded(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
