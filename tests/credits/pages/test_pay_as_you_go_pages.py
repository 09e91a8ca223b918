"""The Pay-as-you-go tab, and the window in which billing models are switched: chosen, reviewed, confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from console.models import Act
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.models import BillingModelChange, Feature, PayAsYouGoPrice
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.models import Company, License, Role
from tests.factories import (
    LISTED_FROM,
    TODAY,
    allocate,
    catalogue_act,
    make_company,
    make_feature,
    make_license,
    make_product,
    make_user,
)
from tests.ledger import day, does, line_units
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at, page

pytestmark = pytest.mark.django_db
TAB, WINDOW = "credits:pay-as-you-go", "credits:manage-billing"
MARKET = "https://market.example/credits"
METERED, ANNUAL = "pay-as-you-go", "annual"


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Iterator[None]:
    settings.MARKETPLACE_URL, settings.SALES_CONTACT = MARKET, "sales@vendor.example"
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    company = make_company(name="Aster Foods")
    make_license(company=company, units=1_000)
    return company


@pytest.fixture
def contract(company: Company) -> License:
    """Runs for 100 days."""
    product = make_product(kind="pay-as-you-go", rate=None, name="Metered billing")
    return make_license(company=company, product=product, units=1, term_ends_on=day(99))


@pytest.fixture
def features(company: Company) -> dict[str, Feature]:
    """Logs and Lake are switched together; Buckets by itself. Logs has 10 units at 3 credits."""
    found = [
        make_feature(
            slug="logs", name="Logs", switchable=True, switch_group="cloud", rates=[3], app_url="https://app.example/logs"
        ),
        make_feature(slug="lake", name="Lake", switchable=True, switch_group="cloud", rates=[3]),
        make_feature(slug="buckets", name="Buckets", switchable=True, rates=[5]),
        make_feature(slug="sensor", name="Sensor", rates=[5]),
    ]
    allocate(company, found[0].lines.get(), 10)
    return {each.slug: each for each in found}


def browser(company: Company, role: str = "credit-manager") -> Client:
    return browser_of(make_user(company=company, roles=[role]))


def switch(company: Company, feature: Feature, to: str, number: int = 0) -> None:
    does(switch_billing_model, company, feature=feature, model=to, today=day(number))


def rows(shown: Element) -> dict[str, str]:
    return {each["data-feature"]: each.text for each in shown.elements if each.tag == "tr" and "data-feature" in each}


def chosen(shown: Element, **to: str) -> dict[str, str]:
    return {**shown.by_id("switch-form").values(), **{f"to_{slug}": model for slug, model in to.items()}}


def review(client: Client, company: Company, headers: dict[str, str] | None = None, **to: str) -> HttpResponse:
    address = address_of(WINDOW, company)
    return client.post(address, chosen(read(client.get(address)), **to), headers=headers or {})


def confirm(client: Client, company: Company, reviewed: HttpResponse, headers: dict[str, str] | None = None) -> HttpResponse:
    assert reviewed.status_code == 200, reviewed.content.decode()
    values = {**read(reviewed).by_id("switch-form").values(), "step": "confirm"}
    return client.post(address_of(WINDOW, company), values, headers=headers or {})


@pytest.mark.parametrize("role", list(Role))
def test_every_role_sees_what_is_billed_and_only_some_are_offered_the_window(
    role: Role, company: Company, contract: License, features: dict[str, Feature]
) -> None:
    switch(company, features["logs"], METERED)
    shown = page(browser(company, role.value), TAB, company)

    assert shown.text.count(f"{contract.order.external_id}") == 1
    assert set(rows(shown)) == {"logs", "lake", "buckets"}  # the sensor is never switched
    assert "its 2 features return to annual credits, not allocated" in shown.text
    assert [each["data-contract-ends"] for each in shown.elements if "data-contract-ends" in each] == [str(day(100))]
    assert ("Manage billing model" in shown.text) == (role in (Role.CREDIT_MANAGER, Role.OWNER))
    assert any(each.get("href") == "https://app.example/logs" for each in shown.elements)


def test_the_tab_says_since_when_until_when_and_what_could_be_switched(
    company: Company, contract: License, features: dict[str, Feature]
) -> None:
    act = Act.objects.latest("recorded_at")
    listed = {"unit": "hour", "price": Decimal("1.155"), "currency": "USD", "valid_from": day(-9)}
    PayAsYouGoPrice.objects.create(feature=features["buckets"], act=act, recorded_at=act.recorded_at, **listed)
    allocate(company, features["buckets"].lines.get(), 4)
    switch(company, features["logs"], METERED)
    client = browser(company, "viewer")

    shown = page(client, TAB, company, on=day(29))
    assert f"{day(30):%b}" in rows(shown)["logs"]
    assert "Now" in rows(page(client, TAB, company, on=day(30)))["logs"]
    assert "USD 1.155" in rows(shown)["buckets"]
    assert "20" in rows(shown)["buckets"]
    before = page(client, TAB, company, on=day(-1))
    assert "No feature is billed pay-as-you-go on this day" in before.text or "There is no pay-as-you-go contract" in before.text
    assert "returned to annual credits, not allocated" in page(client, TAB, company, on=day(100)).text


def test_without_a_contract_the_tab_and_the_window_say_where_one_is_bought(
    company: Company, features: dict[str, Feature], settings: Any
) -> None:
    client = browser(company)
    for name in (TAB, WINDOW):
        shown = page(client, name, company)
        assert "There is no pay-as-you-go contract" in shown.text
        links = {each.get("href") for each in shown.elements if each.tag == "a"}
        assert {MARKET, "mailto:sales@vendor.example"} <= links
    assert "Review" not in page(client, WINDOW, company).by_id("switch-window").text.replace("Review and confirm", "")
    answer = review(client, company, logs=METERED)
    assert (answer.status_code, "Buy one first" in answer.content.decode()) == (422, True)
    settings.MARKETPLACE_URL = settings.SALES_CONTACT = ""
    assert "Ask whoever sold you your licenses" in page(client, TAB, company).text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_is_chosen_is_reviewed_and_confirmed(
    company: Company, contract: License, features: dict[str, Feature], headers: dict[str, str]
) -> None:
    allocate(company, features["lake"].lines.get(), 7, on=day(50))
    client = browser(company)
    reviewed = review(client, company, headers, logs=METERED)
    text = read(reviewed).text
    assert not BillingModelChange.objects.exists()
    for said in ("Lake: to pay-as-you-go Comes along", "Released: 10 × endpoint, 30 credits", "Plan withdrawn: 7 × endpoint"):
        assert said in text
    assert "970 → 1,000" in text

    answer = confirm(client, company, reviewed, headers)
    leads_to = answer["HX-Redirect"] if headers else answer["Location"]
    assert leads_to == address_of(TAB, company)
    assert "Switched: Lake and Logs to pay-as-you-go." in read(client.get(leads_to)).said
    assert line_units(company, features["logs"].lines.get(), day(0)) == 0
    assert BillingModelChange.objects.values("act").distinct().count() == 1


def test_confirming_twice_switches_once(company: Company, contract: License, features: dict[str, Feature]) -> None:
    client = browser(company)
    reviewed = review(client, company, logs=METERED)
    assert [confirm(client, company, reviewed).status_code for _ in range(2)] == [302, 302]
    assert BillingModelChange.objects.count() == 2


@pytest.mark.parametrize(("number", "status"), [(1, 422), (29, 422), (30, 200)])
def test_a_change_is_refused_until_30_days_after_the_last_and_the_day_is_said(
    company: Company, contract: License, features: dict[str, Feature], number: int, status: int
) -> None:
    switch(company, features["logs"], METERED)
    client = browser(company)
    with clock_at(day(number)):
        answer = review(client, company, logs=ANNUAL, buckets=METERED)
        assert answer.status_code == status
        if status == 422:
            shown = read(answer)
            refusal = shown.by_id("switch-refusal").text
            assert "Changes lie 30 days apart: choose" in refusal
            assert str(day(30).day) in refusal
            assert chosen(shown)["to_buckets"] == METERED  # what was chosen is kept
        else:
            assert confirm(client, company, answer).status_code == 302


def test_what_somebody_changed_meanwhile_is_shown_and_nothing_is_switched(
    company: Company, contract: License, features: dict[str, Feature]
) -> None:
    client = browser(company)
    reviewed = review(client, company, logs=METERED, buckets=METERED)
    allocate(company, features["lake"].lines.get(), 9)
    answer = confirm(client, company, reviewed)

    assert answer.status_code == 409
    assert "Nothing was switched" in read(answer).text
    assert "Released: 9 × endpoint, 27 credits" in read(answer).text
    assert not BillingModelChange.objects.exists()
    assert confirm(client, company, _as_ok(answer)).status_code == 302


def _as_ok(answer: HttpResponse) -> HttpResponse:
    answer.status_code = 200
    return answer


def test_a_switch_by_somebody_else_is_a_conflict_too(company: Company, contract: License, features: dict[str, Feature]) -> None:
    client = browser(company)
    reviewed = review(client, company, logs=METERED)
    switch(company, features["lake"], METERED)
    answer = confirm(client, company, reviewed)
    assert answer.status_code == 409
    assert "is switched on" in read(answer).by_id("switch-refusal").text


def test_nothing_is_switched_under_a_suspended_contract(
    company: Company, contract: License, features: dict[str, Feature]
) -> None:
    does(suspend_order, contract.order, today=day(0))
    client = browser(company)
    assert "Nothing is switched until it is reinstated" in page(client, TAB, company).text
    answer = review(client, company, logs=METERED)
    assert (answer.status_code, "reinstated first" in read(answer).by_id("switch-refusal").text) == (422, True)


@pytest.mark.parametrize(("typed", "said"), [("yesterday", "is not a day"), (str(day(-1)), "today or a later day")])
def test_a_day_that_cannot_be_is_refused_beside_what_was_chosen(
    company: Company, contract: License, features: dict[str, Feature], typed: str, said: str
) -> None:
    client = browser(company)
    address = address_of(WINDOW, company)
    answer = client.post(address, {**chosen(read(client.get(address)), logs=METERED), "from": typed})
    assert answer.status_code == 422
    assert said in read(answer).by_id("switch-refusal").text


def test_a_later_day_is_planned(company: Company, contract: License, features: dict[str, Feature]) -> None:
    client = browser(company)
    address = address_of(WINDOW, company)
    answer = client.post(address, {**chosen(read(client.get(address)), buckets=METERED), "from": str(day(10))})
    confirm(client, company, answer)
    assert BillingModelChange.objects.get().effective_on == day(10)
    assert "Pay-as-you-go from" in rows(page(client, TAB, company))["buckets"]


@pytest.mark.parametrize("values", [{}, {"to_logs": "annual", "was_logs": "annual"}, {"to_none": METERED}, {"to_logs": "free"}])
def test_what_changes_nothing_or_is_not_there_is_refused(
    company: Company, contract: License, features: dict[str, Feature], values: dict[str, str]
) -> None:
    client = browser(company)
    for step in ("review", "confirm"):
        answer = client.post(address_of(WINDOW, company), {"step": step, "key": "k", **values})
        assert answer.status_code == 422
    assert not BillingModelChange.objects.exists()


def test_back_from_the_review_keeps_what_was_chosen(company: Company, contract: License, features: dict[str, Feature]) -> None:
    client = browser(company)
    values = {**read(review(client, company, logs=METERED)).by_id("switch-form").values(), "step": "choose"}
    shown = read(client.post(address_of(WINDOW, company), values))
    assert chosen(shown)["to_logs"] == METERED
    assert chosen(shown)["to_buckets"] == ANNUAL


@pytest.mark.parametrize("key", ["", "k" * 300, "a\0b"])
def test_a_key_that_no_page_made_fails_in_words(
    company: Company, contract: License, features: dict[str, Feature], key: str
) -> None:
    client = browser(company)
    values = {**read(review(client, company, buckets=METERED)).by_id("switch-form").values(), "step": "confirm", "key": key}
    assert client.post(address_of(WINDOW, company), values).status_code in (302, 409, 422)


@pytest.mark.parametrize("from_day", ["9999-12-31", "0001-01-01", "10000-01-01", "2026-02-30", "x" * 1_000, "\0"])
@pytest.mark.parametrize("step", ["review", "confirm"])
@pytest.mark.parametrize("to", [METERED, ANNUAL, "free", ""])
def test_a_day_or_a_model_out_of_range_is_refused_in_words(
    company: Company, contract: License, features: dict[str, Feature], from_day: str, step: str, to: str
) -> None:
    client = browser(company)
    values = {**chosen(page(client, WINDOW, company), buckets=to), "was_buckets": "other", "from": from_day}
    answer = client.post(address_of(WINDOW, company), {**values, "step": step, "key": "k", "seen": "s" * 900})
    assert answer.status_code in (409, 422)
    assert read(answer).has_id("switch-refusal")
    assert not BillingModelChange.objects.exists()


def test_a_viewer_switches_nothing(company: Company, contract: License, features: dict[str, Feature]) -> None:
    values = {"step": "confirm", "key": "k", "to_buckets": METERED, "was_buckets": ANNUAL}
    assert browser(company, "viewer").post(address_of(WINDOW, company), values).status_code == 403
    assert not BillingModelChange.objects.exists()


def test_all_list_prices_and_how_use_is_counted_unfold(company: Company, contract: License, features: dict[str, Feature]) -> None:
    listed = catalogue_act()
    for unit, price in (("small instance per hour", "0.011"), ("large instance per hour", "0.047")):
        PayAsYouGoPrice.objects.create(
            feature=features["buckets"],
            unit=unit,
            price=Decimal(price),
            currency="USD",
            note="A started hour counts as a whole one.",
            valid_from=LISTED_FROM,
            act=listed,
            recorded_at=listed.recorded_at,
        )
    text = page(browser(company), "credits:pay-as-you-go", company).text
    assert "USD 0.011 to 0.047 per hour, by what is used" in text
    assert "USD 0.047 per large instance per hour" in text
    assert text.count("A started hour counts as a whole one.") == 1
