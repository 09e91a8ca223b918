"""Two at the same moment, for each lock, version check and conditional update: what the second finds, and what it leaves alone.

The first has been done in a session of its own, which has not committed; the second is begun, waits, and goes on once the
first is there. Without the lock or the condition the second goes by what it read before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from console.company_in_hand import for_all, for_company
from console.errors import Conflict, DomainError, Refused
from console.mail.queueing import queue_mail
from console.mail.sending import TryAgain, _begin
from console.models import Actor, OutgoingMail, User
from console.people.privacy.erase import erase_person
from licensing import tasks
from licensing.acts.companies.register_company import register_own_company
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.issue_order import issue_order
from licensing.acts.order_in_hand import in_hand
from licensing.health.connection_notes import _write
from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.contract import Action, Operation, OperationStatus, PurchaseStatus
from licensing.models import (
    Activation,
    Company,
    ConnectionNote,
    Difference,
    License,
    LicenseStatement,
    MarketplaceEvent,
    Notice,
    NoticeDelivery,
    Order,
    Subscription,
)
from licensing.notices import inbox
from licensing.notices.daily_digest import send_digests
from licensing.notices.kinds import REFUSED
from licensing.notices.telling import News, bring_up_to_date
from licensing.purchases import receive_notification
from licensing.purchases.activation import carry_through_activation, one_pass_at_a_time
from licensing.purchases.activation.begin_activation import TakenByAnother, begin_activation
from licensing.purchases.activation.exchange_token import bring, look_up
from licensing.purchases.activation.hand_over import hand_over, take_over
from licensing.purchases.activation.issue_what_was_bought import issue_license
from licensing.purchases.activation.resume_activation import resume_activation
from licensing.purchases.activation.whose_an_activation_is import belongs_to
from licensing.purchases.activation.worker_alive import hold, let_go
from licensing.purchases.comparison.nightly_comparison import reconcile
from licensing.purchases.follow_marketplace import Cause, Outcome, follow
from licensing.purchases.for_support.list_for_support import Found
from licensing.purchases.for_support.mark_read import mark_read
from licensing.purchases.mirror import mirror, take_in
from licensing.tasks import look_again
from tests.activations import begin, begun
from tests.factories import SYSTEM, TODAY, make_company, make_product, make_user, new_key
from tests.jobs import tell
from tests.licensing.admin.test_admin import shown
from tests.pages import browser_of
from tests.purchases import Secret, activated, administrator, buy, counts, found, happens, tokens
from tests.test_concurrency import PATIENCE, Threads, act_under_way, wait_until_somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)

Call = Callable[[], Any]


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads()
    yield threads
    threads.pool.shutdown()


@pytest.fixture
def then(threads: Threads) -> Callable[[Call, Call], Any]:
    """What `second` returns or raises, begun while `first` was done and not yet committed."""

    def caught(call: Call) -> Any:
        try:
            return call()
        except Exception as error:
            return error

    def run(first: Call, second: Call) -> Any:
        with act_under_way(threads, first) as commit:
            answer = threads.start(caught, second)
            wait_until_somebody_waits_for_a_lock()
            commit.set()
            return answer.result(PATIENCE)

    return run


Then = Callable[[Call, Call], Any]


# --- Mail


def test_a_mail_is_begun_by_one_worker(then: Then) -> None:
    mail = queue_mail(to="ada@example.com", subject="Hello", text="Hello", purpose=OutgoingMail.Purpose.NOTICE)
    now = timezone.now()
    assert isinstance(then(lambda: _begin(mail.pk, now), lambda: _begin(mail.pk, now)), TryAgain)
    mail.refresh_from_db()
    assert mail.tries == 1


# --- Whose activation it is


def brought() -> Activation:
    return bring("azure", Secret(tokens.purchase_token(buy())))


def again(activation: Activation) -> Activation:
    return Activation.objects.get(pk=activation.pk)


@pytest.mark.usefixtures("shop")
def test_an_activation_belongs_to_the_first_person_who_takes_it(then: Then) -> None:
    activation, ada, bob = brought(), make_user(), make_user()
    mine, theirs = again(activation), again(activation)
    assert then(lambda: belongs_to(mine, ada), lambda: belongs_to(theirs, bob)).person == ada
    assert again(activation).person == ada


@pytest.mark.usefixtures("shop")
def test_a_token_that_two_tabs_exchange_finds_one_purchase_once(then: Then) -> None:
    bought = buy()
    found(bought, make_user())
    activation = belongs_to(bring("azure", Secret(tokens.purchase_token(bought))), make_user())
    at, known = timezone.now() - timedelta(minutes=1), Subscription.objects.get()

    def exchanged() -> None:
        Activation.objects.filter(pk=activation.pk).update(
            state="found", subscription=known, found_at=at, token_sealed="", token_until=None
        )

    assert then(exchanged, lambda: look_up(activation)).found_at == at
    assert again(activation).found_at == at


@pytest.mark.usefixtures("shop")
def test_an_activation_is_handed_over_to_one_person(then: Then) -> None:
    activation = found(buy(), make_user())
    secret, ada, bob = hand_over(activation), make_user(), make_user()
    assert isinstance(then(lambda: take_over(secret, ada), lambda: take_over(secret, bob)), Refused)
    assert again(activation).person == ada


@pytest.mark.usefixtures("shop")
def test_an_activation_that_was_begun_is_handed_over_no_more(then: Then) -> None:
    company, person = administrator()
    activation = found(buy(), person)
    assert isinstance(then(lambda: begin(again(activation), company), lambda: hand_over(activation)), Refused)
    assert again(activation).handed_over == ""


@pytest.mark.usefixtures("shop")
def test_an_activation_that_was_taken_over_is_not_begun_by_who_had_it(then: Then) -> None:
    company, person = administrator()
    activation = found(buy(), person)
    secret, other, mine = hand_over(activation), make_user(), again(activation)
    shown = {"plan_id": "credits-12m", "units": 250}
    by = Actor.person(person)
    refused = then(
        lambda: take_over(secret, other),
        lambda: begin_activation(mine, company=company, by=by, key=new_key(), shown=dict(shown)),
    )
    assert isinstance(refused, Refused)
    assert (again(activation).person, again(activation).state) == (other, "found")


# --- One purchase, one company


def two_attempts() -> tuple[Activation, Activation, Company, Company]:
    company, person = administrator()
    other, stranger = administrator()
    bought = buy()
    return found(bought, person), found(bought, stranger), company, other


@pytest.mark.usefixtures("shop")
def test_a_purchase_that_one_company_claims_is_refused_to_the_other(then: Then) -> None:
    first, second, company, other = two_attempts()
    assert isinstance(then(lambda: begin(first, company), lambda: begin(second, other)), TakenByAnother)
    assert Subscription.objects.get().claimed_by == company
    assert again(second).state == "found"


@pytest.mark.usefixtures("shop")
def test_a_purchase_is_not_given_back_while_another_attempt_is_under_way(then: Then) -> None:
    company, person = administrator()
    bought = buy()
    first, second = found(bought, person), found(bought, make_user(company=company, roles=["owner"]))
    begin(first, company)
    first.refresh_from_db()
    then(lambda: begin(second, company), lambda: carry_through_activation._end(first, "failed", "refused"))
    assert (again(first).state, again(second).state) == ("failed", "activating")
    assert Subscription.objects.get().claimed_by == company

    second.refresh_from_db()
    carry_through_activation._end(second, "failed", "refused")
    assert Subscription.objects.get().claimed_by is None


@pytest.mark.usefixtures("shop")
def test_an_attempt_that_was_taken_up_again_is_not_ended_by_the_pass_before(then: Then) -> None:
    activation = begun()
    activation.refresh_from_db()

    def taken_up() -> None:
        Activation.objects.filter(pk=activation.pk).update(working_until=timezone.now() + timedelta(hours=1))

    then(taken_up, lambda: carry_through_activation._end(activation, "failed", "too late"))
    assert again(activation).state == "activating"


@pytest.mark.usefixtures("shop")
def test_a_pass_is_made_by_one_worker(then: Then) -> None:
    activation, leases = begun(), []

    def lease() -> Activation | None:
        leases.append(one_pass_at_a_time.lease(activation.pk))
        row: Activation | None = leases[-1].__enter__()
        return row

    hold(activation.pk)  # the first one's session ends with its thread here, and goes on in a worker
    second = then(lease, lease)
    let_go(activation.pk)
    for each in leases:
        each.__exit__(None, None, None)
    assert second is None


@pytest.mark.usefixtures("shop")
def test_a_license_is_issued_by_one_pass_and_the_balance_before_it_stays(then: Then) -> None:
    activation = subscribed()
    assert then(lambda: issue_license(again(activation)), lambda: issue_license(again(activation))) is True
    assert counts() == {"Order": 1, "License": 1, "LicenseStatement": 1, "LicenseEntry": 2}
    assert again(activation).balance_before == 0


def subscribed() -> Activation:
    """Activated at the marketplace; only the license is wanting."""
    activation = begun()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carry_through_activation, "issue_license", lambda row: False)
        carry_through_activation.carry_on(activation.pk)
    assert Subscription.objects.get().status == "subscribed"
    return again(activation)


def answer(row: Subscription, **other: Any) -> Any:
    """An answer of the marketplace: the purchase as it is known, but for `other`."""
    return replace(row.purchase, **other)


@pytest.mark.usefixtures("shop")
def test_no_license_is_issued_for_a_purchase_that_is_suspended_meanwhile(then: Then) -> None:
    activation, row = subscribed(), Subscription.objects.get()
    suspended = answer(row, status=PurchaseStatus.SUSPENDED)
    assert then(lambda: take_in(suspended, version=row.version), lambda: issue_license(activation)) is False
    assert not License.objects.exists()


@pytest.mark.usefixtures("shop")
def test_an_activation_that_is_done_meanwhile_is_not_set_going_again(then: Then) -> None:
    activation = subscribed()
    resumed = then(
        lambda: issue_license(again(activation)),
        lambda: resume_activation(activation, by=SYSTEM, reason="stuck", key=new_key()),
    )
    assert isinstance(resumed, Refused)
    assert again(activation).state == "active"


@pytest.mark.usefixtures("shop")
def test_a_purchase_that_another_company_claims_meanwhile_is_not_resumed(then: Then) -> None:
    first, second, company, other = two_attempts()
    begin(first, company)
    carry_through_activation._end(again(first), "failed", "refused")
    resumed = then(
        lambda: begin(second, other),
        lambda: resume_activation(first, by=SYSTEM, reason="try again", key=new_key()),
    )
    assert isinstance(resumed, TakenByAnother)
    assert Subscription.objects.get().claimed_by == other


# --- Answers of a marketplace, older and newer


@pytest.mark.usefixtures("shop")
def test_an_older_answer_is_not_written_over_a_newer_one(then: Then) -> None:
    found(buy(quantity=250), make_user())
    row = Subscription.objects.get()
    newer, older = answer(row, units=300), answer(row, units=200)
    assert then(lambda: take_in(newer, version=row.version), lambda: take_in(older, version=row.version)) is None
    row.refresh_from_db()
    assert row.units == 300


def about_to_write(threads: Threads, lock: Call, write: Call, second: Call) -> Any:
    """What `second` returns, begun while another session has locked a row that it writes only then.

    For what inserts first: that waits by itself for a row that was written already.
    """
    locked, go = Event(), Event()

    def first() -> None:
        with transaction.atomic():
            lock()
            locked.set()
            assert go.wait(PATIENCE)
            write()

    writing = threads.start(first)
    assert locked.wait(PATIENCE)
    waiting = threads.start(second)
    wait_until_somebody_waits_for_a_lock()
    go.set()
    writing.result(PATIENCE)
    return waiting.result(PATIENCE)


@pytest.mark.usefixtures("shop")
def test_an_older_answer_waits_for_whoever_is_about_to_write_a_newer_one(threads: Threads) -> None:
    found(buy(quantity=250), make_user())
    row = Subscription.objects.get()
    newer, older = answer(row, units=300), answer(row, units=200)
    held = Subscription.objects.locked().filter(pk=row.pk)
    taken = about_to_write(threads, held.get, lambda: mirror(held.get(), newer), lambda: take_in(older, version=row.version))
    row.refresh_from_db()
    assert (taken, row.units) == (None, 300)


@pytest.mark.usefixtures("shop")
def test_a_purchase_seen_for_the_first_time_by_two_is_one_row(then: Then) -> None:
    found(buy(quantity=250), make_user())
    known = Subscription.objects.get()
    first, second = answer(known, external_id="new", units=300), answer(known, external_id="new", units=200)
    assert then(lambda: take_in(first), lambda: take_in(second)).units == 300
    assert Subscription.objects.get(external_id="new").units == 300


def held() -> Subscription:
    company, person = administrator()
    return activated(person, company, quantity=250)


def units_held() -> int:
    order = Order.objects.get()
    assert order.company is not None
    return in_hand(order).terms()[0].units_on(order.company.day_of(timezone.now()))


@pytest.mark.parametrize("look", ["follow", "reconcile"])
@pytest.mark.usefixtures("shop")
def test_an_answer_read_before_a_newer_one_is_asked_for_again(look: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nightly list, or a look at one purchase: while it is read, a notification of a suspension is taken in."""
    row = held()
    usual_list, usual_one, told = AzureMarketplace.purchases, AzureMarketplace.purchase, []

    def suspension() -> None:
        if not told:
            told.append(1)
            happens(row, "Suspend")

    def purchases(self: AzureMarketplace) -> Iterator[Any]:
        older = list(usual_list(self))
        suspension()
        yield from older

    def purchase(self: AzureMarketplace, *arguments: Any, **rest: Any) -> Any:
        older = usual_one(self, *arguments, **rest)
        suspension()
        return older

    if look == "reconcile":
        monkeypatch.setattr(AzureMarketplace, "purchases", purchases)
        assert reconcile("azure").problem == ""
    else:
        monkeypatch.setattr(AzureMarketplace, "purchase", purchase)
        follow(row, Cause("a look", SYSTEM))
    row.refresh_from_db()
    assert (told, row.status) == ([1], "suspended")
    assert list(LicenseStatement.objects.order_by("pk").values_list("kind", flat=True)) == ["issued", "suspended"]


