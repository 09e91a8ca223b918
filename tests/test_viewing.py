"""View as the customer: no write gets through, and the company's record names each page that was seen."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from console.company_in_hand import in_hand_now
from console.database_roles.looking_only import LooksOnly, looking_only, recorded_meanwhile
from console.models import Act, Export, User
from credits.desk.viewing.form import ViewForm
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.models import Company, Role, SupportView, SupportViewEnd, SupportViewPage
from licensing.viewing import running
from licensing.viewing.middleware import MAY_STILL, ViewIsOver
from licensing.viewing.names_of_pages import NAMES
from tests.addresses_of_companies import ADDRESSES, company_addresses, make_world
from tests.factories import SYSTEM, TODAY, make_company, make_user, new_key
from tests.pages import HTMX, browser_of, clock_at
from tests.rows_of_tables import all_tables, digests

pytestmark = pytest.mark.django_db
REASON = {"purpose": "asked", "words": "Sees another balance.", "case": "C-17"}


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Iterator[None]:
    settings.SUPPORT_CONTACT, settings.SALES_CONTACT = "support@vendor.example", "sales@vendor.example"
    settings.STAFF_FACTOR_FROM = None
    with clock_at(TODAY):
        yield


@pytest.fixture
def staff() -> User:
    return make_user(is_staff=True)


def begun(staff: User, company: Company, **further: str) -> Client:
    client = browser_of(staff)
    answer = client.post(reverse("desk:view-as", args=[company.slug]), {**REASON, **further})
    assert answer.status_code == 302, answer.content.decode()
    return client


def page_of(company: Company) -> str:
    return reverse("licensing:license-information", args=[company.slug])


VALUES = {"slug": "no-such", "uuid": "00000000-0000-4000-8000-000000000000", "int": "1", "str": "x", "path": "x"}
EVERY_METHOD = "PREVIEW_WORLDS" in os.environ
"""Of each address; else each is written to by POST and by one of the others, which take turns."""
OTHER_METHODS = ("PUT", "PATCH", "DELETE")
RECORD = {"licensing_supportview", "licensing_supportviewpage", "licensing_supportviewend", "django_session", "console_signin"}


def every_address(slug: str) -> list[str]:
    """Each address of the URLconf, with some value for what it takes."""
    found: list[str] = []

    def walk(patterns: list[URLPattern | URLResolver], names: tuple[str, ...]) -> None:
        for each in patterns:
            if isinstance(each, URLResolver):
                walk(each.url_patterns, (*names, each.namespace) if each.namespace else names)
            elif each.name:
                takes = {name: _value(name, converter, slug) for name, converter in each.pattern.converters.items()}
                try:
                    found.append(reverse(":".join([*names, each.name]), kwargs=takes))
                except NoReverseMatch:  # an address with a pattern of its own, such as allauth's
                    found.append("/" + "/".join(str(value) for value in takes.values()))

    walk(get_resolver().url_patterns, ())
    return sorted(set(found))


def _value(name: str, converter: Any, slug: str) -> Any:
    if name == "slug":
        return slug
    kind = type(converter).__name__.removesuffix("Converter").lower()
    return VALUES.get(kind, "x")


def rows() -> dict[str, str]:
    """A fingerprint of every table but those of the record and of sessions."""
    return digests(all_tables() - RECORD)


def test_while_viewing_no_address_takes_a_write_and_every_row_stays(staff: User, settings: Any) -> None:
    world = make_world()
    client = begun(staff, world.company)
    own = {reverse(name) for name in MAY_STILL}
    addresses = {*every_address(world.company.slug), *(world.address(name) for name in ADDRESSES)} - own
    assert len(addresses) > 150
    forms = {world.address(name): form for name, form in world.form.items()}
    before, turn = rows(), itertools.cycle(OTHER_METHODS)
    for address in sorted(addresses):
        for method in ("POST", *(OTHER_METHODS if EVERY_METHOD else [next(turn)])):
            answer = client.generic(method, address) if method != "POST" else client.post(address, forms.get(address, {}))
            if address in settings.MACHINE_PATHS:  # answered before anybody is known, and only to GET
                assert answer.status_code == 405, (method, address)
                continue
            assert answer.status_code == 403, (method, address)
            assert "End the view first" in answer.content.decode(), (method, address)
    for address in sorted(addresses):
        client.get(address)
    after = rows()
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {"console_export", "console_cache"}  # who took a table; counters of too many tries
    assert client.get(page_of(world.company)).status_code == 200, "the view ran to the end"


def test_each_page_that_is_opened_is_named_in_the_companys_record(staff: User) -> None:
    world = make_world()
    client = begun(staff, world.company)
    seen = [name for name, row in ADDRESSES.items() if row.see]
    for name in seen:
        assert client.get(world.address(name)).status_code in (200, 302), name
    noted = list(SupportViewPage.objects.order_by("pk").values_list("name", "address"))
    assert noted == [(str(NAMES[name]), world.address(name)) for name in seen]
    owner = browser_of(make_user(company=world.company, roles=["owner"]))
    record = owner.get(reverse("licensing:support-views", args=[world.company.slug])).content.decode()
    assert all(str(NAMES[name]) in record and world.address(name) in record for name in seen)
    assert not [words for words in (staff.name, "C-17", "Sees another balance") if words in record]


def test_every_address_of_a_company_has_a_name_for_its_record() -> None:
    assert set(NAMES) == company_addresses()


def test_every_page_says_who_views_whom_why_and_how_long_still(staff: User) -> None:
    company = make_company(name="Aster Foods")
    client = begun(staff, company)
    of_the_admin = [reverse("admin:index"), reverse("admin:licensing_company_changelist"), reverse("support:marketplaces")]
    of_the_admin.append(reverse("admin:licensing_company_change", args=[company.pk]))
    for address in (page_of(company), reverse("desk:home"), page_of(company) + "no-such/", *of_the_admin):
        shown = client.get(address).content.decode()
        for words in (f"{staff} views Aster Foods", "Somebody of the company asked for help", "30 minutes left", "End now"):
            assert words in shown, (words, address)


def test_a_view_is_over_after_thirty_minutes_to_the_second(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    company = make_company()
    client = begun(staff, company)
    ends = SupportView.objects.get().ends_at
    assert ends - SupportView.objects.get().begun_at == timedelta(minutes=30)

    class Clock:
        at = ends - timedelta(milliseconds=1)

        @classmethod
        def now(cls) -> Any:
            return cls.at

    monkeypatch.setattr(running, "timezone", Clock)
    assert client.get(page_of(company)).status_code == 200
    Clock.at = ends
    answer = client.get(page_of(company) + "?status=valid")
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("desk:view-as", args=[company.slug]) + "?page=")
    shown = client.get(answer["Location"]).content.decode()
    assert "Your view has ended" in shown
    assert f"{page_of(company)}?status=valid" in shown


def test_end_now_ends_it_at_once_and_writing_is_open_again(staff: User) -> None:
    company = make_company()
    client = begun(staff, company)
    assert client.post(reverse("desk:end-view")).status_code == 302
    assert SupportViewEnd.objects.count() == 1
    assert client.get(page_of(company)).status_code == 302
    assert client.post(reverse("desk:look")).status_code == 302


@pytest.mark.parametrize("name", ["account_logout", "admin:logout"])
def test_signing_out_ends_it(staff: User, name: str) -> None:
    client = begun(staff, make_company())
    client.post(reverse(name))
    assert SupportViewEnd.objects.count() == 1
    assert "_auth_user_id" not in client.session


def test_a_second_tab_begins_no_view_of_another_company_before_the_first_has_ended(staff: User) -> None:
    company, other = make_company(), make_company()
    client = begun(staff, company)
    answer = client.post(reverse("desk:view-as", args=[other.slug]), REASON)
    assert answer.status_code == 403
    assert "End now" in answer.content.decode()
    client.post(reverse("desk:end-view"))
    assert client.post(reverse("desk:view-as", args=[other.slug]), REASON).status_code == 302
    assert client.get(page_of(other)).status_code == 200
    assert client.get(page_of(company)).status_code == 404
    assert client.post(page_of(company)).status_code == 403, "a tab that shows the first company still"


def test_who_is_no_longer_staff_views_nothing(staff: User) -> None:
    company = make_company()
    client = begun(staff, company)
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    assert client.get(page_of(company)).status_code == 404
    User.objects.filter(pk=staff.pk).update(is_staff=True, is_active=False)
    assert client.get(page_of(company)).status_code == 302
    assert SupportViewPage.objects.count() == 0


# --- A form that is left open, by somebody who is of the company, too


def test_what_was_typed_in_a_view_is_not_sent_as_oneself_after_its_end(staff: User) -> None:
    world = make_world()
    set_roles(world.company, user=staff, roles=list(Role), by=SYSTEM, key=new_key())
    form = "credits:allocation"
    client = begun(staff, world.company)
    assert client.get(world.address(form)).status_code == 200
    client.post(reverse("desk:end-view"))
    before = rows()
    for headers in ({}, HTMX):
        answer = client.post(world.address(form), world.form[form], headers=headers)
        assert answer.status_code == 403
        assert "Your view of this company has ended" in answer.content.decode()
    client.get(world.address(form), headers=HTMX)  # a part of the page that was open
    assert client.post(world.address(form), world.form[form]).status_code == 403
    assert rows() == before
    shown = client.get(world.address(form)).content.decode()
    assert "as its people see it" not in shown
    assert client.post(world.address(form), world.form[form]).status_code == 302
    assert rows() != before


# --- What is read after the answer was made


def test_a_file_is_read_with_the_company_in_hand_and_writes_nothing_while_it_is_sent(
    staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make_company()
    client = begun(staff, company)

    def writes(*_what: Any) -> Iterator[bytes]:
        yield f"{in_hand_now()}".encode()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE console_user SET name = 'Written while it was sent'")
        yield b"never"

    monkeypatch.setattr("console.exports.export_of.as_csv", writes)
    pieces = iter(client.get(page_of(company) + "?format=csv"))
    assert next(pieces) == f"company {company.pk}".encode()
    with pytest.raises(LooksOnly):
        next(pieces)
    assert not User.objects.filter(name="Written while it was sent").exists()
    make_user()  # what comes after it writes as ever


def test_a_file_breaks_off_when_the_view_is_over(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    company = make_company()
    client = begun(staff, company)
    monkeypatch.setattr("console.exports.export_of.as_csv", lambda *_what: iter([b"first", b"second"]))
    pieces = iter(client.get(page_of(company) + "?format=csv"))
    assert next(pieces) == b"first"
    ends = SupportView.objects.get().ends_at
    monkeypatch.setattr(running, "timezone", SimpleNamespace(now=lambda: ends))
    with pytest.raises(ViewIsOver):
        next(pieces)


def test_the_cache_is_read_while_somebody_looks_and_keeps_what_is_over() -> None:
    cache.set("counted", 1, 60)
    cache.set("over", 1, -60)
    with connection.cursor() as cursor, looking_only():
        assert cache.get_many(["counted", "over"]) == {"counted": 1}
        cursor.execute("SELECT count(*) FROM console_cache")
        assert cursor.fetchone()[0] >= 1
        with pytest.raises(LooksOnly):
            cache.set("counted", 2, 60)
    assert cache.get("counted") == 1


def test_another_session_of_the_same_person_another_person_and_another_company_stay_closed(staff: User) -> None:
    company, other = make_company(), make_company()
    client = begun(staff, company)
    assert browser_of(staff).get(page_of(company)).status_code == 404
    assert client.get(page_of(other)).status_code == 404
    thief = browser_of(make_user(is_staff=True))
    session = thief.session
    session["viewing"] = client.session["viewing"]
    session.save()
    assert thief.get(page_of(company)).status_code == 302  # to the form with the reason, which is open to all staff
    assert SupportViewPage.objects.count() == 0


def test_a_customer_finds_no_form_and_staff_give_a_reason(staff: User) -> None:
    company = make_company()
    address = reverse("desk:view-as", args=[company.slug])
    assert browser_of(make_user(company=company, roles=["owner"])).get(address).status_code == 404
    client = browser_of(staff)
    assert client.get(address).status_code == 200
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"purpose": "other"}).status_code == 422
    assert client.post(address, {**REASON, "page": "/companies/another/licenses/"}).status_code == 422
    assert SupportView.objects.count() == 0


def test_it_opens_the_page_of_the_day_and_the_instant() -> None:
    company = make_company()
    known = timezone.now() - timedelta(minutes=1)
    page = reverse("credits:annual-credits", args=[company.slug]) + "?on=2025-01-01&q=a"
    typed = {**REASON, "page": f"https://console.example{page}", "on": "2026-01-31", "known": f"{known:%Y-%m-%dT%H:%M:%SZ}"}
    form = ViewForm(typed, company=company)
    assert form.is_valid(), form.errors
    path = reverse("credits:annual-credits", args=[company.slug])
    assert form.page_to_open == f"{path}?q=a&on=2026-01-31&known={known:%Y-%m-%dT%H%%3A%M%%3A%SZ}"


def test_the_page_as_known_opens_although_it_waits_for_acts_under_way(staff: User) -> None:
    company = make_company()
    client = begun(staff, company)
    known = f"{timezone.now() - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    address = reverse("credits:annual-credits", args=[company.slug], query={"on": "2025-10-01", "known": known})
    assert client.get(address).status_code == 200


def test_an_export_in_a_view_is_recorded_and_named_in_the_companys_record(staff: User) -> None:
    company = make_company()
    client = begun(staff, company)
    assert client.get(page_of(company) + "?format=csv").status_code == 200
    assert Export.objects.get().company_id == company.pk
    owner = browser_of(make_user(company=company, roles=["owner"]))
    assert "Tables that support exported" in owner.get(reverse("licensing:support-views", args=[company.slug])).content.decode()


def test_what_only_looks_is_refused_by_the_database_also_in_an_act() -> None:
    company = make_company()
    acts = Act.objects.count()
    with looking_only():
        with pytest.raises(LooksOnly):
            state_time_zone(company, time_zone="Europe/Paris", by=SYSTEM, key=new_key())
        with pytest.raises(LooksOnly), connection.cursor() as cursor:
            cursor.execute("WITH gone AS (DELETE FROM django_session RETURNING 1) SELECT count(*) FROM gone")
        assert Act.objects.count() == acts
        with recorded_meanwhile():
            make_user()
    make_user()
