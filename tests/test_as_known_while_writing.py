"""As known at an instant, while four writers are busy: what pages and explanations said of an instant, they say for good.

Real threads with connections of their own. `AS_KNOWN_READINGS=12` reads at so many instants; the suite at
a few.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from random import Random
from threading import Event, Semaphore
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from credits.models import AllocationEntry
from licensing.models import LicenseEntry
from tests.as_known import Subject
from tests.factories import TODAY
from tests.ledger import database_clock
from tests.pages import clock_at

pytestmark = pytest.mark.django_db(transaction=True)
READINGS = int(os.environ.get("AS_KNOWN_READINGS", "3"))
WRITERS = 4
WRITES = 40
"""So much is written, as fast as it goes, while one instant is read: without a bound each reading is slower than the last."""
PATIENCE = 60
PAGES = [
    "credits:annual-credits",
    "credits:allocation",
    "credits:pay-as-you-go",
    "credits:runway",
    "credits:estimate",
    "licensing:license-information",
    "licensing:receipt",
]
"""Those that read the most; `tests/test_as_known.py` reads all."""
EXPLAINED = ("total-valid-credits", "allocated-credits", "current-balance", "runway")


class Site(Subject):
    def told_at(self, known_at: datetime, on: date) -> dict[str, Any]:
        """Words, figures and rows in their order: of the pages with their files, and of explanations as JSON."""
        found = self.told(known_at, on, pages=PAGES)
        for figure in EXPLAINED:
            asked = {"on": on, "known": known_at.isoformat()}
            found[figure] = self.client.get(reverse("explain-json", args=[self.company.slug, figure], query=asked)).json()
        return found

    def recorded(self, known_at: datetime, on: date) -> list[int]:
        """Valid and allocated credits by what is recorded of that instant now."""
        return [
            sum(rows.for_company(self.company).known_at(known_at).up_to(on).values_list("change", flat=True))
            for rows in (LicenseEntry.objects, AllocationEntry.objects)
        ]


@contextmanager
def busy(write: Callable[[Random], None]) -> Iterator[tuple[Semaphore, list[int]]]:
    """Writers until the block ends: gives what lets them write, so many times as it is released, and how often each has."""
    stop, turns, written = Event(), Semaphore(0), [0] * WRITERS

    def writer(number: int) -> None:
        dice = Random(number)
        try:
            while not stop.is_set():
                if turns.acquire(timeout=0.05):
                    write(dice)
                    written[number] += 1
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        running: list[Future[None]] = [pool.submit(writer, number) for number in range(WRITERS)]
        try:
            yield turns, written
        finally:
            stop.set()
        for each in running:
            each.result(PATIENCE)


def test_what_was_told_of_an_instant_never_changes_while_four_write() -> None:
    with clock_at(TODAY):
        site, dice = Site(), Random(1)
        kept: list[tuple[datetime, date, dict[str, Any]]] = []
        with busy(site.change) as (turns, written):
            for _each in range(READINGS):
                turns.release(WRITES)
                known_at, on = database_clock(), TODAY - timedelta(days=dice.randrange(50))
                kept.append((known_at, on, site.told_at(known_at, on)))
                known_at, on, told = dice.choice(kept)
                assert site.told_at(known_at, on) == told
        assert all(written)
        for known_at, on, told in kept:
            assert site.told_at(known_at, on) == told
            assert [told[figure]["value"] for figure in EXPLAINED[:2]] == site.recorded(known_at, on)
    assert (
        len({str([told[figure] for figure in EXPLAINED]) for _known_at, _on, told in kept}) >= 2
    )  # something was written in between
