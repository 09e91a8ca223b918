"""How many units of a line were in use on a day, as somebody observed. It changes no credits."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from credits.models.catalogue.credit_requirement import CreditRequirement
from credits.models.catalogue.offering_and_feature import Feature
from credits.rules.units_in_use import Observed
from licensing.models import FactQuerySet, TenantFact
from licensing.rules.units_times_rate import MAX_UNITS


class UnitsInUseQuerySet(FactQuerySet):
    def latest_of_each_day(self) -> Self:
        """Of each line and day what was recorded last, by line and day."""
        return self.order_by("line_id", "observed_on", "-recorded_at", "-id").distinct("line_id", "observed_on")


class UnitsInUse(TenantFact):
    """ "N units of this line were in use on that day", whatever is allocated. Of one day the last recorded counts."""

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="+")
    line = models.ForeignKey(CreditRequirement, models.PROTECT, related_name="+")
    observed_on = models.DateField(gettext_lazy("observed on"))
    units = models.BigIntegerField(gettext_lazy("units"))

    objects = UnitsInUseQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("units in use")
        verbose_name_plural = gettext_lazy("units in use")
        constraints = [
            models.CheckConstraint(
                condition=Q(units__gte=0, units__lte=MAX_UNITS), name="units_in_use_are_whole_and_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["company", "line", "observed_on"], name="units_in_use_by_line_and_day")]

    def __str__(self) -> str:
        return f"{self.observed_on}: {self.units:,}"

    @property
    def said(self) -> Observed:
        """This observation as the pure rules read it."""
        return Observed(self.observed_on, self.units)
