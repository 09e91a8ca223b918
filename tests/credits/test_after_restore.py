"""A database restored from a backup: what may have been sent is not sent again, and what happened since is told in silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail as outbox
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.mail.queueing import queue_mail
from console.models import OutgoingMail, SignIn, User
from console.tasks import send_mail
from credits.management.commands.after_restore import MAY_HAVE_BEEN_SENT
from licensing.marketplaces.practice import changes, faults
from licensing.models import Activation, Company, LicenseStatement, Notice, NoticeDelivery, Subscription
from tests.in_process import InProcess
from tests.jobs import run_jobs
from tests.purchases import activated, administrator, buy, found, happens

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("clock", "shop")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Acts are recorded when they happen, not by the clock of the database."""
    with (
        time_machine.travel(NOON, tick=False) as traveller,
        patch("console.models.act.instant_of_recording", lambda _clock, earliest: max(timezone.now(), earliest or NOON)),
    ):
        yield traveller


@pytest.fixture
def held(shop: InProcess) -> tuple[Company, User, Subscription]:
    company, person = administrator()
    subscription = activated(person, company, quantity=1_000)
    run_jobs(everything=True)
    outbox.outbox.clear()
    return company, person, subscription


def restored() -> None:
    call_command("after_restore", "--yes")


def queued(**stated: Any) -> OutgoingMail:
    usual = {"to": "ada@example.com", "subject": "A subject", "text": "A text.", "purpose": OutgoingMail.Purpose.NOTICE}
    return queue_mail(**{**usual, **stated})


def test_mails_that_waited_are_never_sent(held: tuple[Company, User, Subscription]) -> None:
    plain, secret, begun = queued(), queued(secret=True, purpose=OutgoingMail.Purpose.ACCOUNT), queued()
    OutgoingMail.objects.filter(pk=begun.pk).update(begun_at=NOON, tries=1)
    restored()
    run_jobs(everything=True)
    for each in (plain, secret, begun):
        send_mail(each.pk)
        each.refresh_from_db()
        assert (each.state, each.problem) == ("failed", str(MAY_HAVE_BEEN_SENT))
    assert (plain.text, secret.text) == ("A text.", "")
    assert outbox.outbox == []


def test_what_a_digest_would_have_told_is_told_in_the_console_alone(
    held: tuple[Company, User, Subscription], clock: time_machine.Traveller
) -> None:
    _company, person, subscription = held
    happens(subscription, "Suspend")
    run_jobs(everything=True)
    outbox.outbox.clear()
    before = NoticeDelivery.objects.filter(user=person).count()
    assert before
    NoticeDelivery.objects.filter(user=person).update(channel=NoticeDelivery.Channel.DIGEST, mail=None)
    restored()
    clock.shift(timedelta(days=1))
    from credits.tasks import send_digests

    send_digests(0)
    assert outbox.outbox == []
    assert not OutgoingMail.objects.filter(purpose=OutgoingMail.Purpose.DIGEST).exists()
    assert NoticeDelivery.objects.filter(user=person).count() == before


def test_what_happened_to_purchases_is_caught_up_with_and_mailed_to_nobody(
    held: tuple[Company, User, Subscription], capsys: pytest.CaptureFixture[str]
) -> None:
    company, _person, subscription = held
    happens(subscription, "Suspend", told=False)
    changes.settle_due()
    notices = Notice.objects.count()
    restored()
    facts = LicenseStatement.objects.for_company(company).facts_of_all().values()
    assert sum(each.credits_on(NOON.date()) for each in facts) == 0
    assert Notice.objects.count() > notices  # the console says what changed
    run_jobs(everything=True)
    assert outbox.outbox == []
    said = capsys.readouterr().out
    assert "Compared with azure: 1 purchases, 1 mended." in said
    assert "Web and worker may start." in said


