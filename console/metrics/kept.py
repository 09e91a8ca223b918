"""Where counts are kept: in files of a folder, one a process, so that whichever web process is asked answers for all of them.

The library writes them (its multiprocess mode). What a process that has ended counted is added to one file and its own goes, so
that counts never fall and the folder does not grow. The folder is of one machine: the numbers of processes tell who has ended.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

ENDED = 0
"""Stands for all processes that have ended. No process has this number."""
FILE = re.compile(r"(?P<kind>[a-z_]+)_(?P<pid>\d+)\.db")

logger = logging.getLogger("allotment.metrics")


def keep_in_folder() -> Path | None:
    """Make the folder of METRICS_DIR ready for the library; None where counts stay in this process.

    Before the library is imported, which looks once.
    """
    folder = Path(settings.METRICS_DIR) if settings.METRICS_DIR else None
    if folder is not None and not _is_ours_alone(folder):
        logger.warning("METRICS_DIR is no folder of ours alone: each process answers for itself")
        folder = None
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    if folder is not None:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return folder


def _is_ours_alone(folder: Path) -> bool:
    """Made where it is missing. One that somebody else could write to might lead us to write elsewhere."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nobody else reads or puts files together meanwhile; who counts does not wait."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def files_of(folder: Path) -> list[str]:
    """Of processes that live, and what those that have ended left, put together. Within `held`."""
    from prometheus_client.mmap_dict import MmapedDict

    found = []
    for path in sorted(folder.glob("*.db")):
        name = FILE.fullmatch(path.name)
        if name is None or int(name["pid"]) == ENDED:
            continue
        if lives(int(name["pid"])):
            found.append(str(path))
            continue
        if not name["kind"].startswith("gauge"):  # what was true of it has ended with it
            kept = MmapedDict(str(folder / f"{name['kind']}_{ENDED}.db"))
            for key, value, _timestamp, _position in MmapedDict.read_all_values_from_file(str(path)):
                kept.write_value(key, kept.read_value(key)[0] + value, 0.0)
            kept.close()
        path.unlink()
    return [*found, *(str(path) for path in folder.glob(f"*_{ENDED}.db"))]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's by now, which has the same number
        return False
    return True
