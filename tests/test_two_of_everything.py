"""Each act, job and page is run on one company, order, purchase and person, of which there are two: the other stays as it was.

One person is a member of both companies, one company has two of everything, and both companies use the same features. A new act,
job or address fails here until it has its row.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import models
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from console.mail.queueing import queue_mail
from console.models import Act, Actor, OutgoingMail, User, Why
from console.models.user import StaffRole
from console.people.notice_preferences import choose_notices
from console.people.openid_connect.signed_in_from import SignedInFrom
from console.people.passwords.set_by_support import note_password_set
from console.people.privacy.erase import erase_person
from console.people.sessions.end_for_support import end_sessions_of
from console.people.staff.set_staff_roles import set_staff_roles
from console.tasks import forget_mail, send_mail
from console.vendor import held
from credits.acts.approvals.approve_request import approve_request
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.approvals.lower_request import lower_request
from credits.acts.approvals.refuse_or_withdraw import refuse_request, withdraw_request
from credits.acts.approvals.state_approvals import state_approvals
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.billing_model.switch_several_features import switch_several_features
from credits.acts.choose_use import choose_use
from credits.acts.customers.state_threshold import state_threshold
from credits.acts.estimates.ask_sales import ask_sales
from credits.acts.planning.apply_scenario import apply_scenario
from credits.acts.planning.drop_scenario import drop_scenario
from credits.acts.planning.keep_scenario import keep_scenario
from credits.acts.planning.set_many import set_many
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.undo.undo_case import undo_case
from credits.acts.usage.observe import Observation, observe
from credits.acts.withdraw_plan import withdraw_plan
from credits.models import AllocationStatement, CreditRequirement, DeskItem, Scenario, SeatUse, UnitsRequest
from credits.queues.mark_item_read import mark_item_read
from credits.rules.second_person import NEVER
from credits.tasks import look_for_support, send_digests, tell_what_is_due
from licensing import tasks
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.companies.register_company import register_company, register_own_company
from licensing.acts.companies.report_figure import report_figure
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.company_settings.join import answer_to_join, ask_to_join, join_from_tenant
from licensing.acts.company_settings.notices_of_new_members import state_notices_of_new_members
from licensing.acts.company_settings.rename import rename_company
from licensing.acts.company_settings.second_factor import require_no_second_factor, require_second_factor
from licensing.acts.company_settings.tenants import remove_tenant, say_what_new_people_become, state_tenant, verify_tenant
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.issue_order import issue_order
from licensing.acts.people.ask_for_role import ask_for_role, decide_role_request
from licensing.acts.people.invite import send_again, withdraw_invitation
from licensing.acts.people.join import join, join_as_new_person
from licensing.acts.people.leave import leave
from licensing.acts.providers.close_to_provider import close_to_provider
from licensing.acts.providers.set_provider_viewer import set_provider_viewer
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.undo.undo_order import undo_order
from licensing.acts.undo.undo_transfer import undo_transfer
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.codes.activate_by_code import activate_code
from licensing.codes.issue_code import issue_code
from licensing.codes.redeem_code import redeem
from licensing.codes.reveal_code import reveal_code
from licensing.codes.withdraw_code import withdraw_code
from licensing.imports.file_of_a_run import keep_file
from licensing.marketplaces import marketplace
from licensing.marketplaces.contract import Action
from licensing.marketplaces.practice import tokens
from licensing.models import (
    Activation,
    ActivationCode,
    Company,
    Difference,
    ImportRun,
    Invitation,
    JoinRequest,
    License,
    LicenseStatement,
    MarketplaceEvent,
    NoticeDelivery,
    Order,
    RoleRequest,
    SignInTenant,
    Subscription,
)
from licensing.notices.kinds import REFUSED
from licensing.notices.send_again import resend_notice
from licensing.notices.telling import News
from licensing.purchases import receive_notification
from licensing.purchases.activation import carry_through_activation
from licensing.purchases.activation.begin_activation import begin_activation
from licensing.purchases.activation.resume_activation import resume_activation
from licensing.purchases.for_support.list_for_support import Found, keep_list
from licensing.purchases.for_support.mark_read import mark_read
from tests.activations import begin
from tests.addresses_of_companies import ADDRESSES
from tests.factories import (
    SYSTEM,
    allocate,
    make_code,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.in_process import in_process
from tests.invitations import invited, numbers_of_people
from tests.jobs import tell
from tests.pages import browser_of
from tests.plans import planning_forms
from tests.purchases import activated, buy, found, happens, open_shop
from tests.rows_of_tables import all_rows
from tests.test_architecture import APPS, ROOT, source_files
from tests.written_once import written_once

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("two of everything")]


# --- The world


@dataclass
class Side:
    """One of everything, of one company and one person."""

    company: Company
    person: User
    order: Order
    license: License
    contract: License
    purchase: Subscription
    unclaimed: Order
    by_code: Order
    unused: ActivationCode
    used: ActivationCode
    used_license: License
    waiting: Activation
    found: Activation
    begun: Activation
    failed: Activation
    event: MarketplaceEvent
    difference: Difference
    delivery: NoticeDelivery
    mail: OutgoingMail
    line: CreditRequirement
    elsewhere: Company

    @property
    def today(self) -> date:
        return self.company.day_of(timezone.now())


@dataclass
class World:
    mine: Side
    same_company: Side
    other_company: list[Side] = field(default_factory=list)

    def others(self, *, wide: bool) -> list[models.Model]:
        """What stays: everything of the other company; unless the act is about the whole company, the rest of this one too."""
        sides = [*self.other_company, *([self.same_company] if wide else [])]
        rows: list[models.Model] = [self.other_company[0].company]
        for side in sides:
            rows += [getattr(side, name) for name in Side.__dataclass_fields__ if name not in ("company", "elsewhere", "line")]
        rows = [each for each in rows if not (isinstance(each, User) and (each == self.mine.person or not wide))]
        return [*rows, *([self.same_company.line, self.same_company.line.feature] if wide else [])]


def make_side(company: Company, person: User, line: CreditRequirement, elsewhere: Company, products: dict[str, Any]) -> Side:
    today = company.day_of(timezone.now())
    license = make_license(company=company, product=products["credits"], units=5_000, today=today)
    contract = make_license(company=company, product=products["contract"], units=1, today=today)
    purchase = activated(person, company, quantity=250)
    used_text = make_code(product=products["credits"])
    done = redeem(used_text, person=person, source="")
    activate_code(done, company=company, by=SYSTEM, key=new_key())
    waiting = redeem(make_code(product=products["credits"]), person=person, source="")
    by_code = make_order(channel="code", product=products["credits"])
    allocate(company, line, 5, today=today)
    allocate(company, line, 7, today=today, on=today + timedelta(days=20))
    failed = found(buy(), person)
    begin(failed, company)
    failed.refresh_from_db()
    carry_through_activation._end(failed, "failed", "refused")
    begun = found(buy(), person)
    begin(begun, company)
    said = receive_notification.Notification(f"operation-{purchase.pk}", purchase.external_id, Action.RENEW, at=timezone.now())
    event = receive_notification._kept("azure", said, b"")
    keep_list(purchase, [Found(Difference.Kind.PLAN, "theirs", "ours", "a person has to look")])
    facts = {"name": "Credits", "order": "PO-1", "wanted": "5 credits", "reason": "no."}
    about = f"operation:{purchase.pk}"
    tell([News(company.pk, REFUSED.name, about, facts, today + timedelta(days=30))], now=timezone.now())
    assert waiting.code
    assert done.code
    used_license = License.objects.get(order=done.order)
    return Side(
        company=company,
        person=person,
        order=license.order,
        license=license,
        contract=contract,
        purchase=purchase,
        unclaimed=make_order(product=products["credits"]),
        by_code=by_code,
        unused=waiting.code,
        used=done.code,
        used_license=used_license,
        waiting=waiting,
        found=found(buy(), person),
        begun=begun,
        failed=failed,
        event=event,
        difference=Difference.objects.get(subscription=purchase),
        delivery=NoticeDelivery.objects.get(notice__about=about, notice__company=company, user=person),
        mail=queue_mail(to=person.email, subject="Hello", text="Hello", purpose=OutgoingMail.Purpose.NOTICE),
        line=line,
        elsewhere=elsewhere,
    )


def make_world() -> World:
    open_shop()
    company, other, elsewhere = make_company(), make_company(), make_company()
    person, somebody = (make_user(company=company, roles=["provider-viewer", "owner"]) for _ in range(2))
    for each in (person, somebody):
        set_roles(other, user=each, roles=["owner"], by=SYSTEM, key=new_key())
    first, second = (make_feature(switchable=True).lines.get() for _ in range(2))
    products = {"credits": make_product(), "contract": make_product(kind="pay-as-you-go", rate=None)}
    mine = make_side(company, person, first, elsewhere, products)
    beside = make_side(company, somebody, second, elsewhere, products)
    theirs = [make_side(other, each, line, elsewhere, products) for each, line in ((person, first), (somebody, second))]
    # Made by the code under test, which may have touched the others while it made them: nobody has accepted these.
    Activation.objects.filter(state=Activation.State.ACTIVATING).update(accepted_at=None)
    return World(mine, beside, theirs)


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any, practice_key: str) -> Iterator[World]:
    """Written once; what a case changes is rolled back."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), in_process(), written_once():
        patch.setattr(tokens, "new_private_key", lambda: practice_key)
        marketplace.cache_clear()
        patch.setattr(marketplace("azure"), "_sleep", lambda seconds: None)
        yield make_world()
    marketplace.cache_clear()


