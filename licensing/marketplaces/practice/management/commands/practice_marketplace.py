from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from licensing.marketplaces.practice import changes, sending


class Command(BaseCommand):
    help = "Bring the practice marketplace to where it stands now, or at another moment; with --deliver, send due webhooks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--deliver", action="store_true", help="send the webhooks that are due")
        parser.add_argument("--now", default="", metavar="INSTANT", help="act as at 2027-03-04T00:00Z, say")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["now"]:
            try:
                now = datetime.fromisoformat(options["now"])
            except ValueError:
                raise CommandError(f'"{options["now"]}" is not an instant: write it as 2027-03-04T00:00Z.') from None
            if timezone.is_naive(now):
                now = now.replace(tzinfo=timezone.get_default_timezone())
        changes.settle_due(now)
        if options["deliver"]:
            for call in sending.deliver_due(now):
                attempt = call.attempts[-1] if call.attempts else {}
                self.stdout.write(f"{call.operation}: {attempt.get('status') or attempt.get('said', 'not sent')}")
