"""Django's `migrate`, as the owner of the tables, and the cache table with it."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate

from console.company_in_hand import for_all
from console.database_roles.signed_on_as_owner import signed_on_as_owner


class Command(Migrate):
    """Signs on as `DATABASE_OWNER_URL` says. What the serving role may do is granted at the end, by `post_migrate`."""

    @for_all("migrations change the tables of all companies")
    def handle(self, *args: Any, **options: Any) -> None:
        whole = not any(options.get(name) for name in ("app_label", "plan", "check_unapplied", "prune"))
        with signed_on_as_owner():
            super().handle(*args, **options)
            if whole:
                call_command("createcachetable", database=options["database"], verbosity=0)
