"""Which row of which price list a rate comes from: valid from, source, and the load that brought it.

A version of the price list is an act that loaded a catalogue and changed something: it is read from the journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from console.models import Act
from licensing.models import ConversionRate

LOAD = "catalogue.load"


@dataclass(frozen=True)
class PriceListVersion:
    """A load of the catalogue that changed something, numbered from 1; `label` and `digest` as far as the load told them."""

    number: int
    recorded_at: datetime
    label: str = ""
    digest: str = ""
    valid_from: date | None = None
    """The earliest day from which one of its rates holds."""


@dataclass(frozen=True)
class ListedRate:
    """A conversion rate as it was listed: credits per unit of a product, from a day on."""

    product_id: int
    credits_per_unit: Decimal | None
    valid_from: date
    source: str
    recorded_at: datetime
    version: PriceListVersion | None


def price_list_versions() -> dict[UUID, PriceListVersion]:
    """Act id -> the version that it loaded, in their order. One statement."""
    acts = Act.objects.filter(company_id=None, scope="catalogue", name=LOAD).order_by("recorded_at", "id")
    changed_something = [
        (act_id, recorded_at, result)
        for act_id, recorded_at, result in acts.values_list("id", "recorded_at", "result")
        if result.get("added") or result.get("changed")
    ]
    return {
        act_id: PriceListVersion(
            number=number,
            recorded_at=recorded_at,
            label=result.get("label", ""),
            digest=result.get("digest", ""),
            valid_from=date.fromisoformat(result["valid_from"]) if result.get("valid_from") else None,
        )
        for number, (act_id, recorded_at, result) in enumerate(changed_something, 1)
    }


def listed_rates(product_ids: Iterable[int], *, known_at: datetime | None = None) -> dict[int, list[ListedRate]]:
    """Product id -> its conversion rates in the order they were recorded, with their versions. Two statements.

    As known at an instant those recorded by then; of a product that was listed later only, those that were listed first.
    """
    versions = price_list_versions()
    found: dict[int, list[ListedRate]] = {}
    for row in ConversionRate.objects.filter(product__in=set(product_ids)).order_by("recorded_at", "id"):
        of_product = found.setdefault(row.product_id, [])
        if known_at is not None and of_product and row.recorded_at > max(known_at, of_product[0].recorded_at):
            continue
        of_product.append(
            ListedRate(
                row.product_id, row.credits_per_unit, row.valid_from, row.source, row.recorded_at, versions.get(row.act_id)
            )
        )
    return found


def in_force(rates: Iterable[ListedRate], day: date, *, known_at: datetime | None = None) -> ListedRate | None:
    """The rate of a day, as known at an instant; of one day the last recorded holds. None before the first. Free."""
    found: ListedRate | None = None
    for each in rates:
        known = known_at is None or each.recorded_at <= known_at
        if known and each.valid_from <= day and (found is None or each.valid_from >= found.valid_from):
            found = each
    return found
