"""`make run` after `prepare`: the database, then what fills it, then the web server; and their common end.

Whatever ends this process ends all of it: SIGTERM, SIGINT, the death of the `make` that started it, or of a child.
After a SIGKILL the next start finds what was left, by the mark that every process started here carries.
"""

from __future__ import annotations

import os
import signal
import sys

from console.embedded_postgres import PostgresProblem
from console.launch.one_start_at_a_time import hold_lock_if_serving
from console.launch.supervisor import Failed, Stopped, Supervisor, stop_on
from console.launch.where_to_listen import CannotListen
from console.settings_from_environment import Environment, WrongEnvironment


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop_on)
    env = Environment()
    host, port = env.text("HOST", "127.0.0.1"), env.number("PORT", 8000, lowest=1, highest=65535)
    supervisor = None
    try:
        env.stop_if_wrong()
        if "ALLOTMENT_LOCK" not in os.environ:
            hold_lock_if_serving(["console.launch.serve"])
        supervisor = Supervisor(host, port)
        supervisor.start()
        supervisor.watch()
    except Stopped:
        return 0
    except (CannotListen, Failed, PostgresProblem, WrongEnvironment) as problem:
        if str(problem):
            print(problem, file=sys.stderr)
        return 1
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if supervisor is not None:
            supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
