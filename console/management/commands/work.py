"""`manage.py work`: the worker, in the foreground, until SIGTERM."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from contextvars import Context
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from console.company_in_hand import for_all
from console.database_roles.signed_on_as_owner import ACCOUNT, sign_on
from console.jobs.worker import keep_working


class Command(BaseCommand):
    help = (
        "Do the jobs that wait: activations, mail, notices, comparisons. Runs until SIGTERM or SIGINT, then finishes what it has "
        "begun. Several may run at once, on several machines."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--grace", type=float, default=30.0, metavar="SECONDS", help="for jobs to finish once told to end (30)"
        )

    @for_all("asks nothing itself; each job states for itself why it asks for all")
    def handle(self, *, grace: float, **options: Any) -> None:
        if found := settings.DATABASE_WORKER:
            sign_on({name: found.get(name, "") for name in ACCOUNT} | {"OPTIONS": found.get("OPTIONS", {})})
        Context().run(asyncio.run, keep_working(grace))  # with nothing in hand: each job states that for itself
