"""Units of a feature's lines, from a day, and the credits that sets aside."""

from __future__ import annotations

from typing import Any

import pytest

from console.errors import KeyUsedForSomethingElse, NotAllowed, Refused
from console.models import Act, Actor
from credits.acts.feature_in_hand import feature_in_hand
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.set_allocation import set_allocation
from credits.catalogue.files_and_rows import REFERENCE_FOLDER
from credits.catalogue.read_catalogue import read_catalogue
from credits.errors import ChangedMeanwhile, NeedsConfirmation
from credits.models import AllocationEntry, AllocationStatement, CreditRequirement, Feature
from credits.reading.annual_credits import annual_credits
from licensing.models import Company
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import allocated, balance, day, does, line_credits, line_units, valid

pytestmark = pytest.mark.django_db


def state(company: Company, feature: Feature, units: dict[int, Any], **more: Any) -> Any:
    return does(set_allocation, company, feature=feature, units=units, **{"below_zero_confirmed": True, **more})


def test_the_balance_is_valid_less_allocated_and_may_be_negative() -> None:
    company, line = make_company(), make_feature(rates=[2]).lines.get()
    make_license(company=company, units=1_000)
    allocate(company, line, 300)
    assert balance(company, TODAY) == 400

    allocate(company, line, 800)
    assert (valid(company, TODAY), allocated(company, TODAY), balance(company, TODAY)) == (1_000, 1_600, -600)


def test_each_line_rounds_its_total_up_by_itself_never_the_change() -> None:
    company, feature = make_company(), make_feature(rates=["0.2", "0.05"])
    first, second = feature.lines.order_by("position")
    state(company, feature, {first.pk: 1, second.pk: 1})
    assert (line_credits(company, first, TODAY), line_credits(company, second, TODAY)) == (1, 1)

    state(company, feature, {first.pk: 5, second.pk: 20})
    assert (line_credits(company, first, TODAY), line_credits(company, second, TODAY)) == (1, 1)


def test_units_that_change_no_credits_are_an_entry_all_the_same_and_nothing_is_none() -> None:
    company, line = make_company(), make_feature(rates=["0.2"]).lines.get()
    allocate(company, line, 1)
    allocate(company, line, 2)
    assert list(AllocationEntry.objects.order_by("id").values_list("units_change", "change")) == [(1, 1), (1, 0)]

    allocate(company, line, 2)
    assert AllocationEntry.objects.count() == 2


def test_a_feature_is_allocated_when_a_line_has_units_even_at_rate_0() -> None:
    company, feature = make_company(), make_feature(rates=[0])
    allocate(company, feature.lines.get(), 3)
    [row] = annual_credits(company, on=TODAY).features

    assert (row.status, row.credits) == ("allocated", 0)
    allocate(company, feature.lines.get(), 0)
    assert annual_credits(company, on=TODAY).features[0].status == "not-allocated"


def test_lines_not_named_keep_their_units() -> None:
    company, feature = make_company(), make_feature(rates=[1, 1])
    first, second = feature.lines.order_by("position")
    state(company, feature, {first.pk: 10, second.pk: 20})
    state(company, feature, {first.pk: 5})

    assert (line_units(company, first, TODAY), line_units(company, second, TODAY)) == (5, 20)


@pytest.mark.parametrize("units", [-1, 1.5, 10**18, 1_000_000_001, "7", "", None, True])
def test_units_that_are_no_whole_number_are_refused_beside_their_field(units: object) -> None:
    company, line = make_company(), make_feature().lines.get()

    with pytest.raises(Refused) as refusal:
        state(company, line.feature, {line.pk: units})
    assert refusal.value.field == f"units_{line.pk}"
    assert not AllocationStatement.objects.exists()


def test_the_largest_units_at_the_largest_rate_are_exact() -> None:
    company, line = make_company(), make_feature(rates=["999999999.999999"]).lines.get()
    allocate(company, line, 1_000_000_000)

    assert balance(company, TODAY) == -999_999_999_999_999_000


def test_a_line_of_another_feature_is_refused() -> None:
    company, feature, foreign = make_company(), make_feature(), make_feature().lines.get()

    with pytest.raises(Refused):
        state(company, feature, {foreign.pk: 1})
    with pytest.raises(Refused):
        state(company, feature, {})
    assert not AllocationStatement.objects.exists()


