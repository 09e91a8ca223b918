"""A trial may become paid; what is paid for never becomes a trial."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.errors import Refused
from licensing.models import Order
from licensing.rules.terms import Term


def require_no_later_trial(order: Order, term: Term, trial: bool | None) -> None:
    """A trial may become paid, never the other way round: whatever follows it would add no credits."""
    if trial and not term.leader.trial:
        raise Refused(
            _("Order %(order)s is paid for: it does not become a trial. Issue another order for one.") % {"order": order.number},
            field="trial",
        )
