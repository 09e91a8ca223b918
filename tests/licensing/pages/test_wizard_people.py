"""Beside the wizard's path: handing it to somebody else, a company of one's own, an account for who has none."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from console.errors import Refused
from console.models import Actor, OutgoingMail, User
from console.people.who_may_sign_in import MAY_SIGN_UP, tenant_of
from console.security.sealing import fingerprints
from licensing.acts.companies.set_roles import set_roles
from licensing.marketplaces.practice.faults import misbehave
from licensing.models import Activation, Company, Membership
from licensing.purchases.activation.begin_activation import begin_activation
from licensing.purchases.activation.hand_over import hand_over, take_over
from tests.activations import INSTANT, LANDING, begin, goes_to, land, now_is, state_of
from tests.factories import PASSWORD, SYSTEM, make_company, make_user, new_key
from tests.jobs import run_jobs
from tests.licensing.purchases.test_token_secrecy import everything_logged
from tests.markup import read
from tests.pages import browser_of
from tests.purchases import administrator, buy, found, press_activate

pytestmark = pytest.mark.usefixtures("shop")


# --- Handing it over


def link_of(client: Client, activation: Activation) -> str:
    page = read(client.post(f"/activate/{activation.pk}/hand-over/"))
    [field] = page.all("input", id="link")
    # Of the console's own address, whatever the Host header said.
    assert field["value"].startswith("http://127.0.0.1:8000/activate/handed-over/?link=")
    return field["value"].removeprefix("http://127.0.0.1:8000")


def link_with(secret: str) -> str:
    return f"/activate/handed-over/?link={secret}"


def behind(client: Client, link: str) -> str:
    """The page that a link which still holds leads to: its address holds nothing of the secret."""
    answer = client.get(link)
    assert (answer.status_code, answer["Referrer-Policy"], answer["Cache-Control"]) == (302, "no-referrer", "no-store")
    return str(answer["Location"])


def test_a_link_gives_the_activation_to_whoever_takes_it_first() -> None:
    viewer = make_user(name="Vera Viewer")
    activation = found(buy(quantity=250), viewer)
    assert browser_of(viewer).get(f"/activate/{activation.pk}/review/").status_code == 200
    link = link_of(browser_of(viewer), activation)
    company, person = administrator()
    taker = browser_of(person)
    opened = behind(taker, link)
    assert opened == f"/activate/{activation.pk}/handed-over/"
    assert taker.get(opened)["Referrer-Policy"] == "same-origin"  # or browsers would send its form without an origin
    page = taker.get(opened).content.decode()
    assert "Vera Viewer asks you to activate a purchase" in page
    assert "250" in page
    activation.refresh_from_db()
    assert activation.person == viewer  # opening it changes nothing
    assert taker.post(opened)["Location"] == f"/activate/{activation.pk}/"
    for path in ("", "review/", "status/"):
        told = browser_of(viewer).get(f"/activate/{activation.pk}/{path}")
        assert told.status_code == 403
        assert f"{person.name} took it on" in told.content.decode()
    assert browser_of(viewer).post(f"/activate/{activation.pk}/hand-over/").status_code == 403
    begun = read(browser_of(viewer).get("/activate/"))
    assert f"Taken over by {person.name}" in begun.text
    assert not begun.all("a", href=f"/activate/{activation.pk}/")
    assert press_activate(taker, activation, company).status_code == 302
    run_jobs()
    assert state_of(activation) == "active"


def test_a_link_works_once() -> None:
    activation = found(buy(), make_user())
    assert activation.person is not None
    link = link_of(browser_of(activation.person), activation)
    first, second = make_user(), make_user()
    one, other = browser_of(first), browser_of(second)
    opened = behind(one, link)
    assert behind(other, link) == opened
    assert one.post(opened).status_code == 302
    for address in (link, opened):
        assert goes_to(other, address).status_code == 404
    refused = other.post(opened)
    assert refused.status_code == 422
    assert "was used already" in refused.content.decode()
    activation.refresh_from_db()
    assert activation.person == first


def test_a_new_link_ends_the_one_before() -> None:
    activation = found(buy(), make_user())
    assert activation.person is not None
    client = browser_of(activation.person)
    before, after = link_of(client, activation), link_of(client, activation)
    taker = browser_of(make_user())
    assert goes_to(taker, before).status_code == 404
    assert taker.get(behind(taker, after)).status_code == 200


def test_a_link_lasts_seven_days() -> None:
    with now_is(INSTANT) as clock:
        activation = found(buy(), make_user())
        secret = hand_over(activation)
        client = browser_of(make_user())
        clock.shift(timedelta(days=6, hours=23))
        opened = behind(client, link_with(secret))
        assert client.get(opened).status_code == 200
        clock.shift(timedelta(hours=1, seconds=1))
        assert goes_to(client, link_with(secret)).status_code == 404
        assert client.get(opened).status_code == 404
        assert client.post(opened).status_code == 422


def test_the_secret_of_a_link_is_kept_as_a_fingerprint_only() -> None:
    secret = hand_over(found(buy(), make_user()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM licensing_activation AS t")
        [(row,)] = cursor.fetchall()
    assert secret not in row
    assert re.fullmatch(r"[0-9a-f]{64}", Activation.objects.get().handed_over)


def test_a_link_is_opened_before_signing_in_and_its_page_after(client: Client) -> None:
    activation = found(buy(), make_user(name="Vera Viewer"))
    secret, taker = hand_over(activation), make_user()
    with everything_logged() as lines:
        page = behind(client, link_with(secret))
        signing_in = client.get(page)
        assert signing_in["Location"] == f"/accounts/login/?next={page}"
        assert Session.objects.get().expire_date < timezone.now() + timedelta(days=3)  # a stranger's
        signed_in = client.post(signing_in["Location"], {"login": taker.email, "password": PASSWORD, "next": page})
        assert signed_in["Location"] == page
        assert "Vera Viewer asks you" in client.get(page).content.decode()
        assert client.post(page)["Location"] == f"/activate/{activation.pk}/"
    assert not [line for line in lines if secret in line]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_json(t)::text FROM django_session AS t")
        assert all(secret not in row for (row,) in cursor.fetchall())


@pytest.mark.parametrize("ending", ["/", "", "//", "/?from=mail", "/more/"])
def test_a_link_of_an_earlier_version_is_answered_and_stands_in_no_log(ending: str, client: Client) -> None:
    activation = found(buy(), make_user())
    secret = hand_over(activation)
    Activation.objects.filter(pk=activation.pk).update(handed_over=fingerprints(secret)[0])  # as it was kept
    address = f"/activate/handed-over/{secret}{ending}"
    more = {"REQUEST_URI": address, "RAW_URI": address}
    with everything_logged() as lines:
        for answer in (client.get(address, **more), client.post(address, **more)):
            page = f"/activate/{activation.pk}/handed-over/" if ending != "/more/" else "/activate/handed-over/"
            assert (answer.status_code, answer["Location"]) == (302, page)
            assert secret not in repr(answer.wsgi_request.META) + repr(answer.wsgi_request) + repr(answer.headers)
    assert not [line for line in lines if secret in line]


def test_a_link_that_is_none_is_logged_without_what_was_typed_and_keeps_nothing(client: Client) -> None:
    secret = "nobody-made-this-" + "x" * 26
    with everything_logged() as lines:
        for address in (link_with(secret), f"/activate/handed-over/{secret}/", "/activate/handed-over/", f"{link_with('')}"):
            answer = client.get(address)
            if answer.status_code == 302:
                assert (answer["Location"], answer["Referrer-Policy"]) == ("/activate/handed-over/", "no-referrer")
                answer = client.get(answer["Location"])
            assert answer.status_code == 404
            assert "used already or is too old" in answer.content.decode()
    assert not [line for line in lines if secret in line]
    assert not Session.objects.exists()


def test_the_page_of_a_link_opens_in_the_browser_that_opened_the_link_alone() -> None:
    activation = found(buy(), make_user())
    opened = behind(browser_of(make_user()), link_with(hand_over(activation)))
    other = browser_of(make_user())
    answer = other.get(opened)
    assert answer.status_code == 404
    assert "Open the link once more" in answer.content.decode()
    assert other.post(opened).status_code == 422
    activation.refresh_from_db()
    assert activation.handed_over != ""


def test_looking_at_a_link_keeps_nothing(client: Client) -> None:
    assert client.head(link_with(hand_over(found(buy(), make_user())))).status_code == 302
    assert not Session.objects.exists()


def test_an_activation_under_way_cannot_be_handed_over() -> None:
    company, person = administrator()
    activation = found(buy(), person)
    taker = browser_of(make_user())
    opened = behind(taker, link_with(hand_over(activation)))
    begin(activation, company)
    assert browser_of(person).post(f"/activate/{activation.pk}/hand-over/").status_code == 422
    assert taker.post(opened).status_code == 422
    activation.refresh_from_db()
    assert activation.person == person


def test_whoever_hands_it_over_may_take_it_back_by_the_link() -> None:
    person = make_user()
    activation = found(buy(), person)
    secret = hand_over(activation)
    browser = browser_of(person)
    assert browser.get(behind(browser, link_with(secret)))["Location"] == f"/activate/{activation.pk}/"
    assert take_over(secret, person).person == person


def test_an_earlier_attempt_of_the_giver_does_not_come_along() -> None:
    company, giver = administrator(name="Secret Holdings")
    activation = found(buy(), giver)
    Activation.objects.filter(pk=activation.pk).update(company=company, problem="The purchase has changed.")  # given back
    _other, taker = administrator()
    take_over(hand_over(activation), taker)
    assert "Secret Holdings" not in browser_of(taker).get("/activate/").content.decode()
    assert browser_of(giver).get(f"/activate/{activation.pk}/review/").status_code == 403


def test_who_presses_activate_while_it_is_taken_over_activates_nothing() -> None:
    company, giver = administrator()
    activation = found(buy(), giver)
    _other, taker = administrator()
    take_over(hand_over(activation), taker)
    assert activation.subscription is not None
    with pytest.raises(Refused, match="taken this activation over"):
        begin_activation(activation, company=company, by=Actor.person(giver), key=new_key(), shown={})
    activation.refresh_from_db()
    assert (activation.state, activation.company) == ("found", None)


def test_a_choice_that_comes_too_late_is_said_not_to_count() -> None:
    company, person = administrator()
    second = make_company(name="Second Choice")
    set_roles(second, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    activation = found(buy(), person)
    client = browser_of(person)
    press_activate(client, activation, company)
    run_jobs()
    answer = press_activate(client, activation, second)
    assert answer["Location"] == f"/activate/{activation.pk}/status/"
    assert f"this purchase was activated for {company.name} before" in read(client.get(answer["Location"])).text


def test_only_the_form_makes_a_link() -> None:
    person = make_user()
    activation = found(buy(), person)
    assert browser_of(person).get(f"/activate/{activation.pk}/hand-over/").status_code == 405


# --- A company of one's own


FORM = {"name": "Neubau GmbH", "business_id": "HRB 4711", "time_zone": "Europe/Berlin"}


@pytest.fixture
def self_service(settings: Any) -> None:
    settings.COMPANY_SELF_SERVICE = True


@pytest.mark.usefixtures("self_service")
def test_somebody_without_a_company_sets_one_up_and_owns_it() -> None:
    person = make_user()
    client, activation = browser_of(person), found(buy(), person)
    address = f"/activate/{activation.pk}/company/"
    assert address in client.get(f"/activate/{activation.pk}/review/").content.decode()
    page = read(client.get(address))
    key = next(each["value"] for each in page.all("input", type="hidden") if each["name"] == "key")
    for _ in range(2):  # pressed twice
        answer = client.post(address, {**FORM, "key": key})
        assert answer["Location"] == f"/activate/{activation.pk}/review/?company=neubau-gmbh"
    company = Company.objects.get(business_id="HRB 4711")
    assert Membership.objects.get(user=person).roles == ["owner"]
    assert "Activate 250 credits for Neubau GmbH" in client.get(answer["Location"]).content.decode()
    press_activate(client, activation, company)
    run_jobs()
    assert state_of(activation) == "active"


@pytest.mark.usefixtures("self_service")
def test_a_business_that_is_registered_is_not_joined_nor_registered_again() -> None:
    make_company(business_id="HRB 4711")
    person = make_user()
    activation = found(buy(), person)
    answer = browser_of(person).post(f"/activate/{activation.pk}/company/", {**FORM, "key": new_key()})
    assert answer.status_code == 422
    assert "registered already" in answer.content.decode()
    assert not Membership.objects.filter(user=person).exists()


@pytest.mark.usefixtures("self_service")
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"business_id": " "},
        {"time_zone": "Mars/Olympus"},
        {"name": "a\0b"},
        {"name": "a\u202eb"},
        {"name": "\u200b"},
        {"business_id": "1\r\n2"},
        {"key": ""},
    ],
)
def test_a_company_form_with_something_wrong_is_shown_again(wrong: dict[str, str]) -> None:
    person = make_user()
    activation = found(buy(), person)
    answer = browser_of(person).post(f"/activate/{activation.pk}/company/", {**FORM, "key": new_key(), **wrong})
    assert answer.status_code == 422
    assert not Membership.objects.filter(user=person).exists()


@pytest.mark.usefixtures("self_service")
def test_somebody_who_may_activate_already_sets_up_no_further_company() -> None:
    _company, person = administrator()
    client, activation = browser_of(person), found(buy(), person)
    address = f"/activate/{activation.pk}/company/"
    assert address not in client.get(f"/activate/{activation.pk}/review/").content.decode()
    assert client.get(address)["Location"] == f"/activate/{activation.pk}/review/"
    assert client.post(address, {**FORM, "key": new_key()}).status_code == 422
    assert not Company.objects.filter(business_id="HRB 4711").exists()


def test_where_companies_are_set_up_by_support_nobody_else_does() -> None:
    person = make_user()
    client, activation = browser_of(person), found(buy(), person)
    address = f"/activate/{activation.pk}/company/"
    assert address not in client.get(f"/activate/{activation.pk}/review/").content.decode()
    assert client.get(address).status_code == 302
    assert client.post(address, {**FORM, "key": new_key()}).status_code == 422
    assert not Company.objects.exists()


# --- An account for who has none


NEW = {"name": "Noor Haddad", "email": "noor@fabrik.example", "password1": "an uncommon sentence"}


def code_sent_to(address: str) -> str:
    run_jobs()
    text = [str(each.body) for each in mail.outbox if each.to == [address]][-1]
    found_code = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", text, re.MULTILINE)
    assert found_code, text
    return found_code[1]


def open_sign_up(client: Client) -> str:
    """The address of the sign-up form, for a browser that brought a purchase."""
    landed = land(client, buy())
    login = client.get(client.get(landed["Location"])["Location"]).content.decode()
    assert f"{landed['Location']}sign-up/" in login
    return client.get(f"{landed['Location']}sign-up/")["Location"]


def test_who_brings_a_purchase_makes_an_account_and_goes_on_with_it(client: Client) -> None:
    address = open_sign_up(client)
    page = read(client.get(address))
    assert "Create an account" in page.text
    fields = {each["name"]: each.get("value") for each in page.all("input") if each.get("type") == "hidden"}
    sent = client.post(address, {**fields, **NEW})
    assert sent["Location"] == "/accounts/confirm-email/"
    assert "noor@fabrik.example" in client.get(sent["Location"]).content.decode()
    assert client.get("/activate/").status_code == 302  # not signed in yet
    confirmed = client.post(sent["Location"], {"code": code_sent_to(NEW["email"])})
    activation = Activation.objects.get()
    assert confirmed["Location"] == f"/activate/{activation.pk}/"
    assert goes_to(client, confirmed["Location"]).status_code == 200
    activation.refresh_from_db()
    person = User.objects.get(email=NEW["email"])
    assert (activation.person, person.name) == (person, "Noor Haddad")
    assert EmailAddress.objects.get(user=person).verified
    assert not Membership.objects.filter(user=person).exists()  # nobody joins a company by their address
    assert MAY_SIGN_UP not in client.session


def test_sign_up_is_closed_without_a_purchase(client: Client) -> None:
    page = client.get("/accounts/signup/")
    assert "No account without an invitation" in page.content.decode()
    client.post("/accounts/signup/", NEW)
    assert not User.objects.exists()
    login = client.get("/accounts/login/?next=/activate/").content.decode()
    assert "Create an account" not in login


def test_sign_up_is_not_opened_by_the_address_of_somebody_elses_purchase(client: Client) -> None:
    landed = land(Client(), buy())
    assert client.get(f"{landed['Location']}sign-up/").status_code == 404
    login = client.get(f"/accounts/login/?next={landed['Location']}").content.decode()
    assert "sign-up" not in login
    assert client.get(f"/activate/{uuid4()}/sign-up/").status_code == 404


@pytest.mark.parametrize(("how", "status"), [("expired-token", 404), ("status-403", 503), ("status-503", 503)])
def test_sign_up_needs_a_purchase_that_its_marketplace_knows(how: str, status: int, client: Client) -> None:
    landed = land(client, buy())
    misbehave(call="resolve", how=how, times=3)
    assert client.get(f"{landed['Location']}sign-up/").status_code == status
    assert "No account without" in client.get("/accounts/signup/").content.decode()


def test_a_made_up_token_opens_no_sign_up(client: Client) -> None:
    landed = client.get(f"{LANDING}?token=made-up")
    assert client.get(f"{landed['Location']}sign-up/").status_code == 404
    client.post("/accounts/signup/", NEW)
    assert not User.objects.exists()


def test_one_purchase_opens_one_account(client: Client) -> None:
    address = open_sign_up(client)
    assert client.post(address, NEW).status_code == 302
    client.post(address, {**NEW, "email": "second@fabrik.example"})
    assert not User.objects.filter(email="second@fabrik.example").exists()


def test_who_did_not_confirm_the_address_cannot_sign_in_by_the_form(client: Client) -> None:
    with now_is(INSTANT) as clock:
        client.post(open_sign_up(client), NEW)
        elsewhere, form = Client(), {"login": NEW["email"], "password": NEW["password1"]}
        assert elsewhere.post("/accounts/login/", form).status_code == 200  # so soon after the first code there is no other
        clock.shift(timedelta(minutes=4))
        assert elsewhere.post("/accounts/login/", form)["Location"] == "/accounts/confirm-email/"
    assert elsewhere.get("/activate/").status_code == 302
    assert "_auth_user_id" not in elsewhere.session
    assert not EmailAddress.objects.get(email=NEW["email"]).verified


def test_a_wrong_code_confirms_nothing(client: Client) -> None:
    client.post(open_sign_up(client), NEW)
    for _ in range(5):
        client.post("/accounts/confirm-email/", {"code": "AAA-BBB"})
    assert "_auth_user_id" not in client.session
    assert not EmailAddress.objects.get(email=NEW["email"]).verified


def test_an_address_that_somebody_has_is_not_taken_over(client: Client) -> None:
    owner = make_user(email=NEW["email"], name="Its owner")
    sent = client.post(open_sign_up(client), NEW)
    assert sent.status_code == 302  # the answer does not tell that the address is known
    owner.refresh_from_db()
    assert owner.name == "Its owner"
    assert owner.check_password(PASSWORD)
    assert User.objects.filter(email=NEW["email"]).count() == 1
    run_jobs()
    assert {tuple(each.to) for each in mail.outbox} == {(NEW["email"],)}
    assert "_auth_user_id" not in client.session
    assert OutgoingMail.objects.exclude(text="").count() == 0


@pytest.mark.parametrize("wrong", [{"email": "no address"}, {"password1": "short"}, {"name": ""}, {"password1": "123456123456"}])
def test_a_sign_up_form_with_something_wrong_is_shown_again(wrong: dict[str, str], client: Client) -> None:
    address = open_sign_up(client)
    page = read(client.post(address, {**NEW, **wrong}))
    assert [each for each in page.all("input") if each.get("aria-invalid") == "true"]
    assert not User.objects.exists()
    assert MAY_SIGN_UP in client.session


def test_a_provider_signs_up_only_who_brought_a_purchase_with_an_address_it_verified() -> None:
    request = RequestFactory().get("/")
    request.session = {}  # type: ignore[assignment]
    adapter = get_social_adapter(request)
    provider = SimpleNamespace(app=SimpleNamespace(settings={"domains": [NEW["email"].partition("@")[2]]}))

    def may(email: str, verified: object) -> bool:
        addresses = [EmailAddress(email=email, verified=verified)]
        return bool(adapter.is_open_for_signup(request, SocialLogin(email_addresses=addresses, provider=provider)))

    assert not may(NEW["email"], True)
    request.session[MAY_SIGN_UP] = "1"
    assert may(NEW["email"], True)
    assert not may(NEW["email"], False)
    assert not may(NEW["email"], "false")
    assert not may("somebody@elsewhere.example", True)  # an address that the provider has no say about


# --- The tenant that Microsoft vouches for

TENANT = "11111111-2222-4333-8444-555555555555"
MICROSOFT = f"https://login.microsoftonline.com/{TENANT}/v2.0"


@pytest.mark.parametrize(
    ("claims", "tenant"),
    [
        ({"id_token": {"tid": TENANT, "iss": MICROSOFT}}, TENANT),
        ({"id_token": {"tid": TENANT.upper(), "iss": MICROSOFT}}, TENANT),
        ({"id_token": {"tid": TENANT, "iss": f"https://sts.windows.net/{TENANT}/"}}, TENANT),
        ({"id_token": {"tid": TENANT, "iss": "https://somebody.example"}}, ""),
        ({"id_token": {"iss": MICROSOFT}}, ""),
        ({"userinfo": {"tid": TENANT, "iss": MICROSOFT}}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_tenant_is_read_from_the_identity_token_alone(claims: Any, tenant: str) -> None:
    assert tenant_of(SocialLogin(account=SocialAccount(extra_data=claims))) == tenant
    assert tenant_of(None) == ""


@pytest.mark.parametrize("role", ["viewer", "credit-manager"])
def test_a_link_is_not_used_up_by_somebody_who_may_not_activate(role: str) -> None:
    company = make_company()
    secret = hand_over(found(buy(), make_user()))
    useless = browser_of(make_user(company=company, roles=[role]))
    opened = behind(useless, link_with(secret))
    text = useless.get(opened).content.decode()
    assert "Take it over" not in text
    assert "pass it on to an owner or a license administrator" in text
    assert useless.post(opened).status_code == 403
    owner = browser_of(make_user(company=company, roles=["owner"]))
    assert "Take it over" in owner.get(behind(owner, link_with(secret))).content.decode()
    assert owner.post(opened).status_code == 302