@pytest.mark.parametrize("look", ["follow", "reconcile"])
@pytest.mark.usefixtures("shop")
def test_an_answer_waits_for_a_newer_one_that_is_being_written(look: str, then: Then, monkeypatch: pytest.MonkeyPatch) -> None:
    row = held()
    older, newer = answer(row, name="Older"), answer(row, name="Newer")
    answers = iter([older])
    monkeypatch.setattr(AzureMarketplace, "purchases", lambda self: iter([older]))
    monkeypatch.setattr(AzureMarketplace, "purchase", lambda self, *arguments, **rest: next(answers, newer))
    if look == "reconcile":
        next(answers)
    looks: dict[str, Call] = {"reconcile": lambda: reconcile("azure"), "follow": lambda: follow(row, Cause("a look", SYSTEM))}
    then(lambda: take_in(newer, version=row.version), looks[look])
    row.refresh_from_db()
    assert row.name == "Newer"


# --- Notifications


def told_of(row: Subscription, units: int = 300) -> tuple[MarketplaceEvent, Any, Operation]:
    """A notification of another number of units, kept and not handled, and its operation."""
    operation = Operation(
        "operation-1", row.external_id, Action.CHANGE_QUANTITY, OperationStatus.OPEN, units=units, at=timezone.now()
    )
    said = receive_notification.Notification("operation-1", row.external_id, Action.CHANGE_QUANTITY, units=units, at=operation.at)
    return receive_notification._kept("azure", said, b""), said, operation


