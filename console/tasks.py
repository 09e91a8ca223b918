"""Jobs of the foundation: mail. Each may be run twice, or be killed and run again."""

from __future__ import annotations

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

PATIENCE = RetryStrategy(max_attempts=12, exponential_wait=4)
"""After seconds, a minute, then hours: a mail server that is down for a morning is no reason to give up."""


@app.task(name="console.send_mail", retry=PATIENCE)
def send_mail(mail: int) -> None:
    """Hand a queued mail to the mail server."""
    from console.mail import send

    send(mail)


@app.periodic(cron="23 3 * * *")
@app.task(name="console.forget_mail", queueing_lock="console.forget_mail")
def forget_mail(timestamp: int) -> None:
    """What mails said is kept for a while only."""
    from console.mail import forget_old_mail

    forget_old_mail(timezone.now())
