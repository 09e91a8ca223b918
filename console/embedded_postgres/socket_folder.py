"""The folder of the server's socket: for its owner alone, not to be guessed, and with a path that is short enough."""

import os
import tempfile
from pathlib import Path

from console.embedded_postgres.programs import PostgresProblem

SOCKET_PATH_LIMIT = 107  # bytes of a socket's whole path, from <sys/un.h>


SOCKETS = "allotment-socket-"  # how the folders of sockets are called, followed by what cannot be guessed


def socket_folder(owner: tuple[int, int]) -> Path:
    """A new folder of mode 0700 whose name cannot be guessed and whose path leaves room for the socket's name."""
    room = SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432.lock")
    for parent in (tempfile.gettempdir(), "/tmp"):
        if len(os.fsencode(parent)) + len(f"/{SOCKETS}xxxxxxxx") <= room:
            folder = Path(tempfile.mkdtemp(prefix=SOCKETS, dir=parent))
            os.chown(folder, *owner)
            return folder
    raise PostgresProblem("No folder for a socket: set TMPDIR to a folder with a short path.")
