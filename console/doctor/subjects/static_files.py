"""Static files: whether they were collected, and of this version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

from console.doctor.findings import Finding, plain_list, subject
from console.serving.static_files import SmallStaticFilesStorage, is_ours
from console.serving.stylesheet.rules import small

COLLECT = "manage.py collectstatic --clear --no-input, then restart the web"


@subject("Static files")
def static_files() -> Iterator[Finding]:
    """Nothing where they are served from their folders, as development does."""
    if not settings.STORAGES["staticfiles"]["BACKEND"].endswith(SmallStaticFilesStorage.__name__):
        return
    root = Path(settings.STATIC_ROOT)
    if not (root / SmallStaticFilesStorage.manifest_name).exists():
        yield Finding(
            "static.not-collected",
            f"No static files were collected in {root}.",
            "No page can be shown: each asks for the name of a style sheet.",
            COLLECT,
        )
        return
    other = [name for name, source in _sources().items() if not _is_collected(root / name, name, source)]
    if other:
        yield Finding(
            "static.of-another-version",
            f"{len(other)} of the static files in {root} are not those of this version: {plain_list(sorted(other), 3)}.",
            "Pages come with the scripts and styles of an earlier one, and do not work as they should.",
            COLLECT,
        )


def _sources() -> dict[str, Path]:
    """Where each file comes from; of two by one name the first wins, as when they are collected."""
    found: dict[str, Path] = {}
    for finder in get_finders():
        for name, storage in finder.list([]):
            found.setdefault(name, Path(storage.path(name)))
    return found


def _is_collected(collected: Path, name: str, source: Path) -> bool:
    if not collected.is_file():
        return False
    wanted = source.read_bytes()
    return collected.read_bytes() == (small(wanted.decode()).encode() if is_ours(name) else wanted)
