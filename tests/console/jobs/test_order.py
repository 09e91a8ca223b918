"""Each task and each purpose of a mail has its place, and it is the one that its jobs get."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.contrib.django.utils import connector_params

from console.jobs.order import MAILS, TASKS, Lane
from console.jobs.worker import LANES, WorkerConnector
from console.mail.queueing import queue_mails
from console.models import OutgoingMail
from licensing.queueing import CARRY_ON_ACTIVATION, RECONCILE_ONE, after_commit
from tests.jobs import queued

Purpose = OutgoingMail.Purpose


def test_each_task_has_its_row_and_waits_where_that_says() -> None:
    ours = {name: task for name, task in app.tasks.items() if "procrastinate." not in name}
    assert set(ours) == set(TASKS)
    found = {name: (task.queue, task.priority) for name, task in ours.items()}
    assert found == {name: (place.lane, place.priority) for name, place in TASKS.items()}
    assert all(place.because for place in (*TASKS.values(), *MAILS.values()))


def test_each_purpose_of_a_mail_has_its_row() -> None:
    assert set(MAILS) == set(Purpose.values)


def test_people_come_before_mass_work_and_notices_before_digests() -> None:
    first = {name for name, place in TASKS.items() if place.lane is Lane.PEOPLE}
    assert {"licensing.carry_on_activation", "licensing.settle_event", "licensing.take_up_interrupted"} <= first
    for_people = [TASKS[name].priority for name in first] + [MAILS["account"].priority]
    reconciling = [TASKS[f"licensing.reconcile_{name}"].priority for name in ("one", "all", "nightly")]
    notices = [TASKS["licensing.tell_company"].priority, MAILS["notice"].priority]
    assert min(for_people) > max(reconciling) >= min(reconciling) > max(notices)
    assert min(notices) > max(TASKS["credits.send_digests"].priority, MAILS["digest"].priority)


def test_each_lane_has_slots_that_nothing_else_can_take() -> None:
    own = {queue for each in LANES if each.queues for queue in each.queues}
    assert own == {Lane.PEOPLE, Lane.POST}
    assert [each.name for each in LANES if each.queues is None] == ["rest"]
    assert not next(each for each in LANES if each.queues is None).listens


@pytest.mark.django_db
def test_mails_wait_where_their_purpose_says_however_they_are_mixed(django_assert_num_queries: Any) -> None:
    purposes = [Purpose.NOTICE, Purpose.ACCOUNT, Purpose.NOTICE, Purpose.DIGEST]
    with django_assert_num_queries(6):  # rows, a job list each of three purposes, and the savepoint
        rows = queue_mails(OutgoingMail(to=f"{n}@x.example", subject=str(n), text="", purpose=p) for n, p in enumerate(purposes))
    found = {job.args["mail"]: (job.queue_name, job.priority) for job in ProcrastinateJob.objects.all()}
    assert found == {row.pk: (MAILS[row.purpose].lane, MAILS[row.purpose].priority) for row in rows}


@pytest.mark.django_db
def test_a_job_queued_by_name_waits_where_its_row_says() -> None:
    after_commit(CARRY_ON_ACTIVATION, activation="a")
    after_commit(RECONCILE_ONE, after=60, channel="azure", external_id="b")
    found = {job.task_name: (job.queue_name, job.priority) for job in ProcrastinateJob.objects.all()}
    assert found == {name: (TASKS[name].lane, TASKS[name].priority) for name in (CARRY_ON_ACTIVATION, RECONCILE_ONE)}


@pytest.mark.django_db(transaction=True)
def test_what_a_job_queues_goes_with_what_it_writes_or_not_at_all() -> None:
    with app.replace_connector(WorkerConnector(app.connector, kwargs=connector_params())):
        with suppress(ZeroDivisionError), transaction.atomic():
            after_commit(CARRY_ON_ACTIVATION, activation="a")
            raise ZeroDivisionError
        assert queued() == []
        after_commit(CARRY_ON_ACTIVATION, activation="a")
        assert len(queued()) == 1
