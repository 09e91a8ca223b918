"""The health page's test of the connection, for operators at a terminal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.company_in_hand import for_all
from licensing.health.connection_trials import send_test_events, try_connections


class Command(BaseCommand):
    help = (
        "Ask each marketplace for a token, a page of purchases and its keys, and say what is wrong. Ends with 1 if anything is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--event", action="store_true", help="Also send a test event to the webhook.")

    @for_all("an operator tests the connection")
    def handle(self, *args: Any, **options: Any) -> None:
        trials = try_connections()
        if not trials:
            raise CommandError("No marketplace is configured here: set AZURE_TENANT_ID and what belongs to it.")
        if options["event"]:
            trials += send_test_events()
        for trial in trials:
            self.stdout.write(trial.title)
            for each in trial.findings:
                self.stdout.write(f"  {'ok   ' if each.fine else 'WRONG'}  {each.label}: {each.words}")
            for problem in trial.problems:
                self.stdout.write(f"  {problem}")
            if trial.conclusion:
                self.stdout.write(f"  {trial.conclusion}")
        if problems := sum(len(trial.problems) for trial in trials):
            raise CommandError(f"{problems} to mend, see above.")
