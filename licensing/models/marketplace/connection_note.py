"""How the connection to a marketplace did, day by day: what was turned away, what came to nothing, what was tried by hand."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.order import Order


class ConnectionNote(models.Model):
    """One reason on one day, counted: whoever sends forgeries fills no table. Forgotten after the days of retention.

    Not a fact of ours. The last time a thing happened overwrites what was said of the time before.
    """

    class Kind(models.TextChoices):
        REFUSED = "refused", gettext_lazy("Notification refused")
        NOT_FOR_US = "not-for-us", gettext_lazy("Genuine notification refused")
        FAILED = "failed", gettext_lazy("Call came to nothing")
        CHECKED = "checked", gettext_lazy("Connection tested")
        TEST_EVENT = "test-event", gettext_lazy("Test event")

    channel = models.CharField(gettext_lazy("channel"), max_length=10, choices=Order.Channel)
    kind = models.CharField(gettext_lazy("what"), max_length=10, choices=Kind)
    reason = models.CharField(gettext_lazy("reason"), max_length=120)
    about = models.CharField(gettext_lazy("of what"), max_length=40, blank=True)
    """The call that failed; or a fingerprint of the settings that were tested."""
    day = models.DateField(gettext_lazy("day"))
    times = models.PositiveIntegerField(gettext_lazy("times"))
    first_at = models.DateTimeField(gettext_lazy("first at"))
    last_at = models.DateTimeField(gettext_lazy("last at"))
    detail = models.TextField(gettext_lazy("what was said"), blank=True)
    request_id = models.CharField(gettext_lazy("request id"), max_length=100, blank=True)
    correlation_id = models.CharField(gettext_lazy("correlation id"), max_length=100, blank=True)

    class Meta:
        verbose_name = gettext_lazy("connection note")
        constraints = [
            models.UniqueConstraint(fields=["channel", "kind", "reason", "day"], name="one_note_per_reason_and_day"),
        ]
        indexes = [models.Index(fields=["channel", "kind", "-last_at"], name="note_latest_first")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reason}"
