"""`make proof-of-slow-clients`: slow clients and a crowd stop nobody.

200 slow clients of each kind (head, body, reading) for 60 s; meanwhile /healthz, the sign-in page and a page are asked: 95 of
100 answers within 1 s, none after more than 5 s, all of them 200. Then 256 clients on pages: nothing but answers and 503 with
`Retry-After`, and at least 0.8 of the answers a second that 8 clients get.

Serves the demo itself, or asks elsewhere: `ARGS='--address https://127.0.0.1:8443 --cookie sessionid=…'`.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import re
import sys
import urllib.request
from contextlib import ExitStack

from console.launch.measuring.demo_console import demo_console
from console.launch.measuring.slow_clients import Answer, Lateness, Site, asking, crowd, slowed

WITHIN, OF_A_HUNDRED, MOST = 1.0, 95, 5.0
SIGN_IN = "/accounts/login/"
PAGE, PAGE_FOR_ANYBODY = "/companies/aster/credits/annual/", "/help/"
FEW, LEAST_OF_FEW = 8, 0.8


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make proof-of-slow-clients", description=__doc__)
    parser.add_argument("--address", help="where a console answers; without it the demo is served")
    parser.add_argument("--cookie", default="", help="name=value of somebody who has signed in there")
    parser.add_argument("--page", default="", help="the page to ask for")
    parser.add_argument("--slow", type=int, default=200, help="slow clients of each kind (200)")
    parser.add_argument("--seconds", type=float, default=60, help="for so long (60)")
    parser.add_argument("--crowd", type=int, default=256, help="clients on pages (256)")
    parser.add_argument("--crowd-seconds", type=float, default=20, help="for so long (20)")
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        address, cookie = asked.address, asked.cookie
        if not address:
            console = stack.enter_context(demo_console())
            address, cookie = console.url, f"sessionid={console.session_of('viewer@aster.example')}"
        page = asked.page or (PAGE if cookie else PAGE_FOR_ANYBODY)
        site = Site(address.rstrip("/"), cookie)
        holds = slow_clients(site, page, asked.slow, asked.seconds)
        return 0 if asyncio.run(many(site, page, asked.crowd, asked.crowd_seconds)) and holds else 1


def slow_clients(site: Site, page: str, number: int, seconds: float) -> bool:
    print(f"{number} slow clients each of head, body and reading, for {seconds:.0f} s …", flush=True)
    stranger = Site(site.address)
    with slowed(site, number, large_file(site, page)):
        answers = asyncio.run(_asking({"/healthz": stranger, SIGN_IN: stranger, page: site}, seconds))
    held = [_say(path, found) for path, found in answers.items()]
    return all(held)


async def _asking(by_path: dict[str, Site], seconds: float) -> dict[str, list[Answer]]:
    late = Lateness()
    watching = asyncio.create_task(late.watch())
    answers = await asking(by_path, seconds)
    watching.cancel()
    print(f"Who asked came late by up to {late.most:.2f} s itself.")
    return answers


def _say(path: str, answers: list[Answer]) -> bool:
    times = sorted(each.took for each in answers)
    most = times[min(len(times) - 1, math.ceil(len(times) * OF_A_HUNDRED / 100) - 1)]
    wrong = {each.problem or str(each.status) for each in answers if each.status != 200}
    holds = not wrong and most <= WITHIN and times[-1] <= MOST
    print(
        f"{path:<36} {len(times):>4} asked, {OF_A_HUNDRED} of 100 within {most:.2f} s, slowest {times[-1]:.2f} s"
        f"{f', not answered: {sorted(wrong)}' if wrong else ''}: {'holds' if holds else 'MISSED'}"
    )
    return holds


async def many(site: Site, page: str, number: int, seconds: float) -> bool:
    few = [await crowd(site, FEW, page, seconds / 2)]
    found = await crowd(site, number, page, seconds)
    few.append(await crowd(site, FEW, page, seconds / 2))  # before and after: the machine may do something else
    best = sum(each.a_second for each in few) / len(few)
    share = found.a_second / best if best else 0.0
    holds = not found.others and share >= LEAST_OF_FEW
    print(
        f"{number} clients: {found.a_second:.1f} pages a second, {share:.2f} of the {best:.1f} of {FEW} clients (at least"
        f" {LEAST_OF_FEW}); {found.told_to_wait} times told to come again; other answers: {found.others or 'none'}:"
        f" {'holds' if holds else 'MISSED'}"
    )
    return holds


def large_file(site: Site, page: str) -> str:
    """The largest file that the page names: scripts and style sheets."""

    def read(path: str) -> bytes:
        request = urllib.request.Request(site.address + path, headers={"Cookie": site.cookie} if site.cookie else {})
        with urllib.request.urlopen(request, timeout=30, context=site.tls()) as answer:
            found: bytes = answer.read()
            return found

    names: set[str] = set(re.findall(r'"(/static/[^"]+\.(?:css|js))"', read(page).decode()))
    return max(sorted(names), key=lambda name: len(read(name)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