@pytest.fixture
def world(world_of_the_module: World, db: None) -> World:
    return world_of_the_module


# --- What is there of the other


PASSING = {"seen_at", "version", "updated_at"}
"""What a look at a purchase writes though nothing has changed."""


ALWAYS_THERE = ("licensing.License", "licensing.LicenseStatement", "credits.AllocationStatement", "licensing.Activation", "acts")


class Reading:
    """What all tables hold at an instant: read once, and asked about one's own and about what is of others."""

    def __init__(self) -> None:
        self.rows = all_rows(passing=PASSING)
        self.acts = list(Act.objects.order_by("pk").values_list("pk", "company_id", "scope"))
        self.mails = list(OutgoingMail.objects.order_by("pk").values())
        self.jobs = list(ProcrastinateJob.objects.order_by("pk").values_list("pk", "task_name", "args"))

    def about(self, roots: list[models.Model]) -> dict[str, Any]:
        """Every row that is one of `roots` or points to one, directly or not, by model; and acts, mails and jobs about them."""
        shown: dict[str, Any] = {**self.rows.about(roots)}
        companies = {each.pk for each in roots if isinstance(each, Company)}
        people = [each for each in roots if isinstance(each, User)]
        scopes, addresses = {f"user:{each.pk}" for each in people}, {each.email for each in people}
        kinds = {"company": Company, "activation": Activation, "event": MarketplaceEvent, "mail": OutgoingMail}
        named = {name: set(shown.get(model._meta.label, ())) for name, model in kinds.items()}
        named["external_id"] = {each.external_id for each in roots if isinstance(each, Subscription)}.union(*named.values())
        shown["acts"] = [pk for pk, company, scope in self.acts if company in companies or scope in scopes]
        shown["mails"] = [mail for mail in self.mails if mail["to"] in addresses]
        shown["jobs"] = [job for job in self.jobs if any(str(value) in named.get(name, ()) for name, value in job[2].items())]
        return shown


@contextmanager
def others_stay(world: World, *, wide: bool = True, own_changes: bool | None = None) -> Iterator[None]:
    """And one's own changes or does not, where it is said which."""
    others, own = world.others(wide=wide), own_of(world.mine)
    earlier = Reading()
    before = earlier.about(others)
    assert all(len(before[name]) >= 1 for name in ALWAYS_THERE)
    yield
    later = Reading()
    after = later.about(others)
    for table in sorted(before.keys() | after.keys()):
        assert after.get(table) == before.get(table), table
    assert own_changes is None or (later.about(own) != earlier.about(own)) is own_changes


