"""The receipt of a converted license: how many units at which rate gave how many credits, and what a renewal makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from licensing.models import Product
from licensing.reading.licenses_on_day import LicenseOnDay
from licensing.reading.rates_with_versions import ListedRate, in_force, listed_rates
from licensing.rules.terms import opened_by
from licensing.rules.units_times_rate import credits_for


@dataclass(frozen=True)
class Conversion:
    """units x rate = credits, from a day until the day on which they expire, as far as that is known.

    `listed` is where the rate was published.
    """

    units: int
    rate: Decimal
    starts_on: date
    expires_on: date | None
    listed: ListedRate | None = None

    @property
    def exact(self) -> Decimal:
        """Before rounding."""
        return self.units * self.rate

    @property
    def credits(self) -> int:
        return credits_for(self.units, self.rate)

    @property
    def rounded_by(self) -> Decimal:
        """What rounding up added: 0 or a part of one credit."""
        return self.credits - self.exact


@dataclass(frozen=True)
class Receipt:
    """A license's conversion as it is on a day, and the terms before and after it."""

    license: LicenseOnDay
    conversion: Conversion
    before: list[Conversion] = field(default_factory=list)
    """What the term that it renewed came to, a license each."""
    after: Conversion | None = None
    """What follows its term: the renewal that was recorded, or what one would be by the rates listed now."""
    renewed_by: int | None = None
    """The license that renewed it; None while `after` is only what a renewal would be."""
    term: list[Conversion] = field(default_factory=list)
    """The licenses of its own term, which a renewal folds into one."""

    @property
    def credits_before(self) -> int:
        return sum(each.credits for each in self.before)

    @property
    def credits_of_term(self) -> int:
        return sum(each.credits for each in self.term)


def is_converted(found: LicenseOnDay) -> bool:
    """Whether a license has a receipt: seats that were turned into credits. Trials never are."""
    return found.license.product.kind == Product.Kind.SEATS and found.credits is not None


def receipt_of(found: LicenseOnDay, of_order: list[LicenseOnDay], *, known_at: datetime | None = None) -> Receipt:
    """The receipt of a converted license; `of_order` are all licenses of its order as of the same day. Two statements."""
    rates = listed_rates((each.license.product_id for each in of_order), known_at=known_at)
    by_id = {each.id: each for each in of_order}
    opened = opened_by(each.license for each in of_order)
    opener = by_id[opened[found.id]]

    def of_term(opened_it: int) -> list[LicenseOnDay]:
        """A change of plan cancels what it replaces: what stands is the term as it was sold last."""
        same = [each for each in of_order if opened[each.id] == opened_it]
        return [each for each in same if each.credits is not None and each.status != "cancelled"]

    term = of_term(opener.id)
    renewed = opener.license.renewal_of_id
    before = [_converted(each, rates) for each in of_term(opened[renewed])] if renewed else []
    after: Conversion | None = None
    if found.renewed_by is not None and by_id[found.renewed_by].rate is not None:
        after = _converted(by_id[found.renewed_by], rates)
    elif found.status != "cancelled" and term:
        after = _at_next_renewal(found, sum(each.units for each in term), rates)
    return Receipt(
        license=found,
        conversion=_converted(found, rates),
        before=before,
        after=after,
        renewed_by=found.renewed_by if after is not None else None,
        term=[_converted(each, rates) for each in term],
    )


def _converted(found: LicenseOnDay, rates: dict[int, list[ListedRate]]) -> Conversion:
    of_product, rate = rates.get(found.license.product_id, []), found.rate or Decimal(0)
    # It keeps the rate it was issued at, so the list of then says it. A list may also have been recorded later than a license
    # that was dated back; and where days of a license were corrected since, no list may say its rate of its first day.
    said = (in_force(of_product, found.starts_on, known_at=instant) for instant in (found.license.recorded_at, None))
    listed = next((each for each in said if each is not None and each.credits_per_unit == rate), None)
    return Conversion(found.units, rate, found.starts_on, found.expires_on, listed)


def _at_next_renewal(found: LicenseOnDay, units: int, rates: dict[int, list[ListedRate]]) -> Conversion | None:
    """The whole term in one license from its end on, until nobody knows when; None where no rate is listed then."""
    listed = in_force(rates.get(found.license.product_id, []), found.expires_on)
    if listed is None or listed.credits_per_unit is None:
        return None
    return Conversion(units, listed.credits_per_unit, found.expires_on, None, listed)
