"""A feature billed from its annual credits, or pay-as-you-go under a contract."""

from __future__ import annotations

from typing import Any

import pytest

from console.errors import Refused
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.feature_in_hand import feature_in_hand
from credits.acts.withdraw_plan import plans_after, withdraw_plan
from credits.models import AllocationStatement, BillingModelChange, CreditRequirement, Feature
from credits.reading.annual_credits import annual_credits
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.errors import in_words
from licensing.models import Company, License
from tests.factories import allocate, make_company, make_feature, make_license, make_product
from tests.ledger import allocated, day, does, facts, line_units

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def line() -> CreditRequirement:
    return make_feature(switchable=True).lines.get()


@pytest.fixture
def contract(company: Company) -> License:
    """Runs for 100 days."""
    return make_contract(company)


def make_contract(company: Company) -> License:
    product = make_product(kind="pay-as-you-go", rate=None)
    return make_license(company=company, product=product, units=1, term_ends_on=day(99))


def switch(company: Company, feature: Feature, to: str, number: int = 0, **more: Any) -> Any:
    return does(switch_billing_model, company, feature=feature, model=to, today=day(number), **more)


def units(company: Company, line: CreditRequirement, *numbers: int) -> list[int]:
    return [line_units(company, line, day(number)) for number in numbers]


def status(company: Company, number: int) -> str:
    [row] = annual_credits(company, on=day(number)).features
    return row.status


def test_a_switch_to_pay_as_you_go_states_0_units_and_withdraws_plans(
    company: Company, line: CreditRequirement, contract: License
) -> None:
    allocate(company, line, 10)
    allocate(company, line, 20, on=day(30))
    switch(company, line.feature, "pay-as-you-go", 5)

    assert units(company, line, 4, 5, 30, 100, 400) == [10, 0, 0, 0, 0]
    assert plans_after(feature_in_hand(company, line.feature), day(5)) == []
    assert [status(company, number) for number in (4, 5, 99, 100)] == [
        "allocated",
        "pay-as-you-go",
        "pay-as-you-go",
        "not-allocated",
    ]


def test_plans_before_the_day_of_a_later_switch_stay(company: Company, line: CreditRequirement, contract: License) -> None:
    allocate(company, line, 10)
    allocate(company, line, 20, on=day(30))
    allocate(company, line, 25, on=day(40))
    switch(company, line.feature, "pay-as-you-go", 5, on=day(40))

    assert units(company, line, 29, 30, 39, 40) == [10, 20, 20, 0]


def test_switching_back_starts_at_not_allocated(company: Company, line: CreditRequirement, contract: License) -> None:
    allocate(company, line, 10)
    switch(company, line.feature, "pay-as-you-go")
    switch(company, line.feature, "annual", 30)

    assert (units(company, line, 30), status(company, 30)) == ([0], "not-allocated")
    allocate(company, line, 7, today=day(30))
    assert units(company, line, 29, 30) == [0, 7]


@pytest.mark.parametrize(("number", "refused"), [(1, True), (29, True), (30, False)])
def test_two_changes_lie_at_least_30_days_apart(
    company: Company, line: CreditRequirement, contract: License, number: int, refused: bool
) -> None:
    switch(company, line.feature, "pay-as-you-go")

    if refused:
        with pytest.raises(Refused) as refusal:
            switch(company, line.feature, "annual", number)
        assert refusal.value.field == "on"
        assert BillingModelChange.objects.count() == 1
    else:
        assert switch(company, line.feature, "annual", number)


def test_the_30_days_count_from_a_planned_change_too(company: Company, line: CreditRequirement, contract: License) -> None:
    switch(company, line.feature, "pay-as-you-go", 0, on=day(40))

    with pytest.raises(Refused):
        switch(company, line.feature, "pay-as-you-go", 11)


