"""That somebody is invited to a company by mail: to which address, with which roles, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.company import Company
from licensing.models.roles_and_what_they_may import Role, roles_label
from licensing.models.tenant import TenantRow

OPEN = models.Q(accepted_at=None, withdrawn_at=None)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def for_company(self, company: Company) -> Self:
        return self.filter(company=company)

    def open(self) -> Self:
        """Neither accepted nor withdrawn; they may have expired."""
        return self.filter(OPEN)


class Invitation(TenantRow):
    """One address that an owner has invited. `link` is the digest of the secret in its mail, which is kept nowhere.

    Address and words are kept while it is open only: afterwards `accepted_by` says who came, and the mail is forgotten.
    """

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("Open")
        EXPIRED = "expired", gettext_lazy("Expired")
        ACCEPTED = "accepted", gettext_lazy("Accepted")
        WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")

    email = models.EmailField(gettext_lazy("e-mail address"), blank=True)
    roles = ArrayField(models.CharField(max_length=30, choices=Role), verbose_name=gettext_lazy("roles"))
    words = models.TextField(gettext_lazy("words"), blank=True)
    link = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("invited by")
    )
    invited_at = models.DateTimeField(gettext_lazy("invited at"))
    sent_at = models.DateTimeField(gettext_lazy("sent at"))
    expires_at = models.DateTimeField(gettext_lazy("expires at"))
    accepted_at = models.DateTimeField(gettext_lazy("accepted at"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("accepted by"),
    )
    withdrawn_at = models.DateTimeField(gettext_lazy("withdrawn at"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("invitation")
        constraints = [
            models.UniqueConstraint(fields=["company", "email"], condition=OPEN, name="an_address_is_invited_once_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(roles__len__gt=0, roles__contained_by=list(Role.values)),
                name="an_invitation_has_known_roles",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None),
                name="an_accepted_invitation_is_not_withdrawn",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None, accepted_by=None)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="an_accepted_invitation_says_by_whom",
            ),
            models.CheckConstraint(
                condition=OPEN & ~models.Q(email="") | ~OPEN & models.Q(email="", words=""),
                name="an_invitation_keeps_its_address_while_it_is_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.email or self.accepted_by or self.State.WITHDRAWN.label}"

    @property
    def roles_label(self) -> str:
        return roles_label(self.roles)

    def state_at(self, now: datetime) -> Invitation.State:
        """What its link is good for."""
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.withdrawn_at:
            return self.State.WITHDRAWN
        return self.State.EXPIRED if self.expires_at <= now else self.State.OPEN
