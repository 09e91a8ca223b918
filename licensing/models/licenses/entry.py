"""Supply: what a statement about a license does to the valid credits on a day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from licensing.models.licenses.license import License
from licensing.models.tenant import FactQuerySet, TenantFact
from licensing.models.tenant_reference import TenantForeignKey


class LicenseEntry(TenantFact):
    """Supply: what a statement does to the valid credits on a day, in signed whole credits."""

    seen_by_its_provider = True

    license = TenantForeignKey(License, models.PROTECT, related_name="entries", db_constraint=False)
    effective_on = models.DateField(gettext_lazy("day"))
    change = models.BigIntegerField(gettext_lazy("change"))

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("license entry")
        verbose_name_plural = gettext_lazy("license entries")
        constraints = [models.CheckConstraint(condition=~Q(change=0), name="a_supply_entry_changes_something")]
        indexes = [
            models.Index(fields=["company", "effective_on"], name="supply_by_company_and_day"),
            models.Index(fields=["company", "license"], name="supply_by_company_and_license"),
        ]

    def __str__(self) -> str:
        return f"{self.effective_on}: {self.change:+,d}"
