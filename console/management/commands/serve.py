"""`manage.py serve`: the web server, in the foreground, until a signal ends it."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from console.company_in_hand import for_all


class Command(BaseCommand):
    help = (
        "Serve the console in the foreground at LISTEN (127.0.0.1:8000), by WEB_PROCESSES processes of WEB_THREADS threads each."
        " SIGTERM ends it once what is under way is answered, SIGHUP renews the processes one by one."
    )

    @for_all("serving asks nothing; each request says whose it is")
    def handle(self, *args: Any, **options: Any) -> None:
        """Become the supervisor, in the same process: it needs none of what was loaded to come here."""
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")]))
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "console.web_server"])
