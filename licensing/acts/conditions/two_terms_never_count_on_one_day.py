"""Two terms of an order never count on one day, and neither do two plans of a term."""

from __future__ import annotations

from typing import TYPE_CHECKING

from licensing.errors import TermsCollide
from licensing.rules.two_terms_on_one_day import new_collision

if TYPE_CHECKING:
    from licensing.acts.order_in_hand import OrderInHand


def require_one_term_a_day(held: OrderInHand) -> None:
    """Refuse an act after which two terms of the order, or two plans of a term, count on a day on which they did not before."""
    found = new_collision(held.before or [], held.terms())
    if found is not None:
        raise TermsCollide(found)
