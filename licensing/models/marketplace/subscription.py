"""A purchase as its marketplace described it last: a mirror, whose it is to become, and which order it became."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from licensing.marketplaces.contract import Party, Purchase, PurchaseStatus
from licensing.models.company import Company
from licensing.models.marketplace.plan import MarketplacePlan
from licensing.models.order import Order
from licensing.models.products.product import Product


class SubscriptionQuerySet(models.QuerySet):
    def locked(self) -> Self:
        return self.select_for_update(of=("self",))

    def not_final(self) -> Self:
        return self.exclude(status=PurchaseStatus.UNSUBSCRIBED)


class Subscription(models.Model):
    """A purchase as its marketplace last described it. Part of the directory; a mirror, not a fact of ours.

    `version` grows whenever the row takes in an answer: who asked the marketplace before that holds an older answer and must
    ask again. `claimed_by` is the company an activation has begun for; only the activation's failure gives it back.
    """

    channel = models.CharField(gettext_lazy("channel"), max_length=10, choices=Order.Channel)
    external_id = models.CharField(gettext_lazy("subscription"), max_length=100)
    status = models.CharField(
        gettext_lazy("status"), max_length=12, choices=[(each.value, each.value.capitalize()) for each in PurchaseStatus]
    )
    status_said = models.CharField(max_length=60, blank=True)
    offer_id = models.CharField(gettext_lazy("offer"), max_length=100, blank=True)
    plan_id = models.CharField(gettext_lazy("plan"), max_length=100, blank=True)
    name = models.CharField(gettext_lazy("name given by the buyer"), max_length=150, blank=True)
    units = models.BigIntegerField(gettext_lazy("quantity"), null=True, blank=True)
    term_months = models.PositiveSmallIntegerField(null=True, blank=True)
    term_starts_on = models.DateField(gettext_lazy("term starts on"), null=True, blank=True)
    term_ends_on = models.DateField(gettext_lazy("last day of the term"), null=True, blank=True)
    renews = models.BooleanField(gettext_lazy("recurring billing"), null=True, blank=True)
    trial = models.BooleanField(default=False)
    test = models.BooleanField(default=False)
    beneficiary_email = models.CharField(gettext_lazy("beneficiary"), max_length=254, blank=True)
    beneficiary_object_id = models.CharField(max_length=60, blank=True)
    beneficiary_tenant_id = models.CharField(max_length=60, blank=True)
    purchaser_email = models.CharField(gettext_lazy("bought by"), max_length=254, blank=True)
    customer_may = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    bought_at = models.DateTimeField(gettext_lazy("bought at"), null=True, blank=True)
    seen_at = models.DateTimeField(gettext_lazy("as of"))
    version = models.PositiveIntegerField(default=1)
    missing_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When it was not found last, while it is not found."""
    missing_times = models.PositiveSmallIntegerField(gettext_lazy("not found, times in a row"), default=0)
    claimed_by = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("activated for")
    )
    order = models.OneToOneField(
        Order, models.PROTECT, null=True, blank=True, related_name="subscription", verbose_name=gettext_lazy("order")
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("subscription")
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="one_subscription_per_channel_and_external_id"),
            models.CheckConstraint(
                condition=models.Q(order__isnull=True) | models.Q(claimed_by__isnull=False),
                name="an_activated_subscription_says_for_whom",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id

    @property
    def is_final(self) -> bool:
        return self.status == PurchaseStatus.UNSUBSCRIBED

    @property
    def purchase(self) -> Purchase:
        """The row as the purchase it mirrors."""
        return Purchase(
            channel=self.channel,
            external_id=self.external_id,
            status=PurchaseStatus(self.status),
            status_said=self.status_said,
            offer_id=self.offer_id,
            plan_id=self.plan_id,
            name=self.name,
            units=self.units,
            term_months=self.term_months,
            term_starts_on=self.term_starts_on,
            term_ends_on=self.term_ends_on,
            renews=self.renews,
            trial=self.trial,
            test=self.test,
            beneficiary=Party(self.beneficiary_email, self.beneficiary_object_id, self.beneficiary_tenant_id),
            purchaser=Party(self.purchaser_email),
            customer_may=frozenset(self.customer_may),
            bought_at=self.bought_at,
        )

    def product(self, plan_id: str = "") -> Product | None:
        """What its plan, or another plan of the same offer, sells here; None while nobody has said so. One statement."""
        plan = (
            MarketplacePlan.objects.filter(channel=self.channel, offer_id=self.offer_id, plan_id=plan_id or self.plan_id)
            .select_related("product")
            .first()
        )
        return plan.product if plan else None