def test_the_end_of_the_contract_needs_no_act_and_is_exempt_from_the_30_days(
    company: Company, line: CreditRequirement, contract: License
) -> None:
    switch(company, line.feature, "pay-as-you-go", 90)

    with pytest.raises(Refused):
        allocate(company, line, 5, today=day(99))
    allocate(company, line, 5, today=day(100))
    assert units(company, line, 99, 100) == [0, 5]


def test_units_are_refused_from_a_standing_switch_on_until_it_is_switched_back(
    company: Company, line: CreditRequirement, contract: License
) -> None:
    switch(company, line.feature, "pay-as-you-go", 0, on=day(10))
    allocate(company, line, 5, on=day(9))
    for number in (10, 50):
        with pytest.raises(Refused):
            allocate(company, line, 5, on=day(number))
    switch(company, line.feature, "annual", 0, on=day(50))
    allocate(company, line, 6, on=day(50))

    assert units(company, line, 9, 10, 49, 50) == [5, 0, 0, 6]


def test_renewals_of_the_contract_carry_the_switch_on(company: Company, line: CreditRequirement, contract: License) -> None:
    switch(company, line.feature, "pay-as-you-go")
    allocate(company, line, 5, on=day(120))
    does(renew_order, contract.order, today=day(60), term_months=2)

    assert units(company, line, 100, 120, 130) == [0, 0, 0]
    assert status(company, 130) == "pay-as-you-go"


def test_a_cancelled_contract_ends_the_switch_and_a_suspended_one_does_not(
    company: Company, line: CreditRequirement, contract: License
) -> None:
    switch(company, line.feature, "pay-as-you-go")
    does(suspend_order, contract.order, today=day(10))
    assert status(company, 10) == "pay-as-you-go"

    does(cancel_order, contract.order, today=day(20))
    assert [status(company, number) for number in (19, 20)] == ["pay-as-you-go", "not-allocated"]
    allocate(company, line, 5, today=day(20))
    assert units(company, line, 20) == [5]


def test_another_contract_does_not_carry_on_a_switch_made_under_one_that_ended(
    company: Company, line: CreditRequirement, contract: License
) -> None:
    switch(company, line.feature, "pay-as-you-go")
    make_license(company=company, product=contract.product, units=1, term_starts_on=day(100), term_ends_on=day(200))

    assert status(company, 100) == "not-allocated"


def test_a_contract_whose_plan_was_changed_to_something_else_runs_no_more(
    company: Company, line: CreditRequirement, contract: License
) -> None:
    switch(company, line.feature, "pay-as-you-go")
    does(change_plan, contract.order, product=make_product(), today=day(20))

    assert [status(company, number) for number in (19, 20)] == ["pay-as-you-go", "not-allocated"]
    allocate(company, line, 5, today=day(20))
    assert units(company, line, 20) == [5]


def test_pay_as_you_go_needs_a_contract_that_runs_on_the_day(
    company: Company, line: CreditRequirement, contract: License
) -> None:
    for number, said in ((-1, f"begins on {in_words(day(0))}"), (100, "Buy one first")):
        with pytest.raises(Refused, match=said):
            switch(company, line.feature, "pay-as-you-go", number)
    with pytest.raises(Refused):
        switch(make_company(), line.feature, "pay-as-you-go")


def test_a_switch_holds_from_today_or_a_later_day(company: Company, line: CreditRequirement, contract: License) -> None:
    with pytest.raises(Refused):
        switch(company, line.feature, "pay-as-you-go", 5, on=day(4))


def test_a_feature_that_is_always_billed_annually_cannot_be_switched(company: Company, contract: License) -> None:
    with pytest.raises(Refused):
        switch(company, make_feature(switchable=False), "pay-as-you-go")


def test_a_feature_billed_this_way_already_is_not_switched(company: Company, line: CreditRequirement, contract: License) -> None:
    with pytest.raises(Refused):
        switch(company, line.feature, "annual")
    switch(company, line.feature, "pay-as-you-go")
    with pytest.raises(Refused):
        switch(company, line.feature, "pay-as-you-go", 40)


