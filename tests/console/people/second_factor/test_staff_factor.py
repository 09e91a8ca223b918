"""Staff need a second factor from a day on; the demo's support has one whose code is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.checks import run_checks
from django.test import Client

from console.launch.fill_database import CannotUse, sign_ins
from console.models import User
from console.people.second_factor.of_the_demo import DEMO_SECRET, code_of, give_demo_factor, have_demo_factor
from console.settings.parts.who_stays_signed_in import FROM_THE_FIRST_DAY, day_of_staff_factor
from console.settings_from_environment import Environment
from tests.factories import PASSWORD, make_company, make_user
from tests.markup import read
from tests.pages import browser_of

pytestmark = pytest.mark.django_db

SUPPORT = "support@allotment.example"
DESK = ["/admin/", "/admin/console/user/", "/admin/marketplaces/health/", "/admin/price-lists/", "/admin/no-such-page/"]
TODAY = datetime.now(UTC).date()


@pytest.fixture
def staff() -> User:
    return make_user(email=SUPPORT, is_staff=True, is_superuser=True)


@pytest.mark.parametrize("by", [FROM_THE_FIRST_DAY, TODAY])
def test_nothing_of_the_desk_opens_without_a_factor_and_one_is_led_to_set_one_up(staff: User, settings: Any, by: date) -> None:
    settings.STAFF_FACTOR_FROM = by
    desk = browser_of(staff)
    for address in DESK:
        for answer in (desk.get(address), desk.post(address)):
            assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/"), address
    said = read(desk.get("/accounts/2fa/")).by_id("content").text
    assert "a password alone does not open it" in said
    assert desk.get("/admin/logout/").status_code != 302
    TOTP.activate(staff, "JBSWY3DPEHPK3PXP")
    assert desk.get("/admin/").status_code == 200
    assert "a password alone" not in read(desk.get("/accounts/2fa/")).by_id("content").text
    Authenticator.objects.all().delete()
    assert desk.get("/admin/").status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_request_in_which_a_session_gets_its_row_needs_the_factor_too(staff: User, settings: Any, method: str) -> None:
    settings.STAFF_FACTOR_FROM = TODAY

    def asked() -> Any:
        desk = browser_of(staff)
        session = desk.session
        del session["sign_in"]  # as an earlier version begins one
        session.save()
        return getattr(desk, method)("/admin/console/user/")

    answer = asked()
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")
    TOTP.activate(staff, "JBSWY3DPEHPK3PXP")
    assert asked().status_code != 302


def test_recovery_codes_alone_are_no_factor(staff: User, settings: Any) -> None:
    settings.STAFF_FACTOR_FROM = TODAY
    Authenticator.objects.create(user=staff, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    assert browser_of(staff).get("/admin/").status_code == 302


def test_before_the_day_the_desk_says_when_it_comes(staff: User, settings: Any) -> None:
    settings.STAFF_FACTOR_FROM = date(2199, 3, 1)
    desk = browser_of(staff)
    for address in ("/admin/", "/accounts/2fa/"):
        assert "From Mar 1, 2199 on a password alone does not open the support desk." in " ".join(
            read(desk.get(address)).text.split()
        )
    TOTP.activate(staff, "JBSWY3DPEHPK3PXP")
    assert "2199" not in desk.get("/admin/").content.decode()


def test_customers_are_not_asked_but_may(settings: Any) -> None:
    settings.STAFF_FACTOR_FROM = TODAY
    client = browser_of(make_user(company=make_company(), roles=["owner"]))
    shown = read(client.get("/accounts/2fa/")).by_id("content")
    assert shown.link("Set up") == "/accounts/2fa/totp/activate/"
    assert "support desk" not in shown.text
    assert client.get("/admin/").status_code in (302, 403)


@pytest.mark.parametrize(
    ("said", "day", "wrong"),
    [("", FROM_THE_FIRST_DAY, 0), ("2027-03-01", date(2027, 3, 1), 0), ("soon", FROM_THE_FIRST_DAY, 1)],
)
def test_without_a_day_it_is_the_first(said: str, day: date, wrong: int) -> None:
    env = Environment({"STAFF_FACTOR_FROM": said})
    assert (day_of_staff_factor(env), len(env.problems)) == (day, wrong)


@pytest.mark.parametrize(
    ("by", "warns"), [(FROM_THE_FIRST_DAY, False), (TODAY, False), (TODAY + timedelta(days=9), True), (None, True)]
)
def test_the_check_of_a_deployment_warns_while_none_is_demanded(settings: Any, by: date | None, warns: bool) -> None:
    settings.STAFF_FACTOR_FROM = by
    found = [each.id for each in run_checks(include_deployment_checks=True, tags=["security"])]
    assert ("console.W031" in found) == warns


# --- The demo


def test_the_demos_support_signs_in_with_a_press_and_another(staff: User, settings: Any) -> None:
    settings.DEMO, settings.STAFF_FACTOR_FROM = True, TODAY
    give_demo_factor(staff)
    client = Client()
    answer = client.post("/accounts/login/?next=/admin/", {"login": SUPPORT, "password": PASSWORD})
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    form = next(each for each in read(client.get(answer["Location"])).all("form") if each.values().get("code"))
    assert client.post(form["action"], form.values())["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(("demo", "secret"), [(False, DEMO_SECRET), (True, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")])
def test_no_code_is_shown_but_the_demos_in_the_demo(staff: User, settings: Any, demo: bool, secret: str) -> None:
    settings.DEMO = settings.DEBUG = demo
    TOTP.activate(staff, secret)
    client = Client()
    client.post("/accounts/login/", {"login": SUPPORT, "password": PASSWORD})
    shown = client.get("/accounts/2fa/authenticate/").content.decode()
    assert code_of(secret) not in shown
    assert "Demonstration" not in shown


def test_the_console_stays_at_home_while_the_factor_is_public(staff: User) -> None:
    assert not have_demo_factor()
    give_demo_factor(staff)
    assert have_demo_factor()
    with pytest.raises(CannotUse):
        sign_ins("0.0.0.0")
    assert sign_ins("127.0.0.1") == ""
    User.objects.update(is_active=False)
    assert not have_demo_factor()
