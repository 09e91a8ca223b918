"""One web process: `python -m console.web_server.process LISTENING READY THREADS`.

The first two are numbers of files that the supervisor hands down: the socket, and a pipe that hears when requests are taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import uvicorn
from django.conf import settings
from django.db import connections
from django.template.loader import get_template

from console.settings_from_environment import WrongEnvironment
from console.web_server.connection import Connection, end_overdue, with_limits
from console.web_server.front import HEALTH, Front, made_beforehand
from console.web_server.limits import Limits
from console.web_server.listening import AT_ONCE, Shared


def main(listening: int, ready: int, threads: int) -> None:
    # By default a thread keeps the interpreter for 5 ms where others want it, and the loop is one of many that do.
    sys.setswitchinterval(0.002)
    os.environ.setdefault("DATABASE_POOL_SIZE", str(threads + 2))
    from console.wsgi import application  # only now: reading the settings takes the variable up

    limits = replace(Limits(), body_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    host = next((each.lstrip(".") for each in settings.ALLOWED_HOSTS if each != "*"), "localhost")
    health = made_beforehand(application, HEALTH, host)
    if health[0] != 200:
        sys.exit(f"{HEALTH} answers {health[0]}: see above.")
    front = Front(
        application,
        threads=threads,
        limits=limits,
        health=health,
        busy=busy_page(),
        each=statement_canceller,
    )
    asyncio.run(serve(server_of(front, limits), Shared(fileno=listening), lambda: os.write(ready, b"1")))


def busy_page() -> bytes:
    try:
        return get_template("503.html").render().encode()
    except ValueError as problem:  # every page would say so
        sys.exit(f"A page cannot be shown ({problem}): run manage.py collectstatic, then start again.")


def server_of(front: Front, limits: Limits) -> uvicorn.Server:
    config = uvicorn.Config(
        cast(Any, front),
        http=with_limits(limits),
        loop="asyncio",
        backlog=AT_ONCE,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # whom to believe is the application's to say
        server_header=False,
        timeout_keep_alive=limits.keep_alive_seconds,
        timeout_graceful_shutdown=limits.end_seconds,
    )
    # Whatever strangers send that is no HTTP would be a line each.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return uvicorn.Server(config)


async def serve(server: uvicorn.Server, listening: Shared, ready: Callable[[], object], every: float = 1) -> None:
    """Until SIGTERM or SIGINT, then until what is under way is answered. Deadlines are looked after every so many seconds."""
    looking_after = asyncio.create_task(_look_after(server, ready, every))
    try:
        await server.serve(sockets=[listening])
    finally:
        looking_after.cancel()


async def _look_after(server: uvicorn.Server, ready: Callable[[], object], every: float) -> None:
    while not server.started:
        await asyncio.sleep(0.01)
    ready()
    await end_overdue(cast("set[Connection]", server.server_state.connections), every)


def statement_canceller() -> Callable[[], None]:
    """What cancels the statement that this thread waits for, called from another; its page then says 503."""
    database = connections["default"]

    def cancel() -> None:
        if (held := database.connection) is not None:
            with contextlib.suppress(Exception):  # whatever it is, the connection is in no better state without
                held.cancel_safe(timeout=5)

    return cancel


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        main(*(int(argument) for argument in sys.argv[1:4]))
    except WrongEnvironment as problem:
        sys.exit(str(problem))
