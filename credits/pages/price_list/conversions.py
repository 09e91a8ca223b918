"""Conversions: what a unit of every product is worth in credits, from which day, and who says so."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from credits.pages.price_list.cells import rate_cell, source_cell, valid_from_cell
from credits.pages.price_list.sheets import conversions_sheet
from credits.pages.price_list.sources import Sources
from credits.reading.price_list_on_day import ProductConverts, conversions_on
from licensing.access import of_company
from licensing.models import Company, Product
from licensing.pages.day_shown import AsOf, day_known_asked_for


@require_safe
@of_company()
def conversions(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    products = conversions_on(on, as_of.known_at)
    q = request.GET.get("q", "").strip()[:200]
    kind = request.GET.get("kind", "")
    kind = kind if kind in Product.Kind else ""
    shown = [each for each in products if mentions(each, q) and (not kind or each.kind == kind)]
    if wants_export(request):
        return export_of(request, conversions_sheet(shown))
    address = reverse("credits:conversions", args=[company.slug])
    sources = Sources()
    context = {
        "page_url": address,
        "products": [
            {
                "product": each,
                "rate": rate_cell(each.rate),
                "valid_from": valid_from_cell(each.rate.valid_from),
                "source": source_cell(sources.number(each.rate.source)),
            }
            for each in shown
        ],
        "sources": sources.rows,
        "filters": {
            "q": q,
            "kind": kind,
            "kinds": [{"value": each.value, "label": each.label, "selected": each == kind} for each in Product.Kind],
            "shown": len(shown),
            "total": len(products),
            "clear_url": address + as_of.query,
        },
    }
    return render(request, "credits/conversions.html", context)


def mentions(product: ProductConverts, q: str) -> bool:
    """Whether every word of `q` stands in the name, the SKU, the unit, or what its seats pay for."""
    words = f"{product.name} {product.sku} {product.unit} {product.pays_for} {product.pays_for_line}".casefold()
    return all(word in words for word in q.casefold().split())
