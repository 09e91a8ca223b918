"""Demand: what is set aside for a line on a day, in units and credits."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from credits.models.catalogue.credit_requirement import CreditRequirement
from credits.models.catalogue.offering_and_feature import Feature
from licensing.models import FactQuerySet, TenantFact


class AllocationEntry(TenantFact):
    """What a statement, a price list or a switch does to a line on a day, in units and signed whole credits."""

    seen_by_its_provider = True

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="+")
    line = models.ForeignKey(CreditRequirement, models.PROTECT, related_name="+")
    effective_on = models.DateField(gettext_lazy("day"))
    units_change = models.BigIntegerField(gettext_lazy("change of units"))
    change = models.BigIntegerField(gettext_lazy("change"))

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("allocation entry")
        verbose_name_plural = gettext_lazy("allocation entries")
        constraints = [
            models.CheckConstraint(condition=~Q(change=0) | ~Q(units_change=0), name="a_demand_entry_changes_credits_or_units")
        ]
        indexes = [
            models.Index(fields=["company", "effective_on"], name="demand_by_company_and_day"),
            models.Index(fields=["company", "feature", "line"], name="demand_by_company_and_line"),
        ]

    def __str__(self) -> str:
        return f"{self.effective_on}: {self.change:+,d}"
