"""What changed between two days or two instants: the figures side by side, and the entries that make the difference."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from credits.pages.what_changed.sheets import differences_sheet, side_by_side_sheet
from credits.pages.what_changed.states import State, offered, states_asked_for
from credits.reading.what_changed.difference import Changed, Seen, Sides, WhatChanged
from credits.reading.what_changed.what_changed import what_changed
from licensing.access import of_company
from licensing.models import Company

OPEN_AT_ONCE = 12
"""So few entries are all shown; of more the groups are closed."""


@require_safe
@of_company()
def changes(request: HttpRequest, company: Company) -> HttpResponse:
    first, second, is_visit = states_asked_for(request, company)
    found = what_changed(company, first.seen, second.seen)
    address = reverse("credits:changes", args=[company.slug])
    entries = found.balance.entries
    figures = _figures(found, company, first, second)
    parts = [
        {"title": title, "key": key, "sides": sides, "groups": [_group(each, company, key, second) for each in groups]}
        for title, key, sides, groups in (
            (_("Licenses"), "licenses", found.valid, found.licenses),
            (_("Features"), "features", found.allocated, found.features),
        )
    ]
    if wants_export(request):
        side_by_side = partial(side_by_side_sheet, figures, first.words, second.words)
        return export_of(request, partial(differences_sheet, parts, request.build_absolute_uri), figures=side_by_side)
    context = {
        "page_url": address,
        "annual_url": reverse("credits:annual-credits", args=[company.slug]),
        "first": first,
        "second": second,
        "is_visit": is_visit,
        "first_here": "from" not in request.GET and not is_visit,
        "offered": offered(request, company, address, first, second),
        "export_page": f"{address}?{urlencode({'from': first.text, **({'to': second.text} if second.text else {})})}",
        "changed": found,
        "entries": entries,
        "figures": figures,
        "parts": parts,
        "open": entries <= OPEN_AT_ONCE,
    }
    return render(request, "credits/what_changed.html", context)


def _figures(found: WhatChanged, company: Company, first: State, second: State) -> list[dict[str, Any]]:
    rows: list[tuple[str, str, Sides]] = [
        ("total-valid-credits", _("Total valid credits"), found.valid),
        ("allocated-credits", _("Allocated credits"), found.allocated),
        ("current-balance", _("Current balance"), found.balance),
    ]
    return [
        {
            "key": key,
            "label": label,
            "sides": sides,
            "was_url": reverse("explain", args=[company.slug, key]) + first.query,
            "now_url": reverse("explain", args=[company.slug, key]) + (second.query if second.text else ""),
        }
        for key, label, sides in rows
    ]


def _group(group: Changed, company: Company, kind: str, second: State) -> dict[str, Any]:
    if kind == "licenses":  # it need not be there yet in either state: its page of today always is
        url = reverse("licensing:license", args=[company.slug, group.key])
    else:
        url = reverse("explain", args=[company.slug, f"feature-credits.{group.key}"]) + (second.query if second.text else "")
    return {
        "group": group,
        "url": url,
        "rows": [{"entry": each, "cause": _cause(each.gone, each.since, each.late, second.seen)} for each in group.entries],
    }


def _cause(gone: bool, since: bool, late: bool, second: Seen) -> str:
    """Why only one of the two counts an entry."""
    if gone:
        return _("Not counted: recorded later") if since else _("Not counted: its day is later")
    if since:
        return _("Recorded since, for an earlier day") if late else _("Recorded since")
    return _("Its day came") if second.known_at is None else _("Its day had come")
