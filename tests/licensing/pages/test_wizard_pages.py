"""The pages of the wizard: its steps, whom they open for, what they offer, and what pressing twice does."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.models import Act
from console.people.who_may_sign_in import MICROSOFT_TENANT
from credits.models import SeatUse
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.company_settings.second_factor import require_second_factor
from licensing.marketplaces.practice.faults import misbehave
from licensing.models import Activation, Company, Subscription
from tests.activations import ONE, begin, begun, goes_to, now_is, passes, state_of
from tests.factories import (
    SYSTEM,
    make_code,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.jobs import queued, run_jobs
from tests.markup import read
from tests.pages import HTMX, browser_of
from tests.purchases import administrator, buy, counts, found, press_activate

pytestmark = pytest.mark.usefixtures("shop")


def review(activation: Activation, **query: str) -> str:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/activate/{activation.pk}/review/" + (f"?{text}" if text else "")


def status(activation: Activation) -> str:
    return f"/activate/{activation.pk}/status/"


# --- A company that requires a second factor


def test_without_the_factor_that_a_company_requires_its_balance_is_not_shown() -> None:
    company, person = administrator(name="Fabrik")
    make_license(company=company, units=12_345)
    client, activation = browser_of(person), found(buy(), person)
    done = found(buy(), person)
    assert "12,345" in client.get(review(activation)).content.decode()
    today = company.day_of(timezone.now())
    require_second_factor(company, on=today, today=today, by=SYSTEM, key=new_key())
    shown = read(client.get(review(activation)))
    assert "12,345" not in shown.text
    assert "set one up for Fabrik" in shown.text
    assert not [each for each in shown.all("input") if each["name"] == "company"]
    begin(done, company, by=SYSTEM)
    passes(done)
    assert done.state == "active"
    to_factor = f"{reverse('mfa_index')}?company={company.slug}"
    for address in (status(done), f"/activate/{done.pk}/"):
        assert client.get(address)["Location"] == to_factor
    for part in ("hand-over", "look-again"):
        assert client.post(f"/activate/{done.pk}/{part}/")["Location"] == to_factor
    assert client.get(status(done), headers=HTMX)["HX-Redirect"] == to_factor


# --- Steps


def test_the_steps_say_where_one_is() -> None:
    company, person = administrator(name="Fabrik")
    client, activation = browser_of(person), found(buy(), person)
    page = client.get(review(activation)).content.decode()
    assert page.count('aria-current="step"') == 1
    assert "Review and choose a company" in page.split('aria-current="step"')[1][:600]
    begin(activation, company)
    page = client.get(status(activation)).content.decode()
    assert "Done" in page.split('aria-current="step"')[1][:600]
    passes(activation)
    page = client.get(status(activation)).content.decode()
    assert 'aria-current="step"' not in page
    assert page.count("is-done") == 3


@pytest.mark.parametrize(
    ("state", "goes"),
    [
        ("found", "review"),
        ("activating", "status"),
        ("active", "status"),
        ("failed", "status"),
        ("cancelled", "status"),
        ("abandoned", "status"),
    ],
)
def test_every_address_of_the_wizard_leads_to_where_the_activation_stands(state: str, goes: str) -> None:
    activation = begun()
    assert activation.person is not None
    client = browser_of(activation.person)
    if state == "active":
        passes(activation)
    else:
        Activation.objects.update(state=state)
    if state == "found":
        Subscription.objects.update(claimed_by=None)
    for address in (f"/activate/{activation.pk}/", status(activation)):
        page = goes_to(client, address)
        assert (page.redirect_chain or [(address, 0)])[-1][0].endswith(f"/{goes}/")
        assert page.status_code == 200
    page = goes_to(client, review(activation))
    wanted = "review" if state in ("found", "failed") else "status"
    assert (page.redirect_chain or [(review(activation), 0)])[-1][0].endswith(f"/{wanted}/")


def test_what_was_begun_is_listed_and_can_be_taken_up_again() -> None:
    activation = begun(name="Head office credits")
    assert activation.person is not None
    page = read(browser_of(activation.person).get("/activate/"))
    assert "Head office credits" in page.text
    assert "Activation in progress" in page.text
    assert page.all("a", href=f"/activate/{activation.pk}/")


# --- Whom they open for


def test_a_stranger_gets_404_everywhere() -> None:
    activation = begun()
    client = browser_of(make_user())
    for address in ("", "review/", "status/", "company/"):
        assert client.get(f"/activate/{activation.pk}/{address}").status_code == 404
    for address in ("review/", "company/", "hand-over/"):
        assert client.post(f"/activate/{activation.pk}/{address}").status_code == 404
    assert state_of(activation) == "activating"


@pytest.mark.parametrize(
    ("roles", "sees"), [(["owner"], 200), (["license-administrator"], 200), (["viewer"], 404), (["credit-manager"], 404)]
)
def test_colleagues_with_the_licensing_permission_see_how_it_goes(roles: list[str], sees: int) -> None:
    activation = begun()
    client = browser_of(make_user(company=activation.company, roles=roles))
    assert client.get(status(activation)).status_code == sees
    passes(activation)
    assert client.get(status(activation)).status_code == sees


def test_somebody_who_left_the_company_sees_its_activation_no_more() -> None:
    activation = begun()
    assert activation.company is not None
    assert activation.person is not None
    passes(activation)
    client = browser_of(activation.person)
    assert client.get(status(activation)).status_code == 200
    set_roles(activation.company, user=activation.person, roles=[], by=SYSTEM, key=new_key())
    assert client.get(status(activation)).status_code == 404
    assert activation.company.name not in client.get("/activate/").content.decode()


def test_an_activation_given_back_stays_with_the_person_who_left_the_company() -> None:
    activation = begun()
    assert activation.company is not None
    assert activation.person is not None
    misbehave(call="activate", how="status-403", times=2)
    passes(activation)
    set_roles(activation.company, user=activation.person, roles=[], by=SYSTEM, key=new_key())
    page = browser_of(activation.person).get(review(activation))
    assert page.status_code == 200
    assert "could not be reached" in page.content.decode()


def test_somebody_not_signed_in_is_asked_to() -> None:
    activation = begun()
    for address in (f"/activate/{activation.pk}/", review(activation), status(activation), "/activate/"):
        assert Client().get(address)["Location"] == f"/accounts/login/?next={address}"


def test_wrong_and_unknown_addresses_are_404() -> None:
    client = browser_of(make_user())
    for address in (f"/activate/{uuid4()}/", "/activate/1/", f"/activate/{uuid4()}/review/", "/activate/handed-over/"):
        assert client.get(address).status_code == 404


# --- Which companies are offered


def test_only_companies_with_the_licensing_permission_are_offered_and_the_others_explained() -> None:
    mine, person = administrator(name="Fabrik")
    other = make_company(name="Kontor")
    set_roles(other, user=person, roles=["viewer", "credit-manager"], by=SYSTEM, key=new_key())
    make_company(name="Stranger Ltd")
    page = read(browser_of(person).get(review(found(buy(), person))))
    assert [each["value"] for each in page.all("input", type="radio")] == [mine.slug]
    assert "Not offered, because your roles there do not include the licensing permission: Kontor (" in page.text
    assert "Stranger" not in page.text


def test_the_only_company_is_chosen_and_of_several_none_until_the_person_does() -> None:
    first, person = administrator(name="Fabrik")
    client, activation = browser_of(person), found(buy(), person)
    assert [each["value"] for each in read(client.get(review(activation))).all("input", checked="")] == [first.slug]
    second = make_company(name="Kontor")
    set_roles(second, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    page = read(client.get(review(activation)))
    assert len(page.all("input", type="radio")) == 2
    assert not page.all("input", checked="")
    assert "Activate 250 credits" in page.text
    page = read(client.get(review(activation, company=second.slug)))
    assert [each["value"] for each in page.all("input", checked="")] == [second.slug]
    assert "Activate 250 credits for Kontor" in page.text


def test_choosing_another_company_answers_htmx_with_the_form_alone() -> None:
    company, person = administrator(name="Fabrik")
    answer = browser_of(person).get(review(found(buy(), person), company=company.slug), headers=HTMX)
    text = answer.content.decode()
    assert "<html" not in text
    assert 'id="activate-form"' in text
    assert "HX-Request" in answer["Vary"]


def test_each_company_shows_its_balance_and_what_it_would_become() -> None:
    company, person = administrator()
    make_license(company=company, units=1_000, today=company.day_of(timezone.now()))
    page = read(browser_of(person).get(review(found(buy(quantity=250), person))))
    assert "Balance 1,000" in page.text
    assert "will be 1,250" in page.text


def test_a_company_that_nobody_may_choose_is_refused() -> None:
    _company, person = administrator()
    other, _other_person = administrator()
    viewed = make_company()
    set_roles(viewed, user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    client, activation = browser_of(person), found(buy(), person)
    for slug, answer in ((other.slug, 422), ("no-such", 422), ("", 422), (viewed.slug, 403)):
        response = client.post(review(activation), {"company": slug, "key": new_key(), "plan_id": "credits-12m", "units": "250"})
        assert response.status_code == answer
        assert 'role="alert"' in response.content.decode()
    assert state_of(activation) == "found"
    assert not Act.objects.filter(name="activation.begin").exists()


def test_an_order_reserved_for_a_company_is_offered_for_it_alone() -> None:
    reserved, person = administrator(name="Fabrik")
    other = make_company(name="Kontor")
    set_roles(other, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    client = browser_of(person)
    code = make_code(make_order(channel="code", reserved_for=reserved))
    landed = client.post("/activate/", {"code": code})
    page = read(client.get(landed["Location"]))
    assert [each["value"] for each in page.all("input", type="radio")] == [reserved.slug]


def ways_to_ask(client: Client, address: str) -> list[str]:
    return [each["href"] for each in read(client.get(address)).all("a", class_="ask-for-role")]


def asks(company: Company, role: str) -> str:
    return reverse("licensing:roles", args=[company.slug], query={"role": role})


def test_of_a_reserved_order_one_asks_the_owners_of_its_company_alone() -> None:
    reserved, person = administrator(name="Fabrik")
    set_roles(make_company(name="Kontor"), user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    client = browser_of(person)
    at = client.post("/activate/", {"code": make_code(make_order(channel="code", reserved_for=reserved))})["Location"]
    set_roles(reserved, user=person, roles=["viewer"], by=SYSTEM, key=new_key())
    assert ways_to_ask(client, at) == [asks(reserved, "license-administrator")]
    set_roles(reserved, user=person, roles=[], by=SYSTEM, key=new_key())
    assert ways_to_ask(client, at) == []
    assert "Ask whoever sent you its code, or support." in read(client.get(at)).text


def test_whose_company_activates_the_purchase_already_is_led_to_ask_for_the_role_there() -> None:
    company, owner = administrator(name="Fabrik")
    bought = buy()
    begin(found(bought, owner), company)
    viewer = make_user(company=company, roles=["viewer"])
    client, activation = browser_of(viewer), found(bought, viewer)
    taken = client.get(review(activation))
    assert taken.status_code == 409
    assert ways_to_ask(client, review(activation)) == [asks(company, "license-administrator")]


def test_who_may_not_keep_the_use_later_is_led_to_ask_for_the_role() -> None:
    company, person = administrator(name="Fabrik")
    owner = make_user(company=company, roles=["owner"])
    seats = make_product(kind="seats", unit="seat", rate=45)
    SeatUse.objects.create(product=seats, line=make_feature().lines.get())
    code = make_code(make_order(channel="code", product=seats))
    for each, ways in ((person, [asks(company, "credit-manager")]), (owner, [])):
        client = browser_of(each)
        at = client.post("/activate/", {"code": code})["Location"]
        assert ways_to_ask(client, at) == ways


def test_who_belongs_to_no_company_reads_how_people_are_invited() -> None:
    person = make_user()
    shown = read(browser_of(person).get(review(found(buy(), person))))
    assert f"one of its owners invites you by your address, {person.email}" in shown.text
    assert shown.link("How people are invited") == reverse("help:company")


def test_without_the_permission_anywhere_the_page_explains_and_offers_a_link() -> None:
    company = make_company(name="Fabrik")
    person = make_user(company=company, roles=["viewer"])
    page = read(browser_of(person).get(review(found(buy(), person))))
    assert "only a license administrator or an owner may activate purchases" in page.text
    assert "Fabrik (Viewer)" in page.text
    assert "Make a link" in page.text
    assert not page.all("button", id="activate")


# --- Another tenant than the purchase's


@pytest.fixture
def from_microsoft() -> tuple[Client, Activation, Company]:
    company, person = administrator()
    client, activation = browser_of(person), found(buy(), person)
    session = client.session
    session[MICROSOFT_TENANT] = str(uuid4())
    session.save()
    return client, activation, company


def test_another_tenant_has_to_be_confirmed(from_microsoft: tuple[Client, Activation, Company]) -> None:
    client, activation, company = from_microsoft
    page = client.get(review(activation)).content.decode()
    assert "another organization than the one you signed in with" in page
    answer = press_activate(client, activation, company)
    assert answer.status_code == 403
    assert "Confirm that the purchase of another organization" in answer.content.decode()
    assert state_of(activation) == "found"
    assert press_activate(client, activation, company, tenant_confirmed="1").status_code == 302
    assert Act.objects.get(name="activation.begin").reason.startswith("tenant confirmed: ")


def test_the_purchases_own_tenant_is_not_asked_about(from_microsoft: tuple[Client, Activation, Company]) -> None:
    client, activation, company = from_microsoft
    session = client.session
    assert activation.subscription is not None
    session[MICROSOFT_TENANT] = activation.subscription.beneficiary_tenant_id.upper()
    session.save()
    assert "another organization" not in client.get(review(activation)).content.decode()
    assert press_activate(client, activation, company).status_code == 302


# --- Pressing


def test_pressing_twice_begins_once() -> None:
    company, person = administrator()
    client, activation, key = browser_of(person), found(buy(), person), new_key()
    for _ in range(2):
        assert press_activate(client, activation, company, key=key)["Location"] == status(activation)
    assert Act.objects.filter(name="activation.begin").count() == 1
    assert len(queued()) == 1
    run_jobs()
    assert counts() == ONE


def test_a_page_from_before_the_activation_changes_nothing() -> None:
    company, person = administrator()
    other = make_company()
    set_roles(other, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    client, activation = browser_of(person), found(buy(), person)
    press_activate(client, activation, company)
    run_jobs()
    assert press_activate(client, activation, other)["Location"] == status(activation)
    run_jobs()
    assert counts() == ONE
    activation.refresh_from_db()
    assert activation.company == company


def test_two_tabs_of_one_purchase_cannot_choose_two_companies() -> None:
    company, person = administrator()
    other = make_company()
    set_roles(other, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    bought = buy()
    client, first, second = browser_of(person), found(bought, person), found(bought, person)
    press_activate(client, first, company)
    assert client.get(review(second))["Location"] == status(first)
    answer = press_activate(client, second, other)
    assert answer.status_code == 409
    assert "was activated for another company" in answer.content.decode()
    run_jobs()
    assert counts() == ONE


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_form_without_a_usable_key_is_refused(key: str) -> None:
    company, person = administrator()
    activation = found(buy(), person)
    assert press_activate(browser_of(person), activation, company, key=key).status_code == 422
    assert state_of(activation) == "found"


@pytest.mark.parametrize("units", ["9" * 5_000, "-1", "²", "٣", "250.0", "", "\0"])
def test_a_quantity_that_the_page_never_showed_sends_back_to_the_review(units: str) -> None:
    company, person = administrator()
    client, activation = browser_of(person), found(buy(), person)
    assert press_activate(client, activation, company, units=units).status_code == 302
    run_jobs()
    assert state_of(activation) == "found"
    assert counts()["License"] == 0


def test_it_works_with_the_fields_of_the_page_alone() -> None:
    """As a browser without JavaScript sends the form."""
    _company, person = administrator()
    client, activation = browser_of(person), found(buy(), person)
    page = read(client.get(review(activation)))
    form = next(each for each in page.all("form") if each.get("id") == "activate-form")
    fields = {each["name"]: each.get("value") for each in form.all("input") if each.get("type") != "radio" or "checked" in each}
    answer = client.post(form["action"], fields)
    run_jobs()
    assert "credits are active for" in client.get(answer["Location"]).content.decode()


# --- Following it


def test_the_page_polls_while_it_runs_and_is_loaded_anew_at_the_end() -> None:
    activation = begun()
    assert activation.person is not None
    client = browser_of(activation.person)
    running = client.get(status(activation), headers=HTMX)
    text = running.content.decode()
    assert "<html" not in text
    assert 'hx-trigger="every 1s"' in text
    assert "hx-get" in text
    passes(activation)
    done = client.get(status(activation), headers=HTMX)
    assert done["HX-Redirect"] == status(activation)
    page = client.get(status(activation)).content.decode()
    assert "250 credits are active" in page
    assert 'hx-trigger="every 1s"' not in page


@pytest.mark.parametrize(
    ("call", "how", "times", "where"),
    [("activate", "status-403", 2, "review"), ("activate", "status-400", 1, "status"), ("get", "status-409", 9, "status")],
)
def test_a_page_that_polls_is_sent_to_where_the_refusal_stands(call: str, how: str, times: int, where: str) -> None:
    activation = begun()
    assert activation.person is not None
    misbehave(call=call, how=how, times=times)
    with now_is(timezone.now()) as clock:
        while passes(activation) is not None:
            clock.shift(timedelta(minutes=5))
    answer = browser_of(activation.person).get(status(activation), headers=HTMX)
    assert answer["HX-Redirect"] == f"/activate/{activation.pk}/{where}/"
    page = browser_of(activation.person).get(answer["HX-Redirect"])
    assert activation.problem.split(":")[0] in page.content.decode()


def test_the_timeline_tells_what_was_confirmed() -> None:
    activation = begun()
    assert activation.person is not None
    client = browser_of(activation.person)
    page = read(client.get(status(activation)))
    assert len([each for each in page.all("li") if each.get("class") == "is-ahead"]) == 2
    passes(activation)
    page = read(client.get(status(activation)))
    assert not [each for each in page.all("li") if each.get("class") == "is-ahead"]
    for words in ("Purchase found", "Reviewed and confirmed", "Activated at Azure Marketplace", "License issued"):
        assert words in page.text
    assert "Balance before 0" in page.text
