"""The base of every row that belongs to one company, and of every fact recorded about one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy

from console.models import AppendOnly, AppendOnlyQuerySet
from licensing.models.company import Company
from licensing.models.tenant_reference import TenantForeignKey


class TenantRow(models.Model):
    """A row of one company. Every index that serves a page starts with the company, every query names it."""

    belongs_to_one_company = True
    seen_by_its_provider = False
    """Whether a service provider reads such rows of its customers, see `console.company_in_hand.for_customers_of`."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=gettext_lazy("company"))

    class Meta:
        abstract = True


class FactQuerySet(AppendOnlyQuerySet):
    """Questions every recorded fact of a company answers."""

    def for_company(self, company: Company) -> Self:
        return self.filter(company=company)

    def up_to(self, day: date) -> Self:
        return self.filter(effective_on__lte=day)

    def known_at(self, instant: datetime | None) -> Self:
        """Only what was recorded at or before `instant`; everything when it is None."""
        return self if instant is None else self.filter(recorded_at__lte=instant)


class TenantFact(TenantRow, AppendOnly):
    """A recorded fact of one company: which act recorded it, and when."""

    act = TenantForeignKey("console.Act", models.PROTECT, related_name="+", db_constraint=False)
    recorded_at = models.DateTimeField(editable=False)

    class Meta:
        abstract = True
