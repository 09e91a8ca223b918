"""Which requirement line the seats of a product pay for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from credits.models.catalogue.credit_requirement import CreditRequirement
from licensing.models import Product


class SeatUse(models.Model):
    """Which requirement line the seats of a product pay for, so that converted seats can keep their use."""

    product = models.OneToOneField(Product, models.PROTECT, related_name="seat_use")
    line = models.ForeignKey(CreditRequirement, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = gettext_lazy("seat use")

    def __str__(self) -> str:
        return f"{self.product} pays for {self.line}"
