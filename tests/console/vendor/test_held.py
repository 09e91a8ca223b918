"""What the vendor stated, in the memory of each process: at no cost, seen by others within seconds, harmless in every place."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.errors import NotAllowed, Refused
from console.mail.queueing import queue_mail
from console.mail.sending import sender
from console.models import Act, Actor, FactsAreNeverEdited, OutgoingMail, VendorStatement
from console.people.staff.roles import StaffRole
from console.vendor import held
from console.vendor.held import vendors_own
from licensing.acts.vendor.state_own import state_own
from tests.factories import SYSTEM, make_company, make_user, new_key
from tests.pages import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the process, in the first place."""
    now = [1000.0]
    monkeypatch.setattr(held, "monotonic", lambda: now[0])
    held.hold({}, seconds=0)
    return now


def state(**texts: str) -> list[str]:
    return state_own({about.replace("_", "-"): text for about, text in texts.items()}, by=SYSTEM, key=new_key())


def test_a_page_s_statement_goes_before_the_setting_and_back(settings: Any) -> None:
    settings.VENDOR_NAME, settings.SALES_CONTACT = "Set", "set@vendor.example"
    held.forget()
    assert (vendors_own().name, vendors_own().sales) == ("Set", "set@vendor.example")
    state(name="Stated")
    held.forget()
    assert (vendors_own().name, vendors_own().sales) == ("Stated", "set@vendor.example")
    state(name="")
    held.forget()
    assert vendors_own().name == "Set"


def test_another_process_goes_by_it_within_seconds_for_one_statement(clock: list[float]) -> None:
    assert vendors_own().name == "Allotment"
    state(name="Aster")
    with CaptureQueriesContext(connection) as asked:
        assert [vendors_own().name for _time in range(50)] == ["Allotment"] * 50
    assert len(asked) == 0
    clock[0] += held.SECONDS
    with CaptureQueriesContext(connection) as asked:
        assert [vendors_own().name for _time in range(50)] == ["Aster"] * 50
    assert len(asked) == 2
    clock[0] += held.SECONDS
    with CaptureQueriesContext(connection) as asked:
        assert vendors_own().name == "Aster"
    assert len(asked) == 1


def test_where_the_database_cannot_be_asked_what_was_held_stays(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    state(name="Aster")
    assert vendors_own().name == "Aster"
    clock[0] += held.SECONDS

    def away() -> None:
        raise DatabaseError

    monkeypatch.setattr(held, "_ask", away)
    assert vendors_own().name == "Aster"


def test_what_is_stated_is_an_act_that_is_never_edited() -> None:
    staff = make_user(is_staff=True, is_superuser=True)
    assert state_own({"name": "Aster"}, by=Actor.person(staff), key="once") == ["name"]
    assert state_own({"name": "Aster"}, by=Actor.person(staff), key="once") == ["name"]
    assert state_own({"name": "Aster"}, by=Actor.person(staff), key="twice") == []
    row = VendorStatement.objects.get()
    act = Act.objects.get(pk=row.act_id)
    assert (act.actor, act.result["before"], act.result["changed"]) == (staff, {"name": ""}, {"name": "Aster"})
    with pytest.raises(FactsAreNeverEdited):
        VendorStatement.objects.update(text="Other")


def test_only_who_manages_staff_states_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for person in (make_user(is_staff=True, staff_roles=["customers"]), make_user()):
        with pytest.raises(NotAllowed):
            state_own({"name": "Aster"}, by=Actor.person(person), key=new_key())
    assert StaffRole.STAFF


BAD = {
    "name": ["Aster\r\nBcc: all@example.com", "a\x00b", "x" * 61, "\u202eretsA"],
    "sales": ["nobody", "javascript:alert(1)", "a b@example.com"],
    "accent-light": ["red", "#fff", "#ff8800", "#ffffff", "#0f6a55;}body{display:none"],
    "accent-dark": ["#000000", "#0f6a55"],
    "logo": ["../../etc/passwd", "x"],
    "apps": ["https://apps.example.com/", "javascript:{feature}", "{feature}"],
    "app:mail": ["javascript:alert(1)", "/relative"],
    "tell:bought": ["nobody", "a@example.com, b", "a@example.com\nBcc: x"],
    "tell:never": ["a@example.com"],
    "mail:notice:body": ["no placeholders", "{url} {choice_url} {other}"],
    "mail:none:body": ["x"],
    "anything": ["x"],
}


@pytest.mark.parametrize(("about", "text"), [(about, text) for about, texts in BAD.items() for text in texts])
def test_what_it_cannot_be_is_refused_whoever_calls(about: str, text: str) -> None:
    with pytest.raises(Refused):
        state_own({about: text}, by=SYSTEM, key=new_key())
    assert not VendorStatement.objects.exists()


def test_a_color_that_cannot_be_read_is_refused_with_what_it_has_and_the_nearest_that_can() -> None:
    with pytest.raises(Refused, match=r"#ff8800 has a contrast of 2\.19 : 1.*#a65900"):
        state(accent_light="#ff8800")
    assert state(accent_light="#A65900") == ["accent-light"]


NAME = """<b>"Aster" & 'Söhne'</b>, {name} %s"""


@pytest.fixture
def hostile() -> None:
    held.hold({"name": NAME}, seconds=60)


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("page", ["/accounts/login/", "/help/", "/nowhere/"])
def test_a_name_full_of_signs_is_only_a_name(page: str) -> None:
    text = Client().get(page).content.decode()
    assert "&lt;b&gt;&quot;Aster&quot; &amp; &#x27;Söhne&#x27;&lt;/b&gt;" in text
    assert "<b>" not in text


@pytest.mark.usefixtures("hostile")
def test_a_name_full_of_signs_is_one_header_of_a_mail(mailoutbox: list[Any]) -> None:
    from console.mail.sending import send

    mail = queue_mail(
        to="a@example.com", subject="Hello\r\nBcc: b@example.com", text="Hello", purpose=OutgoingMail.Purpose.NOTICE
    )
    send(mail.pk)
    sent = mailoutbox[0].message()
    assert "\n" not in sender()
    assert sent["To"] == "a@example.com"
    assert sent["Bcc"] is None
    assert "allotment@localhost" in str(sent["From"])


def test_pages_carry_the_colors_and_the_logo_without_an_inline_style() -> None:
    held.hold({"accent-light": "#1d4ed8", "logo": "a" * 40, "name": "Aster"}, seconds=60)
    own = vendors_own()
    company = make_company()
    page = (
        browser_of(make_user(company=company, roles=["owner"])).get(f"/companies/{company.slug}/credits/annual/").content.decode()
    )
    assert f'<link rel="stylesheet" href="{own.stylesheet_url}">' in page
    assert f'<img class="brand-logo" src="/brand/{"a" * 40}.png" alt="Aster">' in page
    assert "Allotment · Not affiliated" in page
    assert " style=" not in page
    sheet = Client().get(own.stylesheet_url)
    assert (sheet.headers["Content-Type"], sheet.headers["X-Content-Type-Options"]) == ("text/css; charset=utf-8", "nosniff")
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "#1d4ed8" in sheet.content.decode()
    other = Client().get("/brand/0123.css")
    assert other.content == sheet.content
    assert "no-store" in other.headers["Cache-Control"]


def test_the_practice_marketplace_keeps_its_look(shop: Any) -> None:
    held.hold({"accent-light": "#1d4ed8", "logo": "a" * 40, "name": "Aster"}, seconds=60)
    page = Client().get("/practice-marketplace/")
    assert page.status_code == 200
    assert "/brand/" not in page.content.decode()
    assert "Aster" not in page.content.decode()
