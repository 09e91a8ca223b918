"""Rows of what marketplaces say, written in bulk: for tests of lists, where only their number matters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from console.models import User
from licensing.models import (
    Activation,
    Company,
    ConnectionNote,
    Difference,
    MarketplaceEvent,
    MarketplacePlan,
    Order,
    Product,
    Reconciliation,
    Subscription,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rows_of_marketplaces(
    numbers: range,
    orders: Sequence[Order],
    people: Sequence[User],
    companies: Sequence[Company],
    products: Sequence[Product],
    secret: str,
) -> None:
    """One of each model per number, each about an order of its own. `secret` is what no page may show."""
    rows = list(zip(numbers, orders, people, companies, products, strict=True))
    bought = Subscription.objects.bulk_create(
        Subscription(
            channel="azure",
            external_id=f"row-{n}",
            status="subscribed",
            name=f"Row {n}",
            offer_id="offer",
            plan_id=f"plan-{n}",
            beneficiary_email=person.email,
            bought_at=NOON,
            seen_at=NOON,
            claimed_by=company,
            order=order,
        )
        for n, order, person, company, _product in rows
    )
    Activation.objects.bulk_create(
        Activation(
            channel="azure",
            state="failed",
            person=person,
            company=company,
            order=order,
            subscription=subscription,
            token_sealed=secret,
            token_until=NOON,
            handed_over=secret,
            problem="The marketplace refused",
            brought_at=NOON,
        )
        for (_n, order, person, company, _product), subscription in zip(rows, bought, strict=True)
    )
    MarketplacePlan.objects.bulk_create(
        MarketplacePlan(channel="azure", offer_id="offer", plan_id=f"plan-{n}", product=product)
        for n, _order, _person, _company, product in rows
    )
    MarketplaceEvent.objects.bulk_create(
        MarketplaceEvent(
            channel="azure",
            external_id=f"operation-{each.external_id}",
            subscription_id_said=each.external_id,
            subscription=each,
            action="suspend",
            received_at=NOON,
        )
        for each in bought
    )
    Reconciliation.objects.bulk_create(
        Reconciliation(channel="azure", external_id=each.external_id, started_at=NOON, finished_at=NOON, compared=1)
        for each in bought
    )
    Difference.objects.bulk_create(
        Difference(
            channel="azure",
            external_id=each.external_id,
            subscription=each,
            kind="quantity",
            theirs="2",
            ours="1",
            found_at=NOON,
            seen_at=NOON,
        )
        for each in bought
    )
    ConnectionNote.objects.bulk_create(
        ConnectionNote(channel="azure", kind="refused", reason=f"row-{n}", day=NOON.date(), times=1, first_at=NOON, last_at=NOON)
        for n in numbers
    )
