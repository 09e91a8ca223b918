"""`manage.py doctor`: look at a running installation, and name each deviation with its fix."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from console.company_in_hand import for_all
from console.doctor.examination import examine
from console.doctor.report import as_text, succeeds, to_json


class Command(BaseCommand):
    help = (
        "Look at settings, machine, addresses, database, rights, tables, worker, mail and people, and name each deviation with"
        " its fix. Changes nothing, needs no more than the role that serves, and may run while people work. Exits with"
        " 1 when something is wrong, or could not be looked at."
    )
    requires_system_checks: list[str] = []  # it says more of the same, and also where they stop

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines: subjects, each finding with its name and severity")
        parser.add_argument("--only", metavar="WORDS", default="", help="only subjects whose title contains these")

    @for_all("the installation is looked at as a whole")
    def handle(self, *, json: bool, only: str, **options: Any) -> None:
        examined = examine(only)
        self.stdout.write(to_json(examined) if json else as_text(examined))
        if not succeeds(examined):
            sys.exit(1)
