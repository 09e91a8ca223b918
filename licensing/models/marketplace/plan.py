"""Which product a plan of a marketplace's offer sells: the vendor's own table."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.order import Order
from licensing.models.products.product import Product


class MarketplacePlan(models.Model):
    """Which product a plan of an offer sells. The vendor's own table; a plan that is not in it cannot be activated."""

    channel = models.CharField(gettext_lazy("channel"), max_length=10, choices=Order.Channel)
    offer_id = models.CharField(gettext_lazy("offer"), max_length=100)
    plan_id = models.CharField(gettext_lazy("plan"), max_length=100)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=gettext_lazy("product"))

    class Meta:
        verbose_name = gettext_lazy("marketplace plan")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "offer_id", "plan_id"],
                name="one_product_per_plan",
                violation_error_message=gettext_lazy("This plan has a product already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} / {self.plan_id}"
