"""The customers of a service provider: all that it looks after as one table, with what needs somebody first.

`?q=` searches names, `?state=` leaves those that are below zero, over their threshold, and so on; `?sort=` sorts by any column.
The figures are read for all, by a fixed number of statements; lines of a year are drawn for a page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from console.htmx import render_page
from console.names import in_order_of_names
from credits.pages.customers.rows import keeps_out, rows_of
from credits.pages.customers.sheet import customers_sheet
from credits.reading.customers.customers import Customer, customers_of, read_customers
from licensing.access import may, of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for
from licensing.pages.list_address import Head, ListAddress

STATES: dict[str, tuple[Any, Callable[[Customer], bool]]] = {
    "": (gettext_lazy("All"), lambda each: True),
    "below": (gettext_lazy("Below zero"), lambda each: each.balance < 0),
    "over": (gettext_lazy("Over threshold"), lambda each: each.over_by > 0),
    "expiring": (gettext_lazy("Expiring in 30 days"), lambda each: each.expires_soon),
    "unread": (gettext_lazy("Unread notices"), lambda each: each.unread > 0),
}
HEADS = (
    Head("name", gettext_lazy("Company"), "name"),
    Head("year", gettext_lazy("One year")),
    Head("valid", gettext_lazy("Valid"), "valid", numeric=True, first_down=True),
    Head("allocated", gettext_lazy("Allocated"), "allocated", numeric=True, first_down=True),
    Head("balance", gettext_lazy("Balance"), "balance", numeric=True),
    Head("runway", gettext_lazy("Runway"), "runway", numeric=True),
    Head("expires", gettext_lazy("Next expiration"), "expires"),
    Head("threshold", gettext_lazy("Threshold"), "threshold", numeric=True, first_down=True),
    Head("notices", gettext_lazy("Notices"), "notices", numeric=True, first_down=True),
)
SORTS: dict[str, Callable[[Customer], Any]] = {
    "name": lambda each: in_order_of_names(each.company.name),
    "valid": lambda each: each.valid,
    "allocated": lambda each: each.allocated,
    "balance": lambda each: each.balance,
    "runway": lambda each: each.runway_on and each.runway_days,
    "expires": lambda each: each.expiration and each.expiration.on,
    "threshold": lambda each: None if each.limit is None else each.allocated - each.limit,
    "notices": lambda each: each.unread,
}
"""By what each column sorts; the threshold by how far a customer is over it. Who has none comes last, either way."""
FIRST = "balance"


@require_safe
@of_company(Permission.CUSTOMERS)
def customers(request: HttpRequest, company: Company) -> HttpResponse:
    """Six statements beside the frame's, however many customers there are.

    Of a customer that requires a second factor, whoever has none sees its name alone.
    """
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    kept = {name: [value] for name, value in as_of.values.items()}
    address = ListAddress(request, {"state": STATES, **kept}, HEADS, FIRST)
    companies = customers_of(company)
    days = {each.pk: _day_of(each, on, request) for each in companies}
    kept_out = [each for each in companies if keeps_out(each, request)]
    open_ones = [each for each in companies if each not in kept_out]
    every = read_customers(company, open_ones, days, known_at=as_of.known_at)
    found = [each for each in every if _matches(each, address.q)]
    state = address.chosen["state"]
    shown = in_order([each for each in found if STATES[state][1](each)], address.sort)
    if wants_export(request):
        return export_of(request, customers_sheet(shown))
    page, links = address.paged(shown)
    context: dict[str, Any] = {
        "rows": rows_of(request, page.object_list),
        "page": page,
        "page_urls": links,
        "columns": address.columns(),
        "address": address,
        "states": [
            {
                "value": key or "all",
                "label": label,
                "count": sum(map(holds, found)),
                "url": address.with_(state=key),
                "current": state == key,
            }
            for key, (label, holds) in STATES.items()
        ],
        "numbers": {
            "all": len(companies),  # also those that are closed, or want a second factor: they are looked after
            "below": sum(map(STATES["below"][1], every)),
            "over": sum(map(STATES["over"][1], every)),
        },
        "totals": totals_of(shown),
        "is_narrowed": bool(address.q or state),
        "clear_url": address.path + as_of.query,
        "closed": [each for each in companies if each.closed_to_provider],
        "kept_out": kept_out,
        "sets_thresholds": as_of.is_today,
        "sees_viewers": may(request, Permission.PEOPLE),
    }
    return render_page(request, "credits/customers.html", context, partial="customers")


def _day_of(customer: Company, on: date, request: HttpRequest) -> date:
    """Each customer's own today, or the day that is asked for."""
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    return customer.day_of(request.figures_of) if as_of.is_today else on  # type: ignore[attr-defined]


def _matches(customer: Customer, typed: str) -> bool:
    name = in_order_of_names(customer.company.name)[0]
    return all(word in name for word in in_order_of_names(typed)[0].split())


def in_order(found: list[Customer], sort: str) -> list[Customer]:
    """Sorted by a column, after "-" downwards; of equals, and of those without anything to sort by, by name."""
    by, down = SORTS[sort.removeprefix("-")], sort.startswith("-")
    by_name = sorted(found, key=lambda each: (SORTS["name"](each), each.company.pk))
    said = [each for each in by_name if by(each) is not None]
    return sorted(said, key=by, reverse=down) + [each for each in by_name if by(each) is None]


def totals_of(shown: list[Customer]) -> dict[str, int]:
    """What the foot of the table says of all that are shown, on all pages."""
    return {
        "number": len(shown),
        "valid": sum(each.valid for each in shown),
        "allocated": sum(each.allocated for each in shown),
        "balance": sum(each.balance for each in shown),
        "over": sum(each.over_by for each in shown),
        "unread": sum(each.unread for each in shown),
    }
