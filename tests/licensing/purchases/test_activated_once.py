"""What an activation issues, and for whom: one purchase, one company, one license."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from django.utils import timezone

from console.errors import NotAllowed, Refused
from console.models import Act, Actor
from licensing.acts.transfer import transfer_order
from licensing.marketplaces.practice.faults import behave, misbehave
from licensing.marketplaces.practice.models import PracticeSubscription
from licensing.models import Activation, Company, License, LicenseStatement, MarketplacePlan, Order, Subscription
from licensing.purchases.activation import carry_through_activation
from licensing.purchases.activation.begin_activation import TakenByAnother, begin_activation
from tests.activations import ONE, begin, begun, now_is, passes, says, state_of
from tests.factories import SYSTEM, make_company, make_user, new_key
from tests.jobs import run_jobs
from tests.pages import browser_of
from tests.purchases import activated, administrator, buy, counts, found, happens, theirs

pytestmark = pytest.mark.usefixtures("shop")

Status = PracticeSubscription.Status


@pytest.mark.parametrize(
    ("plan_id", "bought_on", "starts_on", "expires_on"),
    [
        ("credits-12m", date(2028, 2, 29), date(2028, 2, 29), date(2029, 2, 28)),
        ("credits-36m", date(2027, 2, 28), date(2027, 2, 28), date(2030, 2, 28)),
        ("credits-12m", date(2027, 3, 1), date(2027, 3, 1), date(2028, 3, 1)),
    ],
)
def test_terms_that_touch_the_29_of_february(plan_id: str, bought_on: date, starts_on: date, expires_on: date) -> None:
    with now_is(datetime(bought_on.year, bought_on.month, bought_on.day, 12, tzinfo=UTC)):
        company, person = administrator(time_zone="UTC")
        row = activated(person, company, plan_id)
    issued = LicenseStatement.objects.get()
    assert (issued.starts_on, issued.expires_on) == (starts_on, expires_on)
    assert row.term_ends_on == expires_on - timedelta(days=1)


def test_a_term_that_ends_on_the_29_of_february(monkeypatch: pytest.MonkeyPatch) -> None:
    with now_is(datetime(2027, 3, 1, 12, tzinfo=UTC)):
        days = {"startDate": "2027-03-01T00:00:00Z", "endDate": "2028-02-29T00:00:00Z", "termUnit": "P1Y"}
        activation = begun(company={"time_zone": "UTC"})
        says(monkeypatch, term=days)
        assert passes(activation) is None
    issued = LicenseStatement.objects.get()
    assert (issued.starts_on, issued.expires_on) == (date(2027, 3, 1), date(2028, 3, 1))


def test_a_purchase_may_begin_on_the_29_with_only_its_start_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with now_is(datetime(2028, 2, 29, 12, tzinfo=UTC)) as clock:
        activation = begun(company={"time_zone": "UTC"})
        says(monkeypatch, term={"startDate": "2028-02-29T00:00:00Z", "endDate": "0001-01-01T00:00:00", "termUnit": "P1Y"})
        for _ in range(4):
            clock.shift(passes(activation) or 0)
        assert passes(activation) is None
    assert LicenseStatement.objects.get().expires_on == date(2029, 2, 28)


def test_a_term_that_is_over_needs_a_person_and_issues_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    activation = begun()
    over = {"startDate": "2024-03-04T00:00:00Z", "endDate": "2025-03-03T00:00:00Z", "termUnit": "P1Y"}
    says(monkeypatch, term=over)
    assert passes(activation) is None
    assert state_of(activation) == "failed"
    assert "ended on Mar 3, 2025" in activation.problem
    assert counts() == dict.fromkeys(ONE, 0)


def test_a_trial_adds_a_license_but_no_credits(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    says(monkeypatch, isFreeTrial=True)
    activation = begun(quantity=25)
    assert passes(activation) is None
    assert state_of(activation) == "active"
    license = License.objects.get()
    assert license.trial
    assert LicenseStatement.objects.get().credits == 0
    client.force_login(activation.person)
    assert "25 credits are active" not in client.get(f"/activate/{activation.pk}/status/").content.decode()


def test_seats_are_converted_and_may_be_kept_in_use(client: Client) -> None:
    company, person = administrator()
    activated(person, company, "ep-essentials-12m", quantity=10)
    issued = LicenseStatement.objects.get()
    assert (issued.units, issued.credits) == (10, 650)
    client.force_login(person)
    page = client.get(f"/activate/{Activation.objects.get().pk}/status/").content.decode()
    assert f"/companies/{company.slug}/credits/" in page
    assert 'id="keep-using"' in page


def test_a_plan_that_nobody_mapped_is_not_activated_and_not_lost(client: Client) -> None:
    MarketplacePlan.objects.filter(plan_id="credits-12m").delete()
    company, person = administrator()
    activation = found(buy(), person)
    with pytest.raises(Refused, match="is not set up here yet"):
        begin(activation, company)
    client.force_login(person)
    page = client.get(f"/activate/{activation.pk}/review/").content.decode()
    assert "is not set up here yet" in page
    assert 'id="activate"' not in page
    assert theirs(Subscription.objects.get()).status == Status.PENDING


def test_a_mapping_taken_away_while_it_runs_fails_and_succeeds_once_it_is_back() -> None:
    activation = begun()
    plan = MarketplacePlan.objects.get(plan_id="credits-12m")
    row = (plan.channel, plan.offer_id, plan.plan_id, plan.product)
    plan.delete()
    assert passes(activation) is None
    assert state_of(activation) == "failed"
    assert "is not set up here yet" in activation.problem
    channel, offer_id, plan_id, product = row
    MarketplacePlan.objects.create(channel=channel, offer_id=offer_id, plan_id=plan_id, product=product)
    begin(activation, activation.company)
    assert passes(activation) is None
    assert state_of(activation) == "active"
    assert counts() == ONE


# --- One purchase, one company


def test_the_same_company_may_begin_twice_and_gets_one_license() -> None:
    company, person = administrator()
    bought = buy()
    first, second = found(bought, person), found(bought, make_user(company=company, roles=["owner"]))
    begin(first, company)
    begin(second, company)
    passes(first)
    passes(second)
    assert (state_of(first), state_of(second)) == ("active", "active")
    assert first.license == second.license
    assert (first.balance_before, second.balance_before) == (0, None)
    assert counts() == ONE


def test_a_second_company_is_refused_as_soon_as_the_first_has_pressed_activate() -> None:
    company, person = administrator()
    other, stranger = administrator()
    bought = buy()
    first, second = found(bought, person), found(bought, stranger)
    begin(first, company)
    with pytest.raises(TakenByAnother) as refusal:
        begin(second, other)
    assert company.name not in str(refusal.value)
    passes(first)
    with pytest.raises(TakenByAnother):
        begin(second, other)
    assert counts() == ONE
    assert not Order.objects.filter(company=other).exists()


def test_the_database_refuses_a_second_company_too() -> None:
    company, person = administrator()
    row, other = activated(person, company), make_company()
    assert row.order is not None
    with pytest.raises(IntegrityError, match="activated once, by one company"), transaction.atomic():
        Order.objects.filter(pk=row.order.pk).update(company=other)
    with pytest.raises(IntegrityError, match="external_id"), transaction.atomic():
        add_like(row.order, company_id=other.pk)
    with pytest.raises(IntegrityError, match="an_order_is_activated_once"), transaction.atomic():
        add_like(License.objects.get(), company_id=other.pk)
    with pytest.raises(IntegrityError, match="an_activated_subscription_says_for_whom"), transaction.atomic():
        Subscription.objects.update(claimed_by=None)
    with pytest.raises(IntegrityError, match="one_subscription_per_channel_and_external_id"), transaction.atomic():
        add_like(row, order_id=None)


def add_like(row: models.Model, **changes: Any) -> None:
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    type(row)(**{**fields, **changes}).save()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_person_without_the_licensing_permission_cannot_begin() -> None:
    company, _person = administrator()
    viewer = make_user(company=company, roles=["viewer", "credit-manager"])
    activation = found(buy(), viewer)
    with pytest.raises(NotAllowed):
        begin(activation, company)
    assert Subscription.objects.get().claimed_by is None


def test_a_repeated_press_with_the_same_key_begins_once() -> None:
    company, person = administrator()
    activation, key = found(buy(), person), new_key()
    for _ in range(3):
        begin(activation, company, key=key)
    assert Act.objects.filter(name="activation.begin").count() == 1


def test_what_was_confirmed_of_another_tenant_stands_in_the_journal() -> None:
    company, person = administrator()
    activation = found(buy(), person)
    shown: dict[str, object] = {"plan_id": "credits-12m", "units": 250}
    begin_activation(activation, company=company, by=Actor.person(person), key=new_key(), shown=shown, tenant_confirmed=True)
    assert (
        Act.objects.get(name="activation.begin").reason == f"tenant confirmed: {Subscription.objects.get().beneficiary_tenant_id}"
    )


def test_support_and_machines_begin_for_a_customer() -> None:
    company = make_company()
    activation = found(buy(), make_user())
    begin(activation, company, by=SYSTEM)
    passes(activation)
    assert state_of(activation) == "active"


def test_a_purchase_that_was_not_looked_up_cannot_be_begun() -> None:
    company, person = administrator()
    activation = Activation.objects.create(channel="azure", brought_at=timezone.now(), person=person)
    with pytest.raises(Refused, match="has not been found yet"):
        begin(activation, company, units=250)


def test_credits_count_only_after_the_last_step() -> None:
    from credits.reading.annual_credits import credit_summary

    def balance(company: Company) -> int:
        return credit_summary(company, on=company.day_of(timezone.now())).current_balance

    activation = begun(quantity=250)
    assert activation.company is not None
    misbehave(call="get", how="no-dates", times=20)
    passes(activation)
    assert theirs(activation.subscription).status == Status.SUBSCRIBED
    assert balance(activation.company) == 0
    with now_is(timezone.now() + timedelta(hours=1)):
        behave()
        passes(activation)
    assert balance(activation.company) == 250


def test_a_suspension_told_between_the_question_and_the_license_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notification finds no order yet, so only the activation can take it into account."""
    activation = begun()
    usual = carry_through_activation.issue_license

    def first_a_suspension(row: Activation) -> bool:
        monkeypatch.setattr(carry_through_activation, "issue_license", usual)
        happens(Subscription.objects.get(), "Suspend")
        assert "licensing.reconcile_one" in run_jobs()
        return usual(row)

    monkeypatch.setattr(carry_through_activation, "issue_license", first_a_suspension)
    assert passes(activation) == 0
    assert counts() == dict.fromkeys(ONE, 0)
    assert passes(activation) is None
    assert state_of(activation) == "failed"


def test_after_a_transfer_the_purchase_is_the_new_companys_alone() -> None:
    company, person = administrator()
    subscription = activated(person, company)
    assert subscription.order is not None
    other, their_person = administrator()
    today = company.day_of(timezone.now())
    license = transfer_order(subscription.order, to=other, today=today, by=SYSTEM, key=new_key(), reason="sold the business")
    bought = theirs(subscription)

    once_theirs = found(bought, person)
    assert browser_of(person).get(f"/activate/{once_theirs.pk}/review/").status_code == 409
    with pytest.raises(TakenByAnother):
        begin(once_theirs, company)
    now_theirs = found(bought, their_person)
    address = browser_of(their_person).get(f"/activate/{now_theirs.pk}/")["Location"]
    assert address == f"/companies/{other.slug}/licenses/{license.pk}/"

    begin(now_theirs, other)
    assert passes(now_theirs) is None
    now_theirs.refresh_from_db()
    assert now_theirs.license == license
    assert License.objects.count() == 2
