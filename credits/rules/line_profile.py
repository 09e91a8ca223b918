"""What a requirement line takes on each day, from what was stated about it. Pure: no Django, no database.

The profile is ceil(units x rate), and 0 while the feature is billed pay-as-you-go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from credits.rules.billing_model import Switch, billed_pay_as_you_go_on
from credits.rules.rate_of_a_line import RateFrom, rate_on
from credits.rules.statements_that_stand import Allotted, units_on
from licensing.rules.changes_to_post import changes_of
from licensing.rules.units_times_rate import credits_for


@dataclass(frozen=True)
class LineFacts:
    """All that decides what a line takes; statements and rates in the order they were recorded."""

    statements: tuple[Allotted, ...]
    rates: tuple[RateFrom, ...]
    switches: tuple[Switch, ...] = ()

    def units_on(self, day: date) -> int:
        return 0 if billed_pay_as_you_go_on(self.switches, day) else units_on(self.statements, day)

    def credits_on(self, day: date) -> int:
        return credits_for(self.units_on(day), rate_on(self.rates, day))

    def steps(self) -> tuple[dict[date, int], dict[date, int]]:
        """The profile as its changes: (day -> units, day -> credits), nothing where nothing changes."""
        days = {each.day for each in self.statements} | {each.day for each in self.rates}
        for switch in self.switches:
            days.add(switch.day)
            if switch.contract:
                for first, end in switch.contract.periods:
                    days |= {first, end}
        return changes_of(self.units_on, days), changes_of(self.credits_on, days)
