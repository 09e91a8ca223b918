"""The mail queue: with what is written or not at all, at most once, and forgotten in time."""

from __future__ import annotations

import logging
import re
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.conf import settings
from django.core import mail as outbox
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from console.logs.lines import JsonFormatter, LineFormatter
from console.mail.attached import with_spreadsheet
from console.mail.forget_old_mail import forget_old_mail
from console.mail.queueing import queue_mail
from console.mail.sending import MAY_HAVE_ARRIVED, MOST_TRIES, TryAgain, send
from console.models import Act, OutgoingMail
from console.tasks import mail_reset_link, send_mail
from tests.factories import make_user, new_key
from tests.jobs import queued as waiting
from tests.jobs import run_jobs
from tests.pages import browser_of
from tests.processes import elsewhere

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def queued(**stated: Any) -> OutgoingMail:
    usual = {"to": "ada@example.com", "subject": "A subject", "text": "A text.", "purpose": OutgoingMail.Purpose.NOTICE}
    return queue_mail(**{**usual, **stated})


def jobs() -> list[dict[str, Any]]:
    return list(ProcrastinateJob.objects.filter(task_name="console.send_mail").order_by("id").values_list("args", flat=True))


def answering(*errors: Exception | None) -> Any:
    """A mail server that answers so, one after the other."""
    return patch.object(EmailMessage, "send", side_effect=list(errors))


# --- Queued


def test_a_mail_is_queued_with_a_job_that_knows_its_row_only() -> None:
    mail = queued()
    assert jobs() == [{"mail": mail.pk}]
    assert outbox.outbox == []


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_neither_mail_nor_job() -> None:
    with transaction.atomic():
        queued()
        transaction.set_rollback(True)
    assert not OutgoingMail.objects.exists()
    assert jobs() == []


def test_a_subject_is_one_line() -> None:
    assert queued(subject="One\nBcc: two@example.com").subject == "One Bcc: two@example.com"


# --- Sent at most once


def test_a_job_that_runs_twice_sends_one_mail() -> None:
    mail = queued()
    send_mail(mail=mail.pk)
    send_mail(mail=mail.pk)
    (sent,) = outbox.outbox
    assert (sent.to, sent.subject, sent.body) == (["ada@example.com"], "A subject", "A text.")
    assert sent.from_email == settings.DEFAULT_FROM_EMAIL
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    mail.refresh_from_db()
    assert (mail.state, mail.sent_at, mail.tries) == ("sent", NOW, 1)


def test_a_second_job_waits_while_the_first_hands_it_over() -> None:
    mail = queued()

    def meanwhile(message: EmailMessage) -> None:
        with pytest.raises(TryAgain):
            send(mail.pk)

    with patch.object(EmailMessage, "send", meanwhile):
        send(mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.tries) == ("sent", 1)


def test_a_worker_killed_while_it_hands_the_mail_over_leaves_it_to_support(clock: time_machine.Traveller) -> None:
    mail = queued()
    with answering(KeyboardInterrupt()), pytest.raises(KeyboardInterrupt):  # as SIGKILL: nothing of ours runs after it
        send(mail.pk)
    with pytest.raises(TryAgain):
        send(mail.pk)
    clock.shift(timedelta(minutes=6))
    send(mail.pk)
    send(mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.problem) == ("failed", MAY_HAVE_ARRIVED)
    assert outbox.outbox == []


