"""Rows of the practice marketplace: subscriptions, operations on them, webhook calls, tokens, its key, and ordered faults.

Not a ledger: rows change as the service's own state changes. Words of states and actions are those that travel.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from licensing.marketplaces.practice.offers import Plan, plan_of

WINDOW = timedelta(seconds=10)
"""How long the publisher may refuse a change, from the call that tells of it."""
GIVES_UP_AFTER = timedelta(hours=8)
"""How long a webhook is repeated; then a change that waits for its answer fails."""
LAPSES_AFTER = timedelta(days=30)
"""A purchase that nobody activates, and a suspension that nobody ends."""


class PracticeSubscription(models.Model):
    """One purchase."""

    class Status(models.TextChoices):
        PENDING = "PendingFulfillmentStart", "Pending: configure your account"
        SUBSCRIBED = "Subscribed", "Subscribed"
        SUSPENDED = "Suspended", "Suspended"
        UNSUBSCRIBED = "Unsubscribed", "Unsubscribed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form_key = models.UUIDField(unique=True, default=uuid.uuid4)
    offer_id = models.CharField(max_length=60)
    plan_id = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    quantity = models.PositiveIntegerField()
    status = models.CharField(max_length=30, choices=Status, default=Status.PENDING)
    renews = models.BooleanField(default=True)
    starts_on = models.DateField(null=True)
    last_day = models.DateField(null=True)
    beneficiary_email = models.EmailField()
    beneficiary_tenant_id = models.UUIDField(default=uuid.uuid4)
    beneficiary_object_id = models.UUIDField(default=uuid.uuid4)
    purchaser_email = models.EmailField()
    purchaser_tenant_id = models.UUIDField(default=uuid.uuid4)
    purchaser_object_id = models.UUIDField(default=uuid.uuid4)
    by_reseller = models.BooleanField(default=False)
    """Bought for the beneficiary by somebody else: it may then only read."""
    is_test = models.BooleanField(default=False)
    is_free = models.BooleanField(default=False)
    """The current term is a free trial."""
    bought_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    suspended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["bought_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="practice_subscription_has_users"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True, last_day__isnull=True) | Q(starts_on__lte=models.F("last_day")),
                name="practice_subscription_term_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def plan(self) -> Plan:
        found = plan_of(self.offer_id, self.plan_id)
        assert found is not None
        return found

    @property
    def allowed(self) -> list[str]:
        """What the beneficiary may have changed through the publisher."""
        return ["Read"] if self.by_reseller else ["Read", "Update", "Delete"]


class OperationQuerySet(models.QuerySet["PracticeOperation"]):
    def open(self) -> OperationQuerySet:
        return self.filter(status=PracticeOperation.Status.IN_PROGRESS)


class PracticeOperation(models.Model):
    """A change of a subscription. `plan_id` and `quantity` are what is asked for."""

    class Action(models.TextChoices):
        CHANGE_PLAN = "ChangePlan", "Change of plan"
        CHANGE_QUANTITY = "ChangeQuantity", "Change of the number of users"
        RENEW = "Renew", "Renewal"
        SUSPEND = "Suspend", "Suspension"
        REINSTATE = "Reinstate", "Reinstatement"
        UNSUBSCRIBE = "Unsubscribe", "Cancellation"

    class Status(models.TextChoices):
        IN_PROGRESS = "InProgress", "In progress"
        SUCCEEDED = "Succeeded", "Succeeded"
        FAILED = "Failed", "Failed"
        CONFLICT = "Conflict", "Conflict"

    class Source(models.TextChoices):
        AZURE = "Azure", "the customer"
        PARTNER = "Partner", "the publisher"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form_key = models.UUIDField(unique=True, default=uuid.uuid4)
    activity_id = models.UUIDField(default=uuid.uuid4)
    subscription = models.ForeignKey(PracticeSubscription, models.CASCADE, related_name="operations")
    action = models.CharField(max_length=20, choices=Action)
    status = models.CharField(max_length=20, choices=Status)
    source = models.CharField(max_length=10, choices=Source, default=Source.AZURE)
    plan_id = models.CharField(max_length=60)
    quantity = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    called_at = models.DateTimeField(null=True)
    """When the publisher was told in a call that it answered: from then on its window runs."""
    settled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)
    """Who settled it and how, in a sentence."""

    objects = OperationQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(status="InProgress"), name="one_open_practice_operation_per_subscription"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} of {self.subscription}"

    def window_ends_at(self) -> datetime | None:
        """When silence is consent: 10 s after the call, or after the start where the publisher itself asked."""
        if self.source == self.Source.PARTNER:
            return self.started_at + WINDOW
        return self.called_at + WINDOW if self.called_at else None


class PracticeCall(models.Model):
    """One webhook to send; kept with every attempt and its answer."""

    operation = models.ForeignKey(PracticeOperation, models.CASCADE, related_name="calls")
    body = models.JSONField()
    attempts = models.JSONField(default=list)
    """A dictionary each: at, seconds, status (0: none came), said."""
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    """When to try next; None when there is nothing left to try."""
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["made_at", "pk"]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="practice_calls_due")]

    def __str__(self) -> str:
        return f"{self.operation} ({len(self.attempts)} attempts)"


class PracticePurchaseToken(models.Model):
    """What the landing page is given: stands for a subscription for 24 hours, any number of times."""

    text = models.CharField(max_length=200, unique=True)
    subscription = models.ForeignKey(PracticeSubscription, models.CASCADE, related_name="tokens")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Token for {self.subscription}"


class PracticeKey(models.Model):
    """A key that signs tokens. Of those published, the one made last signs."""

    kid = models.CharField(max_length=60, unique=True)
    private_pem = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.kid


class PracticeFault(models.Model):
    """Trouble ordered for the next calls; `faults` says which there is."""

    call = models.CharField(max_length=20)
    how = models.CharField(max_length=30)
    times = models.PositiveIntegerField(default=1)
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.call}: {self.how}, {self.times} left"
