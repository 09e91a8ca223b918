"""Jobs that look at licenses and at credits. Each may be run twice, or be killed and run again."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from console.company_in_hand import for_all
from console.jobs import order
from credits.queues.look import LOOK_FOR_SUPPORT, look
from credits.verify_and_note import verify_all_and_note
from licensing.notices import daily_digest
from licensing.notices.sources import tell_companies
from licensing.notices.telling import companies_in_batches


@app.periodic(cron="0 * * * *")
@app.task(**order.once("credits.tell_what_is_due"))
@for_all("notices of all companies")
def tell_what_is_due(timestamp: int) -> None:
    """Notices of every company whose day has brought something."""
    tell_all(timezone.now())


def tell_all(now: datetime) -> None:
    """A batch of companies after the other, each in transactions of its own: six statements a batch that has no news."""
    for companies in companies_in_batches():
        tell_companies(companies, now)


@app.periodic(cron="*/15 * * * *")
@app.task(**order.once("credits.send_digests"))
@for_all("digests of all people")
def send_digests(timestamp: int) -> None:
    """Daily digests of those for whom it is past 08:00."""
    daily_digest.send_digests(timezone.now())


@app.periodic(cron="7 4 * * *")
@app.task(**order.once("credits.verify_ledger"))
@for_all("the ledger of every company is verified")
def verify_ledger(timestamp: int) -> None:
    """Every entry of every company against the statements; the log, the health page and the metrics say what came of it."""
    verify_all_and_note()


@app.periodic(cron="3 * * * *")
@app.task(**order.once(LOOK_FOR_SUPPORT))
@for_all("what support has to look at, of all companies")
def look_for_support(timestamp: int) -> None:
    """The list of support's first page, made anew."""
    look(timezone.now())
