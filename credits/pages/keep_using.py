"""Keep converted seats in use: the offer to allocate what a license of seats paid for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from console.htmx import wants_part
from credits.acts.feature_in_hand import feature_in_hand
from credits.models import SeatUse
from credits.rules.billing_model import billed_pay_as_you_go_on
from credits.rules.line_profile import rate_on
from licensing.access import may, of_company
from licensing.models import Company, License, Permission
from licensing.pages.day_shown import AsOf, day_asked_for
from licensing.reading.licenses_on_day import licenses_on
from licensing.rules.units_in_words import plural
from licensing.rules.units_times_rate import credits_for


@require_safe
@of_company()
def keep_using(request: HttpRequest, company: Company, pk: int) -> HttpResponse:
    """The offer to allocate what converted seats paid for; empty where there is nothing to offer."""
    on = day_asked_for(request)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    license = get_object_or_404(License.objects.for_company(company).select_related("product"), pk=pk)
    found = next(each for each in licenses_on(company, on=on, with_license=pk) if each.id == pk)
    use = SeatUse.objects.select_related("line__feature").filter(product=license.product).first()
    offer: dict[str, Any] | None = None
    if use is not None and as_of.is_today and may(request, Permission.ALLOCATE) and found.counting_credits:
        held = feature_in_hand(company, use.line.feature)
        if held.units_on(on).get(use.line.pk, 0) < found.units and not billed_pay_as_you_go_on(held.switches, on):
            rate = rate_on(held.rates.get(use.line, []), on)
            address = reverse("credits:allocation", args=[company.slug, use.line.feature.slug])
            offer = {
                "feature_name": use.line.feature.name,
                "line_label": use.line.label or plural(use.line.unit),
                "units": found.units,
                "credits": credits_for(found.units, rate),
                "url": f"{address}?line={use.line.pk}&units={found.units}",
            }
    if not wants_part(request):
        return redirect(offer["url"] if offer else reverse("licensing:license", args=[company.slug, pk]))
    return render(request, "licensing/keep_using.html", {"keep_using": offer})
