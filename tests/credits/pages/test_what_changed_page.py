"""The page of what changed: two states side by side, the entries between, and the person's own last visit offered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.test import Client

from console.people.last_visit import VISIT_OF
from licensing.models import Company
from tests.factories import TODAY, allocate, make_company, make_feature, make_license, make_user
from tests.ledger import database_clock
from tests.markup import Element, read
from tests.pages import address_of, browser_of, clock_at, page

pytestmark = pytest.mark.django_db
NAME = "credits:changes"


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["viewer"]))


def side_by_side(shown: Element) -> dict[str, tuple[int, int, int]]:
    """Figure -> then, now, difference."""
    rows = [each for each in shown.all("tr") if "data-figure-of" in each]
    return {
        row["data-figure-of"]: tuple(int(row.one("data", data_part=part)["value"]) for part in ("was", "now", "difference"))  # type: ignore[misc]
        for row in rows
    }


def entries(shown: Element, part: str) -> list[int]:
    return [int(each["value"]) for each in shown.one("section", id=part).all("data", data_part="entry")]


def test_two_days_are_told_side_by_side_with_the_entries_between(company: Company, client: Client) -> None:
    make_license(company=company, units=1_000, today=TODAY - timedelta(days=20))
    line = make_feature(rates=[5]).lines.get()
    allocate(company, line, 20, today=TODAY - timedelta(days=10))
    with clock_at():
        shown = page(client, NAME, company, **{"from": TODAY - timedelta(days=15), "to": TODAY})
    assert side_by_side(shown) == {
        "total-valid-credits": (1_000, 1_000, 0),
        "allocated-credits": (0, 100, 100),
        "current-balance": (1_000, 900, -100),
    }
    assert entries(shown, "licenses") == []
    assert entries(shown, "features") == [100]
    assert "1 entry: +100, the whole difference" in " ".join(shown.one("section", id="features").text.split())
    assert "Its day came" in shown.text


def test_what_was_recorded_since_an_instant_is_told_so(company: Company, client: Client) -> None:
    line = make_feature(rates=[5]).lines.get()
    make_license(company=company, units=1_000, today=TODAY - timedelta(days=20))
    before = database_clock()
    allocate(company, line, 20, on=TODAY - timedelta(days=10))
    with clock_at():
        shown = page(client, NAME, company, **{"from": before.isoformat(), "to": TODAY})
    assert "Recorded since" in shown.text
    assert entries(shown, "features") == [100]


def test_the_last_visit_is_offered_and_told(company: Company, client: Client) -> None:
    earlier = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    annual = address_of("credits:annual-credits", company)
    with clock_at(earlier):
        client.get(annual)
    with clock_at(earlier + timedelta(minutes=20)):
        client.get(annual)
        shown = page(client, NAME, company)
    assert "When you were last here is not known in this browser" in shown.text
    assert "My last visit" not in shown.text
    later = earlier + timedelta(days=1)
    for instant in (later, later + timedelta(minutes=29)):
        with clock_at(instant):
            shown = page(client, NAME, company)
        assert "Since your last visit in this browser" in shown.text
        (offered,) = [each for each in shown.all("a") if each.text == "My last visit"]
        assert offered["href"] == f"{address_of(NAME, company)}?from={quote('2026-03-01T09:50:00+00:00', safe='')}"
        assert offered["aria-current"] == "true"


def test_a_visit_is_one_persons_and_one_companys(company: Company, client: Client) -> None:
    other = make_company()
    both = make_user(company=company, roles=["viewer"])
    with clock_at(TODAY - timedelta(days=3)):
        response = client.get(address_of("credits:annual-credits", company))
    assert response.cookies[VISIT_OF]["path"] == f"/companies/{company.slug}/"
    assert response.cookies[VISIT_OF]["httponly"]
    kept = response.cookies[VISIT_OF].value
    stranger = browser_of(both)
    stranger.cookies[VISIT_OF] = kept
    with clock_at():
        assert "My last visit" not in page(stranger, NAME, company).text
        assert stranger.get(address_of(NAME, other)).status_code == 404


@pytest.mark.parametrize(
    "text", ["", "~", "{person}~~soon", "{person}~2026-02-01~2026-02-01", "{person}~~2199-01-01T00:00:00+00:00"]
)
def test_a_cookie_that_says_something_else_is_no_visit(company: Company, text: str) -> None:
    person = make_user(company=company, roles=["viewer"])
    client = browser_of(person)
    client.cookies[VISIT_OF] = text.format(person=person.pk)
    with clock_at():
        assert "My last visit" not in page(client, NAME, company).text


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"from": "soon"}, "is not an instant this page can show"),
        ({"from": "2026-02-30"}, "is not a day this page can show"),
        ({"from": "2026-01-01", "to": "2199-01-01T00:00"}, "An instant to come cannot be compared"),
    ],
)
def test_what_is_neither_a_day_nor_an_instant_that_passed_is_refused(
    company: Company, client: Client, asked: dict[str, str], says: str
) -> None:
    with clock_at():
        response = client.get(address_of(NAME, company, **asked))
    assert response.status_code == 400
    assert says in read(response).text


def test_figures_lead_to_their_explanations_in_both_states(company: Company, client: Client) -> None:
    make_license(company=company, units=1_000, today=TODAY - timedelta(days=20))
    known = database_clock().isoformat()
    with clock_at():
        shown = page(client, NAME, company, **{"from": known, "to": TODAY})
        links = [each["href"] for each in shown.all("a", class_="explains")]
        assert len(links) == 6
        for link in links:
            assert client.get(link).status_code == 200
    assert sum("known=" in each for each in links) == 3


def test_annual_credits_leads_to_what_changed_since_what_it_shows(company: Company, client: Client) -> None:
    make_license(company=company, units=1_000, today=TODAY - timedelta(days=20))
    with clock_at():
        today = page(client, "credits:annual-credits", company)
        before = page(client, "credits:annual-credits", company, on=TODAY - timedelta(days=2))
    assert [each["href"] for each in today.all("a") if each.text == "What changed since I looked"] == [
        address_of(NAME, company)
    ] * 2
    since = address_of(NAME, company, **{"from": TODAY - timedelta(days=2)})
    assert [each["href"] for each in before.all("a") if each.text == "What changed since then"] == [since] * 2
