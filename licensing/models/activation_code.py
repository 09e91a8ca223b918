"""Activation codes and registration keys, sealed."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.security.at_rest.sealed_columns import SealedColumn
from licensing.codes.code_format import KEY_PREFIX, masked
from licensing.models.order import Order


class ActivationCodeQuerySet(models.QuerySet):
    def live(self) -> Self:
        return self.filter(withdrawn_at=None)

    def of_order(self, order: Order) -> Self:
        """The codes of an order, the one to show first: the activation code made last, else the registration key."""
        return self.filter(order=order).order_by("kind", "-pk")


class ActivationCode(models.Model):
    """A secret by which its order is activated. Part of the directory, not a tenant row.

    It is found by its fingerprint and opened only to be shown, which the journal records. A registration key is used once to
    activate its order, which then gets an activation code. Used is a code whose order is activated.
    """

    class Kind(models.TextChoices):
        ACTIVATION_CODE = "activation-code", gettext_lazy("Activation code")
        REGISTRATION_KEY = "registration-key", gettext_lazy("Registration key")

    order = models.ForeignKey(Order, models.PROTECT, related_name="codes", verbose_name=gettext_lazy("order"))
    kind = models.CharField(gettext_lazy("kind"), max_length=16, choices=Kind)
    sealed = models.TextField(editable=False)
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    last_four = models.CharField(gettext_lazy("last four characters"), max_length=4, editable=False)
    valid_until = models.DateField(gettext_lazy("last day"), null=True, blank=True)
    """The last day an unused code is taken: of the company it is reserved for, else in UTC."""
    withdrawn_at = models.DateTimeField(gettext_lazy("withdrawn at"), null=True, blank=True)
    act = models.ForeignKey("console.Act", models.PROTECT, related_name="+", editable=False)

    objects = ActivationCodeQuerySet.as_manager()
    sealed_columns = [SealedColumn("sealed", fingerprint="fingerprint")]

    class Meta:
        verbose_name = gettext_lazy("activation code")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="one_live_code_of_a_kind_per_order",
                violation_error_message=gettext_lazy("The order has a code already."),
            ),
            models.CheckConstraint(
                condition=models.Q(fingerprint__regex="^[0-9a-f]{64}$") & ~models.Q(sealed=""), name="a_code_is_kept_sealed"
            ),
        ]

    def __str__(self) -> str:
        return self.masked

    @property
    def prefix(self) -> str:
        return KEY_PREFIX if self.kind == self.Kind.REGISTRATION_KEY else ""

    @property
    def masked(self) -> str:
        """The code with all but its last four characters hidden."""
        return masked(self.last_four, self.prefix)

    def state_on(self, day: date) -> str:
        """In a word, what has become of it. Reads `order`."""
        if self.withdrawn_at is not None:
            return _("Withdrawn")
        if self.order.company_id is not None:
            return _("Used")
        if self.valid_until is not None and self.valid_until < day:
            return _("Expired")
        return _("Not used yet")
