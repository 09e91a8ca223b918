"""An order in hand: its licenses, what was said about them, and the terms they make up.

A term is opened by one license (the initial one, a renewal, a plan change) and topped up by others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import ActInProgress, locked_row
from licensing import credit_questions
from licensing.acts.post_supply import post_supply
from licensing.errors import NoRate
from licensing.models import Company, ConversionRate, License, LicenseStatement, Order, Product
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.months_and_years import add_months
from licensing.rules.units_times_rate import credits_for


@dataclass
class Term:
    """One term of an order: the license that opened it first, then its top-ups in the order they were issued."""

    licenses: list[License]
    facts: dict[int, LicenseFacts]

    @property
    def opener(self) -> License:
        return self.licenses[0]

    @property
    def opener_facts(self) -> LicenseFacts:
        return self.facts[self.opener.pk]

    @property
    def starts_on(self) -> date:
        return self.opener_facts.starts_on

    @property
    def expires_on(self) -> date:
        return self.opener_facts.expires_on

    def day_for(self, license: License, day: date) -> date:
        """The day a statement of units of `license` holds from: never before it was issued, which states them too."""
        return max(day, self.facts[license.pk].issued.day)

    def standing(self, day: date) -> list[License]:
        """The term's licenses that are not cancelled on `day`."""
        return [each for each in self.licenses if self.facts[each.pk].state_on(self.day_for(each, day)) != "cancelled"]

    def units_on(self, day: date) -> int:
        return sum(self.facts[each.pk].units_on(self.day_for(each, day)) for each in self.standing(day))

    def units_change_on(self, day: date) -> date:
        """From when a change of units stated for `day` holds: not before its latest license, which is counted in them."""
        facts = [self.facts[each.pk] for each in self.standing(day)]
        return max([day, *(min(each.issued.day, each.starts_on) for each in facts)])


@dataclass
class OrderInHand:
    """A locked order with all that was said about its licenses."""

    order: Order
    licenses: list[License]
    facts: dict[int, LicenseFacts]

    def terms(self) -> list[Term]:
        """The order's terms by their start."""
        terms = {each.pk: Term([each], self.facts) for each in self.licenses if each.top_up_of_id is None}
        for each in self.licenses:
            if each.top_up_of_id is not None:
                terms[each.top_up_of_id].licenses.append(each)
        return sorted(terms.values(), key=lambda term: (term.starts_on, term.opener.pk))

    def plan_was_changed(self, term: Term) -> bool:
        """Whether a license of another product has taken the term's place."""
        return any(each.replaces_id == term.opener.pk for each in self.licenses)

    def last_term(self) -> Term:
        """The term that is renewed next: of those not renewed yet the last to begin, one that stands before cancelled ones."""
        renewed = {each.renewal_of_id for each in self.licenses}
        terms = [term for term in self.terms() if term.opener.pk not in renewed]
        return max(terms, key=lambda term: (bool(term.standing(term.opener_facts.last_day)), term.starts_on))

    def running_terms(self, day: date) -> list[Term]:
        """The terms not over on `day` that have a license which is not cancelled: the current one, and a renewal."""
        return [term for term in self.terms() if term.expires_on > day and term.standing(day)]


def lock_order(order: Order) -> Order:
    """The order's row, locked and fresh: the first lock every act on an order takes."""
    return locked_row(order, "product", "company")


def in_hand(order: Order) -> OrderInHand:
    """Read an activated order's licenses and statements. Two statements. Refused while it is not activated."""
    company = _company_of(order)
    licenses = list(License.objects.of_order(order).select_related("product").order_by("id"))
    facts = LicenseStatement.objects.for_company(company).facts_by_license(licenses)
    return OrderInHand(order, licenses, facts)


def activated(order: Order) -> tuple[Order, Company]:
    """The order locked and fresh, and the company that activated it. Refused while nobody has."""
    order = lock_order(order)
    return order, _company_of(order)


def _company_of(order: Order) -> Company:
    if order.company is None:
        raise Refused(_("Order %(order)s is not activated yet.") % {"order": order.external_id})
    return order.company


def day_of_event(on: date | None, today: date) -> date:
    """The day an outside event holds from: the one stated, at most today; without one, today."""
    if on is None:
        return today
    if on > today:
        raise Refused(_("Choose today or an earlier day."), field="on")
    return on


def end_of_term(starts_on: date, months: int) -> date:
    """The expiration date of a term of whole months. Refused where it lies beyond the calendar."""
    try:
        return add_months(starts_on, months)
    except OverflowError:
        raise Refused(_("The term ends beyond the calendar. Enter an earlier start or fewer months.")) from None


