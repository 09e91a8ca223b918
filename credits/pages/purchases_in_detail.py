"""View details of Total valid credits, and with `?of=year` of the history: purchases, and entitlements converted.

Newest start first, which is the day from which a row can count; when it was recorded stands beside it.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from credits.reading.annual_credits import credit_summary
from licensing.access import of_company
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_asked_for
from licensing.pages.license_information.rows import license_row
from licensing.reading.licenses_on_day import LicenseOnDay, licenses_on
from licensing.rules.a_year_before import a_year_before


@require_safe
@of_company()
def purchases(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_asked_for(request)
    found = licenses_on(company, on=on)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    first = a_year_before(on)
    year: dict[str, Any] | None = None
    if found and request.GET.get("of") == "year":  # what the history shows
        found = [each for each in found if each.starts_on <= on and each.expires_on > first]
        year = {"first": first, "last": on, "all_url": request.path + as_of.query}
    context = {
        "year": year,
        "summary": credit_summary(company, on=on),
        "groups": [
            _group(request, _("Purchased credits"), [each for each in found if each.license.product.kind != "seats"]),
            {
                **_group(request, _("Entitlements converted"), [each for each in found if each.license.product.kind == "seats"]),
                "converted": True,
            },
        ]
        if found or year
        else [],
    }
    return render(request, "credits/purchases.html", context)


def _group(request: HttpRequest, title: str, found: list[LicenseOnDay]) -> dict[str, Any]:
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    company: Company = request.company  # type: ignore[attr-defined]
    rows = []
    for each in sorted(found, key=lambda license: (license.starts_on, license.id), reverse=True):
        row = license_row(each, company.slug)
        rows.append(
            {
                "day": company.day_of(each.license.recorded_at),
                "source": row.channel,
                "kind": _("Trial") if row.trial else each.license.get_kind_display(),
                "order_name": row.name,
                "license_url": row.url + as_of.query,
                "units": row.units,
                "unit": row.unit,
                "rate": row.rate,
                "credits": row.credits,
                "starts_on": row.starts_on,
                "expires_on": row.expires_on,
                "status": row.status,
                "status_label": row.status_label,
                "counts": not row.dimmed,
            }
        )
    return {"title": title, "rows": rows, "total": sum(each.counting_credits for each in found)}
