"""A process of its own that opens the landing page many times at once, when it is told to: how often with which answer, as JSON.

Usage: python -m tests.landings TIMES AT_ONCE. Says that it is ready, and waits for a line. Its clock stands still.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import django
import time_machine
from django.test import Client

MINUTE = datetime(2026, 3, 10, 9, 30, 20, tzinfo=UTC)
LANDING = "/marketplace/azure/landing"


def land(number: int) -> int:
    return Client().get(f"{LANDING}?token=made-up-{number}").status_code


def main(times: int, at_once: int) -> None:
    django.setup()
    with time_machine.travel(MINUTE, tick=False), ThreadPoolExecutor(at_once) as pool:
        print("ready", flush=True)
        sys.stdin.readline()
        answers = Counter(pool.map(land, range(times)))
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