def test_an_activation_that_was_carried_through_since_is_carried_through_in_silence(shop: InProcess) -> None:
    from uuid import uuid4

    from console.models import Actor
    from licensing.purchases.activation.begin_activation import begin_activation

    company, person = administrator()
    bought = buy()
    activation = found(bought, person)
    assert activation.subscription is not None
    shown: dict[str, object] = {"plan_id": activation.subscription.plan_id, "units": activation.subscription.units}
    begin_activation(activation, company=company, by=Actor.person(person), key=str(uuid4()), shown=shown)
    changes.activate(bought.pk, plan_id=bought.plan_id, quantity=bought.quantity)
    restored()
    activation.refresh_from_db()
    assert activation.state == Activation.State.ACTIVE
    run_jobs(everything=True)
    assert outbox.outbox == []


def test_everybody_signs_in_anew_and_counters_begin_at_nothing(
    held: tuple[Company, User, Subscription], capsys: pytest.CaptureFixture[str]
) -> None:
    _company, person, _subscription = held
    Client().force_login(person)
    cache.set("attempts", 59)
    assert Session.objects.exists()
    open_ones = SignIn.objects.filter(ended_at=None).count()
    restored()
    assert not Session.objects.exists()
    assert f"Sessions ended: {open_ones}." in capsys.readouterr().out
    assert cache.get("attempts") is None


def test_it_may_be_repeated(held: tuple[Company, User, Subscription]) -> None:
    queued()
    restored()
    before = (OutgoingMail.objects.count(), Notice.objects.count(), LicenseStatement.objects.count())
    restored()
    assert (OutgoingMail.objects.count(), Notice.objects.count(), LicenseStatement.objects.count()) == before


def test_a_marketplace_that_does_not_answer_is_named_and_nothing_is_sent_all_the_same(
    held: tuple[Company, User, Subscription],
) -> None:
    mail = queued()
    faults.misbehave(call="list", how="status-500", times=20)
    with pytest.raises(CommandError, match=r"azure: .+ Run manage\.py after_restore again"):
        restored()
    mail.refresh_from_db()
    assert mail.state == "failed"


def test_beside_a_worker_nothing_is_changed(held: tuple[Company, User, Subscription]) -> None:
    mail = queued()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [timezone.now()])
    with pytest.raises(CommandError, match=r"stop it, and the web processes"):
        restored()
    mail.refresh_from_db()
    assert mail.state == "queued"


def test_without_consent_nothing_is_changed(held: tuple[Company, User, Subscription], monkeypatch: pytest.MonkeyPatch) -> None:
    mail = queued()
    monkeypatch.setattr("builtins.input", lambda question: "no")
    with pytest.raises(CommandError, match=r"Nothing was changed\."):
        call_command("after_restore")
    mail.refresh_from_db()
    assert mail.state == "queued"


def test_without_a_terminal_it_names_the_way_to_agree(
    held: tuple[Company, User, Subscription], monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = queued()
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(CommandError, match=r"nothing was changed\..*after_restore --yes"):
        call_command("after_restore")
    mail.refresh_from_db()
    assert mail.state == "queued"


def test_without_the_keys_of_the_backup_it_refuses_unless_they_are_lost(
    held: tuple[Company, User, Subscription], settings: Any
) -> None:
    settings.SEALING_KEYS = ["the-key-of-the-backup-0123456789-abcdefghijklmnop"]
    plain, secret = queued(), queued(secret=True, purpose=OutgoingMail.Purpose.ACCOUNT)
    settings.SEALING_KEYS = ["another-key-0123456789-abcdefghijklmnopqrstuvwxyz"]
    with pytest.raises(CommandError, match=r"Put back the sealing-keys .*nothing was changed"):
        restored()
    plain.refresh_from_db()
    assert plain.state == "queued"
    call_command("after_restore", "--yes", "--keys-are-lost")
    secret.refresh_from_db()
    assert secret.state == "failed"


@pytest.mark.as_owner
def test_a_ledger_that_is_wrong_stops_it_before_it_begins(held: tuple[Company, User, Subscription]) -> None:
    mail = queued()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE licensing_licenseentry ENABLE TRIGGER guard_licensing_licenseentry")
    with pytest.raises(CommandError, match=r"The ledger is wrong"):
        restored()
    mail.refresh_from_db()
    assert mail.state == "queued"
