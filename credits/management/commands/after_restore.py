"""`manage.py after_restore`: before web and worker start on a database that was restored from a backup.

What happened after the backup is not in it, but may have happened all the same: mails were sent, people signed out, purchases
changed. So nothing that waits is sent, everybody signs in anew, and what marketplaces know is caught up with, in silence.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Case, F, TextField, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from console.company_in_hand import for_all
from console.models import OutgoingMail, SignIn
from console.people.sessions.begin_and_end import end_sessions
from console.security.at_rest.seal_anew import opened_by_no_key
from credits.tasks import tell_all
from licensing.models import Activation, NoticeDelivery
from licensing.purchases.activation.carry_through_activation import carry_on
from licensing.purchases.comparison.nightly_comparison import reconcile

ALIVE = timedelta(seconds=30)
"""A worker says so every ten seconds."""

MAY_HAVE_BEEN_SENT = gettext_lazy(
    "It waited in a database that was restored from a backup: it may have been sent before, so it is not sent again."
)


class Command(BaseCommand):
    help = (
        "After a restore from a backup, before web and worker start: verify the ledger, send nothing that waits, sign everybody"
        " out, and catch up with the marketplaces without telling anybody by mail. May be repeated until the worker has started."
        " Not for a database that was only moved, with nothing done since the dump: what waits in that is still to be sent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask before it begins")
        parser.add_argument(
            "--keys-are-lost",
            action="store_true",
            help="go on although something kept opens with no key: the one it was sealed under is lost for good",
        )

    @for_all("a database was restored as a whole")
    def handle(self, *, yes: bool, keys_are_lost: bool, **options: Any) -> None:
        self.refuse_beside_a_worker()
        if not keys_are_lost:
            self.refuse_without_the_keys()
        if not yes and not self.agreed():
            raise CommandError("Nothing was changed.")
        call_command("verify_ledger", stdout=self.stdout, stderr=self.stderr)
        mails = give_up_what_waits(timezone.now())
        self.stdout.write(f"Mails that waited and are not sent: {mails}. Support finds them under Outgoing mail.")
        sessions = end_sessions(SignIn.objects.all(), SignIn.Ended.RESTORED)
        Session.objects.all().delete()
        cache.clear()
        self.stdout.write(f"Sessions ended: {sessions}.")
        problems = self.catch_up()
        tell_all(timezone.now())
        mails = give_up_what_waits(timezone.now())
        self.stdout.write(f"Told in the console alone, since mails may have told it before: {mails} mails.")
        for name, jobs in sorted(jobs_by_name().items()):
            self.stdout.write(f"Jobs that go on when the worker starts: {jobs} {name}.")
        if problems:
            raise CommandError(f"{' '.join(problems)} Run manage.py after_restore again, or let the nightly comparison catch up.")
        self.stdout.write(self.style.SUCCESS("Web and worker may start."))

    def agreed(self) -> bool:
        try:
            return input("Give up all mail that waits, and sign everybody out? Type yes: ").strip().lower() == "yes"
        except EOFError:
            raise CommandError(
                "Nobody is there to be asked; nothing was changed. Without a terminal: manage.py after_restore --yes"
            ) from None

    def refuse_without_the_keys(self) -> None:
        if lost := opened_by_no_key():
            raise CommandError(
                f"Something kept opens with no key that is set: {lost}. Put back the sealing-keys of the time of this backup"
                " (docs/operations/backup-and-upgrade.md), then run this again; nothing was changed. Where they are lost for"
                " good: manage.py after_restore --keys-are-lost"
            )

    def refuse_beside_a_worker(self) -> None:
        seen = ProcrastinateWorker.objects.filter(last_heartbeat__gt=timezone.now() - ALIVE).exists()
        if seen:
            raise CommandError(
                "A worker was alive within the last half minute: stop it, and the web processes, then run this again in half a"
                " minute; nothing was changed."
            )

    def catch_up(self) -> list[str]:
        """What happened to purchases since the backup; sentences about what could not be asked."""
        problems = []
        for channel in settings.MARKETPLACES:
            run = reconcile(channel)
            self.stdout.write(f"Compared with {channel}: {run.compared} purchases, {run.mended} mended.")
            if run.problem:
                problems.append(f"{channel}: {run.problem}")
        under_way = Activation.objects.filter(state=Activation.State.ACTIVATING, channel__in=settings.MARKETPLACES)
        for pk in under_way.values_list("pk", flat=True):
            carry_on(pk)
        return problems


def give_up_what_waits(now: datetime) -> int:
    """No mail that waits is sent, and no digest takes along what waits for one. Two statements; how many mails there were."""
    NoticeDelivery.objects.filter(channel=NoticeDelivery.Channel.DIGEST, mail=None).update(channel=NoticeDelivery.Channel.CONSOLE)
    return OutgoingMail.objects.filter(sent_at=None, given_up_at=None).update(
        begun_at=None,
        given_up_at=now,
        problem=str(MAY_HAVE_BEEN_SENT),
        text=Case(When(secret=True, then=Value("", output_field=TextField())), default=F("text")),
    )


def jobs_by_name() -> Counter[str]:
    """Jobs that wait or were under way, without those of mails, which find nothing to send."""
    waiting = ProcrastinateJob.objects.filter(status__in=["todo", "doing"]).exclude(task_name="console.send_mail")
    return Counter(waiting.values_list("task_name", flat=True))
