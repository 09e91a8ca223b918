"""From a purchase token to an open activation: kept sealed for a day at most, exchanged once, then gone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Func, IntegerField, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from console.errors import Refused
from console.security.sealing import NotOurs, Secret, seal, unseal
from licensing.marketplaces.contract import MarketplaceError, Patience, Problem
from licensing.models import Activation, Subscription
from licensing.purchases.activation.not_found import missed
from licensing.purchases.mirror import marketplace_of, refreshed, take_in
from licensing.purchases.why_a_purchase_cannot_be_activated import why_not

TOKEN_HOURS = 24


MAX_TOKEN = 8_000


GONE = (Problem.TOKEN, Problem.REFUSED, Problem.NOT_FOUND, Problem.CONFLICT)
"""What the marketplace says of a token or its purchase that it hardly says otherwise of later: believed after the third time."""


State = Activation.State


OPEN = (State.BROUGHT, State.FOUND)


MOST_OF_STRANGERS = 4_000_000
"""So many characters of sealed tokens are kept that nobody has signed in for: anybody may bring one, and make it up.

Some 6,000 as marketplaces make them, or 370 of the longest; what one address may bring in an hour is a third of it.
"""
ROOM_AFTER = timedelta(hours=1)
"""So long a token stays in any case, for who brought it to sign in; then it gives way where room is needed."""


class TooManyBrought(Refused):
    """There is no room for the tokens of strangers just now; the marketplace gives the buyer the same one again."""

    status = 429


class NoToken(Refused):
    """The landing page was opened without a token, or with something that cannot be one."""


@sensitive_variables()
def clean_token(raw: str) -> str:
    """The token as the marketplace made it. A decoder has turned each raw `+` into a space. Raises NoToken."""
    token = raw.strip("\t\r\n").replace(" ", "+")
    if not token or len(token) > MAX_TOKEN or re.search(r"[^\x21-\x7e]", token):
        raise NoToken(_("The address holds no purchase that can be read. Open the subscription again from the marketplace."))
    return token


def bring(channel: str, secret: Secret) -> Activation:
    """An activation that holds the token, sealed, until it is exchanged. Raises NoToken, TooManyBrought."""
    now, sealed = timezone.now(), seal(clean_token(secret.reveal()))
    _make_room(now, len(sealed))
    return Activation.objects.create(
        channel=channel,
        token_sealed=sealed,
        token_until=now + timedelta(hours=TOKEN_HOURS),
        brought_at=now,
    )


def _make_room(now: datetime, size: int) -> None:
    of_strangers = Activation.objects.filter(state=State.BROUGHT, person=None).exclude(token_sealed="")
    # Their length is known without reading them; they are ASCII.
    length = Func(F("token_sealed"), function="octet_length", output_field=IntegerField())
    if (of_strangers.aggregate(kept=Sum(length))["kept"] or 0) + size <= MOST_OF_STRANGERS:
        return
    if not of_strangers.filter(brought_at__lt=now - ROOM_AFTER).update(token_sealed="", token_until=None):
        raise TooManyBrought(_("Very many purchases came at once. Wait some minutes, then open the subscription again."))


def look_up(activation: Activation) -> Activation:
    """Exchange the token for the purchase. Repeating it, or two tabs at once, finds the same.

    Raises `MarketplaceError`. The token is kept to try again, unless that was one of `GONE` for the third time, minutes apart.
    A purchase that was activated before needs no attempt: this one ends.
    """
    if activation.state != State.BROUGHT:
        return activation
    token, correlation = _token(activation), str(activation.correlation_id)
    try:
        purchase = marketplace_of(activation.channel).resolve(token.reveal(), correlation_id=correlation)
        known = Subscription.objects.filter(channel=activation.channel, external_id=purchase.external_id).first()
        # What the token is exchanged for may be older than what we know: then the purchase is asked for by itself.
        subscription = refreshed(known, patience=Patience.PERSON, correlation_id=correlation) if known else take_in(purchase)
    except MarketplaceError as error:
        # Without a status nobody was asked: what is kept can be no token.
        if error.problem in GONE and (error.status is None or missed(activation)):
            forget_token(activation)
        raise
    assert subscription is not None  # None is answered for a version alone
    with transaction.atomic():
        row = Activation.objects.select_for_update().get(pk=activation.pk)
        if row.state == State.BROUGHT:
            row.subscription, row.found_at = subscription, timezone.now()
            row.state, row.problem = _what_is_left(subscription)
            row.token_sealed, row.token_until, row.missed_at = "", None, []
            row.save()
    return row


def _what_is_left(subscription: Subscription) -> tuple[str, str]:
    """The state of an attempt at a purchase, and why nothing is left to do: it was activated before, or cancelled."""
    if subscription.order_id is not None:
        return State.KNOWN, ""
    return (State.CANCELLED, why_not(subscription, None)) if subscription.is_final else (State.FOUND, "")


def _token(activation: Activation) -> Secret:
    gone = activation.token_until is None or activation.token_until < timezone.now()
    try:
        if not gone and activation.token_sealed:
            return Secret(unseal(activation.token_sealed))
    except NotOurs:
        pass
    forget_token(activation)
    raise MarketplaceError(Problem.TOKEN, "The token is not kept any more.")


def forget_token(activation: Activation) -> None:
    Activation.objects.filter(pk=activation.pk).update(token_sealed="", token_until=None)
