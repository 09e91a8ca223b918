"""The table of planning mode: one row per line, in groups by offering, with what it takes now and after the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.allowed_text import as_shown_alike
from credits.acts.feature_in_hand import FeatureInHand
from credits.acts.planning.plan_in_hand import Plan
from credits.acts.withdraw_plan import plans_after
from credits.models import CreditRequirement
from credits.rules.balance_over_days import total_on
from credits.rules.billing_model import billed_pay_as_you_go_on
from credits.rules.rate_of_a_line import listed_on
from licensing.errors import in_words
from licensing.rules.units_in_words import plural

ALLOCATED, CHANGED, ALL = "allocated", "changed", "all"
STATES = {ALLOCATED: gettext_lazy("Allocated"), CHANGED: gettext_lazy("Changed"), ALL: gettext_lazy("All")}


@dataclass(frozen=True)
class PlanRow:
    """A line: its units on the plan's day without the plan (`was`), what is typed, and the credits of both."""

    line: int
    feature: int
    name: str
    label: str
    unit: str
    was: int
    typed: str
    units: int
    now: int
    after: int
    seen: int
    wrong: str
    plans: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.units != self.was

    @property
    def change(self) -> int:
        return self.after - self.now

    @property
    def allocated(self) -> bool:
        return bool(self.was)

    @property
    def counts(self) -> bool:
        """Whether the table opens with it: it has units, is changed, or is typed wrongly."""
        return self.allocated or self.changed or bool(self.wrong)


@dataclass
class PlanGroup:
    """The rows of one offering that are shown; its sums are those of all its lines."""

    slug: str
    name: str
    slot: int
    now: int = 0
    after: int = 0
    rows: list[PlanRow] = field(default_factory=list)

    @property
    def change(self) -> int:
        return self.after - self.now


@dataclass(frozen=True)
class PlanTable:
    """Groups with the rows shown, the rows that are changed but not shown, counts per state, and the sums of all."""

    groups: list[PlanGroup]
    hidden: list[PlanRow]
    counts: dict[str, int]
    seen: dict[int, int]
    """Feature id -> id of its latest statement, of every feature that the form carries."""
    now: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.now


def plan_table(
    plan: Plan,
    *,
    posted: Mapping[int, Mapping[date, int]],
    today: date,
    state: str,
    q: str = "",
    typed: Callable[[int], str | None] = lambda line: None,
    wrong: Mapping[int, list[str]] | None = None,
) -> PlanTable:
    """The table of a plan over all features in hand, of whose lines `posted` says what their entries change.

    `typed` gives back what stands in a line's field, `wrong` what is wrong.
    """
    found: list[tuple[FeatureInHand, PlanRow]] = [
        (feature, _row(plan, feature, line, total_on(posted[line.pk], plan.day), today, typed, wrong or {}))
        for feature in plan.held.values()
        if not billed_pay_as_you_go_on(feature.switches, plan.day)
        for line in feature.rates
    ]
    found = [(each, row) for each, row in found if row.counts or _may_be_added(each, row, plan.day)]
    groups: dict[str, PlanGroup] = {}
    shown: list[PlanRow] = []
    hidden: list[PlanRow] = []
    for feature, row in found:
        offering = feature.feature.offering
        group = groups.setdefault(offering.slug, PlanGroup(offering.slug, offering.name, offering.chart_slot))
        group.now, group.after = group.now + row.now, group.after + row.after
        if _is_shown(row, state, q, offering.name):
            group.rows.append(row)
            shown.append(row)
        elif row.changed or row.wrong:
            hidden.append(row)
    rows = [row for _feature, row in found]
    return PlanTable(
        sorted((each for each in groups.values() if each.rows), key=lambda each: (-each.now, each.slot)),
        hidden,
        {
            ALLOCATED: sum(row.counts for row in rows),
            CHANGED: sum(row.changed or bool(row.wrong) for row in rows),
            ALL: len(rows),
        },
        {row.feature: row.seen for row in (*shown, *hidden)},
        sum(row.now for row in rows),
        sum(row.after for row in rows),
    )


def _row(
    plan: Plan,
    feature: FeatureInHand,
    line: CreditRequirement,
    now: int,
    today: date,
    typed: Callable[[int], str | None],
    wrong: Mapping[int, list[str]],
) -> PlanRow:
    before, after = feature.facts_of(line), plan.after(feature, line)
    was, units = before.units_on(plan.day), after.units_on(plan.day)
    text = typed(line.pk) if line.pk in wrong else None
    return PlanRow(
        line=line.pk,
        feature=feature.feature.pk,
        name=feature.feature.name,
        label=line.label,
        unit=plural(line.unit),
        was=was,
        typed=f"{units:,}" if text is None else text,
        units=units,
        now=now,
        after=after.credits_on(plan.day) if units != was else now,
        seen=feature.latest_statement,
        wrong=" ".join(wrong.get(line.pk, ())),
        plans=tuple(
            _("%(units)s from %(day)s") % {"units": f"{each.units:,}", "day": in_words(each.day)}
            for its, each in plans_after(feature, max(today, plan.day))
            if its.pk == line.pk
        ),
    )


def _may_be_added(feature: FeatureInHand, row: PlanRow, day: date) -> bool:
    return any(listed_on(rates, day) for line, rates in feature.rates.items() if line.pk == row.line)


def _is_shown(row: PlanRow, state: str, q: str, offering: str) -> bool:
    if q:
        words = as_shown_alike(" ".join((row.name, row.label, offering)))
        return all(word in words for word in as_shown_alike(q).split())
    if state == ALL:
        return True
    return row.counts if state == ALLOCATED else row.changed or bool(row.wrong)


def days_of_plans(held: Iterable[FeatureInHand], today: date) -> list[date]:
    """The days after today from which something is planned."""
    found: dict[date, int] = defaultdict(int)
    for feature in held:
        for _line, each in plans_after(feature, today):
            found[each.day] += 1
    return sorted(found)