def end_of_next_term(first: date, starts_on: date, months: int) -> date:
    """The end of a term of whole months from `starts_on`, kept on the day of the month on which the order began: `first`.

    Month by month from 31 January: 28 February, then 31 March again, where counting from each start would stay on the 28th.
    """
    before = (starts_on.year - first.year) * 12 + starts_on.month - first.month
    in_step = before >= 0 and end_of_term(first, before) == starts_on
    return end_of_term(first, before + months) if in_step else end_of_term(starts_on, months)


def day_after(day: date) -> date:
    """The expiration date of a term whose last day is named. Refused where it lies beyond the calendar."""
    if day == date.max:
        raise Refused(_("The term ends beyond the calendar. Enter an earlier day."), field="term_ends_on")
    return day + timedelta(days=1)


def converted(product: Product, units: int, *, trial: bool, starts_on: date) -> tuple[Decimal | None, int]:
    """(rate, credits) of `units` of a product whose license starts on a day. One statement; none for a trial.

    A pay-as-you-go contract may have no rate and is then worth no credits. Raises NoRate for anything else without one.
    """
    if trial:
        return None, 0
    rate = ConversionRate.objects.filter(product=product).in_force_on(starts_on).first()
    if rate is None or rate.credits_per_unit is None:
        if product.kind == Product.Kind.PAY_AS_YOU_GO:
            return None, 0
        raise NoRate(product, starts_on)
    return rate.credits_per_unit, credits_for(units, rate.credits_per_unit)


def issue(
    act: ActInProgress,
    order: Order,
    *,
    kind: str,
    units: int,
    starts_on: date,
    expires_on: date,
    today: date,
    product: Product | None = None,
    story: LicenseFacts | None = None,
    trial: bool | None = None,
    **relation: License,
) -> License:
    """Add a license with the statement that issues it. The caller posts. Refused when it ends before it starts.

    `story` is that of the license whose term it joins or continues: whatever was said of that one's state, from any day,
    is said of the new one too. So it is issued suspended while the order is, and what is recorded late ends in time.
    A trial is what the license that `relation` names is, or the order where it names none, unless `trial` says otherwise.
    """
    if not starts_on < expires_on:
        raise Refused(_("A license must start before it expires."), field="expires_on")
    product = product or order.product
    if trial is None:
        trial = next((each.trial for each in relation.values()), order.trial)
    license = License.objects.create(order=order, kind=kind, product=product, trial=trial, **relation, **act.stamp())
    rate, credits = converted(product, units, trial=trial, starts_on=starts_on)
    LicenseStatement.objects.create(
        license=license,
        kind=LicenseStatement.Kind.ISSUED,
        # Not after the start, so that a statement made before the license begins is not overruled by this one.
        effective_on=min(today, starts_on),
        units=units,
        rate=rate,
        credits=credits,
        starts_on=starts_on,
        expires_on=expires_on,
        **act.stamp(),
    )
    for each in story.said if story else ():
        if each.state:
            say(act, license, STATE_KINDS[each.state], each.day, state=each.state)
    return license


STATE_KINDS = {
    "active": LicenseStatement.Kind.REINSTATED,
    "suspended": LicenseStatement.Kind.SUSPENDED,
    "cancelled": LicenseStatement.Kind.CANCELLED,
}


def say(act: ActInProgress, license: License, kind: str, day: date, **what: Any) -> None:
    """Record one further statement about a license. The caller posts."""
    LicenseStatement.objects.create(license=license, kind=kind, effective_on=day, **what, **act.stamp())


def post_and_tell(act: ActInProgress, licenses: list[License], today: date) -> None:
    """Post the supply of `licenses`; whoever keeps the credits hears of a changed pay-as-you-go contract."""
    post_supply(act, licenses)
    if any(license.product.kind == Product.Kind.PAY_AS_YOU_GO for license in licenses):
        credit_questions.contract_changed(act, today)


def finish_with(act: ActInProgress, changed: list[License], today: date) -> list[License]:
    """Post the licenses an act issued or changed and write its row. Returns them by id, as `licenses_of` does on repetition."""
    changed = sorted(changed, key=lambda license: license.pk)
    post_and_tell(act, changed, today)
    act.finish(licenses=[license.pk for license in changed])
    return changed


def license_of(act: ActInProgress) -> License:
    """The one license that an act which is done had issued. One statement."""
    return License.objects.for_company(act.company).get(pk=act.result["license"])


def licenses_of(act: ActInProgress) -> list[License]:
    """The licenses that an act which is done had issued or changed, by id. One statement."""
    return list(License.objects.for_company(act.company).filter(pk__in=act.result["licenses"]).order_by("id"))
