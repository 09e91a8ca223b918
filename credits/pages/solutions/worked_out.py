"""An estimate worked out: its lines by solution, what they take, and what to buy today and from the next plan on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from credits.pages.solutions.asked_for import Asked, price_written, units_written
from credits.pages.solutions.cheaper_from import Cheaper, cheaper
from credits.reading.annual_credits import AnnualCredits
from credits.reading.features_on_day import FeatureRow, LineRow
from credits.rules.balance_over_days import total_on
from credits.rules.estimate.what_it_takes import Estimate, EstimatedLine, estimated_total
from credits.rules.rounded_shares import share
from licensing.rules.units_in_words import in_units


@dataclass(frozen=True)
class WorkedLine:
    """A line of an estimate; `typed` is what its field shows, `problem` what is wrong with it."""

    feature: FeatureRow
    line: LineRow
    typed: str
    units: int
    problem: str
    cheaper: tuple[Cheaper, ...] | None
    """None where it can be had for credits only, or where nothing is priced by the same unit."""

    @property
    def estimated(self) -> EstimatedLine:
        return EstimatedLine(self.units, self.line.rate)

    @property
    def credits(self) -> int:
        return self.estimated.credits

    @property
    def units_in_words(self) -> str:
        """The unit beside the field, which carries the number."""
        return in_units(self.units, self.line.unit, with_number=False)


@dataclass(frozen=True)
class Later:
    """The day of the next plan: what is planned by then takes `more` credits, and leaves `balance`."""

    day: date
    more: int
    balance: int
    purchase: int


@dataclass(frozen=True)
class WorkedOut:
    asked: Asked
    tab: AnnualCredits
    lines: tuple[WorkedLine, ...]
    price_problem: str = ""

    @cached_property
    def estimate(self) -> Estimate:
        allocated = self.tab.summary.allocated_credits if self.asked.from_today else 0
        total = estimated_total(each.estimated for each in self.lines)
        return Estimate(total, allocated, self.tab.summary.current_balance)

    @property
    def covered(self) -> Decimal | None:
        """Percent of what is required that the balance covers; None where nothing is required."""
        required = self.estimate.required
        return share(max(0, min(required, self.estimate.balance)), required) if required > 0 else None

    @cached_property
    def later(self) -> Later | None:
        ledger, today = self.tab.ledger, self.tab.on
        day = min((each.day for each in self.tab.plans), default=None)
        if day is None:
            return None
        allocated = total_on(ledger.demand_by_day, day)
        balance = total_on(ledger.supply_by_day, day) - allocated
        more = allocated - total_on(ledger.demand_by_day, today)
        return Later(day, more, balance, self.estimate.at_balance(balance).recommended_purchase)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Lines by solution, in the order of the catalogue."""
        found = []
        for slug, group in groupby(self.lines, key=lambda each: each.feature.offering_slug):
            lines = list(group)
            of = lines[0].feature
            credits = sum(each.credits for each in lines)
            found.append({"slug": slug, "name": of.offering_name, "slot": of.slot, "lines": lines, "credits": credits})
        return found

    @property
    def problems(self) -> bool:
        return bool(self.price_problem) or any(each.problem for each in self.lines)


def worked_out(tab: AnnualCredits, asked: Asked) -> WorkedOut:
    """Free: `tab` has been read. Lines that the catalogue does not know are left out."""
    price, price_problem = price_written(asked.price)
    lines = []
    for feature in tab.features:
        for place, line in enumerate(feature.lines):
            held = line.units if asked.from_today else 0
            if line.id not in asked.units and not held:
                continue
            typed = asked.units.get(line.id, f"{held:,}")
            units, problem = units_written(typed)
            lines.append(WorkedLine(feature, line, typed, units, problem, cheaper(feature, place, price)))
    return WorkedOut(asked, tab, tuple(lines), price_problem)
