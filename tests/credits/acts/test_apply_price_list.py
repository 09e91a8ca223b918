"""A price list is applied by slices of companies: ended at any point and run again it comes to the same end, once."""

from __future__ import annotations

import csv
import random
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from console.errors import Refused
from console.models import Act
from credits.acts.price_list.load_price_list import apply_price_list, load_price_list
from credits.acts.price_list.load_report import LoadReport
from credits.acts.price_list.reprice import reprice
from credits.acts.price_list.state_price_list import state_price_list
from credits.catalogue.files_and_rows import REFERENCE_FOLDER, REQUIREMENTS, Catalogue
from credits.catalogue.read_catalogue import read_catalogue
from credits.models import AllocationEntry, CreditRequirement, PriceListRun
from credits.reading.price_lists.preview import BelowZero, preview_price_list
from credits.verification import Audit
from licensing.models import Company, Product
from tests.credits.acts.test_load_price_list import BASE, OTHER, line, price_list
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_license, make_user, new_key
from tests.ledger import database_clock, day, line_credits, line_units
from tests.pages import browser_of, clock_at, page
from tests.worlds import row_counts

NOON = datetime.combine(TODAY, time(12), UTC)
DEARER = price_list(("base", "2", date(2020, 1, 1)), ("base", "3", day(10)), OTHER)

Stated = tuple[str, str, date, int, int]


def load(catalogue: Catalogue, **more: Any) -> LoadReport:
    return load_price_list(catalogue, **{"by": SYSTEM, "key": new_key(), **more})


def state(catalogue: Catalogue, **more: Any) -> LoadReport:
    return state_price_list(catalogue, **{"by": SYSTEM, "key": new_key(), **more})


def entries() -> list[Stated]:
    """All that was allocated: company, line, day, units and credits, summed by day."""
    found: dict[tuple[str, str, date], list[int]] = {}
    rows = AllocationEntry.objects.values_list("company__name", "line__slug", "effective_on", "units_change", "change")
    for name, slug, on, units, change in rows:
        sums = found.setdefault((name, slug, on), [0, 0])
        sums[0] += units
        sums[1] += change
    return sorted((*key, *sums) for key, sums in found.items() if any(sums))


def differences() -> list[str]:
    return [str(each) for each in Audit(Company.objects.order_by("id")).differences()]


def several(count: int = 5) -> list[Company]:
    """Companies with units of one line or of two, today and planned; the last has none."""
    load(price_list(BASE, OTHER))
    companies = [make_company(name=f"Company {number:02}") for number in range(count)]
    for number, company in enumerate(companies[:-1]):
        allocate(company, line(), 10 + number)
        allocate(company, line("server"), 7, on=day(20))
    return companies


@pytest.mark.django_db
def test_a_company_whose_turn_has_not_come_follows_the_former_list() -> None:
    first, second, *_rest = several()
    state(DEARER)
    reprice(by=SYSTEM, companies_at_once=1)

    assert [line_credits(company, line(), day(10)) for company in (first, second)] == [30, 22]
    run = PriceListRun.objects.get(under_way=True)
    assert (run.done, run.companies, run.waits_for(first.pk), run.waits_for(second.pk)) == (1, 5, False, True)
    assert differences() == []
    apply_price_list(LoadReport(), by=SYSTEM)
    assert (line_credits(second, line(), day(10)), differences()) == (33, [])


@pytest.mark.django_db
def test_what_a_company_states_before_its_turn_is_at_the_new_rates_and_comes_to_the_same() -> None:
    companies = several()
    state(DEARER)
    reprice(by=SYSTEM, companies_at_once=1)
    allocate(companies[1], line(), 20)
    assert (line_credits(companies[1], line(), day(10)), differences()) == (60, [])

    apply_price_list(LoadReport(), by=SYSTEM)
    assert (line_credits(companies[1], line(), day(10)), differences()) == (60, [])


