"""Where a company wants a second person: from so many credits on, below zero, also in small steps; and who is asked nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from console.company_in_hand import for_company
from console.errors import NotAllowed, Refused
from console.models import Actor, User
from credits.acts.approvals.approve_request import approve_request
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.approvals.second_person import rule_of
from credits.acts.approvals.state_approvals import state_approvals
from credits.acts.choose_use import choose_use
from credits.acts.planning.apply_scenario import apply_scenario
from credits.acts.planning.keep_scenario import keep_scenario
from credits.acts.planning.set_many import set_many
from credits.acts.set_allocation import AllocationSet, set_allocation
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.errors import NeedsApproval, NeedsConfirmation
from credits.models import AllocationStatement, CreditRequirement, SeatUse
from credits.rules.second_person import NEVER, WhenAsked
from licensing.acts.activate import activate_order
from licensing.acts.companies.set_roles import set_roles
from licensing.models import Company, Role
from tests.factories import (
    SYSTEM,
    TODAY,
    allocate,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.ledger import balance, line_units

pytestmark = pytest.mark.django_db

LIMIT = 100
LATER = TODAY + timedelta(days=30)


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_license(company=company, units=1_000)
    return company


@pytest.fixture
def owner(company: Company) -> User:
    return make_user(company=company, roles=[Role.OWNER])


@pytest.fixture
def manager(company: Company, owner: User) -> User:
    """With a rule: from LIMIT credits on a second person confirms."""
    manager = make_user(company=company, roles=[Role.CREDIT_MANAGER])
    says(company, owner, WhenAsked(LIMIT))
    return manager


@pytest.fixture
def line() -> CreditRequirement:
    return make_feature(rates=["1"]).lines.get()


def says(company: Company, owner: User, when: WhenAsked) -> None:
    state_approvals(company, when=when, by=Actor.person(owner), key=new_key())


def rule(company: Company) -> WhenAsked:
    with for_company(company):
        return rule_of(company)


def does(by: User, **more: Any) -> dict[str, Any]:
    return {"today": TODAY, "by": Actor.person(by), "key": new_key(), **more}


def sets(company: Company, line: CreditRequirement, units: int, by: User, **more: Any) -> AllocationSet:
    return set_allocation(company, feature=line.feature, units={line.pk: units}, **does(by, **more))


def test_it_is_stated_by_owners_and_while_two_could_confirm(company: Company, owner: User) -> None:
    with pytest.raises(Refused, match="Fewer than two"):
        says(company, owner, WhenAsked(LIMIT))
    manager = make_user(company=company, roles=[Role.CREDIT_MANAGER])
    with pytest.raises(NotAllowed):
        says(company, manager, WhenAsked(LIMIT))
    with pytest.raises(Refused):
        says(company, owner, WhenAsked(0))
    says(company, owner, WhenAsked(LIMIT, below_zero=True))
    assert rule(company) == WhenAsked(LIMIT, below_zero=True)
    set_roles(company, user=manager, roles=[], by=SYSTEM, key=new_key())
    with pytest.raises(Refused, match="Fewer than two"):
        says(company, owner, WhenAsked(LIMIT + 1))
    says(company, owner, NEVER)  # nothing waits forever
    assert rule(company) == NEVER


def test_from_the_limit_on_nothing_is_written_alone(company: Company, manager: User, line: CreditRequirement) -> None:
    with pytest.raises(NeedsApproval):
        sets(company, line, LIMIT, manager)
    with pytest.raises(NeedsApproval):
        sets(company, line, LIMIT, manager, on=LATER)
    with pytest.raises(NeedsApproval):
        set_many(company, units={line.pk: LIMIT}, **does(manager))
    scenario = keep_scenario(company, name="More", units={line.pk: LIMIT}, **does(manager))
    assert scenario is not None
    with pytest.raises(NeedsApproval):
        apply_scenario(company, scenario=scenario.pk, **does(manager))
    assert not AllocationStatement.objects.filter(company=company).exists()
    assert sets(company, line, LIMIT - 1, manager).change == LIMIT - 1


def test_small_steps_add_up_for_each_person_and_day(
    company: Company, manager: User, owner: User, line: CreditRequirement
) -> None:
    other = make_feature(rates=["1"]).lines.get()
    first = sets(company, line, 60, manager)
    sets(company, line, 0, manager)
    with pytest.raises(NeedsApproval):  # what was released since does not count against it
        sets(company, other, 40, manager)
    undo_allocation(
        company,
        undoes=AllocationStatement.objects.filter(company=company).latest("pk").act_id,
        feature=line.feature.slug,
        **does(manager),
    )
    with pytest.raises(NeedsApproval):  # nor what was undone: it can be brought back alone
        set_many(company, units={other.pk: 40}, **does(manager))
    assert sets(company, other, 39, manager).change == 39
    assert sets(company, other, 100, owner).change == 61
    assert sets(company, line, 100, manager, today=first.day + timedelta(days=1)).change == 40


def test_what_others_release_does_not_hide_what_is_added(company: Company, manager: User, line: CreditRequirement) -> None:
    other = make_feature(rates=["1"]).lines.get()
    allocate(company, other, 500)
    with pytest.raises(NeedsApproval):
        set_many(company, units={line.pk: LIMIT, other.pk: 400}, **does(manager))
    assert set_many(company, units={line.pk: LIMIT - 1, other.pk: 0}, **does(manager)).change == LIMIT - 1 - 500


def test_below_zero_is_asked_of_what_adds(company: Company, manager: User, owner: User, line: CreditRequirement) -> None:
    says(company, owner, WhenAsked(below_zero=True))
    allocate(company, line, 1_100)
    other = make_feature(rates=["1"]).lines.get()
    with pytest.raises(NeedsConfirmation):
        sets(company, other, 1, manager)
    with pytest.raises(NeedsApproval):
        sets(company, other, 1, manager, below_zero_confirmed=True)
    assert sets(company, line, 1_050, manager, below_zero_confirmed=True).balance_after == -50


def test_support_and_machines_and_undos_of_the_day_are_asked_nothing(
    company: Company, manager: User, line: CreditRequirement
) -> None:
    support = make_user(is_staff=True)
    done = sets(company, line, 500, support, reason="As agreed")
    undone = undo_allocation(company, undoes=done.act, feature=line.feature.slug, **does(manager))
    undo_allocation(company, undoes=undone.act, feature=line.feature.slug, **does(manager))
    assert line_units(company, line, TODAY) == 500


def test_an_undo_takes_the_balance_no_lower_than_it_was_before_what_it_undoes(
    company: Company, manager: User, owner: User, line: CreditRequirement
) -> None:
    says(company, owner, WhenAsked(below_zero=True))
    other = make_feature(rates=["1"]).lines.get()
    allocate(company, line, 1_000)
    first = sets(company, line, 0, manager)
    undone = undo_allocation(company, undoes=first.act, **does(manager))  # nothing else was done: as it was
    again = undo_allocation(company, undoes=undone.act, **does(manager))
    sets(company, other, 1_000, manager)
    with pytest.raises(NeedsApproval, match="allocation form"):
        undo_allocation(company, undoes=again.act, **does(manager, below_zero_confirmed=True))
    assert balance(company, TODAY) == 0
    undo_allocation(company, undoes=again.act, **does(make_user(is_staff=True), below_zero_confirmed=True, reason="As agreed"))


def test_an_undo_is_judged_on_later_days_too(company: Company, manager: User, owner: User, line: CreditRequirement) -> None:
    says(company, owner, WhenAsked(below_zero=True))
    other = make_feature(rates=["1"]).lines.get()
    allocate(company, line, 1_000)
    first = sets(company, line, 0, manager)
    sets(company, other, 1_000, manager, on=LATER)
    with pytest.raises(NeedsApproval):
        undo_allocation(company, undoes=first.act, **does(manager))
    assert balance(company, LATER) == 0


def test_a_license_that_ends_holds_up_no_undo(company: Company, manager: User, owner: User, line: CreditRequirement) -> None:
    says(company, owner, WhenAsked(below_zero=True))
    allocate(company, line, 500)
    first = sets(company, line, 400, manager)
    sets(company, make_feature(rates=["1"]).lines.get(), 50, manager)
    undo_allocation(company, undoes=first.act, **does(manager))
    assert (balance(company, TODAY), balance(company, TODAY + timedelta(days=366))) == (450, -550)


def test_an_undo_brings_back_a_balance_below_zero_of_the_same_day(
    company: Company, manager: User, owner: User, line: CreditRequirement
) -> None:
    says(company, owner, WhenAsked(below_zero=True))
    allocate(company, line, 1_100)
    lowered = sets(company, line, 1_000, manager)
    with pytest.raises(NeedsConfirmation):
        undo_allocation(company, undoes=lowered.act, **does(manager))
    undo_allocation(company, undoes=lowered.act, **does(manager, below_zero_confirmed=True))
    assert balance(company, TODAY) == -100


@pytest.mark.parametrize("days_later", [0, 1])
def test_withdrawing_a_plan_takes_the_balance_no_lower_than_before_it(
    days_later: int, company: Company, manager: User, owner: User, line: CreditRequirement
) -> None:
    other = make_feature(rates=["1"]).lines.get()
    allocate(company, line, 1_000)
    sets(company, line, 0, manager, on=LATER)
    allocate(company, other, 1_000, on=LATER)
    plan = {"feature": line.feature, "line": line, "on": LATER}
    later = does(manager, **plan, today=TODAY + timedelta(days=days_later))
    with pytest.raises(NeedsConfirmation):
        withdraw_plan(company, **later)
    says(company, owner, WhenAsked(below_zero=True))
    with pytest.raises(NeedsApproval):
        withdraw_plan(company, **later, below_zero_confirmed=True)
    assert balance(company, LATER) == 0
    says(company, owner, NEVER)
    assert withdraw_plan(company, **later, below_zero_confirmed=True).balance_after == -1_000


@pytest.mark.parametrize("when", [WhenAsked(LIMIT), WhenAsked(below_zero=True)])
def test_keeping_in_use_by_hand_is_asked_and_counted(
    when: WhenAsked, company: Company, manager: User, owner: User, line: CreditRequirement
) -> None:
    """What 90 seats pay for is 90 credits, which others may have allocated already."""
    says(company, owner, when)
    other = make_feature(rates=["1"]).lines.get()
    product = make_product(kind="seats", unit="seat", rate=1)
    SeatUse.objects.create(product=product, line=line)
    orders = [make_order(product=product, units=units) for units in (90, 20)]
    for order in orders:
        activate_order(order, company=company, today=TODAY, by=SYSTEM, key=new_key(), keeps_use=False)
    keeps = {"keeps": True, **does(manager)}
    if when.below_zero:
        allocate(company, other, 1_110)
        with pytest.raises(NeedsApproval, match="allocation form"):
            choose_use(orders[0], **keeps)
        assert line_units(company, line, TODAY) == 0
        allocate(company, other, 1_000)
        assert choose_use(orders[0], **keeps) == 90
        return
    assert choose_use(orders[0], **keeps) == 90
    with pytest.raises(NeedsApproval, match="allocation form"):
        choose_use(orders[1], keeps=True, **does(manager))
    with pytest.raises(NeedsApproval):
        sets(company, other, 10, manager)
    assert sets(company, other, 9, manager).change == 9
    assert choose_use(orders[0], keeps=False, **does(manager)) == -90


def test_it_is_asked_for_instead_and_another_person_confirms(
    company: Company, manager: User, owner: User, line: CreditRequirement
) -> None:
    asked = ask_for_units(company, units={line.pk: 500}, words="", **does(manager))
    with pytest.raises(NotAllowed):
        approve_request(company, request=asked.pk, **does(manager))
    done = approve_request(company, request=asked.pk, **does(owner))
    assert (done.change, line_units(company, line, TODAY)) == (500, 500)
    assert sets(company, line, 599, owner).change == 99  # what two agreed on, neither of them added alone
    assert sets(company, make_feature(rates=["1"]).lines.get(), 99, manager).change == 99
