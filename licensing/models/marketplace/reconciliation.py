"""One comparison of a marketplace's subscriptions with ours."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.order import Order


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