def test_a_past_day_is_for_support_with_a_reason() -> None:
    company, line = make_company(), make_feature().lines.get()
    manager = Actor.person(make_user(company=company, roles=["credit-manager"]))
    support = Actor.person(make_user(is_staff=True))

    with pytest.raises(Refused) as refusal:
        state(company, line.feature, {line.pk: 5}, on=day(-1), by=manager, reason="please")
    assert refusal.value.field == "on"
    with pytest.raises(Refused) as refusal:
        state(company, line.feature, {line.pk: 5}, on=day(-1), by=support)
    assert refusal.value.field == "reason"
    state(company, line.feature, {line.pk: 5}, on=day(-1), by=support, reason="agreed by phone")
    assert [line_units(company, line, on) for on in (day(-2), day(-1), TODAY)] == [0, 5, 5]
    assert Act.objects.get(name="allocation.set").reason == "agreed by phone"


def test_a_day_more_than_ten_years_ahead_is_refused() -> None:
    company, line = make_company(), make_feature().lines.get()

    with pytest.raises(Refused):
        state(company, line.feature, {line.pk: 5}, on=day(3_700))


def test_a_balance_below_zero_needs_a_confirmation_and_then_nothing_is_blocked() -> None:
    company, line = make_company(), make_feature().lines.get()
    make_license(company=company, units=100)

    with pytest.raises(NeedsConfirmation) as refusal:
        state(company, line.feature, {line.pk: 101}, below_zero_confirmed=False)
    assert refusal.value.balance_after == -1
    assert not AllocationStatement.objects.exists()
    state(company, line.feature, {line.pk: 100}, below_zero_confirmed=False)
    assert state(company, line.feature, {line.pk: 101}).balance_after == balance(company, TODAY) == -1


def test_the_balance_asked_about_is_that_of_the_day_stated() -> None:
    company, line = make_company(), make_feature().lines.get()
    make_license(company=company, units=100, term_ends_on=day(9))

    with pytest.raises(NeedsConfirmation):
        state(company, line.feature, {line.pk: 1}, on=day(10), below_zero_confirmed=False)
    assert state(company, line.feature, {line.pk: 1}, on=day(9), below_zero_confirmed=False).balance_after == 99


def test_a_form_older_than_somebody_elses_change_is_refused_with_the_units_now() -> None:
    company, feature = make_company(), make_feature(rates=[1, 1])
    first, second = feature.lines.order_by("position")
    seen = feature_in_hand(company, feature).latest_statement
    allocate(company, second, 7)

    with pytest.raises(ChangedMeanwhile) as refusal:
        state(company, feature, {first.pk: 5}, seen=seen)
    assert refusal.value.units_now == {first.pk: 0, second.pk: 7}
    assert refusal.value.status == 409
    assert line_units(company, first, TODAY) == 0
    state(company, feature, {first.pk: 5}, seen=feature_in_hand(company, feature).latest_statement)


def test_a_key_does_its_act_once_and_nothing_else() -> None:
    company, line, key = make_company(), make_feature().lines.get(), new_key()
    first = state(company, line.feature, {line.pk: 5}, key=key)
    allocate(company, line, 9)

    assert state(company, line.feature, {line.pk: 5}, key=key, today=day(3)) == first
    assert line_units(company, line, day(3)) == 9
    with pytest.raises(KeyUsedForSomethingElse):
        state(company, line.feature, {line.pk: 6}, key=key)


def test_one_company_sees_nothing_of_another() -> None:
    first, second, line = make_company(), make_company(), make_feature().lines.get()
    allocate(first, line, 5)

    assert (allocated(first, TODAY), allocated(second, TODAY)) == (5, 0)


def test_a_license_administrator_may_not_allocate() -> None:
    company, line = make_company(), make_feature().lines.get()
    person = Actor.person(make_user(company=company, roles=["license-administrator"]))

    with pytest.raises(NotAllowed):
        state(company, line.feature, {line.pk: 1}, by=person)


@pytest.mark.parametrize(
    ("resources", "credits"),
    [(1, 1_000), (500, 1_000), (501, 2_000), (1_501, 4_000), (3_500, 7_000), (3_501, 8_000), (9_000, 8_000)],
)
def test_a_cloud_account_takes_the_credits_of_its_tier(resources: int, credits: int) -> None:
    load_price_list(read_catalogue(REFERENCE_FOLDER), by=SYSTEM, key=new_key())
    tier = "above-3500" if resources > 3_500 else f"up-to-{-(-resources // 500) * 500}"
    line = CreditRequirement.objects.get(feature__slug="cloud-account-assessment", slug=tier)
    company = make_company()
    allocate(company, line, 1)

    assert allocated(company, TODAY) == credits == min(8_000, 1_000 * -(-resources // 500))