def test_features_of_a_switch_group_go_together(company: Company, contract: License) -> None:
    first, second, third = (make_feature(switchable=True, switch_group=group) for group in ("logs", "logs", ""))
    for feature in (first, second, third):
        allocate(company, feature.lines.get(), 10)
    changes = switch(company, second, "pay-as-you-go", 5)

    assert {change.feature_id for change in changes} == {first.pk, second.pk}
    assert allocated(company, day(5)) == 10


def test_the_0_units_of_a_planned_switch_are_no_plan_to_withdraw(
    company: Company, line: CreditRequirement, contract: License
) -> None:
    allocate(company, line, 10)
    switch(company, line.feature, "pay-as-you-go", 0, on=day(40))

    assert plans_after(feature_in_hand(company, line.feature), day(0)) == []
    with pytest.raises(Refused):
        does(withdraw_plan, company, feature=line.feature, line=line, on=day(40))
    assert units(company, line, 39, 40, 100) == [10, 0, 0]


def test_an_earlier_switch_leaves_the_0_units_of_a_later_one(
    company: Company, line: CreditRequirement, contract: License
) -> None:
    allocate(company, line, 10)
    switch(company, line.feature, "pay-as-you-go", 0, on=day(90))
    switch(company, line.feature, "pay-as-you-go", 0, on=day(40))

    zeros = AllocationStatement.objects.filter(line=line, units=0).values_list("pk", flat=True)
    assert len(zeros) == 2
    assert not AllocationStatement.objects.filter(withdraws__in=list(zeros)).exists()
    assert units(company, line, 39, 40, 100) == [10, 0, 0]


# --- Several features


@pytest.mark.parametrize("asked", [0, 1, 2])
@pytest.mark.parametrize("late", [0, 1, 2])
def test_of_features_switched_apart_and_grouped_since_the_30_days_of_each_count(
    company: Company, contract: License, late: int, asked: int
) -> None:
    features = [make_feature(switchable=True) for _ in range(3)]
    for feature in features:
        switch(company, feature, "pay-as-you-go", 20 if feature == features[late] else 0)
    Feature.objects.update(switch_group="logs")
    features[asked].refresh_from_db()

    with pytest.raises(Refused) as refusal:
        switch(company, features[asked], "annual", 49)
    assert str(features[late]) in str(refusal.value)
    assert "choose Apr 21, 2026 or later" in str(refusal.value)
    assert BillingModelChange.objects.count() == 3
    changes = switch(company, features[asked], "annual", 50)
    assert [change.feature for change in changes] == features


@pytest.mark.parametrize("other", [0, 1])
def test_of_features_grouped_since_one_billed_this_way_already_refuses_the_switch(
    company: Company, contract: License, other: int
) -> None:
    features = [make_feature(switchable=True) for _ in range(2)]
    switch(company, features[other], "pay-as-you-go")
    Feature.objects.update(switch_group="logs")
    features[1 - other].refresh_from_db()

    with pytest.raises(Refused, match="is billed this way on that day already"):
        switch(company, features[1 - other], "pay-as-you-go", 40)


# --- A contract whose dates were corrected: of dates the last recorded hold, from whatever day they were stated


@pytest.mark.parametrize("number", [0, 4, 9])
def test_a_contract_corrected_to_an_earlier_start_carries_a_switch_in_between(
    company: Company, line: CreditRequirement, number: int
) -> None:
    product = make_product(kind="pay-as-you-go", rate=None)
    contract = make_license(company=company, product=product, units=1, term_starts_on=day(10), term_ends_on=day(99))
    does(correct_license, contract, today=day(0), starts_on=day(-1), reason="it was bought for yesterday")
    allocate(company, line, 10, today=day(-20))

    switch(company, line.feature, "pay-as-you-go", number)
    assert [status(company, each) for each in (number - 1, number, 50, 100)] == [
        "allocated",
        "pay-as-you-go",
        "pay-as-you-go",
        "not-allocated",
    ]
    assert units(company, line, number - 1, number, 100) == [10, 0, 0]
    with pytest.raises(Refused):
        allocate(company, line, 5, today=day(number))
    assert facts(contract).running_periods() == [(day(-1), day(100))]


