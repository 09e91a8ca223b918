"""Strangers at the landing page: the limit is exact, from however many processes, and what they leave behind is bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from ipaddress import IPv4Address
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from console.security.sealing import seal
from licensing.pages.marketplace import landing
from licensing.purchases.activation import exchange_token
from licensing.purchases.activation.exchange_token import MAX_TOKEN, MOST_OF_STRANGERS
from tests.landings import LANDING, MINUTE
from tests.processes import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES, AT_ONCE, TIMES = 2, 12, 36
STRANGERS = int(os.environ.get("STRANGERS", "250"))
PROMISED = 10_000
FIRST = 2
LEAVE_LESS_THAN = 20_000_000
"""Bytes that so many strangers leave behind."""


def test_the_limit_of_60_lets_60_through_24_at_a_time_from_two_processes() -> None:
    command = [sys.executable, "-m", "tests.landings", str(TIMES), str(AT_ONCE)]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment(1), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _process in range(PROCESSES)
    ]
    try:
        for each in running:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in running:
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        answers: Counter[str] = Counter()
        for each in running:
            answers.update(json.loads(each.communicate(timeout=60)[0]))
    finally:
        for each in running:
            each.kill()
            each.wait()
    assert answers == {"302": landing.BROUGHT_PER_MINUTE, "429": PROCESSES * TIMES - landing.BROUGHT_PER_MINUTE}
    assert landing.BROUGHT_PER_MINUTE == 60


@pytest.mark.as_owner  # who may do by hand what the server does by itself while it goes on
@pytest.mark.parametrize("hours", [0, 12], ids=["at once", "over half a day"])
def test_ten_thousand_strangers_leave_less_than_20_mb_behind(hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each from an address of their own, with the longest token. As many as STRANGERS, and as much less room for their tokens.

    The first ones are not measured: with them each table and index begins its first page.
    """
    part, answers = PROMISED / STRANGERS, Counter[int]()
    monkeypatch.setattr(exchange_token, "MOST_OF_STRANGERS", round(MOST_OF_STRANGERS / part) + FIRST * len(seal("x" * MAX_TOKEN)))
    for number in range(-FIRST, STRANGERS):
        if number == 0:
            answers.clear()
            before = stored()
        if hours and number % round(STRANGERS / hours) == 0:
            vacuum()
        with time_machine.travel(MINUTE + timedelta(hours=hours) * number / STRANGERS, tick=False):
            client = Client(REMOTE_ADDR=str(IPv4Address("198.18.0.0") + number))
            answers[client.get(f"{LANDING}?token={f'{number:09}'.ljust(MAX_TOKEN - 1, 'x')}").status_code] += 1
    grown = {table: round((size - before.get(table, 0)) * part) for table, size in stored().items() if size != before.get(table)}
    print(f"{STRANGERS} strangers, {dict(answers)}; {PROMISED} leave {sum(grown.values())} bytes: {grown}")
    assert set(answers) == {302, 429}
    assert sum(grown.values()) < LEAVE_LESS_THAN


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM licensing_activation, console_cache, django_session")


def stored() -> dict[Any, int]:
    """Bytes of each table, with its indexes and what is stored beside it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
            " WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace"
        )
        return dict(cursor.fetchall())