@pytest.mark.django_db
def test_a_wrong_entry_is_noticed_while_a_list_is_applied() -> None:
    companies = several()
    state(DEARER)
    wrong = AllocationEntry.objects.filter(company=companies[2]).first()
    assert wrong is not None
    wrong.pk, wrong.change, wrong._state.adding = None, 1, True
    wrong.save()

    assert any("Company 02" in each for each in differences())


@pytest.mark.django_db
def test_of_a_list_that_was_applied_nobody_is_at_the_former_rates() -> None:
    several()
    state(DEARER)
    reprice(by=SYSTEM, companies_at_once=2)
    PriceListRun.objects.update(under_way=False, finished_at=database_clock())

    assert differences()


@pytest.mark.django_db
@pytest.mark.parametrize("slices", range(4))
def test_ended_after_some_slices_and_loaded_again_it_comes_to_the_same_end(slices: int) -> None:
    with transaction.atomic():
        several()
        load(DEARER)
        at_once = entries()
        transaction.set_rollback(True)
    several()
    state(DEARER)
    for _ in range(slices):
        reprice(by=SYSTEM, companies_at_once=2)
    load(DEARER)

    assert entries() == at_once
    assert (PriceListRun.objects.filter(under_way=True).exists(), differences()) == (False, [])
    assert Act.objects.filter(name="price-list.apply").count() == 4


@pytest.mark.django_db
def test_loaded_again_after_its_end_it_writes_no_entry_and_no_company_waits() -> None:
    several()
    load(DEARER)
    before = AllocationEntry.objects.count(), Act.objects.filter(name="price-list.apply").count()
    load(DEARER)

    assert (AllocationEntry.objects.count(), Act.objects.filter(name="price-list.apply").count()) == before
    assert PriceListRun.objects.count() == 2  # of the first list, and of this one


@pytest.mark.django_db
def test_another_list_is_refused_until_this_one_is_applied() -> None:
    several()
    state(DEARER)
    with pytest.raises(Refused, match=r"being applied since .* 0 of 0 companies are done"):
        load(price_list(BASE, OTHER, ("base", "9", day(50))))
    with pytest.raises(Refused, match="being applied"):
        preview_price_list(price_list(BASE, OTHER, ("base", "9", day(50))))

    apply_price_list(LoadReport(), by=SYSTEM)
    load(price_list(BASE, OTHER, ("base", "3", day(10)), ("base", "9", day(50))))


@pytest.mark.django_db
def test_a_company_that_registers_meanwhile_does_not_wait() -> None:
    several()
    state(DEARER)
    reprice(by=SYSTEM, companies_at_once=1)
    late = make_company()
    allocate(late, line(), 10)

    assert not PriceListRun.objects.get(under_way=True).waits_for(late.pk)
    assert (line_credits(late, line(), day(10)), differences()) == (30, [])


@pytest.mark.django_db
def test_pages_of_a_company_that_waits_say_so_in_a_line() -> None:
    first, second, *_rest = several()
    make_license(company=second, units=1_000)
    viewers = [browser_of(make_user(company=each, roles=["viewer"])) for each in (first, second)]
    state(DEARER)
    reprice(by=SYSTEM, companies_at_once=1)

    def says(number: int, name: str) -> bool:
        return page(viewers[number], name, (first, second)[number]).has_id("list-awaited")

    with clock_at(TODAY):
        for name in ("credits:annual-credits", "credits:allocations"):
            assert (says(0, name), says(1, name)) == (False, True)
        apply_price_list(LoadReport(), by=SYSTEM)
        assert not says(1, "credits:annual-credits")


