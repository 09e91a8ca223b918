"""Notices of licenses: what is due on which day, who is told how, and that nothing is told twice."""

from __future__ import annotations

from collections.abc import Iterator
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

from console.errors import NotAllowed, Refused
from console.mail import send
from console.models import Act, Actor, OutgoingMail, User
from credits.tasks import tell_all
from licensing.correction import correct_license
from licensing.marketplaces.base import Action
from licensing.models import Company, License, MarketplaceEvent, Notice, NoticeDelivery, Order, Role, Subscription
from licensing.notices.digests import last_departure, send_digests
from licensing.notices.inbox import mark_read, resend_notice, tell_refused
from licensing.notices.licenses import tell_of_licenses
from licensing.notices.telling import companies_in_batches
from licensing.quantity import reduce_order, top_up_order
from licensing.registration import set_roles, state_time_zone
from licensing.renewal import renew_order, switch_renewal
from licensing.suspension import cancel_order, reinstate_order, suspend_order
from tests.factories import SYSTEM, TODAY, make_company, make_license, make_order, make_user, new_key
from tests.pages import address_of, browser_of, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(noon(TODAY), tick=False) as traveller:
        yield traveller


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def days(number: int) -> timedelta:
    return timedelta(days=number)


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
    return function(license.order, today=today, by=SYSTEM, key=new_key(), **stated)


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


def test_a_term_with_its_top_ups_is_told_of_as_one(license: License) -> None:
    act(top_up_order, license, TODAY + days(3), units=500)
    assert look(ENDS - days(30)) == ["expires-soon"]
    assert Notice.objects.get().facts["units"] == "1,500 credits"


def test_a_renewal_that_is_issued_leaves_nothing_to_tell(license: License) -> None:
    act(renew_order, license, ENDS - days(40), expires_on=ENDS + days(365))
    assert look(ENDS - days(30)) == []
    assert look(ENDS) == []


def test_recurring_billing_leaves_nothing_to_tell_while_it_is_on(company: Company) -> None:
    license = make_license(company=company, renews=True)
    assert look(ENDS - days(30)) == []
    act(switch_renewal, license, ENDS - days(20), on=False)
    assert look(ENDS - days(20)) == ["expires-soon"]


def test_a_renewal_switched_on_later_ends_the_notice_and_switched_off_again_it_is_not_told_twice(license: License) -> None:
    assert look(ENDS - days(30)) == ["expires-soon"]
    act(switch_renewal, license, ENDS - days(29), on=True)
    assert look(ENDS - days(29)) == []
    assert Notice.objects.get().resolved_at == noon(ENDS - days(29))
    act(switch_renewal, license, ENDS - days(28), on=False)
    assert look(ENDS - days(28)) == []
    assert Notice.objects.get().resolved_at is None


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


def test_a_renewal_that_comes_a_few_hours_late_is_not_told_as_an_expiration(company: Company) -> None:
    license = make_license(company=company, renews=True)
    assert look(ENDS) == []
    act(renew_order, license, ENDS, expires_on=ENDS + days(365))
    assert look(ENDS + days(1)) == []


def test_a_renewal_that_does_not_come_is_told_the_day_after(company: Company) -> None:
    make_license(company=company, renews=True)
    assert look(ENDS) == []
    assert look(ENDS + days(1)) == ["expired"]


# --- Suspended


def test_a_suspension_is_told_once_and_a_further_one_again(license: License) -> None:
    act(top_up_order, license, TODAY, units=5)
    act(suspend_order, license, TODAY + days(2))
    assert look(TODAY + days(2)) == ["suspended"]
    assert look(TODAY + days(3)) == []
    act(reinstate_order, license, TODAY + days(4))
    assert look(TODAY + days(4)) == []
    assert not Notice.objects.open().exists()
    act(suspend_order, license, TODAY + days(9))
    assert look(TODAY + days(9)) == ["suspended"]


