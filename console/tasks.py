"""Jobs of the foundation: mail, sessions, what a killed worker left. Each may be run twice, or be killed and run again."""

from __future__ import annotations

import logging

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from console.company_in_hand import for_all
from console.jobs import order
from console.mail.forget_old_mail import forget_old_mail
from console.mail.queueing import SEND_MAIL
from console.mail.sending import send
from console.people.attempts import told_by_mail
from console.people.passwords import reset_by_mail
from console.people.sessions.forget_old_sessions import end_what_is_over, forget_ended_sessions
from console.security.at_rest.sessions import SessionStore

logger = logging.getLogger("allotment.jobs")

PATIENCE = RetryStrategy(max_attempts=12, exponential_wait=4)
"""After seconds, a minute, then hours: a mail server that is down for a morning is no reason to give up."""


@app.task(**order.of(SEND_MAIL), retry=PATIENCE)
@for_all("a job names a mail")
def send_mail(mail: int) -> None:
    """Hand a queued mail to the mail server."""
    send(mail)


@app.task(**order.of(reset_by_mail.MAIL_RESET_LINK), retry=PATIENCE)
@for_all("who has an address is nobody's alone")
def mail_reset_link(address: str) -> None:
    """Queue the mail that a page was asked for; nothing where nobody has the address."""
    reset_by_mail.mail_reset_link(address)


@app.task(**order.of(told_by_mail.TELL_OF_PASSWORDS), retry=PATIENCE)
@for_all("who has an address is nobody's alone")
def tell_of_passwords(address: str, failed_today: int) -> None:
    """Queue the mail about many wrong passwords; nothing where nobody has the address."""
    told_by_mail.tell_of_passwords(address, failed_today)


@app.periodic(cron="23 3 * * *")
@app.task(**order.once("console.forget_mail"))
@for_all("what is kept for a while only")
def forget_mail(timestamp: int) -> None:
    """What mails said is kept for a while only."""
    forget_old_mail(timezone.now())


@app.periodic(cron="29 3 * * *")
@app.task(**order.once("console.forget_sessions"))
@for_all("what is kept for a while only")
def forget_sessions(timestamp: int) -> None:
    """Sessions that have ended, of people and of strangers."""
    end_what_is_over(timezone.now())
    forget_ended_sessions(timezone.now())
    SessionStore.clear_expired()


@app.periodic(cron="*/2 * * * *")
@app.task(**order.once("console.retry_stalled_jobs"))
async def retry_stalled_jobs(timestamp: int) -> None:
    """Jobs of a worker that was killed are queued again."""
    with for_all("a job of whatever company is queued again"):
        for job in await app.job_manager.get_stalled_jobs():
            logger.warning("job %s (%s) was left by a worker that is gone; it is queued again", job.id, job.task_name)
            await app.job_manager.retry_job(job)
