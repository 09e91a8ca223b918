"""One figure explained: as a page, as the sheet of a dialog, or as JSON (`.json`, or by `Accept`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.exports.addresses import FORMATS, export_address
from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet
from console.htmx import render_page, wants_part
from credits.pages.explain.as_json import as_json
from credits.pages.explain.places import Places
from credits.pages.explain.sheets import explanation_sheet
from credits.reading.explanations.explain import explain
from credits.reading.explanations.explanation import Entry, Explanation, Group
from licensing.access import of_company
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for

OPEN_AT_ONCE = 12
"""So few entries are all shown; of more the first group is open."""


@require_safe
@of_company()
def explanation(request: HttpRequest, company: Company, figure: str, written: str = "") -> HttpResponse:
    """`written` is json where the address says so."""
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    found = explain(figure, company, on=on, known_at=as_of.known_at)
    if found is None:
        raise Http404(_("There is no such figure on this day."))
    places = Places(company, as_of)
    if not written and wants_export(request):
        return export_of(request, sheet_of(request, found, places))
    if written == "json" or _prefers_json(request):
        response: HttpResponse = JsonResponse(as_json(found, company, as_of))
    else:
        context = explanation_context(request, found, places)
        response = render_page(request, "credits/explanation.html", context, partial="sheet")
    patch_vary_headers(response, ["Accept"])
    return response


def _prefers_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def explanation_context(request: HttpRequest, found: Explanation, places: Places) -> dict[str, Any]:
    """Of the template of an explanation, with links to `places`."""
    by_day, groups = _in_order(request, found)
    as_of, address = places.as_of, places.address(found.figure)
    first_open = len(groups) - 1 if found.check == "days" else 0  # of days the last is the cause
    return {
        "explained": found,
        "groups": [
            {
                "group": group,
                "open": number == first_open or found.entries <= OPEN_AT_ONCE,
                "ways": places.ways_on(group, found),
                "parts": [{"month": month, "rows": _rows(entries, places, by_day)} for month, entries in _parts(group)],
            }
            for number, group in enumerate(groups)
        ],
        "steps": [{"step": each, "is_day": isinstance(each.value, date), "url": places.of_step(each)} for each in found.steps],
        "by_day": by_day,
        "ways": [(_way(found), address + as_of.query, not by_day), (_("By day"), as_of.with_(address, by="day"), by_day)]
        if _can_be_by_day(found)
        else [],
        "address": address,
        "is_part": wants_part(request),
        "downloads": [(FORMATS[each].label, export_address(as_of.url, each)) for each in ("csv", "xlsx")],
        "json_url": places.json(found.figure),
        "close_url": places.close,
    }


def _in_order(request: HttpRequest, found: Explanation) -> tuple[bool, Sequence[Group]]:
    """Whether the entries are told by day, and their groups as the page tells them."""
    by_day = request.GET.get("by") == "day" and _can_be_by_day(found)
    return by_day, _by_month(found.groups) if by_day else found.groups


def sheet_of(request: HttpRequest, found: Explanation, places: Places) -> Sheet:
    """The same as a sheet, with whole addresses."""
    by_day, groups = _in_order(request, found)

    def links(entry: Entry) -> tuple[str, str]:
        found = places.stands(entry), places.rate(entry)
        stands, priced = (request.build_absolute_uri(url) if url else "" for url in found)
        return stands, priced

    return explanation_sheet(found, groups, links, by_day=by_day)


def _can_be_by_day(found: Explanation) -> bool:
    return found.check == "sum" and len(found.groups) > 1


def _way(found: Explanation) -> str:
    kinds = {group.kind for group in found.groups}
    if kinds == {"license"}:
        return _("By license")
    if kinds == {"line"}:
        return _("By line")
    return _("By feature") if kinds == {"feature"} else _("By license and feature")


def _by_month(groups: Iterable[Group]) -> list[Group]:
    """The same entries in the order of their days, a group a month, each told with what the whole was before and after."""
    months: dict[date, list[tuple[Entry, Group]]] = defaultdict(list)
    for group in groups:
        for entry in group.entries:
            months[entry.day.replace(day=1)].append((entry, group))
    return [
        Group(
            "month",
            f"{month:%Y-%m}",
            date_format(month, "F Y"),
            tuple(
                replace(entry, why=f"{group.name}: {entry.why}")
                for entry, group in sorted(months[month], key=lambda pair: (pair[0].day, pair[0].recorded_at))
            ),
        )
        for month in sorted(months)
    ]


def _parts(group: Group) -> list[tuple[str, list[Entry]]]:
    """The whole group without a name, or where it is long its months."""
    months = group.months if group.kind not in ("month", "day") else []
    return [(date_format(first, "F Y"), entries) for first, entries in months] or [("", list(group.entries))]


def _rows(entries: Iterable[Entry], places: Places, whole: bool) -> list[dict[str, Any]]:
    return [
        {
            "entry": each,
            "before": each.before if whole else each.group_before,
            "after": each.after if whole else each.group_after,
            "url": places.stands(each),
            "rate_url": places.rate(each),
        }
        for each in entries
    ]
