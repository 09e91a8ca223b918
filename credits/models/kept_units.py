"""What keeping the use of converted seats has added to allocations, and what of it was taken back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from credits.models.catalogue.credit_requirement import CreditRequirement
from credits.models.catalogue.offering_and_feature import Feature
from licensing.models import FactQuerySet, Order, TenantFact, TenantForeignKey


class KeptUnits(TenantFact):
    """Units of a line that keeping the use of an order added from a day on, or took back (negative).

    The allocation itself is said by the `AllocationStatement` of the same act; this tells what part of it keeping is the
    reason for.
    """

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="+")
    line = models.ForeignKey(CreditRequirement, models.PROTECT, related_name="+")
    order = TenantForeignKey(Order, models.PROTECT, related_name="+", db_constraint=False)
    effective_on = models.DateField(gettext_lazy("holds from"))
    units_change = models.BigIntegerField(gettext_lazy("change of units"))

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("units kept in use")
        verbose_name_plural = gettext_lazy("units kept in use")
        constraints = [models.CheckConstraint(condition=~Q(units_change=0), name="keeping_changes_units")]
        indexes = [
            models.Index(fields=["company", "line"], name="kept_units_by_line"),
            models.Index(fields=["company", "order"], name="kept_units_by_order"),
        ]

    def __str__(self) -> str:
        return f"{self.effective_on}: {self.units_change:+d}"
