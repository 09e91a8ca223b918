"""The supervisor of the web processes: `python -m console.web_server`, what `manage.py serve` becomes.

SIGTERM and SIGINT end all of it, once what is under way is answered. SIGHUP replaces the processes one by one, each only when
its successor takes requests, so that new code is served without a gap. One that dies is replaced. Loads no Django.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from console.settings_from_environment import Environment, WrongEnvironment
from console.web_server.listening import CannotListen, open_socket
from console.web_server.supervisor import KeepsEnding, Supervisor

ROOT = Path(__file__).resolve().parent.parent.parent


def main(arguments: list[str]) -> int:
    env = Environment()
    cores = os.cpu_count() or 1
    parser = argparse.ArgumentParser(prog="python -m console.web_server", description=__doc__)
    parser.add_argument("--listen", default=env.text("LISTEN", "127.0.0.1:8000"))
    parser.add_argument("--processes", type=int, default=env.number("WEB_PROCESSES", min(4, cores), lowest=1, highest=64))
    parser.add_argument("--threads", type=int, default=env.number("WEB_THREADS", 4, lowest=1, highest=64))
    asked = parser.parse_args(arguments)
    try:
        env.stop_if_wrong()
        # Processes import this installation, wherever it was started from.
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        with open_socket(asked.listen) as listening:
            Supervisor(listening, asked.processes, asked.threads).run()
    except (CannotListen, KeepsEnding, WrongEnvironment) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
