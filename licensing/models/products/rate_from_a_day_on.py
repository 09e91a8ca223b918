"""Rates: each holds from its day until the next one of the same thing; one that is empty takes it off the list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy

from console.models import AppendOnly, AppendOnlyQuerySet


class RateQuerySet(AppendOnlyQuerySet):
    def in_force_on(self, day: date) -> RateQuerySet:
        """Newest first: the first row is the rate valid on `day`."""
        return self.filter(valid_from__lte=day).order_by("-valid_from", "-id")


class Rate(AppendOnly):
    """A price valid from a day until the next one of the same thing; of one day the last recorded holds.

    An empty rate says: no longer listed from that day.
    """

    credits_per_unit = models.DecimalField(
        gettext_lazy("credits per unit"), max_digits=16, decimal_places=6, null=True, blank=True
    )
    valid_from = models.DateField(gettext_lazy("valid from"))
    source = models.CharField(gettext_lazy("source"), max_length=250, blank=True)
    act = models.ForeignKey("console.Act", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(editable=False)

    objects = RateQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(credits_per_unit__isnull=True) | models.Q(credits_per_unit__gte=Decimal(0)),
                name="%(class)s_is_not_negative",
            ),
        ]
