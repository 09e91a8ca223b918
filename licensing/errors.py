"""Why an act on orders and licenses was refused, in words for the person who asked."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from console.errors import Conflict, NotAllowed, Refused
from console.templatetags import formats

if TYPE_CHECKING:
    from licensing.models import Order


class AlreadyActivated(Conflict):
    """A purchase is activated once, by one company."""

    def __init__(self, order: Order) -> None:
        super().__init__(
            _("Order %(order)s was activated by another company. Moving it is a support case.") % {"order": order.external_id}
        )


class ReservedForAnother(NotAllowed):
    def __init__(self, order: Order) -> None:
        super().__init__(_("Order %(order)s is reserved for another company.") % {"order": order.external_id})


class TermIsOver(Refused):
    def __init__(self, expires_on: date) -> None:
        super().__init__(_("The term ended; it expired on %(day)s. Renew the order instead.") % {"day": in_words(expires_on)})


class NoRate(Refused):
    def __init__(self, product: object, day: date) -> None:
        super().__init__(
            _("There is no conversion rate for %(product)s on %(day)s. Load one with the catalogue first.")
            % {"product": product, "day": in_words(day)}
        )


def in_words(day: date) -> str:
    """A day as the screens write it: Nov 20, 2026."""
    return formats.day(day)