def own_of(side: Side) -> list[models.Model]:
    """What an act, job or page can change of one's own."""
    return [getattr(side, name) for name in Side.__dataclass_fields__ if name not in ("line", "elsewhere")]


# --- Acts


def by(side: Side) -> dict[str, Any]:
    return {"by": SYSTEM, "key": new_key()}


def dated(side: Side) -> dict[str, Any]:
    return {**by(side), "today": side.today}


def noted(side: Side) -> DeskItem:
    """What stands on support's list of the failed activation."""
    return DeskItem.objects.get(kind=DeskItem.Kind.STUCK, subject=f"activation:{side.failed.pk}")


def came_from(tenant: SignInTenant) -> SignedInFrom:
    return SignedInFrom("entra", f"https://login.example.com/{tenant.tenant}/v2.0", tenant.tenant)


def tenant_of(side: Side) -> SignInTenant:
    """One that the company states, made where there is none."""
    held = SignInTenant.objects.filter(company=side.company).stated().first()
    return held or state_tenant(side.company, provider="entra", tenant=str(uuid4()), **by(side))


def verified_tenant_of(side: Side) -> SignInTenant:
    row = tenant_of(side)
    if row.verified_at is None:
        row = verify_tenant(side.company, pk=row.pk, came_from=came_from(row), **by(side))
    return row


def viewers_of_tenant(side: Side) -> None:
    say_what_new_people_become(side.company, pk=verified_tenant_of(side).pk, viewer=True, **by(side))


def asks_to_join(side: Side) -> JoinRequest:
    found = came_from(verified_tenant_of(side))
    return ask_to_join(side.company, came_from=found, person=make_user(), key=new_key())


def join_request_of(side: Side) -> int:
    return JoinRequest.objects.filter(company=side.company).latest("pk").pk


def reported(side: Side) -> dict[str, Any]:
    seen = {"page": f"/companies/{side.company.slug}/licenses/", "day": side.today, "seen_at": timezone.now(), "figure": ""}
    return {**seen, "words": "It was more.", "by": Actor.person(side.person), "key": new_key()}


def asked(side: Side) -> dict[str, Any]:
    about = {"page": f"/companies/{side.company.slug}/credits/solutions/estimate/", "day": side.today, "overview": "Sensor,20"}
    return {**about, "words": "", "by": Actor.person(side.person), "key": new_key()}


INVITED = "invited@two.example"


def invitation_of(side: Side) -> int:
    """The invitation of one address that is open."""
    found = Invitation.objects.filter(company=side.company, email=INVITED).first()
    return (found or invited(side.company, INVITED, by=side.person)).pk


def accepted_by_elsewhere(side: Side) -> None:
    """Somebody of another company joins."""
    person = make_user(email=INVITED, company=side.elsewhere, roles=["viewer"])
    pk = invitation_of(side)
    link = Invitation.objects.get(pk=pk).link
    join(side.company, invitation=pk, link=link, by=Actor.person(person), key=new_key())


def accepted_by_somebody(side: Side) -> None:
    pk = invitation_of(side)
    link = Invitation.objects.get(pk=pk).link
    join_as_new_person(side.company, invitation=pk, link=link, name="New", password="seven brown kettles")


def viewer(side: Side) -> None:
    """Somebody of the company who may ask for more."""
    set_roles(side.company, user=side.person, roles=["viewer"], **by(side))


def role_request_of(side: Side) -> int:
    """What the person asks for, as a viewer."""
    found = RoleRequest.objects.filter(company=side.company, person=side.person).first()
    if found is None:
        viewer(side)
        asks = {"role": "credit-manager", "by": Actor.person(side.person), "key": new_key()}
        found = ask_for_role(side.company, **asks)
    return found.pk


def cancelled_before(side: Side) -> None:
    cancel_order(side.order, **dated(side))


Run = Callable[[Side], object]


@dataclass(frozen=True)
class Case:
    run: Run
    before: Run = lambda side: None
    whole_company: bool = False
    """It concerns everybody and everything of its company, so only the other company has to stay as it was."""


def shown_of(activation: Activation) -> dict[str, object]:
    assert activation.subscription is not None
    return {"plan_id": activation.subscription.plan_id, "units": activation.subscription.units}


def keep_seats(side: Side) -> None:
    product = make_product(kind="seats", unit="seat")
    SeatUse.objects.create(product=product, line=side.line)
    make_license(company=side.company, today=side.today, product=product, units=3, name="Seats kept in use")


def kept_seats(side: Side) -> Order:
    return Order.objects.get(company=side.company, name="Seats kept in use")


def correct_in_a_case(side: Side) -> None:
    correct_license(side.license, units=77, reason=Why("a slip", "our-mistake", "C-two"), **dated(side))


def transferred(it: Any) -> None:
    transfer_order(it.order, to=it.elsewhere, reason="sold", **dated(it))


def latest_of_transfer(it: Any) -> Any:
    return Act.objects.for_company(it.company).filter(name="order.transfer").latest("recorded_at").pk


def latest_of_order(side: Side) -> UUID:
    return LicenseStatement.objects.filter(company=side.company, license=side.license).latest("id").act_id


def scenario_of(side: Side) -> Scenario:
    """The one that is kept of its line, kept if it is not there yet."""
    name = f"Scenario of line {side.line.pk}"
    found = Scenario.objects.filter(company=side.company, name=name).first()
    return found or keep_scenario(side.company, name=name, units={side.line.pk: 9}, **dated(side))  # type: ignore[return-value]


def customer_of(side: Side) -> None:
    make_company(parent=side.company)


def looked_after(side: Side) -> None:
    Company.objects.filter(pk=side.company.pk).update(parent=side.elsewhere)


def request_of(side: Side) -> UnitsRequest:
    """One that is open for its line, asked for if there is none yet."""
    found = UnitsRequest.objects.filter(company=side.company).open().first()
    return found or ask_for_units(side.company, units={side.line.pk: 11}, words="Laptops", **dated(side))


