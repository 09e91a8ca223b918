"""List prices of features that are billed pay-as-you-go."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy

from console.models import AppendOnly, AppendOnlyQuerySet
from console.templatetags.formats import rate
from credits.models.catalogue.offering_and_feature import Feature


class PayAsYouGoPrice(AppendOnly):
    """A public list price of a feature that is billed pay-as-you-go; a contract may say otherwise."""

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="prices")
    unit = models.CharField(gettext_lazy("unit"), max_length=150)
    price = models.DecimalField(gettext_lazy("price"), max_digits=16, decimal_places=6, null=True, blank=True)
    currency = models.CharField(gettext_lazy("currency"), max_length=3)
    valid_from = models.DateField(gettext_lazy("valid from"))
    note = models.CharField(gettext_lazy("note"), max_length=250, blank=True)
    source = models.CharField(gettext_lazy("source"), max_length=250, blank=True)
    act = models.ForeignKey("console.Act", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(editable=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("pay-as-you-go price")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gte=Decimal(0)),
                name="a_list_price_is_not_negative",
            )
        ]
        indexes = [models.Index(fields=["feature", "valid_from"], name="list_price_by_day")]

    def __str__(self) -> str:
        return f"{self.feature}: {self.currency} {rate(self.price)}"
