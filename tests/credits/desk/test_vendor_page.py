"""The page of the vendor's own: what it states and refuses, who may, and how a change is taken back."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from console.mail.sending import send
from console.models import Act, OutgoingMail, VendorStatement
from console.vendor.held import vendors_own
from licensing.models import MarketplacePlan
from tests.factories import make_company, make_feature, make_product, make_user, new_key
from tests.markup import read
from tests.pages import browser_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/desk/vendor/"


@pytest.fixture
def staff() -> Client:
    return browser_of(make_user(is_staff=True, is_superuser=True, name="Sam Support"))


def state(client: Client, part: str, **form: Any) -> Any:
    return client.post(PAGE, {"part": part, "key": new_key(), **form})


def picture() -> SimpleUploadedFile:
    written = BytesIO()
    Image.new("RGB", (120, 40), "#1d4ed8").save(written, "PNG")
    return SimpleUploadedFile("../logo.png", written.getvalue(), content_type="text/html")


@pytest.mark.parametrize("page", [PAGE, f"{PAGE}mails/notice/"])
def test_staff_look_and_only_who_manages_staff_states(page: str) -> None:
    looks = browser_of(make_user(is_staff=True, staff_roles=["customers", "marketplaces"]))
    assert looks.get(page).status_code == 200
    assert looks.post(page, {"part": "name", "name": "Aster", "key": "k"}).status_code == 403
    company = make_company()
    customer = browser_of(make_user(company=company, roles=["owner"]))
    assert (customer.get(page).status_code, customer.post(page, {}).status_code) == (404, 404)
    assert Client().get(page).status_code == 302
    assert not VendorStatement.objects.exists()


def test_a_name_is_stated_shown_and_taken_back(staff: Client) -> None:
    assert state(staff, "name", name="Aster Security").status_code == 302
    shown = staff.get(PAGE)
    assert "· Aster Security</title>" in shown.content.decode()
    assert "Sam Support" in shown.content.decode()
    act = Act.objects.get(name="vendor.state")
    assert staff.post(PAGE, {"part": "undo", "act": str(act.pk)}).status_code == 302
    assert vendors_own().name == "Allotment"
    assert VendorStatement.objects.count() == 2
    assert Act.objects.filter(name="vendor.state").count() == 2


@pytest.mark.parametrize("act", ["", "no-id", "0" * 32, "'; drop"])
def test_what_is_no_act_cannot_be_undone(staff: Client, act: str) -> None:
    assert staff.post(PAGE, {"part": "undo", "act": act}).status_code == 404


def test_a_color_that_cannot_be_read_comes_back_with_what_can(staff: Client) -> None:
    answer = state(staff, "colors", light="#ff8800", dark="#93c5fd")
    assert answer.status_code == 422
    error = read(answer).by_id("id_light_error").text
    assert "2.19 : 1" in error
    assert "#a65900" in error
    assert 'value="#ff8800"' in answer.content.decode()
    assert state(staff, "colors", light="#a65900", dark="#93c5fd").status_code == 302
    assert 'href="/brand/' in staff.get(PAGE).content.decode()


def test_a_logo_is_written_anew_and_served_as_a_picture(staff: Client) -> None:
    assert state(staff, "logo", logo=picture()).status_code == 302
    address = vendors_own().logo_url
    served = Client().get(address)
    assert served.status_code == 200
    assert served.headers["Content-Type"] == "image/png"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert f'src="{address}"' in Client().get("/accounts/login/").content.decode()
    assert state(staff, "logo").status_code == 302
    assert vendors_own().logo == ""
    assert Client().get(address).status_code == 200, "pages that are open still show it"
    svg = SimpleUploadedFile("logo.png", b"<svg onload='alert(1)'/>", content_type="image/png")
    assert state(staff, "logo", logo=svg).status_code == 422


def test_contacts_say_which_holds(staff: Client, settings: Any) -> None:
    settings.SALES_CONTACT = "set@vendor.example"
    assert "Not stated; what is set holds: set@vendor.example" in read(staff.get(PAGE)).text
    assert state(staff, "contacts", sales="stated@vendor.example", support="").status_code == 302
    assert "Stated here. Without it: set@vendor.example." in read(staff.get(PAGE)).text
    assert vendors_own().sales == "stated@vendor.example"


def test_addresses_of_apps_are_made_or_stated(staff: Client) -> None:
    make_feature(slug="mail", name="Mail")
    form = {"apps": "https://apps.example.com/{feature}/", "others": "mail https://mail.example.com/"}
    assert state(staff, "apps", **form).status_code == 302
    own = vendors_own()
    assert own.address_of_app("mail", "https://catalogue.example/") == "https://mail.example.com/"
    assert own.address_of_app("logs", "https://catalogue.example/") == "https://catalogue.example/"
    assert own.address_of_app("logs", "") == "https://apps.example.com/logs/"
    assert state(staff, "apps", apps=form["apps"], others="").status_code == 302
    assert vendors_own().address_of_app("mail", "") == "https://apps.example.com/mail/"
    assert state(staff, "apps", others="nothing https://x.example/").status_code == 422
    assert state(staff, "apps", others="mail javascript:alert(1)").status_code == 422


def test_who_is_told_is_stated_for_all_plans_or_one(staff: Client) -> None:
    MarketplacePlan.objects.create(channel="azure", offer_id="credits", plan_id="p12", product=make_product())
    assert state(staff, "told", bought="a@vendor.example, b@vendor.example").status_code == 302
    assert state(staff, "told", plan="azure/credits/p12", bought="c@vendor.example").status_code == 302
    assert vendors_own().stated["tell:bought"] == "a@vendor.example\nb@vendor.example"
    assert vendors_own().stated["tell:bought@azure/credits/p12"] == "c@vendor.example"
    assert "c@vendor.example" in staff.get(PAGE, {"plan": "azure/credits/p12"}).content.decode()
    assert state(staff, "told", bought="nobody").status_code == 422


def test_a_test_mail_says_what_became_of_it(staff: Client, mailoutbox: list[Any]) -> None:
    assert state(staff, "test", to="me@vendor.example").status_code == 302
    mail = OutgoingMail.objects.get(purpose="vendor")
    assert "to me@vendor.example, waits for the worker" in read(staff.get(PAGE)).text
    send(mail.pk)
    assert "to me@vendor.example, was handed over at" in read(staff.get(PAGE)).text
    assert mailoutbox[0].to == ["me@vendor.example"]


def test_a_text_of_a_mail_is_previewed_saved_and_reset(staff: Client) -> None:
    page = f"{PAGE}mails/notice/"
    form = {"subject": "{vendor}: {title}", "body": "{title}\n\n{url}\n{choice_url}", "key": new_key()}
    preview = staff.post(page, {**form, "preview": "1"})
    assert "Allotment: Credits expires on 1 July 2027" in read(preview).by_id("preview").text
    assert not VendorStatement.objects.exists()
    assert staff.post(page, form).status_code == 302
    assert vendors_own().stated["mail:notice:subject"] == "{vendor}: {title}"
    wrong = staff.post(page, {**form, "body": "{nothing}", "key": new_key()})
    assert wrong.status_code == 422
    assert "There is no placeholder {nothing}" in read(wrong).text
    assert staff.post(page, {**form, "reset": "1", "key": new_key()}).status_code == 302
    assert vendors_own().stated == {}
    assert staff.get(f"{PAGE}mails/nothing/").status_code == 404


def test_the_page_costs_the_same_whatever_is_stated(staff: Client) -> None:
    staff.get(PAGE)
    with CaptureQueriesContext(connection) as before:
        staff.get(PAGE)
    for number in range(30):
        state(staff, "name", name=f"Name {number}")
    staff.get(PAGE)
    with CaptureQueriesContext(connection) as after:
        staff.get(PAGE)
    assert len(after) == len(before)
    assert len(after) <= 12
