"""`/metrics`: who may ask, what it tells, and that it tells of all processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from console.jobs import alarm
from console.mail.queueing import queue_mail
from console.metrics import counted, kept
from console.models import LedgerVerification, OutgoingMail
from credits.tasks import verify_ledger
from licensing.models import MarketplaceEvent
from licensing.queueing import CARRY_ON_ACTIVATION, after_commit
from tests.factories import make_company, make_user

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "operations" / "metrics.md"
RULES = DOCUMENT.with_name("alerts.yml")
TOKEN = "0123456789abcdef01234567"

Values = dict[str, float]


def asked(**more: Any) -> Any:
    return Client().get("/metrics", **more)


def told() -> Values:
    """Each value by its name and labels, as Prometheus writes them."""
    answer = asked()
    assert answer.status_code == 200
    return {
        each.name + "".join(f"{{{name}={value}}}" for name, value in sorted(each.labels.items())): each.value
        for family in text_string_to_metric_families(answer.content.decode())
        for each in family.samples
    }


# --- Who may ask


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_who_is_on_this_machine_may_ask(address: str) -> None:
    assert asked(REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize("address", ["203.0.113.7", "10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "", "unknown", "169.254.0.1"])
def test_who_is_not_may_not(address: str) -> None:
    answer = asked(REMOTE_ADDR=address)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert "allotment_" not in answer.content.decode()


@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": ""},
        {"X-Forwarded-Proto": "https"},
        {"X-Real-IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"X-Forwarded-Host": "localhost"},
    ],
    ids=str,
)
def test_nobody_may_by_way_of_a_proxy_whatever_is_claimed(header: dict[str, str]) -> None:
    assert asked(headers={**header, "host": "localhost"}, REMOTE_ADDR="127.0.0.1").status_code == 401


@pytest.mark.django_db
def test_the_token_opens_from_everywhere_and_nothing_else_does(settings: Any) -> None:
    elsewhere: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.7"}
    assert asked(headers={"Authorization": "Bearer "}, **elsewhere).status_code == 401  # none is set
    settings.METRICS_TOKEN = TOKEN
    for wrong in ("", "Bearer", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"):
        assert asked(headers={"Authorization": wrong}, **elsewhere).status_code == 401
    through_a_proxy = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.7"}
    assert asked(headers=through_a_proxy, **elsewhere).status_code == 200


@pytest.mark.django_db
def test_where_a_token_is_set_who_is_on_this_machine_needs_it_too(settings: Any) -> None:
    """A tunnel that sets no header looks the same."""
    settings.METRICS_TOKEN = TOKEN
    assert asked(REMOTE_ADDR="127.0.0.1").status_code == 401
    assert asked(REMOTE_ADDR="127.0.0.1", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


# --- What is told


@pytest.fixture
def nothing_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm, "_told", {})


@pytest.mark.django_db
def test_requests_statements_and_failures_are_counted(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    before = told()
    client = Client()
    client.force_login(make_user(company=make_company(), roles=["viewer"]))
    client.get("/companies/")
    client.generic("MADE-UP", "/healthz")
    Client().post(reverse("account_login"), {"login": "nobody@example.com", "password": "wrong"})
    after = told()

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert more("allotment_requests_total{method=GET}{route=licensing:companies}{status=200}") == 1
    assert more("allotment_request_seconds_count{route=licensing:companies}") == 1
    assert more("allotment_requests_total{method=other}{route=healthz}{status=405}") == 1
    assert more("allotment_sql_statements_total{by=request}") >= 3
    assert more("allotment_sign_in_failures_total{with=password}") == 1
    assert "MADE-UP" not in str(after)


@pytest.mark.django_db(transaction=True)
def test_an_act_is_counted_with_its_commit() -> None:
    name = "allotment_acts_total{act=company.register}"
    before = told().get(name, 0)
    from console.models import Actor
    from licensing.acts.companies.register_company import register_company

    register_company(name="Meridian", slug="meridian", business_id="M-1", time_zone="UTC", by=Actor.system("test"), key="once")
    assert told()[name] == before + 1


@pytest.mark.django_db
@pytest.mark.usefixtures("nothing_told_before")
def test_what_waits_is_told_with_its_age_and_raises_the_alarm_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    after_commit(CARRY_ON_ACTIVATION, activation="a")
    after_commit(CARRY_ON_ACTIVATION, after=600, activation="later")
    mail = queue_mail(to="ada@example.com", subject="Canary", text="", purpose="notice")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '90 seconds'")
    OutgoingMail.objects.filter(pk=mail.pk).update(created_at=timezone.now() - timedelta(minutes=20))
    found = told()
    assert found["allotment_jobs_due{lane=people}"] == 1
    assert 90 <= found["allotment_oldest_job_seconds{lane=people}"] < 150
    assert 90 <= found["allotment_oldest_job_seconds{lane=rest}"] < 150
    assert found["allotment_oldest_job_seconds{lane=post}"] == 0
    assert found["allotment_jobs{state=todo}"] == 3
    assert found["allotment_mails_waiting"] == 1
    assert 1200 <= found["allotment_oldest_mail_seconds"] < 1260
    told()  # the same is not said again at once
    said = [(each.getMessage(), each.fields) for each in caplog.records if each.name == "allotment.alarm"]  # type: ignore[attr-defined]
    assert [(words.partition(":")[0], each["lane"], each["waiting"]) for words, each in said] == [
        ("jobs wait too long", "people", 1),
        ("mails wait too long", "mail", 1),
    ]
    assert "ada" not in caplog.text


@pytest.mark.django_db
def test_the_inbox_lags_by_what_is_neither_handled_nor_acknowledged() -> None:
    assert told()["allotment_inbox_lag_seconds"] == 0
    then = timezone.now() - timedelta(minutes=10)
    of_all: dict[str, Any] = {"channel": "azure", "subscription_id_said": "s", "action": "suspend", "received_at": then}
    MarketplaceEvent.objects.create(external_id="1", done_at=then, **of_all)
    assert told()["allotment_inbox_lag_seconds"] == 0
    event = MarketplaceEvent.objects.create(external_id="2", **of_all)
    assert told()["allotment_inbox_lag_seconds"] >= 600
    MarketplaceEvent.objects.filter(pk=event.pk).update(read_at=timezone.now())
    assert told()["allotment_inbox_lag_seconds"] == 0
    MarketplaceEvent.objects.create(external_id="3", done_at=then, to_settle=True, **of_all)
    assert told()["allotment_inbox_lag_seconds"] >= 600


@pytest.mark.django_db
def test_the_ledger_is_told_as_it_was_verified_last() -> None:
    assert told()["allotment_ledger_verified_timestamp_seconds"] == 0
    make_company()
    verify_ledger.func(timestamp=0)
    found = told()
    assert timezone.now().timestamp() - found["allotment_ledger_verified_timestamp_seconds"] < 60
    assert found["allotment_ledger_differences"] == 0
    assert LedgerVerification.objects.get().companies == 1
    LedgerVerification.objects.create(ended_at=timezone.now(), seconds=1, companies=1, differences=3, first="Canary")
    assert told()["allotment_ledger_differences"] == 3
    assert "Canary" not in asked().content.decode()


@pytest.mark.django_db
def test_asking_costs_seven_statements_whatever_there_is(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _time in range(2):
        with django_assert_num_queries(7):
            asked()
        queue_mail(to="ada@example.com", subject="", text="", purpose="notice")


@pytest.mark.django_db
def test_a_database_that_is_away_is_told_and_what_was_counted_still_stands() -> None:
    def away(*args: Any) -> Any:
        raise OperationalError

    with connection.execute_wrapper(away):
        found = told()
    assert found["allotment_database_up"] == 0
    assert any(name.startswith("allotment_requests_total") for name in found)
    assert "allotment_mails_waiting" not in found
    assert told()["allotment_database_up"] == 1


def names_told() -> set[str]:
    families = [*counted.IN_PROCESS.collect()]
    text = asked().content.decode()
    return {each.name for each in families} | {each.name for each in text_string_to_metric_families(text)}


@pytest.mark.django_db
def test_every_metric_is_documented_and_every_alert_asks_one_that_exists() -> None:
    verify_ledger.func(timestamp=0)
    documented = set(re.findall(r"^\| `(allotment_\w+)`", DOCUMENT.read_text(), re.MULTILINE))
    families = {name.removesuffix("_total") for name in documented}
    assert families == {name.removesuffix("_total") for name in names_told()}
    asks = set(re.findall(r"\ballotment_\w+", RULES.read_text()))
    assert asks
    known = documented | {f"{name}_{end}" for name in documented for end in ("bucket", "sum", "count")}
    assert asks <= known
    for alert in re.findall(r"- alert: (\w+)", RULES.read_text()):
        assert f"`{alert}`" in DOCUMENT.read_text(), f"{alert} does not say what to do"


# --- Of all processes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "metrics").mkdir(mode=0o700)
    return tmp_path / "metrics"


def count(folder: Path, pid: int, value: float, kind: str = "counter") -> Path:
    path = folder / f"{kind}_{pid}.db"
    file = MmapedDict(str(path))
    file.write_value(mmap_key("allotment_x", "allotment_x_total", ["a"], ["b"], "X."), value, 0.0)
    file.close()
    return path


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def total(folder: Path) -> float:
    from prometheus_client.multiprocess import MultiProcessCollector

    with kept.held(folder):
        families = list(MultiProcessCollector.merge(kept.files_of(folder)))
    return sum(each.value for family in families for each in family.samples)


def test_what_processes_counted_stays_counted_when_they_end_and_leaves_one_file(folder: Path, ended: int) -> None:
    living = count(folder, os.getpid(), 5)
    for value in (3, 4):
        gone = count(folder, ended, value)
        before = total(folder)
        assert not gone.exists()
        assert total(folder) == before
    assert before == 5 + 3 + 4
    assert {path.name for path in folder.glob("*.db")} == {living.name, "counter_0.db"}


def test_a_gauge_of_a_process_that_has_ended_ends_with_it(folder: Path, ended: int) -> None:
    gone = count(folder, ended, 1, kind="gauge_livesum")
    assert total(folder) == 0
    assert not gone.exists()


def test_counts_are_kept_only_in_a_folder_of_ours_alone(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/elsewhere")
    settings.METRICS_DIR = str(tmp_path / "new")
    assert kept.keep_in_folder() == tmp_path / "new"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "led").symlink_to(tmp_path / "new")
    (tmp_path / "file").touch()
    for name in ("open", "led", "file"):
        settings.METRICS_DIR = str(tmp_path / name)
        assert kept.keep_in_folder() is None
        assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
