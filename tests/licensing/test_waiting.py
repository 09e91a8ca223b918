"""How long a marketplace may make us wait: every place that takes its word for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from licensing.marketplaces.azure.client import AzureMarketplace
from licensing.marketplaces.azure.transport import seconds_to_wait
from licensing.marketplaces.contract import MarketplaceError, Problem
from tests.activations import INSTANT, begun, now_is, passes

AN_HOUR = 3600
NOW = datetime(2026, 11, 11, 10, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("said", "wait"),
    [("3599", 3599), ("3600", 3600), ("3601", 3600), ("1000000", 3600), ("1e300", 3600), ("Fri, 11 Nov 2050 10:00:00 GMT", 3600)],
)
def test_what_the_header_asks_is_at_most_an_hour(said: str, wait: float) -> None:
    assert seconds_to_wait(said, NOW) == wait


def refuses(monkeypatch: pytest.MonkeyPatch, call: str, seconds: float) -> None:
    def busy(*arguments: Any, **rest: Any) -> None:
        raise MarketplaceError(Problem.UNAVAILABLE, "busy", retry_after=seconds)

    monkeypatch.setattr(AzureMarketplace, call, busy)


@pytest.mark.parametrize("call", ["purchase", "activate"])
@pytest.mark.parametrize(("asked", "wait"), [(0, 2), (90, 90), (AN_HOUR, AN_HOUR), (1_000_000, AN_HOUR)])
@pytest.mark.usefixtures("shop")
def test_an_activation_is_taken_up_again_within_an_hour(
    call: str, asked: float, wait: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with now_is(INSTANT):
        activation = begun()
        refuses(monkeypatch, call, asked)
        assert passes(activation) == wait
        assert activation.due_at is not None
        assert (activation.due_at - timezone.now()).total_seconds() == wait
