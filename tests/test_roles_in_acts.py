"""Every act and every role in one table: who may, who may not, and that a refused act leaves no row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from console.errors import NotAllowed
from console.models import Actor, User
from console.people.openid_connect.signed_in_from import SignedInFrom
from console.people.second_factor.of_the_demo import give_demo_factor
from credits.acts.approvals.approve_request import approve_request
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.approvals.lower_request import lower_request
from credits.acts.approvals.refuse_or_withdraw import refuse_request
from credits.acts.approvals.state_approvals import state_approvals
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.customers.state_threshold import state_threshold
from credits.acts.planning.apply_scenario import apply_scenario
from credits.acts.planning.drop_scenario import drop_scenario
from credits.acts.planning.keep_scenario import keep_scenario
from credits.acts.planning.set_many import set_many
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.usage.observe import Observation, observe
from credits.acts.withdraw_plan import withdraw_plan
from credits.models import AllocationStatement, CreditRequirement
from credits.rules.second_person import NEVER
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.companies.register_company import register_company
from licensing.acts.companies.report_figure import report_figure
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.company_settings.join import answer_to_join, ask_to_join
from licensing.acts.company_settings.notices_of_new_members import state_notices_of_new_members
from licensing.acts.company_settings.rename import rename_company
from licensing.acts.company_settings.second_factor import require_no_second_factor, require_second_factor
from licensing.acts.company_settings.tenants import remove_tenant, state_tenant, verify_tenant
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.issue_order import issue_order
from licensing.acts.people.ask_for_role import decide_role_request
from licensing.acts.people.invite import invite, send_again, withdraw_invitation
from licensing.acts.providers.close_to_provider import close_to_provider
from licensing.acts.providers.set_provider_viewer import set_provider_viewer
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.codes.activate_by_code import activate_code
from licensing.codes.issue_code import issue_code
from licensing.codes.redeem_code import redeem
from licensing.codes.reveal_code import reveal_code
from licensing.codes.withdraw_code import withdraw_code
from licensing.models import Activation, ActivationCode, Company, JoinRequest, License, Order, SignInTenant
from tests.factories import (
    SYSTEM,
    TODAY,
    allocate,
    make_code,
    make_company,
    make_feature,
    make_license,
    make_offering,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.invitations import numbers_of_people
from tests.ledger import day
from tests.worlds import base_rows, catalogue_of, row_counts
from tests.written_once import written_once

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("roles in acts")]  # what they share is written once


@dataclass
class Case:
    """What the acts are tried on."""

    company: Company
    order: Order
    license: License
    unclaimed: Order
    line: CreditRequirement
    elsewhere: Company
    somebody: User
    by_code: Order
    unused: ActivationCode
    used: ActivationCode
    waiting: Activation
    suspended: Order
    cancelled: Order
    scenario: int
    invitation: int
    request: int
    role_request: int
    member: User
    customer: Company
    tenant: SignInTenant
    came_from: SignedInFrom
    asked: JoinRequest
    people: dict[str, Actor] = field(default_factory=dict)
    """Whoever tries: each kind at the door, support and a machine."""
    rows: tuple[int, ...] = ()
    """How many there are of each table before anything is tried."""


EVERYONE = ("viewer", "provider-viewer", "credit-manager", "license-administrator", "owner")
SEEN = {"page": "/", "day": TODAY, "seen_at": datetime(2026, 3, 2, tzinfo=UTC), "figure": "", "words": "It was more."}
CREDITS, LICENSING, PEOPLE, SUPPORT_ONLY = ("credit-manager", "owner"), ("license-administrator", "owner"), ("owner",), ()


def _close(case: Case, by: dict[str, Any]) -> Any:
    Company.objects.filter(pk=case.company.pk).update(parent=case.elsewhere)
    return close_to_provider(case.company, provider=case.elsewhere, closed=True, **by)


Attempt = Callable[[Case, dict[str, Any]], Any]

ACTS: dict[str, tuple[tuple[str, ...], Attempt]] = {
    "set an allocation": (
        CREDITS,
        lambda case, by: set_allocation(
            case.company, feature=case.line.feature, units={case.line.pk: 1}, today=TODAY, below_zero_confirmed=True, **by
        ),
    ),
    "set several together": (
        CREDITS,
        lambda case, by: set_many(case.company, units={case.line.pk: 1}, today=TODAY, below_zero_confirmed=True, **by),
    ),
    "keep a scenario": (
        CREDITS,
        lambda case, by: keep_scenario(case.company, name="Winter", units={case.line.pk: 1}, today=TODAY, **by),
    ),
    "observe what is in use": (
        CREDITS,
        lambda case, by: observe(case.company, observations=[Observation(case.line.pk, TODAY, 1)], today=TODAY, **by),
    ),
    "apply a scenario": (
        CREDITS,
        lambda case, by: apply_scenario(
            case.company,
            scenario=case.scenario,
            today=TODAY,
            below_zero_confirmed=True,
            **by,
        ),
    ),
    "drop a scenario": (CREDITS, lambda case, by: drop_scenario(case.company, scenario=case.scenario, **by)),
    "approve a request": (
        CREDITS,
        lambda case, by: approve_request(case.company, request=case.request, today=TODAY, below_zero_confirmed=True, **by),
    ),
    "lower a request": (
        CREDITS,
        lambda case, by: lower_request(case.company, request=case.request, units={case.line.pk: 7}, today=TODAY, **by),
    ),
    "refuse a request": (CREDITS, lambda case, by: refuse_request(case.company, request=case.request, **by)),
    "say who confirms": (("owner",), lambda case, by: state_approvals(case.company, when=NEVER, **by)),
    "withdraw a plan": (
        CREDITS,
        lambda case, by: withdraw_plan(case.company, feature=case.line.feature, line=case.line, on=day(20), today=TODAY, **by),
    ),
    "undo an allocation": (
        CREDITS,
        lambda case, by: undo_allocation(
            case.company,
            undoes=AllocationStatement.objects.for_company(case.company).filter(line=case.line).latest("id").act_id,
            today=TODAY,
            below_zero_confirmed=True,
            **by,
        ),
    ),
    "switch the billing model": (
        CREDITS,
        lambda case, by: switch_billing_model(case.company, feature=case.line.feature, model="pay-as-you-go", today=TODAY, **by),
    ),
    "activate an order": (LICENSING, lambda case, by: activate_order(case.unclaimed, company=case.company, today=TODAY, **by)),
    "let somebody look at customers": (
        PEOPLE,
        lambda case, by: set_provider_viewer(case.company, user=case.member, looks=True, **by),
    ),
    "close to the service provider": (PEOPLE, lambda case, by: _close(case, by)),
    "state a threshold": (
        ("provider-viewer",),
        lambda case, by: state_threshold(case.company, customer=case.customer, kind="dynamic", today=TODAY, **by),
    ),
    "give roles": (PEOPLE, lambda case, by: set_roles(case.company, user=case.somebody, roles=["viewer"], **by)),
    "invite": (PEOPLE, lambda case, by: invite(case.company, email="another@aster.example", roles=["viewer"], **by)),
    "send an invitation again": (PEOPLE, lambda case, by: send_again(case.company, invitation=case.invitation, **by)),
    "withdraw an invitation": (PEOPLE, lambda case, by: withdraw_invitation(case.company, invitation=case.invitation, **by)),
    "decide a request": (
        PEOPLE,
        lambda case, by: decide_role_request(case.company, request=case.role_request, grants=True, **by),
    ),
    "report a figure": (EVERYONE, lambda case, by: report_figure(case.company, **SEEN, **by)),
    "rename the company": (PEOPLE, lambda case, by: rename_company(case.company, name="Another", **by)),
    "require a second factor": (PEOPLE, lambda case, by: require_second_factor(case.company, on=TODAY, today=TODAY, **by)),
    "require none": (PEOPLE, lambda case, by: require_no_second_factor(case.company, today=TODAY, **by)),
    "state notices of new members": (
        PEOPLE,
        lambda case, by: state_notices_of_new_members(case.company, told="digest", today=TODAY, **by),
    ),
    "state a tenant": (PEOPLE, lambda case, by: state_tenant(case.company, provider="entra", tenant=str(uuid4()), **by)),
    "verify a tenant": (
        PEOPLE,
        lambda case, by: verify_tenant(case.company, pk=case.tenant.pk, came_from=case.came_from, **by),
    ),
    "remove a tenant": (PEOPLE, lambda case, by: remove_tenant(case.company, pk=case.tenant.pk, **by)),
    "answer who asks to join": (
        PEOPLE,
        lambda case, by: answer_to_join(case.company, pk=case.asked.pk, approve=True, **by),
    ),
    "state a time zone": (PEOPLE, lambda case, by: state_time_zone(case.company, time_zone="Asia/Tokyo", **by)),
    "register a company": (
        SUPPORT_ONLY,
        lambda case, by: register_company(name="New", slug="new", business_id="B-new", time_zone="UTC", **by),
    ),
    "issue an order": (
        SUPPORT_ONLY,
        lambda case, by: issue_order(channel="direct", external_id="PO-new", product=case.order.product, units=1, **by),
    ),
    "issue a code": (SUPPORT_ONLY, lambda case, by: issue_code(case.by_code, kind="activation-code", **by)),
    "withdraw a code": (SUPPORT_ONLY, lambda case, by: withdraw_code(case.unused, **by)),
    "reveal a code nobody has used": (SUPPORT_ONLY, lambda case, by: reveal_code(case.unused, **by)),
    "reveal a used code": (LICENSING, lambda case, by: reveal_code(case.used, **by)),
    "activate by a code": (LICENSING, lambda case, by: activate_code(case.waiting, company=case.company, **by)),
    "top up": (SUPPORT_ONLY, lambda case, by: top_up_order(case.order, units=1, today=TODAY, **by)),
    "reduce": (SUPPORT_ONLY, lambda case, by: reduce_order(case.order, units=1, today=TODAY, **by)),
    "set units": (SUPPORT_ONLY, lambda case, by: set_order_units(case.order, units=1, today=TODAY, **by)),
    "renew": (SUPPORT_ONLY, lambda case, by: renew_order(case.order, today=TODAY, **by)),
    "switch renewal": (SUPPORT_ONLY, lambda case, by: switch_renewal(case.order, on=True, today=TODAY, **by)),
    "suspend": (SUPPORT_ONLY, lambda case, by: suspend_order(case.order, today=TODAY, **by)),
    "reinstate": (SUPPORT_ONLY, lambda case, by: reinstate_order(case.suspended, today=TODAY, **by)),
    "undo a cancellation": (
        SUPPORT_ONLY,
        lambda case, by: reinstate_order(case.cancelled, today=TODAY, undo_cancellation=True, reason="a slip", **by),
    ),
    "cancel": (SUPPORT_ONLY, lambda case, by: cancel_order(case.order, today=TODAY, **by)),
    "extend": (
        SUPPORT_ONLY,
        lambda case, by: extend_license(case.license, expires_on=day(900), today=TODAY, reason="agreed", **by),
    ),
    "correct": (SUPPORT_ONLY, lambda case, by: correct_license(case.license, units=1, today=TODAY, reason="a slip", **by)),
    "change the plan": (SUPPORT_ONLY, lambda case, by: change_plan(case.order, product=case.order.product, today=TODAY, **by)),
    "transfer": (SUPPORT_ONLY, lambda case, by: transfer_order(case.order, to=case.elsewhere, today=TODAY, reason="sold", **by)),
    "load a price list": (SUPPORT_ONLY, lambda case, by: load_price_list(catalogue_of(base_rows(), {}), **by)),
}
"""Name of the act -> the roles that may, and the attempt. Support and machines may do all of them."""

PEOPLE_AT_THE_DOOR = (
    "viewer",
    "provider-viewer",
    "credit-manager",
    "license-administrator",
    "owner",
    "owner elsewhere",
    "dismissed owner",
)


@pytest.fixture(scope="module")
def case_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[Case]:
    """Written once; what a test changes is rolled back."""
    with django_db_blocker.unblock(), written_once():
        made = make_case()
        made.people = {who: person(who, made.company) for who in PEOPLE_AT_THE_DOOR}
        made.people |= {"support": Actor.person(make_user(is_staff=True)), "machine": Actor.system("Marketplace")}
        made.rows = row_counts()
        yield made


@pytest.fixture
def case(case_of_the_module: Case, db: None, settings: Any) -> Case:
    """Its own rows in memory, as acts change those too."""
    settings.SUPPORT_CONTACT = "support@vendor.example"
    return deepcopy(case_of_the_module)


def make_case() -> Case:
    company = make_company()
    license = make_license(company=company)
    line = make_feature(switchable=True, offering=make_offering(slug="endpoint")).lines.get()
    allocate(company, line, 5, on=day(20))
    make_license(company=company, product=make_product(kind="pay-as-you-go", rate=None))
    suspended, cancelled = (make_license(company=company).order for _ in range(2))
    suspend_order(suspended, today=TODAY, by=SYSTEM, key=new_key())
    cancel_order(cancelled, today=TODAY, by=SYSTEM, key=new_key())
    somebody = make_user()
    waiting = redeem(make_code(), person=somebody, source="")
    used = redeem(make_code(), person=somebody, source="")
    activate_code(used, company=company, by=SYSTEM, key=new_key())
    tenant, theirs = (state_tenant(company, provider="entra", tenant=str(uuid4()), by=SYSTEM, key=new_key()) for _ in range(2))
    came_from, there = (
        SignedInFrom("entra", f"https://login.example/{each.tenant}/v2.0", each.tenant) for each in (tenant, theirs)
    )
    verify_tenant(company, pk=theirs.pk, came_from=there, by=SYSTEM, key=new_key())
    asked = ask_to_join(company, came_from=there, person=make_user(), key=new_key())
    require_second_factor(company, on=day(300), today=TODAY, by=SYSTEM, key=new_key())
    scenario = keep_scenario(company, name="Summer", units={line.pk: 1}, today=TODAY, by=SYSTEM, key=new_key())
    people = numbers_of_people(company)
    assert waiting.code
    assert used.code
    assert scenario is not None
    return Case(
        company,
        license.order,
        license,
        make_order(),
        line,
        make_company(),
        somebody,
        by_code=make_order(channel="code"),
        unused=waiting.code,
        used=used.code,
        waiting=waiting,
        suspended=suspended,
        cancelled=cancelled,
        scenario=scenario.pk,
        invitation=people["invitation"],
        role_request=people["role_request"],
        request=ask_for_units(company, units={line.pk: 8}, words="x", today=TODAY, by=SYSTEM, key=new_key()).pk,
        member=make_user(company=company, roles=["viewer"]),
        customer=make_company(parent=company),
        tenant=tenant,
        came_from=came_from,
        asked=asked,
    )


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_for_those_with_the_role_and_leaves_no_row_for_others(case: Case, act: str) -> None:
    roles, attempt = ACTS[act]
    for who in PEOPLE_AT_THE_DOOR:
        by = {"by": case.people[who], "key": new_key()}
        with undone():
            if who in roles:
                attempt(case, by)
                assert row_counts() != case.rows, who
            else:
                with pytest.raises(NotAllowed):
                    attempt(case, by)
                assert row_counts() == case.rows, who


@pytest.mark.parametrize("act", ACTS)
def test_support_and_machines_may_do_every_act(case: Case, act: str) -> None:
    for who in ("support", "machine"):
        with undone():
            ACTS[act][1](case, {"by": case.people[who], "key": new_key()})
            assert row_counts() != case.rows


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def person(who: str, company: Company) -> Actor:
    if who == "owner elsewhere":
        return Actor.person(make_user(company=make_company(), roles=["owner"]))
    if who == "dismissed owner":
        return Actor.person(make_user(company=company, roles=["owner"], is_active=False))
    found = make_user(company=company, roles=[who])
    give_demo_factor(found)
    return Actor.person(found)


def test_former_support_may_no_more() -> None:
    former = Actor.person(make_user(is_staff=True, is_active=False))

    with pytest.raises(NotAllowed):
        cancel_order(make_license().order, today=TODAY, by=former, key=new_key())
