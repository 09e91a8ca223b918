"""Support's list: what a look finds, that it ends by itself and comes anew unread, and that it costs the same at every size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console.company_in_hand import for_all
from console.errors import Refused
from console.mail.queueing import queue_mail
from console.models import Act, Actor, LedgerVerification, OutgoingMail
from credits.models import DeskItem, DeskLook
from credits.queues import of_health
from credits.queues.found import Found
from credits.queues.look import keep, look
from credits.queues.mark_item_read import mark_item_read
from credits.queues.to_do import queues_and_first
from credits.queues.words import LOOKS, told
from licensing.acts.companies.report_figure import report_figure
from licensing.acts.renew import renew_order
from licensing.health.items import Item, Section, State
from licensing.health.marketplace_report import Report
from licensing.models import Activation, Difference, MarketplaceEvent
from licensing.purchases.for_support.list_for_support import Found as FoundDifference
from licensing.purchases.for_support.list_for_support import keep_list
from tests.activations import begun
from tests.factories import SYSTEM, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.markup import read
from tests.pages import browser_of
from tests.purchases import activated, administrator

pytestmark = pytest.mark.django_db

Kind = DeskItem.Kind


@pytest.fixture
def desk() -> Client:
    return browser_of(make_user(is_staff=True, is_superuser=True, name="Sam Rivers"))


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """The health of the console: nothing to tell, unless a test adds to it."""
    items: list[Item] = []
    monkeypatch.setattr(of_health, "health_report", lambda now: Report([Section("Mail", items)]))
    return items


def looked(kind: str = "") -> list[DeskItem]:
    with for_all("a look, as the job does"):
        look(timezone.now())
    rows = DeskItem.objects.to_do()
    return list((rows.filter(kind=kind) if kind else rows).order_by("rank", "since", "id"))


def said(item: DeskItem) -> str:
    words = told(item, timezone.now())
    return f"{words.what}. {words.why}"


def by_support() -> Actor:
    return Actor.person(make_user(is_staff=True, name="Sam Rivers"))


# --- What is found


def test_a_balance_below_zero_is_found_with_its_day_and_ends_with_it(well: Any) -> None:
    company, line = make_company(name="Borealis"), make_feature().lines.get()
    today = company.day_of(timezone.now())
    allocate(company, line, 10_150, today=today, on=today - timedelta(days=3), reason="agreed")
    make_license(company=make_company(), today=today)
    (found,) = looked(Kind.BELOW_ZERO)
    assert found.company == company
    assert found.facts == {"shortfall": 10_150, "day": str(today - timedelta(days=3))}
    assert said(found).startswith("Balance \N{MINUS SIGN}10,150.")
    allocate(company, line, 0, today=today)
    assert looked(Kind.BELOW_ZERO) == []
    found.refresh_from_db()
    assert found.ended_at is not None


def test_what_expires_within_30_days_is_found_and_what_is_renewed_says_that_nothing_falls(well: Any) -> None:
    company = make_company()
    today = company.day_of(timezone.now())
    end = today + timedelta(days=18)
    kept = make_license(company=company, units=60_000, term_ends_on=end - timedelta(days=1), today=today)
    make_license(company=make_company(), units=5, term_ends_on=today + timedelta(days=40), today=today)
    (found,) = looked(Kind.EXPIRING)
    assert (found.facts["credits"], found.facts["falls"], found.rank) == (60_000, 60_000, 50)
    renew_order(kept.order, by=SYSTEM, key=new_key(), today=today)
    (again,) = looked(Kind.EXPIRING)
    assert again.pk == found.pk
    assert (again.facts["falls"], again.rank) == (0, 90)
    assert "nothing falls" in said(again)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"due_at": timedelta(hours=-1)}, "Nobody is at it"),
        ({"due_at": timedelta(minutes=1), "confirmed_at": timedelta(hours=-3)}, "has not confirmed it"),
    ],
)
def test_an_activation_that_does_not_go_on_is_found(shop: Any, well: Any, state: dict[str, timedelta], words: str) -> None:
    row = begun()
    assert looked(Kind.STUCK) == []
    Activation.objects.filter(pk=row.pk).update(**{name: timezone.now() + shift for name, shift in state.items()})
    (found,) = looked(Kind.STUCK)
    assert found.company == row.company
    assert words in said(found)


def test_an_activation_that_was_given_back_with_a_problem_is_found_until_it_is_pressed_again(shop: Any, well: Any) -> None:
    row = begun()
    said_to_them = "The marketplace could not be reached. We have been told; try again later."
    Activation.objects.filter(pk=row.pk).update(state=Activation.State.FOUND, problem=said_to_them)
    (found,) = looked(Kind.STUCK)
    assert said_to_them in said(found)
    Activation.objects.filter(pk=row.pk).update(problem="")
    assert looked(Kind.STUCK) == []


def test_differences_and_suspicious_notifications_are_found_until_somebody_has_read_them(shop: Any, well: Any) -> None:
    company, person = administrator()
    purchase = activated(person, company)
    keep_list(purchase, [FoundDifference(Difference.Kind.PLAN, "theirs", "ours", "a person has to look")])
    MarketplaceEvent.objects.create(
        channel="azure", external_id="op", subscription=purchase, action="suspend", state="suspicious", received_at=timezone.now()
    )
    assert [each.kind for each in looked()] == [Kind.ATTENTION, Kind.DIFFERENCE]
    Difference.objects.update(read_at=timezone.now())
    MarketplaceEvent.objects.update(read_at=timezone.now())
    assert looked() == []


def test_a_given_up_mail_is_found_until_a_later_one_arrives(well: Any) -> None:
    now = timezone.now()
    mail = queue_mail(to="owner@borealis.example", subject="Digest", text="-", purpose=OutgoingMail.Purpose.DIGEST)
    OutgoingMail.objects.filter(pk=mail.pk).update(given_up_at=now, problem="550 no such mailbox")
    (found,) = looked(Kind.FAILED)
    assert "owner@borealis.example was not sent. 550 no such mailbox" in said(found)
    later = queue_mail(to="owner@borealis.example", subject="Digest", text="-", purpose=OutgoingMail.Purpose.DIGEST)
    OutgoingMail.objects.filter(pk=later.pk).update(sent_at=now + timedelta(hours=1))
    assert looked(Kind.FAILED) == []


def failed_job(task: str, arguments: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts) "
            "VALUES ('default', %s, %s::jsonb, 'failed', 3) RETURNING id",
            [task, arguments],
        )
        (job,) = cursor.fetchone()
        cursor.execute("INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'failed', now())", [job])


def test_a_failed_job_of_the_hour_is_over_once_a_later_one_succeeded(well: Any) -> None:
    failed_job("credits.send_digests", '{"timestamp": 1000}')
    failed_job("credits.send_digests", '{"timestamp": 2000}')
    (found,) = looked(Kind.FAILED)
    assert found.facts["times"] == 2
    with connection.cursor() as cursor:  # the worker has deleted the job that succeeded; the note of its hour is left
        cursor.execute(
            "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, job_id, periodic_id) "
            "VALUES ('credits.send_digests', 3000, NULL, '')"
        )
    assert looked(Kind.FAILED) == []


def test_a_reported_figure_stays_until_somebody_marks_it_read(well: Any, settings: Any) -> None:
    settings.SUPPORT_CONTACT = "support@vendor.example"
    company = make_company()
    person = make_user(company=company, roles=["viewer"], name="Emil Brandt")
    facts: dict[str, Any] = {"page": "/", "day": company.day_of(timezone.now()), "seen_at": timezone.now()}
    by = Actor.person(person)
    report_figure(company, **facts, figure="current-balance", words="It was more yesterday.", by=by, key=new_key())
    (found,) = looked(Kind.REPORT)
    assert said(found) == "Emil Brandt questions current balance. It was more yesterday."
    way, asked = urlsplit(told(found, timezone.now()).url), Act.objects.get(name="figure.report")
    assert way.path == reverse("desk:view-as", args=[company.slug])
    query = {"page": "/", "on": str(facts["day"]), "purpose": "report", "case": asked.case_number}
    found_there = dict(parse_qsl(way.query))
    assert datetime.fromisoformat(found_there.pop("known")) == facts["seen_at"]
    assert found_there == query
    mark_item_read(found, words="Explained by mail", by=by_support(), key=new_key())
    assert looked(Kind.REPORT) == []


def test_a_ledger_that_is_wrong_comes_first(well: list[Item]) -> None:
    LedgerVerification.objects.create(ended_at=timezone.now(), seconds=1, companies=1, differences=2, first="license 1")
    well.append(Item("Mail that waits", "7", State.WRONG, "Check EMAIL_URL."))
    first, second = looked()
    assert said(first) == "The ledger is wrong in 2 places. license 1"
    assert second.kind == Kind.HEALTH


# --- The list


def test_looking_twice_writes_each_thing_once_and_keeps_since_when(well: list[Item]) -> None:
    well.append(Item("Worker", "None runs.", State.WRONG, "Start it."))
    (first,) = looked()
    (again,) = looked()
    assert (again.pk, again.since, again.found_at) == (first.pk, first.since, first.found_at)
    assert DeskLook.objects.count() == 1


def test_what_comes_anew_is_unread_again(well: list[Item]) -> None:
    well.append(Item("Worker", "None runs.", State.WRONG, "Start it."))
    (first,) = looked()
    mark_item_read(first, words="Being replaced", by=by_support(), key=new_key())
    assert looked() == []
    assert DeskItem.objects.standing().count() == 1
    kept = well.pop()
    assert looked() == []
    assert DeskItem.objects.standing().count() == 0
    well.append(kept)
    (again,) = looked()
    assert again.pk != first.pk
    assert again.read_act is None


def test_who_marked_it_read_stands_in_the_journal_and_the_second_is_refused(well: list[Item]) -> None:
    well.append(Item("Worker", "None runs.", State.WRONG, "Start it."))
    (item,) = looked()
    by, key = by_support(), new_key()
    with pytest.raises(Refused, match="few words"):
        mark_item_read(item, words=" ", by=by, key=new_key())
    row = mark_item_read(item, words="Being replaced", by=by, key=key)
    assert mark_item_read(item, words="Being replaced", by=by, key=key).pk == row.pk
    act = Act.objects.get(name="desk.read")
    assert (act.actor, act.reason, act.company_id, row.read_act) == (by.user, "Being replaced", None, act)
    with pytest.raises(Refused, match="already"):
        mark_item_read(item, words="Me too", by=by_support(), key=new_key())


# --- Pages


def test_the_first_page_shows_counts_the_next_step_and_when_the_list_was_made(desk: Client, well: Any) -> None:
    page = read(desk.get(reverse("desk:home")))
    assert "Nobody has looked yet" in page.text
    assert "Nothing has to be done" not in page.text, "what nobody looked for is not known to be well"
    assert "No company is below zero today" not in page.text
    company, line = make_company(name="Borealis"), make_feature().lines.get()
    allocate(company, line, 10_150, today=company.day_of(timezone.now()))
    page = read(desk.post(reverse("desk:look"), follow=True))
    assert "As of " in page.text
    assert "Borealis: Balance \N{MINUS SIGN}10,150" in page.text
    assert reverse("desk:company", args=[company.slug]) in [each["href"] for each in page.all("a", href="*")]
    assert all(str(looks.empty) in page.text for kind, looks in LOOKS.items() if kind != Kind.BELOW_ZERO)


def test_a_thing_is_marked_read_on_its_page(desk: Client, well: list[Item]) -> None:
    well.append(Item("Worker", "None runs.", State.WRONG, "Start it."))
    (item,) = looked()
    address = reverse("desk:item", args=[item.pk])
    assert "Start it." in read(desk.get(address)).text
    form = {"key": new_key(), "words": ""}
    assert desk.post(address, form).status_code == 422
    assert desk.post(address, {**form, "words": "Being replaced"}).status_code == 302
    assert "Marked read by Sam Rivers: Being replaced" in read(desk.get(reverse("desk:to-do", query={"show": "read"}))).text
    assert "Being replaced" in read(desk.get(address)).text


def test_health_tells_what_is_wrong_and_who_knows_of_it(desk: Client) -> None:
    LedgerVerification.objects.create(ended_at=timezone.now(), seconds=1, companies=1, differences=2, first="license 1")
    page = read(desk.get(reverse("desk:health")))
    assert "Ledger: Ledger verified" in page.text
    subject = "wrong:ledger:ledger-verified"
    led = desk.post(reverse("desk:health"), {"subject": subject})
    item = DeskItem.objects.standing().get(subject=subject)
    assert led["Location"] == reverse("desk:item", args=[item.pk])
    desk.post(led["Location"], {"key": new_key(), "words": "Restored from the dump"})
    assert "Marked read by Sam Rivers: Restored from the dump" in read(desk.get(reverse("desk:health"))).text
    assert "it is well by now" in read(desk.post(reverse("desk:health"), {"subject": "wrong:x:y"}, follow=True)).text


def test_health_tells_when_the_last_backup_was(desk: Client) -> None:
    assert "None was heard of" in read(desk.get(reverse("desk:health"))).text
    with for_all("a command"):
        call_command("note_backup", "dump")
    assert "0 seconds ago: dump" in read(desk.get(reverse("desk:health"))).text


@pytest.mark.parametrize("name", ["home", "to-do", "health"])
def test_customers_find_nothing_and_strangers_are_led_to_sign_in(name: str) -> None:
    address = reverse(f"desk:{name}")
    assert browser_of(make_user(company=make_company(), roles=["owner"])).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_who_looks_only_marks_nothing_read(well: list[Item]) -> None:
    well.append(Item("Worker", "None runs.", State.WRONG, "Start it."))
    (item,) = looked()
    looks = browser_of(make_user(is_staff=True, staff_roles=[]))
    assert looks.get(reverse("desk:item", args=[item.pk])).status_code == 200
    assert looks.post(reverse("desk:item", args=[item.pk]), {"key": new_key(), "words": "x"}).status_code == 403
    assert looks.post(reverse("desk:look")).status_code == 302


# --- What it costs


def many(number: int) -> None:
    """So many things of each kind that names no row."""
    now = timezone.now()
    facts: dict[str, Any] = {"label": "x", "value": "y", "fix": "z"}
    rows = [Found(Kind.HEALTH, f"look:{n}", 45, now - timedelta(minutes=n), None, facts) for n in range(number)]
    keep(rows, [Kind.HEALTH], now)


def statements_of(ask: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as asked:
        ask()
    return len([each for each in asked.captured_queries if "SAVEPOINT" not in each["sql"]])


@pytest.mark.parametrize(("name", "most"), [("home", 10), ("to-do", 8)])
def test_a_page_costs_the_same_with_ten_things_and_ten_thousand(desk: Client, name: str, most: int) -> None:
    many(10)
    address = reverse(f"desk:{name}")
    desk.get(address)
    few = statements_of(lambda: desk.get(address))
    many(10_000)
    assert statements_of(lambda: desk.get(address)) == few <= most
    queues, urgent = queues_and_first(8)
    assert {each.kind: each.number for each in queues}[Kind.HEALTH] == 10_000
    assert len(urgent) == 8


def test_a_look_costs_the_same_however_many_companies_are_below_zero(well: Any) -> None:
    line = make_feature().lines.get()

    def below_zero(number: int) -> None:
        for _ in range(number):
            company = make_company()
            allocate(company, line, 5, today=company.day_of(timezone.now()))
            make_license(company=company, units=3, today=company.day_of(timezone.now()))

    below_zero(2)
    few = statements_of(looked)
    below_zero(6)
    assert statements_of(looked) == few
    assert DeskItem.objects.to_do().filter(kind=Kind.BELOW_ZERO).count() == 8