def own_request_of(side: Side) -> UnitsRequest:
    """One that their person asked for."""
    found = UnitsRequest.objects.filter(company=side.company, act__actor=side.person).open().first()
    said = {"words": "Laptops", "today": side.today, "by": Actor.person(side.person), "key": new_key()}
    return found or ask_for_units(side.company, units={side.line.pk: 13}, **said)


def support() -> Actor:
    return Actor.person(make_user(is_staff=True))


def browser_of_them(side: Side) -> None:
    browser_of(side.person)


ACTS: dict[str, dict[str, Case]] = {
    "console/people/notice_preferences.py:choose_notices": {
        "choose notices": Case(lambda it: choose_notices(it.person, told="digest", told_of={"activated": "off"}, **by(it))),
    },
    "console/people/sessions/end_for_support.py:end_sessions_of": {
        "end sessions": Case(
            lambda it: end_sessions_of(it.person, by=support(), key=new_key(), reason=""), before=browser_of_them
        ),
    },
    "console/people/privacy/erase.py:erase_person": {
        "erase a person": Case(  # one of this company alone: who belongs to both leaves both
            lambda it: erase_person(make_user(company=it.company, roles=["viewer"]), by=support(), key=new_key())
        ),
    },
    "console/people/passwords/set_by_support.py:note_password_set": {
        "note a password set": Case(lambda it: note_password_set(it.person, by=support(), key=new_key())),
    },
    "console/people/staff/set_staff_roles.py:set_staff_roles": {
        "set roles of staff": Case(
            lambda it: set_staff_roles(it.person, [StaffRole.CUSTOMERS], by=support(), key=new_key(), reason="x"),
            before=lambda it: User.objects.filter(pk=it.person.pk).update(is_staff=True),
        ),
    },
    "credits/acts/set_allocation.py:set_allocation": {
        "set an allocation": Case(
            lambda it: set_allocation(it.company, feature=it.line.feature, units={it.line.pk: 9}, **dated(it)),
        ),
    },
    "credits/acts/planning/set_many.py:set_many": {
        "set several together": Case(lambda it: set_many(it.company, units={it.line.pk: 9}, **dated(it))),
    },
    "credits/acts/planning/keep_scenario.py:keep_scenario": {
        "keep a scenario": Case(
            lambda it: keep_scenario(it.company, name=f"Kept {new_key()}"[:40], units={it.line.pk: 9}, **dated(it))
        ),
    },
    "credits/acts/usage/observe.py:observe": {
        "observe what is in use": Case(
            lambda it: observe(it.company, observations=[Observation(it.line.pk, it.today, 7)], **dated(it)),
        ),
    },
    "credits/acts/planning/apply_scenario.py:apply_scenario": {
        "apply a scenario": Case(
            lambda it: apply_scenario(it.company, scenario=scenario_of(it).pk, **dated(it)),
            before=scenario_of,
        ),
    },
    "credits/acts/planning/drop_scenario.py:drop_scenario": {
        "drop a scenario": Case(lambda it: drop_scenario(it.company, scenario=scenario_of(it).pk, **by(it)), before=scenario_of),
    },
    "credits/acts/approvals/ask_for_units.py:ask_for_units": {
        "ask for units": Case(lambda it: ask_for_units(it.company, units={it.line.pk: 12}, words="Laptops", **dated(it))),
    },
    "credits/acts/approvals/approve_request.py:approve_request": {
        "approve a request": Case(
            lambda it: approve_request(it.company, request=request_of(it).pk, below_zero_confirmed=True, **dated(it)),
            before=request_of,
        ),
    },
    "credits/acts/approvals/lower_request.py:lower_request": {
        "lower a request": Case(
            lambda it: lower_request(it.company, request=request_of(it).pk, units={it.line.pk: 10}, **dated(it)),
            before=request_of,
        ),
    },
    "credits/acts/approvals/refuse_or_withdraw.py:refuse_request": {
        "refuse a request": Case(lambda it: refuse_request(it.company, request=request_of(it).pk, **by(it)), before=request_of),
    },
    "credits/acts/approvals/refuse_or_withdraw.py:withdraw_request": {
        "withdraw a request": Case(
            lambda it: withdraw_request(it.company, request=own_request_of(it).pk, by=Actor.person(it.person), key=new_key()),
            before=own_request_of,
        ),
    },
    "credits/acts/approvals/state_approvals.py:state_approvals": {
        "say that nobody confirms": Case(lambda it: state_approvals(it.company, when=NEVER, **by(it))),
    },
    "credits/acts/choose_use.py:choose_use": {
        "leave what was kept": Case(lambda it: choose_use(kept_seats(it), keeps=False, **dated(it)), before=keep_seats),
    },
    "credits/acts/carry_choice_of_use.py:carry_choice": {
        "transfer what is kept": Case(
            lambda it: transfer_order(kept_seats(it), to=it.elsewhere, reason="sold", **dated(it)), before=keep_seats
        ),
    },
    "credits/acts/withdraw_plan.py:withdraw_plan": {
        "withdraw a plan": Case(
            lambda it: withdraw_plan(
                it.company, feature=it.line.feature, line=it.line, on=it.today + timedelta(days=20), **dated(it)
            ),
        ),
    },
    "credits/acts/undo/undo_allocation.py:undo_allocation": {
        "undo an allocation": Case(
            lambda it: undo_allocation(it.company, undoes=latest_statement(it).act_id, **dated(it)),
        ),
    },
    "credits/acts/undo/undo_case.py:undo_case": {
        "undo a case": Case(lambda it: undo_case("C-two", reason="a slip", **by(it)), before=correct_in_a_case),
    },
    "licensing/acts/undo/undo_transfer.py:undo_transfer": {
        "undo a transfer, as a whole": Case(
            lambda it: undo_transfer(it.company, undoes=latest_of_transfer(it), reason="a slip", **dated(it)), before=transferred
        ),
    },
    "licensing/acts/undo/undo_transfer.py:undo_part": {
        "undo a transfer, with its parts": Case(
            lambda it: undo_transfer(it.company, undoes=latest_of_transfer(it), reason="a slip", **dated(it)), before=transferred
        ),
    },
    "licensing/acts/undo/undo_order.py:undo_order": {
        "undo an act on an order": Case(
            lambda it: undo_order(it.company, undoes=latest_of_order(it), reason="a slip", **dated(it)), before=correct_in_a_case
        ),
    },
    "credits/acts/billing_model/switch_billing_model.py:switch_billing_model": {
        "switch the billing model": Case(
            lambda it: switch_billing_model(it.company, feature=it.line.feature, model="pay-as-you-go", **dated(it)),
        ),
    },
    "credits/acts/billing_model/switch_several_features.py:switch_several_features": {
        "switch several features": Case(
            lambda it: switch_several_features(it.company, models={it.line.feature: "pay-as-you-go"}, **dated(it)),
        ),
    },
    "credits/queues/mark_item_read.py:mark_item_read": {
        "mark a thing on support's list read": Case(
            lambda it: mark_item_read(noted(it), words="known", **by(it)), before=lambda it: look_for_support.func(0)
        ),
    },
    "licensing/acts/activate.py:activate_order": {
        "activate an order": Case(lambda it: activate_order(it.unclaimed, company=it.company, **dated(it))),
    },
    "licensing/codes/issue_code.py:issue_code": {
        "issue a code": Case(lambda it: issue_code(it.by_code, kind="activation-code", **by(it))),
    },
    "licensing/codes/withdraw_code.py:withdraw_code": {"withdraw a code": Case(lambda it: withdraw_code(it.unused, **by(it)))},
    "licensing/codes/reveal_code.py:reveal_code": {"reveal a code": Case(lambda it: reveal_code(it.used, **by(it)))},
    "licensing/codes/complete_registration.py:complete_registration": {
        "activate by a code": Case(lambda it: activate_code(it.waiting, company=it.company, **by(it))),
    },
    "licensing/acts/corrections/extend.py:extend_license": {
        "extend": Case(
            lambda it: extend_license(it.license, expires_on=it.today + timedelta(days=900), reason="agreed", **dated(it)),
        ),
    },
    "licensing/acts/corrections/correct.py:correct_license": {
        "correct": Case(lambda it: correct_license(it.license, units=1, reason="a slip", **dated(it))),
    },
    "licensing/notices/send_again.py:resend_notice": {
        "send a notice again": Case(lambda it: resend_notice(it.delivery, reason="lost", **by(it))),
    },
    "licensing/acts/issue_order.py:issue_order": {
        "issue an order": Case(
            lambda it: issue_order(channel="direct", external_id="PO-two", product=it.order.product, units=1, **by(it)),
        ),
    },
    "licensing/acts/change_plan.py:change_plan": {
        "change the plan": Case(lambda it: change_plan(it.order, product=make_product(), **dated(it))),
    },
    "licensing/purchases/activation/begin_activation.py:begin_activation": {
        "begin an activation": Case(
            lambda it: begin_activation(it.found, company=it.company, shown=shown_of(it.found), **by(it)),
        ),
    },
    "licensing/acts/units/top_up.py:top_up_order": {"top up": Case(lambda it: top_up_order(it.order, units=1, **dated(it)))},
    "licensing/acts/units/reduce.py:reduce_order": {"reduce": Case(lambda it: reduce_order(it.order, units=1, **dated(it)))},
    "licensing/acts/units/set_units.py:set_order_units": {
        "set units": Case(lambda it: set_order_units(it.order, units=1, **dated(it)))
    },
    "licensing/acts/companies/register_company.py:register_company": {
        "register a company": Case(
            lambda it: register_company(name="New", slug="new", business_id="B-new", time_zone="UTC", **by(it)),
        ),
    },
    "licensing/acts/companies/register_company.py:register_own_company": {
        "register one's own company": Case(
            lambda it: register_own_company(make_user(), name="New", business_id="B-new", time_zone="UTC", key=new_key()),
        ),
    },
    "licensing/acts/companies/set_roles.py:set_roles": {
        "give roles": Case(lambda it: set_roles(it.company, user=it.person, roles=["viewer"], **by(it))),
        "take all roles": Case(lambda it: set_roles(it.company, user=it.person, roles=[], **by(it))),
    },
    "licensing/acts/providers/set_provider_viewer.py:set_provider_viewer": {
        "let a person look at customers": Case(
            lambda it: set_provider_viewer(it.company, user=it.person, looks=True, **by(it)), before=customer_of
        ),
    },
    "licensing/acts/providers/close_to_provider.py:close_to_provider": {
        "close to the provider": Case(
            lambda it: close_to_provider(Company.objects.get(pk=it.company.pk), provider=it.elsewhere, closed=True, **by(it)),
            before=looked_after,
            whole_company=True,
        ),
    },
    "credits/acts/customers/state_threshold.py:state_threshold": {
        "state a threshold": Case(
            lambda it: state_threshold(
                it.company,
                customer=Company.objects.get(parent=it.company),
                kind="manual",
                credits=5,
                today=it.today,
                by=SYSTEM,
                key=new_key(),
            ),
            before=customer_of,
        ),
    },
    "licensing/acts/people/invite.py:invite": {
        "invite": Case(lambda it: invited(it.company, by=it.person), whole_company=True),
    },
    "licensing/acts/people/invite.py:send_again": {
        "send an invitation again": Case(
            lambda it: send_again(it.company, invitation=invitation_of(it), **by(it)), invitation_of
        ),
    },
    "licensing/acts/people/invite.py:withdraw_invitation": {
        "withdraw an invitation": Case(
            lambda it: withdraw_invitation(it.company, invitation=invitation_of(it), **by(it)), invitation_of
        ),
    },
    "licensing/acts/people/join.py:join": {"join": Case(accepted_by_elsewhere, whole_company=True)},
    "licensing/acts/people/join.py:join_as_new_person": {"join as a new person": Case(accepted_by_somebody, whole_company=True)},
    "licensing/acts/people/ask_for_role.py:ask_for_role": {
        "ask for a role": Case(lambda it: role_request_of(it), viewer, whole_company=True),
    },
    "licensing/acts/people/ask_for_role.py:decide_role_request": {
        "decide a request": Case(
            lambda it: decide_role_request(it.company, request=role_request_of(it), grants=True, **by(it)), role_request_of
        ),
    },
    "licensing/acts/people/leave.py:leave": {
        "leave": Case(lambda it: leave(it.company, by=Actor.person(it.person), key=new_key())),
    },
    "licensing/acts/companies/report_figure.py:report_figure": {
        "report a figure": Case(lambda it: report_figure(it.company, **reported(it)), whole_company=True),
    },
    "credits/acts/estimates/ask_sales.py:ask_sales": {
        "ask sales": Case(lambda it: ask_sales(it.company, **asked(it)), whole_company=True),
    },
    "licensing/acts/companies/state_time_zone.py:state_time_zone": {
        "state a time zone": Case(lambda it: state_time_zone(it.company, time_zone="Asia/Tokyo", **by(it)), whole_company=True),
    },
    "licensing/acts/company_settings/tenants.py:state_tenant": {
        "state a tenant": Case(
            lambda it: state_tenant(it.company, provider="entra", tenant=str(uuid4()), **by(it)), whole_company=True
        ),
    },
    "licensing/acts/company_settings/tenants.py:verify_tenant": {
        "verify a tenant": Case(
            lambda it: verify_tenant(it.company, pk=tenant_of(it).pk, came_from=came_from(tenant_of(it)), **by(it)),
            before=tenant_of,
            whole_company=True,
        ),
    },
    "licensing/acts/company_settings/tenants.py:say_what_new_people_become": {
        "say what new people become": Case(viewers_of_tenant, before=verified_tenant_of, whole_company=True),
    },
    "licensing/acts/company_settings/tenants.py:remove_tenant": {
        "remove a tenant": Case(
            lambda it: remove_tenant(it.company, pk=tenant_of(it).pk, **by(it)), before=tenant_of, whole_company=True
        ),
    },
    "licensing/acts/company_settings/join.py:ask_to_join": {
        "ask to join": Case(asks_to_join, before=verified_tenant_of, whole_company=True),
    },
    "licensing/acts/company_settings/join.py:answer_to_join": {
        "answer who asks to join": Case(
            lambda it: answer_to_join(it.company, pk=join_request_of(it), approve=True, **by(it)),
            before=asks_to_join,
            whole_company=True,
        ),
    },
    "licensing/acts/company_settings/join.py:join_from_tenant": {
        "join from a tenant": Case(
            lambda it: join_from_tenant(it.company, came_from=came_from(tenant_of(it)), person=make_user()),
            before=viewers_of_tenant,
            whole_company=True,
        ),
    },
    "licensing/acts/company_settings/rename.py:rename_company": {
        "rename the company": Case(lambda it: rename_company(it.company, name="Another", **by(it)), whole_company=True),
    },
    "licensing/acts/company_settings/second_factor.py:require_second_factor": {
        "require a second factor": Case(
            lambda it: require_second_factor(it.company, on=it.today, **dated(it)), whole_company=True
        ),
    },
    "licensing/acts/company_settings/second_factor.py:require_no_second_factor": {
        "require none": Case(
            lambda it: require_no_second_factor(it.company, **dated(it)),
            before=lambda it: require_second_factor(it.company, on=it.today, **dated(it)),
            whole_company=True,
        ),
    },
    "licensing/acts/company_settings/notices_of_new_members.py:state_notices_of_new_members": {
        "state notices of new members": Case(
            lambda it: state_notices_of_new_members(it.company, told="digest", **dated(it)), whole_company=True
        ),
    },
    "licensing/acts/renew.py:renew_order": {"renew": Case(lambda it: renew_order(it.order, **dated(it)))},
    "licensing/acts/switch_renewal.py:switch_renewal": {
        "switch renewal": Case(lambda it: switch_renewal(it.order, on=True, **dated(it)))
    },
    "licensing/purchases/activation/resume_activation.py:resume_activation": {
        "try an activation again": Case(lambda it: resume_activation(it.failed, reason="mended", **by(it))),
    },
    "licensing/purchases/for_support/mark_read.py:mark_read": {
        "mark an event read": Case(lambda it: mark_read(it.event, **by(it))),
        "mark a difference read": Case(lambda it: mark_read(it.difference, **by(it))),
    },
    "licensing/acts/state/change_state.py:change_state": {
        "suspend": Case(lambda it: suspend_order(it.order, **dated(it))),
        "reinstate": Case(
            lambda it: reinstate_order(it.order, **dated(it)), before=lambda it: suspend_order(it.order, **dated(it))
        ),
        "cancel": Case(lambda it: cancel_order(it.order, **dated(it))),
        "undo a cancellation": Case(
            lambda it: reinstate_order(it.order, undo_cancellation=True, reason="a slip", **dated(it)), before=cancelled_before
        ),
    },
    "licensing/acts/transfer.py:transfer_order": {
        "transfer": Case(lambda it: transfer_order(it.order, to=it.elsewhere, reason="sold", **dated(it))),
    },
}
"""The function that begins an act -> how it is run. A transfer begins its acts through others."""

