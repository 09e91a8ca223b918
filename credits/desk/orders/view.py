"""One order: its state in a line, its licenses, the acts that fit it, and its past in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff, staff_person
from console.models import Act, User
from console.people.staff.roles import StaffRole, may
from credits.desk.companies.day_in_hand import day_in_hand
from credits.desk.companies.head import head_of
from credits.desk.companies.orders_shown import listed, orders_of
from credits.desk.frame import desk_page
from credits.desk.orders.acts_offered import acts_on_license, acts_on_order
from credits.desk.orders.codes_shown import codes_shown
from credits.desk.orders.undo_offered import with_undo
from credits.desk.sentences import sentences_of
from licensing.admin.orders import keep_facts
from licensing.errors import in_words
from licensing.models import Company, License, LicenseEntry, LicenseStatement, Order
from licensing.pages.license_information.rows import LicenseRow
from licensing.reading.entries_in_words import ENTRY_TEXTS
from licensing.reading.licenses_on_day import LicenseOnDay, licenses_on
from licensing.reading.what_an_order_allows import OrderAllows, keep
from licensing.rules.units_in_words import in_units

MOST_ENTRIES, MOST_ACTS = 100, 100
RELATED = ("company", "product", "reserved_for", "subscription", "transferred_from__company", "act")


@dataclass(frozen=True)
class LicenseShown:
    row: LicenseRow
    last_day: date
    acts: list[tuple[str, str]]
    url: str


@of_staff()
@require_safe
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """Eleven statements, however many licenses and acts there are; four for an order that nobody activated; codes one more."""
    person = staff_person(request)
    found = Order.objects.select_related(*RELATED).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such order."))
    successor = Order.objects.succeeding(found).select_related("company").first()
    context: dict[str, Any] = {
        "order": found,
        "name": found.name or found.product.name,
        "bought": in_units(found.units, found.product.unit),
        "successor": successor,
        "subscription": getattr(found, "subscription", None),
    }
    company = None
    if found.company is not None:
        company = found.company = head_of(found.company.slug).company
        as_of = day_in_hand(request, company)
        context |= _of_company(person, found, company, as_of.day)
        request.as_of = None  # type: ignore[attr-defined]  # acts are done on what holds today
    acts = _acts_on(found, company)
    context |= {
        "customer": company or found.reserved_for,
        "groups": acts_on_order(person, found, moved=successor is not None),
        "state": context.get("state") or _waits_for(found),
        "sentences": with_undo(
            sentences_of(acts[:MOST_ACTS], reader=person),
            company,
            found,
            may_undo=may(person, StaffRole.CUSTOMERS),
        ),
        "times_of": company or UTC,
        "now": timezone.now(),
        "codes": codes_shown(found),
    }
    return desk_page(request, "desk/order.html", context, section="purchases")


def _of_company(reader: User, order: Order, company: Company, today: Any) -> dict[str, Any]:
    """Licenses as of today, and entries in words. Four statements."""
    first = License.objects.of_order(order).order_by("id").values_list("pk", flat=True).first()
    licenses = licenses_on(company, on=today, with_license=first)
    facts = {each.id: each.facts for each in licenses}
    for each in licenses:
        keep_facts(each.license, each.facts)
    keep(order, OrderAllows.of(order, [each.license for each in licenses], facts, today))
    if not licenses:
        return {"state": _("its transfer was undone; it holds no license"), "licenses": [], "entries": [], "row": None}
    shown = listed(orders_of(licenses))[0]
    by_id = {each.id: each.license for each in licenses}
    entries = (
        LicenseEntry.objects.for_company(company)
        .filter(license__in=list(by_id))
        .select_related("act")
        .order_by("-effective_on", "-recorded_at", "-id")
    )
    return {
        "row": shown.row,
        "state": state_in_words(licenses, shown.row.credits),
        "licenses": [
            LicenseShown(
                each,
                facts[each.id].last_day,
                acts_on_license(reader, by_id[each.id]),
                reverse("admin:licensing_license_change", args=[each.id]),
            )
            for each in shown.row.licenses
        ],
        "entries": [
            {
                "day": each.effective_on,
                "change": each.change,
                "what": _what(each, facts[each.license_id].expires_on),
                "act": each.act_id,
            }
            for each in entries[:MOST_ENTRIES]
        ],
    }


def _what(entry: LicenseEntry, expires_on: Any) -> str:
    if entry.effective_on == expires_on and entry.change < 0:
        return _("Expires")
    return str(ENTRY_TEXTS.get(entry.act.name, _("Changed")))


def state_in_words(licenses: list[LicenseOnDay], credits: int | None) -> str:
    """ "1,000 credits up to and including Mar 11, 2027, renewed from Mar 12, 2027": what stands beside the badge."""
    order = orders_of(licenses)[0]
    nearest = order.next_to_expire
    amount = _("%(credits)s credits") % {"credits": f"{credits:,}"} if credits is not None else _("nothing converts to credits")
    if order.status == "cancelled":
        return _("cancelled on %(day)s") % {"day": in_words(nearest.cancelled_on or nearest.on)}
    until = (
        _("%(amount)s, the last valid day was %(day)s")
        if order.status == "expired"
        else _("%(amount)s up to and including %(day)s")
    )
    said = until % {"amount": amount, "day": in_words(order.expires_on - timedelta(days=1))}
    if nearest.renewed_on is not None:
        return _("%(said)s, renewed from %(day)s") % {"said": said, "day": in_words(nearest.renewed_on)}
    return said


def _waits_for(order: Order) -> str:
    if order.reserved_for is not None:
        return _("Nobody has activated it; it is reserved for %(company)s") % {"company": order.reserved_for}
    return _("Nobody has activated it")


def _acts_on(order: Order, company: Company | None) -> Any:
    """Acts that issued it, wrote about its licenses, or name it in their result; the latest first."""
    wanted = Q(pk=order.act_id)
    if company is not None:
        said = LicenseStatement.objects.for_company(company).filter(license__order=order.pk)
        wanted |= Q(company_id=company.pk, pk__in=said.values("act"))
        wanted |= Q(company_id=company.pk, result__order=order.pk)
    return Act.objects.filter(wanted).select_related("actor").order_by("-recorded_at", "-pk")
