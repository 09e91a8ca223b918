"""That a member asks for a role in their company, and what an owner decided."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.company import Company
from licensing.models.roles_and_what_they_may import Role
from licensing.models.tenant import TenantRow


class RoleRequestQuerySet(models.QuerySet["RoleRequest"]):
    def for_company(self, company: Company) -> Self:
        return self.filter(company=company)

    def open(self) -> Self:
        return self.filter(state=RoleRequest.State.OPEN)


class RoleRequest(TenantRow):
    """One role that a person asks for, with their words; and the answer, with the words of whoever decided."""

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("Open")
        GRANTED = "granted", gettext_lazy("Approved")
        DECLINED = "declined", gettext_lazy("Refused")
        ENDED = "ended", gettext_lazy("Ended")
        """The person is no member any more: there is nothing to decide."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=gettext_lazy("person"))
    role = models.CharField(gettext_lazy("role"), max_length=30, choices=Role)
    words = models.TextField(gettext_lazy("words"), blank=True)
    asked_at = models.DateTimeField(gettext_lazy("asked at"))
    state = models.CharField(gettext_lazy("state"), max_length=10, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(gettext_lazy("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("decided by")
    )
    answer = models.TextField(gettext_lazy("answer"), blank=True)

    objects = RoleRequestQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("role request")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "person"], condition=models.Q(state="open"), name="a_person_asks_for_one_role_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at=None) | ~models.Q(state="open") & models.Q(decided_at__isnull=False),
                name="a_role_request_is_open_until_it_is_decided",
            ),
            models.CheckConstraint(condition=models.Q(role__in=list(Role.values)), name="a_role_request_names_a_known_role"),
        ]
        indexes = [models.Index(fields=["company", "person", "-asked_at"], name="role_request_company_person")]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()} ({self.get_state_display()})"
