"""A license: only what never changes of it; everything else is said by statements."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from licensing.models.order import Order
from licensing.models.products.product import Product
from licensing.models.tenant import FactQuerySet, TenantFact
from licensing.models.tenant_reference import TenantForeignKey


class LicenseQuerySet(FactQuerySet):
    def of_order(self, order: Order) -> Self:
        return self.filter(company=order.company_id, order=order)

    def with_order(self) -> Self:
        """With their orders and products, in the same statement."""
        return self.select_related("order__product", "product")


class License(TenantFact):
    """A row of License Information. Only what never changes; everything else is said by statements.

    A term has one renewal that was not undone; a trigger of the database holds it.
    """

    class Kind(models.TextChoices):
        INITIAL = "initial", gettext_lazy("Initial purchase")
        TOP_UP = "top-up", gettext_lazy("Top-up")
        RENEWAL = "renewal", gettext_lazy("Renewal")
        PLAN_CHANGE = "plan-change", gettext_lazy("Plan change")
        GOODWILL = "goodwill", gettext_lazy("Goodwill")

    order = TenantForeignKey(Order, models.PROTECT, related_name="licenses", db_constraint=False)
    kind = models.CharField(gettext_lazy("kind"), max_length=12, choices=Kind)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    trial = models.BooleanField(gettext_lazy("trial"), default=False)
    renewal_of = TenantForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False)
    top_up_of = TenantForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False)
    replaces = TenantForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False)

    objects = LicenseQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("license")
        constraints = [
            models.UniqueConstraint(fields=["company", "id"], name="license_is_one_row_of_its_company"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(kind__in=["initial", "goodwill"]), name="an_order_is_activated_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="renewal", renewal_of__isnull=False) | (~Q(kind="renewal") & Q(renewal_of__isnull=True)),
                name="a_renewal_names_the_license_it_renews",
            ),
            models.CheckConstraint(
                condition=Q(kind="top-up", top_up_of__isnull=False) | (~Q(kind="top-up") & Q(top_up_of__isnull=True)),
                name="a_top_up_names_the_license_it_tops_up",
            ),
            models.CheckConstraint(
                condition=Q(kind="plan-change", replaces__isnull=False) | (~Q(kind="plan-change") & Q(replaces__isnull=True)),
                name="a_plan_change_names_the_license_it_replaces",
            ),
        ]
        indexes = [models.Index(fields=["company", "order"], name="license_company_order")]

    def __str__(self) -> str:
        return f"{self.product} ({self.get_kind_display()})"
