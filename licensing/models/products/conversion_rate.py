"""What can be licensed, and what a unit of it is worth in credits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy

from console.models import AppendOnly, AppendOnlyQuerySet
from console.templatetags.formats import rate


class Product(models.Model):
    """Something the vendor licenses: credits, seats of a product, or a pay-as-you-go contract."""

    class Kind(models.TextChoices):
        CREDITS = "credits", gettext_lazy("Credits")
        SEATS = "seats", gettext_lazy("Seats")
        PAY_AS_YOU_GO = "pay-as-you-go", gettext_lazy("Pay-as-you-go contract")

    sku = models.CharField("SKU", max_length=60, unique=True)
    name = models.CharField(gettext_lazy("name"), max_length=150)
    kind = models.CharField(gettext_lazy("kind"), max_length=20, choices=Kind)
    unit = models.CharField(gettext_lazy("unit"), max_length=60)

    class Meta:
        verbose_name = gettext_lazy("product")
        ordering = ["name", "sku"]

    def __str__(self) -> str:
        return self.name


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


class ConversionRate(Rate):
    """Credits that one unit of a product turns into when a license of it starts."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="rates")

    class Meta(Rate.Meta):
        verbose_name = gettext_lazy("conversion rate")
        indexes = [models.Index(fields=["product", "valid_from"], name="conversion_rate_by_day")]

    def __str__(self) -> str:
        return f"{self.product}: {rate(self.credits_per_unit)} from {self.valid_from}"
