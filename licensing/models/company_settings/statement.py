"""What owners state of their company, from a day on: that a second factor is required, how notices reach new members."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import OuterRef, QuerySet, functions
from django.utils.translation import gettext_lazy

from licensing.models.company import Company
from licensing.models.tenant import FactQuerySet, TenantFact


class CompanyStatementQuerySet(FactQuerySet):
    def about(self, about: str) -> Self:
        """Of one thing, the one that holds first."""
        return self.filter(about=about).order_by("-id")

    def of_outer_company(self, about: str, company: str) -> QuerySet[Any, dict[str, Any]]:
        """For a subquery: the one that holds of the company that the outer statement names so, as JSON."""
        found = self.filter(company=OuterRef(company)).about(about)
        return found.values(row=functions.JSONObject(value="value", effective_on="effective_on"))[:1]


class CompanyStatement(TenantFact):
    """Of the statements about a thing the last one recorded holds, from `effective_on` on; before that day nothing does."""

    seen_by_its_provider = True  # whose people are held to what a customer requires

    class About(models.TextChoices):
        SECOND_FACTOR = "second-factor", gettext_lazy("Second factor")
        NOTICES = "notices", gettext_lazy("How notices reach new members")

    REQUIRED, NOT_REQUIRED = "required", "not-required"
    """Values about the second factor; those about notices are `User.Told`."""

    about = models.CharField(gettext_lazy("about"), max_length=20, choices=About)
    value = models.CharField(gettext_lazy("what holds"), max_length=20)
    effective_on = models.DateField(gettext_lazy("from"))

    objects = CompanyStatementQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("statement of a company")
        verbose_name_plural = gettext_lazy("statements of companies")
        indexes = [models.Index(fields=["company", "about", "-id"], name="company_statement_latest")]

    def __str__(self) -> str:
        return f"{self.get_about_display()}: {self.value} ({self.effective_on})"


def read_required_factors(companies: Iterable[Company]) -> None:
    """For `factor_required_from` to be free of each; with a service provider in hand for its customers. One statement."""
    of = {each.pk: each for each in companies}
    said = CompanyStatement.objects.filter(company__in=of, about=CompanyStatement.About.SECOND_FACTOR)
    latest = said.order_by("company_id", "-id").distinct("company_id").values("company_id", "value", "effective_on")
    found = {row["company_id"]: row for row in latest}
    for pk, company in of.items():
        company.__dict__["factor_row"] = found.get(pk)


def factor_required_from(company: Company) -> date | None:
    """The first day on which nobody opens the company's pages without a second factor; None while owners require none.

    Free where the company was read with memberships, else one statement.
    """
    if "factor_row" in company.__dict__:
        row: Any = company.__dict__["factor_row"]
    else:
        said = CompanyStatement.objects.for_company(company).about(CompanyStatement.About.SECOND_FACTOR)
        row = said.values("value", "effective_on").first()
    if row is None or row["value"] != CompanyStatement.REQUIRED:
        return None
    day = row["effective_on"]
    return day if isinstance(day, date) else date.fromisoformat(day)
