"""One purchase, one license, told once: real web processes, a real worker that is killed, connections cut, answers lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import timedelta
from uuid import uuid4

import pytest
import requests
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoDbBlocker

from console.models import Act, Actor, OutgoingMail
from console.tasks import retry_stalled_jobs
from licensing.acts.units.reduce import reduce_order
from licensing.marketplaces.practice import faults
from licensing.marketplaces.practice.models import PracticeFault
from licensing.models import Activation, Company, Notice
from licensing.queueing import TELL_COMPANY
from licensing.tasks import take_up
from tests import processes
from tests.factories import make_user
from tests.processes import until
from tests.purchases import buy, counts, found, theirs
from tests.sites import Site, is_active, site_at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("processes")]

ONCE = {"Order": 1, "License": 1, "LicenseStatement": 1, "LicenseEntry": 2}


@pytest.fixture(scope="module")
def address(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Three web processes for all these tests."""
    with django_db_blocker.unblock():
        with processes.web() as found:
            yield found
        connection.close()


@pytest.fixture
def site(transactional_db: None, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with site_at(address, monkeypatch) as found:
        yield found


def once_and_for_all(activation: Activation) -> None:
    assert counts() == ONCE
    assert Activation.objects.filter(state="active").count() == 1
    assert Act.objects.filter(name="order.activate").count() == 1
    assert Act.objects.filter(name="activation.begin").count() >= 1
    activation.refresh_from_db()
    assert activation.subscription is not None
    assert theirs(activation.subscription).status == "Subscribed"


def test_twenty_clicks_and_reloads_at_once_in_three_processes(site: Site) -> None:
    activation = site.activation()
    same, results = str(uuid4()), []
    with processes.worker(site.address), ThreadPoolExecutor(20) as pool:
        keys = [same if number % 2 else str(uuid4()) for number in range(20)]
        results = list(pool.map(lambda key: site.press(activation, key), keys))
        until(is_active(activation), "the activation")
        until(lambda: not ProcrastinateJob.objects.filter(status="doing").exists(), "the end of all jobs")
    assert set(results) == {200}
    once_and_for_all(activation)


# --- Killed at each step. What the worker waits in is decided by the marketplace that keeps it waiting, or by a lock.


def nothing(activation: Activation) -> AbstractContextManager[None]:
    return nullcontext()


def held_in(call: str) -> Callable[[Activation], AbstractContextManager[None]]:
    """The marketplace acts, and keeps its answer back."""

    def hold(activation: Activation) -> AbstractContextManager[None]:
        faults.misbehave(call=call, how="delay", seconds=20)
        stack = ExitStack()
        stack.callback(faults.behave)
        return stack  # type: ignore[return-value]

    return hold


def held_by_lock(activation: Activation) -> AbstractContextManager[None]:
    """The company's row is somebody else's: the worker has to wait in the midst of issuing the license."""
    company = Company.objects.get()
    return processes.locked("licensing_company", company.pk)


def is_held(call: str) -> bool:
    if call:
        return not PracticeFault.objects.filter(call=call).exists()  # it was taken up
    return bool(processes.backends(waiting=True))


STEPS = {
    "asking how the purchase stands": ("get", held_in("get")),
    "activated there, the answer not read": ("activate", held_in("activate")),
    "in the midst of issuing": ("", held_by_lock),
}


def test_workers_killed_at_each_step_leave_nothing_undone_and_nothing_done_twice(site: Site) -> None:
    """One after the other, of the same purchase: each finds what the one before it left, and gets a step further."""
    activation = site.activation()
    assert site.press(activation, str(uuid4())) == 200
    for step, (call, hold) in STEPS.items():
        with ExitStack() as held:
            held.enter_context(hold(activation))
            with processes.worker(site.address) as worker:
                until(lambda call=call: is_held(call), f"the worker {step}")  # type: ignore[misc]
                processes.end(worker)
        assert counts()["License"] == 0, step
        two_minutes_pass(activation)
    with processes.worker(site.address):
        until(is_active(activation), "the activation, by another worker")
    once_and_for_all(activation)


def test_a_worker_killed_after_it_issued_the_license_and_before_it_said_so(site: Site) -> None:
    activation = site.activation()
    faults.misbehave(call="activate", how="delay", seconds=3)
    assert site.press(activation, str(uuid4())) == 200
    with processes.worker(site.address) as worker:
        until(lambda: is_held("activate"), "the activation there")
        job = ProcrastinateJob.objects.get(status="doing", task_name="licensing.carry_on_activation")
        with processes.locked("procrastinate_jobs", job.pk):  # its end cannot be written
            until(is_active(activation), "the license")
            processes.end(worker)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'")
    processes.elsewhere(lambda: async_to_sync(retry_stalled_jobs.func)(0))
    with processes.worker(site.address):
        until(lambda: not ProcrastinateJob.objects.filter(pk=job.pk, status__in=["todo", "doing"]).exists(), "the job, again")
    once_and_for_all(activation)


def two_minutes_pass(activation: Activation) -> None:
    """The lease of who was killed is over; the minute's job finds what was left."""
    now = timezone.now()
    Activation.objects.filter(pk=activation.pk).update(
        working_until=now - timedelta(seconds=1), due_at=now - timedelta(minutes=3)
    )
    take_up()


@pytest.mark.parametrize("step", STEPS)
def test_database_connections_cut_at_any_step(step: str, site: Site) -> None:
    call, hold = STEPS[step]
    activation = site.activation()
    assert site.press(activation, str(uuid4())) == 200
    with ExitStack() as held:
        held.enter_context(hold(activation))
        with processes.worker(site.address) as worker:
            until(lambda: is_held(call), f"the worker {step}")
            processes.kill_backends(processes.backends(waiting=not call))
            held.close()
            two_minutes_pass(activation)
            until(lambda: is_active(activation)() or worker.poll() is not None, "the activation")
    if not is_active(activation)():
        with processes.worker(site.address):  # the supervisor starts another
            until(is_active(activation), "the activation, by another worker")
    once_and_for_all(activation)


def test_answers_that_are_lost_after_acting(site: Site) -> None:
    """Of both calls, each in its turn: one purchase meets all of them."""
    activation = site.activation()
    faults.misbehave(call="get", how="lost-answer", times=2)
    faults.misbehave(call="activate", how="lost-answer")
    with processes.worker(site.address):
        assert site.press(activation, str(uuid4())) == 200
        until(is_active(activation), "the activation")
    assert not PracticeFault.objects.exists(), "each was met"
    once_and_for_all(activation)


# --- Told at once, and once


def change_users(site: Site, activation: Activation, users: int) -> int:
    """Choose another number on the subscription's page at the practice marketplace, in a browser of its own."""
    assert activation.subscription is not None
    address = f"{site.address}/practice-marketplace/subscriptions/{activation.subscription.external_id}/"
    with requests.Session() as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(address, timeout=60).text)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "key": str(uuid4()), "users": str(users)}
        return browser.post(f"{address}users/", form, headers={"Referer": address}, timeout=60).status_code


