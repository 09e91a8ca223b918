"""Static files as browsers get them: style sheets without comments, everything named by its content and compressed beforehand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.files.base import ContentFile, File
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

from console.serving.stylesheet.rules import small


class SmallStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Our own style sheets are collected without what browsers skip; a file that changes is another address."""

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        if name and is_ours(name):
            content = ContentFile(small(File(content).read().decode()).encode())
        return str(super().save(name, content, max_length))

    def post_process(self, paths: dict[str, Any], *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Names are made of what was collected, not of what it was made from."""
        yield from super().post_process(
            {name: (self, name) if is_ours(name) else where for name, where in paths.items()}, *args, **kwargs
        )


def is_ours(name: str) -> bool:
    return name.startswith("css/") and name.endswith(".css")


def collect() -> None:
    """Collect into STATIC_ROOT, unless what lies there was made of the same files. Takes seconds only where something changed."""
    root = Path(settings.STATIC_ROOT)
    noted, wanted = root / "made-of", _digest()
    if noted.exists() and noted.read_text() == wanted:
        return
    root.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    noted.write_text(wanted)


def _digest() -> str:
    """Of the names, sizes and times of all files that would be collected, and of what makes them."""
    found = hashlib.sha256(f"{django.__version__} {Path(__file__).stat().st_mtime_ns}".encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            state = Path(storage.path(path)).stat()
            found.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return found.hexdigest()
