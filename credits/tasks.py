"""Jobs that look at licenses and at credits. Each may be run twice, or be killed and run again."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from console.company_in_hand import for_all
from licensing.notices import daily_digest
from licensing.notices.sources import tell_companies
from licensing.notices.telling import companies_in_batches


@app.periodic(cron="0 * * * *")
@app.task(name="credits.tell_what_is_due", queueing_lock="credits.tell_what_is_due")
@for_all("notices of all companies")
def tell_what_is_due(timestamp: int) -> None:
    """Notices of every company whose day has brought something."""
    tell_all(timezone.now())


def tell_all(now: datetime) -> None:
    """A batch of companies after the other, each in transactions of its own: six statements a batch that has no news."""
    for companies in companies_in_batches():
        tell_companies(companies, now)


@app.periodic(cron="*/15 * * * *")
@app.task(name="credits.send_digests", queueing_lock="credits.send_digests")
@for_all("digests of all people")
def send_digests(timestamp: int) -> None:
    """Daily digests of those for whom it is past 08:00."""
    daily_digest.send_digests(timezone.now())
