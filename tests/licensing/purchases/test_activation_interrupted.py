"""Exactly once, whatever is lost or killed on the way: one license, one set of statements and entries, one activation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.contract import MarketplaceError
from licensing.marketplaces.practice import tokens
from licensing.marketplaces.practice.faults import misbehave
from licensing.marketplaces.practice.models import PracticeFault, PracticeSubscription
from licensing.models import Activation, Subscription
from licensing.purchases.activation import carry_through_activation, issue_what_was_bought
from licensing.purchases.activation.carry_through_activation import carry_on
from licensing.purchases.activation.exchange_token import bring, look_up
from licensing.purchases.activation.issue_what_was_bought import issue_license
from licensing.purchases.activation.one_pass_at_a_time import LEASE, interrupted
from licensing.purchases.activation.whose_an_activation_is import belongs_to
from licensing.purchases.activation.worker_alive import TRY, at_it, lock_key
from licensing.tasks import carry_on_activation, take_up
from tests.activations import INSTANT, NONE, ONE, begun, now_is, passes, state_of
from tests.in_process import InProcess
from tests.jobs import queued, run_jobs
from tests.purchases import Secret, administrator, buy, counts, found, press_activate

pytestmark = pytest.mark.usefixtures("shop")

TRIES = 3
"""How often the client itself asks again what changes nothing."""


def activated_there(network: InProcess) -> int:
    """How many calls have acted: a purchase is activated once, every other call is refused."""
    assert PracticeSubscription.objects.get().status == "Subscribed"
    return len([each for each in network.asked if each.path.endswith("/activate")])


# --- An answer that is lost after the marketplace has acted

LOST = ["lost-answer", "delay", "broken-answer", "unreadable"]


@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_to_resolve_keeps_the_token_to_try_again(how: str) -> None:
    _company, person = administrator()
    activation = belongs_to(bring("azure", Secret(tokens.purchase_token(buy()))), person)
    misbehave(call="resolve", how=how, times=TRIES, seconds=60)
    with pytest.raises(MarketplaceError):
        look_up(activation)
    activation.refresh_from_db()
    assert activation.state == "brought"
    assert activation.token_sealed
    PracticeFault.objects.all().delete()
    assert look_up(activation).state == "found"
    activation.refresh_from_db()
    assert (activation.token_sealed, activation.token_until) == ("", None)
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_to_activate_ends_in_one_license(how: str, shop: InProcess) -> None:
    with now_is(INSTANT) as clock:
        activation = begun()
        misbehave(call="activate", how=how, seconds=60)
        seconds = passes(activation)
        if seconds is not None:  # nothing in the answer to Activate is read, so an unreadable one counts
            assert seconds == 2
            assert counts() == NONE
            clock.shift(seconds)
            assert passes(activation) is None
    assert state_of(activation) == "active"
    assert counts() == ONE
    assert activated_there(shop) == 1


@pytest.mark.parametrize("which", [1, 2])
@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_to_a_question_ends_in_one_license(
    how: str, which: int, shop: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question before Activate, or the one after it."""
    usual, asked = AzureMarketplace.purchase, []

    def purchase(self: AzureMarketplace, *arguments: Any, **rest: Any) -> Any:
        asked.append(1)
        if len(asked) == which:
            misbehave(call="get", how=how, times=TRIES, seconds=60)
        try:
            return usual(self, *arguments, **rest)
        finally:
            PracticeFault.objects.all().delete()

    with now_is(INSTANT) as clock:
        activation = begun()
        monkeypatch.setattr(AzureMarketplace, "purchase", purchase)
        assert passes(activation) == 2
        assert counts() == NONE
        clock.shift(2)
        assert passes(activation) is None
    assert state_of(activation) == "active"
    assert counts() == ONE
    assert activated_there(shop) == 1


def test_every_answer_lost_once_on_the_way_still_ends_in_one_license(shop: InProcess, client: Client) -> None:
    with now_is(INSTANT) as clock:
        company, person = administrator()
        client.force_login(person)
        misbehave(call="token", how="lost-answer")
        misbehave(call="resolve", how="lost-answer")
        misbehave(call="get", how="lost-answer", times=5)
        misbehave(call="activate", how="lost-answer")
        activation = found(buy(), person)
        press_activate(client, activation, company)
        for _ in range(6):
            run_jobs()
            page = client.get(f"/activate/{activation.pk}/status/")
            assert page.status_code == 200
            clock.shift(60)
    assert state_of(activation) == "active"
    assert counts() == ONE
    assert activated_there(shop) == 1


