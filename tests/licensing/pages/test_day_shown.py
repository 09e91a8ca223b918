"""The day a page shows: the company's own today, or the one asked for; and what a malformed one gets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from credits.models import AllocationStatement
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.models import Company
from licensing.pages.day_shown import FIRST_DAY, LAST_DAY
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at, page, query_of, read_with_status

pytestmark = pytest.mark.django_db

PAGES = ["credits:annual-credits", "credits:purchases", "credits:allocations", "licensing:license-information"]
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["credit-manager"]))


def control(shown: Element) -> Element:
    return shown.one("div", class_="as-of")


# --- Which day


@pytest.mark.parametrize("name", PAGES)
def test_without_a_day_the_page_shows_today_and_no_notice(client: Client, company: Company, name: str) -> None:
    shown = page(client, name, company)
    assert "As of today, Mar 2, 2026" in control(shown).text
    assert "This page shows" not in shown.text
    assert page(client, name, company, on="").text == shown.text
    assert "As of today" in control(page(client, name, company, on=TODAY)).text


@pytest.mark.parametrize("name", PAGES)
def test_the_past_is_shown_with_a_notice_and_a_way_back(client: Client, company: Company, name: str) -> None:
    shown = page(client, name, company, on=YESTERDAY)
    assert "This page shows Mar 1, 2026: what held at the end of that day, by all that is recorded today." in shown.text
    assert "As of Mar 1, 2026" in control(shown).text
    backs = [each["href"] for each in shown.all("a") if each.text == "Back to today"]
    assert backs == [address_of(name, company)] * 2  # in the control and in the notice


@pytest.mark.parametrize("name", PAGES)
def test_the_future_is_shown_as_planned(client: Client, company: Company, name: str) -> None:
    shown = page(client, name, company, on=TOMORROW)
    assert (
        "This page shows Mar 3, 2026: what will hold at the end of that day, by what is contracted and planned so far."
        in shown.text
    )


def test_figures_are_those_of_the_end_of_the_day(client: Client, company: Company) -> None:
    license = make_license(company=company, units=1_000)
    allocate(company, make_feature(rates=[1]).lines.get(), 300, on=TOMORROW)

    def figures(on: date) -> list[int]:
        found = page(client, "credits:annual-credits", company, on=on).figures
        return [int(found[each]) for each in ("total-valid-credits", "allocated-credits", "current-balance")]

    expires_on = date(2027, 3, 2)
    assert license.statements.get().expires_on == expires_on
    assert figures(YESTERDAY) == [0, 0, 0]
    assert figures(TODAY) == [1_000, 0, 1_000]
    assert figures(TOMORROW) == [1_000, 300, 700]
    assert figures(expires_on - timedelta(days=1)) == [1_000, 300, 700]
    assert figures(expires_on) == [0, 300, -300]


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY, date(2024, 2, 29), date(2100, 3, 1)])
@pytest.mark.parametrize("name", PAGES)
def test_far_days_are_shown_too(client: Client, company: Company, name: str, day: date) -> None:
    make_license(company=company)
    arrows = [each.get("aria-label") for each in control(page(client, name, company, on=day)).all("a", class_="as-of-step")]
    assert arrows == [
        *(["One day earlier"] if day != FIRST_DAY else []),
        *(["One day later"] if day != LAST_DAY else []),
    ]


# --- Malformed

MALFORMED = [
    "garbage",
    "2026-02-30",
    "2026-13-01",
    "2026-2-3",
    "20260302",
    "2026-W10-1",
    "2026-061",
    "2026/03/02",
    "02.03.2026",
    "2026-03-02T00:00",
    "٢٠٢٦-٠٣-٠٢",
    "２０２６-０３-０２",
    "0001-01-01",
    "1999-12-31",
    "2200-01-01",
    "9999-12-31",
    "99999-01-01",
    "-2026-03-02",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "9" * 10_000,
]


@pytest.mark.parametrize("name", PAGES)
def test_a_malformed_day_gets_a_clear_sentence_and_a_way_out(client: Client, company: Company, name: str) -> None:
    for text in MALFORMED:
        response = client.get(address_of(name, company, on=text))
        assert (text[:40], response.status_code) == (text[:40], 400)
        shown = read(response)
        assert "is not a day this page can show. Write it like 2026-11-20, from 2000-01-01 to 2199-12-31." in shown.text
        assert text[:40] in shown.text
        assert len(response.content) < 20_000
        assert shown.link("Show the page as of today") == address_of(name, company)


def test_a_malformed_day_gets_the_same_on_pages_of_one_thing(client: Client, company: Company) -> None:
    license, feature = make_license(company=company), make_feature()
    for name, what in (
        ("licensing:license", license.pk),
        ("credits:allocation", feature.slug),
        ("credits:keep-using", license.pk),
    ):
        for headers in ({}, HTMX):
            assert client.get(address_of(name, company, what, on="2026-02-30"), headers=headers).status_code == 400
    for name in ("credits:allocation", "credits:preview-allocation", "credits:withdraw-plan"):
        assert client.post(address_of(name, company, feature.slug, on="2026-02-30")).status_code == 400


def test_spaces_around_a_day_are_forgiven(client: Client, company: Company) -> None:
    assert "As of Mar 1, 2026" in control(page(client, PAGES[0], company, on=" 2026-03-01 ")).text


def test_of_several_days_the_last_one_is_shown_and_links_carry_one(client: Client, company: Company) -> None:
    shown = read_with_status(client.get(address_of(PAGES[0], company) + "?on=garbage&on=2026-02-01&on=2026-03-01"), 200)
    assert "As of Mar 1, 2026" in control(shown).text
    assert query_of(shown.one("a", aria_label="One day earlier")["href"]) == [("on", "2026-02-28")]


def test_a_stranger_with_a_malformed_day_is_still_a_stranger(company: Company) -> None:
    response = browser_of(make_user()).get(address_of(PAGES[0], company, on="garbage"))
    assert response.status_code == 404


# --- Links

FILTERS = {
    "credits:annual-credits": {"q": "end point & more", "offering": "offering-1", "state": "allocated"},
    "licensing:license-information": {"q": "group credits", "status": ["valid", "expired"], "sort": "-units", "page": "2"},
}


@pytest.mark.parametrize("name", FILTERS)
def test_stepping_a_day_keeps_the_filters(client: Client, company: Company, name: str) -> None:
    make_feature()
    shown = page(client, name, company, **FILTERS[name], on=YESTERDAY)
    kept = [(key, each) for key, value in FILTERS[name].items() for each in (value if isinstance(value, list) else [value])]
    earlier, later = (shown.one("a", aria_label=label)["href"] for label in ("One day earlier", "One day later"))
    assert query_of(earlier) == [*kept, ("on", "2026-02-28")]
    assert query_of(later) == kept  # today needs no day
    backs = {each["href"] for each in shown.all("a") if each.text == "Back to today"}
    assert [query_of(each) for each in backs] == [kept]


@pytest.mark.parametrize("name", FILTERS)
def test_choosing_a_day_keeps_the_filters(client: Client, company: Company, name: str) -> None:
    shown = page(client, name, company, **FILTERS[name])
    of_a_day, as_known = control(shown).all("form")
    for form in (of_a_day, as_known):
        assert (form["method"], form["action"]) == ("get", address_of(name, company))
    fields = of_a_day.fields()
    assert as_known.fields() == {**fields, "known": [""]}
    assert fields.pop("on") == [str(TODAY)]
    assert fields == {key: value if isinstance(value, list) else [value] for key, value in FILTERS[name].items()}


def test_what_stands_in_the_address_is_escaped(client: Client, company: Company) -> None:
    shown = page(client, PAGES[0], company, q='"><script>alert(1)</script>', x="'\"><img src=x>")
    assert not shown.all("img")
    assert all("alert" not in part for script in shown.all("script") for part in script.parts if isinstance(part, str))


@pytest.mark.parametrize("name", list(FILTERS))
def test_filtering_keeps_the_day(client: Client, company: Company, name: str) -> None:
    make_license(company=company)
    make_feature()
    form = page(client, name, company, on=YESTERDAY).one("form", role="search")
    assert form.fields()["on"] == [str(YESTERDAY)]
    assert "on" not in page(client, name, company).one("form", role="search").fields()


def test_on_another_day_nothing_is_offered_that_would_change_something(client: Client, company: Company) -> None:
    feature = make_feature(rates=[1])
    allocate(company, feature.lines.get(), 5, today=YESTERDAY)
    for day in (YESTERDAY, TOMORROW):
        (row,) = page(client, "credits:annual-credits", company, on=day).rows("feature")
        assert "Manage allocation" not in row.text
        assert row.element.link("View").endswith(f"?on={day}")
    (row,) = page(client, "credits:annual-credits", company).rows("feature")
    assert "Manage allocation" in row.text


# --- The company's own day

INSTANT = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time_zone", "today"),
    [
        ("Pacific/Kiritimati", "Mar 3, 2026"),  # 00:30, fourteen hours ahead
        ("Pacific/Pago_Pago", "Mar 1, 2026"),  # 23:30, eleven hours behind
        ("Europe/Berlin", "Mar 2, 2026"),
    ],
)
def test_today_is_the_companys_own_day(time_zone: str, today: str) -> None:
    company = make_company(time_zone=time_zone)
    client = browser_of(make_user(company=company, roles=["viewer"]))
    with clock_at(INSTANT):
        for name in PAGES:
            assert f"As of today, {today}" in control(page(client, name, company)).text


def test_one_person_sees_each_company_on_its_own_day() -> None:
    ahead, behind = make_company(time_zone="Pacific/Kiritimati"), make_company(time_zone="Pacific/Pago_Pago")
    person = make_user(company=ahead, roles=["viewer"])
    set_roles(behind, user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    client = browser_of(person)
    with clock_at(INSTANT):
        assert "As of today, Mar 3, 2026" in control(page(client, PAGES[0], ahead)).text
        assert "As of today, Mar 1, 2026" in control(page(client, PAGES[0], behind)).text


@pytest.mark.parametrize(("time_zone", "day"), [("Pacific/Kiritimati", "2026-03-03"), ("Pacific/Pago_Pago", "2026-03-01")])
def test_what_is_saved_today_holds_from_the_companys_own_day(time_zone: str, day: str) -> None:
    company = make_company(time_zone=time_zone)
    feature = make_feature(rates=[0])
    client = browser_of(make_user(company=company, roles=["credit-manager"]))
    address = address_of("credits:allocation", company, feature.slug)
    with clock_at(INSTANT):
        values = read(client.get(address)).by_id("allocation-form").values()
        assert client.post(address, {**values, f"units_{feature.lines.get().pk}": "5"}).status_code == 302
    assert str(AllocationStatement.objects.get().effective_on) == day


def test_a_new_time_zone_counts_from_its_first_midnight_that_does_not_go_back() -> None:
    company = make_company(time_zone="Pacific/Pago_Pago")
    zone = state_time_zone(company, time_zone="Pacific/Kiritimati", by=SYSTEM, key=new_key())
    client = browser_of(make_user(company=company, roles=["viewer"]))

    def today(instant: datetime) -> str:
        with clock_at(instant):
            return control(page(client, PAGES[0], company)).one("summary").text.removeprefix("As of today, ")

    def written(day: date) -> str:
        return f"{day:%b} {day.day}, {day.year}"

    before, after = zone.effective_at - timedelta(minutes=1), zone.effective_at
    assert today(before) == written((before - timedelta(hours=11)).date())
    assert today(after) == written((after + timedelta(hours=14)).date())
