"""That the ledger was verified: when, and with what result. What operators watch."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy


class LedgerVerification(models.Model):
    """One verification of every company, by night or by command. A command for one company leaves none.

    `differences` is 0 where every entry says what the statements say; it counts as far as was looked: at least so many.
    """

    ended_at = models.DateTimeField(gettext_lazy("ended"))
    seconds = models.FloatField(gettext_lazy("seconds"))
    companies = models.PositiveIntegerField(gettext_lazy("companies"))
    differences = models.PositiveIntegerField(gettext_lazy("differences"))
    first = models.TextField(gettext_lazy("the first difference"), blank=True)

    class Meta:
        verbose_name = gettext_lazy("verification of the ledger")
        verbose_name_plural = gettext_lazy("verifications of the ledger")
        indexes = [models.Index(fields=["-ended_at"], name="verification_by_time")]

    def __str__(self) -> str:
        return f"{self.ended_at:%Y-%m-%d %H:%M} UTC: {self.differences:,}"
