"""Undo as people press it: from the message, from the feature's history, and what is said where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from console.models import Act
from credits.models import CreditRequirement
from licensing.models import Company
from tests.factories import TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import line_units
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at, read_with_status

pytestmark = pytest.mark.django_db

IN_A_MONTH = TODAY + timedelta(days=30)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company(db: None) -> Company:
    company = make_company(name="Aster Foods")
    make_license(company=company, units=1_000)
    return company


@pytest.fixture
def line(company: Company) -> CreditRequirement:
    line = make_feature(name="Email Sensor", rates=[5]).lines.get()
    allocate(company, line, 20)
    return line


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["credit-manager"], name="Jonas Weber"))


HEADERS: dict[str, dict[str, str]] = {"plain": {}, "htmx": HTMX}


def form_of(client: Client, company: Company, line: CreditRequirement) -> dict[str, str]:
    return read(client.get(address_of("credits:allocation", company, line.feature.slug))).by_id("allocation-form").values()


def save(client: Client, company: Company, line: CreditRequirement, units: int, headers: dict[str, str], **more: str) -> Element:
    """What is shown after saving: the answer to htmx, or the page that a plain form leads to."""
    values = {**form_of(client, company, line), f"units_{line.pk}": str(units), **more}
    return told(client, client.post(address_of("credits:allocation", company, line.feature.slug), values, headers=headers))


def told(client: Client, answer: HttpResponse) -> Element:
    return read(client.get(answer["Location"]) if answer.status_code == 302 else answer)


def undo_form(shown: Element) -> Element:
    return next(each for each in shown.all("form") if "/undo/" in each["action"])


def press(client: Client, form: Element, headers: dict[str, str], **more: str) -> HttpResponse:
    return client.post(form["action"], {**form.values(), **more}, headers=headers)


@pytest.mark.parametrize("how", HEADERS)
def test_a_message_says_what_was_saved_and_undoes_it(how: str, client: Client, company: Company, line: CreditRequirement) -> None:
    shown = save(client, company, line, 30, HEADERS[how])
    assert shown.said == "Saved: Email Sensor, 30 endpoints, +50 credits. Balance 850. Undo"
    shown = told(client, press(client, undo_form(shown), HEADERS[how]))
    assert shown.said == "Undone: Email Sensor is at 20 endpoints again. Balance 900. Redo"
    assert line_units(company, line, TODAY) == 20
    assert shown.figures["current-balance"] == 900
    shown = told(client, press(client, undo_form(shown), HEADERS[how]))
    assert shown.said == "Undone: Email Sensor is at 30 endpoints again. Balance 850. Redo"


@pytest.mark.parametrize("how", HEADERS)
def test_plans_withdrawals_and_releases_speak_of_themselves(
    how: str, client: Client, company: Company, line: CreditRequirement
) -> None:
    shown = save(client, company, line, 90, HEADERS[how], starting="later", on=str(IN_A_MONTH))
    assert shown.said == "Plan saved: Email Sensor, 90 endpoints from Apr 1, 2026. Balance then 550. Undo"
    plan = {"line": str(line.pk), "on": str(IN_A_MONTH), "key": new_key()}
    withdrawn = client.post(address_of("credits:withdraw-plan", company, line.feature.slug), plan, headers=HEADERS[how])
    shown = told(client, withdrawn)
    assert shown.said == "Plan withdrawn: Email Sensor, Apr 1, 2026: it stays at 20 endpoints. Balance then 900. Undo"
    shown = told(client, press(client, undo_form(shown), HEADERS[how]))
    assert shown.said == "Undone: Email Sensor is at 90 endpoints again from Apr 1, 2026. Balance then 550. Redo"
    released = address_of("credits:allocation", company, line.feature.slug, release=1)
    shown = told(client, client.post(released, form_of(client, company, line), headers=HEADERS[how]))
    assert shown.said == "Released: 100 credits of Email Sensor. Balance 1,000. Undo"


def test_what_somebody_else_changed_meanwhile_is_not_undone_and_the_message_leads_there(
    client: Client, company: Company, line: CreditRequirement
) -> None:
    shown = save(client, company, line, 30, HTMX)
    katrin = browser_of(make_user(company=company, roles=["owner"], name="Katrin Vogel"))
    save(katrin, company, line, 40, {})
    refused = read_with_status(press(client, undo_form(shown), HTMX), 409)
    assert "Not undone: Katrin Vogel changed Email Sensor at " in refused.said
    assert refused.said.endswith("Nothing was written. See it")
    page = read_with_status(press(client, undo_form(shown), {}), 409)
    assert "Not undone: Katrin Vogel changed Email Sensor at " in page.text
    assert page.by_id("feature-history")
    in_panel = read_with_status(press(client, undo_form(shown), {**HTMX, "HX-Target": "panel"}), 409)
    assert "Not undone: Katrin Vogel" in in_panel.by_id("allocation-panel").text
    assert line_units(company, line, TODAY) == 40


@pytest.mark.parametrize("how", HEADERS)
def test_below_zero_is_asked_for_with_the_balance_it_would_be(
    how: str, client: Client, company: Company, line: CreditRequirement
) -> None:
    allocate(company, line, 300)
    shown = save(client, company, line, 10, HEADERS[how])
    answer = press(client, undo_form(shown), HEADERS[how])
    asked = read_with_status(answer, 422)
    assert "Undo with a balance of −500 credits" in asked.text
    assert answer.get("HX-Retarget", "#panel") == "#panel"
    again = read_with_status(press(client, undo_form(asked), HEADERS[how]), 422)
    assert "Tick the box" in again.text
    other_balance = read_with_status(press(client, undo_form(again), HEADERS[how], confirm="-499"), 422)
    assert "Tick the box" in other_balance.text
    (box,) = [each for each in again.all("input") if each["name"] == "confirm"]
    assert box["value"] == "-500"
    assert line_units(company, line, TODAY) == 10
    told(client, press(client, undo_form(again), HEADERS[how], confirm="on"))
    assert line_units(company, line, TODAY) == 300


@pytest.mark.parametrize("how", HEADERS)
def test_below_zero_is_asked_for_before_a_plan_is_withdrawn(
    how: str, client: Client, company: Company, line: CreditRequirement
) -> None:
    allocate(company, line, 300)
    allocate(company, line, 10, on=IN_A_MONTH)
    plan = {"line": str(line.pk), "on": str(IN_A_MONTH), "key": new_key()}
    withdraw = address_of("credits:withdraw-plan", company, line.feature.slug)
    asked = read_with_status(client.post(withdraw, plan, headers=HEADERS[how]), 422)
    assert "Withdraw with a balance of −500 credits" in asked.text
    form = asked.by_id("undo-form")
    assert form["action"] == withdraw
    assert "Tick the box" in read_with_status(press(client, form, HEADERS[how]), 422).text
    assert line_units(company, line, IN_A_MONTH) == 10
    assert told(client, press(client, form, HEADERS[how], confirm="-500")).said.startswith("Plan withdrawn")
    assert line_units(company, line, IN_A_MONTH) == 300


def test_the_history_tells_each_act_and_undoes_the_latest(client: Client, company: Company, line: CreditRequirement) -> None:
    save(client, company, line, 30, {})
    save(client, company, line, 0, {})
    history = history_of(client, company, line)
    rows = [" ".join(each.text.split()) for each in history.all("li")]
    assert [row.split(" From ")[0] for row in rows] == [
        "Released 30 endpoints",
        "Set to 30 endpoints, was 20",
        "Set to 20 endpoints, was 0",
    ]
    assert "by Jonas Weber Recorded" in rows[0]
    assert len(history.all("form")) == 1
    press(client, undo_form(history), {})
    rows = [" ".join(each.text.split()) for each in history_of(client, company, line).all("li")]
    assert rows[0].startswith("Undone: again 30 endpoints")
    assert rows[1].startswith("Released 30 endpoints (undone)")
    assert rows[2].endswith("Undo : Set to 30 endpoints, was 20")


def history_of(client: Client, company: Company, line: CreditRequirement, **query: Any) -> Element:
    return read(client.get(address_of("credits:allocation", company, line.feature.slug, **query))).by_id("feature-history")


def test_on_a_later_day_the_history_leads_back(client: Client, company: Company, line: CreditRequirement) -> None:
    allocate(company, line, 35)
    allocate(company, line, 30)
    with clock_at(TODAY + timedelta(days=3)):
        history = history_of(client, company, line)
        assert not history.all("form")
        back = history.all("a", class_="history-back")[0]
        assert back.text == "Set back to 35 endpoints from today …"
        form = read(client.get(back["href"])).by_id("allocation-form").values()
    assert form[f"units_{line.pk}"] == "35"
    assert form[f"seen_{line.pk}"] == "30"


def test_a_long_history_is_shown_in_part_and_in_full(client: Client, company: Company, line: CreditRequirement) -> None:
    for units in range(21, 33):
        allocate(company, line, units)
    history = history_of(client, company, line)
    assert len(history.all("li")) == 10
    (every,) = [each for each in history.all("a") if each.text == "Show all of its history"]
    assert len(history_of(client, company, line, history="all").all("li")) == 13
    assert "history=all" in every["href"]


def test_viewers_see_the_history_and_nothing_to_press(company: Company, line: CreditRequirement) -> None:
    viewer = browser_of(make_user(company=company, roles=["viewer"]))
    history = history_of(viewer, company, line)
    assert not history.all("form")
    assert all("download" in each for each in history.all("a"))


def test_an_act_of_another_feature_or_company_is_not_found(client: Client, company: Company, line: CreditRequirement) -> None:
    other = make_feature().lines.get()
    elsewhere = make_company()
    acts = [allocate(company, other, 5).act, allocate(elsewhere, line, 5).act]
    before = Act.objects.count()
    for act in acts:
        address = address_of("credits:undo-allocation", company, line.feature.slug, act)
        assert client.post(address, {"key": new_key()}).status_code == 404
    assert Act.objects.count() == before


def test_ones_own_change_is_told_as_ones_own(client: Client, company: Company, line: CreditRequirement) -> None:
    values = form_of(client, company, line)
    save(client, company, line, 30, {})
    address = address_of("credits:allocation", company, line.feature.slug)
    shown = read_with_status(client.post(address, {**values, f"units_{line.pk}": "40"}), 409)
    assert "You, in another window, changed this allocation while you were typing." in shown.text