def handling(event: MarketplaceEvent, said: Any) -> Any:
    source = receive_notification.marketplace_of("azure")
    return receive_notification._Handling(source, MarketplaceEvent.objects.select_related("subscription").get(pk=event.pk), said)


@pytest.mark.usefixtures("shop")
def test_each_repetition_of_a_notification_is_counted(threads: Threads) -> None:
    event, said, _operation = told_of(held())
    row = MarketplaceEvent.objects.select_for_update().filter(pk=event.pk)

    def repeated() -> None:
        row.update(times=2)

    about_to_write(threads, row.get, repeated, lambda: receive_notification._kept("azure", said, b""))
    event.refresh_from_db()
    assert (event.times, MarketplaceEvent.objects.count()) == (3, 1)


@pytest.mark.usefixtures("shop")
def test_a_notification_told_twice_at_once_is_applied_once(then: Then) -> None:
    event, said, operation = told_of(held())
    first, second = handling(event, said), handling(event, said)
    assert then(lambda: first.done("applied", 200, "by the other"), lambda: second.apply(operation)) == 200
    assert units_held() == 250
    event.refresh_from_db()
    assert event.detail == "by the other"


@pytest.mark.usefixtures("shop")
def test_a_change_that_was_applied_meanwhile_is_not_refused(then: Then) -> None:
    event, said, _operation = told_of(held())
    first, second = handling(event, said), handling(event, said)
    assert then(lambda: first.done("applied", 200, "by the other"), lambda: second.refuse("No.")) == 200
    event.refresh_from_db()
    assert (event.state, event.answered) == ("applied", 200)
    assert not Notice.objects.filter(kind=REFUSED.name).exists()


