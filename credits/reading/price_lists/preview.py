"""What a price list would change, before it is loaded: by the statement that applies it, which here is only read.

    found = preview_price_list(catalogue)          # raises what loading it would refuse
    for company in found.companies(): ...          # those that it concerns, by id, read by batches

Nothing is written or locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from credits.acts.price_list.one_list_at_a_time import digest_of, is_being_applied
from credits.acts.price_list.rates_to_add import conversion_rates_to_add, credit_rates_to_add
from credits.catalogue.files_and_rows import Catalogue
from credits.models import CreditRate, CreditRequirement, Feature
from credits.reading.price_lists.credits_missing import MISSING, Listed, values_of
from licensing.errors import in_words
from licensing.models import Company, ConversionRate, License, LicenseStatement, Product
from licensing.notices.telling import companies_in_batches
from licensing.rules.license_status import status_on
from licensing.rules.terms import opened_by
from licensing.rules.units_in_words import in_units
from licensing.rules.units_times_rate import credits_for

Changes = tuple[tuple[date, int], ...]
"""Days and by how many credits what is allocated changes from each on, in order."""
RatesFrom = Mapping[int, Mapping[date, Decimal | None]]
"""Product id -> the rates of days; of one day the last recorded."""


@dataclass(frozen=True)
class FeatureWouldChange:
    slug: str
    name: str
    changes: Changes

    @property
    def change(self) -> int:
        return sum(change for _day, change in self.changes)


@dataclass(frozen=True)
class BelowZero:
    """The first day, from the company's today on, that the list would bring below zero, and the balance of that day."""

    day: date
    balance: int


@dataclass(frozen=True)
class RenewalWorth:
    """What the units of a converted license come to today, and at its next renewal by the former list and by this one.

    None where a list has no rate for the product on that day.
    """

    license_id: int
    product: str
    units: int
    unit: str
    on: date
    credits: int
    by_former: int | None
    by_this: int | None

    @property
    def changes(self) -> bool:
        return self.by_former != self.by_this

    @property
    def in_words(self) -> str:
        worth = _("not listed") if self.by_this is None else f"{self.by_this:,}"
        return _("license %(id)s, %(product)s, %(units)s: %(now)s credits, at its renewal on %(day)s %(worth)s") % {
            "id": self.license_id,
            "product": self.product,
            "units": in_units(self.units, self.unit),
            "now": f"{self.credits:,}",
            "day": in_words(self.on),
            "worth": worth,
        }


@dataclass(frozen=True)
class CompanyWouldChange:
    """A company with an allocation that would change, or with a converted license that may be renewed."""

    id: int
    name: str
    slug: str
    features: list[FeatureWouldChange] = field(default_factory=list)
    below_zero: BelowZero | None = None
    renewals: list[RenewalWorth] = field(default_factory=list)

    @property
    def change(self) -> int:
        """Of all days together, as the act of the company will say."""
        return sum(each.change for each in self.features)


@dataclass(frozen=True)
class PriceListPreview:
    """The lines whose rates would change, with all their rates, old ones and new ones in the order they are recorded."""

    lines: list[int]
    rates: list[Listed]
    former: RatesFrom
    conversions: RatesFrom

    def companies(self, now: datetime | None = None) -> Iterator[CompanyWouldChange]:
        """By id. Seven statements for a batch of companies, and one."""
        features = {each.pk: each for each in Feature.objects.all()}
        for batch in companies_in_batches():
            yield from self._of(batch, features, now or timezone.now())

    def _of(self, batch: Sequence[Company], features: Mapping[int, Feature], now: datetime) -> Iterator[CompanyWouldChange]:
        ids = [each.pk for each in batch]
        missing = self._missing(ids)
        balances = _changes_of_balance(missing)
        renewals = self._renewals(batch, now)
        for company in batch:
            changes, worth = missing.get(company.pk, {}), renewals.get(company.pk, [])
            if not changes and not worth:
                continue
            changed = [
                FeatureWouldChange(features[feature].slug, features[feature].name, tuple(sorted(days.items())))
                for feature, days in changes.items()
            ]
            yield CompanyWouldChange(
                id=company.pk,
                name=company.name,
                slug=company.slug,
                features=sorted(changed, key=lambda each: (each.name, each.slug)),
                below_zero=_below_zero(balances.get(company.pk, {}), changes, company.day_of(now)),
                renewals=worth,
            )

    def _missing(self, companies: list[int]) -> dict[int, dict[int, dict[date, int]]]:
        """Company id -> feature id -> day -> change. One statement; none where no rate changes."""
        found: dict[int, dict[int, dict[date, int]]] = {}
        if not self.lines:
            return found
        with connection.cursor() as cursor:
            cursor.execute(MISSING, values_of(companies, self.lines, self.rates))
            for company, feature, _line, day, change in cursor.fetchall():
                days = found.setdefault(company, {}).setdefault(feature, {})
                days[day] = days.get(day, 0) + change
        # Two lines of a feature may make up for each other.
        without = {
            company: {feature: {day: change for day, change in days.items() if change} for feature, days in each.items()}
            for company, each in found.items()
        }
        return {company: {key: days for key, days in each.items() if days} for company, each in without.items()}

    def _renewals(self, batch: Sequence[Company], now: datetime) -> dict[int, list[RenewalWorth]]:
        """Company id -> its converted licenses that count or will, and are not renewed yet. Two statements."""
        licenses = list(License.objects.filter(company__in=batch).select_related("product").order_by("company", "id"))
        facts = LicenseStatement.objects.filter(company__in=batch).facts_of_all()
        opened = opened_by(licenses)
        todays = {each.pk: each.day_of(now) for each in batch}
        statuses = {each.pk: status_on(facts[each.pk], todays[each.company_id]) for each in licenses}
        renewed = {
            opened[each.renewal_of_id] for each in licenses if each.renewal_of_id is not None and statuses[each.pk] != "cancelled"
        }
        found: dict[int, list[RenewalWorth]] = {}
        for each in licenses:
            converted = each.product.kind == Product.Kind.SEATS and not each.trial
            if not converted or statuses[each.pk] in ("cancelled", "expired") or opened[each.pk] in renewed:
                continue
            last = facts[each.pk].quantity_on(facts[each.pk].last_day)
            units, on = last.units or 0, facts[each.pk].expires_on
            worth = RenewalWorth(
                license_id=each.pk,
                product=each.product.name,
                units=units,
                unit=each.product.unit,
                on=on,
                credits=last.credits or 0,
                by_former=_worth(self.former.get(each.product_id, {}), units, on),
                by_this=_worth(self.conversions.get(each.product_id, {}), units, on),
            )
            found.setdefault(each.company_id, []).append(worth)
        return found


