"""What a renewal would bring: the license of the next term as the act would issue it, and the terms after it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from licensing.rules.calendar_arithmetic import months_in_step
from licensing.rules.license_profile import LicenseFacts, Said
from licensing.rules.terms import Term, opened_by, terms_of
from licensing.rules.to_be_renewed import is_to_be_renewed
from licensing.rules.units_times_rate import credits_for

if TYPE_CHECKING:
    from licensing.models import License

RateOf = Callable[[int, date], Decimal | None]
"""(product id, day) -> credits per unit then; None where it has no rate."""
MONTHS = 12
"""Of a term whose order names none."""
MOST_TERMS = 1_200


@dataclass(frozen=True)
class OrderTerms:
    """All that decides how an order goes on: its licenses in the order they were issued, with what was said about them."""

    id: int
    renews: bool
    """As bought."""
    term_months: int | None
    licenses: tuple[License, ...]
    facts: Mapping[int, LicenseFacts]


@dataclass(frozen=True)
class NextTerm:
    """The term of an order that no other follows yet, and what its renewal would bring at the rates known now."""

    order_id: int
    license_id: int
    """The license that leads the term that ends: what people renew."""
    licenses: tuple[int, ...]
    """All of that term."""
    ends_on: date
    units: int
    rate: Decimal
    starts_first_on: date
    """Of the order: renewals keep to that day of the month."""
    months: int
    renews: bool
    """Whether its renewal is switched on."""
    product_id: int
    trial: bool
    told: tuple[Said, ...]
    """What is said of the state, which the renewal is told too."""
    rate_of: RateOf

    @property
    def credits(self) -> int:
        return 0 if self.trial else credits_for(self.units, self.rate)

    def once(self) -> dict[date, int]:
        """What one renewal adds and takes, by day: 0 while the order is suspended."""
        return self._term(self.ends_on)[1]

    def until(self, horizon: date) -> dict[date, int]:
        """The same of as many renewals, one after the other, as begin up to the horizon."""
        changes: dict[date, int] = defaultdict(int)
        begins = self.ends_on
        for _number in range(MOST_TERMS):
            if begins > horizon:
                break
            ends, steps = self._term(begins)
            for day, change in steps.items():
                changes[day] += change
            if ends is None:
                break
            begins = ends
        return {day: change for day, change in changes.items() if change}

    def _term(self, begins: date) -> tuple[date | None, dict[date, int]]:
        """(the day on which a term that begins then ends, its steps); nothing where it could not be issued."""
        rate = Decimal(0) if self.trial else self.rate_of(self.product_id, begins)
        try:
            ends = months_in_step(self.starts_first_on, begins, self.months)
        except OverflowError:
            return None, {}
        if rate is None:
            return None, {}
        issued = Said(
            "issued",
            begins,
            units=self.units,
            rate=rate,
            credits=credits_for(self.units, rate),
            starts_on=begins,
            expires_on=ends,
        )
        return ends, LicenseFacts((issued, *self.told)).steps()


def next_term(order: OrderTerms, *, on: date, rate_of: RateOf) -> NextTerm | None:
    """What can be renewed of an order as it is known on a day; None where nothing can: given as goodwill, cancelled, no rate."""
    if not order.licenses or any(each.kind == "goodwill" for each in order.licenses):
        return None
    terms = terms_of(order.licenses, order.facts)
    last = _last(order.licenses, terms)
    units = last.units_at(last.last_day) if last.counts_on(last.last_day) else 0
    rate = Decimal(0) if last.leader.trial else rate_of(last.leader.product_id, last.expires_on)
    if not units or rate is None:
        return None
    return NextTerm(
        order_id=order.id,
        license_id=last.leader.pk,
        licenses=tuple(each.pk for each in last.licenses),
        ends_on=last.expires_on,
        units=units,
        rate=rate,
        starts_first_on=terms[0].starts_on,
        months=order.term_months or MONTHS,
        renews=is_to_be_renewed(last.renews_on(on), as_bought=order.renews),
        product_id=last.leader.product_id,
        trial=last.leader.trial,
        told=tuple(last.leader_facts.story()),
        rate_of=rate_of,
    )


def _last(licenses: Sequence[License], terms: Sequence[Term]) -> Term:
    """The term that is renewed next: of those not renewed yet the last to begin, one that stands before cancelled ones."""
    opened = opened_by(licenses)
    renewed = {opened[each.renewal_of_id] for each in licenses if each.renewal_of_id is not None}
    left = [term for term in terms if term.opener.pk not in renewed]
    return max(left, key=lambda term: (bool(term.standing(term.last_day)), term.starts_on))


def rates_by_day(rates: Mapping[int, Sequence[tuple[date, Decimal | None]]]) -> RateOf:
    """Of each product the rate of a day; `rates` are in the order they were recorded: of one day the last one holds."""

    def rate_of(product: int, day: date) -> Decimal | None:
        held = [each for each in enumerate(rates.get(product, ())) if each[1][0] <= day]
        return max(held, key=lambda each: (each[1][0], each[0]))[1][1] if held else None

    return rate_of
