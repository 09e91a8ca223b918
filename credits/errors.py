"""Why an act on allocations was refused, with what the form needs to say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.text import get_text_list
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


@dataclass(frozen=True)
class LineChanged:
    """A line that somebody else changed: its units as the form was shown with them, and as they are now, on the form's day."""

    feature: str
    label: str
    unit: str
    shown: int
    now: int


@dataclass(frozen=True)
class FigureChanged:
    """A figure that is not what it was when the plan was shown: a balance of `day`, or the day of the runway where it is None."""

    day: date | None
    shown: int | date | None
    now: int | date | None


class PlanOutOfDate(Conflict):
    """Somebody changed what a plan was computed with. Nothing was written; both values of each line and figure are told."""

    def __init__(self, features: Sequence[str], lines: Sequence[LineChanged], figures: Sequence[FigureChanged] = ()) -> None:
        super().__init__(
            _("Somebody changed %(features)s meanwhile. Nothing was saved. Compare, then save again.")
            % {"features": get_text_list(list(features), _("and"))}
            if features
            else _("The balance changed meanwhile. Nothing was saved. Compare, then save again.")
        )
        self.features, self.lines, self.figures = list(features), list(lines), list(figures)


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


class NeedsApproval(Refused):
    """A second person has to confirm it: from so many credits on (`from_credits`), or because the balance goes below zero.

    Nothing was written: whoever calls asks for it instead (`credits.acts.approvals.ask_for_units`). `by_hand` tells the person
    to ask, where no request can be made of what was pressed.
    """

    def __init__(self, *, from_credits: int | None = None, below_zero: bool = False, by_hand: bool = False) -> None:
        why = (
            _("A second person confirms whatever takes the balance below zero.")
            if below_zero
            else _("A second person confirms what one person adds from %(credits)s credits a day on.")
            % {"credits": formats.credits(from_credits or 0)}
        )
        what_to_do = _("Enter the units in the feature’s allocation form, which asks for it.")
        if not by_hand:
            what_to_do = _("Ask for it instead.")
        super().__init__(f"{why} {what_to_do}")
        self.from_credits, self.below_zero = from_credits, below_zero
