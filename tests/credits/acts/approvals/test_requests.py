"""Asking for units, and what becomes of it: approved, lowered, refused, withdrawn; by whom, and once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from console.errors import Conflict, KeyUsedForSomethingElse, NotAllowed, Refused
from console.models import Act, Actor, User
from console.people.privacy.erase import erase_person
from credits.acts.approvals.approve_request import approve_request
from credits.acts.approvals.ask_for_units import MOST_OPEN, ask_for_units
from credits.acts.approvals.lower_request import lower_request
from credits.acts.approvals.refuse_or_withdraw import refuse_request, withdraw_request
from credits.acts.feature_in_hand import features_in_hand
from credits.acts.planning.plan_in_hand import Plan
from credits.acts.undo.undo_allocation import undo_allocation
from credits.errors import NeedsConfirmation, PlanOutOfDate
from credits.models import AllocationEntry, AllocationStatement, CreditRequirement, RequestEvent, UnitsRequest
from credits.reading.changes_of_balance import balance_and_lines
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.people.leave import leave
from licensing.models import Company, Role
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import balance, line_units

pytestmark = pytest.mark.django_db

LATER = TODAY + timedelta(days=30)
FACTS = (AllocationStatement, AllocationEntry, RequestEvent)


@dataclass
class World:
    company: Company
    line: CreditRequirement
    viewer: User
    manager: User
    owner: User

    def ask(self, units: int = 10, *, by: User | None = None, words: str = "New laptops", **more: Any) -> UnitsRequest:
        return ask_for_units(self.company, units={self.line.pk: units}, words=words, **self.does(by or self.viewer, **more))

    def does(self, by: User, **more: Any) -> dict[str, Any]:
        return {"today": TODAY, "by": Actor.person(by), "key": new_key(), **more}

    def may(self, user: User, *roles: Role) -> None:
        set_roles(self.company, user=user, roles=roles, by=SYSTEM, key=new_key())

    @property
    def units(self) -> int:
        return line_units(self.company, self.line, TODAY)


@pytest.fixture
def world() -> World:
    company = make_company()
    make_license(company=company, units=1_000)
    line = make_feature(rates=["2"]).lines.get()
    people = [make_user(company=company, roles=[role]) for role in (Role.VIEWER, Role.CREDIT_MANAGER, Role.OWNER)]
    return World(company, line, *people)


def decides(world: World, by: User) -> dict[str, Any]:
    return {"by": Actor.person(by), "key": new_key()}


def test_what_a_viewer_asks_for_changes_nothing_until_a_manager_approves_it(world: World) -> None:
    asked = world.ask(10)
    assert (asked.kind, asked.act.note, world.units) == ("asked", "New laptops", 0)
    done = approve_request(world.company, request=asked.pk, words="Fine", **world.does(world.manager))
    assert (world.units, done.change, done.balance_after) == (10, 20, 980)
    stated = AllocationStatement.objects.get(company=world.company, line=world.line)
    assert (stated.act.name, stated.act.actor, stated.act.note) == ("request.approve", world.manager, "Fine")
    event = RequestEvent.objects.get(company=world.company, request=asked)
    assert (event.kind, event.act_id) == ("approved", stated.act_id)


def test_a_viewer_says_what_units_are_for(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.ask(words="  ")
    assert refused.value.field == "note"
    with pytest.raises(Refused):
        world.ask(0)


def test_it_is_asked_and_approved_once_however_often_it_is_sent(world: World) -> None:
    key = new_key()
    asked = world.ask(10, key=key)
    assert world.ask(10, key=key).pk == asked.pk
    with pytest.raises(KeyUsedForSomethingElse):
        world.ask(11, key=key)
    key = new_key()
    first = approve_request(world.company, request=asked.pk, **world.does(world.manager, key=key))
    rows = [each.objects.filter(company=world.company).count() for each in FACTS]
    assert approve_request(world.company, request=asked.pk, **world.does(world.manager, key=key)) == first
    with pytest.raises(Conflict):
        approve_request(world.company, request=asked.pk, **world.does(world.owner))
    assert [each.objects.filter(company=world.company).count() for each in FACTS] == rows


def test_nobody_decides_their_own_request_and_only_they_withdraw_it(world: World) -> None:
    asked = world.ask(10, by=world.manager)
    assert asked.kind == "confirmation"
    for decide in (
        lambda: approve_request(world.company, request=asked.pk, **world.does(world.manager)),
        lambda: lower_request(world.company, request=asked.pk, units={world.line.pk: 5}, **world.does(world.manager)),
        lambda: refuse_request(world.company, request=asked.pk, **decides(world, world.manager)),
        lambda: withdraw_request(world.company, request=asked.pk, **decides(world, world.owner)),
    ):
        with pytest.raises(NotAllowed):
            decide()
    withdraw_request(world.company, request=asked.pk, **decides(world, world.manager))
    with pytest.raises(Conflict):
        approve_request(world.company, request=asked.pk, **world.does(world.owner))
    assert world.units == 0


def test_who_may_not_allocate_at_that_instant_decides_nothing(world: World) -> None:
    asked, stranger = world.ask(10), make_user()
    world.may(world.manager, Role.VIEWER)
    for person in (world.manager, world.viewer, stranger):
        for decide in (
            lambda by: approve_request(world.company, request=asked.pk, **world.does(by)),
            lambda by: lower_request(world.company, request=asked.pk, units={world.line.pk: 5}, **world.does(by)),
            lambda by: refuse_request(world.company, request=asked.pk, **decides(world, by)),
        ):
            with pytest.raises(NotAllowed):
                decide(person)
    with pytest.raises(NotAllowed):
        world.ask(by=stranger)


def test_lowered_it_asks_for_fewer_and_never_for_less_than_there_is(world: World) -> None:
    allocate(world.company, world.line, 4)
    asked = world.ask(10)
    lower = {"request": asked.pk, "words": "Eight are enough"}
    for units in (11, 3, 10):
        with pytest.raises(Refused):
            lower_request(world.company, units={world.line.pk: units}, **lower, **world.does(world.manager))
    with pytest.raises(Refused, match="Refuse it instead"):
        lower_request(world.company, units={world.line.pk: 4}, **lower, **world.does(world.manager))
    held = lower_request(world.company, units={world.line.pk: 8}, **lower, **world.does(world.manager))
    assert (held.units, held.closed_by, held.request.units_of_lines) == ({world.line.pk: 8}, None, {world.line.pk: 10})
    with pytest.raises(Conflict, match="lowered"):
        approve_request(world.company, request=asked.pk, event=0, **world.does(world.owner))
    approve_request(world.company, request=asked.pk, event=held.latest_event, **world.does(world.owner))
    assert world.units == 8


def test_what_was_looked_at_is_what_is_approved(world: World) -> None:
    asked = world.ask(10)
    held = features_in_hand(world.company, lines=[world.line.pk])
    plan = Plan(held, asked.units_of_lines, TODAY)
    figures = plan.figures(balance_and_lines(world.company, [world.line.pk]), today=TODAY, days={TODAY})
    seen = {world.line.feature_id: held[world.line.feature_id].latest_statement}
    other = make_feature(rates=["1"]).lines.get()
    allocate(world.company, other, 1)
    with pytest.raises(PlanOutOfDate):
        approve_request(world.company, request=asked.pk, shown=figures, **world.does(world.manager))
    allocate(world.company, world.line, 1)
    with pytest.raises(PlanOutOfDate):
        approve_request(world.company, request=asked.pk, seen=seen, **world.does(world.manager))
    assert not RequestEvent.objects.filter(company=world.company).exists()


def test_below_zero_is_confirmed_by_whoever_approves(world: World) -> None:
    asked = world.ask(600)
    with pytest.raises(NeedsConfirmation):
        approve_request(world.company, request=asked.pk, **world.does(world.manager))
    approve_request(world.company, request=asked.pk, below_zero_confirmed=True, **world.does(world.manager))
    assert balance(world.company, TODAY) == -200


def test_its_day_is_kept_or_today_once_that_has_come(world: World) -> None:
    first, second = world.ask(10, on=LATER), world.ask(20, on=LATER)
    approve_request(world.company, request=first.pk, **world.does(world.manager))
    assert (world.units, line_units(world.company, world.line, LATER)) == (0, 10)
    after = LATER + timedelta(days=5)
    approve_request(world.company, request=second.pk, **world.does(world.manager, today=after))
    assert (line_units(world.company, world.line, LATER), line_units(world.company, world.line, after)) == (10, 20)


def test_an_approval_is_undone_as_any_change_is(world: World) -> None:
    asked = world.ask(10)
    done = approve_request(world.company, request=asked.pk, **world.does(world.manager))
    undo_allocation(world.company, undoes=done.act, feature=world.line.feature.slug, **world.does(world.owner))
    assert world.units == 0


def test_a_line_that_is_offered_no_more_is_refused_in_words(world: World) -> None:
    asked = world.ask(10)
    UnitsRequest.objects.create(
        kind="asked", units={"999999999": 5}, company=world.company, act=asked.act, recorded_at=asked.recorded_at
    )
    gone = UnitsRequest.objects.for_company(world.company).latest("pk")
    with pytest.raises(Refused, match="no requirement"):
        approve_request(world.company, request=gone.pk, **world.does(world.manager))
    refuse_request(world.company, request=gone.pk, **decides(world, world.manager))


def test_another_companys_request_is_not_found(world: World) -> None:
    other, asked = make_company(), world.ask(10)
    owner = make_user(company=other, roles=[Role.OWNER])
    with pytest.raises(Conflict):
        approve_request(other, request=asked.pk, **world.does(owner))
    with pytest.raises(Conflict):
        refuse_request(other, request=asked.pk, **decides(world, owner))


def test_a_request_for_no_more_than_there_is_cannot_be_lowered_and_says_why(world: World) -> None:
    allocate(world.company, world.line, 90)
    asked = world.ask(65)
    for units in (60, 70, 90):
        with pytest.raises(Refused, match="No more units are asked for than it has then, 90: there is nothing to lower"):
            lower_request(world.company, request=asked.pk, units={world.line.pk: units}, **world.does(world.manager))
    approve_request(world.company, request=asked.pk, **world.does(world.manager))
    assert world.units == 65


@pytest.mark.parametrize("goes", ["removed", "leaves", "erased"])
def test_the_requests_of_whoever_goes_end_with_the_act_and_cannot_be_approved(world: World, goes: str) -> None:
    asked, others = [world.ask(10), world.ask(20)], world.ask(30, by=world.manager)
    refuse_request(world.company, request=asked[1].pk, **decides(world, world.manager))
    by = Actor.person(world.viewer)
    if goes == "removed":
        world.may(world.viewer)
    elif goes == "leaves":
        leave(world.company, by=by, key=new_key())
    else:
        erase_person(world.viewer, by=by, key=new_key())
    event = RequestEvent.objects.get(company=world.company, request=asked[0])
    assert (event.ended, event.state, event.act.company_id) == (True, "Ended", world.company.pk)
    assert event.act.name in {"company.roles", "people.leave"}
    with pytest.raises(Conflict, match="no member any more, so it has ended"):
        approve_request(world.company, request=asked[0].pk, **world.does(world.manager))
    assert list(UnitsRequest.objects.for_company(world.company).open()) == [others]
    assert world.units == 0


def test_a_request_stays_open_while_only_the_roles_of_its_person_change(world: World) -> None:
    asked = world.ask(10)
    world.may(world.viewer, Role.CREDIT_MANAGER)
    assert list(UnitsRequest.objects.for_company(world.company).open()) == [asked]
    withdraw_request(world.company, request=asked.pk, **decides(world, world.viewer))
    assert RequestEvent.objects.get(request=asked).state == "Withdrawn"


def test_one_person_asks_only_so_often(world: World) -> None:
    for number in range(MOST_OPEN):
        world.ask(number + 1)
    with pytest.raises(Refused, match="can be open"):
        world.ask(50)


def test_the_database_itself_lets_a_request_be_decided_once(world: World) -> None:
    asked = world.ask(10)
    refuse_request(world.company, request=asked.pk, **decides(world, world.manager))
    act = Act.objects.for_company(world.company).latest("recorded_at")
    with pytest.raises(IntegrityError, match="a_request_is_decided_once"), transaction.atomic():
        RequestEvent.objects.create(company=world.company, request=asked, kind="approved", act=act, recorded_at=act.recorded_at)
