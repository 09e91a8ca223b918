"""Notices of licenses: what is due on which day, who is told how, and that nothing is told twice.

NOTICE_RUNS says how many random rows of runs are gone through.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.core import mail as outbox
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.company_in_hand import for_company
from console.errors import NotAllowed, Refused
from console.mail.sending import send
from console.models import Act, Actor, OutgoingMail, User
from credits.tasks import tell_all
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.top_up import top_up_order
from licensing.marketplaces.contract import Action
from licensing.models import Activation, Company, License, MarketplaceEvent, Notice, NoticeDelivery, Order, Role, Subscription
from licensing.notices.daily_digest import last_departure, send_digests
from licensing.notices.due_of_licenses import LICENSES
from licensing.notices.inbox import mark_read
from licensing.notices.kinds import kind_of
from licensing.notices.send_again import resend_notice
from licensing.notices.tell_of_refusal import tell_refused
from licensing.notices.telling import companies_in_batches
from licensing.notices.words_of_notices import words_of
from tests.factories import (
    SYSTEM,
    TODAY,
    allocate,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.pages import address_of, browser_of, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Stands still at noon of `TODAY`; acts are recorded weeks before, so that activations and cancellations are no news."""
    with time_machine.travel(noon(TODAY), tick=False) as traveller, recorded(noon(TODAY - days(20))):
        yield traveller


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def days(number: int) -> timedelta:
    return timedelta(days=number)


@contextmanager
def recorded(at: datetime) -> Iterator[None]:
    """Acts are recorded at this instant, those of a company in their order, whatever the database's clock says."""
    with patch("console.models.act.instant_of_recording", lambda clock, earliest: max(at, earliest or at)):
        yield


@pytest.fixture
def company() -> Company:
    return make_company(name="Fabrik", slug="fabrik")


@pytest.fixture
def admin(company: Company) -> User:
    return make_user(email="admin@fabrik.example", company=company, roles=["license-administrator"])


@pytest.fixture
def license(company: Company) -> License:
    """1,000 credits until `ENDS`; it does not renew."""
    return make_license(company=company, name="Head office", external_id="PO-1")


ENDS = date(2027, 3, 2)
"""The expiration date of a license of twelve months that starts on `TODAY`."""


def look(at: datetime | date) -> list[str]:
    """What a run of the job tells that nobody was told before, by kind."""
    before = set(Notice.objects.values_list("pk", flat=True))
    tell_all(at if isinstance(at, datetime) else noon(at))
    return list(Notice.objects.exclude(pk__in=before).order_by("pk").values_list("kind", flat=True))


def act(function: Any, license: License, today: date, /, **stated: Any) -> Any:
    return function(license.order, **{"today": today, "by": SYSTEM, "key": new_key(), **stated})


def of_late(function: Any, license: License, today: date, /, **stated: Any) -> Any:
    """The same, recorded at noon of the day: what is told of it is news."""
    with recorded(noon(today)):
        return act(function, license, today, **stated)


def leads_to(mail: Any, person: User, address: str) -> bool:
    """Whether the address in a mail leads the person on to this page."""
    (path,) = re.findall(r"https?://[^/]+(/companies/[^\s]*/notices/\d+/)", getattr(mail, "text", "") or mail.body)
    answer = browser_of(person).get(path)
    return (answer.status_code, answer.headers.get("Location")) == (302, address)


def subscription_of(license: License) -> Subscription:
    """The license's purchase at its marketplace."""
    return Subscription.objects.create(
        channel="azure",
        external_id="S-1",
        status="subscribed",
        seen_at=noon(TODAY),
        order=license.order,
        claimed_by=license.company,
    )


@pytest.fixture
def recurring(company: Company) -> License:
    """1,000 credits until `ENDS` of a subscription with recurring billing."""
    license = make_license(company=company, name="Head office", channel="azure", renews=True)
    subscription_of(license)
    return license


# --- Expires soon


@pytest.mark.parametrize(("left", "told"), [(31, []), (30, ["expires-soon"]), (12, ["expires-soon"]), (1, ["expires-soon"])])
def test_a_license_expires_soon_from_30_days_before_until_it_has_expired(license: License, left: int, told: list[str]) -> None:
    assert look(ENDS - days(left)) == told


def test_it_is_told_once(license: License) -> None:
    assert look(ENDS - days(30)) == ["expires-soon"]
    assert [look(ENDS - days(left)) for left in (30, 29, 3)] == [[], [], []]


@pytest.mark.parametrize(("left", "told"), [(16, []), (15, ["expires-soon"])])
def test_a_trial_expires_soon_from_15_days_before(company: Company, left: int, told: list[str]) -> None:
    make_license(company=company, trial=True)
    assert look(ENDS - days(left)) == told


@pytest.mark.parametrize(("kind", "said"), [("pay-as-you-go", True), ("credits", False)])
def test_of_a_contract_it_says_that_its_features_return_to_annual_credits(company: Company, kind: str, said: bool) -> None:
    make_license(company=company, product=make_product(kind=kind, rate=1 if kind == "credits" else None))
    assert [look(ENDS - days(30)), look(ENDS)] == [["expires-soon"], ["expired"]]
    for notice in Notice.objects.all():
        sentence = kind_of(notice.kind).sentence_of(notice.facts)
        assert ("return" in sentence and "to annual credits, not allocated" in sentence) is said


def test_a_term_with_its_top_ups_is_told_of_as_one(license: License) -> None:
    act(top_up_order, license, TODAY + days(3), units=500)
    assert look(ENDS - days(30)) == ["expires-soon"]
    assert Notice.objects.get().facts["units"] == "1,500 credits"


