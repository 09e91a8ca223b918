"""License Information: the orders of a company, each with its licenses. A page holds 50 licenses, and the orders above them."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from console.htmx import render_page, wants_part
from licensing.access import may, of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for
from licensing.pages.license_information.orders import (
    ATTENTION,
    CHOICES,
    COLUMNS,
    Asked,
    codes_of,
    counted,
)
from licensing.pages.license_information.rows import STATUS_LABELS, OrderRow, order_row, what_it_is
from licensing.pages.license_information.sheet import licenses_sheet
from licensing.pages.page_links import page_links
from licensing.reading.licenses_on_day import LicenseOnDay, licenses_on

LICENSES_PER_PAGE = 50
LABELS = {"": gettext_lazy("All"), ATTENTION: gettext_lazy("Needs attention"), **STATUS_LABELS}


@require_safe
@of_company()
def license_information(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    # Codes are those of today: a page as known at an instant leaves them out.
    licenses = may(request, Permission.LICENSING) and as_of.known_at is None
    asked = Asked.of(request.GET)
    found = licenses_on(company, on=on, known_at=as_of.known_at)
    # Codes are looked for by those alone who may see them, and only where one can be found.
    codes = codes_of(found) if licenses and asked.q else None
    searched = asked.searched(found, what_it_is, codes or {})
    orders = asked.orders(searched)
    if wants_export(request):
        if licenses and codes is None:
            codes = codes_of(each for order in orders for each in order.licenses)
        return export_of(request, licenses_sheet(orders, company.slug, codes if licenses else None))
    page = Paginator([(order, each) for order in orders for each in order.licenses], LICENSES_PER_PAGE).get_page(
        request.GET.get("page")
    )
    if codes is None:
        codes = codes_of(each for _order, each in page.object_list) if licenses else {}
    of_orders = [list(pairs) for _id, pairs in groupby(page.object_list, key=lambda pair: pair[0].id)]
    rows = [order_row(pairs[0][0], [each for _order, each in pairs], company.slug, codes) for pairs in of_orders]
    address = _Address(request.path, asked, as_of)
    context = {
        "page_url": request.path,
        "is_part": wants_part(request),
        "may_register": licenses and as_of.is_today,
        "may_see_codes": licenses,
        "sections": _sections(rows, asked),
        "has_codes": any(row.code for row in rows),
        "orders": len(orders),
        "page": page,
        "page_urls": page_links(page, lambda number: address.with_(page=number)),
        "columns": _columns(address),
        "filters": _filters(searched, address),
        "totals": {
            "licenses": len(found),
            "orders": len({each.license.order_id for each in found}),
            "valid_credits": sum(each.counting_credits for each in found),
        },
    }
    return render_page(request, "licensing/license_information.html", context, partial="licenses")


def _sections(rows: list[OrderRow], asked: Asked) -> list[dict[str, Any]]:
    """The orders of the page: what needs attention apart from the others, unless a column was asked for."""
    if asked.sort or not rows:
        return [{"title": "", "orders": rows}] if rows else []
    urgent = [row for row in rows if row.needs_attention]
    others = [row for row in rows if not row.needs_attention]
    if not urgent:
        return [{"title": "", "orders": others}]
    sections = [{"title": _("Needs attention"), "orders": urgent, "urgent": True}]
    return sections + ([{"title": _("Other orders, next expiration first"), "orders": others}] if others else [])


class _Address:
    """The page's address with its filters, of which a link changes one."""

    def __init__(self, path: str, asked: Asked, as_of: AsOf) -> None:
        self.path, self.asked, self.as_of = path, asked, as_of

    def with_(self, *, status: str | None = None, sort: str | None = None, page: int | None = None) -> str:
        chosen = self.asked.status if status is None else status
        wanted = self.asked.sort if sort is None else sort
        values: list[tuple[str, Any]] = [("q", self.asked.q)] if self.asked.q else []
        values += [("status", chosen)] if chosen else []
        values += [("sort", wanted)] if wanted else []
        values += self.as_of.values.items()
        values += [("page", page)] if page and page > 1 else []
        return f"{self.path}?{urlencode(values)}" if values else self.path

    @property
    def clear_url(self) -> str:
        return f"{self.path}{self.as_of.query}"


def _filters(searched: list[LicenseOnDay], address: _Address) -> dict[str, Any]:
    counts, asked = counted(searched), address.asked
    return {
        "q": asked.q,
        "status": asked.status,
        "sort": asked.sort,
        "clear_url": address.clear_url,
        "choices": [
            {
                "value": value or "all",
                "label": LABELS[value],
                "count": counts[value],
                "current": value == asked.status,
                "url": address.with_(status=value),
            }
            for value in CHOICES
        ],
    }


def _columns(address: _Address) -> list[dict[str, Any]]:
    columns = []
    sort = address.asked.sort
    for column in COLUMNS:
        active = sort.removeprefix("-") == column.key
        descending = active and sort.startswith("-")
        # As the page opens it is by expiration as well, but what needs attention comes first.
        by_need = not sort and column.key == "expires"
        columns.append(
            {
                "key": column.key,
                "label": column.label,
                "numeric": column.numeric,
                "url": address.with_(sort=column.key if descending or not active else f"-{column.key}"),
                "aria_sort": "other" if by_need else "" if not active else "descending" if descending else "ascending",
            }
        )
    return columns
