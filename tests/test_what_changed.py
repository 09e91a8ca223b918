"""What changed between two days or two instants: the entries listed sum to the difference of the figures, whatever the two are.

`CHANGED_PAIRS=1000` looks at so many random pairs; the suite at 60.
"""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from random import Random

import pytest
from django.db.models import Sum

from credits.models import AllocationEntry
from credits.reading.annual_credits import credit_summary
from credits.reading.what_changed.difference import Changed, Seen, WhatChanged
from credits.reading.what_changed.what_changed import what_changed
from licensing.models import Company, LicenseEntry
from tests.factories import TODAY
from tests.ledger import database_clock
from tests.test_as_known import History

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("what changed")]
PAIRS = int(os.environ.get("CHANGED_PAIRS", "60"))
PAIRS_OF_ONE = 20


def rows_of(company: Company, seen: Seen) -> tuple[dict[int, int], dict[int, int]]:
    """(id -> change) of the entries of supply and of demand that a state counts, asked for plainly."""
    supply = LicenseEntry.objects.for_company(company).known_at(seen.known_at).up_to(seen.day)
    demand = AllocationEntry.objects.for_company(company).known_at(seen.known_at).up_to(seen.day)
    return dict(supply.values_list("id", "change")), dict(demand.values_list("id", "change"))


def sums_of(company: Company, seen: Seen, *, of: str) -> dict[str, int]:
    """Credits by license or by feature."""
    if of == "license":
        supply = LicenseEntry.objects.for_company(company).known_at(seen.known_at).up_to(seen.day).order_by()
        return {str(key): total for key, total in supply.values_list("license_id").annotate(total=Sum("change"))}
    demand = AllocationEntry.objects.for_company(company).known_at(seen.known_at).up_to(seen.day).order_by()
    return dict(demand.values_list("feature__slug").annotate(total=Sum("change")))


def assert_whole(told: WhatChanged, company: Company) -> None:
    """What is listed is the difference: of the summary's figures, of each license and feature; and no entry is missing."""
    first, second = (credit_summary(company, on=each.day, known_at=each.known_at) for each in (told.first, told.second))
    assert (told.valid.was, told.valid.now) == (first.total_valid_credits, second.total_valid_credits)
    assert (told.allocated.was, told.allocated.now) == (first.allocated_credits, second.allocated_credits)
    assert told.balance.difference == second.current_balance - first.current_balance == told.balance.listed
    assert told.adds_up
    assert told.balance.adds_up
    for side, groups in enumerate((told.licenses, told.features)):
        was, now = (rows_of(company, each)[side] for each in (told.first, told.second))
        listed = {each.id: each.change for group in groups for each in group.entries}
        assert listed == {
            **{pk: -change for pk, change in was.items() if pk not in now},
            **{pk: change for pk, change in now.items() if pk not in was},
        }
        assert sum(listed.values()) == sum(now.values()) - sum(was.values())
        kind = "feature" if side else "license"
        assert_groups(groups, sums_of(company, told.first, of=kind), sums_of(company, told.second, of=kind))


def assert_groups(groups: tuple[Changed, ...], was: dict[str, int], now: dict[str, int]) -> None:
    by_key = {each.key: each for each in groups}
    for key in was.keys() | now.keys():
        before, after = was.get(key, 0), now.get(key, 0)
        assert key in by_key or before == after
        if key in by_key:
            assert (by_key[key].was, by_key[key].now) == (before, after)
            assert sum(each.change for each in by_key[key].entries) == after - before


def draw(random: Random, days: list[date], instants: list[datetime], company: Company) -> Seen:
    """A day by all that is recorded, an instant on its own day, or any day as known at an instant."""
    instant = random.choice(instants)
    return random.choice([Seen(random.choice(days)), Seen(company.day_of(instant), instant), Seen(random.choice(days), instant)])


def test_what_is_listed_sums_to_the_difference_of_any_two_states() -> None:
    looked_at = differing = 0
    for seed in range(PAIRS // PAIRS_OF_ONE):
        random = Random(seed)
        history = History(random)
        for _each in range(8):
            history.step()
        days = [*history.days, *(TODAY - timedelta(days=random.randrange(130)) for _each in range(5))]
        instants = [known_at for known_at, _figures in history.kept]
        for _each in range(PAIRS_OF_ONE):
            first, second = (draw(random, days, instants, history.company) for _side in range(2))
            told = what_changed(history.company, first, second)
            assert_whole(told, history.company)
            back = what_changed(history.company, second, first)
            assert (back.valid.difference, back.allocated.difference) == (-told.valid.difference, -told.allocated.difference)
            looked_at += 1
            differing += bool(told.licenses or told.features)
    assert looked_at == PAIRS
    assert differing > PAIRS // 3


def test_each_entry_says_whether_its_day_came_or_it_was_recorded_since() -> None:
    history = History(Random(3))
    before = database_clock()
    history.change_all(history.random)
    told = what_changed(history.company, Seen(TODAY, before), Seen(TODAY))
    entries = [each for group in (*told.licenses, *told.features) for each in group.entries]
    assert entries
    assert all(each.since and not each.gone for each in entries)
    came = what_changed(history.company, Seen(TODAY - timedelta(days=200)), Seen(TODAY))
    assert not [each for group in came.licenses for each in group.entries if each.since or each.gone]
    back = what_changed(history.company, Seen(TODAY), Seen(TODAY - timedelta(days=200)))
    assert all(each.gone for group in back.licenses for each in group.entries)


def test_nothing_lies_between_a_state_and_itself() -> None:
    history = History(Random(5))
    told = what_changed(history.company, Seen(TODAY), Seen(TODAY))
    assert (told.licenses, told.features) == ((), ())
    assert told.adds_up
    assert told.valid.was == told.valid.now != 0
