"""What marketplaces told us by themselves, and what came of it."""

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