def test_a_contract_that_is_corrected_twice_has_the_dates_that_were_stated_last(
    company: Company, line: CreditRequirement
) -> None:
    product = make_product(kind="pay-as-you-go", rate=None)
    contract = make_license(company=company, product=product, units=1, term_starts_on=day(10), term_ends_on=day(99))
    does(correct_license, contract, today=day(0), starts_on=day(-5), reason="a slip")
    switch(company, line.feature, "pay-as-you-go", 0)
    does(correct_license, contract, today=day(0), starts_on=day(-2), expires_on=day(30), reason="another one")

    assert [status(company, each) for each in (0, 29, 30)] == ["pay-as-you-go", "pay-as-you-go", "not-allocated"]
    allocate(company, line, 5, on=day(30), today=day(1))
    assert units(company, line, 29, 30) == [0, 5]


def test_a_switch_is_made_under_the_contract_that_ends_last_suspended_ones_aside() -> None:
    company, line = make_company(), make_feature(switchable=True).lines.get()
    short, long, longest = (
        make_license(company=company, product=make_product(kind="pay-as-you-go", rate=None), units=1, term_ends_on=day(number))
        for number in (89, 364, 400)
    )
    does(suspend_order, longest.order, today=day(20))
    does(renew_order, short.order, term_months=1)
    [change] = switch(company, line.feature, "pay-as-you-go", 30)

    assert change.contract == long
    assert [status(company, number) for number in (89, 130, 364, 365)] == [*["pay-as-you-go"] * 3, "not-allocated"]


def test_of_contracts_the_one_whose_renewals_end_last_is_taken() -> None:
    company, line = make_company(), make_feature(switchable=True).lines.get()
    first, second = (
        make_license(company=company, product=make_product(kind="pay-as-you-go", rate=None), units=1, term_ends_on=day(number))
        for number in (89, 100)
    )
    does(renew_order, first.order, term_months=12)
    [change] = switch(company, line.feature, "pay-as-you-go", 30)

    assert change.contract == first
    assert second.pk != first.pk


def test_nothing_is_switched_under_a_suspended_contract_until_it_is_reinstated() -> None:
    company, line, other = make_company(), *(make_feature(switchable=True).lines.get() for _ in range(2))
    contract = make_contract(company)
    switch(company, other.feature, "pay-as-you-go")
    does(suspend_order, contract.order, today=day(10))
    for feature, to in ((line.feature, "pay-as-you-go"), (other.feature, "annual")):
        with pytest.raises(Refused, match=r"suspended on Apr 3, 2026.* Have it reinstated first\.") as refusal:
            switch(company, feature, to, 32)
        assert refusal.value.field == "on"
    assert billed(company, other, 32) == "pay-as-you-go"

    does(reinstate_order, contract.order, today=day(33))
    assert switch(company, line.feature, "pay-as-you-go", 33)
    assert switch(company, other.feature, "annual", 33)


def test_a_feature_whose_suspended_contract_has_ended_is_switched_under_another(contract: License, company: Company) -> None:
    line = make_feature(switchable=True).lines.get()
    switch(company, line.feature, "pay-as-you-go")
    does(suspend_order, contract.order, today=day(10))
    does(cancel_order, contract.order, today=day(40))
    make_contract(company)

    assert switch(company, line.feature, "pay-as-you-go", 45)


def billed(company: Company, line: CreditRequirement, number: int) -> str:
    return next(row.status for row in annual_credits(company, on=day(number)).features if row.id == line.feature_id)