OF_ALL_COMPANIES = {
    "credits/acts/price_list/state_price_list.py:state_price_list",
    "credits/acts/price_list/reprice.py:_post",
    "console/people/staff/set_staff_roles.py:add_staff",  # about no company
    "licensing/acts/vendor/state_own.py:state_own",
    "licensing/imports/codes.py:write_all",
    "licensing/imports/companies.py:write_all",
    "licensing/imports/import_rows.py:_write_slice",
    "licensing/imports/orders.py:write_without",
}

ACT_CASES = {name: case for cases in ACTS.values() for name, case in cases.items()}


@pytest.mark.parametrize("name", ACT_CASES)
def test_an_act_leaves_the_other_as_it_was(world: World, name: str, settings: Any) -> None:
    settings.SUPPORT_CONTACT, settings.SALES_CONTACT = "support@vendor.example", "sales@vendor.example"
    settings.COMPANY_SELF_SERVICE = True
    case = ACT_CASES[name]
    case.before(world.mine)
    acts = Act.objects.count()
    with others_stay(world, wide=not case.whole_company):
        case.run(world.mine)
    assert Act.objects.count() > acts


def beginners() -> set[str]:
    """Functions in which an act begins."""
    texts = {file: (ROOT / file).read_text() for file in source_files(*APPS)}
    return {
        f"{file}:{function.name}"
        for file, text in texts.items()
        if "Act" in text and "begin" in text  # to parse all of them takes seconds
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef)
        and any(
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and ast.unparse(each.func) in ("Act.begin", "Act.begin_many")
            for each in ast.walk(function)
        )
    }


