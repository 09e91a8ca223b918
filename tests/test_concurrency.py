"""Real threads with connections of their own: nothing is lost, written twice, or known and then changed.

Threads meet at barriers; where one has to wait for another's lock, the test asks the database whether it waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier, Event
from typing import Any

import pytest
import time_machine
from django.db import connection, connections, transaction

from console.admin.preview.run import do, look
from console.company_in_hand import for_all
from console.models import Act, Actor, User, Why
from console.security.too_often import too_often
from credits.acts.feature_in_hand import feature_in_hand, features_in_hand
from credits.acts.planning.plan_in_hand import Plan
from credits.acts.planning.set_many import set_many
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.undo.undo_case import undo_case
from credits.desk.undo.forms import PREVIEWED, UndoCase
from credits.errors import ChangedMeanwhile, NotUndone, PlanOutOfDate
from credits.models import AllocationEntry, CreditRequirement
from credits.reading.annual_credits import annual_credits
from credits.reading.changes_of_balance import balance_and_lines
from credits.reading.line_facts import rates_of_lines
from credits.rules.rate_of_a_line import rate_on
from licensing.acts.activate import activate_order
from licensing.acts.corrections.correct import correct_license
from licensing.acts.transfer import transfer_order
from licensing.acts.undo.undo_order import NotUndoneOfOrder, undo_order
from licensing.acts.undo.undo_transfer import undo_transfer
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.top_up import top_up_order
from licensing.errors import AlreadyActivated
from licensing.models import Company, License, LicenseEntry, Order
from licensing.reading.as_known_at_an_instant import hold_still
from tests.factories import (
    SYSTEM,
    TODAY,
    allocate,
    make_company,
    make_credit_rate,
    make_feature,
    make_license,
    make_order,
    make_user,
    new_key,
)
from tests.ledger import allocated, balance, database_clock, line_credits, line_units, valid
from tests.worlds import FEATURES, base_rows, catalogue_of

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20
"""Seconds after which a thread that never came is a failure; nothing waits that long."""


class Threads:
    """Runs calls at the same moment, each on its own connection."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=16)

    def start(self, call: Callable[..., Any], *args: Any) -> Future:
        def alone() -> Any:
            try:
                return call(*args)
            finally:
                connections.close_all()

        return self.pool.submit(alone)

    def at_once(self, *calls: Callable[[], Any]) -> list[Any]:
        """Results in the order of the calls; a refusal stands in its place as the exception."""
        barrier = Barrier(len(calls))

        def meet(call: Callable[[], Any]) -> Any:
            connection.ensure_connection()
            barrier.wait(PATIENCE)
            try:
                return call()
            except Exception as error:
                return error

        return [future.result(PATIENCE) for future in [self.start(meet, call) for call in calls]]


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads()
    yield threads
    threads.pool.shutdown()


