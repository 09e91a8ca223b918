"""The health page and its two tests: what is wrong is named with its fix, and nothing secret is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import requests
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from console.mail.queueing import queue_mail
from console.models import LedgerVerification, OutgoingMail, User
from licensing.health import connection_notes as marketplace_health
from licensing.health.connection_notes import note_failure, note_refusal
from licensing.health.connection_trials import Trial, send_test_events, try_connections
from licensing.health.items import Item, State
from licensing.health.marketplace_report import health_report
from licensing.marketplaces import marketplace
from licensing.marketplaces.contract import MarketplaceError, Problem
from licensing.marketplaces.own_webhook import TEST_ID
from licensing.marketplaces.practice import faults
from licensing.models import (
    Activation,
    ConnectionNote,
    Difference,
    MarketplaceEvent,
    MarketplacePlan,
    Reconciliation,
    Subscription,
)
from licensing.purchases.mirror import marketplace_of, refreshed
from licensing.tasks import forget
from tests.activations import begun, passes
from tests.factories import make_company, make_user
from tests.in_process import InProcess
from tests.markup import read
from tests.purchases import activated, administrator, buy, found, happens

pytestmark = pytest.mark.django_db

PAGE = "/admin/marketplaces/"
WEBHOOK = "/marketplace/azure/webhook"


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    marketplace_health.forget_counts()
    yield
    marketplace_health.forget_counts()


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def worker(db: None) -> None:
    sign_of_life(timezone.now())


def sign_of_life(at: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [at])


def queue(task: str, status: str, at: Any, lane: str = "default") -> None:
    """A job, and the event that says since when."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, args) VALUES (%s, %s, %s, '{}') RETURNING id",
            [lane, task, status],
        )
        (job,) = cursor.fetchone()
        cursor.execute("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", [at, job])
        if status == "failed":
            cursor.execute("INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'failed', %s)", [job, at])


def item(label: str) -> Item:
    return next(each for section in health_report().sections for each in section.items if each.label == label)


def tried() -> Trial:
    (trial,) = try_connections()
    return trial


# --- The test of the connection: each fault by its name, with its fix


def test_a_connection_that_works_has_nothing_to_mend(shop: InProcess) -> None:
    trial = tried()
    assert trial.problems == ()
    assert [each.label for each in trial.findings if not each.fine] == []
    assert "Number 1 of 1 works." in [each.words for each in trial.findings]
    assert "1 signing key at hand." in [each.words for each in trial.findings]
    assert item("Last test").state is State.FINE


MISCONFIGURED: dict[str, tuple[Callable[[Any], None], str]] = {
    "wrong secret": (
        lambda settings: setattr(settings, "AZURE_CLIENT_SECRETS", ["not-the-secret"]),
        "The client secret is wrong: set AZURE_CLIENT_SECRET to the secret's value, not to its id.",
    ),
    "expired secret": (
        lambda settings: setattr(settings, "AZURE_CLIENT_SECRETS", [settings.PRACTICE_EXPIRED_SECRET]),
        "The client secret has expired: create a new one in Microsoft Entra and set AZURE_CLIENT_SECRET to it.",
    ),
    "wrong client id": (
        lambda settings: setattr(settings, "AZURE_CLIENT_ID", "7e57ab1e-0000-4000-8000-00000000dead"),
        "check AZURE_CLIENT_ID and AZURE_TENANT_ID",
    ),
    "wrong tenant": (
        lambda settings: setattr(settings, "AZURE_TENANT_ID", "7e57ab1e-0000-4000-8000-00000000dead"),
        "check AZURE_TENANT_ID",
    ),
    "secret refused as wrong": (lambda settings: order(call="token", how="wrong-secret"), "The client secret is wrong"),
    "secret refused as expired": (lambda settings: order(call="token", how="expired-secret"), "The client secret has expired"),
    "API answers 403": (
        lambda settings: order(call="list", how="status-403"),
        "Enter exactly this tenant id and client id in the technical configuration of the offer in Partner Center.",
    ),
    "API down": (lambda settings: order(call="list", how="lost-request"), "Check that this server may reach it"),
    "API answers something else": (lambda settings: order(call="list", how="unreadable"), "whether a proxy answers in its place"),
    "keys unreachable": (lambda settings: order(call="keys", how="status-503"), "Notifications cannot be checked without keys"),
}


