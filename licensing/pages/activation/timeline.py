"""What has happened so far in an activation, and what is still awaited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.models import Activation
from licensing.pages.activation.offer import Offer


@dataclass(frozen=True)
class Happened:
    """One line of the timeline. `at` is None for what is still to come."""

    at: datetime | None
    icon: str
    title: str
    text: str


def timeline(activation: Activation, offer: Offer) -> list[Happened]:
    """What has been confirmed so far, and what is still awaited, in its order."""
    seller, units = offer.channel, f"{offer.units:,} {offer.unit}"
    if offer.one_user_is_one_credit and activation.subscription_id:
        units = ngettext("%(number)s user", "%(number)s users", offer.units) % {"number": f"{offer.units:,}"}
    running = activation.state == Activation.State.ACTIVATING
    events = []
    if offer.bought_at:
        text = _("%(who)s subscribed with %(units)s.") % {"who": offer.bought_by or _("The buyer"), "units": units}
        events.append(Happened(offer.bought_at, "receipt", _("Bought in %(seller)s") % {"seller": seller}, text))
    text = (
        _("%(seller)s confirmed %(name)s and its quantity.") if activation.subscription_id else _("The code belongs to %(name)s.")
    )
    found = {"seller": seller, "name": offer.name or offer.external_id}
    events.append(Happened(activation.found_at, "search", _("Purchase found"), text % found))
    company = activation.company
    chose = _("%(who)s chose %(company)s.") % {"who": activation.person, "company": company} if company else _("Waiting for you.")
    events.append(Happened(activation.confirmed_at, "user", _("Reviewed and confirmed"), chose))
    if activation.subscription_id:
        text = _("The marketplace reports the subscription as active. Billing starts there.")
        waits = _("Asking the marketplace; this takes a moment.") if running else _("The marketplace has not confirmed it.")
        title = _("Activated at %(seller)s") % {"seller": seller}
        events.append(Happened(activation.accepted_at, "switch-horizontal", title, text if activation.accepted_at else waits))
    waits = _("Follows at once.") if running else _("No license was issued.")
    counts = _("Its credits count from the start of the term.") if offer.credits else _("It is valid from the start of the term.")
    issued = counts if activation.issued_at else waits
    events.append(Happened(activation.issued_at, "license", _("License issued"), issued))
    return events
