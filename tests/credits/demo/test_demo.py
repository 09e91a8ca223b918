"""The demo: the stories come out as told, for any day, and are loaded only where they belong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from console.models import Act, OutgoingMail, User
from console.people.demo_password import DEMO_PASSWORD, have_demo_password
from credits.demo.loading import CannotLoad, load_demo, stories
from credits.demo.people import PEOPLE
from credits.demo.telling import working_day
from credits.models import AllocationEntry, AllocationStatement
from credits.reading.annual_credits import AnnualCredits, annual_credits
from licensing.models import Company, License, LicenseEntry, LicenseStatement, Membership, Notice
from licensing.rules.license_status import days_left, status_on

TODAY = date(2025, 11, 20)
FIGURES = {  # total valid credits, allocated credits, current balance
    "aster": (180_000, 147_720, 32_280),
    "borealis": (75_000, 85_150, -10_150),
    "cobalt": (60_500, 54_500, 6_000),
    "delta": (8_000, 6_340, 1_660),
}
COBALT_STATUSES = {
    ("SO-3041", "initial"): "expired",
    ("SO-3041", "renewal"): "expires-soon",
    ("SO-3041", "top-up"): "expires-soon",
    ("SO-3041", "second renewal"): "not-yet-valid",
    ("AZ-60122", "initial"): "suspended",
    ("AW-77340", "initial"): "valid",
    ("SO-3190", "initial"): "valid",
}


@dataclass(frozen=True)
class Told:
    """What is there of one company on a day, without ids: two loads of one day are equal."""

    parent: str
    figures: tuple[int, int, int]
    licenses: dict[tuple[str, str], tuple[str, bool, int, int]]  # status, trial, credits of the day, days left
    pay_as_you_go: list[str]
    roles: dict[str, list[str]]
    acts: list[tuple[Any, ...]]
    supply: list[tuple[Any, ...]]
    demand: list[tuple[Any, ...]]
    plans: list[tuple[str, int | None]]


def what_is_told(company: Company, today: date) -> Told:
    credits = annual_credits(company, on=today)
    return Told(
        parent=company.parent.slug if company.parent else "",
        figures=figures_of(credits),
        licenses=licenses_of(company, today),
        pay_as_you_go=[feature.slug for feature in credits.features if feature.status == "pay-as-you-go"],
        roles={each.user.email: each.roles for each in Membership.objects.filter(company=company).select_related("user")},
        acts=list(
            Act.objects.for_company(company)
            .order_by("recorded_at")
            .values_list("recorded_at", "key", "name", "actor_label", "reason", "note")
        ),
        supply=list(
            LicenseEntry.objects.for_company(company)
            .order_by("recorded_at", "id")
            .values_list("recorded_at", "license__order__external_id", "effective_on", "change")
        ),
        demand=list(
            AllocationEntry.objects.for_company(company)
            .order_by("recorded_at", "id")
            .values_list("recorded_at", "feature__slug", "line__slug", "effective_on", "units_change", "change")
        ),
        plans=list(
            AllocationStatement.objects.for_company(company)
            .filter(effective_on__gt=today, withdraws=None)
            .exclude(pk__in=AllocationStatement.objects.exclude(withdraws=None).values("withdraws"))
            .values_list("feature__slug", "units")
        ),
    )


def figures_of(credits: AnnualCredits) -> tuple[int, int, int]:
    summary = credits.summary
    return summary.total_valid_credits, summary.allocated_credits, summary.current_balance


def licenses_of(company: Company, today: date) -> dict[tuple[str, str], tuple[str, bool, int, int]]:
    licenses = list(License.objects.for_company(company).with_order().order_by("id"))
    facts = LicenseStatement.objects.for_company(company).facts_by_license(licenses)
    found: dict[tuple[str, str], tuple[str, bool, int, int]] = {}
    for license in licenses:
        name = license.order.external_id, license.kind
        if name in found:
            name = name[0], f"second {name[1]}"
        held = facts[license.pk]
        found[name] = status_on(held, today), license.trial, held.credits_on(today), days_left(held, today)
    return found


def load(today: date) -> dict[str, Told]:
    """Load catalogue and demo for a day, say what is there, and leave nothing behind."""
    with transaction.atomic():
        call_command("load_catalogue", "--reference", verbosity=0)
        loaded = load_demo(timezone.now(), today)
        told = {each.company.slug: what_is_told(each.company, each.today) for each in loaded}
        transaction.set_rollback(True)
    return told


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Told]]:
    with django_db_blocker.unblock():
        yield load(TODAY)


@pytest.fixture
def catalogue(db: None) -> None:
    call_command("load_catalogue", "--reference", verbosity=0)


# --- The stories


def test_each_company_ends_with_its_figures(told: dict[str, Told]) -> None:
    assert {slug: each.figures for slug, each in told.items()} == FIGURES


def test_asters_converted_seats_stay_in_use_and_one_allocation_is_planned(told: dict[str, Told]) -> None:
    aster = told["aster"]
    assert aster.licenses["SO-1177", "initial"][2] == 18_000
    assert (18_000, "advanced-endpoint-security") in [(change, feature) for _, feature, _, _, _, change in aster.demand]
    assert aster.plans == [("advanced-server-workload-protection", 90)]
    assert {"renewal", "top-up"} <= {kind for order, kind in aster.licenses if order == "AZ-48213"}
    assert len({feature for _, feature, *_ in aster.demand}) == 13


def test_aster_was_over_allocated_for_four_weeks_until_a_top_up(told: dict[str, Told]) -> None:
    balances = balance_by_day(told["aster"])
    below = [day for day, balance in balances.items() if balance < 0]
    assert min(balances.values()) == -12_340
    assert 25 <= (max(below) - min(below)).days <= 31
    assert len(below) == (max(below) - min(below)).days + 1


def test_borealis_is_below_zero_since_its_seats_expired_and_nothing_is_blocked(told: dict[str, Told]) -> None:
    borealis = told["borealis"]
    status, _, credits, days = borealis.licenses["SO-2086", "initial"]
    assert (status, credits) == ("expired", 0)
    assert -23 <= days <= -20
    below = [day for day, balance in balance_by_day(borealis).items() if balance < 0]
    assert min(below) == TODAY + timedelta(days=days)
    assert borealis.figures[1] == 85_150  # still allocated, all of it


def test_cobalt_is_in_the_middle_of_a_renewal(told: dict[str, Told]) -> None:
    cobalt = told["cobalt"]
    assert {name: found[0] for name, found in cobalt.licenses.items()} == COBALT_STATUSES
    assert cobalt.licenses["SO-3190", "initial"][1:3] == (True, 0)  # a trial converts to nothing
    assert 0 < cobalt.licenses["SO-3041", "renewal"][3] <= 30
    assert cobalt.pay_as_you_go == [
        "cloud-detections-aws-cloudtrail",
        "cloud-detections-aws-vpc-flow-logs",
        "cloud-detections-amazon-security-lake",
    ]
    assert cobalt.plans == []  # the only one was withdrawn


def test_delta_is_the_service_provider_of_the_others(told: dict[str, Told]) -> None:
    assert {slug: each.parent for slug, each in told.items()} == {
        "aster": "delta",
        "borealis": "delta",
        "cobalt": "delta",
        "delta": "",
    }
    assert {slug for slug, each in told.items() if "owner@delta.example" in each.roles} == {"aster", "borealis", "delta"}


@pytest.mark.parametrize("slug", ["aster", "borealis", "cobalt"])
def test_people_have_the_roles_of_their_addresses(told: dict[str, Told], slug: str) -> None:
    own = {email: roles for email, roles in told[slug].roles.items() if not email.endswith("@delta.example")}
    assert own == {
        f"owner@{slug}.example": ["owner"],
        f"admin@{slug}.example": ["license-administrator"],
        f"manager@{slug}.example": ["credit-manager"],
        f"viewer@{slug}.example": ["viewer"],
    }
    if provider := told[slug].roles.get("owner@delta.example"):
        assert provider == ["credit-manager", "license-administrator"]


def test_histories_have_enough_to_look_at(told: dict[str, Told]) -> None:
    a_year_ago = TODAY - timedelta(days=365)
    for slug, at_least in {"aster": 20, "borealis": 9, "cobalt": 14}.items():
        balances = balance_by_day(told[slug])
        days = [day for day in balances if day > a_year_ago]
        changed = [day for day in days if day == TODAY or balances[day] != balances[day - timedelta(days=1)]]
        assert len(changed) >= at_least


@pytest.mark.parametrize("slug", FIGURES)
def test_acts_are_recorded_in_their_order_and_before_today(told: dict[str, Told], slug: str) -> None:
    instants = [recorded_at for recorded_at, *_ in told[slug].acts]
    assert instants == sorted(set(instants))
    assert instants[-1] < datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    assert all(key.removeprefix("person:").startswith(f"demo:{slug}:20") for _, key, *_ in told[slug].acts)


def balance_by_day(company: Told) -> dict[date, int]:
    """The balance of every day from the first entry to today."""
    changes = [(day, change) for _, _, day, change in company.supply]
    changes += [(day, -change) for _, _, _, day, _, change in company.demand]
    first = min(day for day, _ in changes)
    days = [first + timedelta(days=number) for number in range((TODAY - first).days + 1)]
    return {day: sum(change for since, change in changes if since <= day) for day in days}


# --- Any day


@pytest.mark.django_db
def test_the_same_day_tells_the_same_again(told: dict[str, Told]) -> None:
    assert load(TODAY) == told


@pytest.mark.django_db
@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2025, 3, 1), date(2025, 12, 31), date(2026, 1, 1)])
def test_awkward_days_change_no_figure(today: date) -> None:
    told = load(today)
    assert {slug: each.figures for slug, each in told.items()} == FIGURES
    assert {name: found[0] for name, found in told["cobalt"].licenses.items()} == COBALT_STATUSES
    assert told["aster"].plans == [("advanced-server-workload-protection", 90)]


def test_on_any_day_events_lie_on_working_days_in_their_order_and_before_today() -> None:
    for number in range(430):
        today = date(2024, 1, 1) + timedelta(days=number)
        told = stories(datetime(2026, 6, 1, tzinfo=UTC), today)
        for story in told:
            instants = [event.instant for event in story.events]
            assert instants == sorted(set(instants))
            assert instants[-1].date() < today
            assert all(instant.weekday() < 5 and 8 <= instant.hour < 20 for instant in instants)
        first = min((event for story in told for event in story.events), key=lambda event: event.instant)
        assert first.key.startswith("demo:delta:")  # the others name it as their service provider


def test_each_company_is_told_up_to_its_own_day() -> None:
    late_in_singapore = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
    days = {story.business.slug: story.today for story in stories(late_in_singapore)}
    assert days == {
        "delta": date(2026, 3, 4),
        "aster": date(2026, 3, 3),
        "borealis": date(2026, 3, 3),
        "cobalt": date(2026, 3, 3),
    }
    assert {story.today for story in stories(late_in_singapore, TODAY)} == {TODAY}


def test_a_working_day_is_never_a_week_end() -> None:
    assert working_day(date(2026, 11, 20)) == date(2026, 11, 20)  # Friday
    assert working_day(date(2026, 11, 21)) == working_day(date(2026, 11, 22)) == date(2026, 11, 20)


# --- The command


def test_the_command_loads_once_and_people_sign_in(catalogue: None, settings: Any, capsys: Any) -> None:
    settings.DEMO = True
    call_command("seed_demo", "--if-empty")
    said = capsys.readouterr().out
    assert "Borealis Logistics (borealis): 75,000 valid, 85,150 allocated, balance -10,150" in said
    assert all(person.email in said and person.name in said for person in PEOPLE)
    assert DEMO_PASSWORD in said

    for person in PEOPLE:
        assert authenticate(email=person.email, password=DEMO_PASSWORD) is not None
    assert Client().login(email="viewer@aster.example", password=DEMO_PASSWORD)
    assert have_demo_password()
    support = User.objects.get(email="support@allotment.example")
    assert support.is_staff
    assert support.is_superuser
    assert User.objects.filter(is_staff=True).count() == 1
    assert not Act.objects.filter(key__contains="demo:", recorded_at__gte=timezone.now() - timedelta(hours=1)).exists()
    for company in Company.objects.all():
        assert company.day_of(Act.objects.for_company(company).latest("recorded_at").recorded_at) < company.day_of(timezone.now())

    acts = Act.objects.count()
    call_command("seed_demo", "--if-empty")
    assert "nothing was loaded" in capsys.readouterr().out
    with pytest.raises(CommandError, match="use --if-empty"):
        call_command("seed_demo")
    assert Act.objects.count() == acts


def test_the_command_needs_a_word_where_debug_is_off(catalogue: None, settings: Any) -> None:
    assert not settings.DEBUG
    settings.DEMO = False
    with pytest.raises(CommandError, match="--even-in-production"):
        call_command("seed_demo")
    with pytest.raises(CommandError, match="--even-in-production"):
        call_command("seed_demo", "--if-empty")
    assert not User.objects.exists()
    call_command("seed_demo", "--even-in-production", verbosity=0)
    assert Company.objects.count() == 4


@pytest.mark.django_db
def test_without_the_catalogue_the_error_names_the_fix() -> None:
    with pytest.raises(CommandError, match="load_catalogue --reference"):
        call_command("seed_demo", "--even-in-production")
    assert not User.objects.exists()
    assert not Company.objects.exists()


def test_a_day_to_come_is_refused(catalogue: None) -> None:
    now = datetime(2025, 11, 20, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    with pytest.raises(CannotLoad, match="a day that has come"):
        load_demo(now, date(2025, 11, 25))


def test_what_is_due_is_told_at_once_and_in_the_console_only(catalogue: None) -> None:
    load_demo(datetime(2025, 11, 20, 12, tzinfo=UTC), TODAY)
    told = Notice.objects.order_by("kind", "company__slug").values_list("company__slug", "kind")
    assert list(told) == [
        ("borealis", "below-zero"),
        ("borealis", "expired"),
        ("delta", "over-threshold"),  # of each of its two thresholds
        ("delta", "over-threshold"),
        ("aster", "units-asked"),
    ]
    assert not OutgoingMail.objects.exists()


def test_somebody_who_is_there_keeps_their_password(catalogue: None) -> None:
    User.objects.create_user("support@allotment.example", "a password of their own", is_staff=True, staff_roles=["customers"])
    load_demo(timezone.now(), TODAY)
    assert authenticate(email="support@allotment.example", password="a password of their own")
    assert authenticate(email="support@allotment.example", password=DEMO_PASSWORD) is None
