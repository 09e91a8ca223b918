"""Django's `migrate`, as the owner of the tables, while others serve; and the cache table with it."""

from __future__ import annotations

import time
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError

from console.company_in_hand import for_all
from console.database_roles.locks_while_serving import LockNotHad, one_at_a_time, what_holds_it_up
from console.database_roles.signed_on_as_owner import signed_on_as_owner

PAUSES = (1, 2, 4, 8, 15, 30, 30, 30, 30, 30, 30, 30, 30)
"""Seconds between the tries: some five minutes in all."""


class Command(Migrate):
    """Signs on as `DATABASE_OWNER_URL` says. What the serving role may do is granted at the end, by `post_migrate`.

    Who waits for a lock keeps everybody waiting who comes after: so it waits a second at most, lets go of all it has, and tries
    again. Each migration is a transaction, so that what was done stays done.
    """

    pause = staticmethod(time.sleep)

    @for_all("migrations change the tables of all companies")
    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("plan") or options.get("check_unapplied"):
            with signed_on_as_owner():
                super().handle(*args, **options)
            return
        whole = not any(options.get(name) for name in ("app_label", "prune"))
        with signed_on_as_owner(), one_at_a_time(options["database"]):
            self.try_again_and_again(*args, **options)
            if whole:
                call_command("createcachetable", database=options["database"], verbosity=0)

    def try_again_and_again(self, *args: Any, **options: Any) -> None:
        for seconds in (*PAUSES, None):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not LockNotHad.is_why(error):
                    raise
                if seconds is None:
                    raise CommandError(
                        "A table was in use the whole time, so not every migration is done; what is done stays done."
                        f" {what_holds_it_up(options['database'])} End that, then run migrate again."
                    ) from error
                self.stderr.write(f"A table is in use: migrate lets it go and tries again in {seconds} s.")
                self.pause(seconds)
            else:
                return
