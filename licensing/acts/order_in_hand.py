"""An order in hand: its licenses, what was said about them, the terms they make up, and what an act adds to them.

What an act says is kept in hand and judged by days before any of it is written: see `settle`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import ActInProgress, locked_row
from licensing import credit_questions
from licensing.acts.conditions.two_terms_never_count_on_one_day import require_one_term_a_day
from licensing.acts.convert_at_rate_in_force import converted
from licensing.acts.post_supply import post_supply
from licensing.models import Company, License, LicenseStatement, Order, Product
from licensing.rules.license_profile import LicenseFacts, Said
from licensing.rules.terms import Term, opened_by, terms_of
from licensing.rules.units_brought import brought_by_licenses
from licensing.rules.units_times_rate import credits_for


@dataclass
class OrderInHand:
    """A locked order with all that was said about its licenses, what the act at hand says included."""

    order: Order
    licenses: list[License]
    facts: dict[int, LicenseFacts]
    to_write: list[LicenseStatement] = field(default_factory=list)
    before: list[Term] | None = None
    """The terms as they were before the act at hand said anything."""

    def terms(self) -> list[Term]:
        """The order's terms by their start."""
        return terms_of(self._there(), self.facts)

    def _there(self) -> list[License]:
        """Without those that were withdrawn, which only what tells of changes has in hand."""
        return [each for each in self.licenses if not self.facts[each.pk].withdrawn]

    def term_of(self, license: License) -> Term:
        return next(each for each in self.terms() if license in each.licenses)

    def renewed(self) -> set[int]:
        """Ids of the licenses that opened a term which was renewed, whatever license of it the renewal names."""
        opened = opened_by(self._there())
        return {opened[each.renewal_of_id] for each in self._there() if each.renewal_of_id is not None}

    def renewal_of(self, term: Term) -> Term | None:
        """The term that follows, once it was issued."""
        opened = opened_by(self._there())
        return next(
            (
                each
                for each in self.terms()
                if each.opener.renewal_of_id is not None and opened[each.opener.renewal_of_id] == term.opener.pk
            ),
            None,
        )

    def last_term(self) -> Term:
        """The term that is renewed next: of those not renewed yet the last to begin, one that stands before cancelled ones."""
        renewed = self.renewed()
        terms = [term for term in self.terms() if term.opener.pk not in renewed]
        return max(terms, key=lambda term: (bool(term.standing(term.last_day)), term.starts_on))

    def running_terms(self, day: date) -> list[Term]:
        """The terms not over on `day` that count on it or later: the current one, and a renewal."""
        return [term for term in self.terms() if term.expires_on > day and term.counts_from(day)]

    def next_total_after(self, day: date) -> date | None:
        """The first later day for which the order's units in all were stated; a total holds until then."""
        said = [each for license in self.licenses for each in self.facts[license.pk].said]
        acts = {each.act for each in said if each.total is not None}
        # Reductions say it of the order too; those recorded before they did so are known by their licenses alone.
        totals = [each.day for each in said if each.total is not None or (each.kind == "reduced" and each.act not in acts)]
        return min((each for each in totals if each > day), default=None)

    def last_total(self) -> Said | None:
        """The statement of the order's units in all for the latest day; None while there was none."""
        totals = [each for license in self.licenses for each in self.facts[license.pk].said if each.total is not None]
        return max(totals, key=lambda each: each.day, default=None)

    # --- What an act adds

    def say(self, act: ActInProgress, license: License, kind: str, day: date, **what: Any) -> None:
        """Say one thing more about a license. It is written by `settle`."""
        self._remember()
        statement = LicenseStatement(license=license, kind=kind, effective_on=day, **what, **act.stamp())
        self.to_write.append(statement)
        known = self.facts.get(license.pk, LicenseFacts(()))
        self.facts[license.pk] = LicenseFacts((*known.recorded, statement.said))

    def say_units(self, act: ActInProgress, license: License, kind: str, day: date, units: int, **what: Any) -> None:
        """Say how many units a license has from a day on, converted at the rate it was issued at."""
        rate = self.facts[license.pk].issued.rate
        credits = 0 if rate is None else credits_for(units, rate)
        self.say(act, license, kind, day, units=units, rate=rate, credits=credits, **what)

    def issue(
        self,
        act: ActInProgress,
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
        """Add a license with the statement that issues it. Refused when it ends before it starts.

        `story` is that of the license whose term it joins or continues: whatever was said of that one's state, from any day,
        and not taken back, is said of the new one too. So it is issued suspended while the order is, and what is recorded late
        ends in time.
        A trial is what the license that `relation` names is, or the order where it names none, unless `trial` says otherwise.
        """
        if not starts_on < expires_on:
            raise Refused(_("A license must start before it expires."), field="expires_on")
        self._remember()
        product = product or self.order.product
        if trial is None:
            trial = next((each.trial for each in relation.values()), self.order.trial)
        rate, credits = converted(product, units, trial=trial, starts_on=starts_on)
        license = License.objects.create(order=self.order, kind=kind, product=product, trial=trial, **relation, **act.stamp())
        self.licenses.append(license)
        self.say(
            act,
            license,
            LicenseStatement.Kind.ISSUED,
            # Not after the start: it is the day it was bought on, or began on if that was earlier.
            min(today, starts_on),
            units=units,
            rate=rate,
            credits=credits,
            starts_on=starts_on,
            expires_on=expires_on,
        )
        for each in story.story() if story else ():
            self.say(act, license, STATE_KINDS[each.state], each.day, state=each.state)
        return license

    def _remember(self) -> None:
        if self.before is None:
            self.before = terms_of(list(self.licenses), {each.pk: self.facts[each.pk] for each in self.licenses})


def lock_order(order: Order) -> Order:
    """The order's row, locked and fresh: the first lock every act on an order takes."""
    return locked_row(order, "product", "company")


def in_hand(order: Order) -> OrderInHand:
    """Read an activated order's licenses and statements. Two statements. Refused while it is not activated.

    Licenses that were withdrawn are none of it.
    """
    company = _company_of(order)
    licenses = list(License.objects.of_order(order).select_related("product").order_by("id"))
    facts = LicenseStatement.objects.for_company(company).facts_by_license(licenses)
    left = [each for each in licenses if not facts[each.pk].withdrawn]
    if not left:
        raise Refused(
            _("The transfer of order %(order)s was undone: act on the order that it came from.") % {"order": order.number}
        )
    return OrderInHand(order, left, facts)


def activated(order: Order) -> tuple[Order, Company]:
    """The order locked and fresh, and the company that activated it. Refused while nobody has."""
    order = lock_order(order)
    return order, _company_of(order)


def _company_of(order: Order) -> Company:
    if order.company is None:
        raise Refused(_("Order %(order)s is not activated yet.") % {"order": order.number})
    return order.company


STATE_KINDS = {
    "active": LicenseStatement.Kind.REINSTATED,
    "suspended": LicenseStatement.Kind.SUSPENDED,
    "cancelled": LicenseStatement.Kind.CANCELLED,
}


def settle(
    act: ActInProgress, held: OrderInHand, changed: Iterable[License], today: date, *, keeps_use: bool | None = None
) -> None:
    """Judge what was said, write it and post the licenses that an act issued or changed. One statement to write, however much.

    Whoever keeps the credits hears of a changed pay-as-you-go contract, and of the seats that an act brought, with what is
    chosen in it for their use.
    """
    changed = list(changed)
    require_one_term_a_day(held)
    # What is said of a license comes before the units in all that were the reason for it.
    LicenseStatement.objects.bulk_create(sorted(held.to_write, key=lambda each: each.kind == LicenseStatement.Kind.TOTAL))
    if changed:
        post_supply(act, changed)
    if any(license.product.kind == Product.Kind.PAY_AS_YOU_GO for license in changed):
        credit_questions.contract_changed(act, today)
    issued = [each for each in changed if held.facts[each.pk].issued.act == act.id]
    credit_questions.units_brought(act, held.order, brought_by_licenses(issued, held.facts, today), today, keeps=keeps_use)


def finish_with(act: ActInProgress, held: OrderInHand, changed: Iterable[License], today: date) -> list[License]:
    """Settle what an act issued or changed and write its row. Returns them by id, as `licenses_of` does on repetition."""
    by_id = sorted(set(changed), key=lambda license: license.pk)
    settle(act, held, by_id, today)
    act.finish(licenses=[license.pk for license in by_id])
    return by_id


def license_of(act: ActInProgress) -> License:
    """The one license that an act which is done had issued. One statement."""
    return License.objects.for_company(act.company).get(pk=act.result["license"])


def licenses_of(act: ActInProgress) -> list[License]:
    """The licenses that an act which is done had issued or changed, by id. One statement."""
    return list(License.objects.for_company(act.company).filter(pk__in=act.result["licenses"]).order_by("id"))
