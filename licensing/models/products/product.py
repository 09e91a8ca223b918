"""What can be licensed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy


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
