"""As known at an instant: pages say what was recorded by then, and never say otherwise later, whatever is recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from credits.models import AllocationEntry, CreditRequirement
from credits.reading.explanations.explain import explain
from licensing.acts.corrections.correct import correct_license
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.models import Company, License, LicenseEntry
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import allocated, database_clock, valid
from tests.markup import read
from tests.pages import browser_of, clock_at, page
from tests.test_pages_of_another_day import World, make_world, offers

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("as known")]
HISTORIES = int(os.environ.get("AS_KNOWN_HISTORIES", "3"))
FIGURES = ("total-valid-credits", "allocated-credits", "current-balance")
PAGES = (
    "credits:annual-credits",
    "credits:purchases",
    "credits:allocations",
    "credits:requirements",
    "credits:conversions",
    "licensing:license-information",
    "licensing:license",
)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_the_module: World, db: None) -> World:
    return world_of_the_module


class History:
    """A company to which corrections are made for days that are over; what its ledger said is kept with the instant."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.company: Company = make_company()
        self.licenses = [
            make_license(company=self.company, units=1_000 * (each + 1), today=TODAY - timedelta(days=90 * each))
            for each in range(3)
        ]
        self.lines: list[CreditRequirement] = [make_feature(rates=[each + 1]).lines.get() for each in range(3)]
        self.client: Client = browser_of(make_user(company=self.company, roles=["owner"]))
        self.days = [TODAY + timedelta(days=each) for each in (-200, -90, -30, -1, 0, 30, 300)]
        self.kept: list[tuple[datetime, dict[date, tuple[int, int]]]] = []
        self.keep()

    def keep(self) -> None:
        """A microsecond after everything so far."""
        now = database_clock()
        self.kept.append((now, {on: (valid(self.company, on), allocated(self.company, on)) for on in self.days}))

    def change(self) -> None:
        """Something is stated, mostly of a day that is over."""
        back = TODAY - timedelta(days=self.random.randrange(120))
        about: dict[str, Any] = {"today": TODAY, "by": SYSTEM, "key": new_key(), "reason": "test"}
        license: License = self.random.choice(self.licenses)
        match self.random.randrange(4):
            case 0:
                correct_license(license, units=self.random.randrange(1, 5_000), **about)
            case 1 if len(self.licenses) > 1:  # one is suspended once
                suspend_order(license.order, on=TODAY - timedelta(days=20), **about)
                reinstate_order(license.order, on=TODAY - timedelta(days=10), **{**about, "key": new_key()})
                self.licenses = [each for each in self.licenses if each != license]
            case _:
                allocate(self.company, self.random.choice(self.lines), self.random.randrange(900), on=back)
        self.keep()


def test_pages_and_explanations_say_what_was_known_at_each_instant() -> None:
    for seed in range(HISTORIES):
        history = History(Random(seed))
        for _each in range(6):
            history.change()
        for known_at, figures in history.kept:
            on = history.random.choice(history.days)
            expected = figures[on]
            for figure, value in zip(FIGURES, (*expected, expected[0] - expected[1]), strict=True):
                told = explain(figure, history.company, on=on, known_at=known_at)
                assert told, figure
                assert told.value == value, (seed, figure, on)
            shown = page(history.client, "credits:annual-credits", history.company, on=on, known=known_at.isoformat())
            assert [shown.figures[name] for name in FIGURES] == [*expected, expected[0] - expected[1]]


def test_what_was_known_never_changes_again() -> None:
    history = History(Random(7))
    history.change()
    known_at, _figures = history.kept[-1]
    on, license = TODAY - timedelta(days=1), history.licenses[0].pk

    def told() -> list[Any]:
        asked = {"on": on, "known": known_at.isoformat()}
        found: list[Any] = []
        for figure in (*FIGURES, f"license-credits.{license}", "runway", "allocated-share-of-valid"):
            address = reverse("explain-json", args=[history.company.slug, figure], query=asked)
            found.append(history.client.get(address).json())
        for name in PAGES:
            further = [license] if name == "licensing:license" else []
            shown = page(history.client, name, history.company, *further, **asked)
            found.append((shown.figures, [(row.key, row.status, row.figures) for kind in ROWS for row in shown.rows(kind)]))
        return found

    before = told()
    for _each in range(5):
        history.change()
    assert told() == before