def wait_until_somebody_waits_for_a_lock() -> None:
    """Return once a session of this database waits for a row or a transaction."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks AS waiting WHERE NOT granted AND EXISTS (SELECT FROM pg_locks AS held"
                " JOIN pg_database ON pg_database.oid = held.database"
                " WHERE held.pid = waiting.pid AND pg_database.datname = current_database())"
            )
            if cursor.fetchone()[0]:
                return
    pytest.fail("Nobody waited.")


@contextmanager
def act_under_way(threads: Threads, act: Callable[[], Any]) -> Iterator[Event]:
    """`act` has been done in another session, whose transaction commits when the event is set, at the latest on leaving."""
    done, commit = Event(), Event()

    def run() -> None:
        with transaction.atomic():
            act()
            done.set()
            assert commit.wait(PATIENCE)

    future = threads.start(run)
    try:
        assert done.wait(PATIENCE), future.exception(0)
        yield commit
    finally:
        commit.set()
        future.result(PATIENCE)


def allocating(company: Company, line: CreditRequirement, units: int, **more: Any) -> Callable[[], Any]:
    key = new_key()
    return lambda: set_allocation(
        company,
        feature=line.feature,
        units={line.pk: units},
        today=TODAY,
        **{"by": SYSTEM, "key": key, "below_zero_confirmed": True, **more},
    )


def topping_up(order: Order, units: int) -> Callable[[], Any]:
    key = new_key()
    return lambda: top_up_order(order, units=units, today=TODAY, by=SYSTEM, key=key)


def test_allocations_and_top_ups_at_once_in_one_company_lose_nothing(threads: Threads) -> None:
    company = make_company()
    order = make_license(company=company, units=1_000).order
    lines = [make_feature(rates=["0.3"]).lines.get() for _ in range(3)]
    contested = make_feature(rates=[2]).lines.get()

    calls = [allocating(company, line, units) for units, line in zip((11, 22, 33), lines, strict=True)]
    calls += [allocating(company, contested, units) for units in (5, 6, 7)]
    calls += [topping_up(order, units) for units in (100, 10)]
    results = threads.at_once(*calls)

    assert not [each for each in results if isinstance(each, Exception)]
    assert [line_credits(company, line, TODAY) for line in lines] == [4, 7, 10]
    of_contested = [act for act in Act.objects.filter(name="allocation.set") if act.result["feature"] == contested.feature_id]
    last = max(of_contested, key=lambda act: act.recorded_at)
    assert sum(act.result["change"] for act in of_contested) == line_credits(company, contested, TODAY)
    assert AllocationEntry.objects.filter(line=contested).latest("id").act == last
    assert line_credits(company, contested, TODAY) == 2 * line_units(company, contested, TODAY)
    assert valid(company, TODAY) == 1_110
    assert balance(company, TODAY) == 1_110 - allocated(company, TODAY)
    instants = list(Act.objects.filter(company_id=company.pk).values_list("recorded_at", flat=True))
    assert len(set(instants)) == len(instants)


def test_many_top_ups_and_reductions_at_once_add_up(threads: Threads) -> None:
    company = make_company()
    order = make_license(company=company, units=1_000).order
    results = threads.at_once(*(topping_up(order, 2**number) for number in range(8)))

    assert not [each for each in results if isinstance(each, Exception)]
    assert valid(company, TODAY) == 1_000 + 255
    keys = [new_key() for _ in range(4)]
    targets = (900, 800, 700, 600)
    threads.at_once(
        *(
            lambda units=units, key=key: reduce_order(order, units=units, today=TODAY, by=SYSTEM, key=key)
            for units, key in zip(targets, keys, strict=True)
        )
    )
    assert valid(company, TODAY) == 600


def test_an_undo_that_waits_for_somebody_elses_change_is_refused(threads: Threads) -> None:
    company, line = make_company(), make_feature().lines.get()
    done = allocating(company, line, 10)()

    def undoing() -> Any:
        return undo_allocation(company, undoes=done.act, today=TODAY, by=SYSTEM, key=new_key())

    with act_under_way(threads, allocating(company, line, 25)):
        waiting = threads.start(undoing)
        wait_until_somebody_waits_for_a_lock()
    assert isinstance(waiting.exception(PATIENCE), NotUndone)
    assert line_units(company, line, TODAY) == 25


def test_an_act_on_an_order_undone_twice_at_once_is_undone_once(threads: Threads) -> None:
    license = make_license(units=500)
    correct_license(license, units=50_000_000, today=TODAY, by=SYSTEM, key=new_key(), reason="a slip")
    undone = Act.objects.for_company(license.company).latest("recorded_at").pk

    def undoing(key: str) -> Callable[[], Any]:
        return lambda: undo_order(license.company, undoes=undone, today=TODAY, by=SYSTEM, key=key, reason="a slip")

    key = new_key()
    results = threads.at_once(*(undoing(each) for each in (key, key, new_key(), new_key())))
    assert all(not isinstance(each, Exception) or isinstance(each, NotUndoneOfOrder) for each in results)
    assert Act.objects.filter(name="order.undo").count() == 1
    assert valid(license.company, TODAY) == 500


def test_an_undo_of_a_transfer_that_waits_for_a_change_of_its_successor_is_refused(threads: Threads) -> None:
    license, to = make_license(units=500), make_company()
    transfer_order(license.order, to=to, today=TODAY, by=SYSTEM, key=new_key(), reason="a slip")
    transfer = Act.objects.get(name="order.transfer")
    successor = Order.objects.get(transferred_from=license.order)

    def undoing(key: str) -> Callable[[], Any]:
        return lambda: undo_transfer(license.company, undoes=transfer.pk, today=TODAY, by=SYSTEM, key=key, reason="a slip")

    def topping_up() -> Any:
        return top_up_order(successor, units=7, today=TODAY, by=SYSTEM, key=new_key())

    with act_under_way(threads, topping_up):
        waiting = threads.start(undoing(new_key()))
        wait_until_somebody_waits_for_a_lock()
    assert isinstance(waiting.exception(PATIENCE), NotUndoneOfOrder)
    assert (valid(license.company, TODAY), valid(to, TODAY)) == (0, 507)
    undo_order(to, undoes=Act.objects.get(name="order.top-up").pk, today=TODAY, by=SYSTEM, key=new_key(), reason="a slip")
    results = threads.at_once(*(undoing(each) for each in (new_key(), new_key(), new_key())))
    assert sorted(isinstance(each, NotUndoneOfOrder) for each in results) == [False, True, True]
    assert (valid(license.company, TODAY), valid(to, TODAY)) == (500, 0)


def test_cases_undone_at_once_are_each_undone_once(threads: Threads) -> None:
    licenses = [make_license(units=500) for _each in range(4)]
    for case, places in (("C-1", (0, 3)), ("C-2", (2, 1))):
        for place in places:
            why = Why("a slip", "our-mistake", case)
            correct_license(licenses[place], units=7, today=TODAY, by=SYSTEM, key=new_key(), reason=why)

    def undoing(case: str) -> Callable[[], Any]:
        return lambda: undo_case(case, by=SYSTEM, key=new_key(), reason="a slip")

    results = threads.at_once(*(undoing(case) for case in ("C-1", "C-2", "C-1", "C-2")))
    assert sorted(str(each) for each in results if not isinstance(each, Exception)) == ["2", "2"]
    assert all("is left to undo" in str(each) for each in results if isinstance(each, Exception))
    assert [valid(each.company, TODAY) for each in licenses] == [500] * 4


def test_of_two_people_who_undo_a_case_at_once_one_does_and_the_other_is_told(threads: Threads) -> None:
    licenses = [make_license(units=500) for _each in range(2)]
    why = Why("a slip", "our-mistake", "C-1")
    for each in licenses:
        correct_license(each, units=499, today=TODAY, by=SYSTEM, key=new_key(), reason=why)
    people = [make_user(is_staff=True, is_superuser=True) for _each in range(2)]
    with for_all("staff"):
        effect = look(UndoCase.previewed("C-1"), by=Actor.person(people[0]))[1]

    def pressing(person: User) -> Callable[[], Any]:
        def press() -> Any:
            with for_all("staff"):
                data = {"key": new_key(), "seen": UndoCase(target="C-1").initial["seen"], **PREVIEWED}
                form = UndoCase(data, target="C-1")
                assert form.is_valid()
                return do(form, by=Actor.person(person), as_shown=effect.fingerprint, ticked=True)

        return press

    results = threads.at_once(*(pressing(each) for each in people))
    assert sorted(type(each).__name__ for each in results) in (["Done", "ShownOutdated"], ["Done", "Refused"])
    assert Act.objects.filter(name="case.undo").count() == 1
    assert Act.objects.filter(name="order.undo").count() == 2


def test_of_two_forms_shown_the_same_units_the_second_is_told(threads: Threads) -> None:
    company, line = make_company(), make_feature().lines.get()
    seen = feature_in_hand(company, line.feature).latest_statement
    results = threads.at_once(*(allocating(company, line, units, seen=seen) for units in (1, 2, 3, 4)))

    refused = [each for each in results if isinstance(each, ChangedMeanwhile)]
    assert len(refused) == 3
    assert {each.units_now[line.pk] for each in refused} == {line_units(company, line, TODAY)}
    assert AllocationEntry.objects.count() == 1


def test_a_plan_that_waits_for_somebody_elses_change_is_refused_with_both_values(threads: Threads) -> None:
    company = make_company()
    make_license(company=company, units=1_000)
    lines = [make_feature(rates=[2]).lines.get() for _ in range(3)]
    allocate(company, lines[0], 5)
    units, features = {line.pk: 9 for line in lines}, [line.feature_id for line in lines]
    held = features_in_hand(company, features=features)
    seen = {pk: each.latest_statement for pk, each in held.items()}
    shown = Plan(held, units, TODAY).figures(balance_and_lines(company, units), today=TODAY, days=[TODAY])

    def planning() -> Any:
        return set_many(company, units=units, seen=seen, shown=shown, today=TODAY, by=SYSTEM, key=new_key())

    with act_under_way(threads, allocating(company, lines[0], 7)) as commit:
        saving = threads.start(planning)
        wait_until_somebody_waits_for_a_lock()
        commit.set()
        with pytest.raises(PlanOutOfDate) as conflict:
            saving.result(PATIENCE)
    assert [(each.shown, each.now) for each in conflict.value.lines] == [(5, 7)]
    assert [line_units(company, line, TODAY) for line in lines] == [7, 0, 0]


def test_of_two_plans_at_once_one_wins_as_a_whole(threads: Threads) -> None:
    company = make_company()
    make_license(company=company, units=1_000)
    lines = [make_feature(rates=[2]).lines.get() for _ in range(3)]
    seen = {line.feature_id: 0 for line in lines}

    def planning(count: int) -> Callable[[], Any]:
        units = {line.pk: count for line in lines}
        return lambda: set_many(company, units=units, seen=seen, today=TODAY, by=SYSTEM, key=new_key())

    results = threads.at_once(planning(4), planning(6))
    assert sorted(isinstance(each, PlanOutOfDate) for each in results) == [False, True]
    held = [line_units(company, line, TODAY) for line in lines]
    assert held in ([4, 4, 4], [6, 6, 6])
    assert allocated(company, TODAY) == sum(held) * 2


def test_one_key_sent_by_ten_at_once_writes_once_and_answers_all_alike(threads: Threads) -> None:
    company, line, key = make_company(), make_feature().lines.get(), new_key()
    acts = Act.objects.count()
    results = threads.at_once(*(allocating(company, line, 7, key=key) for _ in range(10)))

    assert len(set(results)) == 1
    assert not isinstance(results[0], Exception)
    assert (Act.objects.count(), AllocationEntry.objects.count()) == (acts + 1, 1)
    assert line_units(company, line, TODAY) == 7


def test_one_key_for_one_activation_sent_by_ten_at_once_gives_one_license(threads: Threads) -> None:
    company, order, key = make_company(), make_order(), new_key()
    results = threads.at_once(
        *(lambda: activate_order(order, company=company, today=TODAY, by=SYSTEM, key=key) for _ in range(10))
    )

    assert results == [License.objects.get()] * 10
    assert valid(company, TODAY) == 1_000


def test_of_several_companies_activating_one_order_exactly_one_wins(threads: Threads) -> None:
    def activating(order: Order, company: Company) -> Callable[[], Any]:
        key = new_key()
        return lambda: activate_order(order, company=company, today=TODAY, by=SYSTEM, key=key)

    for _ in range(5):
        order, companies = make_order(units=10), [make_company() for _ in range(4)]
        results = threads.at_once(*(activating(order, company) for company in companies))

        [won] = [each for each in results if isinstance(each, License)]
        assert sum(isinstance(each, AlreadyActivated) for each in results) == 3
        assert License.objects.get(order=order) == won
        assert [valid(company, TODAY) for company in companies] == [10 if company == won.company else 0 for company in companies]


def test_what_is_known_waits_for_an_act_under_way_and_never_changes_again(threads: Threads) -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 1)

    def read(known_at: Any) -> int:
        with transaction.atomic():
            hold_still(company, known_at)
            return annual_credits(company, on=TODAY, known_at=known_at).summary.allocated_credits

    with act_under_way(threads, allocating(company, line, 5)) as commit:
        known_at = database_clock()  # the act has been recorded before, and is not to be seen yet
        reading = threads.start(read, known_at)
        wait_until_somebody_waits_for_a_lock()
        assert not reading.done()
        commit.set()
        first = reading.result(PATIENCE)

    allocate(company, line, 9)
    assert read(known_at) == first == 5


def test_a_price_list_under_way_is_waited_for(threads: Threads) -> None:
    company, line = make_company(), make_feature(rates=[3]).lines.get()

    def load() -> None:
        make_credit_rate(line, 5, valid_from=TODAY)

    def read(known_at: Any) -> Decimal:
        with transaction.atomic():
            hold_still(company, known_at)
        return rate_on(rates_of_lines([line.pk], known_at=known_at)[line.pk], TODAY)

    with act_under_way(threads, load) as commit:
        known_at = database_clock()  # the list has been recorded before, and is not to be seen yet
        reading = threads.start(read, known_at)
        wait_until_somebody_waits_for_a_lock()
        assert not reading.done()
        commit.set()
        assert reading.result(PATIENCE) == 5


def test_an_act_begun_after_a_reading_is_known_only_later(threads: Threads) -> None:
    company, line = make_company(), make_feature().lines.get()
    allocate(company, line, 1)

    with transaction.atomic():
        known_at = database_clock()
        hold_still(company, known_at)
        writing = threads.start(allocating(company, line, 5))
        wait_until_somebody_waits_for_a_lock()
        first = annual_credits(company, on=TODAY, known_at=known_at).summary.allocated_credits
    writing.result(PATIENCE)

    again = annual_credits(company, on=TODAY, known_at=known_at).summary.allocated_credits
    assert (first, again, allocated(company, TODAY)) == (1, 1, 5)


def test_acts_of_two_companies_do_not_wait_for_each_other(threads: Threads) -> None:
    first, second, line = make_company(), make_company(), make_feature().lines.get()

    with act_under_way(threads, allocating(first, line, 5)):
        allocate(second, line, 6)
        assert (allocated(first, TODAY), allocated(second, TODAY)) == (0, 6)
    assert allocated(first, TODAY) == 5


def test_transfers_both_ways_between_two_companies_do_not_block_each_other_for_good(threads: Threads) -> None:
    first, second = make_company(), make_company()
    there = [make_license(company=first, units=10).order for _ in range(4)]
    back = [make_license(company=second, units=7).order for _ in range(4)]

    def moving(order: Order, to: Company) -> Callable[[], Any]:
        key = new_key()
        return lambda: transfer_order(order, to=to, today=TODAY, by=SYSTEM, key=key, reason="swapped")

    calls = [moving(order, second) for order in there] + [moving(order, first) for order in back]
    calls += [topping_up(there[0], 1), topping_up(back[0], 1)]
    results = threads.at_once(*calls)

    assert all(isinstance(each, License) for each in results[:8])
    topped_up = [isinstance(each, list) for each in results[8:]]
    assert valid(second, TODAY) == 40 + topped_up[0]
    assert valid(first, TODAY) == 28 + topped_up[1]


def test_a_transfer_sent_twice_while_its_successor_changes_ends(threads: Threads) -> None:
    order, to, key = make_license(units=10).order, make_company(), new_key()

    def move() -> License:
        return transfer_order(order, to=to, today=TODAY, by=SYSTEM, key=key, reason="sold")

    successor = move().order
    results = threads.at_once(*[move] * 4, *(topping_up(successor, 1) for _ in range(4)))

    assert not [each for each in results if isinstance(each, Exception)]
    assert valid(to, TODAY) == 14


def test_a_company_that_first_allocates_while_a_price_list_is_loaded_is_priced_by_it(threads: Threads) -> None:
    listed = date(2020, 1, 1)
    load_price_list(catalogue_of(base_rows(), {}), by=SYSTEM, key=new_key())
    old, late = make_company(), make_company()
    line = CreditRequirement.objects.get(feature__slug="workloads")
    allocate(old, line, 4)
    dearer = catalogue_of({**base_rows(), ("workloads", "base", listed): (Decimal(100), None)}, {})

    with act_under_way(
        threads, lambda: load_price_list(dearer, by=SYSTEM, key=new_key(), correction=True, reason="dearer")
    ) as commit:
        writing = threads.start(allocating(late, line, 4))
        wait_until_somebody_waits_for_a_lock()
        commit.set()
        writing.result(PATIENCE)

    assert FEATURES["workloads"][2]["base"] == "12.25"
    assert [line_credits(company, line, TODAY) for company in (old, late)] == [400, 400]


def test_readers_see_an_act_whole_or_not_at_all(threads: Threads) -> None:
    company = make_company()
    order = make_license(company=company, units=1_000).order

    with act_under_way(threads, topping_up(order, 200)):
        assert (valid(company, TODAY), License.objects.filter(order=order).count()) == (1_000, 1)
    assert (valid(company, TODAY), LicenseEntry.objects.filter(company=company).count()) == (1_200, 4)


# --- Limits


def test_a_limit_lets_through_exactly_as_many_however_many_ask_at_once(threads: Threads) -> None:
    def ask() -> int:
        return sum(not too_often("landing:203.0.113.7", most=60) for _time in range(10))

    with time_machine.travel(datetime(2026, 3, 4, 12, tzinfo=UTC), tick=False):
        assert sum(threads.at_once(*[ask] * 16)) == 60
    assert not any("203.0.113.7" in each for each in kept_in_the_cache())


def kept_in_the_cache() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM console_cache")
        return [key for (key,) in cursor.fetchall()]
