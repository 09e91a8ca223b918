"""An act on an allocation is undone: what held before it holds again on every day, and what was known stays known."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from console.errors import NotAllowed, Refused
from console.models import Act, Actor
from credits.acts.choose_use import choose_use
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.errors import NeedsConfirmation, NotUndone
from credits.models import CreditRequirement, KeptUnits, SeatUse
from credits.reading.line_facts import statements_of_lines
from credits.rules.statements_that_stand import units_on
from licensing.acts.activate import activate_order
from licensing.models import Company, UseChoice
from tests.credits.acts.test_load_price_list import BASE, load, price_list
from tests.factories import (
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
from tests.ledger import balance, database_clock, day, does, line_credits, line_units

pytestmark = pytest.mark.django_db

DAYS = [-1, 0, 1, 9, 10, 11, 19, 20, 400]


def line_of(rate: Any = 1) -> CreditRequirement:
    return make_feature(rates=[rate]).lines.get()


def undo(company: Company, act: Any = None, **more: Any) -> Any:
    """Undo an act, else the latest of the company."""
    act = act or Act.objects.for_company(company).latest("recorded_at").pk
    return does(undo_allocation, company, undoes=act.act if hasattr(act, "act") else act, **more)


def figures(company: Company, *lines: CreditRequirement) -> list[tuple[int, ...]]:
    return [(balance(company, day(number)), *(count for line in lines for count in of(company, line, number))) for number in DAYS]


def of(company: Company, line: CreditRequirement, number: int) -> tuple[int, int]:
    return line_units(company, line, day(number)), line_credits(company, line, day(number))


def withdraw(company: Company, line: CreditRequirement, number: int, **more: Any) -> Any:
    return does(withdraw_plan, company, feature=line.feature, line=line, on=day(number), **more)


KINDS = {
    "set": lambda company, line: allocate(company, line, 25),
    "set over what was set the same day": lambda company, line: [allocate(company, line, 5), allocate(company, line, 25)][1],
    "plan": lambda company, line: allocate(company, line, 90, on=day(20)),
    "plan over another": lambda company, line: allocate(company, line, 90, on=day(10)),
    "withdraw": lambda company, line: withdraw(company, line, 10),
    "release": lambda company, line: allocate(company, line, 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_after_an_undo_every_day_is_as_before(kind: str) -> None:
    company, line = make_company(), line_of("0.3")
    make_license(company=company, units=1_000)
    allocate(company, line, 10)
    allocate(company, line, 30, on=day(10))
    if kind == "set over what was set the same day":
        allocate(company, line, 5)
    before = figures(company, line)
    done = KINDS[kind](company, line)
    assert figures(company, line) != before

    undone = undo(company, done)

    assert figures(company, line) == before
    assert (undone.day, undone.change) == (done.day, -done.change)
    assert undone.balance_after == balance(company, done.day)
    act = Act.objects.get(pk=undone.act)
    assert (act.name, act.result["undoes"]) == ("allocation.undo", str(done.act))
    call_command("verify_ledger", verbosity=0)


def test_what_was_known_before_an_undo_stays_known() -> None:
    company, line = make_company(), line_of()
    allocate(company, line, 10)
    before = database_clock()
    done = allocate(company, line, 25)
    between = database_clock()
    undo(company, done)

    known = [
        units_on(statements_of_lines([company.pk], [line.pk], known_at=at)[company.pk, line.pk], TODAY)
        for at in (before, between, None)
    ]
    assert known == [10, 25, 10]


def test_an_undo_takes_back_all_lines_and_no_other() -> None:
    company, feature = make_company(), make_feature(rates=[1, 2, 3])
    lines = list(feature.lines.order_by("position"))
    for line in lines:
        allocate(company, line, 10)
    before = figures(company, *lines)
    done = does(set_allocation, company, feature=feature, units={lines[0].pk: 4, lines[2].pk: 5}, below_zero_confirmed=True)
    undone = undo(company, done, below_zero_confirmed=True)

    assert figures(company, *lines) == before
    assert [(each.line, each.units) for each in undone.lines] == [(lines[0].pk, 10), (lines[2].pk, 10)]


def test_the_same_key_undoes_once() -> None:
    company, line = make_company(), line_of()
    done, key = allocate(company, line, 25), new_key()
    first, again = undo(company, done, key=key), undo(company, done, key=key)

    assert first == again
    assert Act.objects.for_company(company).filter(name="allocation.undo").count() == 1


def test_what_was_undone_is_not_undone_again() -> None:
    company, line = make_company(), line_of()
    done = allocate(company, line, 25)
    undo(company, done)
    with pytest.raises(NotUndone, match="undid this already at"):
        undo(company, done)


def test_an_undo_is_itself_undone_and_so_on() -> None:
    company, line = make_company(), line_of()
    allocate(company, line, 10)
    done = allocate(company, line, 25)
    for expected in (10, 25, 10, 25):
        done = undo(company, done, below_zero_confirmed=True)
        assert line_units(company, line, TODAY) == expected
    call_command("verify_ledger", verbosity=0)


def test_acts_are_undone_one_after_the_other_back_to_the_first() -> None:
    company, line = make_company(), line_of()
    done = [allocate(company, line, units) for units in (10, 20, 30)]
    for each, left in zip(reversed(done), (20, 10, 0), strict=True):
        undo(company, each)
        assert line_units(company, line, TODAY) == left


def test_a_plan_that_came_back_is_withdrawn_again() -> None:
    company, line = make_company(), line_of()
    allocate(company, line, 30, on=day(10))
    undo(company, withdraw(company, line, 10), below_zero_confirmed=True)
    assert line_units(company, line, day(10)) == 30
    withdraw(company, line, 10)
    assert line_units(company, line, day(10)) == 0
    call_command("verify_ledger", verbosity=0)


def test_a_plan_that_was_withdrawn_and_came_back_over_and_over_is_undone_too() -> None:
    company, line = make_company(), line_of()
    allocate(company, line, 30, on=day(10))
    back = undo(company, withdraw(company, line, 10), below_zero_confirmed=True)
    undo(company, withdraw(company, line, 10), below_zero_confirmed=True)
    undo(company, back)
    assert line_units(company, line, day(10)) == 0
    call_command("verify_ledger", verbosity=0)


def test_what_somebody_stated_later_holds_an_undo_back() -> None:
    company, line = make_company(), line_of()
    katrin = make_user(company=company, roles=["owner"], name="Katrin Vogel")
    me = make_user(company=company, roles=["owner"], name="Me")
    done = allocate(company, line, 25)
    allocate(company, line_of(), 5)  # another line
    later = does(
        set_allocation,
        company,
        feature=line.feature,
        units={line.pk: 30},
        by=Actor.person(katrin),
        below_zero_confirmed=True,
    )
    at = Act.objects.get(pk=later.act).recorded_at
    local = at.astimezone(company.zone_at(at))
    with pytest.raises(NotUndone) as refused:
        undo(company, done, by=Actor.person(me))
    assert str(refused.value) == f"Katrin Vogel changed {line.feature.name} at {local:%H:%M}. Nothing was written."
    assert refused.value.status == 409
    with pytest.raises(NotUndone, match=r"^You, in another window, changed"):
        undo(company, done, by=Actor.person(katrin))


def test_a_price_list_that_changed_the_credits_holds_an_undo_back() -> None:
    load(price_list(BASE))
    company, line = make_company(), CreditRequirement.objects.get()
    allocate(company, line, 10)
    done = allocate(company, line, 25)
    load(price_list(BASE, ("base", "3", day(5))))
    with pytest.raises(NotUndone, match=r"^A new price list changed the credits of Sensor at"):
        undo(company, done)
    undo(company, allocate(company, line, 30))
    assert line_credits(company, line, day(5)) == 75


def test_an_act_that_came_back_is_held_back_by_what_brought_it_back() -> None:
    company, line = make_company(), line_of()
    done = allocate(company, line, 25)
    undo(company, undo(company, done), below_zero_confirmed=True)
    with pytest.raises(NotUndone):
        undo(company, done)


def test_of_a_day_that_is_over_nothing_is_undone_but_by_support_with_a_reason() -> None:
    company, line = make_company(), line_of()
    owner = Actor.person(make_user(company=company, roles=["owner"]))
    done = allocate(company, line, 25)
    with pytest.raises(Refused, match="what held is not undone on a later day"):
        undo(company, done, by=owner, today=day(1))
    with pytest.raises(Refused, match="State a reason"):
        undo(company, done, today=day(1))
    undo(company, done, today=day(1), reason="typed twice")
    assert line_units(company, line, TODAY) == 0


@pytest.mark.parametrize(("today", "is_undone"), [(day(9), True), (day(10), False)])
def test_a_plan_is_undone_until_its_day(today: Any, is_undone: bool) -> None:
    company, line = make_company(), line_of()
    owner = Actor.person(make_user(company=company, roles=["owner"]))
    done = allocate(company, line, 25, on=day(10))
    if is_undone:
        undo(company, done, by=owner, today=today)
    else:
        with pytest.raises(Refused, match="This holds since"):
            undo(company, done, by=owner, today=today)
    assert line_units(company, line, day(10)) == (0 if is_undone else 25)


def test_an_undo_that_lowers_the_balance_below_zero_is_confirmed() -> None:
    company, line = make_company(), line_of()
    make_license(company=company, units=100)
    allocate(company, line, 130)
    done = allocate(company, line, 50)
    with pytest.raises(NeedsConfirmation) as asked:
        undo(company, done)
    assert asked.value.balance_after == -30
    assert line_units(company, line, TODAY) == 50
    undo(company, done, below_zero_confirmed=True)
    assert balance(company, TODAY) == -30


def test_an_undo_that_raises_a_balance_below_zero_needs_no_confirmation() -> None:
    company, line = make_company(), line_of()
    allocate(company, line, 130)
    undo(company, allocate(company, line, 150))
    assert balance(company, TODAY) == -130


def test_an_act_of_another_company_or_about_no_allocation_has_nothing_to_undo() -> None:
    company, other, line = make_company(), make_company(), line_of()
    done = allocate(other, line, 25)
    for act in (done.act, uuid4()):
        with pytest.raises(Refused, match="nothing to undo"):
            undo(company, act)
    assert line_units(other, line, TODAY) == 25


def test_viewers_undo_nothing() -> None:
    company, line = make_company(), line_of()
    done = allocate(company, line, 25)
    with pytest.raises(NotAllowed):
        undo(company, done, by=Actor.person(make_user(company=company, roles=["viewer"])))


# --- Keeping the use of converted seats


def seats(company: Company, line: CreditRequirement, *, keeps: bool | None = None, units: int = 40) -> Any:
    product = make_product(kind="seats", unit="seat", rate=1)
    SeatUse.objects.create(product=product, line=line)
    return does(activate_order, make_order(product=product, units=units), company=company, keeps_use=keeps)


def kept(company: Company, line: CreditRequirement) -> int:
    return sum(KeptUnits.objects.for_company(company).filter(line=line).values_list("units_change", flat=True))


def choice(company: Company) -> bool | None:
    return UseChoice.objects.for_company(company).that_hold().values_list("keeps", flat=True).first()


@pytest.mark.parametrize("planned", [False, True])
def test_keeping_chosen_afterwards_is_undone(planned: bool) -> None:
    company, line = make_company(), line_of()
    license = seats(company, line)
    allocate(company, line, 10)
    if planned:
        allocate(company, line, 70, on=day(10))
    before = figures(company, line)
    does(choose_use, license.order, keeps=True)
    act = Act.objects.for_company(company).get(name="order.choose-use").pk
    assert (kept(company, line), choice(company)) == (40, True)

    undone = undo(company, act)

    assert figures(company, line) == before
    assert (kept(company, line), choice(company)) == (0, False)
    call_command("verify_ledger", verbosity=0)
    undo(company, undone, below_zero_confirmed=True)
    assert (kept(company, line), choice(company), line_units(company, line, TODAY)) == (40, True, 50)
    call_command("verify_ledger", verbosity=0)


def test_leaving_what_was_kept_is_undone() -> None:
    company, line = make_company(), line_of()
    license = seats(company, line)
    does(choose_use, license.order, keeps=True)
    before = figures(company, line)
    does(choose_use, license.order, keeps=False)
    undo(company)

    assert figures(company, line) == before
    assert (kept(company, line), choice(company)) == (40, True)
    does(choose_use, license.order, keeps=False)
    assert line_units(company, line, TODAY) == 0
    call_command("verify_ledger", verbosity=0)


def test_keeping_that_came_with_an_activation_is_undone_and_the_license_stays() -> None:
    company, line = make_company(), line_of()
    allocate(company, line, 10)
    seats(company, line, keeps=True)
    assert (line_units(company, line, TODAY), balance(company, TODAY)) == (50, -10)

    undo(company)

    assert (line_units(company, line, TODAY), balance(company, TODAY)) == (10, 30)
    assert (kept(company, line), choice(company)) == (0, False)
    call_command("verify_ledger", verbosity=0)


def test_the_choice_of_an_order_is_put_back_also_after_a_later_choice_that_was_undone() -> None:
    company, line = make_company(), line_of()
    license = seats(company, line, keeps=True)
    activated = Act.objects.for_company(company).latest("recorded_at").pk
    does(choose_use, license.order, keeps=False)
    undo(company)
    assert (kept(company, line), choice(company)) == (40, True)

    undo(company, activated)

    assert (kept(company, line), choice(company)) == (0, False)
    assert line_units(company, line, TODAY) == 0
    call_command("verify_ledger", verbosity=0)
