"""What an allocation would do, before it is saved: computed from the same facts as the act, without a lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from credits.acts.feature_in_hand import FeatureInHand
from credits.reading.line_facts import line_facts
from credits.reading.price_lists.list_awaited import ListAwaited
from credits.reading.totals_on_day import totals_on
from credits.rules.rate_of_a_line import rate_on
from credits.rules.rounded_shares import share
from credits.rules.statements_that_stand import Allotted
from licensing.models import Company
from licensing.rules.units_times_rate import MAX_UNITS, credits_for


@dataclass(frozen=True)
class Bar:
    """Parts of a bar in percent of its length: allocated now, this change, beyond valid."""

    now: float
    change: float
    beyond: float


@dataclass(frozen=True)
class Preview:
    """The feature's credits and the company's totals on the day `on`, before and after."""

    on: date
    credits_before: int
    credits_after: int
    allocated_now: int
    valid: int
    awaits: ListAwaited | None = None
    """The price list that what is allocated does not follow yet."""

    @property
    def change(self) -> int:
        return self.credits_after - self.credits_before

    @property
    def allocated_after(self) -> int:
        return self.allocated_now + self.change

    @property
    def share_after(self) -> Decimal | None:
        return share(self.allocated_after, self.valid)

    @property
    def balance_before(self) -> int:
        return self.valid - self.allocated_now

    @property
    def balance_after(self) -> int:
        return self.valid - self.allocated_after

    @property
    def needs_confirmation(self) -> bool:
        return self.balance_after < 0

    @property
    def bar(self) -> Bar:
        whole = max(self.valid, self.allocated_after, self.allocated_now, 1)
        solid = min(self.allocated_now, self.allocated_after, self.valid)
        changed = min(max(self.allocated_now, self.allocated_after), self.valid) - solid
        beyond = max(0, self.allocated_after - self.valid)
        return Bar(*(round(part * 100 / whole, 2) for part in (solid, changed, beyond)))


def preview(
    company: Company, held: FeatureInHand, units: Mapping[int, int], on: date, *, known_at: datetime | None = None
) -> Preview:
    """What stating `units` (line id -> units) from `on` would give. One statement.

    Lines that are not stated stay as they are posted, by former rates while a price list is on its way here.
    """
    now = totals_on(company, on, [line.pk for line in held.rates], known_at=known_at)
    before = after = sum(now.lines.values())
    newest = held.latest_statement + 1
    for line, rates in held.rates.items():
        if line.pk in units:
            said = [*held.statements[line.pk], Allotted(newest, on, units[line.pk])]
            after += line_facts(said, rates, held.switches).credits_on(on) - now.lines.get(line.pk, 0)
    return Preview(on, before, after, now.allocated, now.valid, now.awaits)


def line_credits(held: FeatureInHand, line_id: int, units: int, on: date) -> int | None:
    """Credits of one line for the units typed; None for what is no number of units."""
    rates = next((rates for line, rates in held.rates.items() if line.pk == line_id), None)
    if rates is None or not 0 <= units <= MAX_UNITS:
        return None
    return credits_for(units, rate_on(rates, on))