def test_a_renewal_that_is_issued_leaves_nothing_to_tell(license: License) -> None:
    act(renew_order, license, ENDS - days(40), expires_on=ENDS + days(365))
    assert look(ENDS - days(30)) == []
    assert look(ENDS) == []


def test_recurring_billing_leaves_nothing_to_tell_while_it_is_on(recurring: License) -> None:
    assert look(ENDS - days(30)) == []
    act(switch_renewal, recurring, ENDS - days(20), on=False)
    assert look(ENDS - days(20)) == ["expires-soon"]


def test_recurring_billing_switched_on_later_ends_the_notice_and_switched_off_again_it_is_not_told_twice(
    recurring: License,
) -> None:
    act(switch_renewal, recurring, ENDS - days(40), on=False)
    assert look(ENDS - days(30)) == ["expires-soon"]
    act(switch_renewal, recurring, ENDS - days(29), on=True)
    assert look(ENDS - days(29)) == []
    assert Notice.objects.get().resolved_at == noon(ENDS - days(29))
    act(switch_renewal, recurring, ENDS - days(28), on=False)
    assert look(ENDS - days(28)) == []
    assert Notice.objects.get().resolved_at is None


@pytest.mark.parametrize(
    ("channel", "trial", "due"),
    [("direct", False, 30), ("direct", True, 15), ("code", False, 30), ("code", True, 15), ("azure", False, 30)],
    ids=["direct", "direct trial", "code", "trial by a code", "of a marketplace that is not followed here"],
)
def test_an_order_that_nobody_renews_by_itself_is_told_of_although_a_renewal_is_meant(
    company: Company, channel: str, trial: bool, due: int
) -> None:
    license = make_license(company=company, channel=channel, trial=trial, renews=True)
    act(switch_renewal, license, TODAY, on=True)
    assert look(ENDS - days(due + 1)) == []
    assert look(ENDS - days(due)) == ["expires-soon"]
    assert look(ENDS) == ["expired"]


@pytest.mark.parametrize(("followed", "told"), [(True, []), (False, ["expires-soon"])])
def test_a_transferred_order_renews_by_itself_where_a_subscription_stands_behind_it(
    company: Company, followed: bool, told: list[str]
) -> None:
    license = make_license(channel="azure" if followed else "direct", renews=True)
    if followed:
        subscription_of(license)
    for number, to in enumerate((make_company(), company)):  # transferred twice
        license = act(transfer_order, license, TODAY + days(number), to=to, reason="Sold")
    assert look(ENDS - days(30)) == told


def test_a_cancelled_license_and_one_of_no_units_are_not_told_of(company: Company) -> None:
    cancelled, reduced = make_license(company=company), make_license(company=company)
    act(cancel_order, cancelled, TODAY + days(2))
    act(top_up_order, reduced, TODAY, units=5)
    act(reduce_order, reduced, TODAY + days(2), units=1_000)
    assert look(ENDS - days(30)) == ["expires-soon"]
    assert Notice.objects.get().facts["units"] == "1,000 credits"


def test_a_moved_expiration_date_is_told_of_anew(license: License) -> None:
    assert look(ENDS - days(30)) == ["expires-soon"]
    correct_license(license, expires_on=ENDS + days(60), today=ENDS - days(29), by=SYSTEM, key=new_key(), reason="agreed")
    assert look(ENDS - days(29)) == []
    assert not Notice.objects.open().exists()
    assert look(ENDS + days(30)) == ["expires-soon"]


@pytest.mark.parametrize(("zone", "hour"), [("Pacific/Auckland", 11), ("UTC", 0), ("Pacific/Honolulu", 10)])
def test_the_companys_own_day_decides(zone: str, hour: int) -> None:
    """In March: Auckland is 13 hours ahead of UTC, or 12; Honolulu 10 behind."""
    company = make_company(time_zone=zone)
    make_license(company=company)
    due = datetime(2027, 1, 31, hour, tzinfo=UTC)
    due -= days(1) if zone == "Pacific/Auckland" else days(0)
    assert look(due - timedelta(seconds=1)) == []
    assert look(due) == ["expires-soon"]


# --- Expired


def test_an_expiration_is_told_on_its_day_and_ends_the_notice_before(license: License) -> None:
    assert look(ENDS - days(1)) == ["expires-soon"]
    assert look(ENDS) == ["expired"]
    assert [each.kind for each in Notice.objects.open()] == ["expired"]
    assert look(ENDS + days(1)) == []


@pytest.mark.parametrize(("after", "told"), [(29, ["expired"]), (30, [])])
def test_an_expiration_that_was_missed_is_told_while_it_is_of_use(license: License, after: int, told: list[str]) -> None:
    assert look(ENDS + days(after)) == told


def test_a_renewal_that_comes_a_few_hours_late_is_not_told_as_an_expiration(recurring: License) -> None:
    assert look(ENDS) == []
    act(renew_order, recurring, ENDS, expires_on=ENDS + days(365))
    assert look(ENDS + days(1)) == []


def test_a_renewal_that_does_not_come_is_told_the_day_after(recurring: License) -> None:
    assert look(ENDS) == []
    assert look(ENDS + days(1)) == ["expired"]


# --- Suspended


