"""The features that can be billed pay-as-you-go, as of a day: how each is billed, since when, until when, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum

from console.names import in_order_of_names
from credits.acts.billing_model.changes_lie_30_days_apart import DAYS_BETWEEN_SWITCHES
from credits.models import AllocationEntry, Feature
from credits.reading.features_on_day import FeatureRow, features_on
from credits.reading.line_facts import switches_of_features
from credits.rules.billing_model import Switch, contract_on
from licensing.models import Company


@dataclass(frozen=True)
class SwitchableFeature:
    """A feature on a day. `since` is the day of the switch that holds, `ends_on` the first day without its contract.

    `next_change_on` is the first day on which it may be switched again, None where it never was; those of a `group` are switched
    together.
    """

    row: FeatureRow
    group: str
    since: date | None
    ends_on: date | None
    next_change_on: date | None
    planned: tuple[Switch, ...]
    """Switches for later days."""

    @property
    def pay_as_you_go(self) -> bool:
        return self.row.pay_as_you_go


def switchable_features(company: Company, *, on: date, known_at: datetime | None = None) -> list[SwitchableFeature]:
    """All of the catalogue that can be switched, in the order of offerings and names. Four statements."""
    groups = dict(Feature.objects.filter(switchable=True).values_list("id", "switch_group"))
    entries = AllocationEntry.objects.for_company(company).filter(effective_on__lte=on).known_at(known_at)
    totals = {
        line: (units, credits)
        for line, units, credits in entries.filter(feature__in=list(groups))
        .values_list("line")
        .annotate(units=Sum("units_change"), credits=Sum("change"))
    }
    found = switches_of_features([company.pk], groups, known_at=known_at)
    switches = {feature: found[company.pk, feature] for feature in groups}
    rows = [row for row in features_on(on, totals, switches, known_at=known_at) if row.id in groups]
    return [
        _feature(row, groups[row.id], switches[row.id], on)
        for row in sorted(rows, key=lambda each: (each.slot, in_order_of_names(each.name), each.slug))
    ]


def _feature(row: FeatureRow, group: str, made: Sequence[Switch], on: date) -> SwitchableFeature:
    contract = contract_on(made, on)
    days = [switch.day for switch in made]
    return SwitchableFeature(
        row=row,
        group=group,
        since=max((day for day in days if day <= on), default=None) if contract else None,
        ends_on=contract.ends_after(on) if contract else None,
        next_change_on=max(days) + timedelta(days=DAYS_BETWEEN_SWITCHES) if days else None,
        planned=tuple(switch for switch in made if switch.day > on),
    )
