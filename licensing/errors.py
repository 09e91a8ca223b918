"""Why an act on orders and licenses was refused, in words for the person who asked."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from console.errors import Conflict, NotAllowed, Refused
from console.templatetags import formats

if TYPE_CHECKING:
    from licensing.models import Order
    from licensing.rules.two_terms_on_one_day import Collision


class AlreadyActivated(Conflict):
    """A purchase is activated once, by one company."""

    def __init__(self, order: Order) -> None:
        super().__init__(
            _("Order %(order)s was activated by another company. Moving it is a support case.") % {"order": order.number}
        )


class ReservedForAnother(NotAllowed):
    def __init__(self, order: Order) -> None:
        super().__init__(_("Order %(order)s is reserved for another company.") % {"order": order.number})


class TooFarAhead(Refused):
    """A day further ahead than anybody means is a slip."""

    def __init__(self, latest: date) -> None:
        super().__init__(_("Choose a day not after %(day)s.") % {"day": in_words(latest)}, field="on")


class TermIsOver(Refused):
    def __init__(self, expires_on: date) -> None:
        super().__init__(_("The term ended; it expired on %(day)s. Renew the order instead.") % {"day": in_words(expires_on)})


class PurchaseIsOver(Refused):
    """The term of a purchase at a marketplace was over before it was activated here."""

    def __init__(self, last_day: date, *, charged: bool) -> None:
        text = _("The term of this purchase ended on %(day)s, so it cannot be activated.")
        after = (
            _("The marketplace may have charged it: ask support, who see it too.")
            if charged
            else _(
                "Nothing was activated at the marketplace. You may be charged there all the same: ask support, who see it too."
            )
        )
        super().__init__(f"{text % {'day': in_words(last_day)}} {after}")


class TermsCollide(Refused):
    """Two terms of an order never count on one day; nor do two plans of one term."""

    def __init__(self, found: Collision) -> None:
        days = {"first": in_words(found.first), "last": in_words(found.last)}
        if found.one.opener.pk == found.other.opener.pk:
            text = _(
                "From %(first)s to %(last)s the plan of a term and the one that took its place would both count. "
                "Correct the dates of one of their licenses first."
            )
        else:
            text = _(
                "From %(first)s to %(last)s two terms of the order would count: the one that starts on %(one)s, and the one that "
                "starts on %(other)s. Correct the dates of one of them first."
            )
            days |= {"one": in_words(found.one.starts_on), "other": in_words(found.other.starts_on)}
        super().__init__(text % days)
        self.collision = found


class NoRate(Refused):
    def __init__(self, product: object, day: date) -> None:
        super().__init__(
            _("There is no conversion rate for %(product)s on %(day)s. Load one with the catalogue first.")
            % {"product": product, "day": in_words(day)}
        )


def in_words(day: date) -> str:
    """A day as the screens write it: Nov 20, 2026."""
    return formats.day(day)
