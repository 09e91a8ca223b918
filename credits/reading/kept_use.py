"""Reading what decides whether converted seats keep their use: the line they pay for, what is held, what was kept before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils.translation import gettext as _

from credits.models import AllocationEntry, CreditRequirement, KeptUnits, SeatUse
from credits.reading.line_facts import line_facts, switches_of_features
from credits.rules.billing_model import Switch, billed_pay_as_you_go_on
from credits.rules.kept_use import Kept, held_on, raised_by, standing_on, to_add
from credits.rules.line_profile import LineFacts
from credits.rules.rate_of_a_line import RateFrom, listed_on, rate_on
from credits.rules.statements_that_stand import Allotted, units_on
from licensing.credit_questions import Keeping
from licensing.models import Company, LicenseStatement, Order, Product, UseChoice
from licensing.rules.license_profile import LicenseFacts, Said
from licensing.rules.units_times_rate import MAX_UNITS, credits_for


@dataclass
class LineInUse:
    """One line in one company: what was said of it, what is held of it and keeps its use, and what keeping added."""

    line: CreditRequirement
    rates: list[RateFrom]
    statements: list[Allotted]
    switches: list[Switch]
    licenses: list[LicenseFacts]
    kept: list[Kept]

    @property
    def facts(self) -> LineFacts:
        return line_facts(self.statements, self.rates, self.switches)

    def units_on(self, day: date) -> int:
        return units_on(self.statements, day)

    def is_pay_as_you_go_on(self, day: date) -> bool:
        return billed_pay_as_you_go_on(self.switches, day)

    def takes_units_on(self, day: date) -> bool:
        """Whether the line takes further units on a day: a price list then lists it, and credits pay for it."""
        return listed_on(self.rates, day) and not self.is_pay_as_you_go_on(day)

    def to_add(self, brought: int, day: date, *, more_held: int = 0) -> int:
        """Units that keeping adds on a day for `brought` ones; `more_held` counts besides what is recorded."""
        if not self.takes_units_on(day):
            return 0
        units = to_add(brought, held=held_on(self.licenses, day) + more_held, standing=self.standing_on(day))
        return min(units, MAX_UNITS - self.units_on(day))

    def standing_on(self, day: date) -> int:
        """Units of a day that keeping added, that nobody took back and that the line still has."""
        return standing_on(self.statements, self.kept, day)

    def raised_by(self, units: int, day: date) -> dict[date, int]:
        """Day -> units to state for `units` more from a day on; days on which the feature is billed pay-as-you-go stay."""
        days = raised_by(self.statements, units, day, most=MAX_UNITS)
        return {each: count for each, count in days.items() if not self.is_pay_as_you_go_on(each)}


def lines_paid_for(product_ids: Collection[int]) -> dict[int, CreditRequirement]:
    """product id -> the line that its seats pay for; products without one are left out. One statement."""
    uses = SeatUse.objects.filter(product__in=product_ids).select_related("line__feature")
    return {use.product_id: use.line for use in uses}


def products_that_pay_for_a_feature() -> set[int]:
    """Their ids. One statement."""
    return set(SeatUse.objects.values_list("product", flat=True))


def allocated_otherwise(days: Mapping[int, date], products: Collection[int]) -> set[tuple[int, int]]:
    """(company id, product id) whose line has more units than keeping added, today or planned. Four statements."""
    lines = lines_paid_for(products)
    found = lines_in_use(list(days), set(lines.values()))
    return {
        (company, product)
        for company, today in days.items()
        for product, line in lines.items()
        for held in (found[company, line.pk],)
        if any(
            held.units_on(day) > held.standing_on(day)
            for day in {today, *(max(today, each.day) for each in held.statements if each.units)}
        )
    }


def lines_in_use(
    company_ids: Collection[int], lines: Iterable[CreditRequirement], *, besides: Order | None = None
) -> dict[tuple[int, int], LineInUse]:
    """(company id, line id) -> the line there. Three statements, however many companies and lines there are.

    `besides` is an order whose licenses are held as if it kept its use, whatever was chosen for it.
    """
    by_id = {line.pk: line for line in lines}
    told = _told(list(company_ids), list(by_id))
    switches = switches_of_features(company_ids, {line.feature_id for line in by_id.values()})
    licenses = licenses_kept(company_ids, by_id, besides=besides)
    return {
        (company, pk): LineInUse(
            line,
            [RateFrom(*each) for each in told["rate", None, pk]],
            [Allotted(*each) for each in told["statement", company, pk]],
            switches.get((company, line.feature_id), []),
            licenses.get((company, pk), []),
            [Kept(*each) for each in told["kept", company, pk]],
        )
        for company in company_ids
        for pk, line in by_id.items()
    }


TOLD = """
SELECT 'rate', NULL, rate.line_id, rate.valid_from, rate.credits_per_unit, rate.valid_to, NULL, NULL, rate.recorded_at, rate.id
  FROM credits_creditrate AS rate
 WHERE rate.line_id = ANY(%(lines)s)