def preview_price_list(catalogue: Catalogue, *, correction: bool = False) -> PriceListPreview:
    """Raises Refused for what loading would refuse of its rates, and while another list is being applied. Five statements."""
    is_being_applied(digest_of(catalogue))
    lines = {(each.feature.slug, each.slug): each for each in CreditRequirement.objects.select_related("feature").order_by("pk")}
    found = list(CreditRate.objects.order_by("recorded_at", "id"))
    added = credit_rates_to_add(catalogue, lines, found, correction=correction)
    changed = sorted({each[0] for each in added})
    rates: list[Listed] = [(each.line_id, each.valid_from, each.credits_per_unit) for each in found if each.line_id in changed]
    rates += [(line_id, day, rate) for line_id, day, rate, _until, _source in added]
    products = dict(Product.objects.values_list("sku", "pk"))
    listed = list(ConversionRate.objects.order_by("recorded_at", "id"))
    former = [(each.product_id, each.valid_from, each.credits_per_unit) for each in listed]
    more = [(pk, day, rate) for pk, day, rate, _source in conversion_rates_to_add(catalogue, products, listed)]
    return PriceListPreview(changed, rates, _by_day(former), _by_day([*former, *more]))


def _by_day(rates: Iterable[tuple[int, date, Decimal | None]]) -> RatesFrom:
    found: dict[int, dict[date, Decimal | None]] = {}
    for pk, day, rate in rates:
        found.setdefault(pk, {})[day] = rate
    return found


def _worth(rates: Mapping[date, Decimal | None], units: int, day: date) -> int | None:
    begun = [each for each in rates if each <= day]
    rate = rates[max(begun)] if begun else None
    return None if rate is None else credits_for(units, rate)


CHANGES_OF_BALANCE = """
SELECT company_id, day, sum(change) FROM (
    SELECT company_id, effective_on AS day, change FROM licensing_licenseentry WHERE company_id = ANY(%(companies)s)
    UNION ALL
    SELECT company_id, effective_on, -change FROM credits_allocationentry WHERE company_id = ANY(%(companies)s)
) AS entry GROUP BY company_id, day
"""


def _changes_of_balance(companies: Iterable[int]) -> dict[int, dict[date, int]]:
    found: dict[int, dict[date, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CHANGES_OF_BALANCE, {"companies": list(companies)})
        for company, day, change in cursor.fetchall():
            found.setdefault(company, {})[day] = int(change)
    return found


def _below_zero(balance: Mapping[date, int], changes: Mapping[int, Mapping[date, int]], today: date) -> BelowZero | None:
    """The first day from today on that is below zero with these changes of what is allocated, and is not without them."""
    allocated: dict[date, int] = {}
    for days in changes.values():
        for day, change in days.items():
            allocated[day] = allocated.get(day, 0) + change
    before = after = 0
    looked_at = sorted({*balance, *allocated, today})
    for day in looked_at:
        before += balance.get(day, 0)
        after += balance.get(day, 0) - allocated.get(day, 0)
        if day >= today and after < 0 <= before:
            return BelowZero(day, after)
    return None
