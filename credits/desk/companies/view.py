"""One company, as support sees it: `?tab=` names the part, `?on=` and `?known=` the state, as on the customer's own pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff, staff_person
from console.models import User
from console.people.staff.roles import StaffRole, may
from credits.desk.addresses import address_of
from credits.desk.companies.allocations import allocations_shown
from credits.desk.companies.day_in_hand import day_in_hand
from credits.desk.companies.head import Counts, Head, counts_of, head_of
from credits.desk.companies.journal import journal_shown
from credits.desk.companies.licenses import licenses_shown
from credits.desk.companies.notices import notices_shown
from credits.desk.companies.overview import overview_shown
from credits.desk.companies.people import people_shown
from credits.desk.frame import desk_page
from licensing.admin import CompanyAdmin
from licensing.models import Company
from licensing.pages.day_shown import AsOf


@dataclass(frozen=True)
class Asked:
    """What a tab is asked for."""

    request: HttpRequest
    company: Company
    on: date
    as_of: AsOf
    reader: User


@dataclass(frozen=True)
class Tab:
    """`shows` makes the context of its template, `number` says how much it has."""

    label: Any
    shows: Callable[[Any], Mapping[str, Any]]
    number: Callable[[Counts], int | None]


TABS = {
    "overview": Tab(gettext_lazy("Overview"), overview_shown, lambda counts: None),
    "licenses": Tab(gettext_lazy("Licenses"), licenses_shown, lambda counts: counts.licenses),
    "allocations": Tab(gettext_lazy("Allocations"), allocations_shown, lambda counts: counts.allocations),
    "people": Tab(gettext_lazy("People"), people_shown, lambda counts: counts.people),
    "mail": Tab(gettext_lazy("Mail and notices"), notices_shown, lambda counts: counts.notices),
    "journal": Tab(gettext_lazy("Journal"), journal_shown, lambda counts: counts.acts),
}


@of_staff()
@require_safe
def company(request: HttpRequest, slug: str) -> HttpResponse:
    """Two statements, and those of the tab."""
    person = staff_person(request)
    head = head_of(slug)
    found = day_in_hand(request, head.company)
    name = request.GET.get("tab", "")
    name = name if name in TABS else "overview"
    counts = counts_of(head.company, found.day, found.known_at)
    asked = Asked(request, head.company, found.day, found, person)
    context = {
        "head": head,
        "customer": head.company,
        "counts": counts,
        "tab": name,
        "tabs": tabs_of(head, counts, name, found),
        "may_act": may(person, StaffRole.CUSTOMERS),
        "view_as_url": found.with_(address_of("desk:view-as", slug)),
        "customers_url": address_of("desk:customers"),
        "acts_offered": acts_offered(person, head.company) if found.is_today else [],
        **TABS[name].shows(asked),
    }
    return desk_page(request, f"desk/company/{name}.html", context, section="customers")


def tabs_of(head: Head, counts: Counts, current: str, as_of: AsOf) -> list[dict[str, Any]]:
    address = reverse("desk:company", args=[head.company.slug])
    return [
        {
            "label": tab.label,
            "url": as_of.with_(address) if name == "overview" else as_of.with_(address, tab=name),
            "number": tab.number(counts),
            "active": name == current,
        }
        for name, tab in TABS.items()
    ]


def acts_offered(reader: User, company: Company) -> list[tuple[str, str]]:
    """The acts on the company that fit it and that the reader may do, as (title, address)."""
    offered = [
        (str(form.title), reverse("admin:licensing_company_act", args=[company.pk, name]))
        for name, form in CompanyAdmin.acts.items()
        if may(reader, getattr(form, "needs", StaffRole.CUSTOMERS)) and form.fits(company)
    ]
    if may(reader, StaffRole.CUSTOMERS):
        offered.append((_("New order"), reverse("admin:licensing_order_add")))
    return offered
