"""From a purchase token to an open activation: kept sealed for a day at most, exchanged once, then gone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Func, IntegerField, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from console.errors import Refused
from console.models import User
from console.security.arriving.who_and_how import network_of
from console.security.sealing import NotOurs, Secret, fingerprints, seal, unseal
from licensing.marketplaces.contract import MarketplaceError, Patience, Problem
from licensing.models import Activation, Subscription
from licensing.purchases.activation.not_found import missed
from licensing.purchases.mirror import marketplace_of, refreshed, take_in
from licensing.purchases.why_a_purchase_cannot_be_activated import why_not

TOKEN_HOURS = 24


MAX_TOKEN = 4_096
"""Characters; those of Azure Marketplace are far shorter."""


GONE = (Problem.TOKEN, Problem.REFUSED, Problem.NOT_FOUND, Problem.CONFLICT)
"""What the marketplace says of a token or its purchase that it hardly says otherwise of later: believed after the third time."""


State = Activation.State


OPEN = (State.BROUGHT, State.FOUND)


MOST_OF_STRANGERS = 2_500_000
"""So many characters of sealed tokens are kept that nobody has signed in for: anybody may bring one, and make it up.

Some 6,000 as marketplaces make them, or 700 of the longest; what one address may bring in an hour is a sixth of it.
"""
ROOM_AFTER = timedelta(hours=1)
"""So long the token of a network that holds no more than others stays, for who brought it to sign in; then it gives way where
room is needed."""
PREFIX = 48
"""Bits of an IPv6 address that say who holds: 65,536 networks of 64 bits are handed out to one party for nothing."""


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


def bring(channel: str, secret: Secret, *, person: User | None = None, address: str = "") -> Activation:
    """An activation that holds the token, sealed, until it is exchanged; `person` is who is signed in. Raises NoToken.

    Only a stranger's, from `address`, needs room among those of strangers: raises TooManyBrought.
    """
    now, sealed, brought_from = timezone.now(), seal(clean_token(secret.reveal())), ""
    if person is None:
        brought_from = fingerprints(f"brought from:{network_of(address, PREFIX)}")[0]
        _make_room(now, len(sealed), brought_from)
    return Activation.objects.create(
        channel=channel,
        person=person,
        token_sealed=sealed,
        token_until=now + timedelta(hours=TOKEN_HOURS),
        brought_from=brought_from,
        brought_at=now,
    )


# Their length is known without reading them; they are ASCII.
LENGTH = Func(F("token_sealed"), function="octet_length", output_field=IntegerField())


def _of_strangers() -> QuerySet[Activation]:
    return Activation.objects.filter(state=State.BROUGHT, person=None).exclude(token_sealed="")


def _make_room(now: datetime, size: int, network: str) -> None:
    """Networks that hold more than this one would then give way, the one that holds most first; after them what is old."""
    too_much = (_of_strangers().aggregate(kept=Sum(LENGTH))["kept"] or 0) + size - MOST_OF_STRANGERS
    if too_much <= 0:
        return
    held: dict[str, int] = dict(_of_strangers().values_list("brought_from").annotate(kept=Sum(LENGTH)))
    own = held.pop(network, 0) + size
    while too_much > 0 and held and held[most := max(held, key=lambda each: held[each])] > own:
        freed = _give_way(most, min(too_much, held[most] - own))
        if not freed:
            del held[most]
            continue
        held[most] -= freed
        too_much -= freed
    if too_much > 0 and not forget_tokens(_of_strangers().filter(brought_at__lt=now - ROOM_AFTER)):
        raise TooManyBrought(_("Very many purchases came at once. Wait some minutes, then open the subscription again."))


def _give_way(network: str, size: int) -> int:
    """Forget the oldest tokens of a network, until so many characters are free. How many are."""
    gone, freed = [], 0
    of_network = _of_strangers().filter(brought_from=network).annotate(length=LENGTH).order_by("brought_at")
    for pk, length in of_network.values_list("pk", "length"):
        if freed >= size:
            break
        gone.append(pk)
        freed += length
    forget_tokens(_of_strangers().filter(pk__in=gone))
    return freed


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
            row.token_sealed, row.token_until, row.brought_from, row.missed_at = "", None, "", []
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
    forget_tokens(Activation.objects.filter(pk=activation.pk))


def forget_tokens(activations: QuerySet[Activation]) -> int:
    """With the network they came from. How many rows."""
    return activations.update(token_sealed="", token_until=None, brought_from="")
