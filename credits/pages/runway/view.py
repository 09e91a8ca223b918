"""The runway: on which day the balance goes below zero, what causes it, what would help and how far, and what if.

Suppositions are in the address, as on Annual credits, whose graph shows them.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from credits.pages.annual_credits.ahead_shown import NOT, RENEWED, in_address, suppositions
from credits.pages.runway.advice_in_words import MOST_ROWS, address_of_term, advice_rows, name_of_term
from credits.pages.runway.causes_in_words import cause_rows
from credits.pages.runway.sheets import advice_sheet, causes_sheet, terms_sheet
from credits.reading.annual_credits import AnnualCredits, annual_credits
from credits.reading.runway.advice import advice_on
from credits.rules.balance_over_days import below_zero_on
from credits.rules.runway.advice import added
from credits.rules.runway.forecast import a_year_after, to_be_renewed
from credits.rules.runway.renewals import NextTerm
from licensing.access import of_company
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for


@require_safe
@of_company()
def runway(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    supposed = suppositions(request.GET)
    tab = annual_credits(company, on=on, known_at=as_of.known_at, supposed=supposed, every_term=True)
    found, slug = tab.runway, company.slug
    annual = reverse("credits:annual-credits", args=[slug])
    query = [*as_of.values.items(), *(("suppose", each) for each in in_address(supposed))]
    causes = cause_rows(tab, found, slug, as_of.query) if found else []
    advice = advice_rows(tab, advice_on(company, tab, known_at=as_of.known_at), slug, as_of) if found else []
    if wants_export(request):
        terms = [_term(tab, term, supposed, slug, as_of) for term in tab.next_terms]
        return export_of(request, causes_sheet(causes), advice=partial(advice_sheet, advice), terms=partial(terms_sheet, terms))
    context = {
        "page_url": reverse("credits:runway", args=[slug]),
        "runway": found,
        "below_zero_already": found is not None and found.day == on,
        "causes": causes,
        "advice": advice,
        "supposed_until": _until(tab, supposed),
        "a_year_ahead": a_year_after(on),
        "is_supposed": bool(supposed),
        "terms": [_term(tab, term, supposed, slug, as_of) for term in tab.next_terms[:MOST_ROWS]],
        "more_terms": max(len(tab.next_terms) - MOST_ROWS, 0),
        "graph_url": f"{annual}?{urlencode(query)}#history" if query else f"{annual}#history",
        "clear_url": reverse("credits:runway", args=[slug]) + as_of.query,
    }
    return render(request, "credits/runway.html", context)


def _until(tab: AnnualCredits, supposed: dict[int, bool]) -> date | None:
    """The first day below zero in the year ahead, if what is to be renewed is renewed under these suppositions."""
    last = a_year_after(tab.on)
    renewed = [term.until(last) for term in to_be_renewed(tab.next_terms, supposed, on=tab.on)]
    day = below_zero_on(added(tab.ledger.supply_by_day, *renewed), tab.ledger.demand_by_day, first=tab.on)
    return day if day is not None and day <= last else None


def _term(tab: AnnualCredits, term: NextTerm, supposed: dict[int, bool], slug: str, as_of: AsOf) -> dict[str, Any]:
    said = next((supposed[pk] for pk in term.licenses if pk in supposed), None)
    as_it_is = _("As it is: renewed") if term.renews and term.ends_on > tab.on else _("As it is: not renewed")
    choices = [
        {"value": "", "label": as_it_is, "selected": said is None},
        {"value": f"{term.license_id}:{RENEWED}", "label": _("Suppose it is renewed"), "selected": said is True},
        {"value": f"{term.license_id}:{NOT}", "label": _("Suppose it is not renewed"), "selected": said is False},
    ]
    return {
        "id": term.license_id,
        "name": name_of_term(tab, term),
        "url": address_of_term(term, slug, as_of),
        "ends_on": term.ends_on,
        "credits": term.credits,
        "choices": choices,
    }
