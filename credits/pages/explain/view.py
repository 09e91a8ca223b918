"""One figure explained: as a page, as the sheet of a dialog, or as JSON (`.json`, or by `Accept`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.exports.addresses import FORMATS, export_address
from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet
from console.htmx import render_page, wants_part
from credits.pages.explain.as_json import as_json
from credits.pages.explain.sheets import explanation_sheet
from credits.reading.explanations.explain import explain
from credits.reading.explanations.explanation import Entry, Explanation, Group, Step
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
    if not written and wants_export(request):
        return export_of(request, _sheet(request, found, company, as_of))
    if written == "json" or _prefers_json(request):
        response: HttpResponse = JsonResponse(as_json(found, company, as_of))
    else:
        context = _context(request, found, company, as_of)
        response = render_page(request, "credits/explanation.html", context, partial="sheet")
    patch_vary_headers(response, ["Accept"])
    return response


def _prefers_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _context(request: HttpRequest, found: Explanation, company: Company, as_of: AsOf) -> dict[str, Any]:
    by_day, groups = _in_order(request, found)
    address = reverse("explain", args=[company.slug, found.figure])
    first_open = len(groups) - 1 if found.check == "days" else 0  # of days the last is the cause
    return {
        "explained": found,
        "groups": [
            {
                "group": group,
                "open": number == first_open or found.entries <= OPEN_AT_ONCE,
                "ways": _ways_on(group, found, company, as_of),
                "parts": [{"month": month, "rows": _rows(entries, company, as_of, by_day)} for month, entries in _parts(group)],
            }
            for number, group in enumerate(groups)
        ],
        "steps": [
            {"step": each, "is_day": isinstance(each.value, date), "url": _url_of_step(each, company.slug, as_of)}
            for each in found.steps
        ],
        "by_day": by_day,
        "ways": [(_way(found), address + as_of.query, not by_day), (_("By day"), as_of.with_(address, by="day"), by_day)]
        if _can_be_by_day(found)
        else [],
        "address": address,
        "is_part": wants_part(request),
        "downloads": [(FORMATS[each].label, export_address(as_of.url, each)) for each in ("csv", "xlsx")],
        "json_url": reverse("explain-json", args=[company.slug, found.figure]) + as_of.query,
        "close_url": reverse("credits:annual-credits", args=[company.slug]) + as_of.query,
    }


def _in_order(request: HttpRequest, found: Explanation) -> tuple[bool, Sequence[Group]]:
    """Whether the entries are told by day, and their groups as the page tells them."""
    by_day = request.GET.get("by") == "day" and _can_be_by_day(found)
    return by_day, _by_month(found.groups) if by_day else found.groups


def _sheet(request: HttpRequest, found: Explanation, company: Company, as_of: AsOf) -> Sheet:
    by_day, groups = _in_order(request, found)

    def links(entry: Entry) -> tuple[str, str]:
        found = _where_it_stands(entry, company, as_of), _where_its_rate_is(entry, company, as_of)
        stands, priced = (request.build_absolute_uri(url) if url else "" for url in found)
        return stands, priced

    return explanation_sheet(found, groups, links, by_day=by_day)


def explain_url(slug: str, figure: str, as_of: AsOf) -> str:
    """Empty for what has no explanation of its own."""
    return reverse("explain", args=[slug, figure]) + as_of.query if figure else ""


def _url_of_step(step: Step, slug: str, as_of: AsOf) -> str:
    if step.on is None or not step.figure:
        return explain_url(slug, step.figure, as_of)
    return explain_url(slug, step.figure, replace(as_of, day=step.on))


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


def _rows(entries: Iterable[Entry], company: Company, as_of: AsOf, whole: bool) -> list[dict[str, Any]]:
    return [
        {
            "entry": each,
            "before": each.before if whole else each.group_before,
            "after": each.after if whole else each.group_after,
            "url": _where_it_stands(each, company, as_of),
            "rate_url": _where_its_rate_is(each, company, as_of),
        }
        for each in entries
    ]


def _where_it_stands(entry: Entry, company: Company, as_of: AsOf) -> str:
    """The page with the statement that posted it: of its license, or of its feature's allocation."""
    if entry.license_id is not None:
        place = f"#statement-{entry.statement_id}" if entry.statement_id is not None else ""
        return reverse("licensing:license", args=[company.slug, entry.license_id]) + as_of.query + place
    if entry.feature and entry.statement_id is not None:
        return reverse("credits:allocation", args=[company.slug, entry.feature]) + f"{as_of.query}#feature-history"
    if entry.feature:
        return f"{reverse('credits:requirements', args=[company.slug])}{as_of.query}#feature-{entry.feature}"
    return ""


def _where_its_rate_is(entry: Entry, company: Company, as_of: AsOf) -> str:
    """The explanation of the requirement of its line, or the receipt of its converted license."""
    if entry.rate is None:
        return ""
    if entry.license_id is None:
        return explain_url(company.slug, f"credit-requirement.{entry.feature}.{entry.line_slug}", as_of)
    if not entry.converted:
        return ""
    return reverse("licensing:receipt", args=[company.slug, entry.license_id]) + as_of.query


def _ways_on(group: Group, found: Explanation, company: Company, as_of: AsOf) -> list[tuple[str, str]]:
    """Where the things are that a group is of: a license, its order and receipt; a feature's allocation and requirement."""
    slug = company.slug
    if group.kind == "license":
        ways = [(_("License"), reverse("licensing:license", args=[slug, group.key]) + as_of.query)]
        if group.order:
            ways.append((_("Order"), as_of.with_(reverse("licensing:license-information", args=[slug]), q=group.order)))
        if any(each.converted for each in group.entries):
            ways.append((_("Receipt"), reverse("licensing:receipt", args=[slug, group.key]) + as_of.query))
        return ways
    if group.kind not in ("feature", "line"):
        return []
    feature = group.key.partition(".")[0]
    requirement = (_("Credit requirement"), f"{reverse('credits:requirements', args=[slug])}{as_of.query}#feature-{feature}")
    if found.figure.startswith("credit-requirement."):
        return [requirement]
    history = reverse("credits:allocation", args=[slug, feature]) + f"{as_of.query}#feature-history"
    return [(_("Allocation and its history"), history), requirement]
