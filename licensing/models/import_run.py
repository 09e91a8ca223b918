"""An import of rows: the file while it is needed, its lines while they are looked at, and what came of it, which stays."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy


class ImportRun(models.Model):
    """One file that somebody gave: what it is, how far it is, and what was found. It keeps counts and the digest, no line."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waits for its turn")
        READING = "reading", gettext_lazy("Being read")
        WRITING = "writing", gettext_lazy("Being checked as a whole")
        READY = "ready", gettext_lazy("Checked: nothing is written yet")
        WRONG = "wrong", gettext_lazy("Some lines are wrong: nothing is written")
        DONE = "done", gettext_lazy("Imported")
        FAILED = "failed", gettext_lazy("Ended by a failure: nothing is written")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(gettext_lazy("kind"), max_length=20)
    file_name = models.CharField(gettext_lazy("file"), max_length=150)
    digest = models.CharField(max_length=64)
    state = models.CharField(gettext_lazy("state"), max_length=10, choices=State, default=State.WAITING)
    to_import = models.BooleanField(gettext_lazy("imports"), default=False)
    """Whether what is right is kept; else it is only looked at."""
    lines_read = models.PositiveIntegerField(gettext_lazy("lines read"), default=0)
    report = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = gettext_lazy("import")
        indexes = [models.Index(fields=["-created_at"], name="import_by_time")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.WAITING, self.State.READING, self.State.WRITING)


class ImportPiece(models.Model):
    """A piece of the file of an import. Gone once it is imported, and after a week."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = gettext_lazy("piece of an import")
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_piece_per_import_and_number")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.number}"


class ImportLine(models.Model):
    """A line while its import looks at it: read, not yet written. The table is not logged, since it holds nothing for long."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="+", db_constraint=False)
    line = models.PositiveIntegerField()
    found = models.BigIntegerField(null=True)
    """Id of the company it is about; None where it is about none."""
    key = models.CharField(max_length=250)
    said = models.JSONField()

    class Meta:
        verbose_name = gettext_lazy("line of an import")
        constraints = [models.UniqueConstraint(fields=["run", "line"], name="one_row_per_import_and_line")]
        indexes = [models.Index(fields=["run", "found", "line"], name="import_line_by_company")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.line}"
