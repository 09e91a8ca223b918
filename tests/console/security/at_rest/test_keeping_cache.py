"""What counts is never forgotten to make room for what others leave."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache, caches
from django.db import connection

from console.people.attempts.passwords import Refused, count
from console.security.at_rest import keeping_cache
from console.security.too_often import DAY, too_often

pytestmark = pytest.mark.django_db


@pytest.fixture
def _crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(caches["default"], "_max_entries", 20)


def entries() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM console_cache")
        return int(cursor.fetchone()[0])


def test_limits_are_counted_in_the_cache_that_keeps() -> None:
    assert django_settings.CACHES["default"]["BACKEND"].endswith("keeping_cache.KeepingCache")


@pytest.mark.usefixtures("_crowded")
def test_a_count_holds_however_much_strangers_leave() -> None:
    names = [f"person-{number}@customer.example" for number in range(20)]
    for name in names:
        for _time in range(5):
            count(name, f"192.0.2.{names.index(name)}")
        assert not too_often(f"codes:{name}", most=1, in_a=DAY)
    cache.set("a code that was used", "y", 120)
    for number in range(200):
        cache.set(f"left by a stranger {number}", 1, 60)
    assert all(isinstance(count(name, f"192.0.2.{names.index(name)}"), Refused) for name in names)
    assert all(too_often(f"codes:{name}", most=1, in_a=DAY) for name in names)
    assert cache.get("a code that was used") == "y"


@pytest.mark.usefixtures("_crowded")
def test_what_is_over_goes_a_little_with_each_entry_that_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_cache, "AT_ONCE", 30)
    for number in range(100):
        cache.set(f"over {number}", 1, 60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE console_cache SET expires = now() - interval '1 minute'")
    seen: list[Any] = []
    for number in range(5):
        cache.set(f"holds {number}", 1, 60)
        seen.append(entries())
    assert seen == [71, 42, 13, 14, 15]
