"""From how many allocated credits on a service provider wants to know of a customer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from credits.rules.thresholds import DYNAMIC, MANUAL, NONE
from licensing.models import Company, FactQuerySet, TenantFact


class ThresholdStatement(TenantFact):
    """ "This threshold for that customer, from that day": a row of the provider, which is its `company`.

    Holds from its day on, and replaces what was recorded before it for that day and later ones. Only a manual one has `credits`.
    """

    class Kind(models.TextChoices):
        NONE = NONE, gettext_lazy("None")
        MANUAL = MANUAL, gettext_lazy("Credits")
        DYNAMIC = DYNAMIC, gettext_lazy("Average of three months")

    customer = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=gettext_lazy("customer"))
    kind = models.CharField(gettext_lazy("kind"), max_length=10, choices=Kind)
    credits = models.BigIntegerField(gettext_lazy("credits"), null=True, blank=True)
    effective_on = models.DateField(gettext_lazy("holds from"))

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("threshold statement")
        verbose_name_plural = gettext_lazy("threshold statements")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=MANUAL, credits__gte=0) | (~Q(kind=MANUAL) & Q(credits__isnull=True)),
                name="a_manual_threshold_alone_has_credits",
            ),
            models.CheckConstraint(condition=~Q(customer=models.F("company")), name="a_threshold_is_of_another_company"),
        ]
        indexes = [models.Index(fields=["company", "customer", "effective_on"], name="threshold_by_company_and_day")]

    def __str__(self) -> str:
        return f"{self.customer}: {self.get_kind_display()} from {self.effective_on}"