UNION ALL
SELECT 'statement', said.company_id, said.line_id, said.effective_on, NULL, NULL, said.units, said.withdraws_id,
       said.recorded_at, said.id
  FROM credits_allocationstatement AS said
 WHERE said.company_id = ANY(%(companies)s) AND said.line_id = ANY(%(lines)s)
UNION ALL
SELECT 'kept', kept.company_id, kept.line_id, kept.effective_on, NULL, NULL, kept.units_change, kept.order_id,
       kept.recorded_at, kept.id
  FROM credits_keptunits AS kept
 WHERE kept.company_id = ANY(%(companies)s) AND kept.line_id = ANY(%(lines)s)
 ORDER BY 9, 10
"""


def _told(companies: list[int], lines: list[int]) -> dict[tuple[str, int | None, int], list[tuple[Any, ...]]]:
    """(kind, company id or None, line id) -> what was recorded, in that order. One statement."""
    found: dict[tuple[str, int | None, int], list[tuple[Any, ...]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(TOLD, {"companies": companies, "lines": lines})
        for kind, company, line, day, rate, until, units, other, _recorded_at, pk in cursor.fetchall():
            values = {"rate": (day, rate, until), "statement": (pk, day, units, other), "kept": (day, units, other)}
            found[kind, company, line].append(values[kind])
    return found


def licenses_kept(
    company_ids: Collection[int], line_ids: Iterable[int], *, besides: Order | None = None
) -> dict[tuple[int, int], list[LicenseFacts]]:
    """(company id, line id) -> what was said of the licenses of the line whose orders keep their use, trials left out.

    One statement.
    """
    keeps = Exists(UseChoice.objects.keeping().filter(company=OuterRef("company"), order=OuterRef("license__order")))
    rows = LicenseStatement.objects.filter(
        Q(keeps) | Q(license__order=besides) if besides else keeps,
        company__in=company_ids,
        license__trial=False,
        license__product__seat_use__line__in=list(line_ids),
    )
    found: dict[tuple[int, int], dict[int, list[Said]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.select_related("license__product__seat_use").order_by("recorded_at", "id"):
        found[row.company_id, row.license.product.seat_use.line_id][row.license_id].append(row.said)
    return {key: [LicenseFacts(tuple(said)) for said in licenses.values()] for key, licenses in found.items()}


def keeping_previews(
    product: Product, *, units: int, trial: bool, starts_on: date, days: Mapping[int, date]
) -> dict[int, Keeping]:
    """What keeping the use of a license would do in each company (id -> its today), were it activated. Four statements."""
    if trial:
        return dict.fromkeys(days, Keeping(_("A trial adds no credits: nothing is set aside for it.")))
    line = lines_paid_for([product.pk]).get(product.pk) if product.kind == Product.Kind.SEATS else None
    if line is None:
        return dict.fromkeys(days, Keeping(_("It pays for no feature of its own: its credits are available to all.")))
    found = lines_in_use(list(days), [line])
    return {company: _preview(found[company, line.pk], units, starts_on, today) for company, today in days.items()}


def _preview(held: LineInUse, units: int, starts_on: date, today: date) -> Keeping:
    feature, day = held.line.feature, max(starts_on, today)
    if held.is_pay_as_you_go_on(day):
        return Keeping(
            _("%(feature)s is billed pay-as-you-go there: its credits are left available.") % {"feature": feature.name}
        )
    if not held.takes_units_on(day):
        return Keeping(_("%(feature)s takes no more units: its credits are left available.") % {"feature": feature.name})
    now = held.facts.units_on(day)
    added = held.to_add(units, day, more_held=units)
    rate = rate_on(held.rates, day)
    return Keeping(
        feature=feature.name,
        unit=held.line.unit,
        line=held.line.label,
        now=now,
        added=added,
        credits=credits_for(now + added, rate) - credits_for(now, rate),
        later_on=None if day == today else day,
    )


def kept_by(company: Company, act_id: UUID, day: date) -> Keeping | None:
    """What an act kept in use, and the credits that takes on a day; None where it kept nothing. Two statements."""
    rows = list(
        KeptUnits.objects.for_company(company)
        .filter(act=act_id, units_change__gt=0)
        .select_related("line__feature")
        .order_by("id")
    )
    if not rows:
        return None
    posted = AllocationEntry.objects.for_company(company).filter(act=act_id, line=rows[0].line, effective_on__lte=day)
    line = rows[0].line
    return Keeping(
        feature=line.feature.name,
        unit=line.unit,
        line=line.label,
        added=rows[0].units_change,
        later_on=rows[0].effective_on if rows[0].effective_on > day else None,
        credits=posted.aggregate(credits=Sum("change"))["credits"] or 0,
    )
