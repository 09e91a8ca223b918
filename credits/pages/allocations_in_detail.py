"""View details of Allocated credits: exact credits per feature and requirement line."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Cell, Sheet, decimal, number, text
from console.names import in_order_of_names
from credits.reading.allocation_notes import latest_notes
from credits.reading.annual_credits import annual_credits
from credits.reading.features_on_day import FeatureRow
from credits.reading.usage.observed import observed_of_lines
from credits.rules.rounded_shares import shares
from credits.rules.units_in_use import Observed, in_use
from licensing.access import of_company
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for
from licensing.rules.units_in_words import in_units


@require_safe
@of_company()
def allocations(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    tab = annual_credits(company, on=on, known_at=as_of.known_at, looks_ahead=False)
    allocated = [feature for feature in tab.features if feature.status == "allocated"]
    share_of = dict(zip((each.id for each in allocated), shares(each.credits for each in allocated), strict=True))
    has_credits = any(each.credits for each in allocated)
    offerings: dict[str, dict[str, Any]] = {}
    observed = observed_of_lines(company, until=on, known_at=as_of.known_at)
    for feature in sorted(allocated, key=lambda each: (-each.credits, in_order_of_names(each.name))):
        offering = offerings.setdefault(
            feature.offering_slug,
            {
                "slug": feature.offering_slug,
                "name": feature.offering_name,
                "slot": feature.slot,
                "credits": 0,
                "features": [],
            },
        )
        offering["credits"] += feature.credits
        url = reverse("credits:allocation", args=[company.slug, feature.slug]) + as_of.query
        offering["features"].append(_feature(feature, share_of[feature.id] if has_credits else None, url, observed, on))
    shown = sorted(offerings.values(), key=lambda each: -each["credits"])
    if wants_export(request):
        return export_of(request, allocations_sheet(shown))
    context = {
        "awaits": tab.ledger.awaits,
        "summary": tab.summary,
        "notes": latest_notes(company, None if as_of.is_today else on, known_at=as_of.known_at),
        "offerings": shown,
        "use_known": use_known(shown),
        "usage_url": reverse("credits:usage", args=[company.slug]) + as_of.query,
    }
    return render(request, "credits/allocations.html", context)


def _feature(feature: FeatureRow, share: Any, url: str, observed: dict[int, list[Observed]], on: date) -> dict[str, Any]:
    return {
        "slug": feature.slug,
        "name": feature.name,
        "credits": feature.credits,
        "share": share,
        "url": url,
        "lines": [
            {
                "label": line.label or line.unit,
                "unit": in_units(line.units, line.unit, with_number=False),
                "units": line.units,
                "rate": line.rate,
                "credits": line.credits,
                "known": in_use(observed.get(line.id, ()), on, line.units),
            }
            for line in feature.lines
            if line.units
        ],
    }


def use_known(offerings: list[dict[str, Any]]) -> bool:
    """Whether of any line shown it is known what is in use: else no column says it."""
    return any(line["known"] for offering in offerings for feature in offering["features"] for line in feature["lines"])


def allocations_sheet(offerings: list[dict[str, Any]]) -> Sheet:
    """A row per line; the share is the feature's, and stands beside its first line, so that shares sum to 100."""
    known = use_known(offerings)
    rows: list[tuple[Cell, ...]] = []
    for offering in offerings:
        for feature in offering["features"]:
            share = feature["share"]
            for line in feature["lines"]:
                cells = (line["label"], line["unit"], line["units"], line["rate"], line["credits"])
                used = (line["known"].observed.units if line["known"] else None,) if known else ()
                rows.append((offering["name"], feature["name"], *cells, share, *used))
                share = None
    return Sheet(
        "allocations",
        _("Allocated credits in detail"),
        (
            text("offering", _("Offering")),
            text("feature", _("Feature")),
            text("line", _("Line")),
            text("unit", _("Unit")),
            number("units", _("Units")),
            decimal("credits_per_unit", _("Rate")),
            number("credits", _("Credits")),
            decimal("share", _("Share of allocated in percent")),
            *([number("in_use", _("In use"))] if known else []),
        ),
        rows,
    )