def test_every_act_has_its_row() -> None:
    assert beginners() == set(ACTS) | OF_ALL_COMPANIES


# --- Jobs


def told_daily(side: Side) -> None:
    User.objects.filter(pk=side.person.pk).update(told="digest")
    facts = {"name": "Credits", "order": "PO-1", "wanted": "5 credits", "reason": "no."}
    until = side.today + timedelta(days=30)
    tell([News(side.company.pk, REFUSED.name, "operation:daily", facts, until)], now=timezone.now() - timedelta(days=2))


def suspended_there(side: Side) -> None:
    happens(side.purchase, "Suspend", told=False)


def unconfirmed(side: Side) -> None:
    """The notification of what happened there came, and could not be confirmed."""
    suspended_there(side)
    MarketplaceEvent.objects.filter(pk=side.event.pk).update(action="suspend", state="received", done_at=None, raw="")


def suspended_here(side: Side) -> None:
    suspend_order(side.order, **dated(side))


def vendor_wants_to_know(side: Side) -> None:
    """Somebody whose address is that of one of the customer's people, as only their mails are looked at."""
    held.hold({"tell:bought": side.person.email}, seconds=60)


def left_by_a_worker(side: Side) -> None:
    """And those of all others are due just now: the world of the module is older than a lease by then."""
    Activation.objects.exclude(pk=side.begun.pk).update(due_at=timezone.now())
    Activation.objects.filter(pk=side.begun.pk).update(due_at=timezone.now() - timedelta(hours=1), working_until=None)


