"""In which zone instants are told: a company's pages in its own, a person's in that of their companies, staff's in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.models import Act, OutgoingMail, User
from console.templatetags.formats import moment, moment_in_words
from credits.acts.set_allocation import set_allocation
from credits.tasks import tell_all
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.codes.activate_by_code import activate_code
from licensing.codes.redeem_code import redeem
from licensing.in_which_zone_instants_are_told import zone_of_person
from licensing.models import Activation, Company, License, Membership, Role
from licensing.notices.daily_digest import send_digests
from licensing.purchases.activation.hand_over import hand_over, take_over
from tests.factories import SYSTEM, act, make_code, make_company, make_feature, make_license, make_product, make_user, new_key
from tests.in_process import InProcess
from tests.markup import Element, read
from tests.pages import address_of, browser_of, page
from tests.purchases import activated, buy, found

pytestmark = pytest.mark.django_db

SINGAPORE = ZoneInfo("Asia/Singapore")
ZONES = re.compile(
    r"\b(?:" + "|".join(sorted(map(re.escape, available_timezones() - {"Asia/Singapore"}), key=len, reverse=True)) + r")\b"
)
"""The name of any other zone. Some are words of English: they are looked for only in capitals, as they are written."""
WORDS = {"Singapore", "Japan", "Israel", "Cuba", "Egypt", "Iran", "Turkey", "Portugal", "Poland", "Jamaica", "Navajo", "Libya"}


@pytest.fixture
def singapore(shop: InProcess) -> tuple[Company, User]:
    """A company in Singapore with some of everything, and a person of it alone who may see all of it."""
    company = make_company(name="Merlion Foods", slug="merlion", time_zone="Asia/Singapore")
    person = make_user(company=company, roles=list(Role.values), told="digest")
    today = company.day_of(timezone.now())
    activated(person, company)
    found(buy(), person)
    held = redeem(make_code(), person=person, source="192.0.2.1")
    activate_code(held, company=company, by=act()["by"].person(person), key=new_key())
    suspended = make_license(company=company, today=today)
    suspend_order(suspended.order, today=today, by=SYSTEM, key=new_key())
    line = make_feature().lines.get()
    set_allocation(
        company,
        feature=line.feature,
        units={line.pk: 10_000},
        today=today,
        by=SYSTEM,
        key=new_key(),
        below_zero_confirmed=True,
    )
    tell_all(timezone.now())
    send_digests(timezone.now() + timedelta(days=1))
    return company, person


def pages_from(client: Client, *addresses: str) -> Iterator[tuple[str, Element]]:
    """The pages that links lead to from these, each address once, whatever day it is asked for."""
    waiting, seen = list(addresses), set(addresses)
    while waiting:
        address = waiting.pop(0)
        answer = client.get(address, follow=True)
        if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
            continue
        shown = read(answer)
        yield address, shown
        for link in shown.all("a"):
            parts = urlsplit(link.get("href"))
            leads = re.match(r"/(companies|activate|accounts/notices)/", parts.path)
            if leads and not parts.netloc and parts.path not in seen:
                seen.add(parts.path)
                waiting.append(parts.path)


def test_no_page_of_a_company_tells_an_instant_in_another_zone(singapore: tuple[Company, User]) -> None:
    company, person = singapore
    client = browser_of(person)
    walked = dict(pages_from(client, "/", "/activate/", address_of("licensing:notices", company)))
    kinds = {re.sub(r"[0-9a-f-]{36}|[0-9]+", "*", address) for address in walked}
    assert {
        "/companies/merlion/credits/annual/",
        "/companies/merlion/licenses/",
        "/companies/merlion/licenses/*/",
        "/companies/merlion/notices/",
        "/activate/",
        "/activate/*/",
    } <= kinds
    for address, shown in walked.items():
        for choice in shown.all("select", name="time_zone"):  # the settings offer every zone, and have chosen the company's
            assert [each["value"] for each in choice.all("option") if "selected" in each] == ["Asia/Singapore"]
            choice.parts.clear()
        said = ZONES.findall(shown.text)
        assert not set(said) - WORDS, (address, said)
        assert "UTC" not in shown.text, address
        instants = [each["datetime"] for each in shown.all("time") if "T" in each["datetime"]]
        assert all(each.endswith("+08:00") for each in instants), (address, instants)


def test_no_mail_of_a_company_tells_an_instant_in_another_zone(singapore: tuple[Company, User]) -> None:
    mails = [f"{mail.subject}\n{mail.text}" for mail in OutgoingMail.objects.all()]
    assert mails
    assert not [mail for mail in mails if "UTC" in mail or set(ZONES.findall(mail)) - WORDS]


def test_a_license_says_when_it_was_recorded_and_in_which_zone(singapore: tuple[Company, User]) -> None:
    company, person = singapore
    license = License.objects.filter(company=company).earliest("pk")
    shown = page(browser_of(person), "licensing:license", company, license.pk)
    recorded = license.statements.get().recorded_at.astimezone(SINGAPORE)
    assert f"{recorded:%b} {recorded.day}, {recorded:%Y, %H:%M} Asia/Singapore" in shown.text


def test_the_purchase_and_its_activation_are_told_in_the_zone_of_the_company(singapore: tuple[Company, User]) -> None:
    company, person = singapore
    client = browser_of(person)
    waiting = Activation.objects.select_related("subscription").get(person=person, state="found")
    assert waiting.subscription is not None
    assert waiting.subscription.bought_at is not None
    review = read(client.get(f"/activate/{waiting.pk}/review/")).text
    assert moment_in_words(waiting.subscription.bought_at, SINGAPORE) in review
    assert moment_in_words(waiting.brought_at, SINGAPORE) in read(client.get("/activate/")).text
    done = Activation.objects.filter(person=person, company=company, state="active").latest("brought_at")
    assert "Times in Asia/Singapore" in read(client.get(f"/activate/{done.pk}/status/")).text


# --- Other companies, other persons


def test_an_instant_is_told_in_the_zone_that_was_in_effect_then() -> None:
    company = make_company(time_zone="Europe/Berlin")
    state_time_zone(company, time_zone="America/New_York", by=SYSTEM, key=new_key())
    takes_effect = max(span.effective_at for span in company.zone_spans)
    before, after = takes_effect - timedelta(minutes=1), takes_effect + timedelta(minutes=1)
    assert str(moment(before, company)).endswith("Europe/Berlin</time>")
    assert str(moment(after, company)).endswith("America/New York</time>")
    assert str(moment(datetime(2026, 7, 1, 12, tzinfo=UTC), None)) == (
        '<time datetime="2026-07-01T12:00:00+00:00"><span class="nowrap">Jul 1, 2026, 12:00</span> UTC</time>'
    )


def memberships(person: User) -> list[Membership]:
    return list(Membership.objects.filter(user=person).select_related("company"))


@pytest.mark.usefixtures("shop")
def test_a_person_of_companies_in_several_zones_reads_utc_by_its_name_until_a_company_is_chosen() -> None:
    far, near = make_company(time_zone="Asia/Singapore"), make_company(time_zone="Europe/Berlin")
    person = make_user(company=far, roles=["owner"])
    set_roles(near, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    assert zone_of_person(memberships(person)) == UTC
    client, activation = browser_of(person), found(buy(), person)
    activated(person, far)
    listed = read(client.get("/activate/")).text
    assert moment_in_words(activation.brought_at) in listed
    assert "Asia/Singapore" in listed
    assert activation.subscription is not None
    assert activation.subscription.bought_at is not None
    review = f"/activate/{activation.pk}/review/"
    assert moment_in_words(activation.subscription.bought_at) in read(client.get(review)).text
    chosen = read(client.get(f"{review}?company={near.slug}")).text
    assert moment_in_words(activation.subscription.bought_at, ZoneInfo("Europe/Berlin")) in chosen


def test_a_person_of_companies_in_one_zone_reads_that_and_one_of_none_utc() -> None:
    one, two = make_company(time_zone="Asia/Tokyo"), make_company(time_zone="Asia/Tokyo")
    person = make_user(company=one, roles=["viewer"])
    set_roles(two, user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    assert zone_of_person(memberships(person)) == ZoneInfo("Asia/Tokyo")
    assert zone_of_person([]) == UTC


@pytest.mark.usefixtures("shop")
def test_the_day_on_which_an_activation_was_taken_over_is_the_day_of_who_handed_it_over() -> None:
    company = make_company(time_zone="Pacific/Kiritimati")
    giver = make_user(company=company, roles=["owner"])
    activation = found(buy(), giver)
    take_over(hand_over(activation), make_user(company=company, roles=["owner"]))
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    Activation.objects.filter(pk=activation.pk).update(taken_over_at=at)
    assert "on Mar 2, 2026" in browser_of(giver).get(f"/activate/{activation.pk}/").content.decode()


# --- The frame of the wizard


def frame_of(shown: Element) -> tuple[list[str], list[str]]:
    """The companies that the frame names, and the entries of its sidebar."""
    named = [each.text for each in shown.all("span") if each.get("class") == "company-name"]
    return named, [each.text for each in shown.by_id("sidebar").all("a") if "sidebar-link" in each.get("class")]


@pytest.mark.usefixtures("shop")
def test_the_wizard_shows_no_company_before_one_of_several_is_chosen_and_then_that_one() -> None:
    first, last = make_company(name="Aachen"), make_company(name="Zwickau")
    person = make_user(company=first, roles=["owner"])
    set_roles(last, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    client, activation = browser_of(person), found(buy(), person)
    for address in ("/activate/", f"/activate/{activation.pk}/review/"):
        shown = read(client.get(address))
        assert frame_of(shown) == (["Choose a company"], ["Companies", "Activate"]), address
        assert shown.by_id("sidebar").link("Companies") == reverse("licensing:companies")
    for company in (first, last):
        shown = read(client.get(f"/activate/{activation.pk}/review/?company={company.slug}"))
        assert frame_of(shown) == (
            [company.name],
            [
                "Credits & Billing",
                "Requests",
                "License Information",
                "Statements of account",
                "Activate",
                "People",
                "Audit log",
                "Company settings",
            ],
        )


def test_the_wizard_shows_the_only_company_of_a_person() -> None:
    company = make_company()
    client = browser_of(make_user(company=company, roles=["license-administrator"]))
    assert frame_of(read(client.get("/activate/")))[0] == [company.name]


# --- Staff


def test_staff_read_instants_in_utc_by_its_name_and_numbers_with_separators() -> None:
    company = make_company(time_zone="Asia/Singapore")
    product = make_product(kind="seats", unit="seat", rate="1250.5")
    license = make_license(company=company, product=product, units=90_000)
    desk = browser_of(make_user(is_staff=True, is_superuser=True))

    def shown(name: str, *args: Any) -> str:
        return read(desk.get(reverse(f"admin:{name}", args=args))).text

    recorded = moment_in_words(Act.objects.for_company(company).get(name="order.activate").recorded_at)
    assert recorded.endswith(" UTC")
    order, entry = license.order, license.entries.earliest("effective_on")
    assert recorded in shown("console_act_changelist")
    assert recorded in shown("licensing_licenseentry_changelist")
    assert recorded in shown("licensing_order_change", order.pk)
    for text in (shown("licensing_order_changelist"), shown("licensing_order_change", order.pk)):
        assert "90,000" in text
        assert "90000" not in text
    for text in (shown("licensing_licenseentry_changelist"), shown("licensing_licenseentry_change", entry.pk)):
        assert "112,545,000" in text
        assert "112545000" not in text
    assert "1,250.5" in shown("licensing_conversionrate_changelist")
    assert "1,250.5" in shown("licensing_conversionrate_change", product.rates.get().pk)
