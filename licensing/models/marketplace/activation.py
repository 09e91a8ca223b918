"""One attempt to activate one order: who, for which company, how far it has come."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from console.security.at_rest.sealed_columns import SealedColumn
from licensing.models.company import Company
from licensing.models.marketplace.subscription import Subscription
from licensing.models.order import Order
from licensing.models.tenant_reference import TenantForeignKey


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
    brought_from = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    """Fingerprint of the network that a stranger brought the token from; goes with the token."""
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
    """Hash of the link that hands it to somebody else."""
    handed_over_until = models.DateTimeField(null=True, blank=True, editable=False)
    handed_over_by = models.ForeignKey("console.User", models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    """Who had it before the person has it; they may still see that it was taken, and by whom."""
    taken_over_at = models.DateTimeField(null=True, blank=True, editable=False)
    brought_at = models.DateTimeField(gettext_lazy("begun at"))
    found_at = models.DateTimeField(gettext_lazy("purchase found at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(gettext_lazy("confirmed by the person at"), null=True, blank=True)
    accepted_at = models.DateTimeField(gettext_lazy("accepted by the marketplace at"), null=True, blank=True)
    issued_at = models.DateTimeField(gettext_lazy("license issued at"), null=True, blank=True)

    sealed_columns = [SealedColumn("token_sealed")]

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