def old(side: Side) -> None:
    OutgoingMail.objects.filter(pk=side.mail.pk).update(created_at=timezone.now() - timedelta(days=400))
    event = {"raw": "{}", "received_at": timezone.now() - timedelta(days=400)}
    MarketplaceEvent.objects.filter(pk=side.event.pk).update(**event)


def file_given(side: Side) -> None:
    head = "company,order_reference,product,units,starts_on,term_months,keeps_use"
    line = f"{side.company.business_id},imported,{side.order.product.sku},5,{side.today},12,"
    by = make_user(is_staff=True)
    run = keep_file("orders", f"{side.company.slug}.csv", BytesIO(f"{head}\n{line}\n".encode()), by=by)
    ImportRun.objects.filter(pk=run.pk).update(to_import=True)


def file_of(side: Side) -> str:
    return str(ImportRun.objects.get(file_name=f"{side.company.slug}.csv").pk)


JOBS: dict[str, Case] = {
    "licensing.import_rows": Case(lambda it: tasks.import_rows.func(run=file_of(it)), before=file_given),
    "console.send_mail": Case(lambda it: send_mail.func(mail=it.mail.pk)),
    "console.forget_mail": Case(lambda it: forget_mail.func(0), before=old),
    "credits.send_digests": Case(lambda it: send_digests.func(0), before=told_daily),
    "credits.tell_what_is_due": Case(lambda it: tell_what_is_due.func(0), before=suspended_here, whole_company=True),
    "licensing.carry_on_activation": Case(lambda it: tasks.carry_on_activation.func(activation=str(it.begun.pk))),
    "licensing.take_up_interrupted": Case(lambda it: tasks.take_up_interrupted.func(0), before=left_by_a_worker),
    "licensing.settle_event": Case(lambda it: tasks.settle_event.func(event=it.event.pk)),
    "licensing.handle_again": Case(lambda it: tasks.handle_again.func(event=it.event.pk), before=unconfirmed),
    "licensing.look_again": Case(lambda it: tasks.look_again.func(event=it.event.pk), before=suspended_there),
    "licensing.tell_company": Case(
        lambda it: tasks.tell_company.func(company=it.company.pk), before=suspended_here, whole_company=True
    ),
    "licensing.tell_vendor": Case(
        lambda it: tasks.tell_vendor.func(happened="bought", about=str(it.purchase.pk)), before=vendor_wants_to_know
    ),
    "licensing.reconcile_nightly": Case(lambda it: tasks.reconcile_nightly.func(0), before=suspended_there),
    "licensing.reconcile_all": Case(lambda it: tasks.reconcile_all.func(channel="azure"), before=suspended_there),
    "licensing.reconcile_one": Case(
        lambda it: tasks.reconcile_one.func(channel="azure", external_id=it.purchase.external_id), before=suspended_there
    ),
    "licensing.forget": Case(lambda it: tasks.forget.func(0), before=old),
}
"""Name of a job -> how it is run, where it is due for one of the two."""

ABOUT_NO_COMPANY = {
    "credits.look_for_support",
    "console.retry_stalled_jobs",
    "console.forget_sessions",
    "console.mail_reset_link",
    "console.tell_of_passwords",
    "credits.verify_ledger",
}
"""Jobs that do something to a person's account, or to everything, as the list of what support has to look at."""
OF_ONE_PURCHASE = {"licensing.look_again", "licensing.reconcile_one"}
"""Where others differ as well, what differs there stays on support's list."""


@pytest.fixture(scope="class")
def world_compared(world_of_the_module: World, django_db_blocker: Any) -> Iterator[World]:
    """What a first comparison notes of purchases that wait stands already, and what is due has been told: once for all."""
    with django_db_blocker.unblock(), written_once():
        tasks.reconcile_all.func(channel="azure")
        tell_what_is_due.func(0)
        yield world_of_the_module


