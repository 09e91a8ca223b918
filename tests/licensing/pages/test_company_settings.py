"""Company settings: each part is an act in the journal, and a refusal stands beside its field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from console.company_in_hand import for_company
from console.errors import Refused
from console.models import Act, OutgoingMail, User
from console.people.second_factor.of_the_demo import give_demo_factor
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.models import Company, CompanyStatement, CompanyTimeZone, Role
from tests.factories import SYSTEM, TODAY, make_company, make_license, make_user, new_key
from tests.markup import read
from tests.pages import HTMX, address_of, browser_of, clock_at, page, read_with_status

pytestmark = pytest.mark.django_db

SETTINGS = "licensing:company-settings"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    return make_company(name="Aster Marine", slug="aster")


@pytest.fixture
def owner(company: Company) -> User:
    return make_user(company=company, roles=[Role.OWNER], email="owner@aster.example", name="Olga Owner")


def save(client: Client, company: Company, part: str, **typed: Any) -> Any:
    return client.post(address_of(SETTINGS, company), {"part": part, "key": new_key(), **typed})


def journal(company: Company, name: str) -> list[dict[str, Any]]:
    return list(Act.objects.for_company(company).filter(name=name).order_by("recorded_at").values_list("result", flat=True))


def test_the_name_on_the_pages_is_changed_and_the_journal_says_from_what(company: Company, owner: User) -> None:
    client = browser_of(owner)
    key = new_key()
    for _again in range(2):
        typed = {"part": "name", "key": key, "name": "  Aster   Ocean "}
        assert client.post(address_of(SETTINGS, company), typed).status_code == 302
    assert "Aster Ocean" in client.get(address_of("licensing:license-information", company)).content.decode()
    assert journal(company, "company.rename") == [{"before": "Aster Marine", "after": "Aster Ocean"}]


@pytest.mark.parametrize("name", ["", "   ", "x" * 151, "Aster\u202eenirM"])
def test_a_name_that_cannot_be_is_refused_beside_its_field_and_stays_typed(company: Company, owner: User, name: str) -> None:
    shown = read_with_status(save(browser_of(owner), company, "name", name=name), 422)
    assert shown.one("input", id="name-name")["aria-invalid"] == "true"
    assert journal(company, "company.rename") == []


def test_another_time_zone_takes_effect_at_a_midnight_and_moves_no_day_that_is_over(company: Company, owner: User) -> None:
    now = datetime.now(UTC)
    days = [company.day_of(now - timedelta(days=each)) for each in range(3)]
    client = browser_of(owner)
    assert save(client, company, "time-zone", time_zone="Asia/Tokyo").status_code == 302
    row = CompanyTimeZone.objects.filter(company=company).latest("id")
    assert (row.time_zone, row.effective_at > now) == ("Asia/Tokyo", True)
    changed = Company.objects.get(pk=company.pk)
    assert [changed.day_of(now - timedelta(days=each)) for each in range(3)] == days
    assert "days are counted in Asia/Tokyo from" in read(client.get(address_of(SETTINGS, company))).text
    assert save(client, company, "time-zone", time_zone="Mars/Olympus").status_code == 422


def test_every_zone_to_come_is_shown_and_the_one_stated_last_is_no_other(company: Company, owner: User) -> None:
    client = browser_of(owner)
    for zone in ("Asia/Tokyo", "Asia/Tokyo", "America/New_York", "America/New_York"):
        assert save(client, company, "time-zone", time_zone=zone).status_code == 302
    assert CompanyTimeZone.objects.filter(company=company).count() == 3
    shown = page(client, SETTINGS, company).text
    assert [f"Stated already: {zone} takes effect on" in shown for zone in ("Asia/Tokyo", "America/New York")] == [True, True]


def test_zones_are_those_of_places_in_the_list_and_in_the_act(company: Company, owner: User) -> None:
    browser = browser_of(owner)
    offered = {each["value"] for each in page(browser, SETTINGS, company).one("select", id="time-zone-time_zone").all("option")}
    assert {"Europe/Berlin", "America/Argentina/Salta", "UTC"} <= offered
    for name in ("localtime", "Factory", "Etc/GMT+5", "EST", "GMT0"):
        assert name not in offered
        assert save(browser, company, "time-zone", time_zone=name).status_code == 422
        with pytest.raises(Refused, match="is not a time zone"):
            state_time_zone(company, time_zone=name, by=SYSTEM, key=new_key())
    assert CompanyTimeZone.objects.filter(company=company).count() == 1


def test_a_part_that_is_none_is_not_found(company: Company, owner: User) -> None:
    assert save(browser_of(owner), company, "anything").status_code == 404


def test_new_people_are_told_as_owners_stated_and_nobody_else_is_changed(company: Company, owner: User) -> None:
    assert save(browser_of(owner), company, "notices", told="digest").status_code == 302
    chose = make_user(told=User.Told.CONSOLE)
    for person in (make_user(company=company, roles=[Role.VIEWER]), chose):
        set_roles(company, user=person, roles=[Role.VIEWER], by=SYSTEM, key=new_key())
    told = User.objects.exclude(pk=owner.pk).order_by("pk").values_list("told", flat=True)
    assert sorted(told) == [User.Told.CONSOLE, User.Told.DIGEST]
    assert User.objects.get(pk=owner.pk).told == User.Told.AT_ONCE
    assert journal(company, "company.notices-of-new-members")[0]["before"] is None


def test_what_is_kept_how_long_is_told_from_the_settings(company: Company, owner: User, settings: Any) -> None:
    settings.RETENTION_DAYS = 123
    shown = page(browser_of(owner), SETTINGS, company).text
    assert "123 days after the session has ended" in shown
    assert "Until they are accepted or withdrawn" in shown
    settings.RETENTION_DAYS = 3
    shown = page(browser_of(owner), SETTINGS, company).text
    assert "Mails: to whom, and what they said 3 days" in shown
    assert "14 days after the session has ended" in shown  # as long as a browser may keep it


# --- A second factor


def require_from(client: Client, company: Company, on: date) -> Any:
    return save(client, company, "second-factor", on=on.isoformat())


def closed(client: Client, company: Company, name: str = "credits:annual-credits", **headers: Any) -> bool:
    answer = client.get(address_of(name, company), **headers)
    return answer.status_code == 302 and answer["Location"] == f"{reverse('mfa_index')}?company={company.slug}"


def test_an_owner_without_a_factor_cannot_lock_themself_out(company: Company, owner: User) -> None:
    client = browser_of(owner)
    shown = read_with_status(require_from(client, company, TODAY), 422)
    assert "You have no second factor yourself" in shown.text
    assert not CompanyStatement.objects.for_company(company).exists()
    assert page(client, "credits:annual-credits", company)


def test_from_the_day_on_people_without_a_factor_are_led_to_set_one_up(company: Company, owner: User) -> None:
    give_demo_factor(owner)
    viewer = make_user(company=company, roles=[Role.VIEWER], email="viewer@aster.example")
    other = make_company(slug="other")
    set_roles(other, user=viewer, roles=[Role.VIEWER], by=SYSTEM, key=new_key())
    make_license(company=company)
    client = browser_of(viewer)
    starts = TODAY + timedelta(days=7)
    assert require_from(browser_of(owner), company, starts).status_code == 302
    (mail,) = OutgoingMail.objects.all()
    assert mail.to == viewer.email
    assert "Aster Marine" in mail.subject
    assert not closed(client, company)
    assert "From Mar 9, 2026 on Aster Marine opens" in read(client.get(reverse("mfa_index") + "?company=aster")).text
    with clock_at(starts):
        assert closed(client, company)
        assert closed(client, company, headers={"Accept": "application/json"})
        part = client.get(address_of("credits:annual-credits", company), headers=HTMX)
        assert part["HX-Redirect"] == f"{reverse('mfa_index')}?company=aster"
        assert not closed(client, other)
        assert not closed(browser_of(owner), company)
        shown = read(client.get(reverse("licensing:companies")))
        assert "Needs a second factor" in shown.text
        assert "1,000" not in shown.text
        give_demo_factor(viewer)
        assert not closed(client, company)
        Authenticator.objects.filter(user=viewer).delete()
        assert closed(client, company)
    assert not closed(client, company)


def test_the_requirement_is_taken_back_and_the_journal_says_what_was_before(company: Company, owner: User) -> None:
    give_demo_factor(owner)
    client, viewer = browser_of(owner), browser_of(make_user(company=company, roles=[Role.VIEWER]))
    require_from(client, company, TODAY)
    assert closed(viewer, company)
    assert save(client, company, "no-second-factor").status_code == 302
    assert not closed(viewer, company)
    assert save(client, company, "no-second-factor").status_code == 422
    assert journal(company, "company.require-no-factor") == [
        {
            "statement": CompanyStatement.objects.for_company(company).latest("id").pk,
            "before": {"value": "required", "from": str(TODAY)},
            "after": {"value": "not-required", "from": str(TODAY)},
        }
    ]


def test_who_was_told_of_a_required_factor_is_told_that_none_is_required(company: Company, owner: User) -> None:
    give_demo_factor(owner)
    viewer = make_user(company=company, roles=[Role.VIEWER])
    client = browser_of(owner)
    require_from(client, company, TODAY + timedelta(days=7))
    assert save(client, company, "no-second-factor").status_code == 302
    assert list(OutgoingMail.objects.filter(to=viewer.email).order_by("pk").values_list("subject", flat=True)) == [
        "Aster Marine: a second factor is required from Mar 9, 2026 on",
        "Aster Marine: no second factor is required",
    ]
    assert not OutgoingMail.objects.filter(to=owner.email).exists()


@pytest.mark.parametrize("on", [TODAY - timedelta(days=1), TODAY + timedelta(days=366), date(9999, 12, 31)])
def test_a_day_that_is_over_or_more_than_a_year_ahead_cannot_be_stated(company: Company, owner: User, on: date) -> None:
    give_demo_factor(owner)
    shown = read_with_status(require_from(browser_of(owner), company, on), 422)
    assert shown.one("input", id="second-factor-on")["aria-invalid"] == "true"
    with for_company(company):
        assert not CompanyStatement.objects.for_company(company).exists()
