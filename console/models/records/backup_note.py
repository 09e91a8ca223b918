"""That a backup was made: when, and what of. What made it says so, by `manage.py note_backup`."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy


class BackupNote(models.Model):
    """One backup that was heard of. The console itself makes none, and cannot see whether it can be read back."""

    made_at = models.DateTimeField(gettext_lazy("made"), db_default=Now())
    what = models.CharField(gettext_lazy("what"), max_length=200, blank=True)

    class Meta:
        verbose_name = gettext_lazy("note of a backup")
        verbose_name_plural = gettext_lazy("notes of backups")
        indexes = [models.Index(fields=["-made_at"], name="backup_by_time")]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M} UTC {self.what}".strip()