@pytest.mark.usefixtures("shop")
def test_a_purchase_cancelled_meanwhile_takes_no_change(then: Then) -> None:
    row = held()
    event, said, operation = told_of(row)
    over = answer(row, status=PurchaseStatus.UNSUBSCRIBED)
    assert then(lambda: take_in(over, version=row.version), lambda: handling(event, said).apply(operation)) == 200
    event.refresh_from_db()
    assert (event.state, units_held()) == ("unchanged", 250)


@pytest.mark.usefixtures("shop")
def test_what_two_looks_found_both_stands_with_the_event(then: Then, monkeypatch: pytest.MonkeyPatch) -> None:
    row = held()
    event, said, _operation = told_of(row)
    outcome = Outcome(row, [Found(Difference.Kind.QUANTITY, "300", "250")])
    monkeypatch.setattr(tasks, "follow", lambda *arguments, **rest: outcome)
    then(lambda: handling(event, said).done("waiting", 200, "Said first."), lambda: look_again.func(event=event.pk))
    event.refresh_from_db()
    assert event.detail.startswith("Said first.")
    assert outcome.in_words in event.detail
    assert event.state == "applied"


@pytest.mark.usefixtures("shop")
def test_an_event_is_marked_read_once(then: Then) -> None:
    event, _said, _operation = told_of(held())
    result = then(lambda: mark_read(event, by=SYSTEM, key=new_key()), lambda: mark_read(event, by=SYSTEM, key=new_key()))
    assert isinstance(result, Refused)


