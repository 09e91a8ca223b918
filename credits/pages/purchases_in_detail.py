"""View details of Total valid credits, and with `?of=year` of the history: what was bought, what was converted, trials.

Newest start first, which is the day from which a row can count, unless another column is sorted by. A page holds 50 rows; totals
are those of all pages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet, day, decimal, number, text
from console.names import in_order_of_names
from credits.reading.annual_credits import credit_summary
from licensing.access import of_company
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for
from licensing.pages.license_information.orders import STATUS_ORDER, Asked, name_of
from licensing.pages.license_information.rows import license_row, what_it_is
from licensing.pages.page_links import page_links
from licensing.reading.licenses_on_day import LicenseOnDay, licenses_on
from licensing.rules.a_year_before import a_year_before

ROWS_PER_PAGE = 50
GROUPS = {
    "purchased": gettext_lazy("Purchased credits"),
    "converted": gettext_lazy("Entitlements converted"),
    "trials": gettext_lazy("Trials"),
}


def group_of(found: LicenseOnDay) -> str:
    """A trial converts to nothing, so it stands apart from what was converted."""
    if found.license.trial:
        return "trials"
    return "converted" if found.license.product.kind == "seats" else "purchased"


@dataclass(frozen=True)
class Column:
    key: str
    label: Any
    value: Callable[[LicenseOnDay], Any]
    numeric: bool = False


COLUMNS = (
    Column("starts", gettext_lazy("Start date"), lambda each: each.starts_on),
    Column("name", gettext_lazy("Order"), lambda each: in_order_of_names(name_of(each.license))),
    Column("source", gettext_lazy("Source"), lambda each: each.license.order.get_channel_display()),
    Column("units", gettext_lazy("Units"), lambda each: each.units, numeric=True),
    Column("credits", gettext_lazy("Credits"), lambda each: -1 if each.credits is None else each.credits, numeric=True),
    Column("expires", gettext_lazy("Expiration date"), lambda each: each.expires_on),
    Column("recorded", gettext_lazy("Recorded"), lambda each: each.license.recorded_at),
    Column("status", gettext_lazy("Status"), lambda each: STATUS_ORDER.index(each.status)),
)
NEWEST_FIRST = "-starts"


@require_safe
@of_company()
def purchases(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    address = _Address(request, as_of)
    found = licenses_on(company, on=on, known_at=as_of.known_at)
    year: dict[str, Any] | None = None
    if found and address.of_year:  # what the history shows
        first = a_year_before(on)
        found = [each for each in found if each.starts_on <= on and each.expires_on > first]
        year = {"first": first, "last": on, "all_url": request.path + as_of.query}
    searched = Asked(q=address.q).searched(found, what_it_is, {})
    groups: dict[str, list[LicenseOnDay]] = {key: [] for key in GROUPS}
    for each in searched:
        groups[group_of(each)].append(each)
    kept = [key for key in GROUPS if address.kind in ("", key)]
    rows = [each for key in kept for each in _sorted(groups[key], address.sort)]
    if wants_export(request):
        return export_of(request, purchases_sheet(rows, company, as_of))
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    on_page = {key: list(each) for key, each in groupby(page.object_list, key=group_of)}
    first_page_of_all = page.number == 1 and not (address.q or address.kind) and (found or year)
    context = {
        "year": year,
        "summary": credit_summary(company, on=on, known_at=as_of.known_at),
        "any": bool(found) or year is not None,
        "filters": _filters(groups, address),
        "page": page,
        "page_urls": page_links(page, lambda number: address.with_(page=number)),
        "columns": _columns(address),
        "groups": [
            {
                "key": key,
                "title": GROUPS[key],
                "rows": [_row(each, company, as_of) for each in on_page.get(key, [])],
                "number": len(groups[key]),
                "total": sum(each.counting_credits for each in groups[key]),
            }
            for key in kept
            # Of what there is none is said so, once; of trials only where there are any.
            if key in on_page or (first_page_of_all and not groups[key] and key != "trials")
        ],
    }
    return render(request, "credits/purchases.html", context)


def _sorted(found: list[LicenseOnDay], sort: str) -> list[LicenseOnDay]:
    column = next(each for each in COLUMNS if each.key == sort.removeprefix("-"))
    return sorted(found, key=lambda each: (column.value(each), each.id), reverse=sort.startswith("-"))


class _Address:
    """The page's address: what it asks for, of which a link changes one."""

    def __init__(self, request: HttpRequest, as_of: AsOf) -> None:
        kind, sort = request.GET.get("kind", ""), request.GET.get("sort", "")
        self.path, self.as_of = request.path, as_of
        self.of_year = request.GET.get("of") == "year"
        self.q = request.GET.get("q", "").strip()[:200]
        self.kind = kind if kind in GROUPS else ""
        self.sort = sort if sort.removeprefix("-") in {each.key for each in COLUMNS} else NEWEST_FIRST

    def with_(self, *, kind: str | None = None, sort: str = "", page: int = 1) -> str:
        return self._written(q=self.q, kind=self.kind if kind is None else kind, sort=sort or self.sort, page=page)

    @property
    def clear_url(self) -> str:
        return self._written(q="", kind="", sort=self.sort, page=1)

    def _written(self, *, q: str, kind: str, sort: str, page: int) -> str:
        values = {
            "of": "year" if self.of_year else "",
            "q": q,
            "kind": kind,
            "sort": "" if sort == NEWEST_FIRST else sort,
            **self.as_of.values,
            "page": "" if page == 1 else str(page),
        }
        query = urlencode({name: value for name, value in values.items() if value})
        return f"{self.path}?{query}" if query else self.path


