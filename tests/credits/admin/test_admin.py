"""Support's acts on allocations and billing models, on a company's page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.models import Act
from credits.models import AllocationEntry, AllocationStatement, BillingModelChange, CreditRequirement
from credits.reading.annual_credits import credit_summary
from licensing.models import Company
from tests.factories import (
    allocate,
    make_company,
    make_feature,
    make_license,
    make_product,
    make_user,
)
from tests.pressing_twice import Confirming

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Confirming()


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user(email="support@vendor.example", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def company() -> Company:
    """1,000 credits from today for twelve months."""
    company = make_company(slug="aster")
    make_license(company=company, today=today_of(company), units=1_000)
    return company


@pytest.fixture
def line() -> CreditRequirement:
    return make_feature(rates=["0.2"]).lines.get()


def today_of(company: Company) -> date:
    return company.day_of(timezone.now())


def act_on(company: Company, act: str) -> str:
    return reverse("admin:licensing_company_act", args=[company.pk, act])


def shown(client: Client, url: str) -> dict[str, str]:
    response = client.get(url)
    assert response.status_code == 200
    form = response.context["form"]
    reason = {"reason_kind": "contract"} if "reason_kind" in form.fields and form.fields["reason_kind"].required else {}
    return {"key": str(form["key"].value()), "seen": form["seen"].value(), **reason}


def send(client: Client, url: str, /, **typed: Any) -> Any:
    return client.post(url, {**shown(client, url), **typed})


def messages_of(response: Any) -> dict[str, list[str]]:
    return {name: list(each) for name, each in response.context["form"].errors.items()}


def written() -> tuple[int, ...]:
    return tuple(model._default_manager.count() for model in (Act, AllocationStatement, AllocationEntry, BillingModelChange))


def test_an_allocation_is_set_from_today(desk: Client, company: Company, line: CreditRequirement):
    response = send(desk, act_on(company, "set-allocation"), line=line.pk, units="300")
    assert response.status_code == 302
    assert credit_summary(company, on=today_of(company)).allocated_credits == 60
    page = desk.get(response.url).content.decode()
    assert "the balance is then 940" in page
    assert response.url == reverse("desk:company", args=[company.slug], query={"tab": "allocations"})
    assert line.feature.name in page


def test_an_allocation_sent_twice_is_written_once(desk: Client, company: Company, line: CreditRequirement):
    url = act_on(company, "set-allocation")
    form = {**shown(desk, url), "line": line.pk, "units": "300"}
    first = desk.post(url, form)
    once = written()
    second = desk.post(url, form)
    assert first.status_code == second.status_code == 302
    assert written() == once


def test_an_allocation_form_older_than_another_change_shows_both(desk: Client, company: Company, line: CreditRequirement):
    url = act_on(company, "set-allocation")
    old = {**shown(desk, url), "line": line.pk, "units": "300"}
    allocate(company, line, 77, today=today_of(company))
    response = desk.post(url, old)
    assert response.status_code == 409
    page = response.content.decode()
    assert ">77<" in page
    assert 'value="300"' in page
    assert AllocationStatement.objects.count() == 1


def test_a_balance_below_zero_is_confirmed_never_blocked(desk: Client, company: Company, line: CreditRequirement):
    url = act_on(company, "set-allocation")
    response = send(desk, url, line=line.pk, units="6000")
    assert response.status_code == 422
    assert list(messages_of(response)) == ["below_zero_confirmed"]
    assert send(desk, url, line=line.pk, units="6000", below_zero_confirmed="on").status_code == 302
    assert credit_summary(company, on=today_of(company)).current_balance == -200


def test_an_allocation_in_the_past_needs_a_reason(desk: Client, company: Company, line: CreditRequirement):
    url, day = act_on(company, "set-allocation"), today_of(company) - timedelta(20)
    typed = {"line": line.pk, "units": "5", "on": str(day), "below_zero_confirmed": "on"}
    assert list(messages_of(send(desk, url, **typed, reason_kind=""))) == ["reason_kind"]
    assert send(desk, url, **typed, reason_kind="our-mistake", reason="Installed then").status_code == 302
    statement = AllocationStatement.objects.get()
    assert (statement.effective_on, statement.act.reason) == (day, "Installed then")


def test_an_allocation_too_far_ahead_is_refused_beside_the_day(desk: Client, company: Company, line: CreditRequirement):
    response = send(desk, act_on(company, "set-allocation"), line=line.pk, units="5", on="2190-01-01")
    assert response.status_code == 422
    assert list(messages_of(response)) == ["on"]


def test_units_that_are_no_whole_number_in_range_are_refused(desk: Client, company: Company, line: CreditRequirement):
    url = act_on(company, "set-allocation")
    form = {**shown(desk, url), "line": line.pk}
    for units in ["", "1.5", "-1", "many", "1000000000000000000", "9" * 400]:
        response = desk.post(url, {**form, "units": units})
        assert response.status_code == 422, units
        assert list(messages_of(response)) == ["units"]
    assert not AllocationStatement.objects.exists()


@pytest.mark.parametrize("chosen", ["", "x", "0", str(10**30), "-1"])
def test_a_requirement_that_does_not_exist_is_refused(chosen: str, desk: Client, company: Company, line: CreditRequirement):
    response = send(desk, act_on(company, "set-allocation"), line=chosen, units="5")
    assert response.status_code == 422
    assert list(messages_of(response)) == ["line"]


def test_the_feature_is_always_that_of_the_line(desk: Client, company: Company, line: CreditRequirement):
    """A feature's name sent along changes nothing: the form has no such field."""
    other = make_feature()
    send(desk, act_on(company, "set-allocation"), line=line.pk, units="5", feature=other.pk)
    assert AllocationStatement.objects.get().feature == line.feature


