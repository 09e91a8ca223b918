"""What tests of people share."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter

from tests.console.people.played_provider import Provider, with_settings


@pytest.fixture
def contoso(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Contoso's provider, set up at the console."""
    provider = Provider()
    with_settings(settings)
    monkeypatch.setattr(DefaultSocialAccountAdapter, "get_requests_session", lambda self: provider)
    return provider
