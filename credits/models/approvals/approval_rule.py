"""When a company wants a second person to confirm what somebody allocates."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from credits.rules.second_person import WhenAsked
from licensing.models import FactQuerySet, TenantFact


class ApprovalRule(TenantFact):
    """ "From so many credits on, or whenever the balance goes below zero": a company's latest holds.

    With neither of both, as without any row, no second person is wanted.
    """

    from_credits = models.BigIntegerField(gettext_lazy("from how many credits on"), null=True, blank=True)
    below_zero = models.BooleanField(gettext_lazy("whenever the balance goes below zero"), default=False)

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("approval rule")
        verbose_name_plural = gettext_lazy("approval rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(from_credits__isnull=True) | Q(from_credits__gt=0), name="confirmed_from_a_positive_number_of_credits"
            ),
        ]
        indexes = [models.Index(fields=["company", "-id"], name="approval_rule_latest")]

    def __str__(self) -> str:
        return f"from {self.from_credits} credits, below zero: {self.below_zero}"

    @property
    def said(self) -> WhenAsked:
        """The rule as the pure rules read it."""
        return WhenAsked(self.from_credits, self.below_zero)
