"""Each call of the adapter, by name: what it asks of the server, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.azure.read_answers import read_purchase
from licensing.marketplaces.contract import MarketplaceError, Patience
from tests.licensing.marketplaces.azure_server import (
    ONE,
    ONE_OPERATION,
    OPERATION,
    PURCHASE,
    PURCHASE_TOKEN,
    SUBSCRIPTIONS,
    subscription,
)

RESOLVE = f"{SUBSCRIPTIONS}/resolve"
ACTIVATE = f"{ONE}/activate"
BOUGHT = read_purchase(subscription())

Call = Callable[[AzureMarketplace], Any]
CALLS: dict[str, tuple[str, str, Call]] = {
    "resolve": ("POST", RESOLVE, lambda market: market.resolve(PURCHASE_TOKEN)),
    "activate": ("POST", ACTIVATE, lambda market: market.activate(BOUGHT)),
    "purchase": ("GET", ONE, lambda market: market.purchase(PURCHASE)),
    "operation": ("GET", ONE_OPERATION, lambda market: market.operation(PURCHASE, OPERATION)),
    "open": ("GET", f"{ONE}/operations", lambda market: market.open_operations(PURCHASE)),
    "plans": ("GET", f"{ONE}/listAvailablePlans", lambda market: market.plans(PURCHASE, patience=Patience.JOB)),
    "list": ("GET", SUBSCRIPTIONS, lambda market: list(market.purchases())),
    "settle": ("PATCH", ONE_OPERATION, lambda market: market.settle(PURCHASE, OPERATION, accepted=True)),
}
SAFE = ["resolve", "purchase", "operation", "open", "plans", "list"]
CHANGING = ["activate", "settle"]


def problem_of(call: Call, market: AzureMarketplace) -> MarketplaceError:
    with pytest.raises(MarketplaceError) as caught:
        call(market)
    return caught.value