# --- The preview


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_the_preview_lists_exactly_what_then_changes(seed: int) -> None:
    chosen = random.Random(seed)
    load(price_list(BASE, OTHER))
    companies = [make_company() for _ in range(4)]
    for company in companies:
        if chosen.random() < 0.7:
            make_license(company=company, units=chosen.randrange(1, 200))
        for _ in range(chosen.randrange(4)):
            name, units, ahead = chosen.choice(["base", "server"]), chosen.randrange(60), chosen.randrange(30)
            allocate(company, line(name), units, on=day(ahead))
    rates = {
        (chosen.choice(["base", "server"]), day(chosen.randrange(-10, 40))): chosen.choice(["0", "0.05", "2", "2.5", "7"])
        for _ in range(chosen.randrange(4))
    }
    new = price_list(BASE, OTHER, *((name, rate, on) for (name, on), rate in rates.items()))
    rows, last = row_counts(), max([0, *AllocationEntry.objects.values_list("id", flat=True)])
    previewed = {each.id: each for each in preview_price_list(new).companies()}
    assert row_counts() == rows
    load(new)

    added: dict[int, dict[date, int]] = {}
    for company_id, on, change in AllocationEntry.objects.filter(id__gt=last).values_list("company", "effective_on", "change"):
        days = added.setdefault(company_id, {})
        days[on] = days.get(on, 0) + change
    said = {pk: {on: change for each in found.features for on, change in each.changes} for pk, found in previewed.items()}
    assert said == {pk: without for pk, days in added.items() if (without := {on: each for on, each in days.items() if each})}


@pytest.mark.django_db
def test_the_preview_says_who_would_go_below_zero_and_from_when() -> None:
    load(price_list(BASE, OTHER))
    poor, rich, below = (make_company() for _ in range(3))
    for company, credits in ((poor, 25), (rich, 1_000), (below, 5)):
        make_license(company=company, units=credits)
        allocate(company, line(), 10)
    found = {each.name: each.below_zero for each in preview_price_list(DEARER).companies(NOON)}

    assert found == {str(poor): BelowZero(day(10), -5), str(rich): None, str(below): None}


@pytest.mark.django_db
def test_the_preview_says_what_each_converted_license_will_be_worth_at_its_renewal() -> None:
    reference = read_catalogue(REFERENCE_FOLDER)
    load(reference)
    company = make_company()
    core = next(each for each in reference.products if each.sku == "EP-CORE")
    license = make_license(company=company, product=Product.objects.get(sku=core.sku), units=400)
    dearer = replace(reference, products=(*reference.products, replace(core, credits_per_unit=Decimal(50), valid_from=day(100))))
    (found,) = preview_price_list(dearer).companies(NOON)

    (worth,) = found.renewals
    assert (worth.license_id, worth.units, worth.credits, worth.by_former, worth.by_this) == (
        license.pk,
        400,
        18_000,
        18_000,
        20_000,
    )


def folder_at_twice(folder: Path, feature: str) -> Path:
    """The reference catalogue, in which a feature takes twice as much from day 20 on."""
    shutil.copytree(REFERENCE_FOLDER, folder)
    rows = list(csv.reader((folder / REQUIREMENTS).read_text(encoding="utf-8-sig").splitlines()))
    (row,) = (each for each in rows if each[0] == feature)
    later = [*row[:4], str(Decimal(row[4]) * 2), str(day(20)), *row[6:]]
    with (folder / REQUIREMENTS).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([*rows, later])
    return folder


@pytest.mark.django_db
def test_the_command_previews_loads_and_resumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_catalogue", "--reference", verbosity=0)
    sensor = CreditRequirement.objects.get(feature__slug="endpoint-sensor")
    company = make_company(name="Aster")
    allocate(company, sensor, 100)
    folder = folder_at_twice(tmp_path / "catalogue", "endpoint-sensor")
    rows = row_counts()
    call_command("load_catalogue", str(folder), "--preview")
    said = capsys.readouterr().out

    assert row_counts() == rows
    taken = line_credits(company, sensor, day(30))
    assert f"Aster, {sensor.feature.name}: +{taken:,} credits from {day(20)}" in said
    call_command("load_catalogue", str(folder), "--label", "Spring")
    assert f"Aster: +{taken:,} credits allocated" in capsys.readouterr().out
    assert line_units(company, sensor, day(30)) == 100
    call_command("load_catalogue", "--resume")
    with pytest.raises(CommandError):
        call_command("load_catalogue")
