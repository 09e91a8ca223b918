"""Units in use beside what is allocated, line by line, for pages and files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from console.exports.sheet import Sheet, day, number, text
from credits.reading.features_on_day import FeatureRow
from credits.rules.units_in_use import InUse, Observed, in_use
from licensing.models import Company
from licensing.pages.day_shown import AsOf
from licensing.rules.units_in_words import in_units


@dataclass(frozen=True)
class UseRow:
    """A line that has units or was observed; `known` is None where nothing is known of the day."""

    feature: str
    slug: str
    line: str
    line_id: int
    unit: str
    allocated: int
    known: InUse | None
    url: str


def use_rows(
    company: Company, features: Iterable[FeatureRow], observed: dict[int, list[Observed]], on: date, as_of: AsOf
) -> list[UseRow]:
    rows = []
    for feature in features:
        for line in feature.lines:
            known = in_use(observed.get(line.id, ()), on, line.units, takes_units=feature.status != "pay-as-you-go")
            if line.units or known:
                rows.append(
                    UseRow(
                        feature=feature.name,
                        slug=feature.slug,
                        line=line.label,
                        line_id=line.id,
                        unit=in_units(line.units, line.unit, with_number=False),
                        allocated=line.units,
                        known=known,
                        url=reverse("credits:feature-history", args=[company.slug, feature.slug]) + as_of.query,
                    )
                )
    return rows


def use_sheet(rows: list[UseRow]) -> Sheet:
    return Sheet(
        "usage",
        _("Units in use"),
        (
            text("feature", _("Feature")),
            text("line", _("Line")),
            text("unit", _("Unit")),
            number("allocated", _("Allocated")),
            number("in_use", _("In use")),
            day("observed_on", _("Observed on")),
            number("idle", _("Idle")),
            number("exceeded", _("Exceeded")),
            number("peak", _("Peak of 30 days")),
        ),
        [(each.feature, each.line or None, each.unit, each.allocated, *_cells(each.known)) for each in rows],
    )


def _cells(known: InUse | None) -> tuple[Any, ...]:
    if known is None:
        return (None,) * 5
    return (known.observed.units, known.observed.day, known.idle, known.exceeded, known.peak)
