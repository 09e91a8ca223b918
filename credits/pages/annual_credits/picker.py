"""Add an allocation: the whole catalogue to search, for the dialog that opens over Annual credits or as a page of its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.htmx import render_page
from credits.pages.annual_credits.feature_rows import feature_table
from credits.reading.annual_credits import annual_credits
from licensing.access import of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for


@require_safe
@of_company(Permission.ALLOCATE)
def add_allocation(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    back = reverse("credits:annual-credits", args=[company.slug])
    if not as_of.is_today:  # nothing is allocated on the page of another day
        return redirect(back + as_of.query)
    tab = annual_credits(company, on=on, looks_ahead=False)
    rows = feature_table(
        sorted(tab.features, key=lambda each: each.slot),
        may_change=False,
        address_of=lambda each: reverse("credits:allocation", args=[company.slug, each.slug]),
    )
    q = request.GET.get("q", "").strip()[:200]
    entries: list[dict[str, Any]] = [
        {
            "url": reverse("credits:allocation", args=[company.slug, row.slug]),
            "name": row.name,
            "description": row.description,
            "offering": row.offering_name,
            "slot": row.slot,
            "requirement": " ".join(each for each in (row.requirement, row.requirement_unit) if each),
            "status": _("%(status)s: %(units)s") % {"status": row.status_label, "units": row.units_label}
            if row.units_label
            else row.status_label,
        }
        for row in rows
        if row.mentions(q, row.offering_name)
    ]
    context = {"entries": entries, "total": len(rows), "q": q, "page_url": request.path, "close_url": back}
    return render_page(request, "credits/annual_credits/picker.html", context, partial="picker")