def test_a_suspension_is_told_once_and_a_further_one_again(license: License) -> None:
    act(top_up_order, license, TODAY, units=5)
    of_late(suspend_order, license, TODAY + days(2))
    assert look(TODAY + days(2)) == ["suspended"]
    assert look(TODAY + days(3)) == []
    of_late(reinstate_order, license, TODAY + days(4))
    assert look(TODAY + days(4)) == ["reinstated"]
    assert [each.kind for each in Notice.objects.open()] == ["reinstated"]
    of_late(suspend_order, license, TODAY + days(4))
    assert look(noon(TODAY + days(4)) + timedelta(seconds=1)) == ["suspended"]
    assert [each.kind for each in Notice.objects.open()] == ["suspended"]
    assert [look(TODAY + days(after)) for after in (5, 6, 7, 90)] == [[], [], [], []]
    assert [each.kind for each in Notice.objects.open()] == ["suspended"]


def test_a_suspension_whose_day_moves_back_is_a_change_of_its_own(license: License) -> None:
    of_late(suspend_order, license, TODAY + days(9), on=TODAY + days(8))
    assert look(TODAY + days(9)) == ["suspended"]
    of_late(suspend_order, license, TODAY + days(10), on=TODAY + days(5))
    assert look(TODAY + days(10)) == ["suspended"]
    assert [each.facts["suspended_on"] for each in Notice.objects.order_by("pk")] == ["2026-03-10", "2026-03-07"]


# --- Activated


def activated(by: Actor = SYSTEM, **order: Any) -> License:
    """The license of an order that somebody activated at noon of `TODAY`."""
    with recorded(noon(TODAY)):
        company = order.pop("company", None) or make_company()
        return activate_order(make_order(**order), company=company, today=TODAY, by=by, key=new_key())


def test_an_activation_is_told_once_with_what_who_and_where(company: Company, admin: User, settings: Any) -> None:
    settings.CONSOLE_URL = "https://allotment.example"
    seats = make_product(kind="seats", unit="seat", rate=45)
    order = {"product": seats, "units": 400, "name": "Laptops", "external_id": "SO-7"}
    license = activated(company=company, by=Actor.person(admin), **order)
    assert look(noon(TODAY) + timedelta(hours=1)) == ["activated"]
    assert look(noon(TODAY) + timedelta(hours=2)) == []
    (mail,) = OutgoingMail.objects.all()
    assert mail.subject == "Fabrik: Laptops was activated"
    said = f"{admin.name} activated order SO-7: 400 seats (18,000 credits), from Mar 2, 2026 up to and including Mar 1, 2027."
    assert said in mail.text
    assert leads_to(mail, admin, address_of("licensing:license", "fabrik", license.pk))
    assert said in page(browser_of(admin), "licensing:notices", company).text


@pytest.mark.parametrize(
    ("order", "worth"),
    [
        ({}, "1,000 credits,"),
        ({"trial": True}, "1,000 credits,"),
        ({"units": 1, "product_fields": {"kind": "pay-as-you-go", "unit": "contract", "rate": None}}, "1 contract,"),
    ],
    ids=["credits", "trial", "contract"],
)
def test_credits_are_named_beside_the_units_only_where_they_differ(company: Company, order: dict[str, Any], worth: str) -> None:
    fields = order.pop("product_fields", {})
    license = activated(company=company, product=make_product(**fields), **order)
    look(noon(TODAY) + timedelta(hours=1))
    assert f": {worth} from" in words_of(Notice.objects.get(), license.company)["sentence"]


@pytest.mark.parametrize(
    ("after", "told"), [(timedelta(hours=47), ["activated"]), (days(2), []), (days(20), []), (timedelta(hours=-1), [])]
)
def test_an_activation_is_news_for_two_days_and_history_is_none(company: Company, after: timedelta, told: list[str]) -> None:
    activated(company=company)
    assert look(noon(TODAY) + after) == told


def test_the_notice_of_an_activation_stands_for_a_month_and_is_never_told_again(company: Company) -> None:
    license = activated(company=company)
    assert look(TODAY + days(1)) == ["activated"]
    act(top_up_order, license, TODAY + days(1), units=5)
    assert [look(TODAY + days(after)) for after in (2, 3, 30)] == [["units-up"], [], []]
    assert Notice.objects.open().count() == 2
    assert look(TODAY + days(32)) == []
    assert not Notice.objects.open().exists()


def test_who_is_told_of_an_activation_sees_support_for_staff_and_machines_by_name(company: Company, admin: User) -> None:
    staff = make_user(is_staff=True, name="Sam Rivers")
    activated(company=company, by=Actor.person(staff), name="First")
    activated(company=company, by=Actor.system("Azure Marketplace"), name="Second")
    look(noon(TODAY) + timedelta(hours=1))
    shown = page(browser_of(admin), "licensing:notices", company).text
    assert "Support activated order" in shown
    assert "Azure Marketplace activated order" in shown
    assert "Sam Rivers" not in shown


def test_behind_a_marketplaces_act_the_person_who_activated_is_named(company: Company, admin: User) -> None:
    license = activated(company=company, by=Actor.system("Azure Marketplace"))
    for number, person in enumerate((admin, make_user(name="Came second"))):
        at = noon(TODAY) + timedelta(minutes=number)
        Activation.objects.create(
            channel="azure", state="active", person=person, brought_at=at, issued_at=at, company=company, license=license
        )
    look(noon(TODAY) + timedelta(hours=1))
    assert f"{admin.name} activated order" in OutgoingMail.objects.get().text