ROWS = ("offering", "feature", "license")


def test_as_known_at_an_instant_its_day_is_told_as_past_and_is_no_today() -> None:
    company = make_company()
    allocate(company, make_feature(rates=[1]).lines.get(), 7, today=TODAY)
    viewer = browser_of(make_user(company=company, roles=["viewer"]))
    known = page(viewer, "credits:annual-credits", company, on=TODAY, known=database_clock().isoformat())
    assert f"On {TODAY:%b} {TODAY.day}, {TODAY.year} the balance was 7 credits below zero." in known.text
    words = {each.text for each in known.by_id("history").all("text")}
    assert f"{TODAY:%b} {TODAY.day}, {TODAY.year}" in words
    assert "Today" not in words
    assert "Today" in {each.text for each in page(viewer, "credits:annual-credits", company).by_id("history").all("text")}


def test_an_instant_alone_shows_the_companys_day_at_that_instant(world: World) -> None:
    known_at = database_clock()
    shown = world.get("credits:annual-credits", known=known_at.isoformat())
    day = world.company.day_of(known_at)
    assert f"This page shows {day:%b} {day.day}, {day.year} as known at" in shown.text


@pytest.mark.parametrize("name", PAGES)
def test_a_page_as_known_offers_nothing_that_changes_something_and_keeps_the_instant(world: World, name: str) -> None:
    known = database_clock().isoformat()
    shown = world.get(name, on=TODAY, known=known)
    assert set(offers(shown, world.address(name))) - {""} == set()
    ways = [each["href"] for each in shown.one("main").all("a", href="*")]
    kept = [each for each in ways if "known=" in each]
    assert kept
    assert all("on=" in each for each in kept)
    assert not [each for each in ways if "/explain/" in each and "known=" not in each]


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-02-30T10:00", "2026-03-01", "1999-01-01T00:00", "2026-03-01T25:00", "2026-03-01T10:00+99:00"]
)
def test_what_is_no_instant_is_refused_in_words(world: World, text: str) -> None:
    response = world.client.get(world.address("credits:annual-credits", known=text))
    assert response.status_code == 400
    assert "is not an instant this page can show" in read(response).text


@pytest.mark.parametrize("name", PAGES)
def test_an_instant_to_come_is_refused_in_words(world: World, name: str) -> None:
    later = (database_clock() + timedelta(minutes=5)).isoformat()
    response = world.client.get(world.address(name, known=later))
    assert response.status_code == 400
    assert "is still to come" in read(response).text


def test_an_instant_is_read_in_the_zone_of_the_company() -> None:
    company = make_company(time_zone="Asia/Singapore")
    client = browser_of(make_user(company=company, roles=["viewer"]))
    asked = reverse("explain-json", args=[company.slug, "current-balance"], query={"known": "2026-02-01T10:07"})
    assert client.get(asked).json()["known_at"] == "2026-02-01T02:07:00+00:00"
    for text in ("2026-02-01T10:07%2B01:00", "2026-02-01T10:07+01:00", "2026-02-01T09:07Z"):
        told = client.get(f"{reverse('explain-json', args=[company.slug, 'current-balance'])}?known={text}").json()
        assert told["known_at"] == "2026-02-01T09:07:00+00:00"


def test_a_license_not_issued_yet_is_not_there(world: World) -> None:
    before = database_clock()
    license = make_license(company=world.company)
    assert world.client.get(reverse("licensing:license", args=[world.company.slug, license.pk])).status_code == 200
    address = reverse("licensing:license", args=[world.company.slug, license.pk], query={"known": before.isoformat()})
    assert world.client.get(address).status_code == 404


def test_the_entries_of_an_explanation_are_those_recorded_by_then() -> None:
    history = History(Random(3))
    for _each in range(5):
        history.change()
    for known_at, _figures in history.kept:
        for figure, model in (("total-valid-credits", LicenseEntry), ("allocated-credits", AllocationEntry)):
            told = explain(figure, history.company, on=TODAY, known_at=known_at)
            assert told is not None
            recorded = model._default_manager.filter(company=history.company, effective_on__lte=TODAY, recorded_at__lte=known_at)
            assert {each.id for group in told.groups for each in group.entries} == set(recorded.values_list("id", flat=True))
