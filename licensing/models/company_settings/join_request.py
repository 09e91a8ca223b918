"""That somebody who signed in from a company's tenant asks to join it, and what an owner answered."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.company import Company
from licensing.models.tenant import TenantRow


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    def for_company(self, company: Company) -> Self:
        return self.filter(company=company)

    def open(self) -> Self:
        """Those that an owner can answer: of people who may sign in."""
        return self.filter(decided_at=None, person__is_active=True)


class JoinRequest(TenantRow):
    """One request; open until it is answered. It gives no role by itself."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", gettext_lazy("Approved")
        REFUSED = "refused", gettext_lazy("Refused")
        TENANT_REMOVED = "tenant-removed", gettext_lazy("The tenant was removed")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=gettext_lazy("person"))
    tenant = models.CharField(gettext_lazy("tenant ID"), max_length=36)
    asked_at = models.DateTimeField(gettext_lazy("asked"))
    decided_at = models.DateTimeField(gettext_lazy("answered"), null=True, blank=True)
    outcome = models.CharField(gettext_lazy("answer"), max_length=20, choices=Outcome, blank=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("request to join")
        verbose_name_plural = gettext_lazy("requests to join")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "person"], condition=models.Q(decided_at__isnull=True), name="one_open_request_to_join"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at__isnull=True, outcome="")
                | models.Q(decided_at__isnull=False) & ~models.Q(outcome=""),
                name="an_answered_request_says_how",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.asked_at:%Y-%m-%d %H:%M} UTC)"
