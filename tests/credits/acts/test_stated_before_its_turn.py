"""A company whose turn has not come is at the former rates: what it states says, and shows before, the balance that then is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from console.company_in_hand import for_company
from credits.acts.billing_model.switch_several_features import switch_several_features
from credits.acts.feature_in_hand import feature_in_hand, features_in_hand
from credits.acts.planning.keep_scenario import keep_scenario
from credits.acts.planning.plan_in_hand import Plan
from credits.acts.planning.set_many import set_many
from credits.acts.price_list.load_price_list import apply_price_list
from credits.acts.price_list.load_report import LoadReport
from credits.acts.price_list.state_price_list import state_price_list
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.errors import NeedsConfirmation
from credits.models import Feature
from credits.reading.allocation_preview import preview
from credits.reading.billing.switch_preview import switch_preview
from credits.reading.changes_of_balance import balance_and_lines
from licensing.models import Company
from tests.credits.acts.test_apply_price_list import differences
from tests.credits.acts.test_load_price_list import BASE, OTHER, line, load, price_list
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_license, make_product, make_user, new_key
from tests.ledger import balance, day
from tests.pages import browser_of, clock_at, page

pytestmark = pytest.mark.django_db

LATER = TODAY + timedelta(days=30)
DEARER = price_list(("base", "2", date(2020, 1, 1)), ("base", "3", day(0)), OTHER)
"""A unit of the line takes 3 from today on, where it took 2."""


def act(**more: Any) -> dict[str, Any]:
    return {"today": TODAY, "by": SYSTEM, "key": new_key(), **more}


@pytest.fixture
def waiting() -> Company:
    """With 1,000 credits, 100 units at the former 2 each and 200 from later on; a unit takes 3 by the list that is on its way."""
    load(price_list(BASE, OTHER))
    company = make_company()
    make_license(company=company, units=1_000)
    allocate(company, line(), 100)
    allocate(company, line(), 200, on=LATER)
    state_price_list(DEARER, by=SYSTEM, key=new_key())
    assert balance(company, TODAY) == 800
    return company


def test_units_that_are_set(waiting: Company) -> None:
    feature = line().feature
    shown = preview(waiting, feature_in_hand(waiting, feature), {line().pk: 110}, TODAY)
    done = set_allocation(waiting, feature=feature, units={line().pk: 110}, **act())

    assert (shown.balance_before, shown.balance_after) == (800, 670)
    assert (done.balance_after, done.change) == (balance(waiting, TODAY), 130) == (670, 130)


def test_below_zero_is_asked_about(waiting: Company) -> None:
    with pytest.raises(NeedsConfirmation):
        set_allocation(waiting, feature=line().feature, units={line().pk: 340}, **act())
    with pytest.raises(NeedsConfirmation):
        set_many(waiting, units={line().pk: 340}, **act())


def test_several_that_are_set_together(waiting: Company) -> None:
    units = {line().pk: 110, line("server").pk: 5}
    days = [TODAY, LATER]
    shown = Plan(features_in_hand(waiting), units, TODAY).figures(balance_and_lines(waiting, units), today=TODAY, days=days)
    done = set_many(waiting, units=units, shown=shown, **act())

    assert [each.before for each in shown.balances] == [800, 600]
    assert [each.after for each in shown.balances] == [balance(waiting, on) for on in days]
    assert done.balance_after == balance(waiting, TODAY)


def test_a_plan_that_is_withdrawn_and_comes_back(waiting: Company) -> None:
    done = withdraw_plan(waiting, feature=line().feature, line=line(), on=LATER, **act())
    assert done.balance_after == balance(waiting, LATER)


def test_a_change_that_is_undone(waiting: Company) -> None:
    done = set_allocation(waiting, feature=line().feature, units={line().pk: 110}, **act())
    undone = undo_allocation(waiting, undoes=done.act, **act())
    assert undone.balance_after == balance(waiting, TODAY)


def test_a_feature_that_is_switched(waiting: Company) -> None:
    product = make_product(kind="pay-as-you-go", rate=None)
    make_license(company=waiting, product=product, units=1, term_ends_on=day(365))
    Feature.objects.update(switchable=True)
    models = {line().feature: "pay-as-you-go"}
    with for_company(waiting):
        today, later = (switch_preview(waiting, models, on=on, today=TODAY) for on in (TODAY, LATER))
    assert (today.balance_before, later.balance_before) == (balance(waiting, TODAY), balance(waiting, LATER))

    switch_several_features(waiting, models=models, seen=today.seen, **act())
    assert (today.balance_after, later.balance_after) == (balance(waiting, TODAY), 1_000)
    assert differences() == []


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("credits:allocation", "list-awaited-panel"),
        ("credits:plan", "list-awaited"),
        ("credits:scenarios", "list-awaited"),
        ("credits:scenario", "list-awaited"),
        ("credits:estimate", "list-awaited"),
    ],
)
def test_pages_on_which_units_are_set_say_so(waiting: Company, name: str, there: str) -> None:
    manager = browser_of(make_user(company=waiting, roles=["credit-manager"]))
    kept = keep_scenario(waiting, name="Winter", units={line().pk: 5}, **act())
    further = {"credits:allocation": [line().feature.slug], "credits:scenario": [kept.pk if kept else 0]}
    with clock_at(TODAY):
        assert page(manager, name, waiting, *further.get(name, [])).has_id(there)
        apply_price_list(LoadReport(), by=SYSTEM)
        assert not page(manager, name, waiting, *further.get(name, [])).has_id(there)
