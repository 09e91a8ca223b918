"""As known at an instant: pages say what was recorded by then, and never say otherwise later, whatever is recorded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.urls import Resolver404, resolve, reverse

from credits.models import AllocationEntry
from credits.reading.explanations.explain import explain
from licensing.models import LicenseEntry
from tests.addresses_of_companies import ADDRESSES
from tests.as_known import EXPORTED, LEAD_BACK, PAGES, Subject
from tests.factories import TODAY, allocate, make_company, make_feature, make_license, make_product, make_user
from tests.ledger import allocated, database_clock, valid
from tests.markup import read
from tests.pages import HTMX, browser_of, clock_at, page
from tests.test_pages_of_another_day import OF_NO_DAY, World, make_world, offers
from tests.worlds import row_counts

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("as known")]
HISTORIES = int(os.environ.get("AS_KNOWN_HISTORIES", "3"))
FIGURES = ("total-valid-credits", "allocated-credits", "current-balance")


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


class History(Subject):
    """A company of which much is stated; what its ledger said is kept with the instant."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self.random = random
        self.days = [TODAY + timedelta(days=each) for each in (-200, -90, -30, -1, 0, 30, 300)]
        self.kept: list[tuple[datetime, dict[date, tuple[int, int]]]] = []
        self.keep()

    def keep(self) -> None:
        """A microsecond after everything so far."""
        now = database_clock()
        self.kept.append((now, {on: (valid(self.company, on), allocated(self.company, on)) for on in self.days}))

    def step(self) -> None:
        self.change(self.random)
        self.keep()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_pages_and_explanations_say_what_was_known_at_each_instant(seed: int) -> None:
    history = History(Random(seed))
    for _each in range(6):
        history.step()
    for known_at, figures in history.kept:
        on = history.random.choice(history.days)
        expected = figures[on]
        for figure, value in zip(FIGURES, (*expected, expected[0] - expected[1]), strict=True):
            told = explain(figure, history.company, on=on, known_at=known_at)
            assert told, figure
            assert told.value == value, (figure, on)
        shown = page(history.client, "credits:annual-credits", history.company, on=on, known=known_at.isoformat())
        assert [shown.figures[name] for name in FIGURES] == [*expected, expected[0] - expected[1]]


@pytest.mark.parametrize("seed", range(max(HISTORIES // 3, 1)))
def test_what_was_known_never_changes_again(seed: int) -> None:
    history = History(Random(seed))
    for _each in range(3):
        history.step()
    known_at, _figures = history.kept[-1]
    on = TODAY + timedelta(days=(-1, 45, 0, 300)[seed % 4])

    def told() -> dict[str, Any]:
        found = history.told(known_at, on)
        for figure in (*FIGURES, f"license-credits.{history.licenses[0].pk}", "runway", "allocated-share-of-valid"):
            address = reverse(
                "explain-json", args=[history.company.slug, figure], query={"on": on, "known": known_at.isoformat()}
            )
            found[address] = history.client.get(address).json()
        return found

    before = told()
    assert history.exported(before) == EXPORTED
    history.change_all(history.random)
    after = told()
    assert list(after) == list(before)
    assert [each for each in before if after[each] != before[each]] == []
    assert [name for name in PAGES if words(history, name, database_clock()) == words(history, name, known_at)] == SAYS_NOTHING


SAYS_NOTHING = ["credits:keep-using"]
"""As on another day: it shows only what may be chosen today."""


def words(history: History, name: str, known_at: datetime) -> list[Any]:
    """What a page says, but for the instant itself: all that was changed is on each of them."""
    told = history.told(known_at, TODAY - timedelta(days=1), pages=[name])
    return [re.sub("[Aa]s known at [^/]*/Berlin", "", str(each)) for each in told.values()]


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
    lost = [each for each in ways if "known=" not in each and keeps_a_day(each) and "changes" not in each]
    assert lost == [shown.one("main").link("As known now"), shown.one("main").link("Back to today")]
    for form in shown.one("main").all("form", method="get"):
        assert form.fields()["on"] == [str(TODAY)]
        assert form.fields()["known"] == [known] or form.all("input", type="datetime-local")  # asks for another instant
    said = shown.one("main").all(class_="alert alert-warning")[0].text
    assert said.startswith(f"This page shows {TODAY:%b} {TODAY.day}, {TODAY.year} as known at ")


def keeps_a_day(address: str) -> bool:
    """Whether an address is that of a page of a day."""
    try:
        return resolve(urlsplit(address).path).view_name in {*PAGES, *LEAD_BACK} and not address.startswith("#")
    except Resolver404:
        return False


@pytest.mark.parametrize("name", LEAD_BACK)
def test_a_page_of_what_may_be_done_leads_back_with_the_instant(world: World, name: str) -> None:
    known_at = database_clock()
    for on in (TODAY, world.company.day_of(known_at)):
        asked = {"on": on, "known": known_at.isoformat()}
        assert world.client.get(world.address(name, **asked))["Location"] == world.address(LEAD_BACK[name], **asked)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("name", [name for name, row in ADDRESSES.items() if row.change and name not in OF_NO_DAY])
def test_what_is_sent_to_a_page_as_known_is_refused_and_writes_nothing(world: World, name: str, headers: dict[str, str]) -> None:
    before = row_counts()
    response = world.client.post(world.address(name, known=database_clock().isoformat()), world.form, headers=headers)
    assert 400 <= response.status_code < 500
    assert "Changes are made on today’s page. Nothing was saved." in read(response).text
    assert row_counts() == before


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


@pytest.mark.parametrize("name", ["licensing:license", "licensing:receipt", "credits:keep-using"])
def test_a_license_not_issued_yet_is_not_there(world: World, name: str) -> None:
    before = database_clock()
    license = make_license(company=world.company, product=make_product(kind="seats", rate=45))
    assert world.client.get(reverse(name, args=[world.company.slug, license.pk])).status_code == 200
    address = reverse(name, args=[world.company.slug, license.pk], query={"known": before.isoformat()})
    assert world.client.get(address).status_code == 404


def test_the_entries_of_an_explanation_are_those_recorded_by_then() -> None:
    history = History(Random(3))
    for _each in range(5):
        history.step()
    for known_at, _figures in history.kept:
        for figure, model in (("total-valid-credits", LicenseEntry), ("allocated-credits", AllocationEntry)):
            told = explain(figure, history.company, on=TODAY, known_at=known_at)
            assert told is not None
            recorded = model._default_manager.filter(company=history.company, effective_on__lte=TODAY, recorded_at__lte=known_at)
            assert {each.id for group in told.groups for each in group.entries} == set(recorded.values_list("id", flat=True))
