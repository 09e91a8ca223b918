"""Why an act on allocations was refused, with what the form needs to say so."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from console.errors import Conflict, Refused
from console.templatetags import formats


class ChangedMeanwhile(Conflict):
    """The form is older than somebody else's change. `units_now` per line id, on the day the form is for."""

    def __init__(self, units_now: Mapping[int, int]) -> None:
        super().__init__(
            _("Somebody changed this allocation after you opened the form. Nothing was saved. Compare, then save again.")
        )
        self.units_now = dict(units_now)


class NotUndone(Conflict):
    """Something later was stated about the same allocation, or the change was undone already. Says who, what and when."""


class NothingToUndo(Refused):
    """The act changed no allocation, or in a way that is not undone."""


class NeedsConfirmation(Refused):
    """The balance would be below zero: not blocked, but it has to be confirmed."""

    def __init__(self, balance_after: int) -> None:
        super().__init__(
            _("This takes the balance to %(credits)s credits. Tick the box to save it all the same.")
            % {"credits": formats.credits(balance_after)},
            field="confirm",
        )
        self.balance_after = balance_after
