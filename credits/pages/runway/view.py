"""The runway: on which day the balance goes below zero, what causes it, what would help and how far, and what if.

Suppositions are in the address, as on Annual credits, whose graph shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from credits.pages.annual_credits.ahead_shown import NOT, RENEWED, in_address, suppositions
from credits.pages.runway.causes_in_words import cause_rows
from credits.reading.annual_credits import AnnualCredits, annual_credits
from credits.reading.runway.advice import Advice, advice_on
from credits.rules.balance_over_days import below_zero_on
from credits.rules.runway.advice import Releasing, Renewing, added
from credits.rules.runway.forecast import a_year_after, to_be_renewed
from credits.rules.runway.renewals import NextTerm
from licensing.access import of_company
from licensing.errors import in_words
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for
from licensing.rules.units_in_words import in_units

MOST_ROWS = 50
"""Licenses that are listed, the next to end first."""


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
    context = {
        "page_url": reverse("credits:runway", args=[slug]),
        "runway": found,
        "below_zero_already": found is not None and found.day == on,
        "causes": cause_rows(tab, found, slug, as_of.query) if found else [],
        "advice": _advice_rows(tab, advice_on(company, tab, known_at=as_of.known_at), slug, as_of) if found else [],
        "supposed_until": _until(tab, supposed),
        "a_year_ahead": a_year_after(on),
        "is_supposed": bool(supposed),
        "terms": [_term(tab, term, supposed, slug, as_of) for term in tab.next_terms[:MOST_ROWS]],
        "more_terms": max(len(tab.next_terms) - MOST_ROWS, 0),
        "graph_url": f"{annual}?{urlencode(query)}#history" if query else f"{annual}#history",
        "clear_url": reverse("credits:runway", args=[slug]) + as_of.query,
    }
    return render(request, "credits/runway.html", context)


@dataclass(frozen=True)
class AdviceRow:
    """What to do, with its parts, and what comes of it."""

    what: str
    parts: tuple[tuple[str, str, str], ...]
    """(name, address, what of it)"""
    short: int
    until: date | None


def _advice_rows(tab: AnnualCredits, advice: Advice, slug: str, as_of: AsOf) -> list[AdviceRow]:
    rows = []
    if advice.renew is not None and len(advice.renew.terms) > 1:
        rows.append(_renewing(tab, advice.renew, _("Renew these"), slug, as_of))
    rows += [_renewing(tab, each, _("Renew"), slug, as_of) for each in advice.each[:MOST_ROWS]]
    if advice.release is not None:
        rows.append(_releasing(tab, advice.release, slug, as_of))
    return rows


def _renewing(tab: AnnualCredits, found: Renewing, what: str, slug: str, as_of: AsOf) -> AdviceRow:
    parts = tuple((_name(tab, term), _address(term, slug, as_of), _worth(term)) for term in found.terms)
    return AdviceRow(what, parts, found.short, found.until)


def _releasing(tab: AnnualCredits, found: Releasing, slug: str, as_of: AsOf) -> AdviceRow:
    lines = {line.id: (feature, line) for feature in tab.features for line in feature.lines}
    parts = []
    for each in found.released:
        feature, line = lines[each.line_id]
        values = {
            "units": f"{each.units:,}",
            "all": in_units(each.before, line.unit),
            "credits": f"{each.credits:,}",
            "day": in_words(each.day),
        }
        parts.append(
            (
                f"{feature.name} ({line.label})" if line.label else feature.name,
                reverse("credits:allocation", args=[slug, feature.slug]) + as_of.query,
                _("%(units)s of %(all)s from %(day)s, %(credits)s credits") % values,
            )
        )
    return AdviceRow(_("Release"), tuple(parts), found.short, found.until)


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
        "name": _name(tab, term),
        "url": _address(term, slug, as_of),
        "ends_on": term.ends_on,
        "credits": term.credits,
        "choices": choices,
    }


def _name(tab: AnnualCredits, term: NextTerm) -> str:
    return next((step.order_name for step in tab.ledger.supply if step.order_id == term.order_id), _("A license"))


def _address(term: NextTerm, slug: str, as_of: AsOf) -> str:
    return reverse("licensing:license", args=[slug, term.license_id]) + as_of.query


def _worth(term: NextTerm) -> str:
    return _("%(credits)s credits from %(day)s") % {"credits": f"{term.credits:,}", "day": in_words(term.ends_on)}
