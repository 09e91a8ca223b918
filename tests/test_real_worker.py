"""The worker as a process: people never wait behind mass work, it heals, and it ends after its jobs. Real rows, a mail server."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import requests
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoDbBlocker

from console.mail.queueing import queue_mails
from console.models import OutgoingMail
from licensing.marketplaces.practice import faults
from licensing.marketplaces.practice.models import PracticeFault
from tests import processes
from tests.mail_sink import mail_sink
from tests.processes import until
from tests.sites import Site, is_active, site_at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("processes")]

MAILS = 10_000
MOST_DELAY = 5.0
"""Seconds in which an activation has to be done whatever else waits, although it takes some by itself."""


@pytest.fixture(scope="module")
def address(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Web processes that count in a folder, and so does the worker."""
    with pytest.MonkeyPatch.context() as patched, django_db_blocker.unblock():
        patched.setenv("METRICS_DIR", str(tmp_path_factory.mktemp("metrics")))
        with processes.web(2) as found:
            yield found
        connection.close()


@pytest.fixture
def site(transactional_db: None, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with site_at(address, monkeypatch) as found:
        yield found


def seconds_until_active(site: Site) -> float:
    """From pressing Activate to the license."""
    activation = site.activation()
    began = time.monotonic()
    assert site.press(activation, str(uuid4())) == 200
    until(is_active(activation), "the activation")
    return time.monotonic() - began


def queue_notices(number: int) -> None:
    queue_mails(
        OutgoingMail(to=f"person{each}@example.com", subject="News", text="News", purpose=OutgoingMail.Purpose.NOTICE)
        for each in range(number)
    )


def mails_left() -> int:
    return ProcrastinateJob.objects.filter(task_name="console.send_mail", status__in=["todo", "doing"]).count()


def test_ten_thousand_mails_delay_an_activation_by_less_than_five_seconds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_sink() as sink:
        monkeypatch.setenv("EMAIL_URL", sink.url)
        with processes.worker(site.address):
            seconds_until_active(site)  # the worker has begun
            queue_notices(MAILS)
            until(lambda: sink.taken > 0, "the first mail")
            assert seconds_until_active(site) < MOST_DELAY
            assert mails_left() > MAILS / 2, "they still wait"


def test_a_mail_server_that_never_answers_holds_up_no_activation(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_sink() as sink:
        sink.silent = True
        monkeypatch.setenv("EMAIL_URL", sink.url)
        with processes.worker(site.address):
            queue_notices(20)
            until(lambda: ProcrastinateJob.objects.filter(status="doing").count() == 2, "both slots of mass work to be taken")
            assert seconds_until_active(site) < MOST_DELAY
            assert mails_left() == 20


def test_a_worker_whose_connections_were_cut_goes_on_by_itself(site: Site) -> None:
    with processes.worker(site.address) as worker:
        seconds_until_active(site)
        processes.kill_backends(processes.backends())
        seconds_until_active(site)
        assert worker.poll() is None


def test_a_worker_that_is_told_to_end_finishes_its_jobs_first_and_what_it_counted_stays(site: Site) -> None:
    with processes.worker(site.address) as worker:
        activation = site.activation()
        faults.misbehave(call="activate", how="delay", seconds=2)
        assert site.press(activation, str(uuid4())) == 200
        until(lambda: not PracticeFault.objects.filter(call="activate").exists(), "the job to wait for the marketplace")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        assert is_active(activation)()
        assert not ProcrastinateJob.objects.filter(status="doing").exists()
    # Whichever web process is asked tells what all of them counted, and what a worker did that has ended.
    before = counts(site)
    for _time in range(20):
        requests.get(f"{site.address}/robots.txt", timeout=20)
    after = counts(site)
    asked = 'allotment_requests_total{method="GET",route="robots",status="200"}'
    run = 'allotment_jobs_run_total{result="done",task="licensing.carry_on_activation"}'
    assert after[asked] == before.get(asked, 0) + 20
    assert after[run] == before[run] >= 1
    assert after["allotment_web_processes"] == 2
    assert requests.get(f"{site.address}/metrics", headers={"X-Forwarded-For": "127.0.0.1"}, timeout=20).status_code == 401


def counts(site: Site) -> dict[str, float]:
    """What the metrics say, by name and labels."""
    answer = requests.get(f"{site.address}/metrics", timeout=20)
    assert answer.status_code == 200
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in lines}
