"""A feature's whole history of units, rates, credits and use: a chart for each line and the same as a table."""

from __future__ import annotations

from datetime import date
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet, day, decimal, number, text
from credits.acts.feature_in_hand import FeatureInHand, feature_called, feature_in_hand
from credits.charts.lines.units import UnitsDrawn, units_drawn
from credits.pages.allocation.form import line_label
from credits.pages.allocation.person_and_feature import feature_of, today_of
from credits.pages.usage.form import ObserveForm
from credits.reading.usage.feature_over_time import LineOverTime, feature_over_time
from credits.reading.usage.observed import observed_of_lines
from credits.rules.units_in_use import in_use
from licensing.access import may, of_company
from licensing.errors import in_words
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for
from licensing.rules.units_in_words import in_units


@require_safe
@of_company()
def feature_history(request: HttpRequest, company: Company, feature: str) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    known_at = as_of.known_at
    held = feature_called(company, feature, known_at=known_at) or feature_in_hand(company, feature_of(feature), known_at=known_at)
    observed = observed_of_lines(company, until=on, known_at=known_at, feature=held.feature.pk)
    told = feature_over_time(held, observed, on)
    if wants_export(request):
        return export_of(request, history_sheet(held, told))
    address = [company.slug, held.feature.slug]
    may_change = as_of.is_today and may(request, Permission.ALLOCATE)
    form = ObserveForm(lines=list(held.rates), today=today_of(request)) if may_change else None
    lower = {}
    lines = []
    for each in told:
        known = in_use(observed.get(each.line.pk, ()), on, each.rows[-1].units, takes_units=not each.rows[-1].pay_as_you_go)
        if known and known.lower_to is not None:
            lower[each.line.pk] = known.lower_to
        lines.append(
            {
                "pk": each.line.pk,
                "label": line_label(each.line) if len(held.rates) > 1 else "",
                "unit": in_units(2, each.line.unit, with_number=False),
                "rows": list(reversed(each.rows)),
                "known": known,
                "in_words": _in_words(each, on),
                "picture": partial(_drawn, each, on),
                "first": each.rows[0].day,
                "has_use": bool(observed.get(each.line.pk)),
            }
        )
    context = {
        "feature": held.feature,
        "lines": lines,
        "allocation_url": reverse("credits:allocation", args=address) + as_of.query,
        "usage_url": reverse("credits:usage", args=[company.slug]) + as_of.query,
        "lower_url": f"{reverse('credits:plan', args=[company.slug])}?lower=peak&feature={held.feature.slug}"
        if lower and may_change
        else "",
        "observe_url": reverse("credits:observe-feature", args=address) if form else "",
        "form": form,
        "form_lines": form.lines_shown() if form else [],
        "several": len(held.rates) > 1,
        "today": on,
    }
    return render(request, "credits/usage/feature.html", context)


def _in_words(each: LineOverTime, on: date) -> str:
    """What the chart shows, for who does not see it."""
    said = {
        "units": in_units(each.rows[-1].units, each.line.unit),
        "day": in_words(on),
        "first": in_words(each.rows[0].day),
    }
    return _("%(units)s allocated on %(day)s. The table below has every change since %(first)s.") % said


def _drawn(each: LineOverTime, on: date) -> UnitsDrawn:
    """From its first day on to the day shown."""
    observed = [(row.day, row.in_use) for row in each.rows if row.in_use is not None]
    return units_drawn([(row.day, row.units) for row in each.rows], observed, first=each.rows[0].day, last=on)


def history_sheet(held: FeatureInHand, told: list[LineOverTime]) -> Sheet:
    return Sheet(
        "over-time",
        _("Units, rates, credits and use"),
        (
            text("line", _("Line")),
            day("from", _("From")),
            number("units", _("Allocated")),
            decimal("rate", _("Rate")),
            number("credits", _("Credits")),
            number("in_use", _("In use")),
            text("billing", _("Billing model")),
        ),
        [
            (
                line_label(each.line),
                row.day,
                row.units,
                row.rate,
                row.credits,
                row.in_use,
                _("Pay-as-you-go") if row.pay_as_you_go else _("Annual credits"),
            )
            for each in told
            for row in reversed(each.rows)
        ],
        file_name=f"{held.feature.slug}-over-time",
    )
