"""A statement that locks joins nothing. `tests/conftest.py` watches every statement of the suite; here it is watched itself."""

from __future__ import annotations

import ast
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from console.models import locked_row
from licensing.acts.order_in_hand import lock_order
from licensing.acts.transfer import transfer_order
from licensing.marketplaces.contract import PurchaseStatus
from licensing.models import Order, Subscription
from licensing.purchases.order_in_charge import order_in_charge, owner_of
from tests.factories import SYSTEM, TODAY, make_company, make_license, make_order, new_key
from tests.test_architecture import APPS, ROOT, source_files

LOCKING, JOINING = {"select_for_update", "locked"}, {"select_related", "with_order"}


def calls(node: ast.AST) -> set[str]:
    """The methods called within an expression."""
    return {each.func.attr for each in ast.walk(node) if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)}


def test_no_expression_locks_and_joins() -> None:
    found = [
        f"{file}:{node.lineno}"
        for file in source_files(*APPS)
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.Call) and calls(node) & LOCKING and calls(node) & JOINING
    ]
    assert found == [], "A statement that locks joins nothing: lock the row, and read the rest where it is used."


@pytest.mark.django_db
@pytest.mark.parametrize("of", [(), ("self",)])
def test_a_statement_that_locks_and_joins_fails_in_the_suite(of: tuple[str, ...]) -> None:
    rows: QuerySet[Order] = Order.objects.select_for_update(of=of).select_related("product")
    with pytest.raises(AssertionError, match="joins nothing"), transaction.atomic():
        list(rows)
    with pytest.raises(AssertionError, match="joins nothing"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM licensing_order JOIN licensing_product p ON p.id = product_id FOR SHARE OF p")


@pytest.mark.django_db
def test_a_locked_row_is_fresh_and_keeps_at_hand_what_was_read() -> None:
    order = make_license().order
    company, product = order.company, order.product
    with CaptureQueriesContext(connection) as asked:
        locked = lock_order(order)
        assert (locked.company, locked.product) == (company, product)
    assert len(asked) == 1
    assert locked is not order


@pytest.mark.django_db
def test_what_a_row_refers_to_no_longer_is_not_kept_at_hand() -> None:
    order, other = make_order(reserved_for=make_company()), make_company()
    assert order.reserved_for != other
    Order.objects.filter(pk=order.pk).update(reserved_for=other)
    with transaction.atomic():
        assert locked_row(order, "reserved_for").reserved_for == other
        assert locked_row(order).reserved_for == other


@pytest.mark.django_db
def test_who_answers_for_a_purchase_is_read_by_one_statement_and_one_for_each_transfer() -> None:
    order = make_license().order
    purchase = Subscription.objects.create(
        channel="azure",
        external_id=order.external_id,
        status=PurchaseStatus.SUBSCRIBED,
        seen_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
        claimed_by=order.company,
        order=order,
    )

    def asked() -> tuple[Order | None, int]:
        locked = Subscription.objects.locked().get(pk=purchase.pk)
        with CaptureQueriesContext(connection) as statements:
            found = order_in_charge(locked)
            assert found is not None
            assert found.company is not None
            assert found.product is not None
        assert owner_of(Subscription.objects.get(pk=purchase.pk)) == found.company
        return found, len(statements)

    assert asked() == (order, 1)
    moved = transfer_order(order, to=make_company(), today=TODAY, by=SYSTEM, key=new_key(), reason="sold")
    assert asked() == (moved.order, 2)
