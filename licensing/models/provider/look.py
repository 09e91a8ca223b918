"""That somebody of a service provider looked at a page of a company that it looks after."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from console.models import AppendOnly, AppendOnlyQuerySet
from licensing.models.company import Company
from licensing.models.tenant import TenantRow


class ProviderLookQuerySet(AppendOnlyQuerySet):
    def for_company(self, company: Company) -> Self:
        return self.filter(company=company)


class ProviderLook(TenantRow, AppendOnly):
    """A page of `company` that `person` asked for on behalf of `provider`, written before it was shown: a row of `company`.

    The provider is named here, as the company may have another one by now.
    """

    provider = models.ForeignKey(
        Company, models.PROTECT, related_name="+", db_index=False, verbose_name=gettext_lazy("on behalf of")
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=gettext_lazy("person"))
    name = models.CharField(gettext_lazy("page"), max_length=100)
    address = models.TextField(gettext_lazy("address"))
    seen_at = models.DateTimeField(gettext_lazy("seen"))

    objects = ProviderLookQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("page seen by a service provider")
        verbose_name_plural = gettext_lazy("pages seen by a service provider")
        indexes = [models.Index(fields=["company", "-seen_at"], name="provider_look_company_latest")]

    def __str__(self) -> str:
        return f"{self.name} ({self.seen_at:%Y-%m-%d %H:%M} UTC)"