def order(*, call: str, how: str) -> None:
    faults.misbehave(call=call, how=how, times=20)


@pytest.mark.parametrize("fault", MISCONFIGURED)
def test_a_fault_is_named_with_its_fix(fault: str, shop: InProcess, settings: Any, desk: Client) -> None:
    bring_about, words = MISCONFIGURED[fault]
    bring_about(settings)
    text = read(desk.post(f"{PAGE}test-connection/")).text
    assert words in text
    assert "something is wrong" in text
    remembered = item("Last test")
    assert remembered.state is State.WRONG
    assert words in remembered.value


def test_the_page_says_which_of_two_secrets_works(shop: InProcess, settings: Any, desk: Client) -> None:
    settings.AZURE_CLIENT_SECRETS = [settings.PRACTICE_EXPIRED_SECRET, settings.PRACTICE_CLIENT_SECRET]
    text = read(desk.post(f"{PAGE}test-connection/")).text
    assert "Number 2 of 2 works." in text
    assert "Client secret 1 is refused, another one is in use." in text


@pytest.mark.parametrize(("seconds", "side"), [(400, "ahead"), (-400, "behind")])
def test_a_clock_that_is_off_is_named(seconds: int, side: str, shop: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    market: Any = marketplace("azure")
    theirs = timezone.now() - timedelta(seconds=seconds)
    usual = requests.Response

    class Dated(usual):  # type: ignore[misc, valid-type]
        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "headers" and value:
                value["Date"] = theirs.strftime("%a, %d %b %Y %H:%M:%S GMT")

    monkeypatch.setattr(requests, "Response", Dated)
    trial = tried()
    assert market.transport.clock_difference is not None
    assert [each.label for each in trial.findings if not each.fine] == ["Clock of this server"]
    assert f"s {side}: switch its time synchronization on." in trial.problems[0]


def test_nobody_answering_is_named(shop: InProcess, desk: Client) -> None:
    shop.reachable = False
    text = read(desk.post(f"{PAGE}test-connection/")).text
    assert "Check that this server may reach it" in text
    assert "Not issued." in text


def test_without_a_marketplace_the_page_says_so(settings: Any, desk: Client) -> None:
    settings.MARKETPLACES = {}
    assert "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET" in read(desk.get(PAGE)).text
    assert "there is nothing to test" in read(desk.post(f"{PAGE}test-connection/")).text


def test_reading_the_page_asks_no_marketplace(shop: InProcess, desk: Client) -> None:
    assert desk.get(PAGE).status_code == 200
    assert desk.get("/admin/").status_code == 200
    assert shop.asked == []


# --- The command


def test_the_command_says_the_same_and_ends_well(shop: InProcess) -> None:
    out = StringIO()
    call_command("check_marketplace", stdout=out)
    assert "ok     Access token: Issued." in out.getvalue()


def test_the_command_ends_with_an_error_where_something_is_wrong(shop: InProcess, settings: Any) -> None:
    settings.AZURE_CLIENT_SECRETS = ["not-the-secret"]
    out = StringIO()
    with pytest.raises(CommandError, match="to mend"):
        call_command("check_marketplace", "--event", stdout=out)
    assert "WRONG  Access token" in out.getvalue()
    assert "The client secret is wrong" in out.getvalue()
    assert "not-the-secret" not in out.getvalue()
    assert "A notification without a token: answered 401" in out.getvalue()


def test_the_command_needs_a_marketplace(settings: Any) -> None:
    settings.MARKETPLACES = {}
    with pytest.raises(CommandError, match="set AZURE_TENANT_ID"):
        call_command("check_marketplace", stdout=StringIO())


# --- The test event


def test_a_test_event_goes_through_and_forgeries_do_not(shop: InProcess, desk: Client) -> None:
    text = read(desk.post(f"{PAGE}test-event/")).text
    assert "The practice marketplace's notification was taken at http://127.0.0.1:8000/marketplace/azure/webhook" in text
    assert [each.went for each in shop.asked if each.path == WEBHOOK] == [401, 401, 200]
    assert item("Last test event").state is State.FINE
    assert MarketplaceEvent.objects.get().external_id == TEST_ID


def test_test_events_keep_one_row_and_are_no_last_notification(shop: InProcess) -> None:
    for _ in range(3):
        send_test_events()
    event = MarketplaceEvent.objects.get()
    assert (event.times, event.state) == (3, "unmatched")
    assert item("Last notification").value == "None has come yet."


def test_with_azure_itself_the_page_says_what_a_test_event_cannot_prove(shop: InProcess, settings: Any, desk: Client) -> None:
    settings.PRACTICE_MARKETPLACE = False
    text = read(desk.post(f"{PAGE}test-event/")).text
    assert "is reachable from this server and refuses forgeries. Azure Marketplace sends no notification on request" in text
    assert [each.went for each in shop.asked if each.path == WEBHOOK] == [401, 401]
    assert not MarketplaceEvent.objects.exists()
    assert "This is the practice marketplace." not in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (200, "Switch the webhook off"),
        (302, "answers with a redirect, which no marketplace follows"),
        (404, "something in front of the console answers in its place"),
        (500, "The log of this server tells more"),
        (503, "the signing keys cannot be had"),
    ],
)
def test_a_test_event_that_is_answered_wrongly_says_what_to_do(
    answer: int, words: str, shop: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post(url: str, **stated: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = answer
        response.raw = None
        response.close = lambda: None  # type: ignore[method-assign]
        return response

    monkeypatch.setattr(requests, "post", post)
    (trial,) = send_test_events()
    assert any(words in problem for problem in trial.problems)
    assert item("Last test event").state is State.WRONG


def test_a_test_event_to_an_address_nobody_answers_at_says_so(shop: InProcess, desk: Client) -> None:
    shop.reachable = False
    assert "could not be reached from this server: no answer (ConnectionError). Check CONSOLE_URL" in read(
        desk.post(f"{PAGE}test-event/")
    ).text.replace("\n", " ")


# --- What is noted while the connection is used


def forged(client: Client, token: str = "Bearer a.b.c") -> int:
    return client.post(WEBHOOK, {"id": "x"}, content_type="application/json", headers={"Authorization": token}).status_code


def test_a_thousand_forged_webhooks_leave_a_row_and_few_writes(shop: InProcess, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert {forged(client) for _ in range(1_000)} == {401}
    assert ConnectionNote.objects.count() == 1
    assert len(queries) < 20
    assert item("Refused in the last 24 hours").state is State.FINE


def test_made_up_key_ids_are_one_reason(shop: InProcess) -> None:
    for number in range(50):
        marketplace_health.forget_counts()
        note_refusal("azure", f"no key is published under its key id {number}")
    note = ConnectionNote.objects.get()
    assert (note.reason, note.times) == ("no key is published", 50)


def test_reasons_without_end_are_counted_together(shop: InProcess) -> None:
    for number in range(200):
        note_refusal("azure", f"reason {number}")
    assert ConnectionNote.objects.count() == marketplace_health.MOST_REASONS + 1
    assert ConnectionNote.objects.get(reason=marketplace_health.OTHER).times == 180


def test_what_comes_between_two_writes_is_counted_with_the_next(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        note_refusal("azure", "it has expired", genuine=True)
    assert ConnectionNote.objects.get().times == 1
    monkeypatch.setattr(marketplace_health, "EVERY", 0)
    marketplace_health._not_before.clear()
    note_refusal("azure", "it has expired", genuine=True)
    assert ConnectionNote.objects.get().times == 6


def test_notifications_for_somebody_else_point_to_the_settings(shop: InProcess) -> None:
    company, person = administrator()
    faults.misbehave(call="webhook", how="wrong-audience")
    happens(activated(person, company), "ChangeQuantity", quantity=300)
    refused = item("Refused in the last 24 hours")
    assert refused.state is State.LOOK
    assert "it is for somebody else (aud): 1" in refused.value
    assert "AZURE_CLIENT_ID" in refused.fix


def test_a_failed_call_is_noted_with_the_ids_that_microsofts_support_asks_for(shop: InProcess) -> None:
    faults.misbehave(call="list", how="status-403", times=2)
    with pytest.raises(MarketplaceError):
        list(marketplace_of("azure").purchases(correlation_id="c0ffee00-0000-4000-8000-000000000001"))
    failed = item("Last failed call")
    assert failed.state is State.WRONG
    assert "configuration" in failed.value
    assert "correlation c0ffee00-0000-4000-8000-000000000001." in failed.value
    assert "Test the connection" in failed.fix
    assert tried().fine
    assert item("Last failed call").state is State.FINE  # it works again


def test_answers_about_a_purchase_are_no_failures(shop: InProcess) -> None:
    with pytest.raises(MarketplaceError):
        marketplace_of("azure").purchase("7e57ab1e-0000-4000-8000-00000000dead")
    assert not ConnectionNote.objects.exists()


def test_noting_never_raises(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no database")

    monkeypatch.setattr(ConnectionNote.objects, "filter", broken)
    note_refusal("azure", "it has expired", genuine=True)
    note_failure("azure", MarketplaceError(Problem.UNAVAILABLE, "not reached"))


def test_notes_are_forgotten_in_time(db: None) -> None:
    note_refusal("azure", "it has expired", genuine=True)
    ConnectionNote.objects.update(last_at=timezone.now() - timedelta(days=settings.RETENTION_DAYS + 1))
    forget.func(timestamp=0)
    assert not ConnectionNote.objects.exists()


# --- The worker, jobs, purchases, mail


def test_no_worker_is_named(db: None) -> None:
    assert (item("Worker").state, item("Worker").value) == (State.WRONG, "None runs.")
    assert "manage.py work" in item("Worker").fix


def test_a_silent_worker_is_as_good_as_none(db: None) -> None:
    sign_of_life(timezone.now() - timedelta(minutes=3))
    assert item("Worker").state is State.WRONG
    sign_of_life(timezone.now())
    assert item("Worker").state is State.FINE
    assert ProcrastinateWorker.objects.count() == 2


def test_jobs_that_wait_too_long_and_jobs_that_failed_are_named(worker: None) -> None:
    now = timezone.now()
    assert item("Jobs that are due").value == "None waits."
    queue("licensing.look_again", "todo", now - timedelta(minutes=20))
    queue("console.send_mail", "failed", now - timedelta(hours=1))
    queue("console.send_mail", "failed", now - timedelta(days=9))
    assert "20 minutes ago" in item("Jobs that are due").value
    assert item("Jobs that are due").state is State.WRONG
    assert item("Jobs that failed in the last 24 hours").value == "console.send_mail: 1"


def test_jobs_that_people_wait_for_are_late_after_a_minute(worker: None) -> None:
    now = timezone.now()
    queue("licensing.look_again", "todo", now - timedelta(minutes=4))
    assert item("Jobs that are due").state is State.FINE
    queue("licensing.carry_on_activation", "todo", now - timedelta(seconds=90), lane="people")
    found = item("Jobs that are due")
    assert (found.state, "2 wait, the oldest since" in found.value) == (State.WRONG, True)
    assert "of those that people wait for 1, the oldest since" in found.value


def test_mail_that_waits_is_told_with_its_age(db: None) -> None:
    assert item("Mail that waits").value == "None."
    mail = queue_mail(to="ada@example.com", subject="Hello", text="Hello", purpose="notice")
    assert item("Mail that waits").state is State.FINE
    OutgoingMail.objects.filter(pk=mail.pk).update(created_at=timezone.now() - timedelta(minutes=20))
    assert (item("Mail that waits").state, "20 minutes ago" in item("Mail that waits").value) == (State.WRONG, True)
    OutgoingMail.objects.filter(pk=mail.pk).update(given_up_at=timezone.now())
    assert item("Mail that waits").value == "None."


def test_the_ledger_is_told_as_it_was_verified_last(db: None) -> None:
    assert (item("Ledger verified").value, item("Ledger verified").state) == ("Never yet.", State.LOOK)
    for hours, differences, state in ((30, 0, State.LOOK), (1, 0, State.FINE), (0, 2, State.WRONG)):
        at = timezone.now() - timedelta(hours=hours)
        LedgerVerification.objects.create(ended_at=at, seconds=1, companies=1, differences=differences)
        assert item("Ledger verified").state is state
    assert item("Ledger verified").value.endswith("2 differences")


def test_no_webhook_yet_says_where_to_look(shop: InProcess) -> None:
    assert item("Last notification").value == "None has come yet."
    assert "Partner Center" in item("Last notification").fix


def test_the_last_notification_is_told_with_its_answer(shop: InProcess) -> None:
    company, person = administrator()
    happens(activated(person, company), "Suspend")
    assert "Suspend, answered: 200, Applied" in item("Last notification").value


def test_unacknowledged_and_suspicious_events_are_counted_until_they_are_read(db: None) -> None:
    then = timezone.now() - timedelta(hours=2)
    of_all: dict[str, Any] = {"channel": "azure", "subscription_id_said": "s", "action": "suspend", "received_at": then}
    MarketplaceEvent.objects.create(external_id="1", done_at=then, to_settle=True, **of_all)
    event = MarketplaceEvent.objects.create(external_id="2", done_at=then, state="suspicious", **of_all)
    MarketplaceEvent.objects.create(external_id="3", **of_all)
    for label in ("Not acknowledged", "Suspicious, not read", "Received, not handled"):
        assert (item(label).value, item(label).state) == ("1", State.WRONG)
    MarketplaceEvent.objects.filter(external_id="3").update(read_at=timezone.now())
    assert item("Received, not handled").state is State.FINE
    event.read_at = timezone.now()
    event.save()
    assert item("Suspicious, not read").state is State.FINE


def test_a_plan_without_a_product_is_named(shop: InProcess) -> None:
    company, person = administrator()
    activated(person, company)
    assert item("Plans without a product").state is State.FINE
    MarketplacePlan.objects.all().delete()
    assert item("Plans without a product").value == "vision-credits / credits-12m"


def test_a_plan_that_was_asked_for_and_refused_is_named_too(shop: InProcess) -> None:
    company, person = administrator()
    subscription = activated(person, company)
    MarketplacePlan.objects.filter(plan_id="credits-36m").delete()
    happens(subscription, "ChangePlan", plan_id="credits-36m")
    assert item("Plans without a product").value == "vision-credits / credits-36m"


def test_a_quantity_outside_of_what_is_sold_is_counted(shop: InProcess) -> None:
    company, person = administrator()
    subscription = activated(person, company)
    assert item("Quantities that no offer allows").state is State.FINE
    for units in (2, 1_000_001):
        Subscription.objects.filter(pk=subscription.pk).update(units=units)
        assert item("Quantities that no offer allows").state is State.LOOK


def test_activations_that_nobody_is_at_or_that_failed_are_counted(shop: InProcess) -> None:
    company, person = administrator()
    stuck, failed = found(buy(), person), found(buy(), person)
    long_ago = timezone.now() - timedelta(hours=2)
    Activation.objects.filter(pk=stuck.pk).update(state="activating", company=company, due_at=long_ago, confirmed_at=long_ago)
    Activation.objects.filter(pk=failed.pk).update(state="failed", company=company, problem="The marketplace refused")
    assert item("Activations nobody is at").state is State.WRONG
    assert item("Activations under way for over an hour").value == "1"
    assert item("Activations that need support").value == "1"


@pytest.mark.parametrize(
    ("run", "state"),
    [
        ({"finished": True}, State.FINE),
        ({"finished": True, "problem": "configuration: no"}, State.WRONG),
        ({"finished": True, "hours": 30}, State.WRONG),
        ({"finished": False, "hours": 3}, State.WRONG),
    ],
)
def test_the_last_comparison_is_judged(run: dict[str, Any], state: State, db: None) -> None:
    assert item("Last comparison").state is State.LOOK  # none yet
    now = timezone.now()
    started = now - timedelta(hours=run.get("hours", 1))
    Reconciliation.objects.create(
        channel="azure", started_at=started, finished_at=now if run["finished"] else None, problem=run.get("problem", "")
    )
    Reconciliation.objects.create(channel="azure", external_id="one", started_at=now, problem="of one subscription only")
    assert item("Last comparison").state is state


def test_open_differences_ask_for_attention_until_they_are_read(db: None) -> None:
    now = timezone.now()
    of_all: dict[str, Any] = {"channel": "azure", "external_id": "s", "found_at": now, "seen_at": now}
    row = Difference.objects.create(kind="quantity", problem="Ask", **of_all)
    Difference.objects.create(kind="not-configured", problem="The buyer has to configure it.", **of_all)
    Difference.objects.create(kind="status", mended_at=now, **of_all)
    assert (item("Open differences").value, item("Open differences").state) == ("1, of these 1 not read.", State.LOOK)
    row.read_at = now
    row.save()
    assert item("Open differences").state is State.FINE


def test_mail_that_was_given_up_is_counted(db: None) -> None:
    now = timezone.now()
    OutgoingMail.objects.create(to="a@b.example", subject="S", purpose="notice", created_at=now, given_up_at=now)
    assert item("Given up in the last 24 hours").state is State.LOOK


# --- The page


def test_the_index_links_to_the_page_and_says_that_something_is_wrong(db: None, desk: Client) -> None:
    page = read(desk.get("/admin/"))
    assert "need attention" in page.text
    assert PAGE in desk.get("/admin/").content.decode()


def test_the_page_says_that_this_is_practice(desk: Client) -> None:
    assert "This is the practice marketplace." in read(desk.get(PAGE)).text


def test_the_addresses_to_enter_in_partner_center_are_shown(desk: Client, settings: Any) -> None:
    settings.CONSOLE_URL = "https://allotment.example.com"
    text = read(desk.get(PAGE)).text
    assert "https://allotment.example.com/marketplace/azure/landing" in text
    assert "https://allotment.example.com/marketplace/azure/webhook" in text


def test_nothing_secret_is_shown(shop: InProcess, settings: Any, desk: Client) -> None:
    settings.AZURE_CLIENT_SECRETS = ["canary-secret-one", settings.PRACTICE_CLIENT_SECRET]
    for _ in range(2):
        pages = [
            desk.post(f"{PAGE}test-connection/"),
            desk.post(f"{PAGE}test-event/"),
            desk.get(PAGE),
            desk.get(reverse("admin:licensing_connectionnote_changelist")),
        ]
        for each in pages:
            shown = each.content.decode()
            assert "canary-secret" not in shown
            assert f'"{settings.PRACTICE_CLIENT_SECRET}"' not in shown
            assert settings.SECRET_KEY not in shown
            assert "eyJ" not in shown  # no token of any kind
            assert " style=" not in shown
        settings.AZURE_CLIENT_SECRETS = ["canary-secret-two"]


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}test-connection/", f"{PAGE}test-event/"])
def test_the_page_is_for_staff_alone(address: str, shop: InProcess) -> None:
    ask = Client.get if address == PAGE else Client.post
    assert ask(Client(), address).status_code == 302
    customer = Client()
    customer.force_login(make_user(company=make_company(), roles=["owner"]))
    assert ask(customer, address, follow=True).status_code == 403
    staff = make_user(is_staff=True, staff_roles=["customers"])
    looking = Client()
    looking.force_login(staff)
    assert ask(looking, address).status_code == (200 if address == PAGE else 403)
    User.objects.filter(pk=staff.pk).update(staff_roles=["marketplaces"])
    assert ask(looking, address).status_code == 200
    assert Client().get(address).status_code == 302
    User.objects.filter(pk=staff.pk).update(is_active=False)
    assert ask(looking, address).status_code == 302


def test_looking_is_not_testing(shop: InProcess, desk: Client) -> None:
    for address in (f"{PAGE}test-connection/", f"{PAGE}test-event/"):
        assert desk.get(address).status_code == 405
    assert desk.post(PAGE).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_user(is_staff=True, is_superuser=True))
    assert strict.post(f"{PAGE}test-connection/").status_code == 403
    assert shop.asked == []


def test_the_page_costs_the_same_queries_whatever_there_is_to_tell(shop: InProcess, desk: Client) -> None:
    desk.get(PAGE)
    with CaptureQueriesContext(connection) as nothing:
        desk.get(PAGE)
    company, person = administrator()
    for number in range(5):
        happens(activated(person, company), "Suspend")
        note_refusal("azure", f"reason {number}")
        queue("licensing.look_again", "todo", timezone.now())
        queue(f"task.{number}", "failed", timezone.now())
    MarketplacePlan.objects.all().delete()
    assert Subscription.objects.count() == 5
    with CaptureQueriesContext(connection) as much:
        desk.get(PAGE)
    assert len(much) == len(nothing) <= 24


# --- What is over


def failed(call: Callable[[Any], Any], how: str, name: str) -> None:
    faults.misbehave(call=name, how=how, times=3)
    with pytest.raises(MarketplaceError):
        call(marketplace_of("azure"))
    faults.behave()


def test_a_failed_call_is_over_once_another_of_its_kind_came_to_something(shop: InProcess) -> None:
    company, person = administrator()
    subscription = activated(person, company)
    for how, name in (("status-403", "list"), ("status-503", "list")):
        failed(lambda source: list(source.purchases()), how, name)
        assert item("Last failed call").state is not State.FINE
    refreshed(subscription)
    assert item("Last failed call").state is State.FINE
    assert "unavailable" in item("Last failed call").value  # it is told all the same


def test_reading_well_says_nothing_of_a_call_that_activates(shop: InProcess) -> None:
    company, person = administrator()
    subscription = activated(person, company)
    failed(lambda source: source.activate(subscription.purchase), "status-503", "activate")
    refreshed(subscription)
    assert item("Last failed call").state is State.LOOK
    activated(person, company)
    assert item("Last failed call").state is State.FINE


def test_a_fault_that_is_over_does_not_hide_one_that_stands(shop: InProcess) -> None:
    company, person = administrator()
    subscription = activated(person, company)
    failed(lambda source: source.activate(subscription.purchase), "status-403", "activate")
    failed(lambda source: source.purchase(subscription.external_id), "status-503", "get")
    refreshed(subscription)
    assert item("Last failed call").state is State.WRONG
    assert "does not know us" in item("Last failed call").fix


def test_a_test_with_other_settings_says_nothing_of_these(shop: InProcess, settings: Any) -> None:
    right = settings.AZURE_CLIENT_SECRETS
    settings.AZURE_CLIENT_SECRETS = ["not-the-secret"]  # as an operator who tries a secret at a terminal
    with pytest.raises(CommandError):
        call_command("check_marketplace", "--event", stdout=StringIO())
    assert item("Last test").state is State.WRONG
    settings.AZURE_CLIENT_SECRETS = right
    assert (item("Last test").state, item("Last test event").state) == (State.FINE, State.FINE)
    assert "Never tested by hand with these settings" in item("Last test").value
    assert tried().fine
    assert "all was well" in item("Last test").value


def test_purchases_that_the_marketplace_does_not_find_are_counted(shop: InProcess, desk: Client) -> None:
    label = "Activations whose purchase the marketplace does not find"
    activation = begun()
    assert item(label).state is State.FINE
    faults.misbehave(call="get", how="status-404")
    passes(activation)
    assert (item(label).value, item(label).state) == ("1", State.LOOK)
    listed = read(desk.get(reverse("admin:licensing_activation_changelist") + "?missed=yes"))
    assert str(activation) in listed.text
    page = desk.get(reverse("admin:licensing_activation_change", args=[activation.pk])).content.decode()
    assert "Not found at the marketplace" in page
