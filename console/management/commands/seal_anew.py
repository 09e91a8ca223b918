"""`manage.py seal_anew`: after a new key was put first into SEALING_KEYS, before the old one is taken out."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.company_in_hand import for_all
from console.security.at_rest.seal_anew import Done, on_former_keys, seal_anew
from console.security.at_rest.sessions import keep_former_sessions_anew

NAMED = 20
"""So many rows that cannot be opened are named, by their id."""


class Command(BaseCommand):
    help = (
        "Seals what is kept sealed anew under the first of SEALING_KEYS, with the fingerprints that codes are found by, while the"
        " console runs. May be ended and called again. With --count it only says how much still hangs on a former key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--count", action="store_true", help="change nothing: say what hangs on a former key; 1 where no key opens something"
        )

    @for_all("secrets of all companies are sealed anew")
    def handle(self, *args: Any, **options: Any) -> None:
        if options["count"]:
            self.count()
            return
        if moved := keep_former_sessions_anew():
            self.stdout.write(f"sessions: {moved:,} that an earlier version had kept were sealed.")
        columns: dict[str, Done] = {}
        for done in seal_anew():
            columns[done.label] = done
            self.stdout.write(f"{done.label}: {done.rows:,} looked at, {done.sealed:,} sealed anew.")
            self.stdout.flush()
        wrong = [each for each in columns.values() if each.not_opened]
        for each in wrong:
            named = ", ".join(map(str, each.not_opened[:NAMED]))
            more = f" and {len(each.not_opened) - NAMED:,} more" if len(each.not_opened) > NAMED else ""
            self.stderr.write(f"{each.label}: {len(each.not_opened):,} could not be opened: {named}{more}.")
        if wrong:
            raise CommandError(
                "What could not be opened was left as it is. Put the key it was sealed with back behind the others in"
                " SEALING_KEYS (a former SECRET_KEY: in SECRET_KEY_BEFORE), then run manage.py seal_anew again."
            )
        self.stdout.write(
            "Everything opens with the first key alone. Former keys may be taken out of SEALING_KEYS and SECRET_KEY_BEFORE once"
            " backups that need them are no longer kept."
        )

    def count(self) -> None:
        found = on_former_keys()
        for each in found:
            if each.rows:
                self.stdout.write(f"{each.label}: {each.rows:,} hang on a former key.")
            if each.lost:
                self.stdout.write(f"{each.label}: {each.lost:,} open with no key that is set.")
        hang = any(each.rows for each in found)
        self.stdout.write("Run manage.py seal_anew." if hang else "Nothing hangs on a former key.")
        if any(each.lost for each in found):
            raise CommandError(
                "Something kept opens with no key that is set: put the right sealing-keys back, or the key it was sealed with"
                " behind the others in SEALING_KEYS (a former SECRET_KEY: in SECRET_KEY_BEFORE)."
            )
