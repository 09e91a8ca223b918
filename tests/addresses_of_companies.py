"""Every address of a company: who may look and change there, and a world with something of everything to ask each in.

A new address below /companies/<slug>/ fails `tests.test_access` until it has its row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.planning.keep_scenario import keep_scenario
from credits.models import AllocationStatement
from licensing.acts.activate import activate_order
from licensing.acts.company_settings.tenants import state_tenant
from licensing.models import Company, Role
from licensing.notices.kinds import REFUSED
from licensing.notices.telling import News
from tests.factories import (
    SYSTEM,
    TODAY,
    act,
    allocate,
    make_code,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    new_key,
)
from tests.invitations import numbers_of_people
from tests.jobs import tell
from tests.plans import planning_forms


@dataclass(frozen=True)
class Address:
    """A row of the table: what may be asked for there by whom; `see` and `change` name roles, () that nobody may."""

    arguments: tuple[str, ...] = ()
    see: tuple[Role, ...] = ()
    change: tuple[Role, ...] = ()
    forwards: bool = False
    """Whether looking there leads on to another page."""
    refusal: str = "This needs one of these roles in the company: {roles}."


EVERYONE = tuple(Role)
ALLOCATES = (Role.CREDIT_MANAGER, Role.OWNER)
LICENSING = (Role.LICENSE_ADMINISTRATOR, Role.OWNER)

ADDRESSES = {
    "licensing:license-information": Address(see=EVERYONE),
    "licensing:notices": Address(see=EVERYONE),
    "licensing:notice": Address(("notice",), see=LICENSING, forwards=True),
    "licensing:read-notice": Address(
        ("notice",), change=LICENSING, refusal="Notices of this kind go to: owners and license administrators"
    ),
    "licensing:read-notices": Address(change=EVERYONE),
    "licensing:license": Address(("license",), see=EVERYONE),
    "licensing:receipt": Address(("seats",), see=EVERYONE),
    "licensing:code": Address(("coded",), change=LICENSING),
    "credits:annual-credits": Address(see=EVERYONE),
    "credits:add-allocation": Address(see=ALLOCATES),
    "credits:plan": Address(see=ALLOCATES, change=ALLOCATES),
    "credits:preview-plan": Address(change=ALLOCATES),
    "credits:scenarios": Address(see=EVERYONE),
    "credits:scenario": Address(("scenario",), see=EVERYONE),
    "credits:keep-scenario": Address(change=ALLOCATES),
    "credits:apply-scenario": Address(("scenario",), change=ALLOCATES),
    "credits:drop-scenario": Address(("scenario",), change=ALLOCATES),
    "credits:requests": Address(see=EVERYONE),
    "credits:request": Address(("request",), see=ALLOCATES, change=ALLOCATES),
    "credits:ask-for-units": Address(("feature",), change=EVERYONE),
    "credits:approvals": Address(see=(Role.OWNER,), change=(Role.OWNER,)),
    "credits:purchases": Address(see=EVERYONE),
    "credits:allocations": Address(see=EVERYONE),
    "credits:runway": Address(see=EVERYONE),
    "credits:requirements": Address(see=EVERYONE),
    "credits:conversions": Address(see=EVERYONE),
    "credits:allocation": Address(("feature",), see=EVERYONE, change=ALLOCATES),
    "credits:preview-allocation": Address(("feature",), change=EVERYONE),
    "credits:withdraw-plan": Address(("feature",), change=ALLOCATES),
    "credits:undo-allocation": Address(("feature", "act"), change=ALLOCATES),
    "credits:solutions": Address(see=EVERYONE),
    "credits:estimate": Address(see=EVERYONE),
    "credits:ask-sales": Address(see=EVERYONE, change=EVERYONE),
    "credits:keep-using": Address(("license",), see=EVERYONE, change=ALLOCATES),
    "credits:pay-as-you-go": Address(see=EVERYONE),
    "credits:manage-billing": Address(see=ALLOCATES, change=ALLOCATES),
    "credits:customers": Address(see=(Role.PROVIDER_VIEWER,)),
    "credits:threshold": Address(
        ("customer",), see=(Role.PROVIDER_VIEWER,), change=(Role.PROVIDER_VIEWER,), refusal="This is for provider viewers."
    ),
    "licensing:provider-access": Address(see=(Role.OWNER,), change=(Role.OWNER,)),
    "licensing:provider-viewers": Address(see=(Role.OWNER,), change=(Role.OWNER,)),
    "licensing:people": Address(see=(Role.OWNER,)),
    "licensing:invite": Address(see=(Role.OWNER,), change=(Role.OWNER,)),
    "licensing:invite-again": Address(("invitation",), change=(Role.OWNER,)),
    "licensing:withdraw-invitation": Address(("invitation",), change=(Role.OWNER,)),
    "licensing:role-request": Address(("role_request",), see=(Role.OWNER,), change=(Role.OWNER,)),
    "licensing:member": Address(("member",), see=(Role.OWNER,), change=(Role.OWNER,)),
    "licensing:remove-member": Address(("member",), see=(Role.OWNER,), change=(Role.OWNER,)),
    "licensing:roles": Address(see=EVERYONE, change=EVERYONE),
    "licensing:leave": Address(see=EVERYONE, change=EVERYONE),
    "licensing:support-views": Address(see=(Role.OWNER,)),
    "licensing:company-tenants": Address(see=(Role.OWNER,), change=(Role.OWNER,)),
    "licensing:company-settings": Address(see=(Role.OWNER,), change=(Role.OWNER,)),
    "credits:audit": Address(see=(Role.OWNER,)),
    "licensing:report-figure": Address(see=EVERYONE, change=EVERYONE),
    "credits:changes": Address(see=EVERYONE),
    "credits:statements": Address(see=EVERYONE),
    "credits:usage": Address(see=EVERYONE, change=ALLOCATES),
    "credits:feature-history": Address(("feature",), see=EVERYONE),
    "credits:observe-feature": Address(("feature",), change=ALLOCATES),
    "credits:statement": Address(("month",), see=EVERYONE),
    "explain": Address(("figure",), see=EVERYONE),
    "explain-json": Address(("figure",), see=EVERYONE),
    "day-to-show": Address(("day",), see=EVERYONE, forwards=True),
}

TENANT = "11111111-aaaa-4bbb-8ccc-000000000001"
ANSWERS_ITSELF = {"credits:preview-allocation", "credits:preview-plan", "licensing:code"}
"""Addresses that answer a POST with a page, where others lead on to one."""


@dataclass
class World:
    """A company with something of everything, and what its addresses take."""

    company: Company
    values: dict[str, Any]
    form: dict[str, dict[str, str]]

    def address(self, name: str, company: Company | None = None) -> str:
        row = ADDRESSES[name]
        return reverse(name, args=[(company or self.company).slug, *(self.values[each] for each in row.arguments)])


def make_world(**stated: Any) -> World:
    company = make_company(**stated)
    license = make_license(company=company)
    purchase = make_order(channel="code")
    make_code(purchase)
    coded = activate_order(purchase, company=company, today=TODAY, by=SYSTEM, key=new_key())
    seats = make_license(company=company, product=make_product(kind="seats", rate=45))
    line = make_feature(rates=[5]).lines.get()
    allocate(company, line, 20)
    planned = allocate(company, line, 30, on=TODAY + timedelta(days=1))
    metered = make_feature(switchable=True)
    make_license(company=company, product=make_product(kind="pay-as-you-go", rate=None), units=1)
    latest = AllocationStatement.objects.latest("id").pk
    allocation = {
        "starting": "today",
        "key": new_key(),
        "seen": str(latest),
        f"units_{line.pk}": "21",
        f"seen_{line.pk}": "20",
    }
    plan = {"on": str(TODAY + timedelta(days=1)), "line": str(line.pk), "key": new_key()}
    scenario = keep_scenario(company, name="Winter", units={line.pk: 22}, **act())
    assert scenario is not None
    asked = ask_for_units(company, units={line.pk: 23}, words="New laptops", **act())
    tenant = state_tenant(company, provider="entra", tenant=TENANT, by=SYSTEM, key=new_key())
    form = {
        **planning_forms(company, scenario),
        "licensing:company-tenants": {"part": "remove", "pk": str(tenant.pk), "key": new_key()},
        "credits:allocation": allocation,
        "credits:preview-allocation": allocation,
        "credits:ask-for-units": {**allocation, "note": "New laptops"},
        "credits:request": {"decision": "refuse", "words": "Not now.", "key": new_key()},
        "credits:approvals": {"off": "1", "key": new_key()},
        "credits:withdraw-plan": plan,
        "credits:undo-allocation": {"key": new_key()},
        "credits:keep-using": {"keeps": "1", "key": new_key()},
        "credits:ask-sales": {f"units_{line.pk}": "21", "key": new_key()},
        "credits:manage-billing": {"step": "confirm", "key": new_key(), f"to_{metered.slug}": "pay-as-you-go"},
        "credits:threshold": {"kind": "manual", "credits": "80", "on": str(TODAY), "key": new_key()},
        "licensing:provider-access": {"provider": "1", "closed": "1", "key": new_key()},
        "licensing:provider-viewers": {"user": "1", "looks": "1", "key": new_key()},
        "credits:usage": {
            "text": f"feature,line,units,day\n{line.feature.slug},{line.slug},7,{TODAY}",
            "key": new_key(),
            "record": "yes",
        },
        "credits:observe-feature": {f"in_use_{line.pk}": "7", "observed_on": str(TODAY), "key": new_key()},
        "licensing:code": {"purpose": "reveal"},
        "licensing:read-notice": {"show": "unread"},
        "licensing:read-notices": {"up_to": "0"},
        "licensing:company-settings": {"part": "name", "name": "Another name", "key": new_key()},
        "licensing:invite": {"email": "invited@aster.example", "roles": "viewer", "key": new_key()},
        "licensing:invite-again": {"key": new_key()},
        "licensing:withdraw-invitation": {"key": new_key()},
        "licensing:role-request": {"decision": "approve", "key": new_key()},
        "licensing:member": {"roles": "viewer", "key": new_key()},
        "licensing:remove-member": {"key": new_key()},
        "licensing:roles": {"role": "owner", "key": new_key()},
        "licensing:leave": {"key": new_key()},
        "licensing:report-figure": {"words": "It was more yesterday.", "key": new_key()},
    }
    facts = {"name": "Credits", "order": "PO-1", "wanted": "5 credits", "reason": "no."}
    (notice,) = tell([News(company.pk, REFUSED.name, "operation:1", facts, date.max)], now=timezone.now())
    arguments = {"license": license.pk, "coded": coded.pk, "feature": line.feature.slug, "notice": notice.pk, "act": planned.act}
    arguments |= numbers_of_people(company)
    arguments |= {"seats": seats.pk, "day": "next-expiration", "scenario": scenario.pk, "figure": "current-balance"}
    arguments |= {"customer": make_company(parent=company).slug, "month": f"{TODAY:%Y-%m}", "request": asked.pk}
    return World(company, arguments, form)


def company_addresses() -> set[str]:
    """Names of every address of the URLconf that names a company, our own and those of packages."""
    found: set[str] = set()

    def walk(patterns: list[URLPattern | URLResolver], route: str, names: tuple[str, ...]) -> None:
        for each in patterns:
            whole = route + str(each.pattern)
            if isinstance(each, URLResolver):
                walk(each.url_patterns, whole, (*names, each.namespace) if each.namespace else names)
            elif whole.startswith("companies/") and "<" in whole:
                assert each.name, f"{whole} has no name"
                found.add(":".join([*names, each.name]))

    walk(get_resolver().url_patterns, "", ())
    return found