def test_failures_of_one_kind_are_counted_each(then: Then) -> None:
    for times in (2, 4):  # the row is made, then added to
        then(lambda: _write("azure", "refused", "wrong", 1, {}), lambda: _write("azure", "refused", "wrong", 1, {}))
        assert ConnectionNote.objects.get().times == times


# --- Notices


def news(company: Company) -> list[News]:
    facts = {"name": "Credits", "order": "PO-1", "wanted": "5 credits", "reason": "no."}
    return [News(company.pk, REFUSED.name, "operation:1", facts, TODAY + timedelta(days=99_999))]


@pytest.mark.parametrize("how", ["told by an act", "told by the hour"])
def test_a_company_is_told_a_thing_once(how: str, then: Then) -> None:
    company, now = make_company(), timezone.now()
    make_user(company=company, roles=["owner"])
    telling: dict[str, Call] = {
        "told by an act": lambda: tell(news(company), now=now),
        "told by the hour": for_all("a test")(
            partial(bring_up_to_date, [company], kinds=[REFUSED.name], news=news(company), now=now)
        ),
    }
    assert then(telling[how], telling[how]) == []
    assert (Notice.objects.count(), NoticeDelivery.objects.count(), OutgoingMail.objects.count()) == (1, 1, 1)


def waiting_digest() -> tuple[Company, User]:
    company = make_company()
    person = make_user(company=company, roles=["owner"], told="digest")
    tell(news(company), now=timezone.now())
    return company, person


