"""The credits that one unit of a line takes, from a day on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from console.templatetags.formats import rate
from credits.models.catalogue.credit_requirement import CreditRequirement
from licensing.models import Rate


class CreditRate(Rate):
    """Credits that one unit of a requirement line takes, from a day on; from `valid_to` on the line takes no more units."""

    valid_to = models.DateField(gettext_lazy("valid to"), null=True, blank=True)
    line = models.ForeignKey(CreditRequirement, models.PROTECT, related_name="rates")

    class Meta(Rate.Meta):
        verbose_name = gettext_lazy("credit rate")
        constraints = [
            *Rate.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
                name="%(class)s_begins_before_it_ends",
            ),
        ]
        indexes = [models.Index(fields=["line", "valid_from"], name="credit_rate_by_day")]

    def __str__(self) -> str:
        return f"{self.line}: {rate(self.credits_per_unit)} from {self.valid_from}"
