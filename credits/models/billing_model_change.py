"""How a feature is billed: from its annual credits, or pay-as-you-go under a contract."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from credits.models.catalogue.offering_and_feature import Feature
from licensing.models import FactQuerySet, License, TenantFact, TenantForeignKey


class BillingModelChange(TenantFact):
    """A feature switched between annual credits and pay-as-you-go, from a day.

    `contract` is the pay-as-you-go license it was made under; once that and its renewals have ended, the feature is billed
    annually again without another act.
    """

    class Model(models.TextChoices):
        ANNUAL = "annual", gettext_lazy("Annual credits")
        PAY_AS_YOU_GO = "pay-as-you-go", gettext_lazy("Pay-as-you-go")

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="+")
    model = models.CharField(gettext_lazy("billing model"), max_length=15, choices=Model)
    effective_on = models.DateField(gettext_lazy("holds from"))
    contract = TenantForeignKey(License, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False)

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("billing model change")
        constraints = [
            models.UniqueConstraint(fields=["company", "feature", "effective_on"], name="one_billing_change_per_feature_and_day"),
            models.CheckConstraint(
                condition=Q(model="annual") | Q(contract__isnull=False), name="pay_as_you_go_needs_a_contract"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feature}: {self.get_model_display()} from {self.effective_on}"
