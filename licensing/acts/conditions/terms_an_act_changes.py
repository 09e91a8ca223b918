"""Which terms of an order an act of a day changes; none once they are over, or while the order is cancelled."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Refused
from licensing.acts.order_in_hand import OrderInHand
from licensing.errors import TermIsOver, in_words
from licensing.rules.terms import Term


def terms_to_change(held: OrderInHand, day: date) -> list[Term]:
    """The terms that an act of `day` changes: those not over that count then, or later where they begin later.

    Refused where there is none, and on a day on which the order is cancelled though it counts again later.
    """
    not_over = [term for term in held.terms() if term.expires_on > day]
    if not not_over:
        raise TermIsOver(max(term.expires_on for term in held.terms()))
    counting = [term for term in not_over if term.counts_from(term.judged_on(day))]
    if not counting:
        raise Refused(_("The order is cancelled. Undo the cancellation first, or choose a day before it."), field="on")
    if cancelled_on(not_over[0], day):
        raise Refused(
            _("The order is cancelled on %(day)s and counts again later. Choose a day on which it counts.")
            % {"day": in_words(day)},
            field="on",
        )
    return counting


def cancelled_on(term: Term, day: date) -> bool:
    """Whether everything of the term is cancelled on the day on which an act of `day` finds it."""
    judged = term.judged_on(day)
    return not term.counts_on(judged) and any(term.has(each, judged) for each in term.licenses)
