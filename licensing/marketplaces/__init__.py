"""Where purchases come from. Adapters (all network traffic) by channel."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from licensing.marketplaces.contract import Marketplace


@cache
def marketplace(channel: str) -> Marketplace | None:
    """The adapter of a channel, or None where the installation does not sell through it. One per process: it keeps tokens."""
    path = settings.MARKETPLACES.get(channel)
    return import_string(path)() if path else None


def _forget(*, setting: str, **kwargs: object) -> None:
    if setting == "MARKETPLACES" or setting.startswith("AZURE_"):
        marketplace.cache_clear()


setting_changed.connect(_forget)
