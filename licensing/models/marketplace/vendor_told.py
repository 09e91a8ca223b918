"""That the vendor's people were told of something: the row that keeps them from being told twice."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy


class VendorTold(models.Model):
    """`about` is the act, purchase or operation; written before the mails, with them or not at all."""

    event = models.CharField(gettext_lazy("what happened"), max_length=20)
    about = models.CharField(max_length=150)
    told_at = models.DateTimeField(gettext_lazy("told"))

    class Meta:
        verbose_name = gettext_lazy("mail to the vendor")
        verbose_name_plural = gettext_lazy("mails to the vendor")
        constraints = [models.UniqueConstraint(fields=["event", "about"], name="the_vendor_is_told_once")]

    def __str__(self) -> str:
        return f"{self.event} {self.about}"
