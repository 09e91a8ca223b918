"""What it costs to be observed: an empty view with a line in the log, counts and statements counted, against one without.

Processor time of medians over alternating pairs, in one process, with the log written as JSON (to nowhere) and counts in a
folder, as in production.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from console.serving.room_for_calls import with_room_for_calls

MOST_FOR_OBSERVING = 1.1
PAIRS, WARM_UP = 400, 40
DATABASE = "bench_observing"


def observing(url: str) -> bool:
    """Measure in a database of its own on this server; whether it holds."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    with tempfile.TemporaryDirectory() as folder:
        here = {"TEST_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{DATABASE}")), "METRICS_DIR": folder}
        command = [sys.executable, "-m", "tests.bench_observing"]
        said = subprocess.run(command, env={**os.environ, **here}, stdout=subprocess.PIPE, text=True, check=True).stdout
    observed, alone = map(float, said.split()[-2:])
    holds = observed / alone <= MOST_FOR_OBSERVING
    print(
        f"An empty view observed: {observed / alone:.3f} times one that is not ({observed * 1e6:.0f} and {alone * 1e6:.0f} µs of"
        f" the processor; at most {MOST_FOR_OBSERVING}, medians of {PAIRS} alternating pairs): {'holds' if holds else 'MISSED'}"
    )
    return holds


def only_known(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The middleware in the place of the one that observes: which request is answered is known, as sessions need it."""
    from console.logs.request_answered import answered

    def middleware(request: Any) -> Any:
        before = answered.set(request)
        try:
            return get_response(request)
        finally:
            answered.reset(before)

    return middleware


def measure() -> None:
    import logging.config

    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.http import HttpRequest, HttpResponse
    from django.test import Client
    from django.urls import path

    from console.logs import under_way
    from console.metrics.counted import FOLDER
    from console.roof import urls
    from console.serving.cycles import collect_cycles_rarely
    from console.settings.base import env
    from console.settings.parts.logs_and_metrics import logging_to_terminal
    from tests.factories import make_user

    assert FOLDER is not None
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    written = logging_to_terminal(env, default="json")
    written["handlers"]["console"]["stream"] = open(os.devnull, "w")  # noqa: SIM115
    logging.config.dictConfig(written)

    def empty(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(request.user))

    urls.urlpatterns.append(path("bench/empty/", empty, name="empty"))
    settings.ALLOWED_HOSTS = ["testserver"]
    person = make_user()
    observed, alone = Client(), Client()
    whole = settings.MIDDLEWARE
    for client, middleware in ((observed, whole), (alone, ["tests.bench_observing.only_known", *whole[1:]])):
        settings.MIDDLEWARE = middleware  # read with a client's first request
        client.force_login(person)
        assert client.get("/bench/empty/").status_code == 200
    assert whole[0] == "console.logs.who_asks.WhoAsksMiddleware"
    collect_cycles_rarely()

    def seconds(client: Client) -> float:
        if client is alone:
            connection.execute_wrappers.remove(under_way._counted)
        began = time.process_time()
        client.get("/bench/empty/")
        took = time.process_time() - began
        if client is alone:
            connection.execute_wrappers.append(under_way._counted)
        return took

    took: dict[Client, list[float]] = {observed: [], alone: []}
    for number in range(WARM_UP + PAIRS):
        for client in (observed, alone) if number % 2 else (alone, observed):
            found = seconds(client)
            if number >= WARM_UP:
                took[client].append(found)
    print(statistics.median(took[observed]), statistics.median(took[alone]))


if __name__ == "__main__":
    with_room_for_calls(measure)()