# --- A pass that is killed


class Killed(BaseException):
    """Nothing in the code under test may catch this."""


@contextmanager
def killed(name: str, *, after: bool, which: int = 1) -> Iterator[None]:
    """The pass ends right before or right after its `which`th call of `name`, and nobody tidies up."""
    where = next(each for each in (carry_through_activation, issue_what_was_bought) if hasattr(each, name))
    usual: Callable[..., Any] = getattr(where, name)
    calls = []

    def deadly(*arguments: Any, **rest: Any) -> Any:
        calls.append(1)
        if len(calls) != which:
            return usual(*arguments, **rest)
        if after:
            usual(*arguments, **rest)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, deadly)
        with pytest.raises(Killed):
            yield
    # The process was gone before it could give the lease back; its lock went with it.
    Activation.objects.filter(state="activating").update(working_until=timezone.now() + LEASE)


POINTS = [
    ("_pass", False, 1),
    ("_ask", False, 1),
    ("asked", True, 1),
    ("_ask", True, 1),
    ("marketplace_of", True, 1),
    ("_note_accepted", False, 1),
    ("_note_accepted", True, 1),
    ("_ask", False, 2),
    ("asked", True, 2),
    ("_ask", True, 2),
    ("_by_status", False, 1),
    ("_note_accepted", True, 2),
    ("issue_license", False, 1),
    ("_order_of", False, 1),
    ("issue_order", True, 1),
    ("activate_order", False, 1),
    ("activate_order", True, 1),
    ("issue_license", True, 1),
    ("_by_status", True, 1),
    ("_pass", True, 1),
]


@contextmanager
def somebody_at(activation: Activation) -> Iterator[None]:
    """A worker's session with the database, which has the activation in its hands and then is gone."""
    settings = connection.settings_dict
    names = {"dbname": settings["NAME"], "user": settings["USER"], "password": settings["PASSWORD"], "host": settings["HOST"]}
    with psycopg.connect(**names, port=settings["PORT"], autocommit=True) as session:
        session.execute(TRY, [lock_key(activation.pk)])
        yield
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [session.info.backend_pid])


@pytest.mark.parametrize(("name", "after", "which"), POINTS)
def test_a_pass_killed_at_any_point_is_taken_up_at_once(name: str, after: bool, which: int, shop: InProcess) -> None:
    with now_is(INSTANT):
        activation = begun()
        with killed(name, after=after, which=which):
            carry_on(activation.pk)
        done = state_of(activation) == "active"
        assert done == ((name, after) in [("issue_license", True), ("_by_status", True), ("_pass", True)])
        assert counts() == (ONE if done else NONE)
        with somebody_at(activation):  # it lives: another pass leaves it alone
            assert carry_on(activation.pk) is None
            assert counts() == (ONE if done else NONE)
            assert interrupted() == []
        assert interrupted() == ([] if done else [activation.pk])
        take_up()
        run_jobs()
        assert interrupted() == []
    assert state_of(activation) == "active"
    assert counts() == ONE
    assert activated_there(shop) == 1


def test_a_pass_that_hangs_is_taken_up_after_its_lease() -> None:
    with now_is(INSTANT) as clock:
        activation = begun()
        Activation.objects.update(working_until=timezone.now() + LEASE)
        with somebody_at(activation):
            assert (carry_on(activation.pk), interrupted()) == (None, [])
            clock.shift(LEASE + timedelta(seconds=1))
            assert interrupted() == [activation.pk]
            assert carry_on(activation.pk) is None
    assert state_of(activation) == "active"


def test_what_waits_for_its_time_is_not_taken_up_though_its_worker_is_gone() -> None:
    activation = begun()
    later = timezone.now() + timedelta(minutes=5)
    Activation.objects.update(working_until=timezone.now() + LEASE, due_at=later)
    assert interrupted() == []
    with now_is(later):
        assert interrupted() == [activation.pk]


def test_a_pass_lets_go_of_its_lock_however_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    activation = begun()
    for ends in (RuntimeError, KeyboardInterrupt):
        with monkeypatch.context() as patch:
            patch.setattr(carry_through_activation, "_ask", lambda *arguments, ends=ends: (_ for _ in ()).throw(ends))
            with pytest.raises(ends):
                carry_on(activation.pk)
        assert lock_key(activation.pk) not in at_it()
        Activation.objects.update(due_at=timezone.now())
    passes(activation)
    assert (state_of(activation), lock_key(activation.pk) in at_it()) == ("active", False)