def test_a_name_in_a_notice_is_the_persons_of_now(company: Company, admin: User) -> None:
    activated(company=company, by=Actor.person(admin))
    look(noon(TODAY) + timedelta(hours=1))
    User.objects.filter(pk=admin.pk).update(name="Erased")
    assert "Erased activated order" in page(browser_of(admin), "licensing:notices", company).text
    assert "Somebody activated order" in kind_of("activated").sentence_of(Notice.objects.get().facts)


@pytest.mark.parametrize("number", [1, 30])
def test_a_page_with_people_in_its_sentences_costs_five_statements(company: Company, admin: User, number: int) -> None:
    for _each in range(number):
        activated(company=company, by=Actor.person(admin))
    look(noon(TODAY) + timedelta(hours=1))
    client = browser_of(admin)
    with CaptureQueriesContext(connection) as queries:
        page(client, "licensing:notices", company)
    assert len(queries) == 5


def test_a_digest_names_who_activated(company: Company, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(told="digest")
    activated(company=company, by=Actor.person(admin))
    look(noon(TODAY) + timedelta(hours=1))
    (mail,) = send_digests(noon(TODAY + days(1)))
    assert f"{admin.name} activated order" in mail.text


# --- Cancelled


def cancel(license: License, today: date, *, on: date | None = None) -> None:
    """Cancelled at noon of the day."""
    with recorded(noon(today)):
        act(cancel_order, license, today, on=on)


def test_a_cancellation_is_told_once_with_its_day_and_what_no_longer_counts(company: Company, admin: User) -> None:
    seats = make_product(kind="seats", unit="seat", rate=45)
    license = make_license(company=company, product=seats, units=400, name="Laptops", external_id="SO-7")
    act(top_up_order, license, TODAY, units=100)
    act(suspend_order, license, TODAY + days(2))
    act(renew_order, license, TODAY + days(2), expires_on=ENDS + days(365))
    cancel(license, TODAY + days(9), on=TODAY + days(8))
    later = noon(TODAY + days(9)) + timedelta(hours=1)
    assert look(later) == ["cancelled"]
    assert look(later + timedelta(hours=1)) == []
    (mail,) = OutgoingMail.objects.all()
    assert mail.subject == "Fabrik: Laptops is cancelled from Mar 10, 2026 on"
    assert "500 seats (22,500 credits) of order SO-7 no longer count from that day on." in mail.text
    with time_machine.travel(later, tick=False):
        assert leads_to(mail, admin, address_of("licensing:license", "fabrik", license.pk))


@pytest.mark.parametrize(("after", "told"), [(timedelta(hours=47), ["cancelled"]), (days(2), []), (timedelta(hours=-1), [])])
def test_a_cancellation_is_news_for_two_days_after_it_was_recorded(license: License, after: timedelta, told: list[str]) -> None:
    cancel(license, TODAY + days(20), on=TODAY + days(3))
    assert look(noon(TODAY + days(20)) + after) == told


def test_an_undone_cancellation_is_over_and_one_after_it_is_told_again(license: License) -> None:
    support = Actor.person(make_user(is_staff=True))
    cancel(license, TODAY + days(2))
    assert look(TODAY + days(3)) == ["cancelled"]
    with recorded(noon(TODAY + days(4))):
        act(reinstate_order, license, TODAY + days(4), by=support, reason="By mistake", undo_cancellation=True)
    assert look(TODAY + days(5)) == ["reinstated"]
    assert [each.kind for each in Notice.objects.open()] == ["reinstated"]
    cancel(license, TODAY + days(9))
    assert look(TODAY + days(10)) == ["cancelled"]


def test_a_cancellation_whose_day_moves_back_is_a_change_of_its_own(license: License) -> None:
    cancel(license, TODAY + days(9))
    assert look(TODAY + days(10)) == ["cancelled"]
    cancel(license, TODAY + days(10), on=TODAY + days(5))
    assert look(TODAY + days(11)) == ["cancelled"]
    assert [each.facts["cancelled_on"] for each in Notice.objects.order_by("pk")] == ["2026-03-11", "2026-03-07"]


def test_a_cancellation_said_again_is_no_change(license: License) -> None:
    cancel(license, TODAY + days(9))
    assert look(TODAY + days(9)) == ["cancelled"]
    cancel(license, TODAY + days(10))
    assert look(TODAY + days(10)) == []


def test_what_is_given_up_or_replaced_by_another_plan_is_no_cancelled_order(license: License) -> None:
    with recorded(noon(TODAY + days(2))):
        act(top_up_order, license, TODAY + days(2), units=500)
        act(reduce_order, license, TODAY + days(2), units=1_000)
        act(change_plan, license, TODAY + days(2), product=make_product())
    assert look(TODAY + days(3)) == ["units-up", "units-down", "plan-changed"]
    cancel(license, TODAY + days(5))
    assert look(TODAY + days(6)) == ["cancelled"]
    assert Notice.objects.latest("pk").facts["worth"] == "1,000 credits"


# --- Refused


def event_of(license: License, **stated: Any) -> MarketplaceEvent:
    usual = {"action": Action.CHANGE_QUANTITY, "units": 400, "external_id": "OP-1"}
    return MarketplaceEvent.objects.create(
        channel="azure",
        subscription=subscription_of(license),
        subscription_id_said="S-1",
        received_at=noon(TODAY),
        **{**usual, **stated},
    )


def test_a_refused_change_is_told_once_with_what_was_asked_for_and_why(license: License, admin: User) -> None:
    event = event_of(license)
    for _twice in range(2):
        tell_refused(event, "Only 100 credits are not allocated.")
    (mail,) = OutgoingMail.objects.all()
    assert mail.subject == "Fabrik: A change of Head office was refused"
    assert "The change asked for 400 credits. Only 100 credits are not allocated. The order stays as it was: PO-1." in mail.text
    assert look(TODAY + days(29)) == []
    assert Notice.objects.open().count() == 1
    tell_all(noon(TODAY + days(30)))
    assert Notice.objects.open().count() == 0


def test_a_refused_plan_is_named_and_a_purchase_nobody_activated_is_told_to_nobody(license: License) -> None:
    event = event_of(license, action=Action.CHANGE_PLAN, units=None, plan_id="gold")
    tell_refused(event, "It is not set up here.")
    assert Notice.objects.get().facts["wanted"] == "plan gold"
    tell_refused(MarketplaceEvent(action=Action.CHANGE_PLAN), "No.")
    assert Notice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_refusal_that_is_rolled_back_tells_nothing() -> None:
    license = make_license()
    make_user(company=license.company, roles=["owner"])
    event = event_of(license)
    with transaction.atomic():
        tell_refused(event, "No.")
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not OutgoingMail.objects.exists()


# --- Who, and how


@pytest.mark.parametrize("role", Role)
def test_owners_and_license_administrators_are_told(company: Company, license: License, role: Role) -> None:
    make_user(company=company, roles=[role])
    look(ENDS - days(30))
    assert OutgoingMail.objects.count() == (role in (Role.OWNER, Role.LICENSE_ADMINISTRATOR))


def test_somebody_inactive_and_people_of_other_companies_are_not_told(company: Company, license: License) -> None:
    make_user(company=company, roles=["owner"], is_active=False)
    make_user(company=make_company(), roles=["owner"])
    look(ENDS - days(30))
    assert Notice.objects.count() == 1
    assert not NoticeDelivery.objects.exists()


def test_the_mail_says_company_what_when_what_to_do_where_and_whom_to_ask(license: License, admin: User, settings: Any) -> None:
    settings.CONSOLE_URL, settings.SALES_CONTACT = "https://allotment.example", "sales@vendor.example"
    look(ENDS - days(30))
    (delivery,) = NoticeDelivery.objects.select_related("mail")
    assert (delivery.user, delivery.state) == (admin, "queued")
    send(delivery.mail.pk)
    (mail,) = outbox.outbox
    assert mail.to == ["admin@fabrik.example"]
    assert mail.subject == "Fabrik: Head office expires on Mar 2, 2027"
    for words in (
        "1,000 credits of order PO-1 count up to and including Mar 1, 2027.",
        "renew it before that day",
        "sales@vendor.example",
        "https://allotment.example/accounts/notices/",
    ):
        assert words in mail.body
    assert NoticeDelivery.objects.select_related("mail").get().state == "sent"
    with time_machine.travel(noon(ENDS - days(30)), tick=False):
        assert leads_to(mail, admin, address_of("licensing:license", "fabrik", license.pk))


@pytest.mark.parametrize(("told", "mails"), [("at-once", 1), ("digest", 0), ("console", 0)])
def test_each_person_is_told_as_they_chose_and_in_the_console_in_any_case(
    company: Company, license: License, admin: User, told: str, mails: int
) -> None:
    User.objects.filter(pk=admin.pk).update(told=told)
    look(ENDS - days(30))
    assert OutgoingMail.objects.count() == mails
    assert "Head office expires on Mar 2, 2027" in page(browser_of(admin), "licensing:notices", company).text


# --- Digest


def test_a_digest_leaves_at_8_with_all_of_the_day_and_once(company: Company, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(told="digest")
    for name in ("North", "South"):
        make_license(company=company, name=name)
    assert look(datetime(2027, 2, 1, 10, tzinfo=UTC)) == ["expires-soon"] * 2
    assert send_digests(datetime(2027, 2, 2, 6, 59, tzinfo=UTC)) == []  # 07:59 in Berlin
    (mail,) = send_digests(datetime(2027, 2, 2, 7, 0, tzinfo=UTC))
    assert mail.subject == "Fabrik: 2 notices"
    assert "North expires on Mar 2, 2027" in mail.text
    assert "South expires on Mar 2, 2027" in mail.text
    assert send_digests(datetime(2027, 2, 2, 7, 15, tzinfo=UTC)) == []
    assert send_digests(datetime(2027, 2, 3, 7, 0, tzinfo=UTC)) == []
    assert {each.mail_id for each in NoticeDelivery.objects.all()} == {mail.pk}


def test_a_digest_that_was_missed_comes_with_the_next_run(license: License, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(told="digest")
    look(datetime(2027, 2, 1, 10, tzinfo=UTC))
    assert len(send_digests(datetime(2027, 2, 2, 19, tzinfo=UTC))) == 1


def test_a_person_of_several_companies_gets_one_digest_at_8_of_the_earliest_with_a_section_each(company: Company) -> None:
    early = make_company(name="Tokyo Trading", time_zone="Asia/Tokyo")
    person = make_user(company=company, roles=["owner"], told="digest")
    set_roles(early, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    for each in (company, early):
        make_license(company=each, name="Credits")
    look(datetime(2027, 2, 1, 10, tzinfo=UTC))
    assert send_digests(datetime(2027, 2, 1, 22, 59, tzinfo=UTC)) == []
    (mail,) = send_digests(datetime(2027, 2, 1, 23, 0, tzinfo=UTC))
    assert mail.subject == "Fabrik, Tokyo Trading: 2 notices"
    assert mail.text.index("Fabrik\n======") < mail.text.index("Tokyo Trading\n=====")


def test_who_lost_the_role_meanwhile_is_not_told_in_the_digest(company: Company, license: License, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(told="digest")
    look(datetime(2027, 2, 1, 10, tzinfo=UTC))
    set_roles(company, user=admin, roles=["viewer"], by=SYSTEM, key=new_key())
    assert send_digests(datetime(2027, 2, 2, 10, tzinfo=UTC)) == []


def test_what_is_no_longer_true_is_left_out_of_the_digest(license: License, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(told="digest")
    look(datetime(2027, 2, 1, 10, tzinfo=UTC))
    act(renew_order, license, date(2027, 2, 1), expires_on=ENDS + days(365))
    look(datetime(2027, 2, 1, 12, tzinfo=UTC))
    assert send_digests(datetime(2027, 2, 2, 10, tzinfo=UTC)) == []


def test_the_day_of_a_digest_is_right_where_the_clock_changes(company: Company) -> None:
    before, after = datetime(2027, 3, 27, 7, 30, tzinfo=UTC), datetime(2027, 3, 28, 6, 0, tzinfo=UTC)
    assert last_departure([company], before) == datetime(2027, 3, 27, 7, tzinfo=UTC)
    assert last_departure([company], after) == datetime(2027, 3, 28, 6, tzinfo=UTC)


# --- In the console


BELL = {"class": "icon-button bell"}


def unread_on(person: User, company: Company) -> str:
    (bell,) = page(browser_of(person), "licensing:license-information", company).all("a", **BELL)
    return bell.text


def test_the_bell_counts_what_is_unread_until_it_is_read(
    company: Company, license: License, admin: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(noon(ENDS - days(30)))
    client = browser_of(admin)
    look(ENDS - days(30))
    assert "1 unread" in unread_on(admin, company)
    shown = page(client, "licensing:notices", company).by_id("content").text
    assert "1 notice is unread." in shown
    later = Notice.objects.latest("pk").pk + 1
    assert client.post(reverse("licensing:read-notices", args=["fabrik"]), {"up_to": str(later - 2)}).status_code == 302
    assert "1 unread" in unread_on(admin, company)
    assert client.post(reverse("licensing:read-notices", args=["fabrik"]), {"up_to": str(later)}).status_code == 302
    assert "unread" not in unread_on(admin, company)
    assert "You have read everything." in page(client, "licensing:notices", company).text


def test_reading_is_ones_own(company: Company, license: License, admin: User) -> None:
    other = make_user(company=company, roles=["owner"])
    look(ENDS - days(30))
    with for_company(company):
        mark_read(company, admin)
    assert "1 unread" in unread_on(other, company)


def test_a_credit_manager_and_a_viewer_see_no_notice_of_licenses(company: Company, license: License) -> None:
    manager, viewer = make_user(company=company, roles=["credit-manager"]), make_user(company=company, roles=["viewer"])
    look(ENDS - days(30))
    assert "expires on" not in page(browser_of(manager), "licensing:notices", company).text
    assert "unread" not in unread_on(manager, company)
    shown = page(browser_of(viewer), "licensing:notices", company)
    assert "There are none yet." in shown.text
    assert shown.one("a", class_="icon-button bell").text == "Notices"


def test_what_is_no_longer_so_says_so_instead_of_what_to_do_and_is_not_unread(
    company: Company, license: License, admin: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(noon(ENDS - days(30)))
    look(ENDS - days(30))
    what_to_do = str(kind_of(Notice.objects.get().kind).next_step)
    shown = page(browser_of(admin), "licensing:notices", company).text
    assert ("Resolved" in shown, what_to_do in shown) == (False, True)
    act(renew_order, license, ENDS - days(29), expires_on=ENDS + days(365))
    look(ENDS - days(29))
    shown = page(browser_of(admin), "licensing:notices", company).text
    assert ("Resolved" in shown, what_to_do in shown) == (True, False)
    assert "unread" not in unread_on(admin, company)


def test_a_notice_that_ended_since_the_last_run_is_resolved_at_the_bell_too(
    company: Company, license: License, admin: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(noon(ENDS - days(30)))
    look(ENDS - days(30))
    act(renew_order, license, ENDS - days(30), expires_on=ENDS + days(365))
    shown = page(browser_of(admin), "licensing:notices", company)
    assert "Resolved" in shown.by_id("content").text
    assert shown.one("a", class_="icon-button bell").text == "Notices"


@pytest.fixture
def owner(company: Company) -> User:
    return make_user(company=company, roles=["owner"])


@pytest.fixture
def two_kinds(company: Company, license: License, owner: User, clock: time_machine.Traveller) -> list[Notice]:
    """Told 30 days before `ENDS`: that the license expires soon, and that the balance is below zero, in this order."""
    allocate(company, make_feature(rates=[1]).lines.get(), 1_200, today=TODAY)
    clock.move_to(noon(ENDS - days(30)))
    look(ENDS - days(30))
    return sorted(Notice.objects.all(), key=lambda each: each.kind, reverse=True)


def shown_to(client: Any, company: Company, **query: Any) -> list[str]:
    return [each["data-notice"] for each in page(client, "licensing:notices", company, **query).all("li", data_notice="*")]


def test_one_notice_is_marked_as_read_and_the_page_stays_as_narrowed(
    company: Company, owner: User, two_kinds: list[Notice]
) -> None:
    soon, below = two_kinds
    client = browser_of(owner)
    shown = page(client, "licensing:notices", company, show="unread")
    form = shown.one("form", action=reverse("licensing:read-notice", args=["fabrik", soon.pk]))
    answer = client.post(form["action"], form.values())
    assert answer["Location"] == address_of("licensing:notices", company, show="unread")
    shown = page(client, "licensing:notices", company, show="unread")
    assert "Marked as read: Head office expires on" in shown.one("div", class_="toast-line").text
    assert shown_to(client, company, show="unread") == [str(below.pk)]
    assert "1 notice is unread." in shown.text
    assert set(shown_to(client, company)) == {str(soon.pk), str(below.pk)}


def test_another_companys_notice_cannot_be_marked_from_here(company: Company, owner: User, two_kinds: list[Notice]) -> None:
    elsewhere = make_company()
    set_roles(elsewhere, user=owner, roles=["owner"], by=SYSTEM, key=new_key())
    assert browser_of(owner).post(reverse("licensing:read-notice", args=[elsewhere.slug, two_kinds[0].pk])).status_code == 404
    manager = make_user(company=company, roles=["credit-manager"])
    assert browser_of(manager).post(reverse("licensing:read-notice", args=["fabrik", two_kinds[0].pk])).status_code == 403


def test_notices_are_narrowed_by_kind_with_their_numbers(company: Company, owner: User, two_kinds: list[Notice]) -> None:
    soon, below = two_kinds
    client = browser_of(owner)
    chips = {each.text: each for each in page(client, "licensing:notices", company).all("a") if each.all("span", class_="count")}
    assert list(chips) == ["All 2", "Unread 2", "All kinds 2", "Balance below zero 1", "Expires soon 1"]
    client.get(chips["Expires soon 1"]["href"])
    assert shown_to(client, company, kind="expires-soon") == [str(soon.pk)]
    assert shown_to(client, company, kind="below-zero", show="all") == [str(below.pk)]
    assert shown_to(client, company, kind="expired") == []
    assert "Show all notices" in page(client, "licensing:notices", company, kind="expired").text
    assert len(shown_to(client, company, kind="no such kind", show="none")) == 2


def test_a_notice_links_to_what_it_is_about_and_further_on(
    company: Company, license: License, owner: User, two_kinds: list[Notice], settings: Any
) -> None:
    settings.MARKETPLACE_URL, settings.SALES_CONTACT = "https://market.example/credits", "sales@vendor.example"
    soon, below = two_kinds
    client = browser_of(owner)

    def ways(notice: Notice) -> dict[str, str]:
        row = page(client, "licensing:notices", company).one("li", data_notice=str(notice.pk))
        return {each.text: each["href"] for each in row.one("div", class_="notice-ways").all("a", href="*")}

    credits = address_of("credits:annual-credits", company)
    assert ways(soon) == {
        "View the license": address_of("licensing:license", company, license.pk),
        "Ask us": "mailto:sales@vendor.example",
    }
    assert ways(below) == {
        "Lower allocations": f"{credits}#features",
        "Buy credits": "https://market.example/credits",
        "Ask us": "mailto:sales@vendor.example",
    }
    settings.MARKETPLACE_URL = settings.SALES_CONTACT = settings.SUPPORT_CONTACT = ""
    assert list(ways(below)) == ["Lower allocations"]


def test_an_order_goes_by_its_name_where_its_number_is_a_marketplaces_id() -> None:
    facts = {"name": "Head office", "units": "5 credits", "last_on": "2026-03-01", "expires_on": "2026-03-02"}
    kind = kind_of("expires-soon")
    said = kind.sentence_of({**facts, "order": "6f3e1a52-9c1d-4f6e-8d3b-0a1b2c3d4e5f"})
    assert said.startswith("5 credits of order “Head office” count up to")
    assert "5 credits of order SO-1177 count up to" in kind.sentence_of({**facts, "order": "SO-1177"})
    kept = kind_of("kept-in-use")
    facts = {"units": "5", "feature": "F", "name": "Head office", "kept_on": "2026-03-01", "order": "SO-1177"}
    assert "with order SO-1177 (Head office), from" in kept.sentence_of(facts)


@pytest.mark.parametrize("number", [1, 30])
def test_the_page_costs_eight_statements_at_most(company: Company, number: int) -> None:
    """Session, person, memberships and notices; licenses, statements, subscriptions and balance, for what may have ended."""
    for each in range(number):
        bought = make_license(company=company, external_id=f"PO-{each}", channel="azure")
        allocate(company, make_feature(rates=[1]).lines.get(), bought.order.units + 1, today=TODAY)
    look(noon(TODAY))
    owner = make_user(company=company, roles=["owner"])

    def cost() -> int:
        client = browser_of(owner)
        with CaptureQueriesContext(connection) as queries:
            page(client, "licensing:notices", company)
        return len(queries)

    assert set(Notice.objects.values_list("kind", flat=True)) == {"below-zero"}
    assert cost() == 5
    with time_machine.travel(noon(ENDS - days(30)), tick=False):
        look(ENDS - days(30))
        assert set(Notice.objects.values_list("kind", flat=True)) == {"below-zero", "expires-soon"}
        assert cost() == 8


# --- Sent again by support


def test_support_sends_a_notice_again_once_per_key_with_a_reason_that_is_kept(license: License, admin: User) -> None:
    look(ENDS - days(30))
    support, key = Actor.person(make_user(is_staff=True)), new_key()
    delivery = NoticeDelivery.objects.get()
    first = resend_notice(delivery, by=support, key=key, reason="It had bounced.")
    assert resend_notice(delivery, by=support, key=key, reason="It had bounced.") == first
    assert OutgoingMail.objects.count() == 2
    written = Act.objects.get(name="notice.resend")
    assert (written.reason, written.company_id, first.act_id) == ("It had bounced.", license.company_id, written.pk)


def test_only_support_sends_again_and_only_with_a_reason_to_somebody_whom_it_concerns(license: License, admin: User) -> None:
    look(ENDS - days(30))
    delivery, support = NoticeDelivery.objects.get(), Actor.person(make_user(is_staff=True))
    with pytest.raises(NotAllowed):
        resend_notice(delivery, by=Actor.person(admin), key=new_key(), reason="Please.")
    with pytest.raises(Refused):
        resend_notice(delivery, by=support, key=new_key(), reason=" ")
    set_roles(license.company, user=admin, roles=["viewer"], by=SYSTEM, key=new_key())
    with pytest.raises(Refused, match="no longer has a role"):
        resend_notice(delivery, by=support, key=new_key(), reason="Please.")
    assert OutgoingMail.objects.count() == 1


def test_support_sends_again_from_the_deliverys_page(license: License, admin: User) -> None:
    look(ENDS - days(30))
    delivery = NoticeDelivery.objects.get()
    desk = browser_of(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:licensing_noticedelivery_act", args=[delivery.pk, "resend"])
    form = {"key": new_key(), "seen": ""}
    assert desk.post(address, form).status_code == 422
    assert desk.post(address, {**form, "reason_kind": "customer-asked", "reason": "Asked for by telephone."}).status_code == 302
    assert OutgoingMail.objects.count() == 2
    assert "admin@fabrik.example" in desk.get(reverse("admin:console_outgoingmail_changelist")).content.decode()
    for name, pk in (("notice", delivery.notice_id), ("noticedelivery", delivery.pk)):
        assert desk.get(reverse(f"admin:licensing_{name}_change", args=[pk])).status_code == 200


# --- Cost, and once whatever happens


def test_a_run_costs_the_same_however_many_companies_licenses_and_people_there_are() -> None:
    def cost(at: date) -> tuple[int, int]:
        found = []
        for _again in range(2):
            with CaptureQueriesContext(connection) as queries:
                (batch,) = companies_in_batches()
                LICENSES.tell(batch, noon(at))
            found.append(sum(not each["sql"].startswith(("SAVEPOINT", "RELEASE")) for each in queries))
        return found[0], found[1]

    def grow(number: int) -> None:
        for _each in range(number):
            company = make_company()
            make_user(company=company, roles=["owner"])
            make_license(company=company)

    grow(1)
    small = cost(ENDS - days(30))
    grow(12)
    assert cost(ENDS - days(29)) == small
    assert small[1] == 6  # companies, the empty batch after them, acts, licenses, statements, notices


def test_a_run_that_was_killed_between_telling_and_the_end_is_made_good(license: License, admin: User) -> None:
    with patch("licensing.notices.telling.queue_mails", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        tell_all(noon(ENDS - days(30)))
    assert not Notice.objects.exists()
    assert look(ENDS - days(30)) == ["expires-soon"]
    assert OutgoingMail.objects.count() == 1


RUNS = int(os.environ.get("NOTICE_RUNS", "2"))


@pytest.mark.parametrize("seed", range(RUNS))
def test_runs_at_any_times_and_as_often_as_one_likes_tell_everything_once(seed: int) -> None:
    random = Random(seed)
    zones = ("Pacific/Auckland", "Europe/Berlin", "America/Los_Angeles")
    licenses = []
    for zone in zones:
        company = make_company(time_zone=zone)
        make_user(company=company, roles=["owner"], told=random.choice(["at-once", "digest"]))
        licenses.append(make_license(company=company))
    suspended = random.choice(licenses)
    now, told_of_suspensions = noon(ENDS - days(45)), 0
    while now < noon(ENDS + days(20)):
        if random.random() < 0.05:
            day = suspended.company.day_of(now)
            if day < ENDS:
                with suppress(Refused):  # it is suspended, or is not, already
                    with recorded(now):
                        act(random.choice([suspend_order, reinstate_order]), suspended, day)
                    told_of_suspensions += 1
        for _each in range(random.choice([1, 1, 2])):
            tell_all(now)
        send_digests(now)
        now += timedelta(hours=random.choice([1, 5, 13, 40]))
    send_digests(now + days(2))
    for each in licenses:
        told = Notice.objects.filter(company=each.company)
        assert told.filter(kind="expires-soon").count() == 1
        assert told.filter(kind="expired").count() == 1
    deliveries = NoticeDelivery.objects.all()
    assert deliveries.count() == Notice.objects.count()
    assert told_of_suspensions == Notice.objects.filter(kind__in=["suspended", "reinstated"]).count()
    at_once = deliveries.filter(channel="mail")
    assert at_once.values("mail").distinct().count() == at_once.exclude(mail=None).count() == at_once.count()


def test_a_company_that_changes_its_zone_is_told_nothing_twice(company: Company, license: License) -> None:
    assert look(ENDS - days(30)) == ["expires-soon"]
    state_time_zone(company, time_zone="Pacific/Honolulu", by=SYSTEM, key=new_key())
    assert look(ENDS - days(29)) == []


def test_an_order_that_nobody_activated_is_told_of_to_nobody() -> None:
    make_order(reserved_for=make_company())
    assert look(ENDS - days(5)) == []
    assert Order.objects.count() == 1
