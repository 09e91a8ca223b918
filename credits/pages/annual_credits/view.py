"""The Annual credits tab."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.contacts import address_of_contact
from console.exports.export_of import export_of, wants_export
from console.htmx import render_page
from console.vendor.held import vendors_own
from credits.pages.annual_credits.ahead_shown import MONTHS, in_address, months_ahead, suppositions
from credits.pages.annual_credits.charts_shown import charts_shown, first_to_read, range_asked_for
from credits.pages.annual_credits.feature_rows import FeatureTableRow, feature_table
from credits.pages.annual_credits.first_run import first_steps, has_nothing_yet
from credits.pages.annual_credits.groups_and_filters import STATES, chips, in_groups, narrowed, state_shown
from credits.pages.annual_credits.one_address_for_many import address_for_each
from credits.pages.annual_credits.rows_as_html import HowRowsAreShown, form_token, rows_as_html
from credits.pages.annual_credits.sheets import features_sheet, history_sheet, offerings_sheet
from credits.pages.annual_credits.summary_in_words import summary_in_words
from credits.pages.explain.addresses import addresses_of_explanations
from credits.pages.tabs import manage_billing_url, tabs
from credits.reading.annual_credits import AnnualCredits, annual_credits
from credits.rules.balance_over_days import total_on
from licensing.access import may, of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for

A_FEATURE = "feature-slug"
"""Stands for the feature in the addresses that all rows share."""

PARTS = {
    "features": "credits/annual_credits/features.html",
    "history": "credits/annual_credits/history.html",
    "history-rows": "credits/annual_credits/history_rows.html",
}
"""What htmx may ask for by the id of its target; anything else gets the page."""


@require_safe
@of_company()
def annual_credits_page(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    first, supposed = first_to_read(request.GET), suppositions(request.GET)
    tab = annual_credits(company, on=on, known_at=as_of.known_at, first=first, supposed=supposed)
    target = request.htmx.target or ""  # type: ignore[attr-defined]
    context = annual_credits_context(request, tab, company.slug, request.GET)
    if wants_export(request):
        others = {"history": partial(history_sheet, context), "offerings": partial(offerings_sheet, context)}
        return export_of(request, partial(features_sheet, context), **others)
    return render_page(request, "credits/annual_credits/page.html", context, part=PARTS.get(target, ""))


def annual_credits_context(
    request: HttpRequest, tab: AnnualCredits, slug: str, filters: QueryDict, *, just_saved: str = ""
) -> dict[str, Any]:
    """Everything the tab's template shows; `filters` are the parameters of the page's address. Reads nothing anew.

    `just_saved` is the slug of the feature whose row is marked as saved a moment ago.
    """
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    address = reverse("credits:annual-credits", args=[slug])
    may_change = as_of.is_today and may(request, Permission.ALLOCATE)
    feature_address = address_for_each(reverse("credits:allocation", args=[slug, A_FEATURE]) + as_of.query, A_FEATURE)
    explained = addresses_of_explanations(slug, as_of)
    rows = feature_table(
        tab.features,
        tab.plans,
        may_change=may_change,
        address_of=lambda each: feature_address(each.slug),
    )
    q = filters.get("q", "").strip()[:200]
    offering = filters.get("offering", "")
    offering = offering if any(row.offering_slug == offering for row in rows) else ""
    asked = filters.get("state", "")
    asked = asked if asked in STATES else ""
    state = state_shown(rows, asked)

    def url(**changed: str | list[str]) -> str:
        values: dict[str, Any] = {
            "q": q,
            "offering": offering,
            "state": asked,
            **as_of.values,
            "range": range_asked_for(filters) if "range" in filters else "",
            "ahead": "" if months_ahead(filters) == MONTHS else str(months_ahead(filters)),
            "suppose": in_address(suppositions(filters)),
        } | changed
        query = urlencode({name: value for name, value in values.items() if value}, doseq=True)
        return f"{address}?{query}" if query else address

    found = narrowed(rows, q=q, offering=offering)
    shown = narrowed(found, state=state)
    groups = in_groups(shown, fold=not q and not offering)
    plans_post = may_change and bool(tab.plans)
    how = HowRowsAreShown(
        described=state in ("all", "not-allocated"),
        withdraw_url=address_for_each(reverse("credits:withdraw-plan", args=[slug, A_FEATURE]), A_FEATURE),
        hidden_fields=form_token(request) if plans_post else "",
        just_saved=just_saved,
        support=address_of_contact(vendors_own().support),
        explained=explained,
    )
    first_run = has_nothing_yet(tab)
    return {
        "awaits": tab.ledger.awaits,
        "page_url": address,
        "export_page": url(),
        "tabs": tabs(request, slug, "credits:annual-credits"),
        "estimate_url": reverse("credits:estimate", args=[slug]) + as_of.query,
        "manage_billing_url": manage_billing_url(request, slug),
        "summary": tab.summary,
        **charts_shown(tab, filters, offering, url, explained, as_of),
        "in_words": summary_in_words(tab, as_of, slug),
        "first_steps": first_steps(request, tab, slug) if first_run else [],
        "groups": [
            {
                "slug": group.slug,
                "name": group.name,
                "slot": group.slot,
                "credits": group.credits,
                "folds": group.folds,
                "features": len(group.rows),
                "rows": group.rows,
                "rows_as_html": rows_as_html(group.rows, how),
            }
            for group in groups
        ],
        "total": _total(tab, shown, whole=state in ("allocated", "all") and shown == narrowed(rows, state=state)),
        "filters": {
            "q": q,
            "offering": offering,
            "offering_name": next((row.offering_name for row in rows if row.offering_slug == offering), ""),
            "state": state,
            "asked": asked,
            "narrowed": bool(q or offering),
            "described": how.described,
            "chips": chips(found, state=state, url_of=lambda value: url(state=value)),
            "shown": len(shown),
            "elsewhere": len(found),
            "total": len(rows),
            "clear_url": url(q="", offering="", state=""),
            "any_offering_url": url(offering=""),
            "all_states_url": url(state="all"),
            "everything_url": url(q="", offering="", state="all"),
        },
        "can_allocate": may_change,
        "add_url": reverse("credits:add-allocation", args=[slug]) if may_change else "",
    }


def _total(tab: AnnualCredits, shown: list[FeatureTableRow], *, whole: bool) -> dict[str, Any]:
    """The last row: the sum of what is shown, and where that is all, what is allocated from the next plan on."""
    next_day = min((each.day for each in tab.plans), default=None) if whole else None
    return {
        "label": _("Total allocated") if whole else _("Total of these"),
        "features": sum(row.status == "allocated" for row in shown) if whole else len(shown),
        "credits": sum(row.credits or 0 for row in shown),
        "next": {"day": next_day, "credits": total_on(tab.ledger.demand_by_day, next_day)} if next_day else None,
    }


def page_open(request: HttpRequest) -> SplitResult:
    """The address of the page htmx sent a request from; empty where it does not say."""
    try:
        return urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:  # no address at all
        return urlsplit("")


def filters_of_page(request: HttpRequest) -> QueryDict:
    """The filters of the page htmx sent a request from, so that an answer shows the same features."""
    found = QueryDict(mutable=True)
    for name, values in parse_qs(page_open(request).query).items():
        found.setlist(name, values)
    return found
