"""What is planned for a later day stays until somebody withdraws it."""

from __future__ import annotations

from typing import Any

import pytest

from console.errors import Refused
from credits.acts.feature_in_hand import feature_in_hand
from credits.acts.withdraw_plan import plans_after, withdraw_plan
from credits.models import AllocationStatement, CreditRequirement
from licensing.models import Company
from tests.factories import TODAY, allocate, make_company, make_feature
from tests.ledger import day, does, line_units

pytestmark = pytest.mark.django_db


def withdraw(company: Company, line: CreditRequirement, on: Any, **more: Any) -> Any:
    return does(withdraw_plan, company, feature=line.feature, line=line, on=on, below_zero_confirmed=True, **more)


def units(company: Company, line: CreditRequirement, *numbers: int) -> list[int]:
    return [line_units(company, line, day(number)) for number in numbers]


def test_units_hold_until_the_next_day_with_a_standing_statement() -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 20, on=day(20))
    allocate(company, line, 10, on=day(10))

    assert units(company, line, 0, 9, 10, 19, 20, 400) == [0, 0, 10, 10, 20, 20]


def test_setting_todays_units_leaves_what_is_planned() -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 10)
    allocate(company, line, 20, on=day(20))
    allocate(company, line, 15, today=day(5))

    assert units(company, line, 4, 5, 19, 20) == [10, 15, 15, 20]


def test_of_one_day_the_last_recorded_holds() -> None:
    company, line = make_company(), make_feature().lines.get()
    for count in (10, 30, 20):
        allocate(company, line, count, on=day(20))

    assert units(company, line, 20) == [20]


def test_a_withdrawn_plan_lets_the_units_before_it_go_on() -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 10)
    allocate(company, line, 30, on=day(20))
    allocate(company, line, 20, on=day(20))
    withdraw(company, line, day(20))

    assert units(company, line, 19, 20, 100) == [10, 10, 10]
    assert AllocationStatement.objects.filter(withdraws__isnull=False).count() == 2


def test_a_withdrawn_plan_may_be_stated_again() -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 30, on=day(20))
    withdraw(company, line, day(20))
    allocate(company, line, 40, on=day(20))

    assert units(company, line, 19, 20) == [0, 40]


@pytest.mark.parametrize("on", [day(-1), TODAY, day(21)])
def test_only_what_is_planned_for_a_later_day_can_be_withdrawn(on: Any) -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 10, on=day(-1))
    allocate(company, line, 10)
    allocate(company, line, 30, on=day(20))

    with pytest.raises(Refused):
        withdraw(company, line, on)
    assert units(company, line, 0, 20) == [10, 30]


def test_a_plan_is_withdrawn_once() -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 30, on=day(20))
    withdraw(company, line, day(20))

    with pytest.raises(Refused):
        withdraw(company, line, day(20))


@pytest.mark.parametrize("planned", [0, 1, 30])
def test_every_plan_is_listed_and_can_be_withdrawn_a_release_too(planned: int) -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 10)
    allocate(company, line, planned, on=day(20))
    assert [(plan.day, plan.units) for _line, plan in plans_after(feature_in_hand(company, line.feature), TODAY)] == [
        (day(20), planned)
    ]
    withdraw(company, line, day(20))

    assert plans_after(feature_in_hand(company, line.feature), TODAY) == []
    assert units(company, line, 19, 20, 100) == [10, 10, 10]


def test_plans_are_listed_by_day_and_only_those_that_stand() -> None:
    company, feature = make_company(), make_feature(rates=[1, 1])
    first, second = feature.lines.order_by("position")
    allocate(company, second, 5, on=day(30))
    allocate(company, first, 1, on=day(30))
    allocate(company, first, 2, on=day(20))
    allocate(company, first, 3, on=day(20))
    allocate(company, first, 4, on=day(40))
    withdraw(company, first, day(40))
    allocate(company, first, 9)

    found = plans_after(feature_in_hand(company, feature), TODAY)
    assert [(line, plan.day, plan.units) for line, plan in found] == [
        (first, day(20), 3),
        (first, day(30), 1),
        (second, day(30), 5),
    ]
