"""Who holds which roles in which company."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.company import Company
from licensing.models.roles_and_what_they_may import Role, roles_label


class Membership(models.Model):
    """A person's roles in a company."""

    leads_a_person_to_a_company = True

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    company = models.ForeignKey(Company, models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=30, choices=Role), verbose_name=gettext_lazy("roles"))

    class Meta:
        verbose_name = gettext_lazy("membership")
        constraints = [
            models.UniqueConstraint(fields=["user", "company"], name="one_membership_per_person_and_company"),
            models.CheckConstraint(
                condition=models.Q(roles__len__gt=0, roles__contained_by=list(Role.values)),
                name="a_membership_has_known_roles",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.company}: {self.roles_label}"

    @property
    def roles_label(self) -> str:
        return roles_label(self.roles)
