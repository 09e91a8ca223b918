"""Several features switched in one act: all of them or none, and only as the review showed it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.company_in_hand import for_company
from console.errors import KeyUsedForSomethingElse, Refused
from console.models import Act
from credits.acts.billing_model.switch_several_features import (
    SwitchedMeanwhile,
    facts_of_features,
    seen_of,
    switch_several_features,
)
from credits.acts.billing_model.switched_together import switched_together
from credits.models import AllocationStatement, BillingModelChange, Feature
from credits.reading.annual_credits import annual_credits
from credits.reading.billing.switch_preview import SwitchPreview, switch_preview
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.errors import in_words
from licensing.models import Company, License
from tests.factories import allocate, make_company, make_feature, make_license, make_product, new_key
from tests.ledger import balance, day, does

pytestmark = pytest.mark.django_db
METERED, ANNUAL = "pay-as-you-go", "annual"


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_license(company=company, units=1_000)
    return company


@pytest.fixture
def contract(company: Company) -> License:
    """Runs for 100 days."""
    product = make_product(kind="pay-as-you-go", rate=None)
    return make_license(company=company, product=product, units=1, term_ends_on=day(99))


@pytest.fixture
def features(company: Company) -> list[Feature]:
    """Two that are switched together, and one by itself; each has 10 units at 3 credits."""
    found = [
        make_feature(name="Logs", switchable=True, switch_group="cloud", rates=[3]),
        make_feature(name="Lake", switchable=True, switch_group="cloud", rates=[3]),
        make_feature(name="Buckets", switchable=True, rates=[3]),
    ]
    for feature in found:
        allocate(company, feature.lines.get(), 10)
    return found


def switch(company: Company, models: dict[Feature, str], number: int = 0, **more: Any) -> Any:
    return does(switch_several_features, company, models=models, today=day(number), **more)


def seen_now(company: Company, models: dict[Feature, str]) -> str:
    with for_company(company):
        return seen_of(facts_of_features(company, switched_together(models)))


def previewed(company: Company, models: dict[Feature, str], number: int = 0) -> SwitchPreview:
    with for_company(company):
        return switch_preview(company, models, on=day(number), today=day(0))


def written() -> tuple[int, int, int]:
    return BillingModelChange.objects.count(), AllocationStatement.objects.count(), Act.objects.count()


def metered(company: Company, number: int = 0) -> set[str]:
    return {row.name for row in annual_credits(company, on=day(number)).features if row.pay_as_you_go}


def test_all_that_was_chosen_is_switched_in_one_act_with_what_comes_along(
    company: Company, contract: License, features: list[Feature]
) -> None:
    logs, _lake, buckets = features
    changes = switch(company, {logs: METERED, buckets: METERED})

    assert len({change.act_id for change in changes}) == 1
    assert metered(company) == {"Logs", "Lake", "Buckets"}
    assert balance(company, day(0)) == 1_000


def test_one_act_switches_to_either_model(company: Company, contract: License, features: list[Feature]) -> None:
    logs, _lake, buckets = features
    switch(company, {buckets: METERED})
    switch(company, {buckets: ANNUAL, logs: METERED}, 30)

    assert metered(company, 30) == {"Logs", "Lake"}


@pytest.mark.parametrize(("number", "refused"), [(0, True), (29, True), (30, False)])
def test_what_one_feature_is_refused_is_refused_for_all(
    company: Company, contract: License, features: list[Feature], number: int, refused: bool
) -> None:
    logs, _lake, buckets = features
    switch(company, {buckets: METERED})
    before = written()

    if refused:
        with pytest.raises(Refused, match=f"Changes lie 30 days apart: choose {in_words(day(30))} or later"):
            switch(company, {logs: METERED, buckets: ANNUAL}, number)
        assert written() == before
    else:
        switch(company, {logs: METERED, buckets: ANNUAL}, number)
        assert metered(company, number) == {"Logs", "Lake"}


def test_two_models_within_a_group_are_refused(company: Company, contract: License, features: list[Feature]) -> None:
    logs, lake, _buckets = features
    with pytest.raises(Refused, match="change together"):
        switch(company, {logs: METERED, lake: ANNUAL})
    with pytest.raises(Refused, match="Nothing was chosen"):
        switch(company, {})


def test_without_a_contract_or_under_a_suspended_one_nothing_is_switched(company: Company, features: list[Feature]) -> None:
    logs, _lake, buckets = features
    with pytest.raises(Refused, match="Buy one first"):
        switch(company, {logs: METERED, buckets: METERED})

    product = make_product(kind="pay-as-you-go", rate=None)
    contract = make_license(company=company, product=product, units=1, term_ends_on=day(99))
    switch(company, {buckets: METERED})
    does(suspend_order, contract.order, today=day(31))
    for models in ({logs: METERED}, {buckets: ANNUAL}):
        with pytest.raises(Refused, match="reinstated first"):
            switch(company, models, 31)


def test_the_same_key_switches_once(company: Company, contract: License, features: list[Feature]) -> None:
    logs, _lake, buckets = features
    key = new_key()
    first = switch(company, {logs: METERED, buckets: METERED}, key=key)
    again = switch(company, {buckets: METERED, logs: METERED}, key=key)

    assert [each.pk for each in again] == sorted(each.pk for each in first)
    with pytest.raises(KeyUsedForSomethingElse):
        switch(company, {buckets: METERED}, key=key)


def test_what_the_review_did_not_show_is_not_switched(company: Company, contract: License, features: list[Feature]) -> None:
    logs, lake, buckets = features
    seen = previewed(company, {logs: METERED}).seen
    allocate(company, buckets.lines.get(), 11)  # of another feature
    assert seen == previewed(company, {logs: METERED}).seen

    allocate(company, lake.lines.get(), 11)  # of one that comes along
    before = written()
    with pytest.raises(SwitchedMeanwhile):
        switch(company, {logs: METERED}, seen=seen)
    assert written() == before
    switch(company, {logs: METERED}, seen=seen_now(company, {logs: METERED}))


@pytest.mark.parametrize("number", [0, 10, 25])
def test_the_preview_is_what_then_holds(company: Company, contract: License, features: list[Feature], number: int) -> None:
    logs, lake, buckets = features
    allocate(company, logs.lines.get(), 300, on=day(20))
    allocate(company, features[1].lines.get(), 35, on=day(22))
    allocate(company, buckets.lines.get(), 4, on=day(60))
    models = {logs: METERED, buckets: METERED}
    found = previewed(company, models, number)
    assert found.balance_before == balance(company, day(number))
    assert found.runway_before == annual_credits(company, on=day(0)).summary.runway_on

    switch(company, models, on=day(number), seen=found.seen)
    assert found.balance_after == balance(company, day(number))
    assert found.runway_after == annual_credits(company, on=day(0)).summary.runway_on
    assert {(each.feature, each.along) for each in found.features} == {(logs, False), (lake, True), (buckets, False)}
    plans = {(plan.day, plan.units) for each in found.features for plan in each.plans}
    assert plans == {(day(60), 4)} | ({(day(20), 300), (day(22), 35)} if number < 20 else set())


def test_it_takes_as_many_statements_for_one_feature_as_for_many(
    company: Company, contract: License, features: list[Feature]
) -> None:
    alone = make_feature(name="Alone", switchable=True, switch_group="alone", rates=[3])
    allocate(company, alone.lines.get(), 10)
    seen = seen_now(company, {alone: METERED})
    with CaptureQueriesContext(connection) as one:
        switch(company, {alone: METERED}, seen=seen)
    models = dict.fromkeys([features[0], features[2]], METERED)
    seen = seen_now(company, models)
    with CaptureQueriesContext(connection) as many:
        switch(company, models, seen=seen)
    assert len(many) == len(one)
