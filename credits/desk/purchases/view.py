"""All orders as a table: whose they are, what was bought, and what of it holds today.

`?q=` searches number, name and company, `?channel=`, `?state=` and `?plan=` filter; a plan is one of an offer of a marketplace,
or with `*` any of the offer. State and units are read for the rows of the page alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.admin.exports import how_many_of_whom
from console.admin.of_staff import of_staff
from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet, day, text
from credits.desk.addresses import company_address, order_address
from credits.desk.frame import desk_page
from credits.desk.orders_now import NOT_ACTIVATED, STATE_OF_EACH, STATES, orders_now
from licensing.models import MarketplacePlan, Order, Subscription
from licensing.pages.list_address import Head, ListAddress

HEADS = (
    Head("number", gettext_lazy("Order"), "lower_number"),
    Head("company", gettext_lazy("Company"), "company__name"),
    Head("channel", gettext_lazy("Channel"), "channel"),
    Head("product", gettext_lazy("Product"), "product__name"),
    Head("state", gettext_lazy("State")),
    Head("units", gettext_lazy("Units"), numeric=True),
    Head("term", gettext_lazy("Term")),
    Head("recorded", gettext_lazy("Recorded"), "pk", first_down=True),
)
NEWEST_FIRST = "-recorded"
ROWS_AT_ONCE = 500


@of_staff()
@require_safe
def purchases(request: HttpRequest) -> HttpResponse:
    plans = _plans()
    channels = dict(Order.Channel.choices)
    address = ListAddress(request, {"channel": channels, "state": STATES, "plan": plans}, HEADS, NEWEST_FIRST)
    now = timezone.now()
    found = _found(address, now)
    if wants_export(request):
        return export_of(request, lambda: purchases_sheet(found, now))
    page, links = address.paged(found)
    orders = list(page.object_list)
    told = orders_now(orders, now)
    context: dict[str, Any] = {
        "rows": [_row(each, told[each.pk]) for each in orders],
        "page": page,
        "page_urls": links,
        "columns": [each for each in address.columns() if each["key"] != "recorded"],
        "address": address,
        "filters": [
            _choice("channel", _("Channel"), _("Every channel"), channels, address),
            _choice("state", _("State"), _("Every state"), STATES, address),
            *([_choice("plan", _("Offer and plan"), _("Every offer"), plans, address)] if plans else []),
        ],
        "carried": {"sort": address.sort} if address.sort != NEWEST_FIRST else {},
        "clear_url": address.path,
    }
    return desk_page(request, "desk/purchases.html", context, section="purchases")


def _choice(name: str, label: str, every: str, known: dict[str, Any], address: ListAddress) -> dict[str, Any]:
    options = [{"value": value, "label": words, "chosen": value == address.chosen[name]} for value, words in known.items()]
    return {"name": name, "label": label, "every": every, "options": options}


def _plans() -> dict[str, str]:
    """What `?plan=` may say -> in words: each offer of a marketplace, and after it its plans. One statement."""
    found: dict[str, str] = {}
    listed = MarketplacePlan.objects.order_by("channel", "offer_id", "plan_id").values_list("channel", "offer_id", "plan_id")
    for channel, offer, plan in listed:
        found.setdefault(f"{channel}/{offer}/*", _("%(offer)s, every plan") % {"offer": offer})
        found[f"{channel}/{offer}/{plan}"] = f"{offer}, {plan}"
    return found


def _found(address: ListAddress, now: Any) -> QuerySet[Order]:
    rows = Order.objects.select_related("company", "product", "reserved_for").annotate(lower_number=Lower("external_id"))
    rows = rows.order_by(*address.ordering())
    for word in address.q.split():
        rows = rows.filter(
            Q(external_id__icontains=word)
            | Q(name__icontains=word)
            | Q(company__name__icontains=word)
            | Q(reserved_for__name__icontains=word)
            | Q(product__name__icontains=word)
        )
    if channel := address.chosen["channel"]:
        rows = rows.filter(channel=channel)
    if plan := address.chosen["plan"]:
        channel, offer, name = plan.split("/", 1)[0], *plan.split("/", 1)[1].rsplit("/", 1)
        bought = Subscription.objects.filter(order=OuterRef("pk"), channel=channel, offer_id=offer)
        rows = rows.filter(Exists(bought if name == "*" else bought.filter(plan_id=name)))
    if (state := address.chosen["state"]) == NOT_ACTIVATED:
        rows = rows.filter(company=None)
    elif state:
        with connection.cursor() as cursor:
            cursor.execute(STATE_OF_EACH, {"now": now, "state": state})
            rows = rows.filter(pk__in=[pk for (pk,) in cursor.fetchall()])
    return rows


def _row(order: Order, now: Any) -> dict[str, Any]:
    company = order.company or order.reserved_for
    return {
        "order": order,
        "url": order_address(order.pk),
        "company": company,
        "company_url": company_address(company.slug, company.pk) if company else "",
        "channel": order.get_channel_display(),
        "now": now,
    }


def purchases_sheet(found: QuerySet[Order], now: Any) -> Sheet:
    """All that were found, read as they are written. One statement that counts, then three for some hundred rows."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for some in batched(found.iterator(chunk_size=ROWS_AT_ONCE), ROWS_AT_ONCE, strict=False):
            told = orders_now(some, now)
            for each in some:
                of_it = told[each.pk]
                yield (
                    each.external_id,
                    each.name or None,
                    each.company.name if each.company else None,
                    each.reserved_for.name if each.reserved_for else None,
                    each.get_channel_display(),
                    each.product.name,
                    of_it.label,
                    of_it.units,
                    of_it.starts_on,
                    of_it.expires_on,
                )

    length, company_id = how_many_of_whom(found, "company_id")
    return Sheet(
        "purchases",
        _("Purchases"),
        (
            text("order", _("Order")),
            text("name", _("Name")),
            text("company", _("Company")),
            text("reserved_for", _("Reserved for")),
            text("channel", _("Channel")),
            text("product", _("Product")),
            text("state", _("State")),
            text("units", _("Units")),
            day("starts_on", _("Start date")),
            day("expires_on", _("Expiration date")),
        ),
        rows(),
        length,
        company_id=company_id,
    )
