"""Codes that somebody typed and that were not taken: too many bring a pause."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy


class WrongCode(models.Model):
    """Somebody typed a code that was not taken: when, who, and from where. Deleted as soon as it no longer counts.

    `source` is a fingerprint of the address, empty where it is not known.
    """

    person = models.ForeignKey("console.User", models.PROTECT, related_name="+")
    source = models.CharField(max_length=64, blank=True)
    typed_at = models.DateTimeField()

    class Meta:
        verbose_name = gettext_lazy("wrong code")
        indexes = [
            models.Index(fields=["person", "-typed_at"], name="wrong_code_by_person"),
            models.Index(fields=["source", "-typed_at"], name="wrong_code_by_source"),
            models.Index(fields=["typed_at"], name="wrong_code_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.typed_at:%Y-%m-%d %H:%M} UTC"
