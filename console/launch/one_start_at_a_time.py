"""One start at a time in a checkout: a second one says where the first is. Standard library only, as `prepare`."""

from __future__ import annotations

import fcntl
import json
import os
import time

from console.launch.folders_and_words import DATA, stop


def hold_lock_if_serving(command: list[str]) -> None:
    """Take the lock of this checkout's server; it stays with the process through `exec`, until it dies.

    Two starts at once would install into the same `.venv` and start two servers on the same data.
    """
    if "console.launch.serve" not in command:
        return
    try:
        DATA.mkdir(exist_ok=True)
        lock = os.open(DATA / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        stop(f"Cannot write in {DATA} ({error.strerror}): start as the user who owns this folder.")
    deadline = time.monotonic() + 30
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            state = read_state()
            ending = state.get("ending") or not exists(state.get("parent"))
            if not ending or time.monotonic() > deadline:
                where = f"at {state['address']}" if state.get("address") else "but is still starting"
                stop(
                    f"Allotment already runs from this folder, {where} (process {state.get('pid', 'unknown')}):"
                    " use that one, or stop it first."
                )
            time.sleep(0.1)  # its `make` was killed, and it is just ending by itself
    write_state({"pid": os.getpid(), "parent": os.getppid(), "mark": read_state().get("mark")})
    os.set_inheritable(lock, True)
    os.environ["ALLOTMENT_LOCK"] = str(lock)


def read_state() -> dict:
    """What the latest start has written about itself; {} where there is nothing readable."""
    try:
        state = json.loads((DATA / "run.json").read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(state: dict) -> None:
    """Replace the file as a whole, so that a reader never sees half of it."""
    making = DATA / "run.json.making"
    making.write_text(json.dumps(state))
    making.replace(DATA / "run.json")


def exists(pid: object) -> bool:
    """Does the process exist? True when nothing is known of it."""
    if not isinstance(pid, int):
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return pid != 1
