"""The Pay-as-you-go tab: contracts, the features billed under them, and those that could be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from credits.pages.pay_as_you_go.features_shown import FeatureShown, features_shown
from credits.pages.pay_as_you_go.sheets import annual_sheet, contracts_sheet, metered_sheet
from credits.pages.tabs import manage_billing_url, tabs
from credits.reading.billing.switchable_features import switchable_features
from licensing.access import of_company
from licensing.models import Company, Product
from licensing.pages.changed_at import ChangedAt, billed_at
from licensing.pages.day_shown import AsOf, day_known_asked_for
from licensing.pages.license_information.rows import STATUS_LABELS
from licensing.pages.license_information.term_bar import TermBar, term_bar
from licensing.reading.licenses_on_day import LicenseOnDay, licenses_on

RUNNING = ("valid", "expires-soon", "suspended", "not-yet-valid")


@dataclass(frozen=True)
class ContractShown:
    """A contract as of the day: `runs` says that it has not ended; usage and cost are seen at `seen_at`, where it is known."""

    id: int
    name: str
    number: str
    channel: str
    status: str
    status_label: str
    runs: bool
    days_left: int
    starts_on: date
    expires_on: date
    renewed_on: date | None
    bar: TermBar
    seen_at: ChangedAt | None
    url: str


@require_safe
@of_company()
def pay_as_you_go(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    shown = features_shown(switchable_features(company, on=on, known_at=as_of.known_at), on)
    contracts = [_contract(each, company.slug, as_of) for each in contracts_on(company, on, known_at=as_of.known_at)]
    metered = [each for each in shown if each.pay_as_you_go]
    annual = [each for each in shown if not each.pay_as_you_go]
    if wants_export(request):
        others = {"contracts": partial(contracts_sheet, contracts), "annual": partial(annual_sheet, annual)}
        return export_of(request, partial(metered_sheet, metered), **others)
    context: dict[str, Any] = {
        "tabs": tabs(request, company.slug, "credits:pay-as-you-go"),
        "manage_billing_url": manage_billing_url(request, company.slug),
        "estimate_url": reverse("credits:estimate", args=[company.slug]) + as_of.query,
        "running": [each for each in contracts if each.runs],
        "ended": [each for each in contracts if not each.runs],
        "metered": metered,
        "annual": annual,
        "switchable": len(shown),
        "ends": _ends(metered),
    }
    return render(request, "credits/pay_as_you_go/page.html", context)


def contracts_on(company: Company, on: date, *, known_at: datetime | None = None) -> list[LicenseOnDay]:
    """The license of each pay-as-you-go contract that leads its order on the day, those that end last first. Two statements."""
    licenses = licenses_on(company, on=on, known_at=known_at)
    found = [each for each in licenses if each.leads and each.license.product.kind == Product.Kind.PAY_AS_YOU_GO]
    return sorted(found, key=lambda each: (each.status not in RUNNING, -each.expires_on.toordinal(), each.id))


def _contract(found: LicenseOnDay, slug: str, as_of: AsOf) -> ContractShown:
    order = found.license.order
    return ContractShown(
        id=found.id,
        name=order.name or str(found.license.product),
        number=order.external_id,
        channel=order.get_channel_display(),
        status=found.status,
        status_label=str(STATUS_LABELS[found.status]),
        runs=found.status in RUNNING,
        days_left=found.days_left,
        starts_on=found.starts_on,
        expires_on=found.expires_on,
        renewed_on=found.renewed_on,
        bar=term_bar(found.status, found.starts_on, found.expires_on, on=as_of.day, ended_on=found.cancelled_on),
        seen_at=billed_at(order),
        url=reverse("licensing:license", args=[slug, found.id]) + as_of.query,
    )


def _ends(metered: list[FeatureShown]) -> list[dict[str, Any]]:
    """The days on which features return to annual credits, each with their number."""
    days: dict[date, int] = {}
    for each in metered:
        if each.ends_on:
            days[each.ends_on] = days.get(each.ends_on, 0) + 1
    return [{"day": day, "features": days[day], "all": days[day] == len(metered)} for day in sorted(days)]