def test_a_pass_killed_right_after_activate_does_not_activate_again(shop: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = AzureMarketplace.activate

    def deadly(self: AzureMarketplace, *arguments: Any, **rest: Any) -> None:
        usual(self, *arguments, **rest)
        raise Killed

    with now_is(INSTANT) as clock:
        activation = begun()
        with monkeypatch.context() as patch:
            patch.setattr(AzureMarketplace, "activate", deadly)
            with pytest.raises(Killed):
                carry_on(activation.pk)
        clock.shift(LEASE + timedelta(seconds=1))
        take_up()
        run_jobs()
    assert state_of(activation) == "active"
    assert counts() == ONE
    assert activated_there(shop) == 1


def test_a_worker_stopped_in_order_gives_the_lease_back() -> None:
    activation = begun()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carry_through_activation, "_ask", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            carry_on(activation.pk)
    activation.refresh_from_db()
    assert activation.working_until is None
    assert passes(activation) is None
    assert state_of(activation) == "active"


def test_what_nobody_foresaw_is_tried_again_with_growing_pauses_and_one_job_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(activation: Activation) -> bool:
        raise OperationalError("the database is going down")

    with now_is(INSTANT) as clock:
        activation = begun()
        with monkeypatch.context() as patch:
            patch.setattr(carry_through_activation, "issue_license", broken)
            for seconds in (2, 5, 15, 60, 600, 600):
                with pytest.raises(OperationalError):
                    carry_on(activation.pk)
                activation.refresh_from_db()
                assert activation.due_at == timezone.now() + timedelta(seconds=seconds)
                assert carry_on(activation.pk) is None  # a repetition of the job comes too early, and leaves it
                assert interrupted() == []
                clock.shift(seconds)
        clock.shift(LEASE + timedelta(seconds=1))
        take_up()
        run_jobs()
    assert state_of(activation) == "active"
    assert counts() == ONE


def test_two_jobs_for_one_activation_become_one_again(shop: InProcess) -> None:
    with now_is(INSTANT) as clock:
        activation = begun()
        misbehave(call="activate", how="status-503", times=9)
        for _ in range(3):
            carry_on_activation(activation=str(activation.pk))
        jobs = [each for each in queued() if each[0] == "licensing.carry_on_activation"]
        assert len(jobs) == 1
        clock.shift(3600)  # the worker was down: its job waits, and taking up queues a second one
        take_up()
        before = len(shop.asked)
        run_jobs()
        assert len([each for each in shop.asked[before:] if each.path.endswith("/activate")]) == 1
        assert len([each for each in queued() if each[0] == "licensing.carry_on_activation"]) == 1


def test_a_pass_that_hung_for_longer_than_its_lease_changes_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another pass has finished meanwhile; the slow one then hears of a failure."""
    activation = begun()
    usual = AzureMarketplace.activate

    def slow(self: AzureMarketplace, *arguments: Any, **rest: Any) -> None:
        monkeypatch.setattr(AzureMarketplace, "activate", usual)
        Activation.objects.update(working_until=None)
        assert carry_on(activation.pk) is None
        misbehave(call="activate", how="status-404")
        usual(self, *arguments, **rest)

    monkeypatch.setattr(AzureMarketplace, "activate", slow)
    assert passes(activation) is None
    assert state_of(activation) == "active"
    assert Subscription.objects.get().claimed_by == activation.company
    assert counts() == ONE


def test_a_slow_pass_does_not_give_back_the_lease_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    activation = begun()
    others = timezone.now() + timedelta(hours=1)

    def slow(activation: Activation) -> None:
        Activation.objects.update(working_until=others)

    monkeypatch.setattr(carry_through_activation, "_pass", slow)
    passes(activation)
    assert activation.working_until == others


def test_issuing_twice_finds_what_is_there() -> None:
    activation = begun()
    passes(activation)
    assert issue_license(activation)
    Activation.objects.update(state="activating", license=None)  # as if only that had been lost
    assert issue_license(activation)
    assert state_of(activation) == "active"
    assert counts() == ONE


def test_twenty_presses_and_reloads_end_in_one_license(client: Client, shop: InProcess) -> None:
    company, person = administrator()
    client.force_login(person)
    activation = found(buy(), person)
    for _ in range(20):
        assert press_activate(client, activation, company).status_code == 302
        assert client.get(f"/activate/{activation.pk}/", follow=True).status_code == 200
    run_jobs()
    for _ in range(20):
        assert press_activate(client, activation, company).status_code == 302
    run_jobs()
    assert state_of(activation) == "active"
    assert counts() == ONE
    assert activated_there(shop) == 1
