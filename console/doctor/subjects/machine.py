"""The machine: room on its disks, files with secrets, and whether the packages are those that were pinned."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.conf import settings

from console.doctor.findings import Finding, Severity, plain_list, subject
from console.settings.parts.encrypted_ways_out import is_local

FULL, NEARLY_FULL = 0.03, 0.10
"""Of a disk that is left."""
FULL_BYTES = 1_000_000_000
PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)\s*(;[^\\]*)?", re.MULTILINE)


@subject("Disks")
def room_left() -> Iterator[Finding]:
    seen: set[int] = set()
    for folder in folders():
        device = folder.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        usage = shutil.disk_usage(folder)
        part = usage.free / usage.total if usage.total else 1
        full = part < FULL or usage.free < FULL_BYTES
        if not full and part >= NEARLY_FULL:
            continue
        yield Finding(
            "disk.nearly-full",
            f"The disk of {folder} has {usage.free / 1e9:.1f} GB left, {part:.0%} of it.",
            "When it is full the database takes no write: nobody signs in, nothing is activated.",
            f"Make room, or enlarge the disk: du -xh --max-depth=2 {folder} | sort -h | tail",
            Severity.WRONG if full else Severity.WARN,
        )


def folders() -> Iterator[Path]:
    """Those whose disk matters: the database's where it is on this machine, static files, and the one for what is passing."""
    database: dict[str, Any] = settings.DATABASES["default"]
    here = is_local(str(database.get("HOST", "")))
    candidates = [str(settings.DATA_DIR), "/var/lib/postgresql"] if here else []
    for folder in [*candidates, str(settings.STATIC_ROOT), tempfile.gettempdir()]:
        if Path(folder).is_dir():
            yield Path(folder)


@subject("Files with secrets")
def files_with_secrets() -> Iterator[Finding]:
    """Files that a variable `…_FILE` names, and the one that units read where secrets stand in it."""
    environment = Path(os.environ.get("ALLOTMENT_ETC", "/etc/allotment")) / "allotment.env"
    if held := sorted(_secrets_in(environment)):
        yield Finding(
            "files.environment-open-to-all",
            f"Everybody on this machine may read {environment}, which holds {plain_list(held)}.",
            "Those are secrets of the console.",
            f"chmod o-rwx {environment}; better, write each into a file of its own and name that: {held[0]}_FILE=…",
        )
    for variable, path in sorted(os.environ.items()):
        if not variable.endswith("_FILE") or variable.removesuffix("_FILE") not in SECRETS or not os.path.isfile(path):
            continue
        mode = stat.S_IMODE(os.stat(path).st_mode)
        if mode & 0o007:
            yield Finding(
                "files.open-to-all",
                f"Everybody on this machine may {'change' if mode & 0o002 else 'read'} {path}, which {variable} names.",
                "It holds a secret of the console.",
                f"chmod o-rwx {path}",
            )


def _secrets_in(environment: Path) -> Iterator[str]:
    """The secrets that stand in a file which everybody may read; none where it cannot be read or is not there."""
    try:
        if stat.S_IMODE(environment.stat().st_mode) & 0o004:
            names = (line.partition("=")[0].strip() for line in environment.read_text().splitlines())
            yield from (name for name in names if name in SECRETS)
    except (OSError, UnicodeDecodeError):
        return


SECRETS = (
    *("SECRET_KEY", "SECRET_KEY_BEFORE", "SEALING_KEYS", "DATABASE_URL", "DATABASE_OWNER_URL", "EMAIL_URL", "METRICS_TOKEN"),
    *("AZURE_CLIENT_SECRET", "AZURE_CLIENT_SECRET_NEXT"),
    *(f"{name.removesuffix('_FILE')}" for name in os.environ if re.fullmatch(r"OIDC_\w+_CLIENT_SECRET_FILE", name)),
)


@subject("Packages")
def packages() -> Iterator[Finding]:
    """Of requirements/runtime.txt, by name and version."""
    listed = settings.BASE_DIR / "requirements" / "runtime.txt"
    other = []
    for name, wanted, only_where in PINNED.findall(listed.read_text()):
        try:
            found = version(name)
        except PackageNotFoundError:
            if not only_where:
                other.append(f"{name} is missing")
            continue
        if found != wanted:
            other.append(f"{name} is {found} instead of {wanted}")
    if other:
        yield Finding(
            "packages.differ",
            f"Packages are not those of requirements/runtime.txt: {plain_list(other)}.",
            "What was tested, and whose holes are known, is another version.",
            "uv pip sync --require-hashes requirements/runtime.txt, then restart web and worker",
        )
