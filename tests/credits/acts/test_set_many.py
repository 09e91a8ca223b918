"""Several features set together: one act, all or nothing, undone as a whole; and plans kept by name."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from console.errors import Conflict, KeyUsedForSomethingElse, NotAllowed, Refused
from console.models import Act, Actor
from credits.acts.feature_in_hand import features_in_hand
from credits.acts.planning.apply_scenario import apply_scenario, day_of_scenario
from credits.acts.planning.drop_scenario import drop_scenario
from credits.acts.planning.keep_scenario import keep_scenario
from credits.acts.planning.plan_in_hand import Plan
from credits.acts.planning.set_many import ManySet, set_many
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.errors import NeedsConfirmation, NotUndone, PlanOutOfDate
from credits.models import AllocationEntry, AllocationStatement, CreditRequirement, Scenario
from credits.reading.annual_credits import annual_credits
from credits.reading.changes_of_balance import balance_and_lines, changes_of_balance
from credits.rules.balance_over_days import below_zero_on
from credits.rules.planning.figures_of_a_plan import PlanFigures
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License
from tests.factories import TODAY, act, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import allocated, balance, line_credits, line_units

pytestmark = pytest.mark.django_db

CASES = int(os.environ.get("PLAN_CASES", "40"))
"""Random plans that are previewed and saved; `make proof-of-ledger` draws 500."""
LATER = TODAY + timedelta(days=30)


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_license(company=company, units=1_000)
    return company


@pytest.fixture
def lines() -> list[CreditRequirement]:
    """Three features: two lines of one and one each of two others."""
    first, second, third = make_feature(rates=["2", "5"]), make_feature(rates=["0.2"]), make_feature(rates=["10"])
    return [*first.lines.order_by("position"), *second.lines.all(), *third.lines.all()]


def seen_of(company: Company, lines: list[CreditRequirement]) -> dict[int, int]:
    held = features_in_hand(company, lines=[line.pk for line in lines])
    return {pk: each.latest_statement for pk, each in held.items()}


def rows_of(*models: type[models.Model]) -> list[int]:
    return [each._base_manager.count() for each in models]


FACTS = (AllocationStatement, AllocationEntry, Act)


def test_lines_of_several_features_are_set_by_one_act(company: Company, lines: list[CreditRequirement]) -> None:
    acts = Act.objects.for_company(company).count()
    done = set_many(company, units={lines[0].pk: 10, lines[1].pk: 4, lines[2].pk: 7, lines[3].pk: 3}, **act())
    assert Act.objects.for_company(company).count() == acts + 1
    assert [line_units(company, line, TODAY) for line in lines] == [10, 4, 7, 3]
    assert [line_credits(company, line, TODAY) for line in lines] == [20, 20, 2, 30]
    assert (done.change, done.balance_after, done.lines, len(done.features)) == (72, 928, 4, 3)
    assert balance(company, TODAY) == 928


def test_of_a_later_day_today_stays_and_what_is_planned_after_it_stays(company: Company, lines: list[CreditRequirement]) -> None:
    afterwards = LATER + timedelta(days=10)
    allocate(company, lines[0], 50, on=afterwards)
    set_many(company, units={lines[0].pk: 10, lines[3].pk: 3}, on=LATER, **act())
    assert [line_units(company, lines[0], day) for day in (TODAY, LATER, afterwards)] == [0, 10, 50]
    assert [balance(company, day) for day in (TODAY, LATER, afterwards)] == [1_000, 950, 870]


@pytest.mark.parametrize(
    ("units", "field"),
    [
        (lambda lines: {lines[0].pk: 3, lines[2].pk: -1}, "units_{2}"),
        (lambda lines: {lines[0].pk: 3, lines[2].pk: 10**12}, "units_{2}"),
        (lambda lines: {lines[0].pk: 3, 999_999_999: 1}, ""),
        (lambda lines: {}, ""),
    ],
)
def test_one_wrong_line_and_nothing_is_written(
    company: Company, lines: list[CreditRequirement], units: Callable[[list[CreditRequirement]], dict[int, int]], field: str
) -> None:
    before = rows_of(*FACTS)
    with pytest.raises(Refused) as refused:
        set_many(company, units=units(lines), **act())
    assert refused.value.field == (f"units_{lines[2].pk}" if field else "")
    assert rows_of(*FACTS) == before


def test_the_same_key_does_it_once(company: Company, lines: list[CreditRequirement]) -> None:
    key, units = new_key(), {lines[0].pk: 10, lines[3].pk: 3}
    first = set_many(company, units=units, **act(key=key))
    before = rows_of(*FACTS)
    assert set_many(company, units=units, **act(key=key)) == first
    assert rows_of(*FACTS) == before
    with pytest.raises(KeyUsedForSomethingElse):
        set_many(company, units={lines[0].pk: 11}, **act(key=key))


def test_below_zero_is_confirmed(company: Company, lines: list[CreditRequirement]) -> None:
    units = {lines[0].pk: 10, lines[3].pk: 200}
    with pytest.raises(NeedsConfirmation) as asked:
        set_many(company, units=units, **act())
    assert asked.value.balance_after == -1_020
    assert line_units(company, lines[0], TODAY) == 0
    assert set_many(company, units=units, below_zero_confirmed=True, **act()).balance_after == -1_020


def test_every_feature_that_changed_meanwhile_is_named_with_both_values(company: Company, lines: list[CreditRequirement]) -> None:
    allocate(company, lines[0], 5)
    seen = seen_of(company, lines)
    allocate(company, lines[0], 8)
    allocate(company, lines[2], 40)
    before = rows_of(*FACTS)
    with pytest.raises(PlanOutOfDate) as conflict:
        set_many(company, units={lines[0].pk: 6, lines[2].pk: 1, lines[3].pk: 3}, seen=seen, **act())
    assert conflict.value.status == 409
    assert conflict.value.features == [lines[0].feature.name, lines[2].feature.name]
    assert [(each.shown, each.now) for each in conflict.value.lines] == [(5, 8), (0, 40)]
    assert rows_of(*FACTS) == before


def test_what_changed_of_a_feature_that_the_plan_leaves_alone_does_not_hold_it_back(
    company: Company, lines: list[CreditRequirement]
) -> None:
    seen = seen_of(company, lines)
    allocate(company, lines[2], 40)
    set_many(company, units={lines[0].pk: 6, lines[3].pk: 3}, seen=seen, **act())
    assert line_units(company, lines[3], TODAY) == 3


def test_it_is_undone_as_a_whole_and_again(company: Company, lines: list[CreditRequirement]) -> None:
    allocate(company, lines[0], 5)
    done = set_many(company, units={lines[0].pk: 10, lines[2].pk: 7, lines[3].pk: 3}, **act())
    undo = undo_allocation(company, undoes=done.act, **act())
    assert [line_units(company, line, TODAY) for line in lines] == [5, 0, 0, 0]
    assert (undo.features, undo.balance_after) == (3, 990)
    undo_allocation(company, undoes=undo.act, **act())
    assert [line_units(company, line, TODAY) for line in lines] == [10, 0, 7, 3]


def test_a_later_change_of_one_of_its_features_holds_the_whole_undo_back(
    company: Company, lines: list[CreditRequirement]
) -> None:
    done = set_many(company, units={lines[0].pk: 10, lines[2].pk: 7}, **act())
    allocate(company, lines[2], 8)
    with pytest.raises(NotUndone):
        undo_allocation(company, undoes=done.act, **act())
    assert [line_units(company, line, TODAY) for line in (lines[0], lines[2])] == [10, 8]


def test_viewers_set_nothing(company: Company, lines: list[CreditRequirement]) -> None:
    viewer = Actor.person(make_user(company=company, roles=["viewer"]))
    with pytest.raises(NotAllowed):
        set_many(company, units={lines[0].pk: 10}, **act(by=viewer))
    with pytest.raises(NotAllowed):
        keep_scenario(company, name="Mine", units={lines[0].pk: 10}, **act(by=viewer))


def test_however_many_features_the_statements_are_the_same(company: Company) -> None:
    def cost(call: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            call()
        return sum(not each["sql"].startswith(("SAVEPOINT", "RELEASE SAVEPOINT")) for each in queries)

    by = Actor.person(make_user(company=company, roles=["credit-manager"]))
    costs = set()
    for features in (1, 4, 30):
        lines = [line for _ in range(features) for line in make_feature(rates=["1", "2"]).lines.all()]
        done: list[ManySet] = []
        units = {line.pk: 1 for line in lines}
        stated = cost(lambda: done.append(set_many(company, units=units, **act(by=by))))  # noqa: B023
        costs.add((stated, cost(lambda: undo_allocation(company, undoes=done[0].act, **act(by=by)))))  # noqa: B023
    assert costs == {(12, 11)}


# --- What was previewed is what comes


class Chance:
    """A company, its features, and what may happen to them, drawn from a seed."""

    def __init__(self, seed: int, company: Company, lines: list[CreditRequirement]) -> None:
        self.random = random.Random(seed)
        self.company, self.lines = company, lines
        for _ in range(self.random.randrange(4)):
            self.somebody_allocates()

    def somebody_allocates(self) -> None:
        days = self.random.choice([None, None, 7, 30, 45])
        on = TODAY + timedelta(days=days) if days else None
        allocate(self.company, self.random.choice(self.lines), self.random.randrange(60), on=on)

    def somebody_withdraws(self) -> None:
        plans = annual_credits(self.company, on=TODAY).plans
        if not plans:
            self.somebody_allocates()
            return
        plan = self.random.choice(plans)
        line = next(each for each in self.lines if each.pk == plan.line_id)
        withdraw_plan(self.company, feature=line.feature, line=line, on=plan.day, **act())

    def somebody_buys(self) -> None:
        order = self.company_license.order
        order.refresh_from_db()
        top_up_order(order, units=self.random.randrange(1, 500), **act())

    @property
    def company_license(self) -> Any:
        return License.objects.filter(company=self.company).order_by("pk").first()

    def plan(self) -> tuple[dict[int, int], Any]:
        chosen = self.random.sample(self.lines, self.random.randrange(1, len(self.lines) + 1))
        day = self.random.choice([TODAY, TODAY, TODAY + timedelta(days=14), LATER])
        return {line.pk: self.random.randrange(120) for line in chosen}, day


@pytest.mark.parametrize("seed", range(CASES))
def test_the_preview_is_the_result_or_nothing_is_written(seed: int, company: Company, lines: list[CreditRequirement]) -> None:
    chance = Chance(seed, company, lines)
    units, day = chance.plan()
    on = None if day == TODAY else day
    days = {TODAY, day, LATER + timedelta(days=60)}
    plan = Plan(features_in_hand(company), units, day)
    shown = plan.figures(balance_and_lines(company, units), today=TODAY, days=days)
    seen = {pk: each.latest_statement for pk, each in plan.held.items()}
    meanwhile = chance.random.choice([None, None, chance.somebody_allocates, chance.somebody_withdraws, chance.somebody_buys])
    before = changes_of_balance(company)
    named = {each.feature_id for each in lines if each.pk in units}
    if meanwhile:
        meanwhile()
    moved = changes_of_balance(company) != before
    restated = {pk for pk in named if features_in_hand(company)[pk].latest_statement != seen[pk]}
    rows = rows_of(*FACTS)
    kept = keep_scenario(company, name="Tried", units=units, on=on, **act()) if chance.random.random() < 0.5 else None
    facts = rows_of(AllocationStatement, AllocationEntry)

    def save() -> ManySet:
        if kept:
            assert day_of_scenario(kept, TODAY) == day
            return apply_scenario(company, scenario=kept.pk, seen=seen, shown=shown, below_zero_confirmed=True, **act())
        return set_many(company, units=units, on=on, seen=seen, shown=shown, below_zero_confirmed=True, **act())

    figures_now = Plan(features_in_hand(company), units, day).figures(balance_and_lines(company, units), today=TODAY, days=days)
    if restated or figures_now != shown:
        with pytest.raises(PlanOutOfDate) as conflict:
            save()
        assert conflict.value.features or conflict.value.figures
        assert all(each.shown != each.now for each in conflict.value.figures)
        assert rows_of(AllocationStatement, AllocationEntry) == facts
        assert moved or restated
        return
    save()
    after = changes_of_balance(company)
    assert {each.day: each.after for each in shown.balances} == {each: balance(company, each) for each in days}
    assert shown.runway_after == below_zero_on(after, {}, first=TODAY)
    assert annual_credits(company, on=day).summary.current_balance == shown.on(day).after
    assert rows_of(*FACTS)[2] > rows[2]


def test_figures_come_back_from_a_form_as_they_were_sent(company: Company, lines: list[CreditRequirement]) -> None:
    plan = Plan(features_in_hand(company), {lines[3].pk: 200}, TODAY)
    figures = plan.figures(balance_and_lines(company, plan.units), today=TODAY, days=[TODAY, LATER])
    assert figures.runway_after == TODAY
    assert PlanFigures.read(figures.written()) == figures
    assert [PlanFigures.read(text) for text in ("", "{}", "[1]", "nonsense", '{"today": 5}')] == [None] * 5


# --- Scenarios


def everything_but(*left_out: str) -> dict[str, list[Any]]:
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model._meta.label not in left_out and model._meta.managed
    }


def test_a_scenario_that_is_dropped_leaves_the_database_as_it_was(company: Company, lines: list[CreditRequirement]) -> None:
    allocate(company, lines[0], 5)
    before, kept_before = everything_but("console.Act"), Act.objects.count()
    kept = keep_scenario(company, name="  Warehouse   rollout ", units={lines[0].pk: 10, lines[3].pk: 3}, on=LATER, **act())
    assert kept is not None
    assert (kept.name, kept.holds_from, kept.units_of_lines) == ("Warehouse rollout", LATER, {lines[0].pk: 10, lines[3].pk: 3})
    assert everything_but("console.Act", "credits.Scenario") == {
        name: rows for name, rows in before.items() if name != "credits.Scenario"
    }
    key = new_key()
    assert drop_scenario(company, scenario=kept.pk, by=act()["by"], key=key) == "Warehouse rollout"
    assert everything_but("console.Act") == before
    assert list(Act.objects.order_by("recorded_at").values_list("name", flat=True))[kept_before:] == [
        "scenario.keep",
        "scenario.drop",
    ]
    assert drop_scenario(company, scenario=kept.pk, by=act()["by"], key=key) == "Warehouse rollout"


def test_a_scenario_applied_is_one_act_and_stays(company: Company, lines: list[CreditRequirement]) -> None:
    kept = keep_scenario(company, name="Winter", units={lines[0].pk: 10, lines[3].pk: 3}, **act())
    assert kept is not None
    plan = Plan(features_in_hand(company), kept.units_of_lines, TODAY)
    shown = plan.figures(balance_and_lines(company, plan.units), today=TODAY, days=[TODAY])
    seen = seen_of(company, lines)
    done = apply_scenario(company, scenario=kept.pk, seen=seen, shown=shown, **act())
    assert (done.scenario, done.balance_after, allocated(company, TODAY)) == ("Winter", 950, 50)
    assert Scenario.objects.for_company(company).get() == kept
    undo_allocation(company, undoes=done.act, **act())
    assert allocated(company, TODAY) == 0


def test_a_scenario_that_somebody_dropped_is_not_applied(company: Company, lines: list[CreditRequirement]) -> None:
    kept = keep_scenario(company, name="Winter", units={lines[0].pk: 10}, **act())
    assert kept is not None
    drop_scenario(company, scenario=kept.pk, by=act()["by"], key=new_key())
    shown = PlanFigures(TODAY, (), None, None)
    with pytest.raises(Conflict):
        apply_scenario(company, scenario=kept.pk, seen={}, shown=shown, **act())


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "Winter"])
def test_a_scenario_has_a_name_of_its_own(company: Company, lines: list[CreditRequirement], name: str) -> None:
    keep_scenario(company, name="Winter", units={lines[0].pk: 10}, **act())
    with pytest.raises(Refused) as refused:
        keep_scenario(company, name=name, units={lines[0].pk: 11}, **act())
    assert refused.value.field == "name"


def test_a_scenario_of_a_day_that_has_come_holds_from_today(company: Company, lines: list[CreditRequirement]) -> None:
    kept = keep_scenario(company, name="Winter", units={lines[0].pk: 10}, on=LATER, **act())
    assert kept is not None
    assert day_of_scenario(kept, TODAY) == LATER
    assert day_of_scenario(kept, LATER + timedelta(days=3)) == LATER + timedelta(days=3)
