"""A server and a client for the tests of the Azure Marketplace adapter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from licensing.marketplaces.azure.client import AzureMarketplace
from tests.licensing.marketplaces.azure_server import TOKEN_PATH, AzureServer, Clock, marketplace_at, token_reply
from tests.licensing.marketplaces.azure_tokens import Keys


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = AzureServer()
    server.on("POST", TOKEN_PATH, token_reply())
    yield server
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def market(azure: AzureServer, clock: Clock) -> Iterator[AzureMarketplace]:
    with marketplace_at(azure, clock) as found:
        yield found


@pytest.fixture
def keys(azure: AzureServer) -> Keys:
    return Keys(azure.url)
