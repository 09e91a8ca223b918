"""A purchase on the marketplace's side: what it said last, whose it is to become, and which order it became."""

from __future__ import annotations

from typing import Self
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from licensing.marketplaces.contract import Party, Purchase, PurchaseStatus
from licensing.models.company import Company
from licensing.models.order import Order
from licensing.models.product import Product
from licensing.models.tenant_reference import TenantForeignKey


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


class Activation(models.Model):
    """One attempt to activate one order: who, for which company, how far it has come. Not a tenant table.

    Its address alone gives no access: it opens for the browser that brought the token, then for the person who signed in.
    """

    class State(models.TextChoices):
        BROUGHT = "brought", gettext_lazy("Purchase to be looked up")
        FOUND = "found", gettext_lazy("Waiting for activation")
        ACTIVATING = "activating", gettext_lazy("Activation in progress")
        ACTIVE = "active", gettext_lazy("Activated")
        CANCELLED = "cancelled", gettext_lazy("Cancelled at the marketplace")
        NOT_KNOWN = "not-known", gettext_lazy("Not found at the marketplace")
        KNOWN = "known", gettext_lazy("Activated before")
        """Nothing was left to do: the purchase was activated by another attempt."""
        FAILED = "failed", gettext_lazy("Needs support")
        ABANDONED = "abandoned", gettext_lazy("Not activated in time")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    channel = models.CharField(gettext_lazy("channel"), max_length=10, choices=Order.Channel)
    state = models.CharField(gettext_lazy("state"), max_length=10, choices=State, default=State.BROUGHT)
    person = models.ForeignKey(
        "console.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("person")
    )
    token_sealed = models.TextField(blank=True, editable=False)
    token_until = models.DateTimeField(null=True, blank=True, editable=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, null=True, blank=True, related_name="activations")
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="+")
    code = models.ForeignKey("licensing.ActivationCode", models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    """What was typed, for an order of the channel code: an activation from a code that was withdrawn goes no further."""
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("company")
    )
    license = TenantForeignKey("licensing.License", models.PROTECT, null=True, blank=True, related_name="+")
    shown = models.JSONField(default=dict, blank=True, editable=False)
    """Plan and quantity as they were on the review page when Activate was pressed."""
    keeps_use = models.BooleanField(default=False, db_default=False, editable=False)
    """What the person chose for converted seats: kept in use, or left available. Part of what they confirmed."""
    balance_before = models.BigIntegerField(null=True, blank=True, editable=False)
    correlation_id = models.UUIDField(default=uuid4, editable=False)
    problem = models.TextField(gettext_lazy("what is wrong"), blank=True)
    tries = models.PositiveSmallIntegerField(gettext_lazy("tries"), default=0)
    working_until = models.DateTimeField(null=True, blank=True, editable=False)
    """Somebody is at it; if they have not said otherwise by then, they were killed."""
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the next pass is due, while the activation is under way."""
    missed_at = ArrayField(models.DateTimeField(), default=list, blank=True, editable=False)
    """When the marketplace did not find the purchase or its token, the latest last; empty once it did."""
    handed_over = models.CharField(max_length=64, blank=True, editable=False)
    """Fingerprint of the link that hands it to somebody else."""
    handed_over_until = models.DateTimeField(null=True, blank=True, editable=False)
    handed_over_by = models.ForeignKey("console.User", models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    """Who had it before the person has it; they may still see that it was taken, and by whom."""
    taken_over_at = models.DateTimeField(null=True, blank=True, editable=False)
    brought_at = models.DateTimeField(gettext_lazy("begun at"))
    found_at = models.DateTimeField(gettext_lazy("purchase found at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(gettext_lazy("confirmed by the person at"), null=True, blank=True)
    accepted_at = models.DateTimeField(gettext_lazy("accepted by the marketplace at"), null=True, blank=True)
    issued_at = models.DateTimeField(gettext_lazy("license issued at"), null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("activation")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["activating", "active"]) | models.Q(company__isnull=False),
                name="an_activation_under_way_says_for_whom",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="active") | models.Q(license__isnull=False),
                name="a_finished_activation_names_its_license",
            ),
            models.CheckConstraint(
                condition=models.Q(token_sealed="") | models.Q(token_until__isnull=False), name="a_kept_token_says_until_when"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-brought_at"], name="activation_by_person"),
            models.Index(fields=["state", "working_until"], name="activation_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.brought_at:%Y-%m-%d %H:%M} UTC"

    @property
    def is_open(self) -> bool:
        """Whether the person still has to do something."""
        return self.state in (self.State.BROUGHT, self.State.FOUND)
