"""License Information: the table of a company's licenses."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.htmx import render_page
from licensing.access import may, of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_asked_for
from licensing.pages.license_information.rows import (
    COLUMNS,
    FILTER_ORDER,
    STATUS_LABELS,
    LicenseRow,
    counted,
    license_row,
    narrowed,
    sorted_by,
    under_their_orders,
    with_codes,
)
from licensing.reading.licenses_on_day import licenses_on

ROWS_PER_PAGE = 50


@require_safe
@of_company()
def license_information(request: HttpRequest, company: Company) -> HttpResponse:
    on = day_asked_for(request)
    rows = [license_row(found, company.slug) for found in licenses_on(company, on=on)]
    q = request.GET.get("q", "").strip()[:200]
    statuses = request.GET.getlist("status")
    sort = request.GET.get("sort", "")
    shown = sorted_by(narrowed(rows, q=q, statuses=statuses), sort)
    page = Paginator(shown, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    rows_shown = under_their_orders(page.object_list)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    address = _Address(request.path, q, [each for each in statuses if each in STATUS_LABELS], sort, as_of)
    licenses = may(request, Permission.LICENSING)
    context = {
        "page_url": request.path,
        "may_register": licenses and as_of.is_today,
        "rows": with_codes(rows_shown) if licenses else rows_shown,
        "page": page,
        "page_urls": _page_urls(page, address),
        "columns": _columns(sort, address),
        "filters": _filters(rows, address),
        "totals": {
            "licenses": len(rows),
            "orders": len({row.order_id for row in rows}),
            "valid_credits": sum(row.counting_credits for row in rows),
        },
    }
    return render_page(request, "licensing/license_information.html", context, partial="licenses")


class _Address:
    """The page's address with its filters, of which a link changes one."""

    def __init__(self, path: str, q: str, statuses: list[str], sort: str, as_of: AsOf) -> None:
        self.path, self.q, self.statuses, self.sort, self.as_of = path, q, statuses, sort, as_of

    def with_(self, *, sort: str | None = None, page: int | None = None) -> str:
        values: list[tuple[str, Any]] = [("q", self.q)] if self.q else []
        values += [("status", each) for each in self.statuses]
        wanted = self.sort if sort is None else sort
        values += [("sort", wanted)] if wanted else []
        values += [] if self.as_of.is_today else [("on", self.as_of.day)]
        values += [("page", page)] if page and page > 1 else []
        return f"{self.path}?{urlencode(values)}" if values else self.path

    @property
    def clear_url(self) -> str:
        return f"{self.path}{self.as_of.query}"


def _filters(rows: list[LicenseRow], address: _Address) -> dict[str, Any]:
    counts = counted(rows)
    return {
        "q": address.q,
        "sort": address.sort,
        "clear_url": address.clear_url,
        "statuses": [
            {
                "value": value,
                "label": STATUS_LABELS[value],
                "count": counts[value],
                "checked": not address.statuses or value in address.statuses,
            }
            for value in FILTER_ORDER
        ],
    }


def _columns(sort: str, address: _Address) -> list[dict[str, Any]]:
    columns = []
    for column in COLUMNS:
        active = sort.lstrip("-") == column.key
        descending = active and sort.startswith("-")
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


def _page_urls(page: Page, address: _Address) -> dict[str, Any]:
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {
        "previous": address.with_(page=page.previous_page_number()) if page.has_previous() else "",
        "next": address.with_(page=page.next_page_number()) if page.has_next() else "",
        "pages": [
            {
                "number": number,
                "url": address.with_(page=number) if isinstance(number, int) else "",
                "current": number == page.number,
            }
            for number in numbers
        ],
    }
