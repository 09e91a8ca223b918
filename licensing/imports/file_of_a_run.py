"""The file of an import waits in the database, in pieces, where every process sees it: until it is imported, or a week."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO

from django.db import transaction
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import User
from licensing.models import ImportLine, ImportPiece, ImportRun
from licensing.queueing import IMPORT_ROWS, after_commit

KEPT = timedelta(days=7)
UNFINISHED = [ImportRun.State.WAITING, ImportRun.State.READING, ImportRun.State.WRITING, ImportRun.State.READY]
PIECE = 256 * 1024
MOST_BYTES = 64 * 1024 * 1024


@transaction.atomic
def keep_file(kind: str, name: str, file: IO[bytes], *, by: User | None) -> ImportRun:
    """A run that waits to be looked at, with its file. Refused for one that is empty or too large."""
    run = ImportRun.objects.create(kind=kind, file_name=name[-150:], digest="", by=by)
    digest, size = hashlib.sha256(), 0
    for number in range(MOST_BYTES // PIECE + 1):
        if not (data := file.read(PIECE)):
            break
        digest.update(data)
        size += len(data)
        ImportPiece.objects.create(run=run, number=number, data=data)
    if not 0 < size <= MOST_BYTES:
        raise Refused(_("Choose a file with lines, of at most 64 MB."), field="file")
    run.digest = digest.hexdigest()
    run.save(update_fields=["digest"])
    after_commit(IMPORT_ROWS, run=str(run.pk))
    return run


@contextmanager
def file_of(run: ImportRun) -> Iterator[IO[bytes]]:
    """The file, open at its beginning; a piece at a time is held, and the copy has no name on the disk."""
    with TemporaryFile() as file:
        for number in _numbers(run):
            file.write(ImportPiece.objects.values_list("data", flat=True).get(run=run, number=number))
        file.seek(0)
        yield file


def _numbers(run: ImportRun) -> list[int]:
    return list(ImportPiece.objects.filter(run=run).order_by("number").values_list("number", flat=True))


def forget_files(now: datetime) -> None:
    """After a week the file goes, and what the report quotes of it; counts, the digest and who gave it stay. Four statements."""
    old = ImportRun.objects.filter(created_at__lt=now - KEPT)
    ImportPiece.objects.filter(run__in=old).delete()
    ImportLine.objects.filter(run__in=old).delete()
    old.filter(state__in=UNFINISHED).update(state=ImportRun.State.FAILED)
    old.exclude(report__faults=[]).update(report=RawSQL('report || \'{"faults": [], "companies": []}\'', []))


@transaction.atomic
def ask_to_import(run: ImportRun, *, by: User) -> bool:
    """Queue that what was looked at is imported, by whoever confirms it, who is named by its acts.

    False where it cannot be any more: it is already, or its file is gone.
    """
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.state != ImportRun.State.READY or not run.pieces.exists():
        return False
    run.state, run.to_import, run.lines_read, run.by = ImportRun.State.WAITING, True, 0, by
    run.save()
    after_commit(IMPORT_ROWS, run=str(run.pk))
    return True