def test_a_worker_killed_before_it_began_sends_the_mail_when_it_is_back() -> None:
    mail = queued()
    with patch("console.mail.sending._begin", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        send(mail.pk)
    send(mail.pk)
    assert len(outbox.outbox) == 1


def test_a_mail_server_that_is_down_is_tried_again_and_the_mail_arrives_once() -> None:
    mail = queued()
    with answering(ConnectionRefusedError("down"), smtplib.SMTPServerDisconnected("bye"), None):
        for _each in range(2):
            with pytest.raises(TryAgain):
                send(mail.pk)
            assert OutgoingMail.objects.get(pk=mail.pk).state == "queued"
        send(mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.tries, mail.problem) == ("sent", 3, "")


def test_a_mail_is_given_up_after_the_last_try() -> None:
    mail = queued()
    with answering(*[ConnectionRefusedError("down")] * MOST_TRIES):
        for _each in range(MOST_TRIES - 1):
            with pytest.raises(TryAgain):
                send(mail.pk)
        send(mail.pk)
        send(mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.problem) == ("failed", "ConnectionRefusedError: down")


def test_an_address_the_server_refuses_for_good_is_not_tried_again_nor_repeated_in_the_problem() -> None:
    mail = queued()
    with answering(smtplib.SMTPRecipientsRefused({"ada@example.com": (550, b"no such ada@example.com")})):
        send(mail.pk)
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert mail.problem == "The mail server refused the recipient (550)."


REPEATED = "no such ada@example.com, said mx.example.com to reset/key/1-abc"
"""As servers put it: with the address, and whatever stood in the mail."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (smtplib.SMTPRecipientsRefused({"ada@example.com": (451, REPEATED.encode())}), "SMTPRecipientsRefused 451"),
        (smtplib.SMTPDataError(554, REPEATED.encode()), "SMTPDataError 554"),
        (smtplib.SMTPSenderRefused(550, REPEATED.encode(), "ada@example.com"), "SMTPSenderRefused 550"),
        (OSError(REPEATED), "OSError"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_the_log_has_of_what_a_mail_server_says_its_kind_and_code_alone(
    error: Exception, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    mail = queued()
    with answering(*[error] * MOST_TRIES):
        with pytest.raises(TryAgain) as raised:
            send(mail.pk)
        logging.getLogger("worker").error("Job failed", exc_info=raised.value)
        OutgoingMail.objects.filter(pk=mail.pk).update(tries=MOST_TRIES - 1)
        send(mail.pk)
    assert str(raised.value) == kind
    lines = [formatter.format(each) for formatter in (LineFormatter(), JsonFormatter()) for each in caplog.records]
    assert len(lines) == 4
    for line in lines:
        assert kind in line
        assert not {"@", "no such", "reset/key"} & {each for each in ("@", "no such", "reset/key") if each in line}
    problem = OutgoingMail.objects.get(pk=mail.pk).problem
    assert "@" not in problem
    assert "no such …" in problem or "451" in problem  # staff read what was said, beside the mail


@pytest.mark.parametrize("code", [421, 450, 451, 452, 499])
def test_an_address_the_server_refuses_for_now_is_tried_again(code: int) -> None:
    mail = queued()
    with answering(smtplib.SMTPRecipientsRefused({"ada@example.com": (code, b"come back in a minute")}), None):
        with pytest.raises(TryAgain, match=rf"^SMTPRecipientsRefused {code}$"):
            send(mail.pk)
        send(mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.tries) == ("sent", 2)


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_what_is_queued() -> None:
    mail = queued()
    with time_machine.travel(NOW, tick=True), app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
        elsewhere(lambda: worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False))
    mail.refresh_from_db()
    assert mail.state == "sent"
    assert len(outbox.outbox) == 1


def test_the_jobs_that_nobody_asks_for_are_registered_with_their_times() -> None:
    found = {(each.task.name, each.cron) for each in app.periodic_registry.periodic_tasks.values()}
    assert {
        ("credits.tell_what_is_due", "0 * * * *"),
        ("credits.send_digests", "*/15 * * * *"),
        ("console.forget_mail", "23 3 * * *"),
        ("console.forget_sessions", "29 3 * * *"),
    } <= found


# --- Secrets, and forgetting


def test_a_secret_is_sealed_while_it_waits_and_forgotten_once_it_is_sent() -> None:
    mail = queued(text="https://allotment.example/key/CANARY", secret=True)
    assert "CANARY" not in OutgoingMail.objects.get(pk=mail.pk).text
    send(mail.pk)
    assert "CANARY" in outbox.outbox[0].body
    mail.refresh_from_db()
    assert (mail.text, mail.to) == ("", "ada@example.com")


def test_a_secret_is_forgotten_when_its_mail_is_given_up() -> None:
    mail = queued(text="CANARY", secret=True)
    with answering(smtplib.SMTPRecipientsRefused({"ada@example.com": (550, b"no")})):
        send(mail.pk)
    assert OutgoingMail.objects.get(pk=mail.pk).text == ""


def test_texts_and_addresses_are_forgotten_after_the_days_of_retention() -> None:
    mail = queued()
    send(mail.pk)
    assert forget_old_mail(NOW + timedelta(days=settings.RETENTION_DAYS)) == 0
    assert forget_old_mail(NOW + timedelta(days=settings.RETENTION_DAYS, seconds=1)) == 1
    mail.refresh_from_db()
    assert (mail.to, mail.subject, mail.text, mail.state) == ("", "", "", "sent")


def test_a_mail_that_waited_until_it_was_forgotten_is_not_sent() -> None:
    mail = queued()
    forget_old_mail(NOW + timedelta(days=settings.RETENTION_DAYS + 1))
    send(mail.pk)
    assert outbox.outbox == []


# --- Account mails


def test_a_password_reset_goes_through_the_queue_and_its_link_works(client: Client) -> None:
    make_user(email="ada@example.com")
    answer = client.post(reverse("account_reset_password"), {"email": "ada@example.com"}, headers={"Host": "testserver:6666"})
    assert answer.status_code == 302
    assert not OutgoingMail.objects.exists(), "a job looks who has the address, and writes the mail"
    [(task, said, _due)] = waiting()
    assert (task, list(said)) == ("console.mail_reset_link", ["address"])
    assert "ada" not in str(said)
    mail_reset_link(str(said["address"]))
    assert outbox.outbox == []
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.purpose, mail.secret) == ("ada@example.com", "account", True)
    assert "/password/reset/key/" not in mail.text
    send(mail.pk)
    body = outbox.outbox[0].body
    link = next(word for word in body.split() if "/password/reset/key/" in word)
    assert link.startswith(f"{settings.CONSOLE_URL}/")  # whatever the request named as its host
    assert "6666" not in body
    assert client.get(link.removeprefix(settings.CONSOLE_URL), follow=True).status_code == 200


def test_a_password_reset_for_an_unknown_address_answers_the_same_and_queues_nothing(client: Client) -> None:
    make_user(email="ada@example.com")
    answers = [client.post(reverse("account_reset_password"), {"email": each}) for each in ("ada@example.com", "b@example.com")]
    assert {(each.status_code, each["Location"]) for each in answers} == {(302, reverse("account_reset_password_done"))}
    run_jobs()
    assert [each.to for each in outbox.outbox] == [["ada@example.com"]]


def test_asking_for_a_reset_costs_the_same_statements_whoever_has_the_address(client: Client) -> None:
    make_user(email="ada@example.com")
    make_user(email="off@example.com", is_active=False)

    def asked(address: str) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            client.post(reverse("account_reset_password"), {"email": address})
        return [re.sub(r"_x\d+|'.*", "", each["sql"], flags=re.DOTALL) for each in asked]

    asked("warm@example.com")
    assert asked("ada@example.com") == asked("bob@example.com") == asked("off@example.com")


def test_of_resets_twenty_a_day_are_mailed_to_an_address_and_the_rest_is_answered_the_same(
    clock: time_machine.Traveller,
) -> None:
    make_user(email="ada@example.com")
    for _minute in range(6):
        clock.shift(61)
        for _each in range(4):
            answer = Client().post(reverse("account_reset_password"), {"email": "Ada@example.com"})
            assert (answer.status_code, answer["Location"]) == (302, reverse("account_reset_password_done"))
    run_jobs(everything=True)
    assert len(outbox.outbox) == 20
    clock.shift(timedelta(days=1))
    Client().post(reverse("account_reset_password"), {"email": "ada@example.com"})
    run_jobs(everything=True)
    assert len(outbox.outbox) == 21


# --- The choice


def test_a_person_chooses_how_notices_reach_them() -> None:
    person = make_user()
    client = browser_of(person)
    assert "checked" in client.get(reverse("account_notices")).content.decode()
    key = new_key()
    for _twice in range(2):
        assert client.post(reverse("account_notices"), {"told": "digest", "key": key}).status_code == 302
    person.refresh_from_db()
    assert person.told == "digest"
    assert Act.objects.filter(name="person.choose-notices", scope=f"user:{person.pk}").count() == 1


@pytest.mark.parametrize("form", [{}, {"told": "loudly", "key": "1"}, {"told": "loudly"}])
def test_a_choice_that_is_none_is_refused(form: dict[str, str]) -> None:
    person = make_user()
    assert browser_of(person).post(reverse("account_notices"), form).status_code == 422
    person.refresh_from_db()
    assert person.told == "at-once"


def test_a_spreadsheet_is_attached_as_a_file_and_forgotten_with_the_text() -> None:
    text = with_spreadsheet("See the file.", name="estimate.csv", rows="Feature,Credits\nMaß,12\n")
    mail = queue_mail(to="ada@example.com", subject="Overview", text=text, purpose="report")
    send(mail.pk)

    (sent,) = outbox.outbox
    assert sent.body.strip() == "See the file."
    assert [(name, kind, str(rows)) for name, rows, kind in sent.attachments] == [
        ("estimate.csv", "text/csv", "\ufeffFeature,Credits\nMaß,12\n")
    ]
