"""As known at an instant, while four writers are busy: what pages and explanations said of an instant, they say for good.

Real threads with connections of their own. `AS_KNOWN_READINGS=12` reads at so many instants; the suite at
a few. What is written meanwhile makes each slower than the one before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from random import Random
from threading import Event
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from console.errors import DomainError
from credits.models import AllocationEntry, CreditRequirement
from licensing.acts.corrections.correct import correct_license
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, LicenseEntry
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import database_clock
from tests.pages import browser_of, clock_at, page

pytestmark = pytest.mark.django_db(transaction=True)
READINGS = int(os.environ.get("AS_KNOWN_READINGS", "3"))
WRITERS = 4
PATIENCE = 60
PAGES = ("credits:annual-credits", "credits:purchases", "credits:allocations", "licensing:license-information")
EXPLAINED = ("total-valid-credits", "allocated-credits", "current-balance", "runway")
ROWS = ("offering", "feature", "license")


class Site:
    def __init__(self) -> None:
        self.company: Company = make_company()
        self.licenses: list[License] = [make_license(company=self.company, units=1_000 * each) for each in range(1, 4)]
        self.lines: list[CreditRequirement] = [make_feature(rates=[each]).lines.get() for each in range(1, 4)]
        self.client: Client = browser_of(make_user(company=self.company, roles=["owner"]))

    def write(self, dice: Random) -> None:
        """Something, mostly of a day that is over."""
        about: dict[str, Any] = {"today": TODAY, "by": SYSTEM, "key": new_key(), "reason": "test"}
        back = TODAY - timedelta(days=dice.randrange(60))
        match dice.randrange(4):
            case 0:
                correct_license(dice.choice(self.licenses), units=dice.randrange(1, 5_000), **about)
            case 1:
                top_up_order(dice.choice(self.licenses).order, units=dice.randrange(1, 90), on=back, **about)
            case _:
                allocate(self.company, dice.choice(self.lines), dice.randrange(900), on=back)

    def told(self, known_at: datetime, on: date) -> list[Any]:
        """Figures, days, states and entries in their order: of the pages, and of explanations as JSON."""
        asked = {"on": on, "known": known_at.isoformat()}
        found: list[Any] = []
        for figure in EXPLAINED:
            found.append(self.client.get(reverse("explain-json", args=[self.company.slug, figure], query=asked)).json())
        for name in PAGES:
            shown = page(self.client, name, self.company, **asked)
            found.append((shown.figures, [(row.key, row.status, row.figures) for kind in ROWS for row in shown.rows(kind)]))
        return found

    def recorded(self, known_at: datetime, on: date) -> list[int]:
        """Valid and allocated credits by what is recorded of that instant now."""
        return [
            sum(rows.for_company(self.company).known_at(known_at).up_to(on).values_list("change", flat=True))
            for rows in (LicenseEntry.objects, AllocationEntry.objects)
        ]


@contextmanager
def busy(write: Callable[[Random], None]) -> Iterator[list[int]]:
    """Writers that do not stop before the block ends; gives how often each has written."""
    stop, written = Event(), [0] * WRITERS

    def writer(number: int) -> None:
        dice = Random(number)
        try:
            while not stop.is_set():
                with suppress(DomainError):  # what another has made impossible meanwhile
                    write(dice)
                    written[number] += 1
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        running: list[Future[None]] = [pool.submit(writer, number) for number in range(WRITERS)]
        try:
            yield written
        finally:
            stop.set()
        for each in running:
            each.result(PATIENCE)


def test_what_was_told_of_an_instant_never_changes_while_four_write() -> None:
    with clock_at(TODAY):
        site, dice = Site(), Random(1)
        kept: list[tuple[datetime, date, list[Any]]] = []
        with busy(site.write) as written:
            for _each in range(READINGS):
                known_at, on = database_clock(), TODAY - timedelta(days=dice.randrange(50))
                kept.append((known_at, on, site.told(known_at, on)))
                known_at, on, told = dice.choice(kept)
                assert site.told(known_at, on) == told
        assert all(written)
        for known_at, on, told in kept:
            assert site.told(known_at, on) == told
            assert [told[0]["value"], told[1]["value"]] == site.recorded(known_at, on)
    assert len({str(told[:2]) for _known_at, _on, told in kept}) >= 2  # something was written in between
