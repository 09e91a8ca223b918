"""All companies as a table: figures of today, who looks after them, when credits expire next.

`?q=` searches name, business ID and address name, `?state=` leaves those below zero or with credits that expire within 30 days,
`?sort=` sorts. Figures are read for the rows of the page alone, so it costs the same however many companies there are.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.admin.exports import how_many_of_whom
from console.admin.of_staff import of_staff
from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet, day, number, text
from credits.desk.customers.rows import CustomerRow, all_rows, customer_rows, that_are
from credits.desk.frame import desk_page
from credits.desk.search.find import escaped
from licensing.models import Company
from licensing.pages.list_address import Head, ListAddress

STATES = {
    "": gettext_lazy("All"),
    "negative": gettext_lazy("Below zero"),
    "expiring": gettext_lazy("Expiring in 30 days"),
}
LOOKED_AT = "lower({0}.name || ' ' || {0}.business_id || ' ' || {0}.slug)".format("licensing_company")
"""As the index that finds companies has it."""
HEADS = (
    Head("name", gettext_lazy("Company"), "lower_name"),
    Head("provider", gettext_lazy("Looked after by"), "parent__name"),
    Head("valid", gettext_lazy("Valid"), numeric=True),
    Head("allocated", gettext_lazy("Allocated"), numeric=True),
    Head("balance", gettext_lazy("Balance"), numeric=True),
    Head("expires", gettext_lazy("Next expiration")),
    Head("people", gettext_lazy("People"), numeric=True),
    Head("registered", gettext_lazy("Registered"), "pk", first_down=True),
)


@of_staff()
@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    address = ListAddress(request, {"state": STATES}, HEADS, "name")
    now = timezone.now()
    found = _found(address, now)
    if wants_export(request):
        return export_of(request, lambda: customers_sheet(found, now))
    page, links = address.paged(found)
    context: dict[str, Any] = {
        "rows": customer_rows(page.object_list, now),
        "page": page,
        "page_urls": links,
        "columns": [each for each in address.columns() if each["key"] != "registered"],
        "address": address,
        "states": [
            {"value": key or "all", "label": label, "url": address.with_(state=key), "current": address.chosen["state"] == key}
            for key, label in STATES.items()
        ],
        "clear_url": address.path,
    }
    return desk_page(request, "desk/customers.html", context, section="customers")


def _found(address: ListAddress, now: Any) -> QuerySet[Company]:
    rows = Company.objects.select_related("parent").annotate(lower_name=Lower("name")).order_by(*address.ordering())
    for word in address.q.lower().split():
        rows = rows.extra(where=[f"{LOOKED_AT} LIKE %s"], params=[f"%{escaped(word)}%"])
    if state := address.chosen["state"]:
        rows = rows.filter(pk__in=that_are(state, now))
    return rows


def customers_sheet(found: QuerySet[Company], now: Any) -> Sheet:
    """All that were found, read as they are written. One statement that counts, then six for some hundred rows."""

    def cells(row: CustomerRow) -> tuple[Any, ...]:
        expiration = row.expiration
        return (
            row.name,
            row.business_id,
            row.slug,
            row.provider or None,
            row.valid,
            row.allocated,
            row.balance,
            expiration.on if expiration else None,
            expiration.credits if expiration else None,
            (_("Renewed") if expiration.renewed else _("Not renewed")) if expiration else None,
            row.people,
        )

    length, company_id = how_many_of_whom(found, "pk")
    return Sheet(
        "customers",
        _("Customers"),
        (
            text("company", _("Company")),
            text("business_id", _("Business ID")),
            text("slug", _("Address name")),
            text("provider", _("Looked after by")),
            number("valid", _("Valid credits")),
            number("allocated", _("Allocated credits")),
            number("balance", _("Current balance")),
            day("expires_on", _("Next expiration")),
            number("expiring", _("Credits that expire")),
            text("then", _("Then")),
            number("people", _("People")),
        ),
        (cells(row) for row in all_rows(found, now)),
        length,
        company_id=company_id,
    )
