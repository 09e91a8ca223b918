"""An order that was transferred starts nowhere before the day of its transfer: until then it counts elsewhere."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Refused
from licensing.acts.order_in_hand import OrderInHand
from licensing.errors import in_words


def require_start_after_transfer(held: OrderInHand, starts_on: date) -> None:
    """The order it was transferred from counts until the day of the transfer, on which its first license was issued."""
    moved_on = held.facts[held.licenses[0].pk].issued.day
    if held.order.transferred_from_id is not None and starts_on < moved_on:
        raise Refused(
            _("The order was transferred on %(day)s and counts elsewhere before that. Choose that day or a later one.")
            % {"day": in_words(moved_on)},
            field="starts_on",
        )
