"""Where a subscription and ours differed: mended, or on support's list until a person mends it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.marketplace.subscription import Subscription
from licensing.models.order import Order


class Difference(models.Model):
    """Where a subscription and ours differed, and what came of it. Open ones are support's list."""

    class Kind(models.TextChoices):
        STATUS = "status", gettext_lazy("Status")
        PLAN = "plan", gettext_lazy("Plan")
        QUANTITY = "quantity", gettext_lazy("Quantity")
        TERM = "term", gettext_lazy("Term")
        TRIAL = "trial", gettext_lazy("Trial or paid")
        RENEWAL = "renewal", gettext_lazy("Recurring billing")
        NOT_HERE = "not-here", gettext_lazy("Paid for, but not activated here")
        NOT_CONFIGURED = "not-configured", gettext_lazy("Bought, not configured yet")
        NOT_THERE = "not-there", gettext_lazy("Not known to the marketplace")

    channel = models.CharField(gettext_lazy("channel"), max_length=10, choices=Order.Channel)
    external_id = models.CharField(gettext_lazy("subscription"), max_length=100)
    subscription = models.ForeignKey(Subscription, models.PROTECT, null=True, blank=True, related_name="differences")
    kind = models.CharField(gettext_lazy("what differs"), max_length=15, choices=Kind)
    theirs = models.CharField(gettext_lazy("marketplace"), max_length=200, blank=True)
    ours = models.CharField(gettext_lazy("here"), max_length=200, blank=True)
    found_at = models.DateTimeField(gettext_lazy("found at"))
    seen_at = models.DateTimeField(gettext_lazy("last seen at"))
    mended_at = models.DateTimeField(gettext_lazy("mended at"), null=True, blank=True)
    problem = models.TextField(gettext_lazy("why it was not mended"), blank=True)
    read_at = models.DateTimeField(gettext_lazy("read by support at"), null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("difference")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id", "kind"],
                condition=models.Q(mended_at__isnull=True),
                name="one_open_difference_of_a_kind",
            )
        ]
        indexes = [models.Index(fields=["mended_at", "-found_at"], name="difference_open_first")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.theirs} / {self.ours}"
