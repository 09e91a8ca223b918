"""The credit requirement of a line: the rate of the day, and how the price lists brought it there."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from console.templatetags.formats import rate as written_rate
from credits.models import CreditRate, CreditRequirement
from credits.reading.explanations.explanation import Entry, Explanation, Group, Posted, in_groups
from credits.reading.price_list_on_day import rate_of_day
from licensing.errors import in_words


def credit_requirement(feature: str, line: str, on: date, known_at: datetime | None) -> Explanation | None:
    """None where the line has no rate on the day. Two statements; nothing here belongs to a company."""
    found = CreditRequirement.objects.filter(feature__slug=feature, slug=line).select_related("feature").first()
    if found is None:
        return None
    rates = CreditRate.objects.filter(line=found)
    if known_at is not None:
        rates = rates.filter(recorded_at__lte=known_at)
    rows = list(rates.order_by("recorded_at", "id"))
    of_day = rate_of_day(rows, on)
    if of_day.rate is None:
        return None
    by_day = {each.valid_from: each for each in rows if each.valid_from <= on and each.credits_per_unit is not None}
    group = Group("line", f"{feature}.{line}", found.label or found.unit, (), note=found.feature.name)
    posted, before = [], Decimal(0)
    for day in sorted(by_day):
        row = by_day[day]
        assert row.credits_per_unit is not None
        entry = Entry(
            id=row.pk,
            day=day,
            change=row.credits_per_unit - before,
            why=_("Listed: %(rate)s credits per %(unit)s") % {"rate": written_rate(row.credits_per_unit), "unit": found.unit},
            rate=row.credits_per_unit,
            rate_from=day,
            rate_source=row.source,
            feature=feature,
            line=found.label or found.unit,
            line_slug=line,
        )
        posted.append(Posted(group, entry))
        before = row.credits_per_unit
    assert of_day.valid_from is not None
    sentence = _("credits per %(unit)s, valid from %(day)s. A line keeps its rate until a price list names another.") % {
        "unit": found.unit,
        "day": in_words(of_day.valid_from),
    }
    return Explanation(
        f"credit-requirement.{feature}.{line}",
        _("Credit requirement of %(name)s") % {"name": found.feature.name},
        of_day.rate,
        sentence,
        groups=in_groups(posted),
    )
