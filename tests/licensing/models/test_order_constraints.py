"""A purchase is activated once, by one company, and stays as it was bought: what the database refuses to let in."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.renew import renew_order
from licensing.errors import AlreadyActivated, ReservedForAnother
from licensing.models import License, LicenseStatement, Order
from tests.credits.verification.test_verify_ledger import edit
from tests.factories import SYSTEM, TODAY, make_company, make_license, make_order, make_product, new_key

pytestmark = pytest.mark.django_db


def execute(sql: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def add_like(row: models.Model, **changes: Any) -> None:
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    type(row)(**{**fields, **changes}).save()


# An order is bound once


def test_an_activated_order_cannot_move_to_another_company() -> None:
    order, other = make_license().order, make_company()
    with pytest.raises(IntegrityError, match="activated once, by one company"), transaction.atomic():
        execute("UPDATE licensing_order SET company_id = %s WHERE id = %s", other.pk, order.pk)


def test_an_activated_order_cannot_be_released() -> None:
    order = make_license().order
    with pytest.raises(IntegrityError, match="activated once, by one company"), transaction.atomic():
        execute("UPDATE licensing_order SET company_id = NULL, activated_at = NULL WHERE id = %s", order.pk)


@pytest.mark.parametrize("column", ["units", "product_id", "external_id", "name", "term_months", "renews", "trial", "act_id"])
@pytest.mark.parametrize("activated", [False, True])
def test_an_order_stays_as_it_was_bought(column: str, activated: bool) -> None:
    order = make_license().order if activated else make_order()
    other = {
        "units": 2,
        "product_id": make_product().pk,
        "external_id": "PO-other",
        "name": "Other",
        "term_months": 24,
        "renews": True,
        "trial": True,
        "act_id": make_order().act_id,
    }
    with pytest.raises(IntegrityError, match=r"activated once|stays as it was bought"), transaction.atomic():
        execute(f"UPDATE licensing_order SET {column} = %s WHERE id = %s", other[column], order.pk)


@pytest.mark.as_owner
def test_an_order_is_never_deleted() -> None:
    make_order()
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after the commit: nothing is left to check
    for sql in ("DELETE FROM licensing_order", "TRUNCATE licensing_order CASCADE"):
        with pytest.raises(IntegrityError, match=r"never (deleted|edited)"), transaction.atomic():
            execute(sql)


@pytest.mark.as_owner
def test_replication_is_no_way_round_the_guard_of_orders() -> None:
    order, other = make_license().order, make_company()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("SET LOCAL session_replication_role = replica")
    for sql in (
        f"UPDATE licensing_order SET company_id = {other.pk} WHERE id = {order.pk}",
        f"UPDATE licensing_order SET units = 1 WHERE id = {order.pk}",
        "DELETE FROM licensing_order",
        "TRUNCATE licensing_order CASCADE",
    ):
        with pytest.raises(IntegrityError, match=r"activated once|never (deleted|edited)"), transaction.atomic():
            execute(sql)


def test_an_order_nobody_has_activated_may_be_reserved_for_another_company() -> None:
    one, other = make_company(), make_company()
    order = make_order(reserved_for=one)
    execute("UPDATE licensing_order SET reserved_for_id = %s WHERE id = %s", other.pk, order.pk)
    with pytest.raises(ReservedForAnother):
        activate_order(order, company=one, today=TODAY, by=SYSTEM, key=new_key())
    assert activate_order(order, company=other, today=TODAY, by=SYSTEM, key=new_key()).company == other


def test_a_second_company_is_told_that_the_order_was_activated() -> None:
    order = make_license().order
    with pytest.raises(AlreadyActivated):
        activate_order(order, company=make_company(), today=TODAY, by=SYSTEM, key=new_key())
    assert License.objects.count() == 1


def test_a_reserved_order_is_activated_by_its_company() -> None:
    order, other = make_order(reserved_for=make_company()), make_company()
    with pytest.raises(IntegrityError, match="a_reserved_order_is_activated_by_its_company"), transaction.atomic():
        execute("UPDATE licensing_order SET company_id = %s, activated_at = now() WHERE id = %s", other.pk, order.pk)


def test_an_activated_order_says_when() -> None:
    order, company = make_order(), make_company()
    with pytest.raises(IntegrityError, match="an_activated_order_says_when"), transaction.atomic():
        execute("UPDATE licensing_order SET company_id = %s WHERE id = %s", company.pk, order.pk)


# What an order says


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("one_order_per_channel_and_external_id", {}),
        ("an_order_has_at_least_one_unit", {"external_id": "2", "units": 0}),
        ("an_order_has_at_least_one_unit", {"external_id": "2", "units": 1_000_000_001}),
        ("an_order_has_a_term", {"external_id": "2", "term_months": None}),
        ("a_term_starts_before_it_ends", {"external_id": "2", "term_starts_on": "2026-03-02", "term_ends_on": "2026-03-01"}),
        ("a_transfer_names_the_old_order", {"external_id": "2", "channel": "transfer"}),
    ],
)
def test_an_order_says_what_it_must(constraint: str, changes: dict[str, Any]) -> None:
    order = make_order()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        add_like(order, **changes)


def test_only_a_transfer_names_an_old_order_and_an_order_is_transferred_once() -> None:
    old = make_order()
    with pytest.raises(IntegrityError, match="a_transfer_names_the_old_order"), transaction.atomic():
        add_like(old, external_id="2", transferred_from_id=old.pk)
    add_like(old, external_id="2", channel="transfer", transferred_from_id=old.pk)
    with pytest.raises(IntegrityError, match="an_order_is_transferred_once"), transaction.atomic():
        add_like(old, external_id="3", channel="transfer", transferred_from_id=old.pk)


# Its licenses


@pytest.mark.parametrize("kind", ["initial", "goodwill"])
def test_an_order_has_one_first_license(kind: str) -> None:
    license = make_license()
    with pytest.raises(IntegrityError, match="an_order_is_activated_once"), transaction.atomic():
        add_like(license, kind=kind)


def test_a_term_is_renewed_once() -> None:
    license = make_license()
    renewal = renew_order(license.order, today=TODAY, by=SYSTEM, key=new_key())
    with pytest.raises(IntegrityError, match="is renewed already"), transaction.atomic():
        add_like(renewal)


def test_a_renewal_names_the_license_that_opened_the_term_and_is_the_only_one_whatever_its_plan_became() -> None:
    license = make_license()
    changed = change_plan(license.order, product=make_product(), today=TODAY, by=SYSTEM, key=new_key())
    renewal = renew_order(license.order, today=TODAY, by=SYSTEM, key=new_key())
    assert renewal.renewal_of == license
    with pytest.raises(IntegrityError, match="a renewal names the license that did"), transaction.atomic():
        add_like(renewal, renewal_of_id=changed.pk)


@pytest.mark.as_owner
def test_a_renewal_recorded_when_it_named_the_plan_of_its_day_is_the_one_renewal_of_its_term() -> None:
    license = make_license()
    changed = change_plan(license.order, product=make_product(), today=TODAY, by=SYSTEM, key=new_key())
    renewal = renew_order(license.order, today=TODAY, by=SYSTEM, key=new_key())
    edit("licensing_license", f"UPDATE licensing_license SET renewal_of_id = {changed.pk} WHERE id = {renewal.pk}")
    with pytest.raises(IntegrityError, match="is renewed already, whatever its plan became"), transaction.atomic():
        add_like(renewal, renewal_of_id=license.pk)

    assert renew_order(license.order, today=TODAY, by=SYSTEM, key=new_key()).renewal_of == renewal


@pytest.mark.parametrize(
    ("constraint", "kind"),
    [
        ("a_renewal_names_the_license_it_renews", "renewal"),
        ("a_top_up_names_the_license_it_tops_up", "top-up"),
        ("a_plan_change_names_the_license_it_replaces", "plan-change"),
    ],
)
def test_a_license_names_the_one_it_comes_from(constraint: str, kind: str) -> None:
    license = make_license()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        add_like(license, kind=kind)


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("a_license_is_issued_once", {}),
        ("license_starts_before_it_expires", {"kind": "corrected", "starts_on": "2026-03-02", "expires_on": "2026-03-02"}),
        ("license_starts_before_it_expires", {"kind": "corrected", "expires_on": None}),
        ("units_are_stated_with_their_credits", {"kind": "corrected", "credits": None}),
        ("license_units_are_whole_and_not_negative", {"kind": "corrected", "units": -1}),
        ("license_units_are_whole_and_not_negative", {"kind": "corrected", "credits": -1}),
        ("a_license_statement_carries_what_its_kind_says", {"kind": "reduced"}),
        ("a_license_statement_carries_what_its_kind_says", {"kind": "cancelled", "state": "cancelled"}),
        ("units_of_an_order_are_stated_by_themselves", {"kind": "corrected", "total_units": 5}),
        (
            "only_corrected_units_hold_for_every_day",
            {"kind": "reduced", "starts_on": None, "expires_on": None, "every_day": True},
        ),
    ],
)
def test_a_license_statement_says_what_its_kind_must(constraint: str, changes: dict[str, Any]) -> None:
    make_license()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        add_like(LicenseStatement.objects.get(), **changes)


def test_orders_are_found_by_channel_and_reference() -> None:
    make_order(external_id="one", channel="azure", term_ends_on=TODAY)
    make_order(external_id="one", channel="direct")
    assert Order.objects.filter(external_id="one").count() == 2


@pytest.mark.parametrize(
    ("channel", "reference", "known"),
    [
        ("direct", "SO-7001", "SO-7001"),
        ("direct", "a:2", "a:2"),
        ("transfer", "direct:SO-7001", "SO-7001"),
        ("transfer", "direct:SO-7001:2", "SO-7001"),
        ("transfer", "transfer:azure:5f1e:2:3", "5f1e"),
        ("transfer", "moved", "moved"),
    ],
)
def test_an_order_that_was_transferred_has_the_number_of_its_purchase(channel: str, reference: str, known: str) -> None:
    assert Order(channel=channel, external_id=reference).number == known