def test_a_suspension_whose_day_moves_back_is_the_same(license: License) -> None:
    act(suspend_order, license, TODAY + days(9), on=TODAY + days(8))
    assert look(TODAY + days(9)) == ["suspended"]
    act(suspend_order, license, TODAY + days(10), on=TODAY + days(5))
    assert look(TODAY + days(10)) == []
    assert Notice.objects.open().count() == 1


# --- Refused


def event_of(license: License, **stated: Any) -> MarketplaceEvent:
    subscription = Subscription.objects.create(
        channel="azure",
        external_id="S-1",
        status="subscribed",
        seen_at=noon(TODAY),
        order=license.order,
        claimed_by=license.company,
    )
    usual = {"action": Action.CHANGE_QUANTITY, "units": 400, "external_id": "OP-1"}
    return MarketplaceEvent.objects.create(
        channel="azure",
        subscription=subscription,
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
        f"https://allotment.example{address_of('licensing:license', 'fabrik', license.pk)}",
        "sales@vendor.example",
        "https://allotment.example/accounts/notices/",
    ):
        assert words in mail.body
    assert NoticeDelivery.objects.select_related("mail").get().state == "sent"


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


def test_the_bell_counts_what_is_unread_until_it_is_read(company: Company, license: License, admin: User) -> None:
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
    mark_read(company, admin)
    assert "1 unread" in unread_on(other, company)


def test_a_credit_manager_sees_no_notice_of_licenses_and_a_viewer_no_bell(company: Company, license: License) -> None:
    manager, viewer = make_user(company=company, roles=["credit-manager"]), make_user(company=company, roles=["viewer"])
    look(ENDS - days(30))
    assert "expires on" not in page(browser_of(manager), "licensing:notices", company).text
    assert "unread" not in unread_on(manager, company)
    shown = page(browser_of(viewer), "licensing:notices", company)
    assert "No notices for your role" in shown.text
    assert not shown.all("a", **BELL)


def test_what_is_no_longer_so_says_so_and_is_not_unread(company: Company, license: License, admin: User) -> None:
    look(ENDS - days(30))
    act(renew_order, license, ENDS - days(29), expires_on=ENDS + days(365))
    look(ENDS - days(29))
    assert "Past" in page(browser_of(admin), "licensing:notices", company).text
    assert "unread" not in unread_on(admin, company)


@pytest.mark.parametrize("number", [1, 30])
def test_the_page_costs_four_statements(company: Company, admin: User, number: int) -> None:
    for each in range(number):
        make_license(company=company, external_id=f"PO-{each}")
    look(ENDS - days(30))
    client = browser_of(admin)
    with CaptureQueriesContext(connection) as queries:
        page(client, "licensing:notices", company)
    assert len(queries) == 4


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
    assert desk.post(address, {**form, "reason": "Asked for by telephone."}).status_code == 302
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
                tell_of_licenses(batch, noon(at))
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
    assert small[1] == 5  # companies, the empty batch after them, licenses, statements, notices


def test_a_run_that_was_killed_between_telling_and_the_end_is_made_good(license: License, admin: User) -> None:
    with patch("licensing.notices.telling.queue_mails", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        tell_all(noon(ENDS - days(30)))
    assert not Notice.objects.exists()
    assert look(ENDS - days(30)) == ["expires-soon"]
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("seed", range(8))
def test_runs_at_any_times_and_as_often_as_one_likes_tell_everything_once(seed: int) -> None:
    random = Random(seed)
    zones = ("Pacific/Auckland", "Europe/Berlin", "America/Los_Angeles")
    licenses = []
    for zone in zones:
        company = make_company(time_zone=zone)
        make_user(company=company, roles=["owner"], told=random.choice(["at-once", "digest"]))
        licenses.append(make_license(company=company))
    suspended = random.choice(licenses)
    now = noon(ENDS - days(45))
    while now < noon(ENDS + days(20)):
        if random.random() < 0.05:
            day = suspended.company.day_of(now)
            if day < ENDS:
                act(random.choice([suspend_order, reinstate_order]), suspended, day)
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
