"""How many units a marketplace sells: from its fewest to its most; support records others with a reason."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.errors import Refused
from licensing.models import Order
from licensing.rules.units_times_rate import MAX_UNITS

UNITS_SOLD_BY = {Order.Channel.AZURE: (3, 1_000_000)}
"""The fewest and the most units in which a marketplace sells a plan that counts them."""


def require_units_that_are_sold(channel: str, units: int) -> None:
    """Refuse a number of units that the channel never sells."""
    fewest, most = UNITS_SOLD_BY.get(Order.Channel(channel), (1, MAX_UNITS))
    if not fewest <= units <= most:
        raise Refused(
            _("The marketplace sells from %(fewest)s to %(most)s units. Support may record others with a reason.")
            % {"fewest": f"{fewest:,}", "most": f"{most:,}"},
            field="units",
        )