def bought_and_active(site: Site, quantity: int) -> Activation:
    activation = found(buy(quantity=quantity), site.person)
    assert site.press(activation, str(uuid4())) == 200
    until(is_active(activation), "the activation")
    activation.refresh_from_db()
    return activation


def told(kind: str) -> Callable[[], bool]:
    return lambda: Notice.objects.filter(kind=kind).exists()


def test_a_reduction_at_the_marketplace_tells_owners_and_license_administrators_the_numbers_at_once(site: Site) -> None:
    owner = make_user(company=site.company, roles=["owner"])
    make_user(company=site.company, roles=["viewer"])
    with processes.worker(site.address):
        activation = bought_and_active(site, 7_000)
        assert change_users(site, activation, 3) == 200
        until(told("units-down"), "the notice")
    notice = Notice.objects.get(kind="units-down")
    act = Act.objects.get(pk=notice.about.removeprefix("act:"))
    assert notice.created_at - act.recorded_at < timedelta(seconds=30)
    mails = OutgoingMail.objects.filter(subject__contains="went down from 7,000 credits to 3 credits")
    assert set(mails.values_list("to", flat=True)) == {owner.email, site.person.email}
    assert all("it has 3 credits instead of 7,000 credits." in each.text for each in mails)


def test_a_worker_killed_while_it_tells_leaves_it_to_the_next_one_and_nobody_is_told_twice(site: Site) -> None:
    with processes.worker(site.address):
        activation = bought_and_active(site, 7_000)
        until(told("activated"), "the notice of the activation")
        until(lambda: not ProcrastinateJob.objects.filter(status="doing").exists(), "the end of all jobs")
    assert activation.license is not None
    order = activation.license.order
    reduce_order(
        order, units=3, today=site.company.day_of(timezone.now()), by=Actor.system("Azure Marketplace"), key=str(uuid4())
    )
    job = ProcrastinateJob.objects.get(status="todo", task_name=TELL_COMPANY)
    with processes.locked("licensing_company", site.company.pk), processes.worker(site.address) as worker:
        until(lambda: bool(processes.backends(waiting=True)), "the worker, telling")
        processes.end(worker)
    assert not Notice.objects.filter(kind="units-down").exists()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'")
    processes.elsewhere(lambda: async_to_sync(retry_stalled_jobs.func)(0))
    with processes.worker(site.address):
        until(lambda: not ProcrastinateJob.objects.filter(pk=job.pk, status__in=["todo", "doing"]).exists(), "the job, again")
    assert Notice.objects.filter(kind="units-down").count() == 1
    assert OutgoingMail.objects.filter(subject__contains="from 7,000 credits to 3 credits", to=site.person.email).count() == 1