def _filters(groups: dict[str, list[LicenseOnDay]], address: _Address) -> dict[str, Any]:
    counts = {key: len(each) for key, each in groups.items()}
    choices = [("", _("All"), sum(counts.values())), *((key, GROUPS[key], counts[key]) for key in GROUPS)]
    hidden = {"of": "year" if address.of_year else "", "kind": address.kind}
    hidden["sort"] = "" if address.sort == NEWEST_FIRST else address.sort
    hidden |= address.as_of.values
    return {
        "q": address.q,
        "clear_url": address.clear_url,
        "hidden": {name: value for name, value in hidden.items() if value},
        "choices": [
            {
                "value": key or "all",
                "label": label,
                "count": count,
                "current": key == address.kind,
                "url": address.with_(kind=key),
            }
            for key, label, count in choices
        ],
    }


def _columns(address: _Address) -> list[dict[str, Any]]:
    columns = []
    for column in COLUMNS:
        active = address.sort.removeprefix("-") == column.key
        descending = active and address.sort.startswith("-")
        columns.append(
            {
                "key": column.key,
                "label": column.label,
                "numeric": column.numeric,
                "url": address.with_(sort=column.key if descending or not active else f"-{column.key}"),
                "aria_sort": "" if not active else "descending" if descending else "ascending",
            }
        )
    return columns


def _row(found: LicenseOnDay, company: Company, as_of: AsOf) -> dict[str, Any]:
    row = license_row(found, company.slug)
    return {
        "id": row.id,
        "day": company.day_of(found.license.recorded_at),
        "source": row.channel,
        "kind": _("Trial") if row.trial else found.license.get_kind_display(),
        "order_name": row.name,
        "license_url": row.url + as_of.query,
        "receipt_url": row.receipt_url + as_of.query if row.receipt_url else "",
        "units": row.units,
        "unit": row.unit,
        "rate": row.rate,
        "credits": row.credits,
        "starts_on": row.starts_on,
        "expires_on": row.expires_on,
        "status": row.status,
        "status_label": row.status_label,
        "badge": row.badge,
        "counts": not row.dimmed,
    }


def purchases_sheet(found: list[LicenseOnDay], company: Company, as_of: AsOf) -> Sheet:
    """Every row of every page, in the sequence asked for. The credits that count sum to the totals of the groups."""
    shown = ((each, _row(each, company, as_of)) for each in found)
    return Sheet(
        "purchases",
        _("Purchases and entitlements"),
        (
            text("group", _("Group")),
            day("starts_on", _("Start date")),
            text("order", _("Order")),
            text("kind", _("Kind")),
            text("source", _("Source")),
            number("units", _("Units")),
            text("unit", _("Unit")),
            decimal("credits_per_unit", _("Credits per unit")),
            number("credits", _("Credits")),
            number("counting_credits", _("Credits that count")),
            day("expires_on", _("Expiration date")),
            day("recorded", _("Recorded")),
            text("status", _("Status")),
        ),
        (
            (
                str(GROUPS[group_of(each)]),
                row["starts_on"],
                row["order_name"],
                row["kind"],
                row["source"],
                row["units"],
                each.license.product.unit,
                row["rate"] if row["credits"] is not None else None,
                row["credits"],
                each.counting_credits,
                row["expires_on"],
                row["day"],
                row["status_label"],
            )
            for each, row in shown
        ),
        len(found),
    )
