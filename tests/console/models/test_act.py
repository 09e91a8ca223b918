"""The journal: an act happens once per key, at an instant after all before it, or leaves no trace."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from console.company_in_hand import as_act
from console.errors import Conflict, KeyUsedForSomethingElse, Refused
from console.models import Act, Actor, recording_at
from credits.acts.set_allocation import set_allocation
from credits.models import AllocationEntry, AllocationStatement
from licensing.acts.activate import activate_order
from licensing.acts.state.cancel import cancel_order
from licensing.models import Company, License, LicenseEntry, LicenseStatement
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_order, make_user, new_key

pytestmark = pytest.mark.django_db


@as_act
def act_of(company: Company, *, name: str = "test.act", key: str | None = None, by: Actor = SYSTEM, **stated: Any) -> Act:
    """A whole act that only writes its row."""
    return Act.begin(name, scope=company, key=key or new_key(), by=by, stated=stated).finish()


def number_of_rows() -> dict[str, int]:
    facts = (Act, License, LicenseStatement, LicenseEntry, AllocationStatement, AllocationEntry)
    return {model.__name__: model._default_manager.count() for model in facts}


def clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


# Keys


def test_the_same_key_returns_the_first_result_and_writes_nothing() -> None:
    company, order, key = make_company(), make_order(), new_key()
    first = activate_order(order, company=company, today=TODAY, by=SYSTEM, key=key)
    written = number_of_rows()
    assert activate_order(order, company=company, today=TODAY, by=SYSTEM, key=key) == first
    assert number_of_rows() == written


def test_the_same_key_returns_the_first_result_on_a_later_day_and_to_somebody_else() -> None:
    company, line, key = make_company(), make_feature(rates=["0.2"]).lines.get(), new_key()
    request: dict[str, Any] = {"feature": line.feature, "units": {line.pk: 61}, "key": key, "below_zero_confirmed": True}
    owner, manager = (Actor.person(make_user(company=company, roles=[role])) for role in ("owner", "credit-manager"))
    first = set_allocation(company, today=TODAY, by=owner, **request)
    written = number_of_rows()
    again = set_allocation(company, today=TODAY + timedelta(days=3), by=manager, **request)
    assert again == first
    assert (again.day, again.change) == (TODAY, 13)
    assert number_of_rows() == written


def test_a_key_used_for_other_arguments_is_a_conflict() -> None:
    company, line, key = make_company(), make_feature().lines.get(), new_key()
    request: dict[str, Any] = {"feature": line.feature, "today": TODAY, "by": SYSTEM, "key": key, "below_zero_confirmed": True}
    set_allocation(company, units={line.pk: 60}, **request)
    written = number_of_rows()
    with pytest.raises(KeyUsedForSomethingElse) as refused:
        set_allocation(company, units={line.pk: 61}, **request)
    assert refused.value.status == 409
    assert isinstance(refused.value, Conflict)
    assert number_of_rows() == written


def test_a_key_used_for_another_act_is_a_conflict() -> None:
    company, key = make_company(), new_key()
    act_of(company, name="one", key=key)
    with pytest.raises(KeyUsedForSomethingElse):
        act_of(company, name="another", key=key)


@pytest.mark.parametrize("key", ["", "a\nb", "a\0b", "a\u202eb", "a\tb", "k" * 201])
def test_a_key_that_no_form_of_ours_makes_is_refused(key: str) -> None:
    company = make_company()
    with pytest.raises(Refused, match="no usable key"), transaction.atomic():
        Act.begin("test.act", scope=company, key=key, by=SYSTEM, stated={})
    assert not Act.objects.filter(scope=f"company:{company.pk}", name="test.act").exists()


def test_a_key_counts_within_its_company() -> None:
    key = new_key()
    one, other = act_of(make_company(), key=key, units=1), act_of(make_company(), key=key, units=2)
    assert one.pk != other.pk


def test_the_database_refuses_a_second_act_with_one_key() -> None:
    act = act_of(make_company())
    copy = Act(**{field.attname: getattr(act, field.attname) for field in Act._meta.concrete_fields if field.attname != "id"})
    with pytest.raises(IntegrityError, match="one_act_per_scope_and_key"), transaction.atomic():
        copy.save()


def test_the_look_up_of_a_key_names_the_company() -> None:
    company = make_company()
    with CaptureQueriesContext(connection) as queries:
        act_of(company)
    (look_up,) = (each["sql"] for each in queries if "clock_timestamp" in each["sql"])
    assert look_up.count(f"company_id = {company.pk}") == 2  # the latest act of all, and the one of this key


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_an_act_without_a_usable_key_is_refused(key: str) -> None:
    with pytest.raises(Refused), transaction.atomic():
        Act.begin("test.act", scope=make_company(), key=key, by=SYSTEM, stated={})


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_once_is_written_once() -> None:
    company, line, key = make_company(), make_feature().lines.get(), new_key()
    both = threading.Barrier(2, timeout=10)
    results: list[object] = []

    def send() -> None:
        try:
            both.wait()
            results.append(
                set_allocation(
                    company,
                    feature=line.feature,
                    units={line.pk: 60},
                    today=TODAY,
                    by=SYSTEM,
                    key=key,
                    below_zero_confirmed=True,
                )
            )
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results[0] == results[1]
    assert AllocationStatement.objects.count() == 1
    assert AllocationEntry.objects.count() == 1


# What is written


def test_a_refused_act_leaves_no_row() -> None:
    company, line = make_company(), make_feature().lines.get()
    written = number_of_rows()
    with pytest.raises(Refused):
        allocate(company, line, -1)
    assert number_of_rows() == written


def test_a_key_whose_act_was_refused_can_be_used_again() -> None:
    company, line, key = make_company(), make_feature().lines.get(), new_key()
    for units in (-1, 60):
        try:
            set_allocation(
                company,
                feature=line.feature,
                units={line.pk: units},
                today=TODAY,
                by=SYSTEM,
                key=key,
                below_zero_confirmed=True,
            )
        except Refused:
            assert units == -1
    assert AllocationStatement.objects.get().units == 60


def test_an_act_that_changes_nothing_still_writes_its_row() -> None:
    order = make_license().order
    cancel_order(order, today=TODAY, by=SYSTEM, key="cancel")
    written = number_of_rows()
    cancel_order(order, today=TODAY, by=SYSTEM, key="cancel again")
    assert number_of_rows() == {**written, "Act": written["Act"] + 1}
    assert Act.objects.get(key="cancel again").result == {"licenses": []}


def test_all_rows_of_one_act_carry_its_instant() -> None:
    license = make_license()
    act = Act.objects.get(pk=license.act_id)
    assert act.company_id == license.company_id
    for row in [license, *LicenseStatement.objects.all(), *LicenseEntry.objects.all()]:
        assert (row.act_id, row.recorded_at) == (act.pk, act.recorded_at)


def test_an_act_of_a_person_names_the_person() -> None:
    user = make_user()
    act = act_of(make_company(), by=Actor.person(user))
    assert (act.actor_kind, act.actor, act.actor_label, act.on_behalf_of) == ("person", user, "", "")
    act = act_of(make_company(), by=Actor.system("Azure Marketplace", on_behalf_of="Ada"))
    assert (act.actor_kind, act.actor, act.actor_label, act.on_behalf_of) == ("system", None, "Azure Marketplace", "Ada")
    with pytest.raises(IntegrityError, match="an_act_of_a_person_names_the_person"), transaction.atomic():
        act_of(make_company(), by=Actor("person", None, "somebody"))


# When it was recorded


def test_acts_of_a_company_are_recorded_one_after_another() -> None:
    company = make_company()
    instants = [act_of(company).recorded_at for _ in range(5)]
    assert instants == sorted(set(instants))


def test_an_act_is_recorded_later_than_the_latest_even_when_the_clock_went_back() -> None:
    company = make_company()
    latest = act_of(company)
    ahead = clock() + timedelta(hours=1)
    fields = {field.attname: getattr(latest, field.attname) for field in Act._meta.concrete_fields if field.attname != "id"}
    Act(**{**fields, "key": new_key(), "recorded_at": ahead}).save()
    assert act_of(company).recorded_at == ahead + timedelta(microseconds=1)
    assert act_of(make_company()).recorded_at < ahead


def test_history_is_recorded_at_the_instant_asked_for() -> None:
    then = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    company = make_company()
    with recording_at(then):
        license = make_license(company=company)
    assert license.recorded_at == then
    assert LicenseStatement.objects.get().recorded_at == then
    assert act_of(company).recorded_at > then


def test_history_cannot_be_recorded_in_the_future() -> None:
    with recording_at(clock() + timedelta(minutes=1)), pytest.raises(Refused, match="future"):
        act_of(make_company())


def test_history_cannot_be_recorded_out_of_order() -> None:
    company = make_company()
    latest = act_of(company).recorded_at
    for instant in (latest, latest - timedelta(days=1)):
        with recording_at(instant), pytest.raises(Refused, match="in its order"):
            act_of(company)
    with recording_at(latest + timedelta(microseconds=1)):
        assert act_of(company).recorded_at == latest + timedelta(microseconds=1)


def test_recording_in_the_past_ends_with_its_block() -> None:
    company = make_company()
    with recording_at(datetime(2026, 1, 5, tzinfo=UTC)):
        act_of(company)
    began = clock()
    assert act_of(company).recorded_at >= began


def test_an_act_for_many_companies_is_recorded_at_one_instant_after_all_of_theirs() -> None:
    companies = [make_company(), make_company()]
    ahead = max(act_of(company).recorded_at for company in companies)
    with transaction.atomic():
        acts = Act.begin_many("test.many", companies=reversed(companies), key=new_key(), by=SYSTEM, stated={})
        rows = [act.finish() for act in acts]
    assert [row.company_id for row in rows] == [company.pk for company in companies]
    assert len({row.recorded_at for row in rows}) == 1
    assert rows[0].recorded_at > ahead


@pytest.mark.django_db(transaction=True)
def test_an_act_outside_a_transaction_is_a_mistake_of_the_code() -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        Act.begin("test.act", scope="catalogue", key=new_key(), by=SYSTEM, stated={})


def test_no_key_that_a_person_sends_is_a_machines() -> None:
    company, line, key = make_company(), make_feature().lines.get(), "activation:azure:1"
    manager = Actor.person(make_user(company=company, roles=["credit-manager"]))
    set_allocation(
        company, feature=line.feature, units={line.pk: 60}, today=TODAY, by=manager, key=key, below_zero_confirmed=True
    )
    done = set_allocation(
        company, feature=line.feature, units={line.pk: 5}, today=TODAY, by=SYSTEM, key=key, below_zero_confirmed=True
    )
    assert done.day == TODAY
    assert Act.objects.for_company(company).filter(name="allocation.set").count() == 2
