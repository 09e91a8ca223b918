"""The tenants of identity providers, such as an organization in Microsoft Entra, whose people may join a company."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from console.people.openid_connect.signed_in_from import SignedInFrom
from licensing.models.company import Company


class SignInTenantQuerySet(models.QuerySet["SignInTenant"]):
    def stated(self) -> Self:
        return self.filter(removed_at=None)

    def verified(self) -> Self:
        return self.stated().exclude(verified_at=None)

    def of(self, found: SignedInFrom) -> Self:
        """The one that somebody signed in from, for whichever company it is verified: one, or none."""
        return self.verified().filter(issuer=found.issuer, tenant=found.tenant)


class SignInTenant(models.Model):
    """A tenant that owners of a company stated: its ID at a provider, and, once verified, the issuer of its tokens.

    Part of the directory, not a tenant row: whoever signs in from it is found by it before any company is in hand. Any number
    of companies may state one; one company alone may have verified it, which the database holds.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="sign_in_tenants", verbose_name=gettext_lazy("company"))
    provider = models.CharField(gettext_lazy("provider"), max_length=30)
    issuer = models.CharField(gettext_lazy("issuer"), max_length=200, blank=True)
    tenant = models.CharField(gettext_lazy("tenant ID"), max_length=36)
    gives_viewer = models.BooleanField(gettext_lazy("new people become viewers"), default=False)
    stated_at = models.DateTimeField(gettext_lazy("stated"))
    verified_at = models.DateTimeField(gettext_lazy("verified"), null=True, blank=True)
    removed_at = models.DateTimeField(gettext_lazy("removed"), null=True, blank=True)

    objects = SignInTenantQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("tenant for sign-in")
        verbose_name_plural = gettext_lazy("tenants for sign-in")
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "tenant"],
                condition=Q(verified_at__isnull=False, removed_at__isnull=True),
                name="a_tenant_is_verified_for_one_company",
            ),
            models.UniqueConstraint(
                fields=["company", "provider", "tenant"],
                condition=Q(removed_at__isnull=True),
                name="a_company_states_a_tenant_once",
            ),
            models.CheckConstraint(
                condition=Q(gives_viewer=False) | Q(verified_at__isnull=False), name="only_a_verified_tenant_gives_a_role"
            ),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, issuer="") | Q(verified_at__isnull=False) & ~Q(issuer=""),
                name="a_verified_tenant_names_its_issuer",
            ),
        ]

    def __str__(self) -> str:
        return self.tenant