class TestJobs:
    @pytest.mark.parametrize("name", JOBS)
    def test_a_job_leaves_the_other_as_it_was(self, world_compared: World, db: None, name: str) -> None:
        world, case = world_compared, JOBS[name]
        if name in OF_ONE_PURCHASE:
            for side in (world.mine, world.same_company, *world.other_company):
                keep_list(side.purchase, [Found(Difference.Kind.PLAN, "theirs", "ours", "a person has to look")])
        case.before(world.mine)
        with others_stay(world, wide=not case.whole_company, own_changes=True):
            case.run(world.mine)


def test_every_job_has_its_row() -> None:
    ours = {name for name in app.tasks if name.split(".")[0] in APPS}
    assert ours == set(JOBS) | ABOUT_NO_COMPANY


# --- Pages


def latest_statement(side: Side) -> AllocationStatement:
    return AllocationStatement.objects.filter(company=side.company, line=side.line).latest("id")


PRESSES_ON_PEOPLE = ("licensing:invite-again", "licensing:withdraw-invitation", "licensing:remove-member", "licensing:leave")


def page_of(side: Side, name: str) -> tuple[str, dict[str, Any]]:
    row = ADDRESSES[name]
    license = side.license
    if name in ("credits:keep-using", "licensing:receipt"):
        keep_seats(side)
        license = kept_seats(side).licenses.get(company=side.company)
    if name in ("credits:threshold", "licensing:provider-viewers"):
        customer_of(side)
    if name == "licensing:provider-access":
        looked_after(side)
    values = {
        "customer": Company.objects.filter(parent=side.company).values_list("slug", flat=True).first(),
        "license": license.pk,
        "seats": license.pk,
        "coded": side.used_license.pk,
        "feature": side.line.feature.slug,
        "notice": side.delivery.notice_id,
        "act": latest_statement(side).act_id,
        "day": "next-expiration",
        "scenario": scenario_of(side).pk if "scenario" in row.arguments else 0,
        "request": request_of(side).pk if "request" in row.arguments else 0,
        "figure": "current-balance",
        **(numbers_of_people(side.company) if {"member", "role_request", "invitation"} & set(row.arguments) else {}),
        "month": f"{side.today:%Y-%m}",
    }
    address = reverse(name, args=[side.company.slug, *(values[each] for each in row.arguments)])
    tomorrow = str(side.today + timedelta(days=20))
    form = {
        "starting": "today",
        "key": new_key(),
        "seen": str(latest_statement(side).pk),
        f"units_{side.line.pk}": "6",
        f"seen_{side.line.pk}": "5",
    }
    forms: dict[str, dict[str, Any]] = {
        "credits:allocation": form,
        "credits:preview-allocation": form,
        "credits:ask-for-units": {**form, "note": "Laptops"},
        "credits:request": {"decision": "refuse", "words": "Not now.", "key": new_key()},
        "credits:approvals": {"off": "1", "key": new_key()},
        "credits:withdraw-plan": {"on": tomorrow, "line": str(side.line.pk), "key": new_key()},
        "credits:undo-allocation": {"key": new_key()},
        "credits:keep-using": {"keeps": "0", "key": new_key()},
        "credits:usage": {
            "text": f"feature,line,units,day\n{side.line.feature.slug},{side.line.slug},7,{side.today}",
            "key": new_key(),
            "record": "yes",
        },
        "credits:observe-feature": {f"in_use_{side.line.pk}": "7", "observed_on": str(side.today), "key": new_key()},
        "credits:ask-sales": {f"units_{side.line.pk}": "21", "key": new_key()},
        "credits:manage-billing": {"step": "confirm", "key": new_key(), f"to_{side.line.feature.slug}": "pay-as-you-go"},
        "credits:threshold": {"kind": "manual", "credits": "5", "on": str(side.today), "key": new_key()},
        "licensing:provider-access": {"provider": str(side.elsewhere.pk), "closed": "1", "key": new_key()},
        "licensing:provider-viewers": {"user": str(side.person.pk), "looks": "0", "key": new_key()},
        "licensing:code": {"purpose": "reveal"},
        "licensing:read-notices": {"up_to": str(10**9)},
        "licensing:company-tenants": {"part": "remove", "pk": str(tenant_of(side).pk), "key": new_key()},
        "licensing:company-settings": {"part": "name", "name": "Another name", "key": new_key()},
        "licensing:invite": {"email": "somebody@two.example", "roles": "viewer", "key": new_key()},
        "licensing:role-request": {"decision": "approve", "key": new_key()},
        "licensing:member": {"roles": "owner", "key": new_key()},
        **{press: {"key": new_key()} for press in PRESSES_ON_PEOPLE},
        "licensing:report-figure": {"words": "It was more yesterday.", "key": new_key()},
    }
    if name.startswith(("credits:plan", "credits:preview-plan")) or name.endswith("-scenario"):
        forms |= planning_forms(side.company, scenario_of(side), today=side.today)
    return address, forms.get(name, {})


WRITES_NOTHING = ("credits:preview-allocation", "credits:preview-plan", "licensing:roles")
"""Previews; and an owner has no role to ask for."""


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_leaves_the_other_as_it_was(world: World, name: str, settings: Any) -> None:
    settings.SUPPORT_CONTACT, settings.SALES_CONTACT = "support@vendor.example", "sales@vendor.example"
    client = browser_of(world.mine.person)
    address, form = page_of(world.mine, name)
    changes = bool(ADDRESSES[name].change) and name not in WRITES_NOTHING
    whole_company = name == "licensing:provider-access"
    with others_stay(world, wide=not whole_company, own_changes=changes):
        if ADDRESSES[name].see:
            assert client.get(address).status_code in (200, 302)
        if ADDRESSES[name].change:
            assert client.post(address, form).status_code in (200, 302)


@pytest.mark.parametrize("name", [name for name, row in ADDRESSES.items() if row.see])
def test_a_page_shows_nothing_of_the_other_company(world: World, name: str) -> None:
    address, _form = page_of(world.mine, name)
    response = browser_of(make_user(company=world.mine.company, roles=["provider-viewer", "owner"])).get(address, follow=True)
    shown = response.content.decode()
    for side in world.other_company:
        for secret in (side.company.name, side.company.slug, side.order.external_id, side.purchase.external_id):
            assert secret not in shown
