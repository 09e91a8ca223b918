"""What a unit of a product is worth in credits, from a day on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from console.templatetags.formats import rate
from licensing.models.products.product import Product
from licensing.models.products.rate_from_a_day_on import Rate


class ConversionRate(Rate):
    """Credits that one unit of a product turns into when a license of it starts."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="rates")

    class Meta(Rate.Meta):
        verbose_name = gettext_lazy("conversion rate")
        indexes = [models.Index(fields=["product", "valid_from"], name="conversion_rate_by_day")]

    def __str__(self) -> str:
        return f"{self.product}: {rate(self.credits_per_unit)} from {self.valid_from}"
