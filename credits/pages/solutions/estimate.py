"""The calculator: units that are expected, what they take, and what to buy. It allocates nothing, and writes nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from console.vendor.held import vendors_own
from credits.acts.estimates.ask_sales import mailbox_of_sales
from credits.pages.solutions.asked_for import Asked, asked_for
from credits.pages.solutions.cheaper_from import currency_of
from credits.pages.solutions.overview import overview
from credits.pages.solutions.solutions import mentions
from credits.pages.solutions.worked_out import WorkedOut, worked_out
from credits.reading.annual_credits import annual_credits
from credits.reading.features_on_day import FeatureRow
from licensing.access import of_company, why_only_to_look
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for

MOST_HITS = 12


@require_safe
@of_company()
def estimate(request: HttpRequest, company: Company) -> HttpResponse:
    day = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    asked = asked_for(request.GET, shown_as=as_of.values)
    found = worked_out(annual_credits(company, on=day, known_at=as_of.known_at), asked)
    if wants_export(request):
        return export_of(request, overview(found))
    return render(request, "credits/solutions/estimate.html", _shown(found, company, as_of, sends=not why_only_to_look(request)))


def _shown(found: WorkedOut, company: Company, as_of: AsOf, *, sends: bool) -> dict[str, Any]:
    address = reverse("credits:estimate", args=[company.slug])
    asked = found.asked
    # What is shown, written out: a link carries the units that a start from today filled in.
    whole = replace(asked, units={**asked.units, **{each.line.id: each.typed for each in found.lines}})
    hits = _hits(found, whole, address)
    return {
        "page_url": address,
        "awaits": found.tab.ledger.awaits,
        "found": found,
        "asked": asked,
        "estimate": found.estimate,
        "hits": hits[:MOST_HITS],
        "more_hits": max(0, len(hits) - MOST_HITS),
        "currency": currency_of(found.tab.features),
        "recomputed": ",".join(_recomputed(found)),
        "solutions_url": reverse("credits:solutions", args=[company.slug]) + as_of.query,
        "from_nothing_url": address + whole.query(from_today=False),
        "from_today_url": address + whole.query(from_today=True),
        "clear_url": address + as_of.query,
        "export_page": address + whole.query(),
        "ask_url": _ask_url(company, whole, sends=sends) if as_of.is_today and found.lines else "",
    }


def _ask_url(company: Company, asked: Asked, *, sends: bool) -> str:
    """Where sales is asked: the form that mails the overview, or sales' own page; empty where neither is for who asks."""
    if mailbox_of_sales():
        if not sends:
            return ""
        return reverse("credits:ask-sales", args=[company.slug]) + asked.query()
    return vendors_own().sales


def _recomputed(found: WorkedOut) -> list[str]:
    """What an answer to htmx replaces: everything but the fields, in which somebody may be typing."""
    lines = [f"#{part}-{each.line.id}" for each in found.lines for part in ("credits", "cheaper")]
    groups = [f"#sum-{each['slug']}" for each in found.groups]
    return ["#what-it-takes", "#estimate-hits", "#start-from", "#price-problem", *groups, *lines, *(["#total"] if lines else [])]


def _hits(found: WorkedOut, asked: Asked, address: str) -> list[dict[str, Any]]:
    """Solutions and features that are searched for, each with the address of the estimate that has its lines too."""
    q = found.asked.search
    if not q:
        return []

    def with_lines(features: list[FeatureRow]) -> str:
        lines = [line.id for each in features for line in each.lines]
        return f"{address}{asked.query(units=asked.with_lines(lines))}#units-{lines[0]}"

    hits = []
    able = [each for each in found.tab.features if each.lines]
    words = q.casefold().split()
    for slot, group in groupby(able, key=lambda each: each.slot):
        of_offering = list(group)
        name = of_offering[0].offering_name
        if all(word in name.casefold() for word in words):
            hits.append({"name": name, "slot": slot, "features": len(of_offering), "url": with_lines(of_offering)})
    for each in able:
        if mentions(each, q):
            hits.append({"name": each.name, "slot": each.slot, "offering": each.offering_name, "url": with_lines([each])})
    return hits
