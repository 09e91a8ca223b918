"""All available solutions: every solution with what it requires, its features, their apps; each leads into the calculator."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from console.names import in_order_of_names
from console.templatetags.formats import rate
from credits.models import Offering
from credits.pages.solutions.overview import solutions_sheet
from credits.pages.tabs import manage_billing_url, tabs
from credits.reading.annual_credits import annual_credits
from credits.reading.features_on_day import FeatureRow
from licensing.access import of_company
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for


@require_safe
@of_company()
def solutions(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    features = annual_credits(company, on=on, known_at=as_of.known_at).features
    descriptions = dict(Offering.objects.values_list("slug", "description"))
    q = request.GET.get("q", "").strip()[:200]
    shown = [each for each in features if mentions(each, q, of_solution=descriptions[each.offering_slug])]
    estimate_url = reverse("credits:estimate", args=[company.slug])
    shown_as = [urlencode(as_of.values)] if as_of.values else []

    def estimate_of(found: list[FeatureRow]) -> str:
        units = [f"units_{line.id}=" for each in found for line in each.lines]
        return f"{estimate_url}?{'&'.join([*shown_as, *units])}"

    groups = []
    for slot, group in groupby(shown, key=lambda each: each.slot):
        found = sorted(group, key=lambda each: (in_order_of_names(each.name), each.slug))
        groups.append(
            {
                "slot": slot,
                "slug": found[0].offering_slug,
                "name": found[0].offering_name,
                "description": descriptions[found[0].offering_slug],
                "requires": requirement(found),
                "estimate_url": estimate_of(found),
                "features": [
                    {"feature": each, "requires": requirement([each]), "estimate_url": estimate_of([each])} for each in found
                ],
            }
        )
    if wants_export(request):
        return export_of(request, solutions_sheet(groups))
    address = reverse("credits:solutions", args=[company.slug])
    context: dict[str, Any] = {
        "page_url": address,
        "tabs": tabs(request, company, "credits:solutions"),
        "manage_billing_url": manage_billing_url(request, company.slug),
        "estimate_url": estimate_url + as_of.query,
        "groups": groups,
        "filters": {"q": q, "shown": len(shown), "total": len(features), "clear_url": address + as_of.query},
    }
    return render(request, "credits/solutions/solutions.html", context)


def requirement(features: list[FeatureRow]) -> str:
    """What a unit takes: "45", "20 to 235"; "Free" at 0, "Not listed" where there is no rate."""
    rates: list[Decimal] = sorted(line.rate for each in features for line in each.lines if line.rate is not None)
    if not rates:
        return _("Not listed")
    if rates[-1] == 0:
        return _("Free")
    if rates[0] == rates[-1]:
        return rate(rates[0])
    return _("%(least)s to %(most)s") % {"least": rate(rates[0]) or "0", "most": rate(rates[-1])}


def mentions(feature: FeatureRow, q: str, *, of_solution: str = "") -> bool:
    """Whether every word of `q` stands in the name or the description, its own or the solution's."""
    words = f"{feature.name} {feature.description} {feature.offering_name} {of_solution}".casefold()
    return all(word in words for word in q.casefold().split())
