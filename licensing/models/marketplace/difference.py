"""What marketplaces told us by themselves, what came of it, and where theirs and ours were found to differ."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from licensing.marketplaces.contract import Action
from licensing.models.marketplace.subscription import Subscription
from licensing.models.order import Order


class MarketplaceEvent(models.Model):
    """The inbox: one row per operation, however often it is told. `raw` goes after the days of retention."""

    class State(models.TextChoices):
        RECEIVED = "received", gettext_lazy("Received")
        APPLIED = "applied", gettext_lazy("Applied")
        UNCHANGED = "unchanged", gettext_lazy("Nothing to change")
        REFUSED = "refused", gettext_lazy("Refused")
        WAITING = "waiting", gettext_lazy("Waiting for the marketplace to show it")
        UNMATCHED = "unmatched", gettext_lazy("Not activated here")
        SUSPICIOUS = "suspicious", gettext_lazy("Suspicious")

    channel = models.CharField(gettext_lazy("channel"), max_length=10, choices=Order.Channel)
    external_id = models.CharField(gettext_lazy("operation"), max_length=100)
    subscription_id_said = models.CharField(gettext_lazy("subscription"), max_length=100, db_index=True)
    subscription = models.ForeignKey(Subscription, models.PROTECT, null=True, blank=True, related_name="events")
    action = models.CharField(
        gettext_lazy("action"),
        max_length=20,
        choices=[(each.value, each.value.replace("-", " ").capitalize()) for each in Action],
    )
    action_said = models.CharField(max_length=60, blank=True)
    plan_id = models.CharField(gettext_lazy("plan"), max_length=100, blank=True)
    units = models.BigIntegerField(gettext_lazy("quantity"), null=True, blank=True)
    happened_at = models.DateTimeField(gettext_lazy("happened at"), null=True, blank=True)
    received_at = models.DateTimeField(gettext_lazy("received at"))
    times = models.PositiveIntegerField(gettext_lazy("times received"), default=1)
    state = models.CharField(gettext_lazy("state"), max_length=12, choices=State, default=State.RECEIVED)
    answered = models.PositiveSmallIntegerField(gettext_lazy("answered"), null=True, blank=True)
    detail = models.TextField(gettext_lazy("what came of it"), blank=True)
    done_at = models.DateTimeField(gettext_lazy("done at"), null=True, blank=True)
    to_settle = models.BooleanField(default=False)
    """The marketplace waits for our word on it."""
    settled_at = models.DateTimeField(gettext_lazy("acknowledged at"), null=True, blank=True)
    read_at = models.DateTimeField(gettext_lazy("read by support at"), null=True, blank=True)
    raw = models.TextField(gettext_lazy("as received"), blank=True)

    class Meta:
        verbose_name = gettext_lazy("marketplace event")
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="one_event_per_operation")]
        indexes = [models.Index(fields=["-received_at"], name="event_by_time")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.external_id}"

    @property
    def is_done(self) -> bool:
        return self.done_at is not None


class Reconciliation(models.Model):
    """One comparison of all subscriptions with ours, or of the one that `external_id` names."""

    channel = models.CharField(gettext_lazy("channel"), max_length=10, choices=Order.Channel)
    external_id = models.CharField(gettext_lazy("only the subscription"), max_length=100, blank=True)
    started_at = models.DateTimeField(gettext_lazy("started at"))
    finished_at = models.DateTimeField(gettext_lazy("finished at"), null=True, blank=True)
    compared = models.PositiveIntegerField(gettext_lazy("compared"), default=0)
    mended = models.PositiveIntegerField(gettext_lazy("mended"), default=0)
    problem = models.TextField(gettext_lazy("what went wrong"), blank=True)

    class Meta:
        verbose_name = gettext_lazy("reconciliation")

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.started_at:%Y-%m-%d %H:%M} UTC"


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
