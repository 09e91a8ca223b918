"""Verify the ledger of every company and note what came of it: by the command, and each night by a job."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

from console.models import LedgerVerification
from credits.verification import Audit, Difference
from licensing.models import Company

logger = logging.getLogger("allotment.ledger")

COUNTED_BY_NIGHT = 100
"""Differences after which a nightly verification stops: nobody needs more to be alarmed."""


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Read only, and all of one moment, whatever acts run meanwhile. Inside a caller's transaction, as that sees it."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def verify(
    companies: list[Company], *, most: int | None, begins: Callable[[Company], None] = lambda company: None
) -> tuple[Audit, list[Difference]]:
    """Audit these companies, up to `most` differences. Within `one_snapshot`."""
    audit = Audit(companies, begins=begins)
    return audit, list(islice(audit.differences(), most))


def note(companies: list[Company], differences: list[Difference], began: float) -> LedgerVerification:
    """Keep that all companies were verified; `began` by the monotonic clock. Support and metrics tell it. One statement."""
    if differences:
        logger.error("the ledger is wrong in %s places: run manage.py verify_ledger --all-differences", len(differences))
    return LedgerVerification.objects.create(
        ended_at=timezone.now(),
        seconds=time.monotonic() - began,
        companies=len(companies),
        differences=len(differences),
        first=str(differences[0]) if differences else "",
    )


def verify_all_and_note() -> LedgerVerification:
    """What the nightly job does."""
    began = time.monotonic()
    with one_snapshot():
        companies = list(Company.objects.order_by("id"))
        _audit, differences = verify(companies, most=COUNTED_BY_NIGHT)
    return note(companies, differences, began)