def test_a_digest_is_sent_once(then: Then) -> None:
    waiting_digest()
    tomorrow = timezone.now() + timedelta(days=1)
    assert then(lambda: send_digests(tomorrow), lambda: send_digests(tomorrow)) == []
    assert OutgoingMail.objects.count() == 1


def test_a_notice_keeps_when_it_was_read_first(then: Then) -> None:
    company, person = waiting_digest()
    reading = for_company(company)(partial(inbox.mark_read, company, person))
    assert then(reading, reading) == 0


# --- Acts


def test_of_two_owners_who_leave_at_once_one_stays(then: Then) -> None:
    company = make_company()
    ada, bob = (make_user(company=company, roles=["owner"]) for _ in range(2))

    def leaving(person: User) -> Call:
        return lambda: set_roles(company, user=person, roles=["viewer"], by=Actor.person(person), key=new_key())

    assert isinstance(then(leaving(ada), leaving(bob)), Refused)
    assert company.memberships.filter(roles__contains=["owner"]).get().user == bob


def test_of_two_owners_who_are_erased_at_once_one_stays(then: Then) -> None:
    company = make_company()
    ada, bob = (make_user(company=company, roles=["owner"]) for _ in range(2))

    def erasing(person: User) -> Call:
        return lambda: erase_person(person, by=Actor.person(person), key=new_key())

    assert isinstance(then(erasing(ada), erasing(bob)), Refused)
    assert company.memberships.get().user == bob


def test_an_act_of_no_company_sent_twice_at_once_writes_once(then: Then) -> None:
    product, key = make_product(), new_key()

    def issue() -> Order:
        return issue_order(channel="direct", external_id="PO-1", product=product, units=5, by=SYSTEM, key=key)

    assert then(issue, issue) == Order.objects.get()


@pytest.mark.parametrize("business_ids", [("B-1", "B-2"), ("B-1", "B-1")])
def test_companies_registered_at_once_have_addresses_and_ids_of_their_own(
    business_ids: tuple[str, str], then: Then, settings: Any
) -> None:
    settings.COMPANY_SELF_SERVICE = True

    def register(business_id: str) -> Call:
        person = make_user()
        stated = {"name": "Fabrik", "business_id": business_id, "time_zone": "UTC"}
        return lambda: register_own_company(person, **stated, key=new_key())

    second = then(*(register(each) for each in business_ids))
    if len(set(business_ids)) == 1:
        assert isinstance(second, Conflict)
    else:
        assert second.slug == "fabrik-2"
    assert isinstance(second, Company | DomainError)


def test_a_form_of_support_waits_for_an_act_and_is_then_told_that_it_is_older(then: Then) -> None:
    company = make_company()
    person = make_user(company=company, roles=["viewer"])
    desk = browser_of(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:licensing_company_act", args=[company.pk, "set-roles"])
    form = {**shown(desk, address), "user": person.email, "roles": ["credit-manager"]}
    sent = then(
        lambda: set_roles(company, user=person, roles=["owner"], by=SYSTEM, key=new_key()), lambda: desk.post(address, form)
    )
    assert sent.status_code == 409
    assert company.memberships.get(user=person).roles == ["owner"]