def test_a_plan_is_withdrawn_once(desk: Client, company: Company, line: CreditRequirement):
    url, day = act_on(company, "withdraw-plan"), today_of(company) + timedelta(40)
    assert "Nothing is planned" in desk.get(url).content.decode()
    allocate(company, line, 90, today=today_of(company), on=day)
    assert "90 units of" in desk.get(url).content.decode()
    form = {**shown(desk, url), "plan": f"{line.pk}:{day}", "reason_kind": "customer-asked", "reason": "The project is off"}
    assert desk.post(url, form).status_code == 302
    once = written()
    assert desk.post(url, form).status_code == 302
    assert written() == once
    assert credit_summary(company, on=day).allocated_credits == 0
    assert Act.objects.get(name="allocation.withdraw").reason == "The project is off"


@pytest.mark.parametrize("plan", ["", "x", "1", "0:2026-01-01", ":", "1:soon", f"{10**30}:2026-01-01"])
def test_a_plan_that_does_not_exist_is_refused(plan: str, desk: Client, company: Company, line: CreditRequirement):
    response = send(desk, act_on(company, "withdraw-plan"), plan=plan)
    assert response.status_code == 422
    assert list(messages_of(response)) == ["plan"]


def test_what_holds_already_is_no_plan(desk: Client, company: Company, line: CreditRequirement):
    allocate(company, line, 90, today=today_of(company))
    response = send(desk, act_on(company, "withdraw-plan"), plan=f"{line.pk}:{today_of(company)}")
    assert list(messages_of(response)) == ["plan"]


def test_a_billing_model_is_switched_with_a_tick_and_once(desk: Client, company: Company, line: CreditRequirement):
    today, url = today_of(company), act_on(company, "switch-billing-model")
    feature = make_feature(switchable=True)
    allocate(company, feature.lines.get(), 40, today=today)
    typed = {"feature": feature.pk, "model": "pay-as-you-go"}
    assert list(messages_of(send(desk, url, **typed))) == ["confirm"]
    refused = send(desk, url, **typed, confirm="on")
    assert refused.status_code == 422
    assert "No pay-as-you-go contract runs" in messages_of(refused)["on"][0]
    make_license(company=company, today=today, product=make_product(kind="pay-as-you-go", rate=None))
    form = {**shown(desk, url), **typed, "confirm": "on"}
    assert desk.post(url, form).status_code == 302
    once = written()
    assert desk.post(url, form).status_code == 302
    assert written() == once
    assert credit_summary(company, on=today).allocated_credits == 0
    again = send(desk, url, feature=feature.pk, model="annual", confirm="on", on=str(today + timedelta(5)))
    assert list(messages_of(again)) == ["on"]


def test_a_feature_that_cannot_be_switched_is_refused(desk: Client, company: Company, line: CreditRequirement):
    typed = {"feature": line.feature_id, "model": "pay-as-you-go", "confirm": "on"}
    assert list(messages_of(send(desk, act_on(company, "switch-billing-model"), **typed))) == ["feature"]


def test_an_act_page_lists_the_allocations_it_wrote(desk: Client, company: Company, line: CreditRequirement):
    allocate(company, line, 300, today=today_of(company))
    statement, entry = AllocationStatement.objects.get(), AllocationEntry.objects.get()
    page = desk.get(reverse("admin:console_act_change", args=[statement.act_id])).content.decode()
    assert reverse("admin:credits_allocationstatement_change", args=[statement.pk]) in page
    assert reverse("admin:credits_allocationentry_change", args=[entry.pk]) in page


def test_the_catalogue_says_how_it_is_loaded(desk: Client, line: CreditRequirement):
    for model in ("offering", "feature", "creditrequirement", "creditrate", "payasyougoprice", "seatuse"):
        url = reverse(f"admin:credits_{model}_changelist")
        assert "manage.py load_catalogue" in desk.get(url).content.decode()


def test_an_allocation_holds_from_the_day_it_is_for_the_company(desk: Client, company: Company):
    """The company's own day counts, not the server's."""
    line = make_feature(rates=[1]).lines.get()
    far = make_company(slug="kiribati", time_zone="Pacific/Kiritimati")
    send(desk, act_on(far, "set-allocation"), line=line.pk, units="1", below_zero_confirmed="on")
    assert AllocationStatement.objects.get(company=far).effective_on == today_of(far)
