"""Credit requirements: what a unit of every feature takes, how to count it, from which day, and who says so."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from credits.pages.explain.addresses import addresses_of_explanations
from credits.pages.price_list.cells import source_cell
from credits.pages.price_list.requirement_rows import requirement_rows
from credits.pages.price_list.sheets import list_prices_sheet, requirements_sheet
from credits.pages.price_list.sources import Sources
from credits.reading.price_list_on_day import FeatureRequires, requirements_on
from licensing.access import of_company
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for


@require_safe
@of_company()
def credit_requirements(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    features = requirements_on(on, as_of.known_at)
    offerings = {each.offering_slug: each.offering_name for each in features}
    q = request.GET.get("q", "").strip()[:200]
    offering = request.GET.get("offering", "")
    offering = offering if offering in offerings else ""
    shown = [each for each in features if mentions(each, q) and (not offering or each.offering_slug == offering)]
    if wants_export(request):
        return export_of(request, partial(requirements_sheet, shown), **{"list-prices": partial(list_prices_sheet, shown)})
    address = reverse("credits:requirements", args=[company.slug])
    sources = Sources()
    explained = addresses_of_explanations(company.slug, as_of)
    context = {
        "page_url": address,
        "groups": [
            {
                "slug": found[0].offering_slug,
                "name": found[0].offering_name,
                "slot": slot,
                "features": len(found),
                "rows": SafeString("\n".join(requirement_rows(each, sources, explained) for each in found)),
            }
            for slot, found in ((slot, list(each)) for slot, each in groupby(shown, key=lambda each: each.slot))
        ],
        "metered": [metered_row(each, sources) for each in shown if each.prices],
        "sources": sources.rows,
        "filters": {
            "q": q,
            "offering": offering,
            "offerings": [{"slug": key, "name": name, "selected": key == offering} for key, name in offerings.items()],
            "narrowed": bool(q or offering),
            "shown": len(shown),
            "total": len(features),
            "clear_url": address + as_of.query,
        },
    }
    return render(request, "credits/requirements.html", context)


def mentions(feature: FeatureRequires, q: str) -> bool:
    """Whether every word of `q` stands in the name, the description, the offering, or a line's label or unit."""
    lines = " ".join(f"{line.label} {line.unit}" for line in feature.lines)
    words = f"{feature.name} {feature.description} {feature.offering_name} {lines}".casefold()
    return all(word in words for word in q.casefold().split())


def metered_row(feature: FeatureRequires, sources: Sources) -> dict[str, Any]:
    """The list prices of a feature, with each note on them once."""
    return {
        "slug": feature.slug,
        "name": feature.name,
        "notes": list(dict.fromkeys(each.note for each in feature.prices if each.note)),
        "prices": [{"price": each, "source": source_cell(sources.number(each.source))} for each in feature.prices],
    }
