"""What support sees of marketplaces, and does about it: compare, try again, mark read, map plans."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.errors import Conflict, NotAllowed, Refused
from console.models import Act, Actor, User
from licensing.admin.marketplace_forms import compare_all
from licensing.marketplaces.practice import changes
from licensing.marketplaces.practice.faults import behave, misbehave
from licensing.marketplaces.practice.models import PracticeSubscription
from licensing.models import (
    Activation,
    Company,
    Difference,
    MarketplaceEvent,
    MarketplacePlan,
    Order,
    Product,
    Reconciliation,
    Subscription,
)
from licensing.purchases.activation.begin_activation import TakenByAnother, begin_activation
from licensing.purchases.activation.carry_through_activation import carry_on
from licensing.purchases.activation.resume_activation import resume_activation
from licensing.purchases.activation.worker_alive import hold, let_go
from licensing.purchases.for_support.mark_read import mark_read
from tests.factories import make_company, make_user, new_key
from tests.in_process import InProcess
from tests.jobs import queued, run_jobs
from tests.licensing.admin.test_admin import act_on, messages_of, page_of, send, shown
from tests.markup import read
from tests.purchases import activated, administrator, buy, found, happens, theirs

pytestmark = pytest.mark.django_db


@pytest.fixture
def support() -> User:
    return make_user(email="support@vendor.example", name="Sam Support", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, support: User) -> Client:
    client.force_login(support)
    return client


@pytest.fixture
def held(shop: InProcess) -> tuple[Company, Subscription]:
    company, person = administrator(name="Fabrik Foods", slug="fabrik")
    return company, activated(person, company)


def lists(model: Any) -> str:
    return reverse(f"admin:licensing_{model._meta.model_name}_changelist")


def failed_activation(company: Company, person: User) -> Activation:
    """Confirmed by the person, and refused because the plan lost its product in between."""
    activation = found(buy(), person)
    assert activation.subscription is not None
    shown: dict[str, object] = {"plan_id": activation.subscription.plan_id, "units": activation.subscription.units}
    begin_activation(activation, company=company, by=Actor.person(person), key=new_key(), shown=shown)
    MarketplacePlan.objects.all().delete()
    carry_on(activation.pk)
    activation.refresh_from_db()
    assert activation.state == "failed"
    return activation


def map_plan() -> None:
    product = Product.objects.get(sku="CREDITS-AZURE")
    MarketplacePlan.objects.create(channel="azure", offer_id="vision-credits", plan_id="credits-12m", product=product)


# --- What is shown


def test_a_subscription_is_found_by_company_id_and_beneficiary(desk: Client, held: tuple[Company, Subscription]) -> None:
    _company, subscription = held
    for words in ("fabrik", "Fabrik Foods", subscription.external_id, "it@fabrik.example", "Head office"):
        assert subscription.external_id in read(desk.get(lists(Subscription), {"q": words})).text, words
        assert "Fabrik Foods" in read(desk.get(lists(Activation), {"q": words})).text, words
    assert subscription.external_id not in read(desk.get(lists(Subscription), {"q": "somebody else"})).text


def test_a_subscriptions_page_tells_its_whole_story(desk: Client, held: tuple[Company, Subscription]) -> None:
    company, subscription = held
    happens(subscription, "Suspend")
    text = read(desk.get(page_of(subscription))).text
    for words in ("Suspended", "Fabrik Foods", "it@fabrik.example", "Activated", "Applied", "None was ever found", "Compare now"):
        assert words in text, words
    order = Order.objects.get()
    assert "Subscription at the marketplace" in read(desk.get(page_of(order))).text
    assert "Subscriptions at marketplaces" in read(desk.get(page_of(company))).text


def test_an_activation_is_shown_with_its_steps_and_without_its_token(desk: Client, held: tuple[Company, Subscription]) -> None:
    activation = Activation.objects.get()
    Activation.objects.filter(pk=activation.pk).update(
        token_sealed="SEALED-CANARY", token_until=timezone.now(), handed_over="HANDED"
    )
    for url in (page_of(activation), lists(Activation)):
        page = desk.get(url).content.decode()
        assert "SEALED-CANARY" not in page
        assert "HANDED" not in page
        assert "Fabrik Foods" in page
    text = read(desk.get(page_of(activation))).text
    assert str(activation.correlation_id) in text
    for step in ("Purchase found", "Reviewed and confirmed by the person", "Accepted by the marketplace", "License issued"):
        assert step in text
    assert page_of(activation) in desk.get(lists(Activation), {"q": str(activation.correlation_id)}).content.decode()


def test_a_notification_as_received_is_for_those_who_act_on_it(client: Client, held: tuple[Company, Subscription]) -> None:
    operation = happens(held[1], "Suspend")
    event = MarketplaceEvent.objects.get()
    looking = make_user(is_staff=True, staff_roles=["customers"])
    client.force_login(looking)
    assert "activityId" not in client.get(page_of(event)).content.decode()
    User.objects.filter(pk=looking.pk).update(staff_roles=["marketplaces"])
    assert "activityId" in client.get(page_of(event)).content.decode()
    for words in (str(operation.pk), held[1].external_id, "fabrik"):
        found_there = client.get(lists(MarketplaceEvent), {"q": words}).content.decode()
        assert page_of(event) in found_there
        assert "activityId" not in found_there


def test_open_differences_come_first_and_can_be_asked_for(desk: Client, held: tuple[Company, Subscription]) -> None:
    _company, subscription = held
    now = timezone.now()
    of_all: dict[str, Any] = {
        "channel": "azure",
        "external_id": subscription.external_id,
        "seen_at": now,
        "subscription": subscription,
    }
    Difference.objects.create(kind="status", theirs="suspended", found_at=now, mended_at=now, **of_all)
    Difference.objects.create(kind="quantity", theirs="300", ours="250", found_at=now - timedelta(days=3), problem="x", **of_all)
    page = desk.get(lists(Difference)).content.decode()
    assert page.index(">300<") < page.index(">suspended<")
    assert ">suspended<" not in desk.get(lists(Difference), {"standing": "open"}).content.decode()
    assert ">300<" not in desk.get(lists(Difference), {"standing": "mended"}).content.decode()
    assert page_of(Order.objects.get()) in page
    assert page_of(subscription) in page


@pytest.mark.parametrize("model", [Subscription, Activation, MarketplaceEvent, Reconciliation, Difference])
def test_what_marketplaces_say_is_not_edited(model: Any, desk: Client, held: tuple[Company, Subscription]) -> None:
    now = timezone.now()
    happens(held[1], "Suspend")
    Reconciliation.objects.create(channel="azure", started_at=now)
    Difference.objects.create(channel="azure", external_id="s", kind="status", found_at=now, seen_at=now)
    row = model.objects.first()
    before = model.objects.values().get(pk=row.pk)
    assert desk.post(page_of(row), {"name": "Other", "problem": "Other"}).status_code == 403
    assert desk.post(page_of(row).replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert model.objects.values().get(pk=row.pk) == before


# --- Compare


def test_compare_now_finds_and_mends_what_was_missed(desk: Client, held: tuple[Company, Subscription]) -> None:
    _company, subscription = held
    happens(subscription, "ChangeQuantity", quantity=300, told=False)
    changes.settle_due(timezone.now() + timedelta(hours=9))
    PracticeSubscription.objects.filter(pk=subscription.external_id).update(quantity=300)
    answer = send(desk, act_on(subscription, "compare"))
    assert answer.url == page_of(subscription)
    assert "licensing.reconcile_one" in run_jobs()
    text = read(desk.get(page_of(subscription))).text
    assert "Quantity" in text
    assert Difference.objects.get(kind="quantity").mended_at is not None
    assert Reconciliation.objects.get().external_id == subscription.external_id
    assert "Comparisons of this subscription alone" in text


def test_compare_everything_is_queued_once(desk: Client, held: tuple[Company, Subscription]) -> None:
    url = reverse("admin:licensing_reconciliation_add")
    assert send(desk, url).url == lists(Reconciliation)
    again = send(desk, url)
    assert again.status_code == 409
    assert "A comparison waits or runs already." in read(again).text
    assert [name for name, _args, _at in queued()].count("licensing.reconcile_all") == 1
    run_jobs()
    assert Reconciliation.objects.get().compared == 1


def test_a_comparison_that_runs_is_enough(shop: InProcess) -> None:
    compare_all("azure")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'licensing.reconcile_all'")
    with pytest.raises(Conflict, match="waits or runs already"):
        compare_all("azure")


# --- Try again


def test_a_failed_activation_is_set_going_again_for_the_same_company(desk: Client, support: User, shop: InProcess) -> None:
    company, person = administrator()
    activation = failed_activation(company, person)
    assert "Try again" in read(desk.get(page_of(activation))).text
    map_plan()
    assert list(messages_of(send(desk, act_on(activation, "try-again"), reason_kind=""))) == ["reason_kind"]
    form = {
        **shown(desk, act_on(activation, "try-again")),
        "reason_kind": "our-mistake",
        "reason": "The plan has its product now",
    }
    first, second = desk.post(act_on(activation, "try-again"), form), desk.post(act_on(activation, "try-again"), form)
    assert first.status_code == second.status_code == 302
    assert run_jobs().count("licensing.carry_on_activation") == 1
    activation.refresh_from_db()
    assert (activation.state, activation.company) == ("active", company)
    act = Act.objects.get(name="activation.resume")
    assert (act.actor, act.reason, act.company_id) == (support, "The plan has its product now", company.pk)
    assert "Try again" not in read(desk.get(page_of(activation))).text


def test_an_activation_that_was_given_back_says_what_to_do_and_offers_no_try(desk: Client, shop: InProcess) -> None:
    company, person = administrator()
    activation = failed_activation(company, person)
    assert "press “Try again”" in read(desk.get(page_of(activation))).text
    Activation.objects.filter(pk=activation.pk).update(state="activating", problem="")
    assert "It is tried again by itself" in read(desk.get(page_of(activation))).text
    Activation.objects.filter(pk=activation.pk).update(state="found", problem="The marketplace could not be reached.")
    page = read(desk.get(page_of(activation))).text
    assert "ask the person to press Activate again" in page
    assert "Try again" not in page


def test_what_is_still_wrong_is_said_again(desk: Client, shop: InProcess) -> None:
    company, person = administrator()
    activation = failed_activation(company, person)
    answer = send(desk, act_on(activation, "try-again"), reason_kind="our-mistake", reason="Let us see")
    assert answer.status_code == 422
    assert "is not set up here yet" in read(answer).text
    assert not Act.objects.filter(name="activation.resume").exists()


def test_a_purchase_that_another_company_has_taken_is_not_tried_again(support: User, shop: InProcess) -> None:
    company, person = administrator()
    activation = failed_activation(company, person)
    map_plan()
    Subscription.objects.update(claimed_by=make_company())
    with pytest.raises(TakenByAnother):
        resume_activation(activation, by=Actor.person(support), reason="Because", key=new_key())


def test_a_stuck_activation_is_queued_but_not_while_the_worker_is_at_it(support: User, shop: InProcess) -> None:
    company, person = administrator()
    activation = failed_activation(company, person)
    map_plan()
    by, now = Actor.person(support), timezone.now()
    at_it = now + timedelta(minutes=1)
    Activation.objects.update(state="activating", working_until=at_it, due_at=now - timedelta(hours=1))
    hold(activation.pk)
    with pytest.raises(Refused, match="right now"):
        resume_activation(activation, by=by, reason="Stuck", key=new_key())
    let_go(activation.pk)
    assert resume_activation(activation, by=by, reason="Stuck", key=new_key()).state == "activating"
    carry_on(activation.pk)
    activation.refresh_from_db()
    assert activation.state == "active"
    with pytest.raises(Refused, match="failed or is stuck"):
        resume_activation(activation, by=by, reason="Once more", key=new_key())


def test_an_activation_that_names_no_purchase_is_not_tried_again(support: User, db: None) -> None:
    activation = Activation.objects.create(channel="azure", state="failed", brought_at=timezone.now())
    with pytest.raises(Refused, match="begin it anew"):
        resume_activation(activation, by=Actor.person(support), reason="Because", key=new_key())


def test_only_support_tries_again_and_marks_read(shop: InProcess) -> None:
    company, person = administrator()
    activation = failed_activation(company, person)
    with pytest.raises(NotAllowed):
        resume_activation(activation, by=Actor.person(person), reason="Mine", key=new_key())
    row = Difference.objects.create(
        channel="azure", external_id="s", kind="status", found_at=timezone.now(), seen_at=timezone.now()
    )
    with pytest.raises(NotAllowed):
        mark_read(row, by=Actor.person(person), key=new_key())


# --- Mark read


def test_a_difference_is_marked_read_once_and_stays_listed(desk: Client, held: tuple[Company, Subscription]) -> None:
    _company, subscription = held
    now = timezone.now()
    row = Difference.objects.create(
        channel="azure", external_id="s", kind="status", found_at=now, seen_at=now, problem="Ask", subscription=subscription
    )
    form = shown(desk, act_on(row, "mark-read"))
    assert desk.post(act_on(row, "mark-read"), form).status_code == 302
    assert desk.post(act_on(row, "mark-read"), form).status_code == 302
    row.refresh_from_db()
    assert row.read_at is not None
    assert row.mended_at is None
    assert Act.objects.get(name="difference.read").company_id == subscription.claimed_by_id
    assert "Mark read" not in read(desk.get(page_of(row))).text
    assert send(desk, act_on(row, "mark-read")).status_code == 422


def test_a_suspicious_event_of_no_company_is_marked_read(desk: Client) -> None:
    event = MarketplaceEvent.objects.create(
        channel="azure",
        external_id="o",
        subscription_id_said="s",
        action="suspend",
        received_at=timezone.now(),
        state="suspicious",
    )
    assert send(desk, act_on(event, "mark-read")).status_code == 302
    event.refresh_from_db()
    assert event.read_at is not None
    assert Act.objects.get(name="event.read").company_id is None


# --- Plans


def test_the_vendor_maps_plans_to_products_and_each_change_is_logged(desk: Client, support: User, shop: InProcess) -> None:
    url = reverse("admin:licensing_marketplaceplan_add")
    assert "exactly as in Partner Center, not its title" in read(desk.get(url)).text
    product = Product.objects.get(sku="EP-CORE")
    typed = {"channel": "azure", "offer_id": "new-offer", "plan_id": "new-plan", "product": product.pk}
    assert desk.post(url, typed).status_code == 302
    plan = MarketplacePlan.objects.get(offer_id="new-offer")
    assert LogEntry.objects.get(object_id=str(plan.pk)).user == support
    assert "This plan has a product already." in read(desk.post(url, typed)).text


# --- Who may


def test_acts_need_the_role(client: Client, held: tuple[Company, Subscription]) -> None:
    staff = make_user(is_staff=True, staff_roles=["customers", "staff"])
    client.force_login(staff)
    rows = [(held[1], "compare"), (Activation.objects.get(), "try-again")]
    for row, act in rows:
        assert client.post(act_on(row, act), {}).status_code == 403
    assert client.post(reverse("admin:licensing_reconciliation_add"), {}).status_code == 403
    owner = make_user(company=held[0], roles=["owner"])
    client.force_login(owner)
    for row, act in rows:
        assert client.post(act_on(row, act), {}, follow=True).status_code == 403
    assert queued() == [] or all(name != "licensing.reconcile_one" for name, _args, _at in queued())


# --- Events that were never confirmed


def unconfirmed(subscription: Subscription, **stated: Any) -> MarketplaceEvent:
    misbehave(call="operation", how="status-503", times=9)
    happens(subscription, "ChangeQuantity", **stated)
    behave()
    event = MarketplaceEvent.objects.get(action="change-quantity")
    assert (event.state, event.done_at) == ("received", None)
    return event


def test_an_event_that_was_never_confirmed_is_looked_at_again(desk: Client, held: tuple[Company, Subscription]) -> None:
    _company, subscription = held
    event = unconfirmed(subscription, quantity=400)
    assert send(desk, act_on(event, "look-again")).status_code == 302
    run_jobs()
    event.refresh_from_db()
    assert (event.state, event.answered) == ("applied", 200)
    assert theirs(subscription).operations.get(action="ChangeQuantity").status == "Succeeded"
    assert send(desk, act_on(event, "look-again")).status_code == 422


def test_an_event_of_which_the_marketplace_knows_nothing_is_marked_read(desk: Client, held: tuple[Company, Subscription]) -> None:
    _company, subscription = held
    event = unconfirmed(subscription, quantity=400)
    theirs(subscription).operations.all().delete()
    assert send(desk, act_on(event, "look-again")).status_code == 302
    run_jobs()
    event.refresh_from_db()
    assert event.done_at is None
    assert "Mark read" in read(desk.get(page_of(event))).text
    assert send(desk, act_on(event, "mark-read")).status_code == 302
    event.refresh_from_db()
    assert event.read_at is not None


def test_a_suspicious_event_has_its_purchase_read_again(desk: Client, held: tuple[Company, Subscription]) -> None:
    _company, subscription = held
    event = MarketplaceEvent.objects.create(
        channel="azure",
        external_id=new_key(),
        subscription_id_said=subscription.external_id,
        subscription=subscription,
        action="suspend",
        received_at=timezone.now(),
        done_at=timezone.now(),
        state="suspicious",
    )
    happens(subscription, "Suspend", told=False)
    assert send(desk, act_on(event, "look-again")).status_code == 302
    run_jobs()
    event.refresh_from_db()
    assert "suspended" in event.detail


# --- Plans


def test_plans_are_of_marketplaces_alone(desk: Client, shop: InProcess, settings: Any) -> None:
    form = desk.get(reverse("admin:licensing_marketplaceplan_add")).content.decode()
    assert "Azure Marketplace" in form
    for other in ("Activation code", "Direct", "Transfer"):
        assert f">{other}<" not in form
    plans = reverse("admin:licensing_marketplaceplan_changelist")
    assert "though it is switched off here" not in desk.get(plans).content.decode()
    settings.PRACTICE_MARKETPLACE = False
    assert "though it is switched off here" in desk.get(plans).content.decode()
