"""A price list that real processes apply: killed in the middle, two at once, and companies that state units meanwhile."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack

import psycopg
import pytest
from django.db import connection

from console.errors import Refused
from console.models import Act
from credits.acts.price_list.state_price_list import state_price_list
from credits.models import PriceListRun
from licensing.models import Company
from tests.credits.acts.test_apply_price_list import DEARER, differences, entries, load, several
from tests.credits.acts.test_load_price_list import BASE, OTHER, line, price_list
from tests.factories import SYSTEM, new_key
from tests.ledger import day, line_credits
from tests.processes import PATIENCE, backends, database_url, end, kill_backends, locked, start, until

pytestmark = pytest.mark.django_db(transaction=True)

COMMAND = ["manage.py", "load_catalogue", "--resume", "--at-once", "2"]


def run() -> PriceListRun:
    return PriceListRun.objects.latest("id")


def somebody_waits() -> bool:
    return bool(backends(waiting=True))


def waited_for() -> list[str]:
    """The tables whose rows the waiting sessions want to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = ANY(%s)", [backends(waiting=True)])
        return sorted(query.partition(' FROM "')[2].partition('"')[0] for (query,) in cursor.fetchall())


@pytest.fixture
def companies() -> list[Company]:
    """Six with units and one without; the dearer list is stated, and applied to none of them."""
    found = several(7)
    state_price_list(DEARER, by=SYSTEM, key=new_key())
    return found


def wanted(companies: list[Company]) -> list[int]:
    """The credits of the first line by the dearer list."""
    return [3 * (10 + number) for number, _company in enumerate(companies[:-1])] + [0]


def credits_of(companies: list[Company]) -> list[int]:
    return [line_credits(company, line(), day(10)) for company in companies]


def test_killed_in_the_middle_and_run_again_it_ends_the_same(companies: list[Company]) -> None:
    with ExitStack() as until_killed:
        until_killed.enter_context(locked("licensing_company", companies[3].pk))
        process = start(COMMAND, 0)
        try:
            until(somebody_waits, "a slice that waits for the fourth company")
        finally:
            end(process)
            kill_backends(backends(waiting=True))
    until(lambda: not somebody_waits(), "the end of its session")

    assert (run().done, run().under_way) == (2, True)
    assert credits_of(companies) == [30, 33, *(2 * (10 + number) for number in (2, 3, 4, 5)), 0]
    assert differences() == []
    with pytest.raises(Refused, match="2 of 7 companies are done"):
        load(price_list(BASE, OTHER, ("base", "9", day(50))))

    assert start(COMMAND, 0).wait(PATIENCE) == 0
    assert (run().done, run().under_way, credits_of(companies)) == (7, False, wanted(companies))
    assert differences() == []
    before = entries()
    load(DEARER)
    assert entries() == before


def test_two_processes_at_once_apply_each_company_once(companies: list[Company]) -> None:
    processes: list[subprocess.Popen[bytes]] = []
    try:
        with locked("licensing_company", companies[0].pk):
            processes += [start(COMMAND, 0) for _ in range(2)]
            until(lambda: len(backends(waiting=True)) == 2, "two processes that wait")
            assert waited_for() == ["credits_pricelistrun", "licensing_company"]
        assert [each.wait(PATIENCE) for each in processes] == [0, 0]
    finally:
        for each in processes:
            end(each)

    acts = Act.objects.filter(name="price-list.apply", key=f"price-list:{run().act_id}")
    assert sorted(acts.values_list("company_id", flat=True)) == [each.pk for each in companies[:-1]]
    assert (run().done, credits_of(companies), differences()) == (7, wanted(companies), [])


def test_a_company_that_is_being_registered_is_waited_for(companies: list[Company]) -> None:
    with psycopg.connect(database_url()) as other:
        other.execute(
            "INSERT INTO licensing_company (name, slug, business_id) VALUES ('Late', 'late', 'LATE')"  # as an act does
        )
        process = start(COMMAND, 0)
        try:
            until(somebody_waits, "a process that waits for the registration")
            assert run().done == 0
            other.commit()
            assert process.wait(PATIENCE) == 0
        finally:
            end(process)
    assert (run().done, run().companies) == (8, 8)
